/* Find forms of secrets in a text.  SPDX-License-Identifier: MIT */
#pragma once

#include "base/placeholder-forms.h"

/* A form, or the beginning of one, in a text. */
typedef struct {
  gsize       from, to;
  const Form *form;
} Match;

/* Called with each, ascending by where they begin, the longest first. */
typedef void (*MatchFunc) (const Match *match, gpointer user_data);

/* Each form of ALL in TEXT, and of BROKEN, which is base64 in the standard
 * alphabet, those that line breaks, and what indents the next line, are
 * within.  MAY_BE_CUT: also what the end cuts short, from 8 bytes on. */
void placeholder_find (FormSet *all, FormSet *broken, const char *text, gsize len, gboolean may_be_cut,
                       MatchFunc func, gpointer user_data);
