/* The first part of a run that is resumed: what was done is looked at again,
 * side by side, by its checks.  What holds is done; what holds no more, and
 * what comes after such, waits for its turn as in any run.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "engine/life.h"

/* Nothing to do when the run is not resumed: run->proving stays FALSE. */
void     prove_begin  (Run *run);
/* STEP cannot be looked at now: what it has values from holds no more. */
gboolean prove_spares (Run *run, RunStep *step);
void     prove_ended  (Run *run, RunStep *step);
void     prove_end    (Run *run);
