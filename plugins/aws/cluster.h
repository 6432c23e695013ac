/* aws.identity, aws.kubeconfig, aws.kubeconfig_file, aws.eks_wait.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <galley-plugin.h>

int aws_identity (struct galley_call *call);
int aws_kubeconfig (struct galley_call *call);
int aws_kubeconfig_file_check (struct galley_call *call);
int aws_kubeconfig_file_apply (struct galley_call *call);
int aws_eks_wait (struct galley_call *call);
