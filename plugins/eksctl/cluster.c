/* SPDX-License-Identifier: MIT */
#include "cluster.h"

#include "nodegroup.h"
#include "stack.h"

#include <string.h>

enum look
cluster_get (struct galley_call *call, const char *name, const char **json)
{
  struct galley_cmd *cmd = eksctl_cmd (call, "get", "cluster");
  enum look look;

  add_option (call, cmd, "name", name);
  look = eksctl_get (call, cmd, json);
  return look == LOOK_NO_CLUSTER ? LOOK_ABSENT : look;
}

static const char *
name_of (struct galley_call *call)
{
  return call->host->param (call, "name");
}

static const char *
stack_of (struct galley_call *call)
{
  return galley_printf (call, "eksctl-%s-cluster", name_of (call));
}

/* The stacks of a cluster that is not there: *BUSY is one that is in
 * progress.  NULL: failed. */
static const char *const *
remains (struct galley_call *call, const char **busy)
{
  const char *const *stacks = stacks_of (call, name_of (call));

  *busy = NULL;
  for (const char *const *stack = stacks; stack != NULL && *stack != NULL; stack++)
    if (stack_is_busy (*stack))
      *busy = *stack;
  return stacks;
}

static int
look_absent (struct galley_call *call, const char **why)
{
  const char *busy;
  const char *const *stacks = remains (call, &busy);

  if (stacks == NULL)
    return GALLEY_FAILED;
  if (busy != NULL) {
    size_t len = strcspn (busy, " ");

    *why = stack_goes_on (call, galley_printf (call, "%.*s", (int) len, busy), busy + len + (busy[len] == ' '),
                          galley_printf (call, "stack %s", busy));
    return GALLEY_BUSY;
  }
  *why = galley_printf (call, "no cluster `%s` in %s", name_of (call), call->host->param (call, "region"));
  if (stacks[0] != NULL)
    *why = stack_left (call, stack_of (call), galley_printf (call, "%s, but stacks of one, to be deleted first: %s", *why,
                                                             list_to_text (call, stacks)));
  return GALLEY_NEEDED;
}

static int
fixed_version (struct galley_call *call, const char *json)
{
  const char *wanted = call->host->param (call, "version"), *name = name_of (call);
  const char *found = text_at (call, json, "$[0].Version");

  if (wanted == NULL || strcmp (wanted, found) == 0)
    return GALLEY_OK;
  galley_fail (call, GALLEY_INVALID, "cluster `%s` runs Kubernetes %s, wanted %s", name, found, wanted);
  return galley_fix (call, "upgrade it by hand, one minor version at a time: `eksctl upgrade cluster "
                     "--name=%s --region=%s --version=%s --approve`; there is no way back", name,
                     call->host->param (call, "region"), wanted);
}

static int
fixed_zones (struct galley_call *call, const char *json)
{
  const char *const *wanted = call->host->param_list (call, "zones");
  const char *found;

  if (wanted[0] == NULL)
    return GALLEY_OK;
  switch (zones_are (call, call->host->json_all (call, json, "$[0].ResourcesVpcConfig.SubnetIds[*]"),
                     &found)) {
  case 1:
    return GALLEY_OK;
  case 0:
    galley_fail (call, GALLEY_INVALID, "cluster `%s` is in the zones %s, wanted %s", name_of (call), found,
                 list_to_text (call, wanted));
    return galley_fix (call, "that cannot be changed: name its zones, or make a cluster of another name");
  default:
    return GALLEY_FAILED;
  }
}

/* The value of the tag KEY in the map TAGS, "" when it is not there. */
static const char *
tag_in (struct galley_call *call, const char *tags, const char *key)
{
  return text_at (call, tags, galley_printf (call, "$['%s']", key));
}

/* The step's `tags` as "a=b,c=d", "" when there are none; NULL: failed. */
static const char *
tags_text (struct galley_call *call)
{
  const char *tags = call->host->param_json (call, "tags");
  const char *const *key = call->host->json_names (call, tags);
  const char *text = "";

  for (; *key != NULL; key++) {
    const char *value = (*key)[0] != '\0' && strpbrk (*key, "'\"=,") == NULL ? tag_in (call, tags, *key) : "";

    if (value[0] == '\0' || strpbrk (value, "\",={[\n") != NULL) {
      galley_fail (call, GALLEY_INVALID, "`tags`: eksctl cannot be given `%s`: it is empty, or there is a "
                   "quote, comma or `=` in it", *key);
      return NULL;
    }
    text = galley_printf (call, "%s%s%s=%s", text, text[0] != '\0' ? "," : "", *key, value);
  }
  return text;
}

