# shellcheck shell=bash disable=SC2154 # what is referred to is of tests/live/record, lib.sh and live.sh
# What the tests of the kubectl plugin have kubectl answer: see tests/live/record.

config_of_lab() { kubectl config --kubeconfig "$KUBE" "$@" >/dev/null; }
kubectl_contexts() { # one who is not known (stranger), no cluster (bare), an API server that is not there (nowhere)
    config_of_lab set-credentials stranger --token=none
    config_of_lab set-context stranger --cluster=lab --user=stranger
    config_of_lab set-context bare --user=lab
    config_of_lab set-cluster nowhere --server=https://127.0.0.1:1 --insecure-skip-tls-verify=true
    config_of_lab set-context nowhere --cluster=nowhere --user=lab
}
record_kubectl() { # NAME EXIT-CODE [OPTION...] : the recipe answers-NAME.yaml
    folder=$answers record "$1" "$2" run --var kubeconfig="$KUBE" "${@:3}" "$here/recipes/answers-$1.yaml"
}
answer_says() { grep -q "$2" "$answers/$1.jsonl"; } # RECORDING REGEX : as yet

kubectl_apply() {
    for name in changed two five conflict; do k create namespace "$name"; done >/dev/null
    for name in wandb changed two five conflict; do
        k apply -n "$name" -f - <<<'{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: "1"}}'
    done >/dev/null
    k apply -f - <<<'{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: ebs-sc}, provisioner: ebs.csi.aws.com}' >/dev/null
    echo '{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}' >"$HOME/c.yaml"
    record_kubectl kubectl-apply 1 --var file="$HOME/c.yaml"
}

# In 20 seconds it runs: kubectl waits for 15 at a time.
pod_once_missed() {
    wait_until 60 answer_says kubectl-wait 'pods ."x." not found'
    k apply -n wandb -f - <<<'{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{name: c, image: x}]}}' >/dev/null
}
kubectl_wait() {
    cloud_control '{"pods": [{"name": "^x$", "delay": 20}]}'
    rm -f "$answers/kubectl-wait.jsonl"
    pod_once_missed &
    record_kubectl kubectl-wait 1 -j 16
    wait
}

has_address() { k get service wandb -n wandb -o yaml | grep -q hostname:; }
kubectl_objects() {
    k apply -f - >/dev/null <<'END'
apiVersion: v1
kind: Service
metadata: {name: wandb, namespace: wandb, labels: {app: a}}
spec: {type: LoadBalancer, selector: {app: wandb}, ports: [{port: 8080}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: wandb, namespace: wandb}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: one, namespace: wandb, labels: {app: a}}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: other, namespace: wandb, labels: {app: a}}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, storageClassName: none, hostPath: {path: /disk}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: w, namespace: ml}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, storageClassName: none, volumeName: disk}
---
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: ml}
spec: {containers: [{name: c, image: x}], volumes: [{name: v, persistentVolumeClaim: {claimName: w}}]}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: w, finalizers: [example.com/a, external-provisioner.volume.kubernetes.io/finalizer]}
spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, csi: {driver: ebs.csi.aws.com, volumeHandle: vol-0}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: w, namespace: ml, finalizers: [example.com/a]}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: w}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: w, namespace: w, finalizers: [example.com/a]}}
END
    k wait -n ml pod/db-0 --for=condition=Ready --timeout=20s >/dev/null || result 1 "a pod uses the claim"
    wait_until 20 has_address
    record_kubectl kubectl-objects 0
    k patch configmap w -n w --type=merge -p '{"metadata": {"finalizers": []}}' >/dev/null
}

answers_kubectl() {
    live_start --nodes 1
    tools_of_lab
    kubectl_contexts
    record_kubectl kubectl-namespace 0
    k create namespace ml >/dev/null
    kubectl_apply
    kubectl_objects
    kubectl_wait
}
