#!/usr/bin/env bash
# galley, helm and eksctl killed in the middle of their work, and `galley
# resume`: what was left is waited for, rolled back, completed or removed when
# it is ours, and let alone when it is not.
# shellcheck source=tests/live/live.sh
. "$(dirname -- "$0")/live.sh"
live_start --nodes 2
export WANDB_LICENSE=$LICENSE
T0=$SECONDS

# -- cutting off ---------------------------------------------------------------

begin() { # NAME RECIPE [OPTION...] : in the background; pid in $galley
    local name=$1 recipe=$2
    shift 2
    # bash has those in the background ignore Ctrl-C
    env --default-signal=INT "$GALLEY" run --events "$WORK/$name.jsonl" --transcript "$WORK/$name.txt" "$@" "$recipe" \
        >"$WORK/$name.out" 2>&1 </dev/null &
    galley=$!
}
tool_of() { # GALLEY WORDS : pid of the tool that galley runs with these words, into $tool
    local pid children
    { read -ra children <"/proc/$1/task/$1/children"; } 2>/dev/null || true
    for pid in "${children[@]}"; do
        if { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF -- " $2 "; then tool=$pid; return 0; fi
    done
    return 1
}
gone() { local stat; { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0; [[ $stat == *") Z "* ]]; } # PID
end() { # SIGNAL PID... : and until they are gone; bash would say so
    local signal=$1 pid
    shift
    {
        kill "-$signal" "$@"
        for pid; do wait_until 40 gone "$pid" || result 1 "SIG$signal ends $pid"; done
        wait "$@" || true
    } 2>/dev/null
}
run_of() { sed -nE '1s/.*"run":"([^"]+)".*/\1/p' "$WORK/$1.jsonl"; } # NAME
resume() { # NAME OF-RUN [OPTION...]
    local name=$1 run
    run=$(run_of "$2")
    shift 2
    galley "$name" resume "$@" "$run"
}
ended() { rc=0; wait "$1" || rc=$?; } # PID of a galley in the background
# The same in the background; then its exit code, for which a pid is no good:
# it may have become another's.
resume_later() { { resume "$@"; echo $rc >"$WORK/$1.rc"; } & }
resumed() { wait_until 300 test -s "$WORK/$1.rc" || bail_out "$1 does not end"; rc=$(cat "$WORK/$1.rc"); }
reasons() { # NAME [OUTCOME] : why checks came out so, a line each
    python3 - "$WORK/$1.jsonl" "${2:-needed}" <<'END'
import json, sys
for e in map(json.loads, open(sys.argv[1])):
    if e["event"] == "check" and e["outcome"] == sys.argv[2]: print(e.get("reason", ""))
END
}
TIME='[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}'

# -- clusters: begun here, resumed below; AWS takes its time ----------------------

stack_is() { [ "$(aws cloudformation describe-stacks --stack-name "$1" --query 'Stacks[0].StackStatus' --output text 2>/dev/null)" = "$2" ]; }
cluster() { begin "$1" "$here/recipes/cut-off-cluster.yaml" --var cluster="$1" "${@:2}"; } # NAME [OPTION...]
stack_becomes() { wait_until 300 stack_is "eksctl-$1-cluster" "$2" || bail_out "the stack of $1 is not $2: $(tail -5 "$WORK/$1.out")"; } # NAME STATE
# As soon as its stack is begun eksctl stands still, and sees nothing of what comes then.
stop_eksctl() { # NAME
    wait_until 300 aws cloudformation describe-stacks --stack-name "eksctl-$1-cluster" || bail_out "no stack of $1: $(tail -5 "$WORK/$1.out")"
    tool_of "${galleys[$1]}" "create cluster" || bail_out "no eksctl for $1: $(tail -5 "$WORK/$1.out")"
    kill -STOP "$tool"
    eksctls[$1]=$tool
}
declare -A galleys eksctls
# Clusters are in the making until they are let go.
aws_control config '{"cluster_s": 3600}' >/dev/null
aws_fault '{"kind": "stack-fail", "stack": "eksctl-rolled-cluster", "resource": "AWS::EKS::Cluster", "reason": "no room for it", "times": 1}' >/dev/null
for name in making rolled made interrupted; do
    groups=(--var nodegroup=)
    [ $name != making ] || groups=()
    cluster "$name" "${groups[@]}"
    galleys[$name]=$galley
done
for name in rolled making made interrupted; do stop_eksctl $name; done
# First galley alone.
end KILL "${galleys[making]}"
resume making0 making
ends "eksctl still lives: no resume" 4 making0
like "it is named" "$(said making0)" "that galley is gone, but what it started still runs: eksctl \(pid ${eksctls[making]}\); --wait waits for it"
end KILL "${eksctls[making]}"
resume_later making1 making
kill -INT "${galleys[interrupted]}"
ended "${galleys[interrupted]}"
is "eksctl: after Ctrl-C" 130 $rc
ok "eksctl: it had ended before galley" gone "${eksctls[interrupted]}"
like "eksctl: what goes on is told" "$(said interrupted)" 'interrupted'
diag "$(grep ' stopped .*interrupted' "$WORK/interrupted.out" | head -1)"
resume_later interrupted1 interrupted
stack_becomes rolled ROLLBACK_COMPLETE
end KILL "${galleys[rolled]}" "${eksctls[rolled]}"
wait_until 300 grep -q '"outcome":"busy"' "$WORK/making1.jsonl" || bail_out "making1 does not wait: $(tail -5 "$WORK/making1.out")"
aws_control config '{"cluster_s": 1}' >/dev/null
resume_later rolled1 rolled
stack_becomes made CREATE_COMPLETE
end KILL "${galleys[made]}" "${eksctls[made]}"
resume_later made1 made
diag "clusters cut off after $((SECONDS - T0)) s"

# -- helm ---------------------------------------------------------------------

release=$here/recipes/cut-off-release.yaml
server() { begin "$1" "${2:-$release}" --var kubeconfig="$LAB_KUBECONFIG" "${@:3}"; } # NAME [RECIPE [OPTION...]]
hold() { cloud_control '{"pods": [{"name": "^wandb", "delay": 600}]}'; }            # helm waits for its pods ...
let_go() { cloud_control '{}'; }
history() { # "1 superseded, 2 deployed"
    h history wandb -n wandb -o json | python3 -c 'import json, sys
print(*("%(revision)d %(status)s" % r for r in json.load(sys.stdin)), sep=", ")'
}
since() { history | sed -E "s/.*\\b($1 )/\\1/"; }   # REVISION : of that history
newest() { since '[0-9]+' | sed 's/ .*//'; }
helm_is() { h list -n wandb --deployed --failed --pending --uninstalling -o json | grep -q "\"status\":\"$1\""; }
until_pending() { # STATUS : and until helm waits, in $tool
    wait_until 300 helm_is "$1" || bail_out "the release is not $1"
    tool_of "$galley" "upgrade wandb" || bail_out "no helm"
}

hold
server install
until_pending pending-install
end KILL "$galley" "$tool"
is "the first install is cut off" "1 pending-install" "$(history)"
let_go
resume install1 install
ends "it is resumed" 0 install1
like "what was left is told with what is done, in one line" "$(reasons install1)" \
    "^release wandb was left in pending-install \(revision 1\) at $TIME by the attempt that was cut off: it is uninstalled\$"
is "that line is on the terminal, once" 1 "$(grep -c 'left in pending-install' "$WORK/install1.out")"
is "the release is new" "1 deployed" "$(history)"

hold
server upgrade "$release" --var round=second
until_pending pending-upgrade
end KILL "$galley" "$tool"
is "an upgrade is cut off" "1 deployed, 2 pending-upgrade" "$(history)"
let_go
resume upgrade1 upgrade
ends "it is resumed" 0 upgrade1
like "it says what it found and does" "$(reasons upgrade1)" \
    "^release wandb was left in pending-upgrade \(revision 2\) at $TIME by the attempt that was cut off: it is rolled back to revision 1\$"
is "rolled back, then upgraded" "1 superseded, 2 pending-upgrade, 3 superseded, 4 deployed" "$(history)"
is "its pods are new" second "$(k get deployment wandb -n wandb -o 'jsonpath={.spec.template.metadata.annotations.round}')"
resume upgrade2 upgrade
like "there is nothing more to resume" "$(said upgrade2)" 'ended well: there is nothing to resume'

# galley alone: its death sends helm a SIGTERM, which one that stands still
# does not see.
hold
server alone "$release" --var round=third
until_pending pending-upgrade
kill -STOP "$tool"
end KILL "$galley"
resume alone1 alone
ends "helm still lives: no resume" 4 alone1
like "it is named" "$(said alone1)" "that galley is gone, but what it started still runs: helm[0-9]* \(pid $tool\); --wait waits for it"
resume_later alone2 alone --wait
ok "resume --wait waits" wait_until 300 grep -q 'waiting for the lock .*helm' "$WORK/alone2.out"
is "and nothing is done meanwhile" "5 pending-upgrade" "$(since 5)"
let_go
kill -CONT "$tool"
resumed alone2
ends "resume --wait goes on when it is gone" 0 alone2
# Nobody reads what helm says: that may end it before it can note the failure.
like "what it left is seen to" "$(reasons alone2)" \
    "^(revision 5 of release wandb is failed|release wandb was left in pending-upgrade \(revision 5\) at $TIME by the attempt that was cut off: it is rolled back to revision 4)\$"
like "and it is deployed" "$(since 5)" '^5 (failed, 6|pending-upgrade, 6 superseded, 7) deployed$'
diag "$(reasons alone2)"

# Ctrl-C, once.
hold
n=$(newest)
server interrupt "$release" --var round=fourth
until_pending pending-upgrade
kill -INT "$galley"
ended "$galley"
is "after Ctrl-C" 130 $rc
ok "helm is gone" gone "$tool"
like "it was given time to say that it failed" "$(said interrupt)" "interrupted; its goal does not hold yet: revision $((n + 1)) of release wandb is failed"
let_go
resume interrupt1 interrupt
ends "it is resumed" 0 interrupt1
is "and deployed" "$((n + 1)) failed, $((n + 2)) deployed" "$(since $((n + 1)))"

# -- not ours -------------------------------------------------------------------

sed 's/timeout: 2m/timeout: 12s/' "$release" >"$WORK/impatient.yaml"
hold
n=$(newest)
helm --kubeconfig "$LAB_KUBECONFIG" upgrade wandb wandb/wandb -n wandb --reuse-values --set podAnnotations.round=theirs --wait --timeout 5m >/dev/null 2>&1 &
other=$!
wait_until 300 helm_is pending-upgrade || bail_out "their helm does nothing"
end KILL "$other"
server other "$WORK/impatient.yaml" --var round=fifth
ended "$galley"
ends "another helm is at it: waited for, in vain" 1 other
like "busy" "$(failure other diagnosis)" "^busy: release wandb is pending-upgrade since $TIME: another helm is at it\$"
is "and never repaired" "$((n + 1)) pending-upgrade" "$(since $((n + 1)))"

# A run of ours is cut off; what is pending then is from before it.
h rollback wandb "$n" -n wandb >/dev/null
server older "$WORK/impatient.yaml" --var round=sixth
until_pending pending-upgrade
end KILL "$galley" "$tool"
secret=$(k get secret -n wandb -l owner=helm,name=wandb,status=pending-upgrade -o name --sort-by=.metadata.creationTimestamp | tail -1)
older() { # the release in $secret, as if it had been deployed an hour earlier
    k get -n wandb "$secret" -o json | python3 -c '
import base64, datetime, gzip, json, sys
secret = json.load(sys.stdin)
release = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))
hour_ago = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
release["info"]["last_deployed"] = hour_ago.strftime("%Y-%m-%dT%H:%M:%SZ")
text = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(release).encode()))).decode()
print(json.dumps({"data": {"release": text}}))' >"$WORK/patch.json"
    k patch -n wandb "$secret" --patch-file "$WORK/patch.json"
}
ok "a release that is older than our attempt" older
before=$(history)
resume older1 older
ends "it is waited for, in vain" 1 older1
like "as another's" "$(failure older1 diagnosis)" "^busy: release wandb is pending-upgrade since $TIME: another helm is at it\$"
is "and left as it is" "$before" "$(history)"
let_go

