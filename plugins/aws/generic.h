/* aws.read, aws.ensure, aws.call: any operation of any service.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <galley-plugin.h>

int aws_read (struct galley_call *call);
int aws_call (struct galley_call *call);
int aws_ensure_check (struct galley_call *call);
int aws_ensure_apply (struct galley_call *call);
