# shellcheck shell=bash
# What the tests of the aws plugin have aws answer: see tests/live/record.
# shellcheck disable=SC2154 # variables of live.sh and record

aws_answers() { # NAME EXIT-CODE RECIPE [OPTION...] : `galley run` of answers-RECIPE, as aws-NAME
    local name=$1 wanted=$2 recipe=$3
    shift 3
    folder=$answers record "aws-$name" "$wanted" run "$@" "$here/recipes/answers-$recipe.yaml"
}
aws_new() { # OPERATION TYPE QUERY TAGS [OPTION...] : makes one in EC2 and prints what QUERY picks
    local operation=$1 type=$2 query=$3 tags=$4
    shift 4
    aws ec2 "$operation" --query "$query" --output text --tag-specifications "ResourceType=$type,Tags=[$tags]" "$@"
}
aws_instances() { # NUMBER : so many nodes, in $subnet
    aws_new run-instances instance 'Instances[].InstanceId' '{Key=kubernetes.io/cluster/wandb,Value=owned}' \
        --image-id ami-12345678 --subnet-id "$subnet" --count "$1"
}
aws_provider() { # ID CLUSTER : an identity provider of it
    aws iam create-open-id-connect-provider --url "https://$1" --client-id-list sts.amazonaws.com \
        --thumbprint-list 9e99a48a9960b14926bb7f3b02e22da2b0ab7280 --query OpenIDConnectProviderArn --output text \
        --tags "Key=owner,Value=wandb" ${2:+"Key=alpha.eksctl.io/cluster-name,Value=$2"}
}
answers_aws_who() {
    mkdir -p "$HOME/.aws"
    cat >"$HOME/.aws/config" <<'END'
[profile work]
credential_process = printf "%s" "{\"Version\": 1, \"AccessKeyId\": \"work\", \"SecretAccessKey\": \"not-to-be-shown\", \"Expiration\": \"2036-11-24T20:00:00Z\"}"
END
    aws_answers who 0 aws-who
    aws_fault '{"preset": "expired-token", "service": "sts", "times": -1}' >/dev/null
    aws_answers who-expired 1 aws-who
    aws_no_faults
    unset AWS_ACCESS_KEY_ID
    aws_answers who-nobody 0 aws-who
    lab_env --aws 2 --helm 4 --keep-home
    export AWS_CREDENTIAL_EXPIRATION=2036-11-24T21:00:00Z
    aws_answers who-aws2 0 aws-who
    unset AWS_CREDENTIAL_EXPIRATION
    lab_env --aws "${GALLEY_LAB_AWS:-1}" --helm "${GALLEY_LAB_HELM:-4}" --keep-home
}
answers_aws_denied() {
    local fault
    for fault in iam:GetRole eks:DescribeCluster cloudformation:DescribeStacks ec2:DescribeTags ec2:DescribeInstances ec2:DescribeNatGateways \
        elasticloadbalancing:DescribeLoadBalancers elasticloadbalancing:DescribeLoadBalancers iam:ListOpenIDConnectProviders ec2:DescribeVolumes; do
        aws_fault "{\"preset\": \"access-denied\", \"service\": \"${fault%:*}\", \"action\": \"${fault#*:}\"}" >/dev/null
    done
    aws_answers denied 0 aws-left
    aws_no_faults
}
answers_aws_there() { # makes all that a cluster may leave behind
    local i name tag
    aws iam create-role --role-name wandb --assume-role-policy-document '{}'
    aws eks create-cluster --name wandb --role-arn arn:aws:iam::123456789012:role/x --resources-vpc-config 'subnetIds=[]'
    for name in cluster nodegroup-ng; do
        aws cloudformation create-stack --stack-name "eksctl-wandb-$name" --tags Key=alpha.eksctl.io/cluster-name,Value=wandb \
            --template-body '{"Resources": {"Log": {"Type": "AWS::Logs::LogGroup", "Properties": {}}}}'
    done
    tag='{Key=alpha.eksctl.io/cluster-name,Value=wandb}'
    vpc=$(aws_new create-vpc vpc Vpc.VpcId "$tag" --cidr-block 10.0.0.0/16)
    subnet=$(aws ec2 create-subnet --vpc-id "$vpc" --cidr-block 10.0.1.0/24 --availability-zone us-east-1a --query Subnet.SubnetId --output text)
    address=$(aws_new allocate-address elastic-ip AllocationId "$tag")
    gateway=$(aws_new create-nat-gateway natgateway NatGateway.NatGatewayId "$tag" --subnet-id "$subnet" --allocation-id "$address")
    instances=$(aws_instances 1)
    volume=$(plant_volume wandb)
    tag='{Key=ebs.csi.aws.com/cluster,Value=true}'
    nameless=$(aws_new create-volume volume VolumeId "$tag" --availability-zone us-east-1a --size 1)
    aws_new create-volume volume VolumeId "$tag" --availability-zone us-east-1a --size 1
    for i in {1..21}; do
        case $i in
        5 | 21) plant_balancer wandb "n$i" ;;
        *) plant_balancer other "n$i" ;;
        esac
    done
    aws elbv2 create-load-balancer --name net --type network --subnets "$subnet" --tags Key=elbv2.k8s.aws/cluster,Value=wandb
    aws_provider oidc.eks.us-east-1.amazonaws.com/id/A wandb-2
    aws_provider token.actions.githubusercontent.com
    aws_provider oidc.eks.us-east-1.amazonaws.com/id/B wandb
} >/dev/null
answers_aws_away() { # all but the volumes that name no cluster
    local i provider
    aws eks delete-cluster --name wandb
    aws cloudformation delete-stack --stack-name eksctl-wandb-cluster
    aws cloudformation delete-stack --stack-name eksctl-wandb-nodegroup-ng
    # shellcheck disable=SC2086 # ids
    aws ec2 terminate-instances --instance-ids $instances
    aws ec2 delete-volume --volume-id "$volume"
    aws ec2 delete-nat-gateway --nat-gateway-id "$gateway"
    aws ec2 release-address --allocation-id "$address"
    aws elbv2 delete-load-balancer --load-balancer-arn "$(aws elbv2 describe-load-balancers --query 'LoadBalancers[0].LoadBalancerArn' --output text)"
    for i in {1..21}; do
        aws elb delete-load-balancer --load-balancer-name "n$i"
    done
    for provider in $(aws iam list-open-id-connect-providers --query 'OpenIDConnectProviderList[].Arn' --output text); do
        aws iam delete-open-id-connect-provider --open-id-connect-provider-arn "$provider"
    done
    aws ec2 delete-subnet --subnet-id "$subnet"
    aws ec2 delete-vpc --vpc-id "$vpc"
} >/dev/null
answers_aws() {
    live_start
    answers_aws_who
    aws_answers nothing 0 aws --var file="$HOME/kc"
    answers_aws_denied
    aws_control config '{"cluster_s": 4, "delete_s": 4}' >/dev/null
    aws_answers wait 0 aws-wait
    aws_control config '{"cluster_s": 0, "delete_s": 0}' >/dev/null
    answers_aws_there
    aws_answers there 1 aws --var file="$HOME/kc"
    instances="$instances $(aws_instances 41)"
    aws_answers many 0 aws-left
    answers_aws_away
    aws_answers gone 1 aws-left --var volumes="[$volume, $nameless]" --var address="$address"
}
