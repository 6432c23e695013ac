/* FOLDER/NAME.fake, and which of its blocks a call is for.
 * SPDX-License-Identifier: MIT */
#include "fake.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


static int
hex (char c)
{
  const char *digits = "0123456789abcdef";
  const char *at = c != '\0' ? strchr (digits, tolower ((unsigned char) c)) : NULL;

  return at != NULL ? (int) (at - digits) : -1;
}

static char
escaped (const char **at)
{
  char c = *(*at)++;

  switch (c) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case 'e': return '\033';
    case 'a': return '\a';
    case 'x':
      if (hex ((*at)[0]) >= 0 && hex ((*at)[1]) >= 0) {
        c = (char) (hex ((*at)[0]) * 16 + hex ((*at)[1]));
        *at += 2;
      }
      return c;
    default:
      return c;
  }
}

/* A word as in a shell, but that \n and the like work between "". */
static char *
next_word (const char **at, int number)
{
  char *word = get (strlen (*at) + 1);
  size_t n = 0;
  char quote = '\0';

  for (; **at != '\0' && (quote != '\0' || !isspace ((unsigned char) **at));) {
    char c = *(*at)++;

    if (c == quote)
      quote = '\0';
    else if (quote == '\0' && (c == '"' || c == '\''))
      quote = c;
    else
      word[n++] = c == '\\' && quote == '"' ? escaped (at) : c;
  }
  if (quote != '\0')
    broken ("line %d: quote not closed", number);
  return word;
}

static void
split_line (Fake *fake, const char *text, int number)
{
  Line *line = &fake->lines[fake->count];

  line->number = number;
  line->words = get ((MAX_WORDS + 1) * sizeof *line->words);
  for (;;) {
    text += strspn (text, " \t\r");
    if (*text == '\0' || *text == '#')
      break;
    if (line->count == MAX_WORDS)
      broken ("line %d: too many words", number);
    line->words[line->count++] = next_word (&text, number);
  }
  if (line->count > 0)
    fake->count++;
}

void
read_scenario (Fake *fake)
{
  char path[PATH_MAX], name[NAME_MAX + 8];
  char *text, *rest, *line;
  size_t len;
  int number = 0;

  snprintf (name, sizeof name, "%s.fake", fake->name);
  join (path, fake->folder, name);
  rest = text = read_file (path, &len);
  while ((line = strsep (&rest, "\n")) != NULL) {
    if (fake->count == MAX_LINES)
      broken ("%s: too many lines", path);
    split_line (fake, line, ++number);
  }
  free (text);
  if (fake->count > 0 && strcmp (fake->lines[0].words[0], "ordered") == 0)
    fake->ordered = true;
}

/* ---- which block ----------------------------------------------------- */

static bool
matches (char **patterns, int n_patterns, char **args, int n_args)
{
  if (n_patterns == 0)
    return n_args == 0;
  if (strcmp (patterns[0], "**") == 0)
    return matches (patterns + 1, n_patterns - 1, args, n_args)
           || (n_args > 0 && matches (patterns, n_patterns, args + 1, n_args - 1));
  return n_args > 0 && fnmatch (patterns[0], args[0], 0) == 0
         && matches (patterns + 1, n_patterns - 1, args + 1, n_args - 1);
}

bool
begins_block (const Fake *fake, int i)
{
  return strcmp (fake->lines[i].words[0], "call") == 0;
}

/* How often the block may be used; 0: for ever. */
static int
times_of (const Fake *fake, int block)
{
  const Line *line = block + 1 < fake->count ? &fake->lines[block + 1] : NULL;

  if (line != NULL && line->count == 2 && strcmp (line->words[0], "times") == 0)
    return atoi (line->words[1]);
  return fake->ordered ? 1 : 0;
}

/* The file "calls/used" has a line "NAME NUMBER" for each use of a block. */
static int
times_used (const char *used, const char *name, int number)
{
  char wanted[NAME_MAX + 32];
  size_t len;
  int n = 0;

  snprintf (wanted, sizeof wanted, "%s %d\n", name, number);
  len = strlen (wanted);
  for (const char *at = used; at != NULL && *at != '\0'; at = strchr (at, '\n')) {
    at += *at == '\n' ? 1 : 0;
    n += strncmp (at, wanted, len) == 0 ? 1 : 0;
  }
  return n;
}

int
find_block (const Fake *fake, const char *used, char **args, int n_args)
{
  for (int i = 0; i < fake->count; i++) {
    const Line *line = &fake->lines[i];
    int times;

    if (!begins_block (fake, i))
      continue;
    times = times_of (fake, i);
    if (times > 0 && times_used (used, fake->name, line->number) >= times)
      continue;
    if (matches (line->words + 1, line->count - 1, args, n_args))
      return i;
    if (fake->ordered)
      break;
  }
  return -1;
}
