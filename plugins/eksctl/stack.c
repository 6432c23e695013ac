/* SPDX-License-Identifier: MIT */
#include "stack.h"

#include "moment.h"

#include <string.h>

enum { POLL_MS = 10000 };

static struct galley_cmd *
stack_cmd (struct galley_call *call, const char *operation, const char *name)
{
  struct galley_cmd *cmd = aws_cmd (call, "cloudformation", operation);

  add_option (call, cmd, "stack-name", name);
  return cmd;
}

/* "Stack with id X does not exist" is LOOK_ABSENT; *JSON: its first view. */
static enum look
describe (struct galley_call *call, const char *name, const char **json)
{
  return aws_get (call, stack_cmd (call, "describe-stacks", name),
                  "Stacks[0].{status:StackStatus,reason:StackStatusReason,"
                  "protected:EnableTerminationProtection}", json);
}

enum look
stack_status (struct galley_call *call, const char *name, const char **status)
{
  const char *json;
  enum look look = describe (call, name, &json);

  if (look != LOOK_FOUND)
    return look;
  *status = text_at (call, json, "$.status");
  return strcmp (*status, "DELETE_COMPLETE") == 0 ? LOOK_ABSENT : LOOK_FOUND;
}

const char *const *
stacks_of (struct galley_call *call, const char *cluster)
{
  return aws_list (call, aws_cmd (call, "cloudformation", "describe-stacks"),
                   galley_printf (call, "Stacks[?Tags[?Key=='alpha.eksctl.io/cluster-name'&&Value=='%s']]"
                                  ".join(' ',[StackName,StackStatus])", cluster));
}

int
stack_is_busy (const char *status)
{
  return ends_with (status, "_IN_PROGRESS");
}

int
stack_is_dead (const char *status)
{
  return strcmp (status, "ROLLBACK_COMPLETE") == 0 || strcmp (status, "ROLLBACK_FAILED") == 0
         || strcmp (status, "CREATE_FAILED") == 0 || strcmp (status, "DELETE_FAILED") == 0;
}

const char *
stack_begun_by_us (struct galley_call *call, const char *name)
{
  const char *json;

  if (!call->host->abandoned (call)
      || aws_get (call, stack_cmd (call, "describe-stacks", name), "Stacks[0].CreationTime", &json) != LOOK_FOUND)
    return NULL;
  json = text_at (call, json, "$");
  return moment_is_ours (call, json) ? moment_shown (call, json) : NULL;
}

/* It is of its making that a stack tells the time. */
static int
is_making (const char *status)
{
  return strcmp (status, "CREATING") == 0 || strcmp (status, "CREATE_IN_PROGRESS") == 0
         || strcmp (status, "ROLLBACK_IN_PROGRESS") == 0;
}

const char *
stack_goes_on (struct galley_call *call, const char *name, const char *status, const char *why)
{
  const char *begun = is_making (status) ? stack_begun_by_us (call, name) : NULL;

  if (begun == NULL)
    return why;
  return galley_printf (call, "%s (begun at %s by the attempt that was cut off; AWS goes on with it)", why, begun);
}

const char *
stack_left (struct galley_call *call, const char *name, const char *why)
{
  const char *begun = stack_begun_by_us (call, name);

  if (begun == NULL)
    return why;
  return galley_printf (call, "%s (begun at %s by the attempt that was cut off)", why, begun);
}

static int
unprotect (struct galley_call *call, const char *name, const char *json)
{
  struct galley_result result = GALLEY_RESULT_INIT;
  struct galley_cmd *cmd;

  if (strcmp (text_at (call, json, "$.protected"), "true") != 0)
    return GALLEY_OK;
  cmd = stack_cmd (call, "update-termination-protection", name);
  call->host->cmd_arg (cmd, "--no-enable-termination-protection");
  return call->host->run (cmd, &result);
}

static int
wait_gone (struct galley_call *call, const char *name)
{
  for (;;) {
    const char *status;

    switch (stack_status (call, name, &status)) {
    case LOOK_FOUND:
      break;
    case LOOK_ABSENT:
      return GALLEY_OK;
    default:
      return GALLEY_FAILED;
    }
    if (strcmp (status, "DELETE_FAILED") == 0) {
      stack_blame (call, galley_printf (call, "stack `%s` cannot be deleted", name), name, status);
      return GALLEY_FAILED;
    }
    galley_progress (call, "stack `%s` is %s", name, status);
    if (call->host->pause (call, POLL_MS) != GALLEY_OK)
      return galley_fail (call, GALLEY_TRANSIENT, "stack `%s` is still %s", name, status);
  }
}

