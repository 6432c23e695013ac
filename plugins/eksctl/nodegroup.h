/* Node groups: eksctl.nodegroup, eksctl.nodegroup_delete, and that of
 * eksctl.cluster.  SPDX-License-Identifier: MIT */
#pragma once

#include "tool.h"

struct nodegroup {
  const char *cluster, *name;
  int own_zones;                 /* the step's `zones` are those of the group */
};

/* A node group as the step's params want it. */
int nodegroup_look (struct galley_call *call, const struct nodegroup *group, const char **why);
int nodegroup_reach (struct galley_call *call, const struct nodegroup *group);
/* The options that describe it, for `create nodegroup` and `create cluster`. */
void nodegroup_options (struct galley_call *call, struct galley_cmd *cmd);

/* Are the zones of SUBNETS (ids) just the step's `zones`?  *FOUND: theirs. */
int zones_are (struct galley_call *call, const char *const *subnets, const char **found);

int eksctl_nodegroup_check (struct galley_call *call);
int eksctl_nodegroup_apply (struct galley_call *call);
int eksctl_nodegroup_delete_check (struct galley_call *call);
int eksctl_nodegroup_delete_apply (struct galley_call *call);
