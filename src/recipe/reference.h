/* References to values that are known only when a recipe runs.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>
#include "base/diagnostics.h"

/* vars.NAME  steps.ID.OUTPUT  env.NAME  run.id  run.dir  recipe.dir  each.key  each.value */
typedef enum { REF_VAR, REF_STEP, REF_ENV, REF_RUN, REF_RECIPE, REF_EACH } RefKind;
typedef struct {
  RefKind   kind;
  char     *name;         /* of the var, env, step (its id) or field */
  char     *output;       /* REF_STEP: the output's name */
  char     *path;         /* what follows: `.a.b[0]["c d"]` into a list or map; or NULL */
  Position  at;
} Reference;

/* Gives the value of a reference (full), its path followed (reference_follow);
 * JSON null: an optional var that was not given.  NULL with *ERROR: it has
 * none (yet); the position is put in front of that by whoever asked. */
typedef JsonNode *(*Resolve) (const Reference *reference, gpointer user_data, GError **error);

void       reference_free (Reference *reference);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reference, reference_free)
/* The reference that TEXT begins with; *END is behind it.  NULL: *MESSAGE
 * says why; *HINT may be set too. */
Reference *reference_scan (const char *text, const char **end, char **message, char **hint);
char      *reference_to_text (const Reference *reference);      /* "steps.a.b[0]" */
/* The part of VALUE (borrowed) that the path names, a copy; NULL: there is none. */
JsonNode  *reference_follow  (const Reference *reference, JsonNode *value, GError **error);
/* Its value, with the position in front of errors. */
JsonNode  *reference_resolve (const Reference *reference, Resolve resolve, gpointer user_data, GError **error);
