/* What a tool answers that was asked for JSON.  SPDX-License-Identifier: MIT */
#ifndef GALLEY_ANSWER_H
#define GALLEY_ANSWER_H

#include "galley-plugin.h"

/* Exit 0 alone is no answer: what cannot be read would pass for "nothing is
 * there".  0: RESULT of `TOOL` is not JSON, and the call has failed. */
int answer_is_json (struct galley_call *call, const char *tool, const struct galley_result *result);

#endif
