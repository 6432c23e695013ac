/* SPDX-License-Identifier: MIT */
#include "nodegroup.h"

#include "stack.h"

#include <stdlib.h>
#include <string.h>

static const char *
stack_of (struct galley_call *call, const struct nodegroup *group)
{
  return galley_printf (call, "eksctl-%s-nodegroup-%s", group->cluster, group->name);
}

static enum look
get_nodegroup (struct galley_call *call, const struct nodegroup *group, const char **json)
{
  struct galley_cmd *cmd = eksctl_cmd (call, "get", "nodegroup");

  add_option (call, cmd, "cluster", group->cluster);
  add_option (call, cmd, "name", group->name);
  return eksctl_get (call, cmd, json);
}

static struct galley_cmd *
describe (struct galley_call *call, const struct nodegroup *group)
{
  struct galley_cmd *cmd = aws_cmd (call, "eks", "describe-nodegroup");

  add_option (call, cmd, "cluster-name", group->cluster);
  add_option (call, cmd, "nodegroup-name", group->name);
  return cmd;
}

int
zones_are (struct galley_call *call, const char *const *subnets, const char **found)
{
  struct galley_cmd *cmd = aws_cmd (call, "ec2", "describe-subnets");
  const char *const *zones;

  add_option (call, cmd, "subnet-ids", list_to_json (call, subnets));
  zones = aws_list (call, cmd, "sort(Subnets[].AvailabilityZone)");
  if (zones == NULL)
    return GALLEY_FAILED;
  *found = zones[0] != NULL ? zones[0] : "none";
  for (int i = 1; zones[0] != NULL && zones[i] != NULL; i++)    /* sorted: each only once */
    if (strcmp (zones[i], zones[i - 1]) != 0)
      *found = galley_printf (call, "%s, %s", *found, zones[i]);
  return list_same (zones, call->host->param_list (call, "zones"));
}

/* What cannot be changed on a node group that is there. */
static int
fail_fixed (struct galley_call *call, const char *name, const char *found, const char *wanted)
{
  galley_fail (call, GALLEY_INVALID, "node group `%s` has %s, wanted %s", name, found, wanted);
  return galley_fix (call, "that cannot be changed: make a node group of another name, then remove this "
                     "one with `eksctl.nodegroup_delete`");
}

static int
fixed_type (struct galley_call *call, const char *name, const char *json)
{
  const char *wanted = call->host->param (call, "node_type");
  const char *found = text_at (call, json, "$[0].InstanceType");

  if (wanted == NULL || strcmp (wanted, found) == 0)
    return GALLEY_OK;
  return fail_fixed (call, name, galley_printf (call, "nodes of type %s", found), wanted);
}

static int
fixed_volume (struct galley_call *call, const char *name, const char *json)
{
  const char *wanted = call->host->param (call, "node_volume_size");
  const char *stack = text_at (call, json, "$[0].StackName");
  struct galley_cmd *cmd;
  const char *size;

  if (wanted == NULL)
    return GALLEY_OK;
  if (stack[0] == '\0')
    return galley_fail (call, GALLEY_INVALID, "eksctl did not make the node group `%s`, and cannot tell the "
                        "size of its disks: leave out `node_volume_size`", name);
  cmd = aws_cmd (call, "cloudformation", "get-template");
  add_option (call, cmd, "stack-name", stack);
  if (aws_get (call, cmd, "TemplateBody.Resources.LaunchTemplate.Properties.LaunchTemplateData"
               ".BlockDeviceMappings[0].Ebs.VolumeSize", &size) != LOOK_FOUND)
    return GALLEY_FAILED;
  size = text_at (call, size, "$");
  if (strcmp (size, wanted) == 0)
    return GALLEY_OK;
  return fail_fixed (call, name, galley_printf (call, "disks of %s GB", size),
                     galley_printf (call, "%s GB", wanted));
}

static int
fixed_zones (struct galley_call *call, const struct nodegroup *group)
{
  const char *const *wanted = call->host->param_list (call, "zones");
  struct galley_cmd *cmd;
  const char *const *subnets;
  const char *found;

  if (wanted[0] == NULL || !group->own_zones)
    return GALLEY_OK;
  cmd = describe (call, group);
  subnets = aws_list (call, cmd, "nodegroup.subnets");
  if (subnets == NULL)
    return GALLEY_FAILED;
  switch (zones_are (call, subnets, &found)) {
  case 1:
    return GALLEY_OK;
  case 0:
    return fail_fixed (call, group->name, galley_printf (call, "the zones %s", found), list_to_text (call, wanted));
  default:
    return GALLEY_FAILED;
  }
}

static int
size_differs (struct galley_call *call, const char *json, const char **why)
{
  static const char *const sizes[][3] = {
    { "nodes", "$[0].DesiredCapacity", "nodes" }, { "nodes_min", "$[0].MinSize", "as the fewest nodes" },
    { "nodes_max", "$[0].MaxSize", "as the most nodes" }
  };

  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    const char *wanted = call->host->param (call, sizes[i][0]);
    const char *found = text_at (call, json, sizes[i][1]);

    if (wanted == NULL || strcmp (wanted, found) == 0)
      continue;
    *why = galley_printf (call, "node group `%s` has %s %s, want %s", text_at (call, json, "$[0].Name"),
                          found, sizes[i][2], wanted);
    return 1;
  }
  return 0;
}

