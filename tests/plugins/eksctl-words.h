/* What eksctl 0.215 and aws 1.45 print, and how they are called, for the
 * tests of the eksctl plugin.  SPDX-License-Identifier: MIT */
#pragma once

#include "fake-host.h"

#define TAIL " --region=us-east-1 --color=false"
#define GET_CLUSTER "eksctl get cluster --name=wandb --output=json" TAIL
#define GET_ADDONS "eksctl get addon --cluster=wandb --output=json" TAIL
#define GET_ADDON "eksctl get addon --cluster=wandb --name=ebs --output=json" TAIL
#define GET_GROUP(name) "eksctl get nodegroup --cluster=wandb --name=" name " --output=json" TAIL
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
#define IS(status) "{\"status\": \"" status "\", \"reason\": null, \"protected\": false}"

#define NO_CLUSTER "Error: unable to describe control plane \"wandb\": operation error EKS: DescribeCluster, https " \
  "response error StatusCode: 404, RequestID: 0, ResourceNotFoundException: No cluster found for name: wandb.\n"
#define NO_GROUP "Error: operation error EKS: DescribeNodegroup, https response error StatusCode: 404, RequestID: 0, " \
  "ResourceNotFoundException: No node group found for name: ng-1.\n"
#define NO_ADDON "2026-11-24 18:54:06 [i]  Kubernetes version \"1.34\" in use by cluster \"wandb\"\nError: failed to get " \
  "addon \"ebs\": operation error EKS: DescribeAddon, https response error StatusCode: 404, RequestID: 0, " \
  "ResourceNotFoundException: No addon: ebs found in cluster: wandb\n"
#define NO_STACK "\nAn error occurred (ValidationError) when calling the DescribeStacks operation: Stack with id x does not exist\n"
#define EXPIRED "Error: checking AWS STS access - cannot get role ARN for current session: operation error STS: " \
  "GetCallerIdentity, https response error StatusCode: 403, RequestID: 0, api error ExpiredToken: The security token " \
  "included in the request is expired\n"

#define CLUSTER(status) \
  "[\n    {\n \"Name\": \"wandb\", \"Arn\": \"arn:c\", \"Endpoint\": \"https://e\", \"Version\": \"1.34\", \"Status\": \"" status "\"," \
  " \"Identity\": {\"Oidc\": {\"Issuer\": \"https://oidc.eks.us-east-1.amazonaws.com/id/B\"}}, \"Health\": {\"Issues\": " \
  "[{\"Message\": \"no room\"}]}, \"ResourcesVpcConfig\": {\"SubnetIds\": [\"subnet-1\", \"subnet-2\"], \"VpcId\": \"vpc-1\"}," \
  " \"Tags\": {\"Name\": \"x\", \"team\": \"ml\", \"a.b/c\": \"d e\"}}\n]"
#define ADDONS "[\n {\"Name\": \"coredns\"}, {\"Name\": \"kube-proxy\"}, {\"Name\": \"metrics-server\"}, {\"Name\": \"vpc-cni\"}\n]"
#define GROUP(status, nodes) \
  "[\n    {\n \"StackName\": \"eksctl-wandb-nodegroup-ng-1\", \"Cluster\": \"wandb\", \"Name\": \"ng-1\", \"Status\": \"" status \
  "\", \"MaxSize\": 3, \"MinSize\": 1, \"DesiredCapacity\": " nodes ", \"InstanceType\": \"m5.large\", " \
  "\"NodeInstanceRoleARN\": \"arn:node\", \"Version\": \"1.34\", \"Type\": \"managed\"}\n]"

#define VCPU "Resource handler returned message: \\\"[Issue(Code=AsgInstanceLaunchFailures, Message=Could not launch. " \
  "VcpuLimitExceeded - You have requested more vCPU capacity, ResourceIds=[eks-ng-1])] (Service: null, Status Code: 0)\\\" " \
  "(RequestToken: 1, HandlerErrorCode: X)"

static inline FakeHost *
host_new (const char *action, const char *cluster_param)
{
  FakeHost *host = fake_host_new ("eksctl", action);

  fake_host_param (host, cluster_param, "wandb");
  fake_host_param (host, "region", "us-east-1");
  return host;
}
