/* The AWS credentials that the steps of a recipe will use.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "cli/session.h"

typedef struct _Credentials Credentials;

/* All borrowed. */
Credentials *credentials_new  (Session *session, Toolbox *toolbox, World *world, Supervisor *supervisor);
void         credentials_free (Credentials *credentials);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Credentials, credentials_free)
/* A line on stdout for each profile that the recipe's aws and eksctl steps
 * use: whose, and whether they last as long as its longest step may take.
 * Runs the main loop.  FALSE: they are missing, over, or end too soon. */
gboolean     credentials_print (Credentials *credentials);
void         credentials_interrupt (Credentials *credentials, int signal);
