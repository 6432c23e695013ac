/* What is said otherwise in a recording than on this machine: secrets, folders,
 * private files.  SPDX-License-Identifier: MIT */
#pragma once

#include "base/placeholder.h"
#include "proc/places.h"

typedef struct {
  Places       *places;
  Placeholders *placeholders;     /* empty in a replay: what is secret is a placeholder already */
  GHashTable   *files;            /* "cluster.1" -> GBytes: a run's private files */
  GHashTable   *counts;           /* step -> how many of them it has made */
} Disguise;

Disguise *disguise_new  (void);
void      disguise_free (Disguise *disguise);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Disguise, disguise_free)

/* STEP has made its next private file, PATH, with DATA in it. */
void  disguise_add_file (Disguise *disguise, const char *step, const char *path, GBytes *data);
/* A copy of TEXT as a recording has it.  See placeholders_substitute. */
char *disguise_hide (const Disguise *disguise, const char *text, gssize len, gboolean may_be_cut,
                     gsize *marks, guint n_marks, gsize *out_len);
/* "sha256:..." of that. */
char *disguise_hash (const Disguise *disguise, const char *data, gsize len);