/* Does the cluster lack one of the step's `tags`? */
static int
tag_differs (struct galley_call *call, const char *json, const char **why)
{
  const char *tags = call->host->param_json (call, "tags");
  const char *found_tags = text_at (call, json, "$[0].Tags");

  for (const char *const *key = call->host->json_names (call, tags); *key != NULL; key++) {
    const char *found = tag_in (call, found_tags, *key), *wanted = tag_in (call, tags, *key);

    if (strcmp (found, wanted) == 0)
      continue;
    *why = galley_printf (call, "tag `%s` is %s, want `%s`", *key,
                          found[0] != '\0' ? galley_printf (call, "`%s`", found) : "not there", wanted);
    return 1;
  }
  return 0;
}

/* Those of the step's `addons` that the cluster has not; NULL: failed. */
static const char *const *
missing_addons (struct galley_call *call)
{
  const char *const *wanted = call->host->param_list (call, "addons");
  struct galley_cmd *cmd;
  const char *const *found;
  const char *json = "[]", *missing = "[";

  if (wanted[0] == NULL)
    return wanted;
  cmd = eksctl_cmd (call, "get", "addon");
  add_option (call, cmd, "cluster", name_of (call));
  if (eksctl_get (call, cmd, &json) == LOOK_FAILED)
    return NULL;
  found = call->host->json_all (call, json, "$[*].Name");
  for (; *wanted != NULL; wanted++)
    if (!list_has (found, *wanted))
      missing = galley_printf (call, "%s%s%s", missing, missing[1] != '\0' ? "," : "",
                               call->host->json_quote (call, *wanted));
  return call->host->json_all (call, galley_printf (call, "%s]", missing), "$[*]");
}

static const char *
nodegroup_of (struct galley_call *call)
{
  const char *name = call->host->param (call, "nodegroup");

  return name != NULL && name[0] != '\0' ? name : NULL;
}

/* WHY a cluster is not whole; and, if it is so, that it was ours. */
static const char *
unfinished (struct galley_call *call, const char *why)
{
  const char *begun = stack_begun_by_us (call, stack_of (call));

  if (begun == NULL)
    return why;
  return galley_printf (call, "cluster `%s`, begun at %s by the attempt that was cut off, is to be completed: %s",
                        name_of (call), begun, why);
}

/* Add-ons are missing: is eksctl still at it, or was it cut off? */
static int
look_unfinished (struct galley_call *call, const char *const *missing, const char **why)
{
  const char *stack = stack_of (call), *status;
  enum look look = stack_status (call, stack, &status);

  if (look == LOOK_FAILED)
    return GALLEY_FAILED;
  if (look == LOOK_FOUND && stack_is_busy (status)) {
    *why = stack_goes_on (call, stack, status, galley_printf (call, "stack `%s` is %s", stack, status));
    return GALLEY_BUSY;
  }
  *why = unfinished (call, galley_printf (call, "add-ons are missing: %s", list_to_text (call, missing)));
  return GALLEY_NEEDED;
}

static int
look_active (struct galley_call *call, const char *json, const char **why)
{
  const struct nodegroup group = { name_of (call), nodegroup_of (call), 0 };
  const char *const *missing;
  int status;

  if (fixed_version (call, json) != GALLEY_OK || fixed_zones (call, json) != GALLEY_OK)
    return GALLEY_FAILED;
  if (tag_differs (call, json, why))
    return GALLEY_NEEDED;
  missing = missing_addons (call);
  if (missing == NULL)
    return GALLEY_FAILED;
  if (missing[0] != NULL)
    return look_unfinished (call, missing, why);
  status = group.name != NULL ? nodegroup_look (call, &group, why) : GALLEY_OK;
  if (status == GALLEY_NEEDED)
    *why = unfinished (call, *why);
  return status;
}

static int
look_found (struct galley_call *call, const char *json, const char **why)
{
  const char *status = text_at (call, json, "$[0].Status");

  if (strcmp (status, "ACTIVE") == 0)
    return look_active (call, json, why);
  if (strcmp (status, "FAILED") == 0) {
    galley_fail (call, GALLEY_UNKNOWN, "cluster `%s` is FAILED: %s", name_of (call),
                 text_at (call, json, "$[0].Health.Issues[0].Message"));
    return galley_fix (call, "remove it with `eksctl.cluster_delete`");
  }
  *why = stack_goes_on (call, stack_of (call), status,
                        galley_printf (call, "cluster `%s` is %s", name_of (call), status));
  return GALLEY_BUSY;
}

static int
look (struct galley_call *call, const char **why)
{
  const char *json;

  switch (cluster_get (call, name_of (call), &json)) {
  case LOOK_FOUND:
    return look_found (call, json, why);
  case LOOK_ABSENT:
    return look_absent (call, why);
  default:
    return GALLEY_FAILED;
  }
}

