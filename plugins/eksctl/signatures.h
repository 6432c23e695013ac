/* How failures of eksctl (and the aws and kubectl beside it) look.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <galley-plugin.h>

extern const struct galley_signature eksctl_signatures[];
