/* eksctl.cluster and eksctl.cluster_delete.  SPDX-License-Identifier: MIT */
#pragma once

#include "tool.h"

/* The cluster NAME as `eksctl get cluster` shows it. */
enum look cluster_get (struct galley_call *call, const char *name, const char **json);

int eksctl_cluster_check (struct galley_call *call);
int eksctl_cluster_apply (struct galley_call *call);
int eksctl_cluster_delete_check (struct galley_call *call);
int eksctl_cluster_delete_apply (struct galley_call *call);
