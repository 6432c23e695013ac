/* aws.credentials.  SPDX-License-Identifier: MIT */
#pragma once

#include <galley-plugin.h>

int aws_credentials (struct galley_call *call);
