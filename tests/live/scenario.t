#!/usr/bin/env bash
# From an empty account to logged experiments, again with nothing to do, and
# away: wandb-eks.yaml and wandb-eks-teardown.yaml on one cluster.
# GALLEY_LAB_AWS=1|2 and GALLEY_LAB_HELM=3|4 choose the tools.
# shellcheck source=tests/live/live.sh
. "$(dirname -- "$0")/live.sh"
live_start
export WANDB_LICENSE=$LICENSE

# -- an empty account: only looking ------------------------------------------
aws_forget_log
galley plan plan --var cluster=demo "$recipes/wandb-eks.yaml"
ends "a plan on an empty account" 2 plan
like "it says what would change" "$(said plan)" 'cluster +change +no cluster `demo` in us-east-1'
like "and what comes after that" "$(said plan)" 'wandb/server +after cluster'
like "and what does not apply" "$(said plan)" 'addon/driver +skipped'
like "and counts" "$(said plan)" '1 held, 1 would change, [0-9]+ not knowable yet, [0-9]+ skipped'
is "no writing command was started" "" "$(writing_commands plan)"
is "AWS was asked nothing but questions" "" "$(aws_writes)"

galley none run --yes --var cluster=demo "$recipes/wandb-eks-teardown.yaml"
ends "a teardown of what is not there" 0 none
is "changes nothing" "" "$(with_result none changed)"

# -- the first run, as a command of its own -------------------------------------
PATH=$(dirname -- "$GALLEY"):$PATH
began=$(date +%s)
rc=0
"$recipes/wandb-eks.yaml" --var cluster=demo --yes --events "$WORK/first.jsonl" --transcript "$WORK/first.txt" \
    >"$WORK/first.out" 2>&1 </dev/null || rc=$?
diag "first: exit $rc after $(($(date +%s) - began)) s"
ends "the first run" 0 first
for s in cluster driver/oidc driver/role driver/driver driver/repo wandb/storage wandb/repo wandb/server wandb/host; do
    like "$s was changed" " $(with_result first changed) " " $s "
done
like "it ends with where to get a key" "$(said first)" 'next: to log a first experiment: sign up at http://.*:8080, copy the API key from http://.*:8080/authorize.*WANDB_SERVER_KEY'
is "helm has two releases" "aws-ebs-csi-driver=deployed wandb=deployed" "$(h list -A -o json | python3 -c '
import json, sys
print(*sorted("%(name)s=%(status)s" % r for r in json.load(sys.stdin)))')"
is "of that chart" wandb-0.3.9 "$(h list -n wandb -o json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["chart"])')"
revision=$(h list -n wandb -o json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["revision"])')
is "the claim" "wandb Bound ebs-sc 10Gi" "$(k get pvc -n wandb -o 'jsonpath={range .items[*]}{.metadata.name} {.status.phase} {.spec.storageClassName} {.status.capacity.storage}{end}')"
is "the pods" "Running Running" "$(k get pods -n wandb -o 'jsonpath={.items[*].status.phase}')"
is "are ready" "true true" "$(k get pods -n wandb -o 'jsonpath={.items[*].status.containerStatuses[0].ready}')"
host=$(k get svc wandb -n wandb -o 'jsonpath={.status.loadBalancer.ingress[0].hostname}')
like "the service has an address" "$host" '\.us-east-1\.elb\.amazonaws\.com$'
is "which the server knows" "http://$host:8080" "$(h get values wandb -n wandb -o json | python3 -c 'import json, sys; print(json.load(sys.stdin)["host"])')"
is "and answers at" 200 "$(curl -sS -o /dev/null -w '%{http_code}' "http://$host:8080/healthz")"
is "the disk says whose it is" 1 "$(aws ec2 describe-volumes --filters Name=tag:kubernetes.io/cluster/demo,Values=owned --query 'length(Volumes)')"

# -- with a key: the experiment, and only that -------------------------------------
export WANDB_SERVER_KEY=$KEY
galley key run --var cluster=demo "$recipes/wandb-eks.yaml"
ends "with a key" 0 key
is "the experiment is all that is new" "experiment/experiment experiment/sdk" "$(with_result key changed)"
is "eight points have arrived" 8 "$(wc -l <"$LAB_DIR/wandb/runs/first-run/history.jsonl")"
like "in a run that is finished" "$(tail -1 "$LAB_DIR/wandb/runs/first-run/state.jsonl")" '"state": "finished".*"project": "my-awesome-project"'

