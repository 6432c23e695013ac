/* What kubectl and helm plugin share: command lines that name their
 * cluster, and JSON texts.  SPDX-License-Identifier: MIT */
#ifndef GALLEY_KUBE_H
#define GALLEY_KUBE_H

#include "galley-plugin.h"

/* Every command goes to the cluster its step names, never to whatever the
 * user's own kubeconfig happens to point at. */
#define KUBE_TARGET_PARAMS                                                    \
  { "kubeconfig", GALLEY_PATH, GALLEY_REQUIRED | GALLEY_GOAL, NULL, NULL,     \
    NULL, "kubeconfig", "kubeconfig file that knows the cluster" },           \
  { "context", GALLEY_STRING, GALLEY_REQUIRED | GALLEY_GOAL, NULL, NULL,      \
    ".+", "wandb", "context in that file" }
#define KUBE_NAMESPACE_MATCH "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
#define KUBE_END_PARAM  { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL }
#define KUBE_END_ACTION { NULL, NULL, 0, NULL, NULL, NULL, NULL }

/* The kubectl both plugins run. */
#define KUBE_KUBECTL_ENV "AWS_*"
extern const struct galley_read kube_kubectl_reads[];
extern const char kube_kubectl_value_options[];
#define KUBE_KUBECTL_TOOL                                                     \
  { "kubectl", 0, "1.31", "version --client -o json",                         \
    "\"gitVersion\": *\"v([0-9]+\\.[0-9]+\\.[0-9]+)",                         \
    kube_kubectl_value_options, kube_kubectl_reads, KUBE_KUBECTL_ENV, 0 }

/* kubectl with words that end at NULL, then --kubeconfig= and --context=. */
GALLEY_SENTINEL struct galley_cmd *
kube_kubectl (struct galley_call *call, uint32_t flags, ...);
/* Only the second half of that, for words that are not known beforehand. */
struct galley_cmd *kube_kubectl_target (struct galley_call *call, struct galley_cmd *cmd);
/* Adds NAME=VALUE ("--namespace" and "wandb"); nothing if VALUE is NULL. */
void kube_option (struct galley_call *call, struct galley_cmd *cmd, const char *name, const char *value);
/* Seconds a tool may take so that it ends by itself before this attempt's
 * timeout; at most LONGEST, at least 1. */
long kube_seconds (struct galley_call *call, long longest);
/* Is there not even time left for one more look? */
int  kube_time_is_up (struct galley_call *call);

/* TEXT has NEEDLE in it, whatever the case of ASCII letters. */
int kube_contains (const char *text, const char *needle);
/* The same text up to LEN bytes, for the callback's life. */
const char *kube_slice (struct galley_call *call, const char *text, size_t len);
int kube_is_yes (struct galley_call *call, const char *param);

#endif
