/* aws.leftovers: what a deleted cluster has left behind.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <galley-plugin.h>

int aws_leftovers (struct galley_call *call);
