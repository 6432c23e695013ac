#!/usr/bin/env bash
# seed.sh [--server | --teardown]: a self-managed Weights & Biases server on EKS, from an
# empty AWS account to a logged run, as a person would write it in plain shell.
# It is the baseline that a recipe is compared with. It runs the real tools on
# the lab: on the one of `lab env` if that has been evaluated, else on its own.
# Prints the seconds of each step. No retries, no checks but the last: set -e.
# --server: without the experiment.
set -euo pipefail
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
if [ -z "${LAB_AWS:-}" ]; then
    . "$here/lib.sh"
    lab_start --nodes 0
fi
cluster=wandb region=us-east-1
work=$(mktemp -d)
cd "$work"
began=$(date +%s.%N) last=$(date +%s.%N)
step() { # TITLE : what is over, and how long it took
    local now
    now=$(date +%s.%N)
    printf '%7.1f s  %s\n' "$(echo "$now - $last" | bc)" "$*"
    last=$now
}
quiet() { # COMMAND... : its output only if it fails
    "$@" >"$work/out" 2>&1 </dev/null || { local rc=$?; cat "$work/out"; echo "seed.sh: exit $rc: $*" >&2; return $rc; }
}

# -- step 2: the cluster
quiet eksctl create cluster --name $cluster --region $region --node-type m5.large
step "eksctl create cluster"

# -- step 3: the EBS CSI driver
quiet eksctl utils associate-iam-oidc-provider --region $region --cluster $cluster --approve
step "eksctl utils associate-iam-oidc-provider"
quiet eksctl create iamserviceaccount --cluster $cluster --region $region --namespace kube-system --name ebs-csi-controller-sa \
    --attach-policy-arn arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy --approve
step "eksctl create iamserviceaccount"
quiet helm repo add aws-ebs-csi-driver https://kubernetes-sigs.github.io/aws-ebs-csi-driver
quiet helm repo update
quiet helm install aws-ebs-csi-driver aws-ebs-csi-driver/aws-ebs-csi-driver -n kube-system --wait \
    --set controller.serviceAccount.create=false --set controller.serviceAccount.name=ebs-csi-controller-sa
quiet kubectl get pods -n kube-system -l app.kubernetes.io/name=aws-ebs-csi-driver
step "helm install aws-ebs-csi-driver"

# -- step 4: the storage class (and a claim that nothing uses)
cat >storage.yaml <<'END'
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: ebs-sc
provisioner: ebs.csi.aws.com
parameters:
  type: gp3
  fsType: ext4
reclaimPolicy: Delete
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: ebs-pvc
spec:
  accessModes:
    - ReadWriteOnce
  resources:
    requests:
       storage: 10Gi
  storageClassName: ebs-sc
END
quiet kubectl apply -f storage.yaml
step "kubectl apply storage class"

# -- steps 5 and 6: the licence and the server
quiet helm repo add wandb https://wandb.github.io/helm-charts/
quiet helm repo update
cat >values.yaml <<'END'
license: eyJhbGciOiJub25lIn0.bGFi.bGFi

service:
  type: LoadBalancer

ingress:
  enabled: false

mysql:
  persistence:
    enabled: true
    size: "10Gi"
    storageClass: "ebs-sc"

resources:
  limits:
    cpu: 2
    memory: 4Gi
  requests:
    cpu: 1
    memory: 2Gi
END
quiet helm install wandb wandb/wandb -f values.yaml --namespace wandb --create-namespace --wait
step "helm install wandb"

# -- step 7: its address
host=
until [ -n "$host" ]; do
    host=$(kubectl get svc wandb -n wandb -o 'jsonpath={.status.loadBalancer.ingress[0].hostname}')
    [ -n "$host" ] || sleep 1
done
until curl -fsS "http://$host:8080/healthz" >/dev/null 2>&1; do sleep 1; done
step "the server answers at $host"

if [ "${1:-}" = --server ]; then rm -rf "$work"; exit; fi

# -- step 8: experiments
quiet python3 -m venv venv
quiet venv/bin/pip install wandb
step "pip install wandb"
cat >run.py <<'END'
import wandb, random

wandb.init(
    project="my-awesome-project",
    config={
        "learning_rate": 0.02,
        "architecture": "CNN",
        "dataset": "CIFAR-100",
        "epochs": 10,
    }
)

epochs = 10
offset = random.random() / 5
for epoch in range(2, epochs):
    acc = 1 - 2 ** -epoch - random.random() / epoch - offset
    loss = 2 ** -epoch + random.random() / epoch + offset
    wandb.log({"acc": acc, "loss": loss})

wandb.finish()
END
key=0123456789abcdef0123456789abcdef01234567
quiet venv/bin/wandb login --relogin --host="http://$host:8080" $key
quiet venv/bin/python run.py
# shellcheck disable=SC2016 # GraphQL's own $
arrived=$(curl -fsS -u api:$key -H 'Content-Type: application/json' "http://$host:8080/graphql" -d '{
    "query": "query($project: String!) {project(name: $project) {runs(first: 1) {edges {node {state historyLineCount}}}}}",
    "variables": {"project": "my-awesome-project"}}')
step "wandb login and run.py"
printf '%7.1f s  %s\n' "$(echo "$last - $began" | bc)" "all"
echo "$arrived" | grep -q '"state": "finished", "historyLineCount": 8' || { echo "seed.sh: the run did not arrive: $arrived" >&2; exit 1; }

if [ "${1:-}" = --teardown ]; then
    last=$(date +%s.%N)
    quiet helm uninstall wandb -n wandb --wait
    quiet kubectl delete pvc wandb -n wandb
    quiet kubectl delete pvc ebs-pvc
    quiet kubectl wait --for=delete pv --all --timeout=60s
    quiet kubectl delete namespace wandb
    step "helm uninstall wandb, its claim and name space"
    quiet eksctl delete cluster --name $cluster --region $region --wait
    step "eksctl delete cluster"
    printf 'left: %s volumes, %s load balancers, %s identity providers, %s stacks\n' \
        "$(aws ec2 describe-volumes --query 'length(Volumes)')" \
        "$(aws elb describe-load-balancers --query 'length(LoadBalancerDescriptions)')" \
        "$(aws iam list-open-id-connect-providers --query 'length(OpenIDConnectProviderList)')" \
        "$(aws cloudformation describe-stacks --query 'length(Stacks)')"
fi
cd /
rm -rf "$work"
