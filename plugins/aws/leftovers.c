/* Whose a thing is, is told by its tags alone: eksctl puts
 * alpha.eksctl.io/cluster-name on all it makes, EKS and the cloud
 * controllers kubernetes.io/cluster/NAME=owned, the load balancer
 * controller elbv2.k8s.aws/cluster.  A disk of the CSI driver carries the
 * cluster's name only when the driver was told it.
 * SPDX-License-Identifier: MIT */
#include "leftovers.h"

#include "answer.h"
#include "aws-cli.h"

#include <string.h>

struct finds {
  struct galley_call *call;
  const char *text;              /* "vol-1 (volume), ..." */
  const char *json;              /* "vol-1",... */
  int count;
};

enum { NAMED_AT_MOST = 40 };

static int
is_known (const struct finds *finds, const char *quoted)
{
  return strstr (finds->json, quoted) != NULL;
}

static void
add (struct finds *finds, const char *kind, const char *name)
{
  struct galley_call *call = finds->call;
  const char *quoted = call->host->json_quote (call, galley_printf (call, "%s %s", kind, name));

  if (is_known (finds, quoted))
    return;
  finds->json = galley_printf (call, "%s%s%s", finds->json, finds->count > 0 ? "," : "", quoted);
  if (finds->count < NAMED_AT_MOST)
    finds->text = galley_printf (call, "%s%s%s %s", finds->text, finds->count > 0 ? ", " : "", kind, name);
  finds->count++;
}

/* Run CMD with QUERY, which answers a list of strings; NULL: failed. */
static const char *const *
ask_list (struct galley_call *call, struct galley_cmd *cmd, const char *query)
{
  struct galley_result result = GALLEY_RESULT_INIT;

  aws_option (call, cmd, "query", query);
  if (call->host->run (cmd, &result) != GALLEY_OK)
    return NULL;
  if (result.out_total > result.out_len) {
    galley_fail (call, GALLEY_UNKNOWN, "aws answered %llu bytes, too many to look at",
                 (unsigned long long) result.out_total);
    return NULL;
  }
  if (!answer_is_json (call, "aws", &result))
    return NULL;
  return call->host->json_all (call, result.out, "$[*]");
}

static int
add_list (struct finds *finds, const char *kind, struct galley_cmd *cmd, const char *query)
{
  const char *const *list = ask_list (finds->call, cmd, query);

  if (list == NULL)
    return GALLEY_FAILED;
  for (; *list != NULL; list++)
    add (finds, kind, *list);
  return GALLEY_OK;
}

static int
find_cluster (struct finds *finds, const char *cluster)
{
  struct galley_call *call = finds->call;
  struct galley_result result = GALLEY_RESULT_INIT;
  struct galley_cmd *cmd = aws_cmd (call, "eks", "describe-cluster");

  aws_option (call, cmd, "name", cluster);
  switch (aws_ask (call, cmd, &result)) {
  case AWS_FOUND:
    add (finds, "cluster", galley_printf (call, "%s (%s)", cluster,
                                          aws_text (call, result.out, "$.cluster.status")));
    return GALLEY_OK;
  case AWS_ABSENT:
    return GALLEY_OK;
  default:
    return GALLEY_FAILED;
  }
}

static int
find_stacks (struct finds *finds, const char *cluster)
{
  struct galley_call *call = finds->call;

  return add_list (finds, "stack", aws_cmd (call, "cloudformation", "describe-stacks"),
                   galley_printf (call, "Stacks[?Tags[?Key=='alpha.eksctl.io/cluster-name'&&Value=='%s']]"
                                  ".join(' ',[StackName,StackStatus])", cluster));
}

/* The first up to 20 of LIST as a JSON list; *LIST moves on. */
static const char *
next_twenty (struct galley_call *call, const char *const **list)
{
  const char *json = "[";

  for (int i = 0; i < 20 && **list != NULL; i++, (*list)++)
    json = galley_printf (call, "%s%s%s", json, i > 0 ? "," : "", call->host->json_quote (call, **list));
  return galley_printf (call, "%s]", json);
}

