#!/usr/bin/env bash
# The EBS CSI driver as an add-on, by ebs-csi-addon.yaml, and disks that come
# of it; wandb-on-cluster.yaml on that cluster.
# shellcheck source=tests/live/live.sh
. "$(dirname -- "$0")/live.sh"
live_start
has() { # STATE COMMAND... : waits for it
    local state=$1
    shift
    wait_until 30 eval "[ \"\$($*)\" = '$state' ]"
}
# Without eksctl's waiters.
aws eks create-cluster --name demo --role-arn arn:aws:iam::123456789012:role/x --resources-vpc-config subnetIds=[] >/dev/null
has ACTIVE aws eks describe-cluster --name demo --query cluster.status --output text
aws eks create-nodegroup --cluster-name demo --nodegroup-name ng --subnets a --node-role arn:aws:iam::123456789012:role/x \
    --instance-types m5.xlarge --scaling-config minSize=2,maxSize=2,desiredSize=2 >/dev/null
ok "a cluster" has ACTIVE aws eks describe-nodegroup --cluster-name demo --nodegroup-name ng --query nodegroup.status --output text
cloud_control '{"require_role": true}'

galley plan plan --var cluster=demo "$recipes/ebs-csi-addon.yaml"
ends "a plan" 2 plan
galley first run --var cluster=demo "$recipes/ebs-csi-addon.yaml"
ends "the first run" 0 first
is "what it did" "agent=changed driver=changed kubeconfig=held ready=held" "$(results first)"
is "the add-ons are active" "ACTIVE ACTIVE" "$(for a in eks-pod-identity-agent aws-ebs-csi-driver; do aws eks describe-addon --cluster-name demo --addon-name $a --query addon.status --output text; done | tr '\n' ' ' | sed 's/ $//')"
is "the driver has a role" 1 "$(eksctl get podidentityassociation --cluster demo --output json | grep -c '"ServiceAccountName": *"ebs-csi-controller-sa"')"
galley second run --var cluster=demo "$recipes/ebs-csi-addon.yaml"
ends "the second run" 0 second
is "has nothing to do" "agent=held driver=held kubeconfig=held ready=held" "$(results second)"
is "and runs no writing command" "" "$(writing_commands second)"

export WANDB_LICENSE=$LICENSE
galley wandb run --var kubeconfig="$LAB_KUBECONFIG" --var context=lab "$recipes/wandb-on-cluster.yaml"
ends "wandb-on-cluster on that cluster" 0 wandb
is "its disk is there, as the driver has a role" Bound "$(k get pvc wandb -n wandb -o 'jsonpath={.status.phase}')"
cloud_control '{}'
galley wandb2 run --var kubeconfig="$LAB_KUBECONFIG" --var context=lab "$recipes/wandb-on-cluster.yaml"
ends "wandb-on-cluster again" 0 wandb2
is "has nothing to do" "" "$(with_result wandb2 changed)"

# The first experiment, by a recipe of its own.
url=http://$(k get svc wandb -n wandb -o 'jsonpath={.status.loadBalancer.ingress[0].hostname}'):8080
export WANDB_SERVER_KEY=$KEY
galley points run --var url="$url" --var run=alone "$recipes/wandb-first-run.yaml"
ends "wandb-first-run alone" 0 points
is "what it did" "arrived=held experiment=changed login=held sdk=changed server=held" "$(results points)"
is "eight points have arrived" 8 "$(wc -l <"$LAB_DIR/wandb/runs/alone/history.jsonl")"
like "the run is finished" "$(tail -1 "$LAB_DIR/wandb/runs/alone/state.jsonl")" '"state": "finished"'
like "with the numbers of its making" "$(cat "$LAB_DIR/wandb/runs/alone/config.jsonl")" '"dataset": .*CIFAR-100'
galley points2 run --var url="$url" --var run=alone "$recipes/wandb-first-run.yaml"
ends "wandb-first-run again" 0 points2
is "has nothing to do" "" "$(with_result points2 changed)"
is "and logs nothing" 8 "$(wc -l <"$LAB_DIR/wandb/runs/alone/history.jsonl")"

# The SDK ends with exit 0 when the server would not take the points.
wandb_control '{"fail": 1000, "status": 403, "only": "file_stream"}'
galley lost run --var url="$url" --var run=lost "$recipes/wandb-first-run.yaml"
ends "points that do not arrive" 1 lost
like "points that do not arrive: it is known" "$(failure lost telling)" '^error: the server has only 0 of 8 points'
wandb_control '{}'
WANDB_SERVER_KEY=ffffffffffffffffffffffffffffffffffffffff
galley badkey run --var url="$url" --var run=bad "$recipes/wandb-first-run.yaml"
ends "a key of another server" 1 badkey
like "a key of another server: fails at the login" "$(results badkey)" 'experiment=not-run login=failed'
unlike "a key of another server: is not shown" "$(said badkey)" 'ffffffff'
live_end
