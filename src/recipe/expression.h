/* References (${vars.x}) in recipe values and the small typed language of
 * `when`, `until` and `assert`.  SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>
#include "base/diagnostics.h"

/* vars.NAME  steps.ID.OUTPUT  env.NAME  run.id  run.dir  recipe.dir  each.key  each.value */
typedef enum { REF_VAR, REF_STEP, REF_ENV, REF_RUN, REF_RECIPE, REF_EACH } RefKind;
typedef struct {
  RefKind   kind;
  char     *name;         /* of the var, env, step (its id) or field */
  char     *output;       /* REF_STEP: the output's name */
  char     *path;         /* what follows: ".a.b[0]" into a list or map; or NULL */
  Position  at;
} Reference;

/* Gives the value of a reference; NULL with *ERROR: it has none (yet). */
typedef JsonNode *(*Resolve) (const Reference *reference, gpointer user_data, GError **error);

/* A value of a recipe: scalars with ${...} in them, lists and maps of such. */
typedef struct _Template Template;
void       template_free (Template *template);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Template, template_free)
/* References in it, of type Reference, borrowed, in order. */
GPtrArray *template_references (const Template *template);
/* A scalar that is one reference keeps its value's type; else text is put
 * together (a list or map inside text is an error).  Results are never
 * expanded again; "$${" is "${". */
JsonNode  *template_expand (const Template *template, Resolve resolve, gpointer user_data, GError **error);
gboolean   template_is_constant (const Template *template);
Position   template_position (const Template *template);

/* `vars.nodes >= 2 and not steps.a.b == "x"`: == != < <= > >= in matches and
 * or not ( ), strings "..." or '...', numbers, true, false, durations,
 * [lists], references without ${}.  Types are checked: comparing a string
 * with a number is an error, not false. */
typedef struct _Condition Condition;
void       condition_free (Condition *condition);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Condition, condition_free)
GPtrArray *condition_references (const Condition *condition);
const char *condition_text (const Condition *condition);
/* FALSE with *ERROR unset: it is false. */
gboolean   condition_evaluate (const Condition *condition, Resolve resolve, gpointer user_data, GError **error);

Template  *template_parse  (const char *file, const void *yaml_node, Diagnostics *diagnostics);
/* AT: where TEXT begins in the file. */
Condition *condition_parse (const char *text, Position at, Diagnostics *diagnostics);
