/* The aws plugin: who we are, a cluster's kubeconfig, waiting for EKS, any
 * operation of any service, and what a deleted cluster left behind.
 * See galley-aws(7).  SPDX-License-Identifier: MIT */
#include "cluster.h"
#include "credentials.h"
#include "generic.h"
#include "leftovers.h"
#include "signatures.h"

#define NAME_CLUSTER "[0-9A-Za-z][A-Za-z0-9_-]{0,99}"
#define NAME_REGION  "[a-z]{2}(-[a-z]+)+-[0-9]{1,2}"
#define NAME_PROFILE "[A-Za-z0-9_.][A-Za-z0-9_.@+=:-]*"
#define NAME_CONTEXT "[A-Za-z0-9][A-Za-z0-9._@:-]*(/[A-Za-z0-9._@:-]+)*"
#define ARN_ROLE     "arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+"

#define PARAM_CLUSTER(flags) \
  { "cluster", GALLEY_STRING, flags, NULL, NULL, NAME_CLUSTER, "wandb", "name of the EKS cluster" }
#define PARAM_REGION(flags) \
  { "region", GALLEY_STRING, flags, NULL, NULL, NAME_REGION, "us-east-1", "AWS region" }
#define PARAM_PROFILE \
  { "profile", GALLEY_STRING, 0, NULL, NULL, NAME_PROFILE, "default", \
    "profile of the AWS configuration; without it what the environment says" }
#define PARAM_ALIAS \
  { "alias", GALLEY_STRING, 0, NULL, NULL, NAME_CONTEXT, "wandb", \
    "name of the context; without it the cluster's name" }
#define PARAM_ROLE \
  { "role_arn", GALLEY_STRING, 0, NULL, NULL, ARN_ROLE, "arn:aws:iam::123456789012:role/admin", \
    "role to take on when talking to the cluster" }
#define PARAMS_OPERATION \
  { "service", GALLEY_STRING, GALLEY_REQUIRED | GALLEY_GOAL, NULL, NULL, "(?!configure\\z)[a-z][a-z0-9-]*", "iam", \
    "service, as aws calls it" }, \
  { "operation", GALLEY_STRING, GALLEY_REQUIRED | GALLEY_GOAL, NULL, NULL, "[a-z][a-z0-9-]*", "get-role", \
    "operation of the service" }, \
  { "args", GALLEY_LIST, GALLEY_GOAL, "[]", NULL, NULL, "[\"--role-name=wandb\"]", \
    "its options, each as one element `--name=value`" }
#define PARAM_QUERY(flags) \
  { "query", GALLEY_STRING, flags, NULL, NULL, "[^-].*", "Role.Arn", "JMESPath that picks from the answer" }

static const struct galley_param identity_params[] = {
  { "account", GALLEY_STRING, 0, NULL, NULL, "[0-9]{12}", "123456789012",
    "the account it must be; any other fails the step" },
  PARAM_REGION (0),
  PARAM_PROFILE,
  { 0 }
};

static const struct galley_param identity_outputs[] = {
  { "account", GALLEY_STRING, 0, NULL, NULL, NULL, "123456789012", "account id" },
  { "arn", GALLEY_STRING, 0, NULL, NULL, NULL, "arn:aws:iam::123456789012:user/anna", "who we are" },
  { "user_id", GALLEY_STRING, 0, NULL, NULL, NULL, "AIDACKCEVSQ6C2EXAMPLE", "the same as a unique id" },
  { 0 }
};

static const struct galley_param credentials_params[] = { PARAM_REGION (0), PARAM_PROFILE, { 0 } };

static const struct galley_param credentials_outputs[] = {
  { "account", GALLEY_STRING, 0, NULL, NULL, NULL, "123456789012", "account id" },
  { "arn", GALLEY_STRING, 0, NULL, NULL, NULL, "arn:aws:iam::123456789012:user/anna", "who we are" },
  { "expires", GALLEY_STRING, 0, NULL, NULL, NULL, "2026-11-24T20:15:00+00:00",
    "when they end; empty when they do not, or nobody says" },
  { 0 }
};

