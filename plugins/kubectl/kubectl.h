/* The actions of the kubectl plugin.  SPDX-License-Identifier: MIT */
#ifndef GALLEY_KUBECTL_H
#define GALLEY_KUBECTL_H

#include "kube.h"

extern const struct galley_param apply_params[];
int apply_check (struct galley_call *call);
int apply_apply (struct galley_call *call);

extern const struct galley_param wait_params[];
int wait_apply (struct galley_call *call);
extern const struct galley_param rollout_params[];
int rollout_apply (struct galley_call *call);

extern const struct galley_param get_params[];
extern const struct galley_param get_outputs[];
int get_apply (struct galley_call *call);
extern const struct galley_param delete_params[];
int delete_check (struct galley_call *call);
int delete_apply (struct galley_call *call);
extern const struct galley_param namespace_params[];
int namespace_check (struct galley_call *call);
int namespace_apply (struct galley_call *call);

extern const struct galley_signature kubectl_signatures[];

#define RESOURCE_KIND  "[A-Za-z][A-Za-z0-9.-]*"
#define RESOURCE_NAME  "[A-Za-z0-9][A-Za-z0-9.:_-]*"

#define NAMESPACE_PARAM                                                        \
  { "namespace", GALLEY_STRING, GALLEY_GOAL, NULL, NULL, KUBE_NAMESPACE_MATCH, \
    "wandb", "namespace; not given: the context's" }

/* `kubectl get KIND NAME` with the step's namespace and selector. */
struct galley_cmd *get_cmd (struct galley_call *call, const char *kind, const char *name);
/* "service/wandb", or "service" without a name. */
const char *describe_target (struct galley_call *call);
/* Say what keeps an object that is being deleted; 0: nothing is seen. */
int delete_explain (struct galley_call *call, const char *kind, const char *name);

#endif
