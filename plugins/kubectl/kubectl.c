/* The kubectl plugin.  SPDX-License-Identifier: MIT */
#include "kubectl.h"

static const struct galley_tool tools[] = {
  KUBE_KUBECTL_TOOL,
  { NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
};

static const struct galley_action actions[] = {
  { "apply", "objects are as a manifest says", 0, apply_params, NULL, apply_check, apply_apply },
  { "wait", "wait for a condition of objects, also of ones still to come", GALLEY_READS, wait_params, NULL, NULL,
    wait_apply },
  { "rollout", "wait until a deployment, statefulset or daemonset is rolled out", GALLEY_READS, rollout_params, NULL,
    NULL, rollout_apply },
  { "get", "read an object", GALLEY_READS, get_params, get_outputs, NULL, get_apply },
  { "delete", "objects are not there", 0, delete_params, NULL, delete_check, delete_apply },
  { "namespace", "a namespace is there, with labels", 0, namespace_params, NULL, namespace_check, namespace_apply },
  KUBE_END_ACTION
};

static const struct galley_plugin plugin = {
  GALLEY_PLUGIN_ABI, "kubectl", "1.0", "objects of a Kubernetes cluster, by kubectl",
  tools, actions, kubectl_signatures,
};
GALLEY_PLUGIN_REGISTER (plugin)