/* How to see whether a tagged thing is still there: tags outlive it. */
static const struct { const char *type, *operation, *filter, *query; } kinds[] = {
  { "volume", "describe-volumes", "volume-id", "Volumes[].VolumeId" },
  { "vpc", "describe-vpcs", "vpc-id", "Vpcs[].VpcId" },
  { "subnet", "describe-subnets", "subnet-id", "Subnets[].SubnetId" },
  { "security-group", "describe-security-groups", "group-id", "SecurityGroups[].GroupId" },
  { "internet-gateway", "describe-internet-gateways", "internet-gateway-id",
    "InternetGateways[].InternetGatewayId" },
  { "route-table", "describe-route-tables", "route-table-id", "RouteTables[].RouteTableId" },
  { "elastic-ip", "describe-addresses", "allocation-id", "Addresses[].AllocationId" },
  { "network-interface", "describe-network-interfaces", "network-interface-id",
    "NetworkInterfaces[].NetworkInterfaceId" }
};

/* Those of the things IDS of a kind that are still there. */
static int
add_present (struct finds *finds, size_t kind, const char *const *ids)
{
  struct galley_call *call = finds->call;

  while (*ids != NULL) {
    struct galley_cmd *cmd = aws_cmd (call, "ec2", kinds[kind].operation);

    aws_option (call, cmd, "filters", galley_printf (call, "[{\"Name\":\"%s\",\"Values\":%s}]",
                                                     kinds[kind].filter, next_twenty (call, &ids)));
    if (add_list (finds, kinds[kind].type, cmd, kinds[kind].query) != GALLEY_OK)
      return GALLEY_FAILED;
  }
  return GALLEY_OK;
}

/* The ids in TAGGED, a list of "TYPE ID", of one type. */
static const char *const *
ids_of (struct galley_call *call, const char *const *tagged, const char *type)
{
  size_t len = strlen (type);
  const char *json = "[";

  for (; *tagged != NULL; tagged++)
    if (strncmp (*tagged, type, len) == 0 && (*tagged)[len] == ' ')
      json = galley_printf (call, "%s%s%s", json, json[1] != '\0' ? "," : "",
                            call->host->json_quote (call, *tagged + len + 1));
  return call->host->json_all (call, galley_printf (call, "%s]", json), "$[*]");
}

/* Everything of EC2 at once, but instances and NAT gateways, which stay to
 * be seen for an hour after their end and are asked for by state. */
static int
find_tagged (struct finds *finds, const char *cluster)
{
  struct galley_call *call = finds->call;
  struct galley_cmd *cmd = aws_cmd (call, "ec2", "describe-tags");
  const char *const *tagged;

  aws_option (call, cmd, "filters",
              galley_printf (call, "Name=key,Values=alpha.eksctl.io/cluster-name,elbv2.k8s.aws/cluster,"
                             "kubernetes.io/cluster/%s", cluster));
  tagged = ask_list (call, cmd,
                     galley_printf (call, "Tags[?Value=='%s'||(Value=='owned'&&Key=='kubernetes.io/cluster/%s')]"
                                    ".join(' ',[ResourceType,ResourceId])", cluster, cluster));
  if (tagged == NULL)
    return GALLEY_FAILED;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (add_present (finds, i, ids_of (call, tagged, kinds[i].type)) != GALLEY_OK)
      return GALLEY_FAILED;
  return GALLEY_OK;
}

/* The states in which an instance or a gateway is not gone. */
#define STATES "[\"pending\",\"running\",\"shutting-down\",\"stopping\",\"stopped\",\"available\",\"deleting\",\"failed\"]"

static int
find_instances (struct finds *finds, const char *cluster)
{
  struct galley_call *call = finds->call;
  struct galley_cmd *cmd = aws_cmd (call, "ec2", "describe-instances");

  aws_option (call, cmd, "filters", galley_printf (call, "Name=tag:kubernetes.io/cluster/%s,Values=owned", cluster));
  return add_list (finds, "instance", cmd, "Reservations[].Instances[?contains(`" STATES "`,State.Name)][]"
                   ".join(' ',[InstanceId,State.Name])");
}

