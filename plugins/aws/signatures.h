/* How failures of aws look.  SPDX-License-Identifier: MIT */
#pragma once

#include <galley-plugin.h>

extern const struct galley_signature aws_signatures[];
