/* How kubectl and helm log in to an EKS cluster.  SPDX-License-Identifier: MIT */
#pragma once

#include <galley-plugin.h>

/* The kubeconfig that aws printed, as JSON, with the login kept: the first
 * tool that needs a token has `aws eks get-token` make one, the others of the
 * run take that, for ten minutes (it is valid for 14).  Each combination of AWS_*
 * variables has its own.  A kubeconfig with another kind of login is
 * returned as it is, TEXT; NULL: the call has failed. */
const char *login_kept (struct galley_call *call, const char *text, const char *json);
