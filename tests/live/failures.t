#!/usr/bin/env bash
# What goes wrong when W&B is deployed, and what is said about it: the cause,
# and not "timed out waiting for the condition".  Near misses have a text of
# their own, or none.
# shellcheck source=tests/live/live.sh
. "$(dirname -- "$0")/live.sh"
live_start --nodes 2 --type m5.large
export WANDB_LICENSE=$LICENSE
run() { # NAME RECIPE [OPTION...]
    local name=$1 recipe=$2
    shift 2
    galley "$name" run --var kubeconfig="$LAB_KUBECONFIG" "$@" "$here/recipes/$recipe.yaml"
}
fails_with() { # NAME TEXT DIAGNOSIS FIX
    ends "$2" 1 "$1"
    diag "$(failure "$1" diagnosis)"
    diag "$(failure "$1" fix)"
    like "$2: the diagnosis names the cause" "$(failure "$1" diagnosis)" "$3"
    like "$2: and what helps" "$(failure "$1" fix)" "$4"
    like "$2: both are shown" "$(said "$1")" "  diagnosis  .*  fix        "
    unlike "$2: not that time was up" "$(failure "$1" diagnosis)" 'timed out waiting for the condition|context deadline exceeded'
}

run driver release
fails_with driver "no EBS CSI driver" \
    '^claim wandb waits for a volume from ebs\.csi\.aws\.com, and that driver is not installed$' \
    '^install the EBS CSI driver first \(add-on or chart aws-ebs-csi-driver\)$'
is "nothing else was tried" 1 "$(grep -c '^\$ .*helm upgrade ' "$WORK/driver.txt")"

run license misplaced-license
fails_with license "a misplaced licence" \
    '^license is at service\.license, the chart wants it at the top level of the values$' \
    '^move `license` to the left, out of the block it is in$'

k create namespace wrong >/dev/null
run class release --var namespace=wrong --var class=ebs-cs
fails_with class "a class that is not there" \
    '^claim wandb waits for storage class ebs-cs, which does not exist$' \
    '^make it first \(kubectl\.apply\), or name one that is there: ebs-sc, gp2$'
unlike "a class that is not there is not taken for a missing driver" "$(failure class diagnosis)" '[Dd]river'
h uninstall wandb -n wrong >/dev/null 2>&1
k delete namespace wrong --wait=false >/dev/null

# The driver comes while helm waits: nobody need know that it was late.
cloud_control '{"pods": [{"name": "^ebs-csi-controller", "delay": 40}]}'
helm repo add ebs https://kubernetes-sigs.github.io/aws-ebs-csi-driver >/dev/null 2>&1
h upgrade --install aws-ebs-csi-driver ebs/aws-ebs-csi-driver -n kube-system >/dev/null
run late patient
ends "a driver that is ready after 40 s" 0 late
is "a driver that is ready after 40 s: one attempt" "repo=held server=changed storage=held" "$(results late)"
unlike "a driver that is ready after 40 s: no diagnosis" "$(said late)" 'diagnosis|warning'
cloud_control '{}'

# One pod that asks for a whole CPU fits on an m5.large.
run third release --var replicas=2
fails_with third "a third pod on two m5.large" \
    '^pod wandb-[a-z0-9-]+ cannot be scheduled: 0/2 nodes are available: 2 Insufficient cpu \(it asks 1000m\)$' \
    '^add a node \(eksctl\.nodegroup\) or use a larger type, or lower resources\.requests$'
unlike "a third pod on two m5.large: not the driver" "$(failure third diagnosis)" '[Dd]river|claim'

# And away with it, by the recipe for that.
galley off run --yes --var kubeconfig="$LAB_KUBECONFIG" --var context=lab "$recipes/wandb-off-cluster.yaml"
ends "wandb-off-cluster alone" 0 off
is "no claim is left" "" "$(k get pvc -A -o name)"
is "no disk is left" "" "$(k get pv -o name)"
not_ok "no namespace is left" k get namespace wandb
galley off2 run --var kubeconfig="$LAB_KUBECONFIG" --var context=lab "$recipes/wandb-off-cluster.yaml"
ends "wandb-off-cluster once more" 0 off2
is "has nothing to do, and nothing to ask" "" "$(with_result off2 changed)"

# Two nodes that have CPU enough, but not the memory.
k delete nodes --all >/dev/null
lab add-nodes 2 --type t3.medium --group small
run memory memory
fails_with memory "a third pod without memory" \
    'pod large-[a-z0-9-]+ cannot be scheduled: 0/2 nodes are available: 2 Insufficient memory \(it asks 2048Mi\)$' \
    '^add a node \(eksctl\.nodegroup\) or use a type with more memory, or lower resources\.requests$'
unlike "a third pod without memory: not CPU" "$(failure memory diagnosis)" 'cpu|CPU'
live_end