# Somebody goes back by hand; then it is uninstalled, and that is cut off.
h rollback wandb "$n" -n wandb >/dev/null
# helm stands still from when it has written that it begins: helm 4 does not
# always wait for what it deletes.
uninstalling=$WORK/uninstalling
k get secret -n wandb -l owner=helm,name=wandb,status=uninstalling --watch -o name >"$uninstalling" &
watch=$!
server off "$here/recipes/cut-off-uninstall.yaml"
until [ -s "$uninstalling" ] || gone "$galley"; do read -rt 0.01 <> <(:); done
tool_of "$galley" "uninstall wandb" || bail_out "no helm: $(said off)"
kill -STOP "$tool"
end TERM "$watch"
end KILL "$galley" "$tool"
ok "an uninstall is cut off" helm_is uninstalling
resume off1 off
ends "an uninstall is resumed" 0 off1
like "it says what it found" "$(reasons off1)" \
    "^release wandb was left in uninstalling \(revision [0-9]+\) at $TIME by the attempt that was cut off: it is uninstalled\$"
is "the release is gone" "[]" "$(h list -n wandb --deployed --failed --pending --uninstalling -o json)"
diag "releases done after $((SECONDS - T0)) s"

# A stack that somebody else makes.
sed 's/timeout: 5m/timeout: 9s/' "$here/recipes/cut-off-cluster.yaml" >"$WORK/impatient-cluster.yaml"
aws_control config '{"cluster_s": 20}' >/dev/null
aws cloudformation create-stack --stack-name eksctl-foreign-cluster --tags Key=alpha.eksctl.io/cluster-name,Value=foreign \
    --template-body '{"Resources": {"C": {"Type": "AWS::EKS::Cluster", "Properties": {"Name": "foreign", "RoleArn": "arn:aws:iam::123456789012:role/x", "ResourcesVpcConfig": {"SubnetIds": []}}}}}' >/dev/null
