/* SPDX-License-Identifier: MIT */
#include "recipe/match.h"

#include <string.h>

#include "base/errors.h"

/* "Error while compiling regular expression '(' at char 1: missing ..." from
 * where it gets interesting. */
static void
propagate_short (GError **error, GError *long_error)
{
  const char *place = strstr (long_error->message, "at char ");

  g_set_error_literal (error, GALLEY_ERROR, GALLEY_ERROR_RECIPE, place != NULL ? place : long_error->message);
  g_error_free (long_error);
}

GRegex *
match_compile (const char *pattern, GError **error)
{
  g_autoptr (GRegex) alone = NULL;
  g_autofree char *whole = NULL;
  GError *local = NULL;
  GRegex *regex;

  if (strlen (pattern) > MATCH_MAX_PATTERN) {
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECIPE, "a regular expression longer than %d bytes", MATCH_MAX_PATTERN);
    return NULL;
  }
  /* Alone first: `a)|(b` must not become right by what is put around it. */
  alone = g_regex_new (pattern, 0, 0, &local);
  if (alone == NULL) {
    propagate_short (error, local);
    return NULL;
  }
  /* The limit keeps a pattern such as (a+)+b from running for hours. */
  whole = g_strdup_printf ("(*LIMIT_MATCH=200000)\\A(?:%s)\\z", pattern);
  regex = g_regex_new (whole, 0, 0, NULL);
  if (regex == NULL)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECIPE, "\"%s\" cannot be used as a part of a regular expression", pattern);
  return regex;
}

gboolean
match_whole (GRegex *regex, const char *text, GError **error)
{
  g_autoptr (GError) local = NULL;
  gboolean matches = g_regex_match_full (regex, text, -1, 0, 0, NULL, &local);

  if (local != NULL)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_FAILED, "matching this text takes too long");
  return matches && local == NULL;
}
