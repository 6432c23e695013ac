/* How eksctl 0.215 and aws 1.45 are called, and what they print: out of the
 * recordings that tests/live/answers/eksctl.sh makes.  For the tests of the
 * eksctl plugin.  SPDX-License-Identifier: MIT */
#pragma once

#include <string.h>
#include "recorded.h"

#define TAIL " --region=us-east-1 --color=false"
#define GET_CLUSTER "eksctl get cluster --name=wandb --output=json" TAIL
#define GET_ADDONS "eksctl get addon --cluster=wandb --output=json" TAIL
#define GET_ADDON "eksctl get addon --cluster=wandb --name=aws-ebs-csi-driver --output=json" TAIL
#define GET_GROUP "eksctl get nodegroup --cluster=wandb --name=ng-1 --output=json" TAIL
#define GET_ACCOUNT "eksctl get iamserviceaccount --cluster=wandb --namespace=kube-system --name=sa --output=json" TAIL
#define AWS(words) "aws " words " --region=us-east-1 --output=json"
#define STACK(name) AWS ("cloudformation describe-stacks") " --stack-name=" name " '--query=Stacks[0].{status:StackStatus," \
                    "reason:StackStatusReason,protected:EnableTerminationProtection}'"
#define CREATED(name) AWS ("cloudformation describe-stacks") " --stack-name=" name " '--query=Stacks[0].CreationTime'"
#define STACKS AWS ("cloudformation describe-stacks") " \"--query=Stacks[?Tags[?Key=='alpha.eksctl.io/cluster-name'&&" \
               "Value=='wandb']].join(' ',[StackName,StackStatus])\""
#define EVENTS(name, status) AWS ("cloudformation describe-stack-events") " --stack-name=" name \
               " \"--query=StackEvents[?ResourceStatus=='" status "'&&ResourceStatusReason!=null].ResourceStatusReason\""
#define DELETE_STACK(name) AWS ("cloudformation delete-stack") " --stack-name=" name
#define OF_CLUSTER "eksctl-wandb-cluster"
#define OF_GROUP "eksctl-wandb-nodegroup-ng-1"

/* Nothing is there; the cluster is, and no node group; all of it is. */
#define NOTHING "eksctl-nothing"
#define GROUPLESS "eksctl-groupless"
#define WHOLE "eksctl-whole"

#define NO_CLUSTER recorded_err (NOTHING, GET_CLUSTER)
#define NO_STACK recorded_err (NOTHING, STACK (OF_CLUSTER))
#define EXPIRED recorded_err ("eksctl-expired", GET_CLUSTER)

/* The cluster, a stack, the list of stacks and the node group, in a state that
 * each was not recorded in. */
#define CLUSTER(status) varied (recorded (WHOLE, GET_CLUSTER), "\"Status\": \"ACTIVE\"", "\"Status\": \"" status "\"")
#define IS(status) varied (recorded ("eksctl-group-making", STACK (OF_GROUP)), "CREATE_IN_PROGRESS", status)
#define STACKS_ARE(list) varied (recorded ("eksctl-remains", STACKS), "\"eksctl-wandb-cluster ROLLBACK_COMPLETE\"", list)
#define GROUP(status, nodes) group_is (status, nodes)
#define POLICY "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"

static inline const char *
group_is (const char *status, const char *nodes)
{
  const char *group = recorded (WHOLE, GET_GROUP);
  g_autofree char *new_status = g_strdup_printf ("\"Status\": \"%s\"", status);
  g_autofree char *new_nodes = g_strdup_printf ("\"DesiredCapacity\": %s", nodes);

  return varied (varied (group, "\"Status\": \"ACTIVE\"", new_status), "\"DesiredCapacity\": 2", new_nodes);
}

#define CREATE_GROUP "eksctl create nodegroup --cluster=wandb --name=ng-1 --node-type=m5.large --nodes=2 --nodes-min=1 " \
                     "--nodes-max=3 --node-volume-size=80" TAIL
#define GET_VOLUME AWS ("cloudformation get-template") " --stack-name=" OF_GROUP " '--query=TemplateBody.Resources.LaunchTemplate" \
                   ".Properties.LaunchTemplateData.BlockDeviceMappings[0].Ebs.VolumeSize'"

/* The time CREATED, as aws prints one, in milliseconds since 1970; and as it is shown. */
static inline gint64
moment_in (const char *created)
{
  g_auto(GStrv) parts = g_strsplit (created, "\"", -1);
  g_autoptr(GDateTime) time = g_date_time_new_from_iso8601 (parts[1], NULL);

  return g_date_time_to_unix (time) * 1000 + g_date_time_get_microsecond (time) / 1000;
}

static inline char *
moment_shown (const char *created)
{
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc (moment_in (created) / 1000);

  return g_date_time_format (time, "%Y-%m-%d %H:%M:%S");
}

#define MADE_BEFORE 3600000       /* ms that an attempt began after somebody else's stack */

/* The text NAME in JSON, which the lab makes anew each time: an address, an id. */
static inline char *
text_in (const char *json, const char *name)
{
  g_autofree char *key = g_strdup_printf ("\"%s\": \"", name);
  const char *from = strstr (json, key);

  g_assert_nonnull (from);
  from += strlen (key);
  return g_strndup (from, strcspn (from, "\""));
}

/* How the zones of the subnets in JSON are asked for: their ids are others in
 * each recording. */
static inline char *
zones_line (const char *json)
{
  const char *from = strstr (json, "\"SubnetIds\": ");      /* else the list is all */
  const char *open = strchr (from != NULL ? from : json, '[');
  g_autofree char *list = g_strndup (open, strcspn (open, "]") + 1);
  g_auto(GStrv) parts = g_strsplit_set (list, " \n", -1);
  g_autofree char *ids = g_strjoinv ("", parts);

  return g_strdup_printf (AWS ("ec2 describe-subnets") " '--subnet-ids=%s' '--query=sort(Subnets[].AvailabilityZone)'", ids);
}

static inline FakeHost *
host_new (const char *action, const char *cluster_param)
{
  FakeHost *host = fake_host_new ("eksctl", action);

  fake_host_param (host, cluster_param, "wandb");
  fake_host_param (host, "region", "us-east-1");
  return host;
}
