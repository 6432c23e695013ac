/* The small typed language of `when`: `vars.nodes >= 2 and not
 * steps.a.b == "x"`.  SPDX-License-Identifier: MIT */
#pragma once

#include "recipe/reference.h"

#define CONDITION_MAX_BYTES 4096
#define CONDITION_MAX_DEPTH 32

/* == != < <= > >= in matches and or not ( ), strings "..." or '...', numbers,
 * true, false, null, durations (10m), [lists], references without ${}.  Types
 * are checked: comparing a string with a number is an error, not false. */
typedef struct _Condition Condition;
void       condition_free (Condition *condition);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Condition, condition_free)
/* AT: where TEXT begins in the file.  NULL: DIAGNOSTICS says why. */
Condition *condition_parse (const char *text, Position at, Diagnostics *diagnostics);
/* The same of a YAML scalar, with exact positions in any style. */
Condition *condition_parse_yaml (const char *file, const void *yaml_node, Diagnostics *diagnostics);

GPtrArray *condition_references (const Condition *condition);
const char *condition_text (const Condition *condition);
/* FALSE with *ERROR unset: it is false. */
gboolean   condition_evaluate (const Condition *condition, Resolve resolve, gpointer user_data, GError **error);

typedef enum {
  TYPE_ANY, TYPE_STRING, TYPE_NUMBER, TYPE_BOOL, TYPE_DURATION, TYPE_LIST, TYPE_MAP, TYPE_NULL
} ValueType;
/* What is known of a reference's type; TYPE_ANY: nothing. */
typedef ValueType (*TypeOf) (const Reference *reference, gpointer user_data);
/* Adds what can never be right whatever the values are.  Also remembers which
 * references are durations ("90s"), so that they compare as such. */
void       condition_check_types (Condition *condition, TypeOf type_of, gpointer user_data, Diagnostics *diagnostics);

/* TRUE when HAS can only be true if NEEDED is: each part of NEEDED that is
 * joined by `and` is also one of HAS.  NEEDED NULL: always. */
gboolean   condition_implies (const Condition *has, const Condition *needed);
