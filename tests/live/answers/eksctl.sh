# shellcheck shell=bash disable=SC2154 # what is referred to is of tests/live/record, lib.sh and live.sh
# What the tests of the eksctl plugin have tools answer: see tests/live/record.
# Four labs, as eksctl waits long for little.

answers_eksctl() {
    local part
    for part in clusters groups accounts addons; do
        ok "the part $part" eval "( eksctl_$part; done_testing ) >&2"
    done
}
eksctl_recorded() { # NAME EXIT-CODE RECIPE [OPTION...]
    folder=$answers record "eksctl-$1" "$2" run -j 1 "${@:4}" "$here/recipes/answers-eksctl-$3.yaml"
}
eksctl_looks() { # NAME LINE... : each is run, whatever comes of it
    eksctl_recorded "$1" 0 looks --var looks="$(python3 -c 'import json, shlex, sys
print(json.dumps({"%02d" % n: shlex.split(line) for n, line in enumerate(sys.argv[1:])}))' "${@:2}")"
}
eksctl_cluster_is() { [ "$(aws eks describe-cluster --name wandb --query cluster.status --output text 2>/dev/null)" = "$1" ]; }
eksctl_group_is() { [ "$(aws eks describe-nodegroup --cluster-name wandb --nodegroup-name ng-1 --query nodegroup.status --output text 2>/dev/null)" = "$1" ]; }
eksctl_addon_is() { [ "$(aws eks describe-addon --cluster-name wandb --addon-name "$1" --query addon.status --output text 2>/dev/null)" = "$2" ]; }
eksctl_plain_cluster() { # without eksctl's waiters
    aws eks create-cluster --name wandb --role-arn arn:aws:iam::123456789012:role/x --resources-vpc-config subnetIds=[] \
        --kubernetes-version 1.34 >/dev/null
    wait_until 60 eksctl_cluster_is ACTIVE || result 1 "a cluster"
}
eksctl_vpc() { aws eks describe-cluster --name wandb --query 'cluster.resourcesVpcConfig.subnetIds[0]' --output text; }

# The lines of the tests: tests/plugins/eksctl-words.h.
tail=' --region=us-east-1 --color=false'
with=' --region=us-east-1 --output=json'
get_cluster="eksctl get cluster --name=wandb --output=json$tail"
get_addon="eksctl get addon --cluster=wandb --name=aws-ebs-csi-driver --output=json$tail"
get_addons="eksctl get addon --cluster=wandb --output=json$tail"
get_group="eksctl get nodegroup --cluster=wandb --name=ng-1 --output=json$tail"
get_account="eksctl get iamserviceaccount --cluster=wandb --namespace=kube-system --name=sa --output=json$tail"
create_group="eksctl create nodegroup --cluster=wandb --name=ng-1$tail"
policy=arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess
create_account="eksctl create iamserviceaccount --cluster=wandb --namespace=kube-system --name=sa --attach-policy-arn=$policy --approve$tail"
associate="eksctl utils associate-iam-oidc-provider --cluster=wandb"
list_providers="aws iam list-open-id-connect-providers$with --query=OpenIDConnectProviderList[].Arn"
stacks="aws cloudformation describe-stacks$with \"--query=Stacks[?Tags[?Key=='alpha.eksctl.io/cluster-name'&&Value=='wandb']].join(' ',[StackName,StackStatus])\""
stack() { echo "aws cloudformation describe-stacks$with --stack-name=$1 --query=Stacks[0].{status:StackStatus,reason:StackStatusReason,protected:EnableTerminationProtection}"; }
events() { echo "aws cloudformation describe-stack-events$with --stack-name=$1 \"--query=StackEvents[?ResourceStatus=='$2'&&ResourceStatusReason!=null].ResourceStatusReason\""; }
created() { echo "aws cloudformation describe-stacks$with --stack-name=$1 --query=Stacks[0].CreationTime"; }
of_cluster=eksctl-wandb-cluster
of_group=eksctl-wandb-nodegroup-ng-1
of_account=eksctl-wandb-addon-iamserviceaccount-kube-system-sa

# A cluster that cannot be made, is made over what is left of it, and cannot
# be deleted.
eksctl_clusters() {
    live_start
    eksctl_looks nothing "$get_cluster" "$get_addons" "$get_addon" "$get_group" "$get_account" "$stacks" "$list_providers" \
        "$(stack $of_cluster)" "$(stack $of_group)" "$(stack $of_account)"
    aws_fault '{"preset": "expired-token", "times": -1}' >/dev/null
    eksctl_looks expired "$get_cluster" "$get_addon" "$get_group" "$get_account" "$create_group" "$stacks"
    aws_no_faults
    aws_fault '{"preset": "throttle", "service": "cloudformation", "times": -1}' >/dev/null
    eksctl_looks throttled "$stacks"
    aws_no_faults
    aws_fault '{"preset": "unsupported-az"}' >/dev/null
    eksctl_recorded zone-full 1 cluster
    aws cloudformation update-termination-protection --stack-name $of_cluster --enable-termination-protection >/dev/null
    eksctl_looks remains "$stacks" "$(stack $of_cluster)" "$(created $of_cluster)" "aws cloudformation delete-stack$with --stack-name=$of_cluster"
    aws_control config '{"delete_s": 6}' >/dev/null
    aws_fault '{"preset": "vcpu-limit"}' >/dev/null
    eksctl_recorded nodes-full 1 cluster
    ok "a cluster" "$GALLEY" run "$here/recipes/answers-eksctl-cluster.yaml"
    aws_control config '{"delete_s": 0.5}' >/dev/null
    # Somebody's load balancer in its network.
    aws elb create-load-balancer --load-balancer-name left --subnets "$(eksctl_vpc)" \
        --listeners Protocol=TCP,LoadBalancerPort=80,InstancePort=80 >/dev/null
    eksctl_looks held-back "eksctl delete cluster --name=wandb --wait --disable-nodegroup-eviction$tail" "$stacks" "$(events $of_cluster DELETE_FAILED)"
    eksctl_recorded stuck 1 cluster
}

