/* SPDX-License-Identifier: MIT */
#include "plugin/reads.h"

#include <string.h>

typedef struct {
  char       *name;               /* "-n", "--namespace" */
  const char *value;              /* NULL: none */
  gboolean    letter;             /* one of several put together: "-Aw" */
} Option;

static void
option_clear (gpointer data)
{
  g_free (((Option *) data)->name);
}

static void
add_option (GArray *options, const char *name, gsize name_len, const char *value, gboolean letter)
{
  Option option = { g_strndup (name, name_len), value, letter };

  g_array_append_val (options, option);
}

static gboolean
takes_value (const struct galley_tool *tool, const char *name, gsize name_len)
{
  const char *p = tool->value_options;

  while (p != NULL && *p != '\0') {
    gsize len = strcspn (p, " ");

    if (len == name_len && memcmp (p, name, len) == 0)
      return TRUE;
    p += len;
    p += strspn (p, " ");
  }
  return FALSE;
}

/* "-Aw", "-ojson", "-Rf=x".  FALSE: the last letter wants the next element. */
static gboolean
add_letters (const struct galley_tool *tool, GArray *options, const char *element)
{
  for (const char *p = element + 1; *p != '\0' && *p != '='; p++) {
    const char name[] = { '-', *p, '\0' };
    const char *rest = p + 1;

    if (*rest == '=') {
      add_option (options, name, 2, rest + 1, TRUE);
      return TRUE;
    }
    if (takes_value (tool, name, 2)) {
      add_option (options, name, 2, rest, TRUE);
      return *rest != '\0';
    }
    add_option (options, name, 2, NULL, TRUE);
  }
  return TRUE;
}

/* An option that is not known to take a value, and has none in it: is what
 * follows, ELEMENT, its value or a word?  Only another option tells. */
static gboolean
is_certain (const char *element)
{
  return element == NULL || (element[0] == '-' && element[1] != '\0');
}

/* An option at *ARGV, which is moved on to its last element. */
static gboolean
add_element (const struct galley_tool *tool, GArray *options, const char *const **argv)
{
  const char *element = **argv;
  const char *equals = strchr (element, '=');
  gsize name_len = equals != NULL ? (gsize) (equals - element) : strlen (element);

  if (equals != NULL) {
    add_option (options, element, name_len, equals + 1, FALSE);
  } else if (takes_value (tool, element, name_len)) {
    if ((*argv)[1] == NULL)
      return FALSE;
    *argv += 1;
    add_option (options, element, name_len, **argv, FALSE);
    return TRUE;
  } else {
    if (!is_certain ((*argv)[1]))
      return FALSE;
    add_option (options, element, name_len, NULL, FALSE);
  }
  if (element[1] != '-' && name_len > 2)
    return add_letters (tool, options, element);
  return TRUE;
}

static gboolean
take_apart (const struct galley_tool *tool, const char *const *argv, GString *words, GArray *options)
{
  gboolean only_words = FALSE, first = TRUE;

  for (; *argv != NULL; argv++) {
    if (!g_utf8_validate (*argv, -1, NULL))
      return FALSE;
    if (!only_words && strcmp (*argv, "--") == 0) {
      only_words = TRUE;
    } else if (!only_words && (*argv)[0] == '-' && (*argv)[1] != '\0') {
      if (!add_element (tool, options, &argv))
        return FALSE;
    } else {
      if (!first)
        g_string_append_c (words, ' ');
      g_string_append (words, *argv);
      first = FALSE;
    }
  }
  return TRUE;
}

static gboolean
words_match (const char *regex, const char *words)
{
  g_autofree char *whole = g_strdup_printf ("\\A(?:%s)\\z", regex);
  g_autoptr(GRegex) alone = g_regex_new (regex, 0, 0, NULL);
  g_autoptr(GRegex) compiled = alone != NULL ? g_regex_new (whole, 0, 0, NULL) : NULL;

  return compiled != NULL && g_utf8_validate (words, -1, NULL)
         && g_regex_match (compiled, words, 0, NULL);
}

static gboolean
is_off (const char *value)
{
  static const char *const off[] = { "false", "f", "none", "no", "off", "0", "" };

  for (gsize i = 0; value != NULL && i < G_N_ELEMENTS (off); i++)
    if (g_ascii_strcasecmp (value, off[i]) == 0)
      return TRUE;
  return FALSE;
}

/* Is the option ENTRY ("--dry-run" or "--dry-run=server") there, and never
 * otherwise? */
static gboolean
has (GArray *options, const char *entry)
{
  g_auto(GStrv) parts = g_strsplit (entry, "=", 2);
  gboolean found = FALSE;

  for (guint i = 0; i < options->len; i++) {
    const Option *option = &g_array_index (options, Option, i);

    if (strcmp (option->name, parts[0]) != 0)
      continue;
    if (parts[1] != NULL ? g_strcmp0 (option->value, parts[1]) != 0 : is_off (option->value))
      return FALSE;
    found = found || !option->letter;
  }
  return found;
}

static gboolean
has_not (GArray *options, const char *entry)
{
  g_auto(GStrv) parts = g_strsplit (entry, "=", 2);

  for (guint i = 0; i < options->len; i++) {
    const Option *option = &g_array_index (options, Option, i);

    if (strcmp (option->name, parts[0]) == 0
        && (parts[1] == NULL || g_strcmp0 (option->value, parts[1]) == 0))
      return FALSE;
  }
  return TRUE;
}

static gboolean
all (const char *entries, GArray *options, gboolean (*holds) (GArray *, const char *))
{
  g_auto(GStrv) list = g_strsplit (entries != NULL ? entries : "", " ", -1);

  for (char **entry = list; *entry != NULL; entry++)
    if (**entry != '\0' && !holds (options, *entry))
      return FALSE;
  return TRUE;
}

gboolean
reads_allow (const struct galley_tool *tool, const char *const *argv)
{
  g_autoptr(GString) words = g_string_new (NULL);
  g_autoptr(GArray) options = g_array_new (FALSE, FALSE, sizeof (Option));

  g_array_set_clear_func (options, option_clear);
  if (tool->reads == NULL || argv == NULL || argv[0] == NULL)
    return FALSE;
  if (!take_apart (tool, argv + 1, words, options))
    return FALSE;
  for (const struct galley_read *read = tool->reads; read->words != NULL; read++)
    if (words_match (read->words, words->str) && all (read->with, options, has)
        && all (read->without, options, has_not))
      return TRUE;
  return FALSE;
}