galley foreign run --var cluster=foreign "$WORK/impatient-cluster.yaml"
ends "another's cluster is being made" 1 foreign
like "it is waited for" "$(failure foreign diagnosis)" '^busy: (stack eksctl-foreign-cluster CREATE_IN_PROGRESS|cluster `foreign` is CREATING)$'
is "and nothing is written" "" "$(writing_commands foreign)"
aws_control config '{"cluster_s": 1}' >/dev/null

# -- clusters: what became of them --------------------------------------------------

for name in making made rolled interrupted; do
    resumed "${name}1"
    ends "$name: resumed" 0 "${name}1"
    is "$name: the cluster is active" ACTIVE "$(aws eks describe-cluster --name $name --query cluster.status --output text)"
    ok "$name: its stack is whole" stack_is eksctl-$name-cluster CREATE_COMPLETE
    is "$name: its add-ons" "coredns kube-proxy metrics-server vpc-cni" "$(aws eks list-addons --cluster-name $name --query 'sort(addons)' --output text | tr '\t' ' ')"
done
begun="begun at $TIME by the attempt that was cut off"
like "making: it was waited for, as ours" "$(reasons making1 busy | sort -u)" \
    "^(stack eksctl-making-cluster CREATE_IN_PROGRESS|cluster \`making\` is CREATING) \($begun; AWS goes on with it\)"
