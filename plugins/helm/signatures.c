/* How helm's failures look, of helm 3 and 4.  SPDX-License-Identifier: MIT */
#include "helm.h"

const struct galley_signature helm_signatures[] = {
  { "helm", "cannot re-?use a name that is still in use", GALLEY_CONFLICT,
    "a release of that name is there already", NULL,
    "Error: INSTALLATION FAILED: release name check failed: cannot reuse a name that is still in use" },
  { "helm", "another operation \\(install/upgrade/rollback\\) is in progress", GALLEY_CONFLICT,
    "another helm is at the release, or one was killed at it",
    "if nobody is: helm rollback (or helm uninstall, if it never was deployed), then resume",
    "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress" },
  { "helm", "\"([^\"]+)\" has no deployed releases", GALLEY_CONFLICT,
    "release \\1 never was deployed well", "uninstall it first (helm.uninstall)",
    "Error: UPGRADE FAILED: \"wandb\" has no deployed releases" },
  { "helm", "(?m)^Error: uninstallation completed with [0-9]+ error\\(s\\): resource (\\S+) still exists", GALLEY_TRANSIENT,
    "\\1 is not gone in time", "see what keeps it: kubectl describe, and its finalizers",
    "Error: uninstallation completed with 1 error(s): resource ConfigMap/fin/fin still exists. status: Terminating, message: "
    "Resource scheduled for deletion\ncontext deadline exceeded" },
  { "helm", "uninstallation completed with [0-9]+ error\\(s\\): (?:context deadline exceeded|timed out)", GALLEY_TRANSIENT,
    "what the release had deployed is not all gone in time", "see what is left, and its finalizers: kubectl get pods,pvc,svc",
    "Error: uninstallation completed with 1 error(s): context deadline exceeded" },
  { "helm", "release has no 0 version", GALLEY_CONFLICT,
    "there is no earlier revision to go back to", "uninstall it first (helm.uninstall)",
    "Error: release has no 0 version" },
  { "helm", "(\\S+) \"([^\"]+)\" in namespace \"[^\"]*\" exists and cannot be imported.*annotation validation error: "
    "key \"meta.helm.sh/release-name\" must equal \"[^\"]+\": current value is \"([^\"]+)\"", GALLEY_INVALID,
    "\\1 \\2 belongs to release \\3", "uninstall that, use another name or namespace, or set take_ownership: true",
    "Error: Unable to continue with install: ConfigMap \"mysql-initdb-config\" in namespace \"wandb\" exists and cannot "
    "be imported into the current release: invalid ownership metadata; annotation validation error: key "
    "\"meta.helm.sh/release-name\" must equal \"other\": current value is \"wandb\"" },
  { "helm", "(\\S+) \"([^\"]+)\" in namespace \"[^\"]*\" exists and cannot be imported.*annotation validation error: "
    "key \"meta.helm.sh/release-namespace\" must equal \"[^\"]+\": current value is \"([^\"]+)\"", GALLEY_INVALID,
    "\\1 \\2 belongs to a release in namespace \\3", "uninstall that, or leave it out of this one",
    "Error: unable to continue with install: StorageClass \"ebs-sc\" in namespace \"\" exists and cannot be imported into "
    "the current release: invalid ownership metadata; annotation validation error: key "
    "\"meta.helm.sh/release-namespace\" must equal \"wandb\": current value is \"other\"" },
  { "helm", "(\\S+) \"([^\"]+)\" in namespace \"[^\"]*\" exists and cannot be imported", GALLEY_INVALID,
    "\\1 \\2 is there already and is no part of a release", "delete it, or set take_ownership: true",
    "Error: Unable to continue with install: ServiceAccount \"ebs-csi-controller-sa\" in namespace \"kube-system\" exists "
    "and cannot be imported into the current release: invalid ownership metadata; label validation error: missing key "
    "\"app.kubernetes.io/managed-by\": must be set to \"Helm\"; annotation validation error: missing key "
    "\"meta.helm.sh/release-name\": must be set to \"ebs\"" },
  { "helm", "conflict occurred while applying object (\\S+) [^\\n]*Kind=([A-Za-z]+): Apply failed with [0-9]+ "
    "conflicts?: conflicts? with \"([^\"\\\\]+)\"", GALLEY_INVALID,
    "\\3 has changed \\2 \\1 since it was deployed", "undo that change, or set force_conflicts: true to overwrite it",
    "Error: UPGRADE FAILED: conflict occurred while applying object wandb/wandb apps/v1, Kind=Deployment: Apply failed "
    "with 1 conflict: conflict with \"kubectl\" using apps/v1: .spec.replicas" },
  { "helm", "(?m)^Error: [^\\n]*?([A-Z][A-Za-z]+)(?:\\.[a-z0-9.]+)? \"([^\"\\\\]+)\" is invalid: [^\\n]*(?:immutable|updates to "
    "[^\\n]* are forbidden)", GALLEY_INVALID,
    "\\1 \\2 exists, and what changes in it cannot be changed", "delete it first (kubectl.delete), if its data may go",
    "Error: UPGRADE FAILED: cannot patch \"imm\" with kind StatefulSet: StatefulSet.apps \"imm\" is invalid: spec: "
    "Forbidden: updates to statefulset spec for fields other than 'replicas', 'template' are forbidden" },
  { "helm", "\"([^\"\\\\]+)\" is forbidden: only dynamically provisioned pvc can be resized", GALLEY_INVALID,
    "claim \\1 cannot be resized: its storage class does not allow it",
    "set allowVolumeExpansion: true in the class, or leave the size as it is",
    "Error: UPGRADE FAILED: cannot patch \"wandb\" with kind PersistentVolumeClaim: persistentvolumeclaims \"wandb\" is "
    "forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support "
    "resize" },
  { "helm", "license must be specified to deploy with helm", GALLEY_INVALID,
    "the chart wants `license` at the top level of its values", "look at its place and indentation",
    "Error: execution error at (wandb/templates/secrets.yaml:22:14): license must be specified to deploy with helm." },
  { "helm", "(?m)^Error: [^\\n]*execution error at \\(([^)]+)\\): ([^\\n]+)", GALLEY_INVALID,
    "the chart refuses its values: \\2", "see \\1 in the chart",
    "Error: execution error at (app/templates/deployment.yaml:3:8): a host is needed" },
  { "helm", "values don't meet the specifications of the schema", GALLEY_INVALID,
    "the values are not as the chart's schema wants them", NULL,
    "Error: values don't meet the specifications of the schema(s) in the following chart(s):\nwandb:\n"
    "- replicas: Invalid type. Expected: integer, given: string" },
  { "helm", "repo (\\S+) not found", GALLEY_NOT_FOUND,
    "helm has no repository \\1", "add it first (helm.repo)", "Error: repo wandb not found" },
  { "helm", "no repositories (?:found\\.|configured)", GALLEY_NOT_FOUND,
    "helm has no repository", "add it first (helm.repo)",
    "Error: no repositories found. You must add one before updating" },
  { "helm", "no repositories found matching '([^']+)'", GALLEY_NOT_FOUND,
    "helm has no repository \\1", "add it first (helm.repo)",
    "Error: no repositories found matching 'wandb'.  Nothing will be updated" },
  { "helm", "chart \"([^\"]+)\" matching (\\S+) not found in (\\S+) index", GALLEY_NOT_FOUND,
    "repository \\3 has no chart \\1 in version \\2", "see: helm search repo \\3/\\1 --versions",
    "Error: chart \"wandb\" matching 9.9.9 not found in wandb index. (try 'helm repo update'): no chart version found for "
    "wandb-9.9.9" },
  { "helm", "chart \"([^\"]+)\" matching +not found in (\\S+) index", GALLEY_NOT_FOUND,
    "repository \\2 has no chart \\1", "see: helm search repo \\2",
    "Error: chart \"nope\" matching  not found in wandb index. (try 'helm repo update'): no chart name found" },
  { "helm", "no cached repo found", GALLEY_NOT_FOUND,
    "helm has no index of the chart's repository", "helm repo update",
    "Error: no cached repo found. (try 'helm repo update'): open /home/a/.cache/helm/repository/wandb-index.yaml: no such "
    "file or directory" },
  { "helm", "chart \"([^\"]+)\" not found in (\\S+) repository", GALLEY_NOT_FOUND,
    "there is no chart \\1 at \\2", NULL,
    "Error: chart \"nope\" not found in https://charts.wandb.ai repository" },
  { "helm", "repository name \\(([^)]+)\\) already exists", GALLEY_CONFLICT,
    "helm has another repository \\1", NULL,
    "Error: repository name (wandb) already exists, please specify a different name" },
  { "helm", "looks like \"([^\"]+)\" is not a valid chart repository or cannot be reached", GALLEY_TRANSIENT,
    "there is no chart repository at \\1, or it does not answer", "look at the address and the network",
    "Error: looks like \"https://charts.wandb.ai\" is not a valid chart repository or cannot be reached: Get "
    "\"https://charts.wandb.ai/index.yaml\": dial tcp: lookup charts.wandb.ai: no such host" },
  { "helm", "unable to get an update from the \"([^\"]+)\" chart repository", GALLEY_TRANSIENT,
    "the chart repository \\1 does not answer", "look at its address and the network",
    "...Unable to get an update from the \"wandb\" chart repository (https://charts.wandb.ai/):" },
  { "helm", "failed to update the following repositories: (\\S+)", GALLEY_TRANSIENT,
    "the chart repository \\1 does not answer", "look at its address and the network",
    "Error: failed to update the following repositories: [https://charts.wandb.ai/]" },
  { "helm", "failed to parse \\S+: .*yaml: (.*)", GALLEY_INVALID, "the values cannot be read: \\1", NULL,
    "Error: failed to parse /tmp/values.yaml: error converting YAML to JSON: yaml: line 2: mapping values are not allowed "
    "in this context" },
  { "helm", "(?m)^Error: [^\\n]*?([a-z-]+) hooks? failed: ([^\\n]+)", GALLEY_UNKNOWN, "the chart's \\1 hook failed: \\2", NULL,
    "Error: UPGRADE FAILED: post-upgrade hooks failed: job failed: BackoffLimitExceeded" },
  { "helm", "(?:install|upgrade)?.*(?:uninstalled|rolled back) due to (?:atomic|rollback-on-failure) being set", GALLEY_UNKNOWN,
    "what was deployed did not get ready, and was taken back", NULL,
    "Error: release wandb failed, and has been uninstalled due to atomic being set: context deadline exceeded" },
#include "../kubectl/signatures.inc"
  { "helm", "context deadline exceeded|timed out waiting for the condition|not ready\\. status: InProgress",
    GALLEY_TRANSIENT, "what was deployed did not get ready in time", "see: kubectl get pods,pvc,events",
    "Error: UPGRADE FAILED: context deadline exceeded" },
  { "helm", "context canceled", GALLEY_TRANSIENT, "helm was interrupted", NULL,
    "Error: UPGRADE FAILED: context canceled" },
  { "helm", "(?m)^Error: [^\\n]*\"([^\"\\\\]+)\" is invalid: ([^\\n]+)", GALLEY_INVALID, "the cluster refuses \\1: \\2", NULL,
    "Error: PersistentVolumeClaim \"w4-wandb\" is invalid: spec.resources[storage]: Invalid value: \"0\": must be greater "
    "than zero" },
  { "helm", "namespaces \"([^\"]+)\" not found", GALLEY_NOT_FOUND,
    "namespace \\1 is not there", "make it first (kubectl.namespace), or set create_namespace: true",
    "Error: create: failed to create: namespaces \"wandb\" not found" },
  { NULL, NULL, 0, NULL, NULL, NULL },
};
