/* What the real tools answered, for the tests of plugins: out of the
 * recordings (galley-recording(5)) that `make recordings` makes on the lab.
 * Texts live as long as the program.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "fake-host.h"

/* RECORDING: "wandb-eks-first" of recipes/recordings, or of tests/recordings.
 * LINE: a command as fake_host_expect() takes it; of several that are just
 * that, the first.  Its places are /home, /recipe, /cwd, /run and /helpers,
 * the private files of its step {file:1}, {file:2}, those of another step
 * /file/STEP.N.  There must be such a command, and it must have ended.  What
 * it printed: */
const char *recorded     (const char *recording, const char *line);
const char *recorded_err (const char *recording, const char *line);
/* The same of the Nth such command, from 1. */
const char *recorded_nth     (const char *recording, const char *line, guint n);
const char *recorded_err_nth (const char *recording, const char *line, guint n);

/* TEXT with each OLD, of which there must be one, replaced by NEW: what a
 * tool really prints, but for a value. */
const char *varied       (const char *text, const char *old, const char *new);
/* The same of the text after each "NAME": in JSON, whatever it was. */
const char *varied_member (const char *text, const char *name, const char *value);

/* The next command is just LINE, and answers what it did in RECORDING. */
void fake_host_expect_recorded (FakeHost *host, const char *recording, const char *line);
/* Any command whose line matches GLOB answers so: see fake_host_answer(). */
void fake_host_answer_recorded (FakeHost *host, const char *glob, const char *recording, const char *line);