int
stack_delete (struct galley_call *call, const char *name)
{
  struct galley_result result = GALLEY_RESULT_INIT;
  const char *json, *status;

  switch (describe (call, name, &json)) {
  case LOOK_FOUND:
    break;
  case LOOK_ABSENT:
    return GALLEY_OK;
  default:
    return GALLEY_FAILED;
  }
  status = text_at (call, json, "$.status");
  if (strcmp (status, "DELETE_COMPLETE") == 0)
    return GALLEY_OK;
  if (strcmp (status, "DELETE_IN_PROGRESS") != 0) {
    if (stack_is_busy (status))    /* begun since the check: not ours to break */
      return galley_fail (call, GALLEY_CONFLICT, "stack `%s` is %s: somebody is at it", name, status);
    galley_note (call, "deleting the stack `%s`, which is %s", name, status);
    if (unprotect (call, name, json) != GALLEY_OK
        || call->host->run (stack_cmd (call, "delete-stack", name), &result) != GALLEY_OK)
      return GALLEY_FAILED;
  }
  return wait_gone (call, name);
}

int
stacks_delete (struct galley_call *call, const char *cluster, const char *const *stacks)
{
  const char *last = galley_printf (call, "eksctl-%s-cluster", cluster);
  int has_last = 0;

  for (; *stacks != NULL; stacks++) {
    const char *name = galley_printf (call, "%.*s", (int) strcspn (*stacks, " "), *stacks);

    if (strcmp (name, last) == 0)
      has_last = 1;
    else if (stack_delete (call, name) != GALLEY_OK)
      return GALLEY_FAILED;
  }
  return has_last ? stack_delete (call, last) : GALLEY_OK;
}

/* What CloudFormation's reasons come down to. */
static const struct { const char *says; enum galley_class error_class; const char *fix; } causes[] = {
  { "UnsupportedAvailabilityZoneException", GALLEY_INVALID,
    "set the step's `zones` to two of those it names; what is left of this attempt is removed by the next" },
  { "the targeted availability zone", GALLEY_INVALID,
    "set the step's `zones` to two of those it names; what is left of this attempt is removed by the next" },
  { "VcpuLimitExceeded", GALLEY_QUOTA,
    "raise the vCPU quota in Service Quotas (On-Demand Standard instances: L-1216C47A), or take a smaller "
    "`node_type` or fewer `nodes`" },
  { "number of VPCs has been reached", GALLEY_QUOTA, "delete a VPC, or raise the quota of VPCs per region" },
  { "VpcLimitExceeded", GALLEY_QUOTA, "delete a VPC, or raise the quota of VPCs per region" },
  { "number of addresses has been reached", GALLEY_QUOTA,
    "release an elastic IP address, or raise their quota" },
  { "AddressLimitExceeded", GALLEY_QUOTA, "release an elastic IP address, or raise their quota" },
  { "number of internet gateways has been reached", GALLEY_QUOTA,
    "delete a VPC with its internet gateway, or raise the quota of VPCs per region" },
  { "NatGatewayLimitExceeded", GALLEY_QUOTA, "delete a NAT gateway, or raise their quota" },
  { "Cluster limit exceeded", GALLEY_QUOTA, "delete a cluster, or raise the quota of clusters per region" },
  { "LimitExceeded", GALLEY_QUOTA, "raise the quota in Service Quotas" },
  { "InsufficientInstanceCapacity", GALLEY_TRANSIENT, "try another `node_type` or other `zones`" },
  { "UnfulfillableCapacity", GALLEY_TRANSIENT, "try another `node_type` or other `zones`" },
  { "failed to join the kubernetes cluster", GALLEY_UNKNOWN,
    "look at the nodes' route to the cluster (NAT, security groups) and at their role" },
  { "DependencyViolation", GALLEY_CONFLICT,
    "something in the VPC is still used, mostly a load balancer or its security group: delete it" },
  { "has dependencies and cannot be deleted", GALLEY_CONFLICT,
    "something in the VPC is still used, mostly a load balancer or its security group: delete it" },
  { "is not authorized to perform", GALLEY_DENIED, "have that action allowed in IAM" },
  { "AccessDenied", GALLEY_DENIED, "have that action allowed in IAM" },
  { "not attachable", GALLEY_INVALID, "check the policy's ARN" },
  { "Rate exceeded", GALLEY_THROTTLED, NULL },
  { "Throttling", GALLEY_THROTTLED, NULL }
};

