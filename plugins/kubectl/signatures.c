/* How kubectl's failures look.  Text: 1.34, and the server's.
 * SPDX-License-Identifier: MIT */
#include "kubectl.h"

const struct galley_signature kubectl_signatures[] = {
#include "signatures.inc"
  { "kubectl", "failed to run \"diff\": executable file not found", GALLEY_INVALID,
    "kubectl diff needs the program diff, which is not in PATH", "install it (diffutils)",
    "error: failed to run \"diff\": executable file not found in $PATH" },
  { "kubectl", "namespaces \"([^\"]+)\" not found", GALLEY_NOT_FOUND,
    "namespace \\1 is not there", "make it first (kubectl.namespace)",
    "Error from server (NotFound): error when creating \"sc.yaml\": namespaces \"wandb\" not found" },
  { "kubectl", "namespaces? \"?([a-z0-9-]+)\"? is being terminated|because it is being terminated", GALLEY_TRANSIENT,
    "the namespace is still being deleted", "wait until it is gone, or see what holds it: kubectl describe namespace",
    "Error from server (Forbidden): configmaps \"c\" is forbidden: unable to create new content in namespace wandb "
    "because it is being terminated" },
  { "kubectl", "StorageClass \"([^\"]+)\" is invalid: .*updates to ([a-z]+) are forbidden", GALLEY_INVALID,
    "StorageClass \\1 exists with other \\2, which cannot be changed",
    "delete it first (kubectl.delete): volumes made with it stay as they are",
    "The StorageClass \"ebs-sc\" is invalid: parameters: Forbidden: updates to parameters are forbidden." },
  { "kubectl", "([A-Z][A-Za-z]+) \"([^\"]+)\" is invalid: .*(?:field is immutable|is immutable after creation|"
    "updates to .* are forbidden)", GALLEY_INVALID,
    "\\1 \\2 exists, and what the manifest changes in it cannot be changed",
    "delete it first (kubectl.delete), if its data may go",
    "The StatefulSet \"wandb-mysql\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than "
    "'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
    "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden" },
  { "kubectl", "no matches for kind \"([^\"]+)\" in version \"([^\"]+)\"", GALLEY_NOT_FOUND,
    "the cluster does not know kind \\1 (\\2)", "install what defines it first (an operator, a CRD)",
    "error: resource mapping not found for name: \"wandb\" namespace: \"default\" from \"STDIN\": no matches for kind "
    "\"WeightsAndBiases\" in version \"apps.wandb.com/v1\"\nensure CRDs are installed first" },
  { "kubectl", "doesn't have a resource type \"([^\"]+)\"", GALLEY_NOT_FOUND,
    "the cluster does not know \\1", "look at its spelling, or install what defines it first",
    "error: the server doesn't have a resource type \"weightsandbiases\"" },
  { "kubectl", "Apply failed with ([0-9]+) conflicts?: conflicts? with \"([^\"]+)\"", GALLEY_INVALID,
    "\\1 field(s) belong to \\2", "leave them out of the manifest, or set force_conflicts: true to take them over",
    "error: Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using v1: .data.a" },
  { "kubectl", "the object has been modified; please apply your changes", GALLEY_CONFLICT,
    "somebody else changed the object in between", NULL,
    "Error from server (Conflict): Operation cannot be fulfilled on configmaps \"c\": the object has been modified; "
    "please apply your changes to the latest version and try again" },
  { "kubectl", "namespace from the provided object \"([^\"]+)\" does not match the namespace \"([^\"]+)\"", GALLEY_INVALID,
    "an object of the manifest is in namespace \\1, the step says \\2", "say the namespace in one place only",
    "error: the namespace from the provided object \"wandb\" does not match the namespace \"other\". You must pass "
    "'--namespace=wandb' to perform this operation." },
  { "kubectl", "Object 'Kind' is missing", GALLEY_INVALID,
    "an object of the manifest has no kind", "look at its indentation, and for a `---` too many",
    "error: unable to decode \"STDIN\": Object 'Kind' is missing in '{\"a\":\"b\"}'" },
  { "kubectl", "no objects passed to apply", GALLEY_INVALID, "the manifest is empty", NULL,
    "error: no objects passed to apply" },
  { "kubectl", "strict decoding error: (unknown field \"[^\"]+\"|duplicate field \"[^\"]+\")", GALLEY_INVALID,
    "the manifest has an \\1", "look at its spelling and indentation",
    "Error from server (BadRequest): error when creating \"bad.yaml\": ConfigMap in version \"v1\" cannot be handled "
    "as a ConfigMap: strict decoding error: unknown field \"datta\"" },
  { "kubectl", "error (?:parsing|converting)[^:]*: error converting YAML to JSON: yaml: (.*)", GALLEY_INVALID,
    "the manifest is not YAML: \\1", NULL,
    "error: error parsing bad.yaml: error converting YAML to JSON: yaml: line 3: mapping values are not allowed in "
    "this context" },
  { "kubectl", "exceeded its progress deadline", GALLEY_UNKNOWN,
    "the rollout has made no progress for too long", NULL,
    "error: deployment \"wandb\" exceeded its progress deadline" },
  { NULL, NULL, 0, NULL, NULL, NULL },
};