missing='add-ons are missing: vpc-cni, kube-proxy, coredns, metrics-server'
for name in making made interrupted; do
    like "$name: it was completed, which is said in one line" "$(reasons ${name}1)" \
        "^cluster \`$name\`, $begun, is to be completed: $missing\$"
done
like "making: with its node group" "$(writing_commands making1)" 'eksctl create nodegroup --cluster=making --name=ng-1 '
unlike "making: it was not made twice" "$(writing_commands making1)" 'create cluster'
is "making: its node group is active" ACTIVE "$(aws eks describe-nodegroup --cluster-name making --nodegroup-name ng-1 --query nodegroup.status --output text)"
like "rolled: what was left is told" "$(reasons rolled1)" \
    "^no cluster \`rolled\` in us-east-1, but stacks of one, to be deleted first: eksctl-rolled-cluster ROLLBACK_COMPLETE \($begun\)\$"
is "rolled: deleted, and made anew" "aws cloudformation delete-stack eksctl create cluster" \
    "$(writing_commands rolled1 | grep -oE '(aws|eksctl) [a-z]+ [a-z-]+' | xargs)"
is "no eksctl has left a file" "" "$(find "$HOME/.kube" "$HOME"/.local/state/galley/runs/*/private -name '*eksctl*' 2>/dev/null)"
diag "$((SECONDS - T0)) s in all"
live_end
