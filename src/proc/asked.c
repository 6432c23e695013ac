/* SPDX-License-Identifier: MIT */
#include "proc/asked.h"

#include <string.h>

#include "base/text.h"

static char *
hide (const Disguise *disguise, const char *text)
{
  g_autofree char *hidden = disguise_hide (disguise, text, -1, FALSE, NULL, 0, NULL);

  return g_utf8_make_valid (hidden, -1);      /* as JSON has it */
}

static char **
hide_all (const Disguise *disguise, char **texts)
{
  GPtrArray *all = g_ptr_array_new ();

  for (; *texts != NULL; texts++)
    g_ptr_array_add (all, hide (disguise, *texts));
  g_ptr_array_add (all, NULL);
  return (char **) g_ptr_array_free (all, FALSE);
}

/* "{file:NAME}" in ARGUMENT, at or after AT; NULL: none. */
static char *
file_in (const char **at)
{
  const char *begin = strstr (*at, "{file:"), *end = begin != NULL ? strchr (begin, '}') : NULL;

  if (end == NULL)
    return NULL;
  *at = end;
  begin += strlen ("{file:");
  return g_strndup (begin, (gsize) (end - begin));
}

static char **
hash_files (const Disguise *disguise, char **argv)
{
  GPtrArray *all = g_ptr_array_new ();

  for (; *argv != NULL; argv++)
    for (const char *at = *argv; at != NULL; )
      {
        g_autofree char *name = file_in (&at), *hash = NULL;
        GBytes *data = name != NULL ? g_hash_table_lookup (disguise->files, name) : NULL;
        gsize len;

        if (data == NULL)
          break;
        hash = disguise_hash (disguise, g_bytes_get_data (data, NULL), (len = g_bytes_get_size (data)));
        g_ptr_array_add (all, g_strdup_printf ("%s=%s", name, hash));
      }
  g_ptr_array_add (all, NULL);
  return (char **) g_ptr_array_free (all, FALSE);
}

void
asked_init (Asked *asked, const Command *command, const Disguise *disguise)
{
  g_autofree char *given = command->given != NULL && *command->given != NULL ? g_strjoinv ("\n", command->given) : NULL;

  *asked = (Asked) { 0 };
  asked->caller = g_strdup (command->caller);
  asked->argv = hide_all (disguise, command->argv);
  asked->cwd = command->cwd != NULL ? hide (disguise, command->cwd) : NULL;
  asked->files = hash_files (disguise, asked->argv);
  if (command->stdin_data != NULL)
    asked->input = disguise_hash (disguise, g_bytes_get_data (command->stdin_data, NULL), g_bytes_get_size (command->stdin_data));
  if (given != NULL)
    asked->given = disguise_hash (disguise, given, strlen (given));
}

void
asked_clear (Asked *asked)
{
  g_free (asked->caller);
  g_strfreev (asked->argv);
  g_free (asked->cwd);
  g_strfreev (asked->files);
  g_free (asked->input);
  g_free (asked->given);
}

static char *
argument_difference (char **recorded, char **now)
{
  guint at = 0;

  while (recorded[at] != NULL && g_strcmp0 (recorded[at], now[at]) == 0)
    at++;
  if (recorded[at] == NULL && now[at] == NULL)
    return NULL;
  if (now[at] == NULL)
    return g_strdup_printf ("argument %u, %s, is missing", at, recorded[at]);
  if (recorded[at] == NULL)
    return g_strdup_printf ("argument %u, %s, is one more", at, now[at]);
  return g_strdup_printf ("argument %u is %s, not %s", at, now[at], recorded[at]);
}

char *
asked_difference (const Asked *recorded, const Asked *now)
{
  char *argument = argument_difference (recorded->argv, now->argv);

  if (argument != NULL)
    return argument;
  if (g_strcmp0 (recorded->cwd, now->cwd) != 0)
    return g_strdup_printf ("its folder is %s, not %s", now->cwd, recorded->cwd);
  if (g_strcmp0 (recorded->input, now->input) != 0)
    return g_strdup ("its standard input is another");
  if (g_strcmp0 (recorded->given, now->given) != 0)
    return g_strdup ("the environment that its step gives it is another");
  if (!g_strv_equal ((const char *const *) recorded->files, (const char *const *) now->files))
    return g_strdup ("what is in a private file of its command line is another");
  return NULL;
}
