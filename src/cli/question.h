/* Questions to the person at the terminal.  SPDX-License-Identifier: MIT */
#pragma once

#include "engine/run.h"

typedef struct _Questions Questions;

/* Answers go to RUN, which is set later by questions_for. */
Questions *questions_new  (void);
void       questions_free (Questions *questions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Questions, questions_free)
void       questions_for  (Questions *questions, Run *run);
/* For RunOptions.ask; DATA is the Questions.  The report shows the question;
 * this waits for a line on standard
 * input while the main loop runs on; y and yes are a yes. */
void       questions_ask  (gpointer data);