static int
fail_degraded (struct galley_call *call, const struct nodegroup *group, const char *status)
{
  const char *const *issues = aws_list (call, describe (call, group),
                                        "nodegroup.health.issues[].join(': ',[code,message])");
  if (issues == NULL)
    return GALLEY_FAILED;
  galley_fail (call, GALLEY_UNKNOWN, "node group `%s` is %s: %s", group->name, status,
               issues[0] != NULL ? issues[0] : "EKS gives no reason");
  return galley_fix (call, "remove the cause, or the node group with `eksctl.nodegroup_delete`");
}

/* There is no node group: what of its stack? */
static int
look_at_stack (struct galley_call *call, const struct nodegroup *group, const char **why)
{
  const char *stack = stack_of (call, group);
  const char *status;

  switch (stack_status (call, stack, &status)) {
  case LOOK_FOUND:
    *why = stack_is_busy (status)
           ? stack_goes_on (call, stack, status, galley_printf (call, "stack `%s` is %s", stack, status))
           : stack_left (call, stack, galley_printf (call, "no node group `%s`, but a stack `%s` that is %s: to be "
                                                     "deleted first", group->name, stack, status));
    return stack_is_busy (status) ? GALLEY_BUSY : GALLEY_NEEDED;
  case LOOK_ABSENT:
    *why = galley_printf (call, "no node group `%s`", group->name);
    return GALLEY_NEEDED;
  default:
    return GALLEY_FAILED;
  }
}

static int
is_passing (const char *status)
{
  return strcmp (status, "CREATING") == 0 || strcmp (status, "UPDATING") == 0
         || strcmp (status, "DELETING") == 0 || stack_is_busy (status);
}

/* A group that EKS does not manage has the status of its stack. */
static int
is_well (const char *status)
{
  return strcmp (status, "ACTIVE") == 0 || strcmp (status, "CREATE_COMPLETE") == 0
         || strcmp (status, "UPDATE_COMPLETE") == 0 || strcmp (status, "UPDATE_ROLLBACK_COMPLETE") == 0;
}

static int
look_at_found (struct galley_call *call, const struct nodegroup *group, const char *json, const char **why)
{
  const char *status = text_at (call, json, "$[0].Status");

  *why = galley_printf (call, "node group `%s` is %s", group->name, status);
  if (is_passing (status)) {
    *why = stack_goes_on (call, stack_of (call, group), status, *why);
    return GALLEY_BUSY;
  }
  if (strcmp (status, "CREATE_FAILED") == 0)
    return GALLEY_NEEDED;
  if (!is_well (status))
    return fail_degraded (call, group, status);
  if (fixed_type (call, group->name, json) != GALLEY_OK || fixed_zones (call, group) != GALLEY_OK
      || fixed_volume (call, group->name, json) != GALLEY_OK)
    return GALLEY_FAILED;
  return size_differs (call, json, why) ? GALLEY_NEEDED : GALLEY_OK;
}

static int
no_cluster (struct galley_call *call, const char *cluster)
{
  return galley_fail (call, GALLEY_NOT_FOUND, "no cluster `%s` in %s", cluster,
                      call->host->param (call, "region"));
}

int
nodegroup_look (struct galley_call *call, const struct nodegroup *group, const char **why)
{
  const char *json;

  switch (get_nodegroup (call, group, &json)) {
  case LOOK_FOUND:
    return look_at_found (call, group, json, why);
  case LOOK_ABSENT:
    return look_at_stack (call, group, why);
  case LOOK_NO_CLUSTER:
    return no_cluster (call, group->cluster);
  default:
    return GALLEY_FAILED;
  }
}

void
nodegroup_options (struct galley_call *call, struct galley_cmd *cmd)
{
  add_param (call, cmd, "node-type", "node_type");
  add_param (call, cmd, "nodes", "nodes");
  add_param (call, cmd, "nodes-min", "nodes_min");
  add_param (call, cmd, "nodes-max", "nodes_max");
  add_param (call, cmd, "node-volume-size", "node_volume_size");
}

static int
create (struct galley_call *call, const struct nodegroup *group)
{
  struct galley_cmd *cmd = eksctl_cmd (call, "create", "nodegroup");
  struct galley_result result = GALLEY_RESULT_INIT;

  add_option (call, cmd, "cluster", group->cluster);
  add_option (call, cmd, "name", group->name);
  nodegroup_options (call, cmd);
  if (group->own_zones)
    add_list_param (call, cmd, "node-zones", "zones");
  add_timeout (call, cmd);
  if (eksctl_run (call, cmd, &result) == GALLEY_OK)
    return GALLEY_OK;
  if (result.how != GALLEY_EXITED || strstr (result.err, "failed to create nodegroups") == NULL)
    return GALLEY_FAILED;
  return stack_blame (call, galley_printf (call, "node group `%s` could not be made", group->name),
                      stack_of (call, group), "CREATE_FAILED");
}

