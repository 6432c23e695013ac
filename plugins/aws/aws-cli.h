/* The aws command line: how it is written and how its answers are read.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <galley-plugin.h>

/* A command of SERVICE and OPERATION that answers in JSON, with the step's
 * region and profile; options are added as "--name=value". */
struct galley_cmd *aws_cmd (struct galley_call *call, const char *service, const char *operation);

/* Add "--NAME=VALUE"; nothing when VALUE is NULL. */
void aws_option (struct galley_call *call, struct galley_cmd *cmd, const char *name,
                 const char *value);

enum aws_answer { AWS_FAILED = -1, AWS_FOUND = 0, AWS_ABSENT = 1 };

/* Run CMD.  ABSENT: it failed with an error code that says the thing is not
 * there.  FAILED: the callback is to return GALLEY_FAILED; the signatures
 * say why. */
enum aws_answer aws_ask (struct galley_call *call, struct galley_cmd *cmd,
                         struct galley_result *result);

/* Whether TEXT is aws's way to say "no such thing". */
int aws_says_absent (const char *text);

/* The value at PATH of JSON text, "" when there is none (or null). */
const char *aws_text (struct galley_call *call, const char *json, const char *path);
