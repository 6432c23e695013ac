# shellcheck shell=bash disable=SC2154 # what is referred to is of tests/live/record, lib.sh and live.sh
# What the tests of the helm plugin have tools answer: see tests/live/record.

helm_lines() { # NAME LINE... : each is run, whatever comes of it
    folder=$answers record "helm-$1" 0 run -j 1 "$here/recipes/answers-lines.yaml" --var lines="$(python3 -c 'import json, shlex, sys
print(json.dumps({"%02d" % n: shlex.split(line) for n, line in enumerate(sys.argv[1:])}))' "${@:2}")"
}
helm_set() { # OPTION... : to a state that nothing is recorded of
    h upgrade wandb wandb/wandb -n wandb --install --create-namespace --version 0.3.9 --set license=nobodys,mysql.persistence.enabled=false "$@" >/dev/null 2>&1
}
# The lines of the tests: tests/plugins/test-helm.c.
answers_helm() {
    live_start --nodes 2
    tools_of_lab
    local at="--kubeconfig=$KUBE --kube-context=lab" of
    of="$at --namespace=wandb --output=json"
    local list="helm list $at --namespace=wandb --filter=^wandb$ --deployed --failed --pending --uninstalling --output=json"
    local values="helm get values wandb $of" history="helm history wandb $of" status="helm status wandb $of"
    local search="helm search repo wandb/wandb --version=0.3.9 --output=json" repos="helm repo list --output=json"
    local upgrade="helm upgrade wandb wandb/wandb $at --namespace=wandb --install --version"
    local uninstall="helm uninstall wandb $at --namespace=wandb"
    helm_lines nothing "$repos" "$search" "helm repo update wandb" "$list" "$values" "$history" "$status" "$uninstall --timeout=300s" \
        "$uninstall --ignore-not-found --wait --timeout=3600s" "helm version --template={{.Version}}"
    helm_lines repo "helm repo add wandb https://wandb.github.io/helm-charts/ --force-update" "$repos" "$search" \
        "helm search repo wandb/wandb --version=9.9.9 --output=json" "$upgrade=9.9.9" "$upgrade=0.3.9" "helm repo update wandb"
    helm_set --wait
    helm_lines installed "$list" "$values" "$history" "$status"
    helm_set --set round=second --wait
    cloud_control '{"pods": [{"name": "^wandb", "delay": 600}]}'
    helm --kubeconfig "$KUBE" upgrade wandb wandb/wandb -n wandb --reuse-values --set podAnnotations.round=third --wait --timeout 5m >/dev/null 2>&1 &
    wait_until 60 helm_upgrades || result 1 "helm waits"
    kill -KILL $!
    wait $! 2>/dev/null
    cloud_control '{}'
    helm_lines upgrading "$list" "$history" "$status" "$upgrade=0.3.9" "helm rollback wandb 2 $at --namespace=wandb --timeout=300s" \
        "helm rollback wandb 9 $at --namespace=wandb --timeout=300s" "$list" "$history"
    helm_lines uninstalled "$uninstall --timeout=300s"
    cp "$KUBE" "$WORK/kube"
    sed -i 's,https://[0-9.:]*,https://127.0.0.1:1,' "$KUBE"
    helm_lines unreachable "$list" "$values" "$history"
    sed 's/token: *[^},]*/token: nobodys/' "$WORK/kube" >"$KUBE"
    helm_lines unknown "$list" "$values"
}
helm_upgrades() { h list -n wandb --pending -o json | grep -q '"status":"pending-upgrade"'; }