static const struct galley_param kubeconfig_params[] = {
  PARAM_CLUSTER (GALLEY_REQUIRED | GALLEY_GOAL),
  PARAM_REGION (GALLEY_REQUIRED | GALLEY_GOAL),
  PARAM_PROFILE, PARAM_ALIAS, PARAM_ROLE,
  { 0 }
};

static const struct galley_param kubeconfig_file_params[] = {
  PARAM_CLUSTER (GALLEY_REQUIRED | GALLEY_GOAL),
  PARAM_REGION (GALLEY_REQUIRED | GALLEY_GOAL),
  { "path", GALLEY_PATH, GALLEY_REQUIRED | GALLEY_GOAL, NULL, NULL, NULL, "wandb.kubeconfig",
    "file to keep; clusters that are in it stay" },
  PARAM_PROFILE, PARAM_ALIAS, PARAM_ROLE,
  { 0 }
};

static const struct galley_param kubeconfig_outputs[] = {
  { "path", GALLEY_PATH, 0, NULL, NULL, NULL, "/run/user/1000/galley/kubeconfig", "the kubeconfig" },
  { "context", GALLEY_STRING, 0, NULL, NULL, NULL, "wandb", "its context for the cluster" },
  { 0 }
};

static const struct galley_param eks_wait_params[] = {
  PARAM_CLUSTER (GALLEY_REQUIRED | GALLEY_GOAL),
  PARAM_REGION (GALLEY_REQUIRED | GALLEY_GOAL),
  { "status", GALLEY_STRING, GALLEY_GOAL, "ACTIVE", "ACTIVE|DELETED", NULL, "ACTIVE", "what to wait for" },
  { "interval", GALLEY_DURATION, 0, "15s", NULL, NULL, "15s", "time between two looks" },
  PARAM_PROFILE,
  { 0 }
};

static const struct galley_param eks_wait_outputs[] = {
  { "endpoint", GALLEY_STRING, 0, NULL, NULL, NULL, "https://0A1B.gr7.us-east-1.eks.amazonaws.com",
    "address of the Kubernetes API; like all of these empty when deleted" },
  { "version", GALLEY_STRING, 0, NULL, NULL, NULL, "1.34", "Kubernetes version" },
  { "oidc_issuer", GALLEY_STRING, 0, NULL, NULL, NULL, "https://oidc.eks.us-east-1.amazonaws.com/id/0A1B",
    "issuer of the service accounts' tokens" },
  { "arn", GALLEY_STRING, 0, NULL, NULL, NULL, "arn:aws:eks:us-east-1:123456789012:cluster/wandb",
    "the cluster's ARN" },
  { "vpc", GALLEY_STRING, 0, NULL, NULL, NULL, "vpc-0a1b2c3d", "its VPC" },
  { 0 }
};

static const struct galley_param read_params[] = {
  PARAMS_OPERATION, PARAM_QUERY (GALLEY_GOAL), PARAM_REGION (0), PARAM_PROFILE,
  { 0 }
};

static const struct galley_param ensure_params[] = {
  PARAMS_OPERATION,
  { "unless", GALLEY_LIST, GALLEY_REQUIRED, NULL, NULL, NULL,
    "[\"iam\", \"get-role\", \"--role-name=wandb\", \"--query=Role.Arn\"]",
    "a reading command (service, operation, options): the goal holds when it answers something" },
  PARAM_REGION (0), PARAM_PROFILE,
  { 0 }
};

static const struct galley_param answer_outputs[] = {
  { "json", GALLEY_MAP, 0, NULL, NULL, NULL, "{\"Arn\": \"arn:aws:iam::123456789012:role/wandb\"}",
    "what aws answered; null when nothing" },
  { "text", GALLEY_STRING, 0, NULL, NULL, NULL, "arn:aws:iam::123456789012:role/wandb",
    "the same as text: a string without its quotes, anything else as JSON" },
  { 0 }
};