/* "... choose from these availability zones: a, b (Service: ...": "a, b". */
static const char *
zones_in (struct galley_call *call, const char *reason)
{
  static const char before[] = "availability zones: ";
  const char *from = strstr (reason, before);
  size_t len;

  if (from == NULL)
    return NULL;
  from += sizeof before - 1;
  len = strspn (from, "abcdefghijklmnopqrstuvwxyz0123456789-, ");
  while (len > 0 && strchr (", ", from[len - 1]) != NULL)
    len--;
  return len > 0 ? galley_printf (call, "%.*s", (int) len, from) : NULL;
}

/* Without the wrapping of resource handlers. */
static const char *
unwrapped (struct galley_call *call, const char *reason)
{
  static const char handler[] = "Resource handler returned message: \"";
  static const char *const tails[] = { "\" (RequestToken:", " (Service: ", ". (Service: " };
  size_t len;

  if (strncmp (reason, handler, sizeof handler - 1) == 0)
    reason += sizeof handler - 1;
  len = strlen (reason);
  for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
    const char *tail = strstr (reason, tails[i]);

    if (tail != NULL && (size_t) (tail - reason) < len)
      len = (size_t) (tail - reason);
  }
  return galley_printf (call, "%.*s", (int) len, reason);
}

static int
blame (struct galley_call *call, const char *what, const char *reason)
{
  const char *zones = zones_in (call, reason);
  enum galley_class error_class = GALLEY_UNKNOWN;
  const char *fix = NULL;

  for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
    if (strstr (reason, causes[i].says) != NULL) {
      error_class = causes[i].error_class;
      fix = causes[i].fix;
      break;
    }
  if (zones != NULL)
    galley_fail (call, error_class, "%s: EKS has no room in one of the zones; it offers %s", what, zones);
  else
    galley_fail (call, error_class, "%s: %s", what, unwrapped (call, reason));
  return fix != NULL ? galley_fix (call, "%s", fix) : GALLEY_FAILED;
}

static int
is_noise (const char *reason)
{
  return reason[0] == '\0' || strstr (reason, "creation cancelled") != NULL
         || strstr (reason, "deletion cancelled") != NULL
         || strstr (reason, "The following resource(s) failed") != NULL;
}

int
stack_blame (struct galley_call *call, const char *what, const char *name, const char *status)
{
  const char *first = NULL;
  const char *const *reasons =
    aws_list (call, stack_cmd (call, "describe-stack-events", name),
              galley_printf (call, "StackEvents[?ResourceStatus=='%s'&&ResourceStatusReason!=null]"
                             ".ResourceStatusReason", status));

  if (reasons == NULL)
    return GALLEY_FAILED;
  for (; *reasons != NULL; reasons++)    /* newest first: the last is the cause */
    if (!is_noise (*reasons))
      first = *reasons;
  return first != NULL ? blame (call, what, first) : GALLEY_FAILED;
}

/* The first `... CREATE_FAILED - "reason"` of LOG that is a reason. */
static const char *
reason_in (struct galley_call *call, const char *log)
{
  for (const char *line = log; line != NULL; line = strchr (line, '\n')) {
    const char *end, *from, *reason;

    line += *line == '\n';
    end = line + strcspn (line, "\n");
    from = strstr (line, "CREATE_FAILED");
    if (from == NULL)
      return NULL;
    if (from > end)
      continue;
    from = memchr (from, '"', (size_t) (end - from));
    while (from != NULL && end > from + 1 && *(end - 1) != '"')
      end--;
    if (from == NULL || end <= from + 2)
      continue;
    reason = text_at (call, galley_printf (call, "%.*s", (int) (end - from), from), "$");
    if (reason[0] == '\0')      /* quoted as Go does, not as JSON */
      reason = galley_printf (call, "%.*s", (int) (end - from - 2), from + 1);
    if (!is_noise (reason))
      return reason;
  }
  return NULL;
}

int
log_blame (struct galley_call *call, const char *what, const char *log)
{
  const char *reason = reason_in (call, log);

  if (reason == NULL)
    return 0;
  blame (call, what, reason);
  return 1;
}
