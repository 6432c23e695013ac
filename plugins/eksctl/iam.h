/* The OIDC provider and the service accounts with a role.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <galley-plugin.h>

int eksctl_oidc_check (struct galley_call *call);
int eksctl_oidc_apply (struct galley_call *call);
int eksctl_oidc_delete_check (struct galley_call *call);
int eksctl_oidc_delete_apply (struct galley_call *call);
int eksctl_account_check (struct galley_call *call);
int eksctl_account_apply (struct galley_call *call);
int eksctl_account_delete_check (struct galley_call *call);
int eksctl_account_delete_apply (struct galley_call *call);