static int
report (struct galley_call *call)
{
  static const char *const outputs[][2] = {
    { "arn", "$[0].Arn" }, { "endpoint", "$[0].Endpoint" }, { "version", "$[0].Version" },
    { "oidc_issuer", "$[0].Identity.Oidc.Issuer" }, { "vpc", "$[0].ResourcesVpcConfig.VpcId" }
  };
  const char *json;

  if (cluster_get (call, name_of (call), &json) != LOOK_FOUND)
    return GALLEY_FAILED;
  for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++)
    call->host->output (call, outputs[i][0], text_at (call, json, outputs[i][1]));
  return GALLEY_OK;
}

/* The region is often given without its zones. */
static int
zones_check (struct galley_call *call)
{
  const char *region = call->host->param (call, "region");
  const char *const *zone = call->host->param_list (call, "zones");

  if (list_check (call, "zones") != GALLEY_OK)
    return GALLEY_FAILED;
  for (; *zone != NULL; zone++)
    if (strncmp (*zone, region, strlen (region)) != 0) {
      galley_fail (call, GALLEY_INVALID, "zone `%s` is not one of region %s", *zone, region);
      return galley_fix (call, "name zones of that region, such as %sa", region);
    }
  return GALLEY_OK;
}

int
eksctl_cluster_check (struct galley_call *call)
{
  int status;

  if (tags_text (call) == NULL || zones_check (call) != GALLEY_OK
      || list_check (call, "addons") != GALLEY_OK)
    return GALLEY_FAILED;
  status = answer (call, look);
  return status == GALLEY_OK ? report (call) : status;
}

/* eksctl's exit says that it failed, its log why; what it says of a node
 * group is only "waiter state transitioned to Failure". */
static int
explain_create (struct galley_call *call, const struct galley_result *result)
{
  const char *what = galley_printf (call, "cluster `%s` could not be made", name_of (call));
  const char *group = nodegroup_of (call);
  const char *stack, *status;

  if (result->how != GALLEY_EXITED || log_blame (call, what, result->out))
    return GALLEY_FAILED;
  if (group == NULL || strstr (result->out, "waiter state transitioned to Failure") == NULL)
    return GALLEY_FAILED;
  stack = galley_printf (call, "eksctl-%s-nodegroup-%s", name_of (call), group);
  if (stack_status (call, stack, &status) != LOOK_FOUND)
    return GALLEY_FAILED;
  return stack_blame (call, galley_printf (call, "node group `%s` could not be made", group), stack,
                      "CREATE_FAILED");
}

static int
create (struct galley_call *call)
{
  struct galley_cmd *cmd = eksctl_cmd (call, "create", "cluster");
  struct galley_result result = GALLEY_RESULT_INIT;
  const char *tags = tags_text (call);

  if (tags == NULL)
    return GALLEY_FAILED;
  add_param (call, cmd, "name", "name");
  add_param (call, cmd, "version", "version");
  add_list_param (call, cmd, "zones", "zones");
  add_option (call, cmd, "tags", tags[0] != '\0' ? tags : NULL);
  if (nodegroup_of (call) != NULL) {
    add_option (call, cmd, "nodegroup-name", nodegroup_of (call));
    nodegroup_options (call, cmd);
  } else {
    call->host->cmd_arg (cmd, "--without-nodegroup");
  }
  call->host->cmd_arg (cmd, "--write-kubeconfig=false");
  add_timeout (call, cmd);
  if (eksctl_run (call, cmd, &result) == GALLEY_OK)
    return GALLEY_OK;
  return explain_create (call, &result);
}

static int
create_anew (struct galley_call *call)
{
  const char *busy;
  const char *const *stacks = remains (call, &busy);

  if (stacks == NULL || stacks_delete (call, name_of (call), stacks) != GALLEY_OK)
    return GALLEY_FAILED;
  return create (call);
}

static int
add_tags (struct galley_call *call, const char *json)
{
  struct galley_cmd *cmd;
  struct galley_result result = GALLEY_RESULT_INIT;
  const char *why, *tags = tags_text (call);

  if (tags == NULL)
    return GALLEY_FAILED;
  if (!tag_differs (call, json, &why))
    return GALLEY_OK;
  cmd = aws_cmd (call, "eks", "tag-resource");
  add_option (call, cmd, "resource-arn", text_at (call, json, "$[0].Arn"));
  add_option (call, cmd, "tags", tags);
  return call->host->run (cmd, &result);
}

/* An eksctl that was cut off between the cluster's stack and its add-ons
 * leaves a cluster without a network.  By aws: `eksctl create addon` waits,
 * and fails when an add-on that needs nodes is without them. */
