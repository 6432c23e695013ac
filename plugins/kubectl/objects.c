/* kubectl.get and namespace.  SPDX-License-Identifier: MIT */
#include "kubectl.h"
#include "json-text.h"

#include <string.h>

/* ---- get ------------------------------------------------------------ */

const struct galley_param get_params[] = {
  { "resource", GALLEY_STRING, GALLEY_REQUIRED, NULL, NULL, RESOURCE_KIND, "service", "kind of object" },
  { "name", GALLEY_STRING, 0, NULL, NULL, RESOURCE_NAME, "wandb", "its name; not given: all of them, as a list" },
  { "selector", GALLEY_STRING, 0, NULL, NULL, NULL, "app=wandb", "only those with these labels" },
  NAMESPACE_PARAM,
  { "path", GALLEY_STRING, 0, NULL, NULL, NULL, ".status.loadBalancer.ingress[0].hostname",
    "JSONPath of `value` in it" },
  KUBE_TARGET_PARAMS,
  KUBE_END_PARAM
};

const struct galley_param get_outputs[] = {
  { "json", GALLEY_MAP, 0, NULL, NULL, NULL, "{\"kind\": \"Service\"}", "the object, or the list" },
  { "value", GALLEY_STRING, 0, NULL, NULL, NULL, "abc.elb.amazonaws.com", "what is at `path`; empty without `path`" },
  KUBE_END_PARAM
};

/* "secret", "Secrets", "secrets.v1" */
static int
is_secret (const char *kind)
{
  size_t len = strlen ("secret");

  if (strncasecmp (kind, "secret", len) != 0)
    return 0;
  len += kind[len] == 's' || kind[len] == 'S';
  return kind[len] == '\0' || kind[len] == '.';
}

struct galley_cmd *
get_cmd (struct galley_call *call, const char *kind, const char *name)
{
  struct galley_cmd *cmd = kube_kubectl (call, 0, "get", kind, name, NULL);

  kube_option (call, cmd, "--namespace", call->host->param (call, "namespace"));
  kube_option (call, cmd, "--selector", call->host->param (call, "selector"));
  return cmd;
}

const char *
describe_target (struct galley_call *call)
{
  const char *kind = call->host->param (call, "resource"), *name = call->host->param (call, "name");

  return name != NULL ? galley_printf (call, "%s/%s", kind, name) : kind;
}

int
get_apply (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  const char *kind = call->host->param (call, "resource"), *path = call->host->param (call, "path");
  const char *value = "";
  struct galley_cmd *cmd;

  if (is_secret (kind)) {
    galley_fail (call, GALLEY_INVALID, "kubectl.get does not read secrets: its outputs are shown");
    return galley_fix (call, "let the tool that needs the secret read it");
  }
  cmd = get_cmd (call, kind, call->host->param (call, "name"));
  galley_args (call, cmd, "--output=json", "--request-timeout=30s", NULL);
  if (call->host->run (cmd, &r) != GALLEY_OK)
    return GALLEY_FAILED;
  if (r.out_total > r.out_len)
    return galley_fail (call, GALLEY_INVALID, "%s is too long to be an output", describe_target (call));
  if (path != NULL && (value = call->host->json (call, r.out, path)) == NULL)
    return galley_fail (call, GALLEY_NOT_FOUND, "%s has nothing at %s", describe_target (call), path);
  call->host->output_json (call, "json", r.out);
  call->host->output (call, "value", value);
  return GALLEY_OK;
}

/* ---- namespace ------------------------------------------------------ */

const struct galley_param namespace_params[] = {
  { "name", GALLEY_STRING, GALLEY_REQUIRED | GALLEY_GOAL, NULL, NULL, KUBE_NAMESPACE_MATCH, "wandb", "its name" },
  { "labels", GALLEY_MAP, 0, NULL, NULL, NULL, "{\"team\": \"ml\"}", "labels it has, beside others" },
  KUBE_TARGET_PARAMS,
  KUBE_END_PARAM
};

struct label { const char *key, *value; };

/* The next label that is wanted, decoded. */
static int
next_label (struct galley_call *call, const char **at, struct label *label)
{
  struct json_member member;

  if (!json_next (at, &member))
    return 0;
  label->key = call->host->json (call, galley_printf (call, "\"%.*s\"", (int) member.key_len, member.key), "$");
  label->value = call->host->json (call, kube_slice (call, member.value, member.value_len), "$");
  return label->key != NULL && label->value != NULL;
}

static const char *
wanted_labels (struct galley_call *call)
{
  const char *labels = call->host->param_json (call, "labels");

  return labels != NULL ? json_object (call, labels) : NULL;
}

static const char *
present_label (struct galley_call *call, const char *namespace_json, const char *key)
{
  const char *labels = call->host->json (call, namespace_json, "$.metadata.labels");
  struct json_member member;
  struct label label;

  for (const char *at = labels != NULL ? labels : "{}"; json_next (&at, &member);) {
    const char *start = galley_printf (call, "{\"%.*s\":%.*s}", (int) member.key_len, member.key,
                                       (int) member.value_len, member.value);

    if (next_label (call, &start, &label) && strcmp (label.key, key) == 0)
      return label.value;
  }
  return NULL;
}

int
namespace_check (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  const char *name = call->host->param (call, "name"), *phase, *have, *at = wanted_labels (call);
  struct galley_cmd *cmd = kube_kubectl (call, 0, "get", "namespace", name, NULL);
  struct label label;

  galley_args (call, cmd, "--ignore-not-found=true", "--output=json", "--request-timeout=30s", NULL);
  if (call->host->run (cmd, &r) != GALLEY_OK)
    return GALLEY_FAILED;
  if (r.out_total == 0)
    return galley_need (call, "namespace %s is not there", name);
  phase = call->host->json (call, r.out, "$.status.phase");
  if (phase != NULL && strcmp (phase, "Terminating") == 0)
    return galley_busy (call, "namespace %s is being deleted", name);
  while (at != NULL && next_label (call, &at, &label)) {
    have = present_label (call, r.out, label.key);
    if (have == NULL || strcmp (have, label.value) != 0)
      return galley_need (call, "label %s of namespace %s is %s, want %s", label.key, name,
                          have != NULL ? have : "not there", label.value);
  }
  return GALLEY_OK;
}

int
namespace_apply (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  const char *name = call->host->param (call, "name"), *at = wanted_labels (call);
  struct galley_cmd *cmd;
  struct label label;
  int any = 0;

  if (call->host->run (kube_kubectl (call, 0, "create", "namespace", name, NULL), &r) != GALLEY_OK
      && strstr (r.err, "(AlreadyExists)") == NULL)
    return GALLEY_FAILED;
  cmd = galley_cmd (call, "kubectl", "label", "namespace", name, NULL);
  while (at != NULL && next_label (call, &at, &label)) {
    call->host->cmd_arg (cmd, galley_printf (call, "%s=%s", label.key, label.value));
    any = 1;
  }
  kube_kubectl_target (call, cmd);
  call->host->cmd_arg (cmd, "--overwrite=true");
  return any ? call->host->run (cmd, &r) : GALLEY_OK;
}
