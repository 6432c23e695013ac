/* Between the files of the exec plugin.  SPDX-License-Identifier: MIT */
#ifndef EXEC_H
#define EXEC_H

#include "galley-plugin.h"

int exec_check (struct galley_call *call);
int exec_apply (struct galley_call *call);
int exec_note  (struct galley_call *call);

/* -- output.c: what a command printed ------------------------------------- */

/* WHO did not come to an end of its own.  Returns GALLEY_FAILED. */
int  exec_fail_how (struct galley_call *call, const char *who, const struct galley_result *result);
/* All outputs, as `parse` says.  GALLEY_FAILED: it is not what was said. */
int  exec_outputs (struct galley_call *call, const struct galley_result *result);
/* The same from what `unless` printed, where it can be. */
void exec_held_outputs (struct galley_call *call, const struct galley_result *result);

#endif