static int
find_nat_gateways (struct finds *finds, const char *cluster)
{
  struct galley_call *call = finds->call;
  struct galley_cmd *cmd = aws_cmd (call, "ec2", "describe-nat-gateways");

  aws_option (call, cmd, "filter",
              galley_printf (call, "Name=tag:alpha.eksctl.io/cluster-name,Values=%s", cluster));
  return add_list (finds, "natgateway", cmd,
                   galley_printf (call, "NatGateways[?contains(`" STATES "`,State)&&"
                                  "Tags[?Key=='alpha.eksctl.io/cluster-name'&&Value=='%s']]"
                                  ".join(' ',[NatGatewayId,State])", cluster));
}

/* Load balancers tell their tags only to a second question, about at most
 * twenty of them.  SERVICE is elb (classic) or elbv2. */
static int
find_load_balancers (struct finds *finds, const char *cluster, int classic)
{
  struct galley_call *call = finds->call;
  const char *service = classic ? "elb" : "elbv2";
  const char *const *all = ask_list (call, aws_cmd (call, service, "describe-load-balancers"),
                                     classic ? "LoadBalancerDescriptions[].LoadBalancerName"
                                     : "LoadBalancers[].LoadBalancerArn");

  if (all == NULL)
    return GALLEY_FAILED;
  while (*all != NULL) {
    struct galley_cmd *cmd = aws_cmd (call, service, "describe-tags");

    aws_option (call, cmd, classic ? "load-balancer-names" : "resource-arns", next_twenty (call, &all));
    if (add_list (finds, "load-balancer", cmd,
                  galley_printf (call, "TagDescriptions[?Tags[?Key=='kubernetes.io/cluster/%s'||"
                                 "(Key=='elbv2.k8s.aws/cluster'&&Value=='%s')]].%s", cluster, cluster,
                                 classic ? "LoadBalancerName" : "ResourceArn")) != GALLEY_OK)
      return GALLEY_FAILED;
  }
  return GALLEY_OK;
}

/* The disks named by the recipe, whatever their tags. */
static int
find_volumes (struct finds *finds)
{
  struct galley_call *call = finds->call;
  const char *const *volumes = call->host->param_list (call, "volumes");

  for (const char *const *v = volumes; *v != NULL; v++)
    if (strncmp (*v, "vol-", 4) != 0 || (*v)[4 + strspn (*v + 4, "0123456789abcdef")] != '\0')
      return galley_fail (call, GALLEY_INVALID, "`volumes`: `%s` is no volume id", *v);
  return add_present (finds, 0, volumes);
}

/* Disks a CSI driver made that no node uses and that name no cluster: not
 * proven to be this one's, but worth a look. */
static int
note_nameless_volumes (struct galley_call *call)
{
  struct galley_cmd *cmd = aws_cmd (call, "ec2", "describe-volumes");
  const char *const *list, *text = "";

  aws_option (call, cmd, "filters", "[{\"Name\":\"tag:ebs.csi.aws.com/cluster\",\"Values\":[\"true\"]},"
              "{\"Name\":\"status\",\"Values\":[\"available\"]}]");
  list = ask_list (call, cmd, "Volumes[?!(Tags[?starts_with(Key,'kubernetes.io/cluster/')])].VolumeId");
  if (list == NULL)
    return GALLEY_FAILED;
  for (int i = 0; i < NAMED_AT_MOST && *list != NULL; i++, list++)
    text = galley_printf (call, "%s%s%s", text, i > 0 ? ", " : "", *list);
  if (text[0] != '\0')
    galley_note (call, "unused disks of an EBS CSI driver that do not say which cluster they were made for: %s",
                 text);
  return GALLEY_OK;
}

