/* What a run sees of the machine it is on: its programs, its files, its
 * environment, its clock.  The live one, which may be recorded, or one that
 * is played from a recording; nobody above can tell which.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/clock.h"
#include "proc/disguise.h"
#include "proc/look.h"
#include "proc/process.h"
#include "proc/recording.h"

typedef struct _World World;

World *world_new_live   (Supervisor *supervisor);     /* borrowed */
World *world_new_played (Recording *recording);       /* taken */
void   world_free       (World *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (World, world_free)

/* Of a live one: everything is kept in PATH from now on.  HEAD: taken. */
gboolean world_record   (World *world, const char *path, JsonObject *head, GError **error);
/* Writes all of it.  Why the recording is not whole; NULL: it is, or there is none. */
char    *world_end_recording (World *world);

/* What a played one has that nobody asked for, in words; NULL: nothing. */
char    *world_left      (const World *world);

const Recording *world_recording (const World *world);   /* that it is played from, or NULL */
/* It is recorded or played: what actions look at goes through the core. */
gboolean world_is_watched (const World *world);
Clock   *world_clock (const World *world);                /* NULL: the machine's */
/* ENDED is called when a played world has come to what its recording does not
 * tell, as the galley that made it was killed. */
void     world_on_end (World *world, void (*ended) (gpointer data), gpointer data);
/* Galley is told to end by SIGNAL; INTERRUPTED is called when a played world
 * has come to where that happened. */
void     world_interrupt    (World *world, int signal);
void     world_on_interrupt (World *world, void (*interrupted) (int signal, gpointer data), gpointer data);

/* What is said otherwise in a recording: see places.h.  VALUE, the secret
 * NAME, does not come into it. */
void     world_add_place (World *world, const char *name, const char *path);
void     world_hide      (World *world, const char *name, const char *value, gssize len);

/* As process_start; of COMMAND .caller and .given are needed, too. */
Process *world_start     (World *world, Command *command, const ProcessHandlers *handlers, gpointer user_data);
/* As tool_find. */
char    *world_find_tool (World *world, const char *name, const char *search_path, GError **error);
/* What distinguishes the file PATH from one put in its place; NULL: nothing is known. */
char    *world_file_identity (World *world, const char *path);
/* FALSE: the recording has no answer, *PROBLEM; NULL: none will come, as its
 * galley was killed.  DEADLINE_US: on the world's clock. */
gboolean world_look      (World *world, const char *caller, LookKind kind, const char *subject, gint64 deadline_us,
                          Look *look, char **problem);
/* The environment variable NAME as a recipe sees it; NULL: not set. */
char    *world_env       (World *world, const char *name);
/* The value that a var has; an include's with its prefix, "app/name".  *VALUE:
 * NULL: it had none; *ORIGIN: where it was from (borrowed).  FALSE: nothing is played. */
gboolean world_var       (World *world, const char *name, JsonNode **value, const char **origin);
void     world_note_var  (World *world, const char *name, JsonNode *value, const char *origin);

/* From 0 to 1, another for each STEP and NUMBER; in a replay the same again. */
double   world_chance    (const World *world, const char *step, guint number);
gint64   world_seed      (const World *world);           /* what that hangs on */

/* A callback of STEP begins; PARAMS: JSON. */
void     world_begin     (World *world, const char *step, const char *params);
/* STEP has made a private file. */
void     world_add_file  (World *world, const char *step, const char *path, GBytes *data);
/* All secrets are known in what STEP (NULL: anybody) was answered. */
void     world_settle    (World *world, const char *step);
