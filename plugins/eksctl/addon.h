/* eksctl.addon and eksctl.addon_delete.  SPDX-License-Identifier: MIT */
#pragma once

#include <galley-plugin.h>

int eksctl_addon_check (struct galley_call *call);
int eksctl_addon_apply (struct galley_call *call);
int eksctl_addon_delete_check (struct galley_call *call);
int eksctl_addon_delete_apply (struct galley_call *call);