# -- once more: nothing to do --------------------------------------------------------
aws_forget_log
galley again run --var cluster=demo "$recipes/wandb-eks.yaml"
ends "once more" 0 again
is "every step is held or skipped" "" "$(results again | tr ' ' '\n' | grep -vE '=(held|skipped)$')"
is "no writing command was started" "" "$(writing_commands again)"
is "AWS was asked nothing but questions" "" "$(aws_writes)"
is "the release is the same revision" "$revision" "$(h list -n wandb -o json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["revision"])')"
is "no point more has arrived" 8 "$(wc -l <"$LAB_DIR/wandb/runs/first-run/history.jsonl")"
galley plan2 plan --var cluster=demo "$recipes/wandb-eks.yaml"
ends "a plan says so too" 0 plan2

# -- away: not without a yes ------------------------------------------------------------
galley down0 plan --var cluster=demo "$recipes/wandb-eks-teardown.yaml"
ends "a plan of the teardown" 2 down0
galley down1 run --var cluster=demo "$recipes/wandb-eks-teardown.yaml"
ends "a teardown with nobody to ask" 4 down1
is "destroys nothing" "" "$(with_result down1 changed)"
ok "the server is there" h status wandb -n wandb

# -- with orphans of earlier clusters of that name ---------------------------------------
if [ -z "${GALLEY_LAB_NO_ORPHANS:-}" ]; then
    volume=$(plant_volume demo)
    plant_balancer demo left-behind >/dev/null
    provider=$(plant_oidc)
    aws iam tag-open-id-connect-provider --open-id-connect-provider-arn "$provider" --tags Key=alpha.eksctl.io/cluster-name,Value=demo
    galley down2 run --yes --var cluster=demo --var patience=10s "$recipes/wandb-eks-teardown.yaml"
    ends "a teardown that leaves something" 1 down2
    is "for nothing else it failed" "nothing_left" "$(with_result down2 failed)"
    like "it names the disk" "$(failure down2 diagnosis)" "volume $volume"
    like "and the load balancer" "$(failure down2 diagnosis)" "load-balancer left-behind"
    like "and the identity provider" "$(failure down2 diagnosis)" "oidc-provider $provider"
    is "and nothing more" 3 "$(failure down2 diagnosis | tr ',' '\n' | wc -l)"
    like "and what helps" "$(failure down2 fix)" 'delete each'
    aws ec2 delete-volume --volume-id "$volume"
    aws elb delete-load-balancer --load-balancer-name left-behind
    aws iam delete-open-id-connect-provider --open-id-connect-provider-arn "$provider"
fi
galley down3 run --yes --var cluster=demo "$recipes/wandb-eks-teardown.yaml"
ends "a teardown" 0 down3
down=down3
[ -n "${GALLEY_LAB_NO_ORPHANS:-}" ] || down=down2
for s in wandb/server wandb/claim wandb/namespace wandb/storage driver cluster; do
    like "$s was changed" " $(with_result $down changed) " " $s "
done
is "nothing is left: clusters" 0 "$(aws eks list-clusters --query 'length(clusters)')"
is "nothing is left: stacks" 0 "$(aws cloudformation describe-stacks --query 'length(Stacks)')"
is "nothing is left: disks" 0 "$(aws ec2 describe-volumes --query 'length(Volumes)')"
is "nothing is left: load balancers" 0 "$(aws elb describe-load-balancers --query 'length(LoadBalancerDescriptions)')"
is "nothing is left: identity providers" 0 "$(aws iam list-open-id-connect-providers --query 'length(OpenIDConnectProviderList)')"
is "nothing is left: roles" 0 "$(aws iam list-roles --query 'length(Roles[?contains(RoleName, `demo`)])')"
is "nothing is left: addresses" 0 "$(aws ec2 describe-addresses --query 'length(Addresses)')"
is "nothing is left: NAT gateways" 0 "$(aws ec2 describe-nat-gateways --filter Name=state,Values=available,pending --query 'length(NatGateways)')"
galley down4 run --var cluster=demo "$recipes/wandb-eks-teardown.yaml"
ends "a second teardown" 0 down4
is "has nothing to do, and nothing to ask" "" "$(with_result down4 changed)"
is "and runs no writing command" "" "$(writing_commands down4)"
live_end