# A cluster in the making; its node group, in all kinds of states.
eksctl_groups() {
    local making addon
    live_start
    aws_control config '{"cluster_s": 40}' >/dev/null
    eksctl create cluster --name wandb --version 1.34 --zones us-east-1a,us-east-1b --tags 'team=ml,a.b/c=d e' --without-nodegroup \
        --write-kubeconfig=false >"$WORK/eksctl" 2>&1 &
    making=$!
    wait_until 60 eksctl_cluster_is CREATING || result 1 "a cluster in the making"
    eksctl_looks making "$get_cluster" "$get_addons" "$stacks" "$(stack $of_cluster)" "$(created $of_cluster)"
    wait $making || result 1 "a cluster"
    eksctl_looks groupless "$get_group"
    aws_fault '{"preset": "vcpu-limit"}' >/dev/null
    eksctl_recorded group-full 1 group
    eksctl_looks group-dead "$get_group" "$(stack $of_group)" "$create_group"
    aws_control config '{"nodegroup_s": 15}' >/dev/null
    ( eksctl_recorded group-made 0 group; exit "$lab_test_failed" ) &
    making=$!
    wait_until 60 eksctl_group_is CREATING || result 1 "a node group in the making"
    eksctl_looks group-making "$get_group" "$(stack $of_group)" "$(created $of_group)"
    wait $making || result 1 "a node group"
    eksctl_recorded whole 0 whole
    for addon in vpc-cni metrics-server; do
        aws eks delete-addon --cluster-name wandb --addon-name $addon >/dev/null
        wait_until 20 eval "! eksctl_addon_is $addon DELETING"
    done
    eksctl_looks addonless "$get_addons" "aws eks create-addon$with --cluster-name=wandb --addon-name=coredns"
    eksctl_looks completed "aws eks tag-resource$with --resource-arn=arn:aws:eks:us-east-1:123456789012:cluster/wandb --tags=owner=it" \
        "aws eks create-addon$with --cluster-name=wandb --addon-name=vpc-cni" \
        "eksctl scale nodegroup --cluster=wandb --name=ng-1 --nodes=3 --nodes-max=5 --wait$tail"
    eksctl_looks group-gone "eksctl delete nodegroup --cluster=wandb --name=ng-1 --drain=false --disable-eviction --wait$tail"
}

# Roles for service accounts, and the provider they need.
eksctl_accounts() {
    live_start
    eksctl_plain_cluster
    eksctl_looks unprovided "$create_account" "$associate$tail"
    eksctl_looks oidc "$get_cluster" "$associate --approve$tail"
    eksctl_looks oidc-again "$associate --approve$tail" "$list_providers"
    k create serviceaccount sa -n kube-system >/dev/null
    eksctl_looks account-excluded "$create_account"
    k delete serviceaccount sa -n kube-system >/dev/null
    eksctl_recorded account-unmakeable 1 account --var policy=arn:aws:iam::123456789012:policy/none
    eksctl_recorded account-made 0 account --var named=true
    eksctl_looks account-updated "eksctl update iamserviceaccount --cluster=wandb --namespace=kube-system --name=sa --attach-policy-arn=$policy --approve$tail"
    k delete serviceaccount sa -n kube-system >/dev/null
    eksctl_recorded account-mended 0 account
    cloud_control '{"deny_tokens": true}'
    eksctl_recorded account-denied 1 account
    cloud_control '{}'
    eksctl_recorded account-gone 0 account --var gone=true
    aws eks delete-cluster --name wandb >/dev/null
    wait_until 20 eval '! eksctl_cluster_is DELETING'
    eksctl_recorded oidc-gone 0 oidc
}

# An add-on that lacks this or that.
eksctl_addons() {
    live_start
    eksctl_plain_cluster
    # what comes and goes is seen doing so
    aws_control config '{"addon_s": 6, "delete_s": 4, "update_s": 0}' >/dev/null
    aws eks create-addon --cluster-name wandb --addon-name aws-ebs-csi-driver >/dev/null
    wait_until 20 eksctl_addon_is aws-ebs-csi-driver DEGRADED || result 1 "an add-on without nodes"
    eksctl_looks addon-degraded "$get_addon"
    aws eks create-nodegroup --cluster-name wandb --nodegroup-name ng --subnets a --node-role arn:aws:iam::123456789012:role/x \
        --instance-types m5.large --scaling-config minSize=2,maxSize=2,desiredSize=2 >/dev/null
    wait_until 60 eksctl_addon_is aws-ebs-csi-driver ACTIVE || result 1 "an add-on"
    eksctl_recorded addon 0 addon
    eksctl_recorded addon-role 0 addon --var way=role
    eksctl_recorded addon-agentless 1 addon --var way=identity
    aws eks create-addon --cluster-name wandb --addon-name aws-ebs-csi-driver >/dev/null
    wait_until 60 eksctl_addon_is aws-ebs-csi-driver ACTIVE || result 1 "an add-on again"
    eksctl_recorded addon-preserved 0 addon --var way=preserved
    aws eks create-addon --cluster-name wandb --addon-name eks-pod-identity-agent >/dev/null
    wait_until 60 eksctl_addon_is eks-pod-identity-agent ACTIVE || result 1 "the agent"
    eksctl_recorded addon-pinned 0 addon --var way=pinned
}
