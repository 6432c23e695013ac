/* Files and folders that are elsewhere on another machine, or in another run:
 * "{home}", "{run}", "{file:cluster.1}" stand for them in a recording.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct _Places Places;

Places *places_new  (void);
void    places_free (Places *places);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Places, places_free)

/* "{NAME}" stands for PATH from now on.  NAME: "home", "cwd", "recipe", "run",
 * "run.id", "helpers", "file:..." or "tool:...".  FALSE: "", "/", and a PATH or a NAME that
 * is known already are passed over.  What does not begin with "/" is no path,
 * and is found within names, too. */
gboolean places_add  (Places *places, const char *name, const char *path);
/* The same, but a PATH that is passed over does not leave NAME without one,
 * which the machine that made a recording may have had: it is "/{NAME}". */
void     places_add_apart (Places *places, const char *name, const char *path);
/* A copy of TEXT (LEN -1: NUL-terminated) with the names instead of the
 * paths, the longest path first, where a path begins and ends as one.
 * MARKS: N_MARKS ascending offsets in TEXT, moved to where they come; may be NULL. */
char *places_hide (const Places *places, const char *text, gssize len, gsize *marks, guint n_marks, gsize *out_len);
/* The opposite. */
char *places_show (const Places *places, const char *text, gssize len, gsize *out_len);
