/* SPDX-License-Identifier: MIT */
#include "answer.h"

int
answer_is_json (struct galley_call *call, const char *tool, const struct galley_result *result)
{
  if (call->host->json (call, result->out, "$") != NULL)
    return 1;
  galley_fail (call, GALLEY_TRANSIENT, "what `%s` answered is not JSON", tool);
  return 0;
}
