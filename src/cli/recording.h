/* A run's world: live, recorded by --record, or played by --replay.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "cli/session.h"

/* The world that FILE tells of; RECIPE: the file of the recipe that is run.
 * Errors: GALLEY_ERROR_USAGE. */
World   *recording_play   (const Program *program, const char *file, const char *recipe, GError **error);
/* Whether those who made what is played had said --yes. */
gboolean recording_said_yes (const World *world);
/* All that SESSION does in WORLD is kept in FILE; before its scope is given
 * MASKER, which tells of the secrets. */
gboolean recording_begin  (World *world, const Program *program, const char *name, gboolean yes, const char *file,
                           const Session *session, Masker *masker, GError **error);
/* What is said otherwise in a recording: the folders of the recipe and of its
 * user; and, when it has one, that of the run. */
void     recording_add_places (World *world, const Program *program, const Session *session);
void     recording_add_run    (World *world, const Session *session);