static int
has_tag (struct galley_call *call, const char *arn, const char *cluster)
{
  struct galley_cmd *cmd = aws_cmd (call, "iam", "list-open-id-connect-provider-tags");
  struct galley_result result = GALLEY_RESULT_INIT;

  aws_option (call, cmd, "open-id-connect-provider-arn", arn);
  switch (aws_ask (call, cmd, &result)) {
  case AWS_FOUND:
    break;
  case AWS_ABSENT:
    return 0;
  default:
    return GALLEY_FAILED;
  }
  for (int i = 0;; i++) {
    const char *key = call->host->json (call, result.out, galley_printf (call, "$.Tags[%d].Key", i));

    if (key == NULL)
      return 0;
    if (strcmp (key, "alpha.eksctl.io/cluster-name") == 0
        && strcmp (aws_text (call, result.out, galley_printf (call, "$.Tags[%d].Value", i)), cluster) == 0)
      return 1;
  }
}

static int
ends_with (const char *text, const char *end)
{
  size_t len = strlen (text), end_len = strlen (end);

  return len >= end_len && strcmp (text + len - end_len, end) == 0;
}

/* That of the issuer, when the recipe knows it, and any with eksctl's tag:
 * earlier clusters may have had the same name. */
static int
find_oidc_provider (struct finds *finds, const char *cluster)
{
  struct galley_call *call = finds->call;
  const char *issuer = call->host->param (call, "oidc_issuer");
  const char *const *arns = ask_list (call, aws_cmd (call, "iam", "list-open-id-connect-providers"),
                                      "OpenIDConnectProviderList[].Arn");
  const char *host = galley_printf (call, "/oidc.eks.%s.", call->host->param (call, "region"));

  if (arns == NULL)
    return GALLEY_FAILED;
  for (; *arns != NULL; arns++) {
    int ours = issuer != NULL && issuer[0] != '\0' && ends_with (*arns, issuer + strlen ("https:/"));

    if (!ours && strstr (*arns, host) != NULL)
      ours = has_tag (call, *arns, cluster);
    if (ours < 0)
      return GALLEY_FAILED;
    if (ours)
      add (finds, "oidc-provider", *arns);
  }
  return GALLEY_OK;
}

static int
find_all (struct finds *finds, const char *cluster)
{
  if (find_cluster (finds, cluster) != GALLEY_OK || find_stacks (finds, cluster) != GALLEY_OK
      || find_tagged (finds, cluster) != GALLEY_OK || find_instances (finds, cluster) != GALLEY_OK
      || find_nat_gateways (finds, cluster) != GALLEY_OK
      || find_load_balancers (finds, cluster, 1) != GALLEY_OK
      || find_load_balancers (finds, cluster, 0) != GALLEY_OK
      || find_volumes (finds) != GALLEY_OK)
    return GALLEY_FAILED;
  return find_oidc_provider (finds, cluster);
}

static int
fail_with (const struct finds *finds, const char *cluster)
{
  struct galley_call *call = finds->call;
  int more = finds->count - NAMED_AT_MOST;

  if (more > 0)
    galley_fail (call, GALLEY_UNKNOWN, "left of cluster `%s`: %s and %d more", cluster, finds->text, more);
  else
    galley_fail (call, GALLEY_UNKNOWN, "left of cluster `%s`: %s", cluster, finds->text);
  return galley_fix (call, "delete each by its id, or the stack it belongs to, and run this again; "
                     "what is left may cost money");
}

int
aws_leftovers (struct galley_call *call)
{
  const char *cluster = call->host->param (call, "cluster");
  int64_t interval = call->host->param_int (call, "interval");
  int64_t waited = 0, limit = call->host->param_int (call, "wait");

  for (;;) {
    struct finds finds = { call, "", "", 0 };

    if (find_all (&finds, cluster) != GALLEY_OK)
      return GALLEY_FAILED;
    if (finds.count == 0)
      break;
    if (waited >= limit)
      return fail_with (&finds, cluster);
    galley_progress (call, "still there: %s", finds.text);
    if (call->host->pause (call, interval) != GALLEY_OK)
      return fail_with (&finds, cluster);
    waited += interval > 0 ? interval : 1000;
  }
  if (note_nameless_volumes (call) != GALLEY_OK)
    return GALLEY_FAILED;
  call->host->output_json (call, "left", "[]");
  return GALLEY_OK;
}
