/* The eksctl plugin: EKS clusters, node groups, add-ons, and roles for
 * service accounts, made and unmade by eksctl.
 * See galley-eksctl(7).  SPDX-License-Identifier: MIT */
#include "addon.h"
#include "cluster.h"
#include "iam.h"
#include "nodegroup.h"
#include "signatures.h"

#define NEED (GALLEY_REQUIRED | GALLEY_GOAL)

/* CloudFormation's names, not EKS's: no underscore, no digit first */
#define NAME_CLUSTER "[A-Za-z][A-Za-z0-9-]{0,99}"
#define NAME_THING   "[A-Za-z0-9][A-Za-z0-9-]{0,62}"
#define NAME_KUBE    "[a-z0-9]([a-z0-9.-]*[a-z0-9])?"
#define NAME_REGION  "[a-z]{2}(-[a-z]+)+-[0-9]{1,2}"
#define NAME_PROFILE "[A-Za-z0-9_.][A-Za-z0-9_.@+=:-]*"
#define NAME_TYPE    "[a-z][a-z0-9-]*\\.[a-z0-9][a-z0-9-]*"
#define COUNT        "[0-9]{1,5}"
#define ARN_ROLE     "arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+"

#define PARAM_REGION \
  { "region", GALLEY_STRING, NEED, NULL, NULL, NAME_REGION, "us-east-1", "AWS region" }
#define PARAM_PROFILE \
  { "profile", GALLEY_STRING, 0, NULL, NULL, NAME_PROFILE, "default", \
    "profile of the AWS configuration; without it what the environment says" }
#define PARAM_CLUSTER \
  { "cluster", GALLEY_STRING, NEED, NULL, NULL, NAME_CLUSTER, "wandb", "name of the cluster" }
#define PARAMS_NODES \
  { "node_type", GALLEY_STRING, 0, NULL, NULL, NAME_TYPE, "m5.xlarge", \
    "instance type of the nodes; eksctl's default is m5.large" }, \
  { "nodes", GALLEY_INT, 0, NULL, NULL, COUNT, "2", \
    "number of nodes; leave it out where an autoscaler decides" }, \
  { "nodes_min", GALLEY_INT, 0, NULL, NULL, COUNT, "1", "the fewest nodes the group may shrink to" }, \
  { "nodes_max", GALLEY_INT, 0, NULL, NULL, COUNT, "3", "the most nodes the group may grow to" }, \
  { "node_volume_size", GALLEY_INT, 0, NULL, NULL, COUNT, "80", "size of a node's disk in GB" }
#define PARAMS_ACCOUNT \
  PARAM_CLUSTER, PARAM_REGION, \
  { "namespace", GALLEY_STRING, NEED, NULL, NULL, NAME_KUBE, "kube-system", \
    "namespace of the service account" }, \
  { "name", GALLEY_STRING, NEED, NULL, NULL, NAME_KUBE, "ebs-csi-controller-sa", \
    "name of the service account" }

static const struct galley_param no_outputs[] = { { 0 } };

static const struct galley_param cluster_params[] = {
  { "name", GALLEY_STRING, NEED, NULL, NULL, NAME_CLUSTER, "wandb", "name of the cluster" },
  PARAM_REGION,
  { "version", GALLEY_STRING, 0, NULL, NULL, "1\\.[0-9]{2}", "1.34",
    "Kubernetes version; without it eksctl's default, and any that is there" },
  { "zones", GALLEY_LIST, 0, "[]", NULL, NULL, "[\"us-east-1a\", \"us-east-1b\"]",
    "availability zones, at least two; without them eksctl picks some" },
  { "nodegroup", GALLEY_STRING, 0, "ng-1", NULL, "(" NAME_THING ")?", "ng-1",
    "name of its first, managed node group; empty: none" },
  PARAMS_NODES,
  { "addons", GALLEY_LIST, 0, "[\"vpc-cni\", \"kube-proxy\", \"coredns\", \"metrics-server\"]", NULL, NULL,
    "[\"vpc-cni\", \"kube-proxy\", \"coredns\"]", "EKS add-ons it must have; eksctl installs these by itself" },
  { "tags", GALLEY_MAP, 0, "{}", NULL, NULL, "{\"team\": \"ml\"}", "tags of the cluster, and of all made with it" },
  PARAM_PROFILE,
  { 0 }
};

static const struct galley_param cluster_outputs[] = {
  { "arn", GALLEY_STRING, 0, NULL, NULL, NULL, "arn:aws:eks:us-east-1:123456789012:cluster/wandb",
    "the cluster's ARN" },
  { "endpoint", GALLEY_STRING, 0, NULL, NULL, NULL, "https://0A1B.gr7.us-east-1.eks.amazonaws.com",
    "address of the Kubernetes API" },
  { "version", GALLEY_STRING, 0, NULL, NULL, NULL, "1.34", "Kubernetes version" },
  { "oidc_issuer", GALLEY_STRING, 0, NULL, NULL, NULL, "https://oidc.eks.us-east-1.amazonaws.com/id/0A1B",
    "issuer of the service accounts' tokens" },
  { "vpc", GALLEY_STRING, 0, NULL, NULL, NULL, "vpc-0a1b2c3d", "its VPC" },
  { 0 }
};