static int
scale (struct galley_call *call, const struct nodegroup *group)
{
  struct galley_cmd *cmd = eksctl_cmd (call, "scale", "nodegroup");
  struct galley_result result = GALLEY_RESULT_INIT;

  add_option (call, cmd, "cluster", group->cluster);
  add_option (call, cmd, "name", group->name);
  add_param (call, cmd, "nodes", "nodes");
  add_param (call, cmd, "nodes-min", "nodes_min");
  add_param (call, cmd, "nodes-max", "nodes_max");
  call->host->cmd_arg (cmd, "--wait");
  add_timeout (call, cmd);
  return eksctl_run (call, cmd, &result);
}

int
nodegroup_reach (struct galley_call *call, const struct nodegroup *group)
{
  const char *json, *why = "";

  switch (get_nodegroup (call, group, &json)) {
  case LOOK_FOUND:
    if (strcmp (text_at (call, json, "$[0].Status"), "CREATE_FAILED") == 0)
      break;
    return size_differs (call, json, &why) ? scale (call, group) : GALLEY_OK;
  case LOOK_ABSENT:
    break;
  case LOOK_NO_CLUSTER:
    return no_cluster (call, group->cluster);
  default:
    return GALLEY_FAILED;
  }
  /* eksctl takes a dead stack for a node group: "will be excluded", exit 0 */
  if (stack_delete (call, stack_of (call, group)) != GALLEY_OK)
    return GALLEY_FAILED;
  return create (call, group);
}

/* -- the actions ------------------------------------------------------- */

static struct nodegroup
group_of (struct galley_call *call)
{
  return (struct nodegroup) { call->host->param (call, "cluster"), call->host->param (call, "name"), 1 };
}

static int
look (struct galley_call *call, const char **why)
{
  const struct nodegroup group = group_of (call);

  return nodegroup_look (call, &group, why);
}

static int
report (struct galley_call *call)
{
  const struct nodegroup group = group_of (call);
  const char *json;

  if (get_nodegroup (call, &group, &json) != LOOK_FOUND)
    return GALLEY_FAILED;
  call->host->output (call, "role_arn", text_at (call, json, "$[0].NodeInstanceRoleARN"));
  call->host->output (call, "nodes", text_at (call, json, "$[0].DesiredCapacity"));
  call->host->output (call, "version", text_at (call, json, "$[0].Version"));
  return GALLEY_OK;
}

int
eksctl_nodegroup_check (struct galley_call *call)
{
  int status;

  if (list_check (call, "zones") != GALLEY_OK)
    return GALLEY_FAILED;
  status = answer (call, look);
  return status == GALLEY_OK ? report (call) : status;
}

int
eksctl_nodegroup_apply (struct galley_call *call)
{
  const struct nodegroup group = group_of (call);

  if (nodegroup_reach (call, &group) != GALLEY_OK || settle (call, look) != GALLEY_OK)
    return GALLEY_FAILED;
  return report (call);
}

static int
look_gone (struct galley_call *call, const char **why)
{
  const struct nodegroup group = group_of (call);
  const char *stack = stack_of (call, &group);
  const char *json, *status;

  switch (get_nodegroup (call, &group, &json)) {
  case LOOK_FOUND:
    status = text_at (call, json, "$[0].Status");
    *why = galley_printf (call, "node group `%s` is %s", group.name, status);
    return is_passing (status) ? GALLEY_BUSY : GALLEY_NEEDED;
  case LOOK_FAILED:
    return GALLEY_FAILED;
  default:
    break;
  }
  switch (stack_status (call, stack, &status)) {
  case LOOK_FOUND:
    *why = galley_printf (call, "stack `%s` is %s", stack, status);
    return stack_is_busy (status) ? GALLEY_BUSY : GALLEY_NEEDED;
  case LOOK_ABSENT:
    return GALLEY_OK;
  default:
    return GALLEY_FAILED;
  }
}

int
eksctl_nodegroup_delete_check (struct galley_call *call)
{
  return answer (call, look_gone);
}

int
eksctl_nodegroup_delete_apply (struct galley_call *call)
{
  const struct nodegroup group = group_of (call);
  struct galley_result result = GALLEY_RESULT_INIT;
  struct galley_cmd *cmd = eksctl_cmd (call, "delete", "nodegroup");
  const char *json;

  switch (get_nodegroup (call, &group, &json)) {
  case LOOK_FOUND:
    add_option (call, cmd, "cluster", group.cluster);
    add_option (call, cmd, "name", group.name);
    add_param (call, cmd, "drain", "drain");
    call->host->cmd_arg (cmd, "--disable-eviction");
    call->host->cmd_arg (cmd, "--wait");
    add_timeout (call, cmd);
    if (eksctl_run (call, cmd, &result) != GALLEY_OK)
      return GALLEY_FAILED;
    break;
  case LOOK_FAILED:
    return GALLEY_FAILED;
  default:
    break;
  }
  if (stack_delete (call, stack_of (call, &group)) != GALLEY_OK)
    return GALLEY_FAILED;
  return settle (call, look_gone);
}