static const struct galley_param leftovers_params[] = {
  PARAM_CLUSTER (GALLEY_REQUIRED | GALLEY_GOAL),
  PARAM_REGION (GALLEY_REQUIRED | GALLEY_GOAL),
  { "volumes", GALLEY_LIST, 0, "[]", NULL, NULL, "[\"vol-0a1b2c3d4e5f\"]",
    "ids of disks that must be gone too, whatever their tags" },
  { "oidc_issuer", GALLEY_STRING, 0, NULL, NULL, "(https://[A-Za-z0-9./-]+)?",
    "https://oidc.eks.us-east-1.amazonaws.com/id/0A1B",
    "issuer of the deleted cluster: its provider must be gone too; that with eksctl's tag must be in any case" },
  { "wait", GALLEY_DURATION, 0, "2m", NULL, NULL, "2m", "how long what is going away may take" },
  { "interval", GALLEY_DURATION, 0, "10s", NULL, NULL, "10s", "time between two looks" },
  PARAM_PROFILE,
  { 0 }
};

static const struct galley_param leftovers_outputs[] = {
  { "left", GALLEY_LIST, 0, NULL, NULL, NULL, "[]", "what is left: nothing, or the step would have failed" },
  { 0 }
};

/* What may run in a check and in a plan.  The verbs get-* are not all
 * reads (cognito-identity get-id makes one), nor harmless (sts
 * get-session-token prints a key): those of a few services are. */
static const struct galley_read reads[] = {
  { "[a-z][a-z0-9-]* (?:describe|list)-[a-z0-9-]+", NULL, "--debug --cli-input-json --cli-input-yaml" },
  { "(?:iam|service-quotas|route53|cloudformation) get-[a-z0-9-]+", NULL,
    "--debug --cli-input-json --cli-input-yaml" },
  { "s3api get-(?:bucket-[a-z-]+|public-access-block)", NULL, "--debug --cli-input-json --cli-input-yaml" },
  { "resourcegroupstaggingapi get-(?:resources|tag-keys|tag-values)", NULL,
    "--debug --cli-input-json --cli-input-yaml" },
  { "sts get-caller-identity", NULL, "--debug" },
  { "eks update-kubeconfig", "--dry-run", "--debug" },
  /* prints a key: for aws.credentials, which shows none of it, and no other */
  { "configure export-credentials", "--format=process", "--debug" },
  { 0 }
};

static const struct galley_tool tools[] = {
  { .name = "aws", .min_version = "1.24", .version_args = "--version",
    .version_regex = "aws-cli/([0-9.]+)", .reads = reads,
    .env = "AWS_*", .grace_ms = 10000 },
  { 0 }
};

static const struct galley_action actions[] = {
  { "identity", "who the AWS credentials belong to; refuses a wrong account", GALLEY_READS,
    identity_params, identity_outputs, NULL, aws_identity },
  { "credentials", "whose the AWS credentials are, and until when they are valid", GALLEY_READS,
    credentials_params, credentials_outputs, NULL, aws_credentials },
  { "kubeconfig", "a kubeconfig for one EKS cluster, private to the run", GALLEY_READS,
    kubeconfig_params, kubeconfig_outputs, NULL, aws_kubeconfig },
  { "kubeconfig_file", "an EKS cluster's entry in a kubeconfig file that stays", 0,
    kubeconfig_file_params, kubeconfig_outputs, aws_kubeconfig_file_check, aws_kubeconfig_file_apply },
  { "eks_wait", "wait until an EKS cluster is active, or gone", GALLEY_READS,
    eks_wait_params, eks_wait_outputs, NULL, aws_eks_wait },
  { "read", "the answer of one reading operation of any service", GALLEY_READS,
    read_params, answer_outputs, NULL, aws_read },
  { "ensure", "one writing operation of any service, unless a reading one finds its result", 0,
    ensure_params, answer_outputs, aws_ensure_check, aws_ensure_apply },
  { "call", "one operation of any service; cannot be checked", 0,
    read_params, answer_outputs, NULL, aws_call },
  { "leftovers", "prove that a deleted cluster has left nothing behind", GALLEY_READS,
    leftovers_params, leftovers_outputs, NULL, aws_leftovers },
  { 0 }
};

static const struct galley_plugin plugin = {
  GALLEY_PLUGIN_ABI,
  .name = "aws", .version = "1", .summary = "Amazon Web Services, by the aws command line",
  .tools = tools, .actions = actions, .signatures = aws_signatures
};

GALLEY_PLUGIN_REGISTER (plugin)