static const struct galley_param cluster_delete_params[] = {
  { "name", GALLEY_STRING, NEED, NULL, NULL, NAME_CLUSTER, "wandb", "name of the cluster" },
  PARAM_REGION, PARAM_PROFILE,
  { 0 }
};

static const struct galley_param nodegroup_params[] = {
  PARAM_CLUSTER, PARAM_REGION,
  { "name", GALLEY_STRING, NEED, NULL, NULL, NAME_THING, "ng-2", "name of the node group" },
  PARAMS_NODES,
  { "zones", GALLEY_LIST, 0, "[]", NULL, NULL, "[\"us-east-1a\"]",
    "availability zones of the nodes; without them those of the cluster" },
  PARAM_PROFILE,
  { 0 }
};

static const struct galley_param nodegroup_outputs[] = {
  { "role_arn", GALLEY_STRING, 0, NULL, NULL, NULL, "arn:aws:iam::123456789012:role/eksctl-wandb-nodegroup-ng-2",
    "role of the nodes" },
  { "nodes", GALLEY_INT, 0, NULL, NULL, NULL, "2", "number of nodes" },
  { "version", GALLEY_STRING, 0, NULL, NULL, NULL, "1.34", "Kubernetes version of the nodes" },
  { 0 }
};

static const struct galley_param nodegroup_delete_params[] = {
  PARAM_CLUSTER, PARAM_REGION,
  { "name", GALLEY_STRING, NEED, NULL, NULL, NAME_THING, "ng-2", "name of the node group" },
  { "drain", GALLEY_BOOL, 0, "true", NULL, NULL, "true", "move its pods away first" },
  PARAM_PROFILE,
  { 0 }
};

static const struct galley_param oidc_params[] = {
  PARAM_CLUSTER, PARAM_REGION, PARAM_PROFILE,
  { 0 }
};

static const struct galley_param oidc_outputs[] = {
  { "arn", GALLEY_STRING, 0, NULL, NULL, NULL,
    "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/0A1B", "the provider's ARN" },
  { "issuer", GALLEY_STRING, 0, NULL, NULL, NULL, "https://oidc.eks.us-east-1.amazonaws.com/id/0A1B",
    "the cluster's issuer" },
  { 0 }
};

static const struct galley_param oidc_delete_params[] = {
  PARAM_CLUSTER, PARAM_REGION,
  { "issuer", GALLEY_STRING, 0, NULL, NULL, "(https://[A-Za-z0-9./-]+)?",
    "https://oidc.eks.us-east-1.amazonaws.com/id/0A1B",
    "issuer of a cluster that is gone; without it the provider is known by eksctl's tag" },
  PARAM_PROFILE,
  { 0 }
};

static const struct galley_param account_params[] = {
  PARAMS_ACCOUNT,
  { "policies", GALLEY_LIST, NEED, NULL, NULL, NULL,
    "[\"arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicyV2\"]",
    "ARNs of the policies of its role, these and no others" },
  { "role_name", GALLEY_STRING, 0, NULL, NULL, "[A-Za-z0-9+=,.@_-]{1,64}", "wandb-ebs-csi",
    "name of the role; without it CloudFormation makes one up" },
  { "override", GALLEY_BOOL, 0, "false", NULL, NULL, "false",
    "give the role to a service account that is there already" },
  PARAM_PROFILE,
  { 0 }
};

static const struct galley_param account_outputs[] = {
  { "role_arn", GALLEY_STRING, 0, NULL, NULL, NULL, "arn:aws:iam::123456789012:role/wandb-ebs-csi", "its role" },
  { 0 }
};

static const struct galley_param account_delete_params[] = {
  PARAMS_ACCOUNT, PARAM_PROFILE,
  { 0 }
};

static const struct galley_param addon_params[] = {
  PARAM_CLUSTER, PARAM_REGION,
  { "name", GALLEY_STRING, NEED, NULL, NULL, NAME_THING, "aws-ebs-csi-driver", "name of the add-on" },
  { "version", GALLEY_STRING, 0, NULL, NULL, "latest|v?[0-9][A-Za-z0-9.-]*", "v1.50.1-eksbuild.1",
    "version, or latest; without it EKS's default, and any that is there" },
  { "role_arn", GALLEY_STRING, 0, NULL, NULL, ARN_ROLE, "arn:aws:iam::123456789012:role/ebs-csi",
    "role of its service account" },
  { "pod_identity", GALLEY_BOOL, 0, "false", NULL, NULL, "true",
    "give it the role AWS recommends, as a pod identity" },
  { "force", GALLEY_BOOL, 0, "false", NULL, NULL, "false",
    "overwrite objects that something else has installed" },
  PARAM_PROFILE,
  { 0 }
};

