/* The CloudFormation stacks that eksctl makes, and what they say of a failure.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "tool.h"

/* The status of the stack NAME, "CREATE_COMPLETE". */
enum look stack_status (struct galley_call *call, const char *name, const char **status);
/* All stacks of CLUSTER that are not deleted, each "NAME STATUS"; NULL: failed. */
const char *const *stacks_of (struct galley_call *call, const char *cluster);

/* Something is being done to it. */
int stack_is_busy (const char *status);
/* It holds nothing of use and stands in the way of a new one. */
int stack_is_dead (const char *status);

/* When the stack NAME was begun, if it was by an attempt of this step that was
 * cut off; else NULL. */
const char *stack_begun_by_us (struct galley_call *call, const char *name);
/* WHY a step waits for what is in STATUS; and, if it is so, that AWS goes on with
 * the stack NAME that such an attempt began.  WHY a step has something to do; and, if it is so, that
 * the stack was left by one. */
const char *stack_goes_on (struct galley_call *call, const char *name, const char *status, const char *why);
const char *stack_left (struct galley_call *call, const char *name, const char *why);

/* Delete the stack NAME, off with its protection first, and wait until it is gone. */
int stack_delete (struct galley_call *call, const char *name);
/* Delete all stacks of CLUSTER, that of the cluster itself last. */
int stacks_delete (struct galley_call *call, const char *cluster, const char *const *stacks);

/* Fail with the reason that the events of the stack NAME give for STATUS
 * ("CREATE_FAILED"); when they give none: with nothing but GALLEY_FAILED. */
int stack_blame (struct galley_call *call, const char *what, const char *name, const char *status);
/* Fail with the reason in eksctl's log, when there is one: 1 if so. */
int log_blame (struct galley_call *call, const char *what, const char *log);