static int
add_addons (struct galley_call *call)
{
  const char *const *missing = missing_addons (call);

  if (missing == NULL)
    return GALLEY_FAILED;
  for (; *missing != NULL; missing++) {
    struct galley_result result = GALLEY_RESULT_INIT;
    struct galley_cmd *cmd = aws_cmd (call, "eks", "create-addon");

    add_option (call, cmd, "cluster-name", name_of (call));
    add_option (call, cmd, "addon-name", *missing);
    if (call->host->run (cmd, &result) != GALLEY_OK)
      return GALLEY_FAILED;
  }
  return GALLEY_OK;
}

static int
complete (struct galley_call *call, const char *json)
{
  const struct nodegroup group = { name_of (call), nodegroup_of (call), 0 };

  if (add_tags (call, json) != GALLEY_OK || add_addons (call) != GALLEY_OK)
    return GALLEY_FAILED;
  return group.name != NULL ? nodegroup_reach (call, &group) : GALLEY_OK;
}

int
eksctl_cluster_apply (struct galley_call *call)
{
  const char *json;
  int status;

  switch (cluster_get (call, name_of (call), &json)) {
  case LOOK_FOUND:
    status = complete (call, json);
    break;
  case LOOK_ABSENT:
    status = create_anew (call);
    break;
  default:
    return GALLEY_FAILED;
  }
  if (status != GALLEY_OK || settle (call, look) != GALLEY_OK)
    return GALLEY_FAILED;
  return report (call);
}

/* -- and away ------------------------------------------------------------ */

static int
look_gone (struct galley_call *call, const char **why)
{
  const char *json, *busy, *status;
  const char *const *stacks;

  switch (cluster_get (call, name_of (call), &json)) {
  case LOOK_FOUND:
    status = text_at (call, json, "$[0].Status");
    *why = galley_printf (call, "cluster `%s` is %s", name_of (call), status);
    return strcmp (status, "ACTIVE") == 0 || strcmp (status, "FAILED") == 0 ? GALLEY_NEEDED : GALLEY_BUSY;
  case LOOK_ABSENT:
    break;
  default:
    return GALLEY_FAILED;
  }
  stacks = remains (call, &busy);
  if (stacks == NULL)
    return GALLEY_FAILED;
  *why = galley_printf (call, "no cluster `%s`, but stacks of it: %s", name_of (call),
                        list_to_text (call, stacks));
  return busy != NULL ? GALLEY_BUSY : stacks[0] != NULL ? GALLEY_NEEDED : GALLEY_OK;
}

int
eksctl_cluster_delete_check (struct galley_call *call)
{
  return answer (call, look_gone);
}

/* The first stack that would not go, and why. */
static int
explain_delete (struct galley_call *call)
{
  const char *const *stacks = stacks_of (call, name_of (call));

  for (; stacks != NULL && *stacks != NULL; stacks++)
    if (ends_with (*stacks, " DELETE_FAILED")) {
      const char *name = galley_printf (call, "%.*s", (int) strcspn (*stacks, " "), *stacks);

      return stack_blame (call, galley_printf (call, "stack `%s` could not be deleted", name), name,
                          "DELETE_FAILED");
    }
  return GALLEY_FAILED;
}

static int
delete_cluster (struct galley_call *call)
{
  struct galley_cmd *cmd = eksctl_cmd (call, "delete", "cluster");
  struct galley_result result = GALLEY_RESULT_INIT;
  const char *kubeconfig = call->host->file (call, 0, ".kubeconfig", "", 0);

  if (kubeconfig == NULL)
    return GALLEY_FAILED;
  /* else it would take the cluster out of the user's own */
  call->host->cmd_env (cmd, "KUBECONFIG", kubeconfig);
  add_param (call, cmd, "name", "name");
  call->host->cmd_arg (cmd, "--wait");
  call->host->cmd_arg (cmd, "--disable-nodegroup-eviction");
  add_timeout (call, cmd);
  if (eksctl_run (call, cmd, &result) == GALLEY_OK)
    return GALLEY_OK;
  return result.how == GALLEY_EXITED ? explain_delete (call) : GALLEY_FAILED;
}

int
eksctl_cluster_delete_apply (struct galley_call *call)
{
  const char *json, *busy;
  const char *const *stacks;

  switch (cluster_get (call, name_of (call), &json)) {
  case LOOK_FOUND:
    if (delete_cluster (call) != GALLEY_OK)
      return GALLEY_FAILED;
    break;
  case LOOK_ABSENT:
    break;
  default:
    return GALLEY_FAILED;
  }
  stacks = remains (call, &busy);
  if (stacks == NULL || stacks_delete (call, name_of (call), stacks) != GALLEY_OK)
    return GALLEY_FAILED;
  return settle (call, look_gone);
}