static const struct galley_param addon_outputs[] = {
  { "version", GALLEY_STRING, 0, NULL, NULL, NULL, "v1.50.1-eksbuild.1", "its version" },
  { "role_arn", GALLEY_STRING, 0, NULL, NULL, NULL, "arn:aws:iam::123456789012:role/ebs-csi",
    "its role; empty when it has none" },
  { 0 }
};

static const struct galley_param addon_delete_params[] = {
  PARAM_CLUSTER, PARAM_REGION,
  { "name", GALLEY_STRING, NEED, NULL, NULL, NAME_THING, "aws-ebs-csi-driver", "name of the add-on" },
  { "preserve", GALLEY_BOOL, 0, "false", NULL, NULL, "false", "leave its objects in the cluster" },
  PARAM_PROFILE,
  { 0 }
};

static const struct galley_read eksctl_reads[] = {
  { "get (?:cluster|nodegroup|iamserviceaccount|addon)", "--output=json", "-d --dumpLogs -f --config-file" },
  { 0 }
};

static const struct galley_read aws_reads[] = {
  { "cloudformation (?:describe-stacks|describe-stack-events|get-template)", NULL, "--debug" },
  { "eks describe-nodegroup", NULL, "--debug" },
  { "eks update-kubeconfig", "--dry-run", "--debug" },
  { "ec2 describe-subnets", NULL, "--debug" },
  { "iam list-(?:open-id-connect-providers|open-id-connect-provider-tags|attached-role-policies)", NULL,
    "--debug" },
  { 0 }
};

static const struct galley_read kubectl_reads[] = {
  { "get serviceaccount [a-z0-9.-]+", NULL, 
    "-w --watch --watch-only --raw --kuberc --cache-dir --profile --profile-output" },
  { 0 }
};

static const struct galley_tool tools[] = {
  /* 0.201 is the first that installs all default add-ons as EKS add-ons; on
   * SIGTERM it ends at once, but what it talks to may be slow to answer */
  { .name = "eksctl", .min_version = "0.201", .version_args = "version", .reads = eksctl_reads,
    .env = "AWS_*", .grace_ms = 120000 },
  { .name = "aws", .min_version = "1.24", .version_args = "--version",
    .version_regex = "aws-cli/([0-9.]+)", .reads = aws_reads, .env = "AWS_*", .grace_ms = 10000 },
  { .name = "kubectl", .version_args = "version --client", .reads = kubectl_reads,
    .env = "AWS_*", .grace_ms = 10000 },
  { 0 }
};

static const struct galley_action actions[] = {
  { "cluster", "an EKS cluster with its first node group", 0,
    cluster_params, cluster_outputs, eksctl_cluster_check, eksctl_cluster_apply },
  { "cluster_delete", "no EKS cluster of that name, nor any stack of it", 0,
    cluster_delete_params, no_outputs, eksctl_cluster_delete_check, eksctl_cluster_delete_apply },
  { "nodegroup", "a managed node group", 0,
    nodegroup_params, nodegroup_outputs, eksctl_nodegroup_check, eksctl_nodegroup_apply },
  { "nodegroup_delete", "no node group of that name", 0,
    nodegroup_delete_params, no_outputs, eksctl_nodegroup_delete_check, eksctl_nodegroup_delete_apply },
  { "oidc_provider", "the cluster's OIDC provider in IAM, so that service accounts can have roles", 0,
    oidc_params, oidc_outputs, eksctl_oidc_check, eksctl_oidc_apply },
  { "oidc_provider_delete", "no OIDC provider in IAM for that cluster", 0,
    oidc_delete_params, no_outputs, eksctl_oidc_delete_check, eksctl_oidc_delete_apply },
  { "iamserviceaccount", "a Kubernetes service account with a role in IAM", 0,
    account_params, account_outputs, eksctl_account_check, eksctl_account_apply },
  { "iamserviceaccount_delete", "no such service account and role of eksctl's", 0,
    account_delete_params, no_outputs, eksctl_account_delete_check, eksctl_account_delete_apply },
  { "addon", "an EKS add-on, active", 0,
    addon_params, addon_outputs, eksctl_addon_check, eksctl_addon_apply },
  { "addon_delete", "no such EKS add-on", 0,
    addon_delete_params, no_outputs, eksctl_addon_delete_check, eksctl_addon_delete_apply },
  { 0 }
};

static const struct galley_plugin plugin = {
  GALLEY_PLUGIN_ABI,
  .name = "eksctl", .version = "1", .summary = "clusters of Amazon EKS, by eksctl",
  .tools = tools, .actions = actions, .signatures = eksctl_signatures
};

GALLEY_PLUGIN_REGISTER (plugin)
