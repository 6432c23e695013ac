/* SPDX-License-Identifier: MIT */
#include "base/diagnostics.h"

#include <string.h>

#include "base/errors.h"
#include "base/text.h"

#define MAX_SHOWN    50
#define MAX_KEPT     1000     /* a hostile file has a hundred thousand errors */
#define MAX_HINTS    100      /* looking for a near word is not free */
#define LINE_COLUMNS 120

typedef struct {
  guint    file;              /* its place in the order of files */
  Position at;
  guint    order;
  char    *message, *hint;
} Diagnostic;

typedef struct {
  guint   order;
  char   *text;               /* NULL: not known */
  gsize   len;
  GArray *starts;             /* of gsize: where each line begins; made when first asked for */
  GHashTable *hidden;         /* of line numbers */
} Source;

struct _Diagnostics {
  GPtrArray  *list;           /* of Diagnostic* */
  GHashTable *sources;        /* interned file name -> Source* */
  GHashTable *seen;           /* "file:line:column: message" */
  guint       count, additions, hints;
};

static void
diagnostic_free (gpointer data)
{
  Diagnostic *diagnostic = data;

  g_free (diagnostic->message);
  g_free (diagnostic->hint);
  g_free (diagnostic);
}

static void
source_free (gpointer data)
{
  Source *source = data;

  g_free (source->text);
  g_clear_pointer (&source->starts, g_array_unref);
  g_clear_pointer (&source->hidden, g_hash_table_unref);
  g_free (source);
}

Diagnostics *
diagnostics_new (void)
{
  Diagnostics *diagnostics = g_new0 (Diagnostics, 1);

  diagnostics->list = g_ptr_array_new_with_free_func (diagnostic_free);
  diagnostics->sources = g_hash_table_new_full (NULL, NULL, NULL, source_free);
  diagnostics->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return diagnostics;
}

void
diagnostics_free (Diagnostics *diagnostics)
{
  if (diagnostics == NULL)
    return;
  g_ptr_array_unref (diagnostics->list);
  g_hash_table_unref (diagnostics->sources);
  g_hash_table_unref (diagnostics->seen);
  g_free (diagnostics);
}

static Source *
get_source (Diagnostics *diagnostics, const char *file)
{
  const char *name = g_intern_string (file != NULL ? file : "");
  Source *source = g_hash_table_lookup (diagnostics->sources, name);

  if (source == NULL) {
    source = g_new0 (Source, 1);
    source->order = g_hash_table_size (diagnostics->sources);
    g_hash_table_insert (diagnostics->sources, (gpointer) name, source);
  }
  return source;
}

void
diagnostics_add_source (Diagnostics *diagnostics, const char *file, const char *text, gsize len)
{
  Source *source = get_source (diagnostics, file);

  if (source->text != NULL)
    return;
  source->text = g_malloc (len + 1);
  if (len > 0)
    memcpy (source->text, text, len);
  source->text[len] = '\0';
  source->len = len;
}

/* One line that is harmless on a terminal, whatever the file had in it. */
static char *
make_line (const char *text)
{
  char *safe = text_make_safe (text, -1);

  return g_strdelimit (safe, "\n\t", ' ');
}

void
diagnostics_add (Diagnostics *diagnostics, Position at, const char *hint, const char *format, ...)
{
  g_autofree char *text = NULL, *message = NULL;
  Diagnostic *diagnostic;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  message = make_line (text);
  diagnostics->additions++;
  /* A recipe that is included twice has its mistakes once. */
  if (!g_hash_table_add (diagnostics->seen, g_strdup_printf ("%s:%u:%u: %s", at.file, at.line, at.column, message)))
    return;
  diagnostics->count++;
  if (diagnostics->list->len >= MAX_KEPT)
    return;
  diagnostic = g_new0 (Diagnostic, 1);
  diagnostic->file = get_source (diagnostics, at.file)->order;
  diagnostic->at = at;
  diagnostic->order = diagnostics->list->len;
  diagnostic->hint = hint != NULL ? make_line (hint) : NULL;
  diagnostic->message = g_steal_pointer (&message);
  g_ptr_array_add (diagnostics->list, diagnostic);
}

void
diagnostics_hide_line (Diagnostics *diagnostics, const char *file, guint line)
{
  Source *source = get_source (diagnostics, file);

  if (source->hidden == NULL)
    source->hidden = g_hash_table_new (NULL, NULL);
  g_hash_table_add (source->hidden, GUINT_TO_POINTER (line));
}

guint
diagnostics_count (Diagnostics *diagnostics)
{
  return diagnostics->count;
}

guint
diagnostics_additions (Diagnostics *diagnostics)
{
  return diagnostics->additions;
}

gboolean
diagnostics_may_suggest (Diagnostics *diagnostics)
{
  return diagnostics->hints < MAX_HINTS;
}

char *
diagnostics_suggest (Diagnostics *diagnostics, const char *word, const char *const *candidates)
{
  const char *near;

  if (!diagnostics_may_suggest (diagnostics) || strlen (word) > 64)
    return NULL;
  diagnostics->hints++;
  near = did_you_mean (word, candidates);
  return near != NULL ? g_strdup_printf ("did you mean \"%s\"?", near) : NULL;
}

/* -- showing ---------------------------------------------------------------- */

/* Lines end at LF, CR LF or CR, as libyaml counts them. */
static void
find_lines (Source *source)
{
  gsize start = 0;

  source->starts = g_array_new (FALSE, FALSE, sizeof (gsize));
  g_array_append_val (source->starts, start);
  for (gsize i = 0; i < source->len; i++) {
    if (source->text[i] == '\r' && i + 1 < source->len && source->text[i + 1] == '\n')
      i++;
    else if (source->text[i] != '\n' && source->text[i] != '\r')
      continue;
    start = i + 1;
    g_array_append_val (source->starts, start);
  }
}

/* The line's text and length; NULL: there is no such line. */
static const char *
get_line (Source *source, guint line, gsize *len)
{
  const char *start, *end;

  if (source->text == NULL || line == 0)
    return NULL;
  if (source->starts == NULL)
    find_lines (source);
  if (line > source->starts->len)
    return NULL;
  start = source->text + g_array_index (source->starts, gsize, line - 1);
  for (end = start; end < source->text + source->len && *end != '\n' && *end != '\r'; end++)
    ;
  *len = (gsize) (end - start);
  return start;
}

/* One character of a line as it is shown, and how many columns that takes.
 * *P moves behind it. */
static char *
show_character (const char **p, const char *end, guint *columns)
{
  gunichar c = g_utf8_get_char_validated (*p, end - *p);
  g_autofree char *text = NULL;
  char *safe;

  if (c == (gunichar) -1 || c == (gunichar) -2) {
    safe = g_strdup_printf ("\\x%02x", (guchar) **p);
    *p += 1;
    *columns = 4;
    return safe;
  }
  text = g_strndup (*p, (gsize) (g_utf8_next_char (*p) - *p));
  *p = g_utf8_next_char (*p);
  safe = c == '\t' ? g_strdup (" ") : text_make_safe (text, -1);
  if (g_strcmp0 (safe, text) != 0)
    *columns = (guint) g_utf8_strlen (safe, -1);
  else
    *columns = g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;
  return safe;
}

/* How many characters, from P, belong to what is wrong: a quoted text, a
 * reference, or a word. */
static guint
token_length (const char *p, const char *end)
{
  const char *start = p, *close = NULL;

  if (p >= end)
    return 1;
  if (*p == '"' || *p == '\'')
    close = memchr (p + 1, *p, (gsize) (end - p - 1));
  else if (*p == '$' && p + 1 < end && p[1] == '{')
    close = memchr (p, '}', (gsize) (end - p));
  if (close != NULL)
    return (guint) g_utf8_strlen (p, close + 1 - p);
  while (p < end && (g_ascii_isalnum (*p) || strchr ("_-.$/<=>!&|%", *p) != NULL || (guchar) *p >= 0x80))
    p++;
  return p > start ? (guint) g_utf8_strlen (start, p - start) : 1;
}

static const char *
next_character (const char *p, const char *end)
{
  gunichar c = g_utf8_get_char_validated (p, end - p);

  return c == (gunichar) -1 || c == (gunichar) -2 ? p + 1 : g_utf8_next_char (p);
}

static const char *
skip_characters (const char *p, const char *end, guint count)
{
  while (count-- > 0 && p < end)
    p = next_character (p, end);
  return p;
}

/* The part of a line around COLUMN and, below it, the caret. */
static void
append_marked_line (GString *out, guint number, const char *line, const char *end, guint column)
{
  gboolean fits = skip_characters (line, end, LINE_COLUMNS) == end;
  guint first = fits || column <= LINE_COLUMNS / 2 ? 1 : column - LINE_COLUMNS / 2;
  guint columns = 0, caret = G_MAXUINT, marks = 1, token_end = 0;
  const char *p = skip_characters (line, end, first - 1);

  g_string_append_printf (out, "%5u | %s", number, first > 1 ? "..." : "");
  for (guint at = first; p < end && columns < LINE_COLUMNS; at++) {
    g_autofree char *text = NULL;
    guint width;

    if (at == column) {
      caret = columns;
      token_end = at + token_length (p, end);
    }
    text = show_character (&p, end, &width);
    g_string_append (out, text);
    columns += width;
    if (at < token_end)
      marks = MAX (columns - caret, 1);
  }
  if (caret == G_MAXUINT)              /* behind the line */
    caret = columns;
  g_string_append_printf (out, "%s\n      | %s%*s^", p < end ? "..." : "", first > 1 ? "   " : "", (int) caret, "");
  for (guint i = 1; i < marks; i++)
    g_string_append_c (out, '~');
  g_string_append_c (out, '\n');
}

/* A key that is named like a secret, with a value that is no reference. */
static gboolean
may_show_secret (const char *line, const char *end)
{
  g_autofree char *text = g_strndup (line, (gsize) (end - line));

  return g_regex_match_simple ("(secret|passw|token|licen[sc]e|credential|private.?key|api.?key|access.?key)[a-z0-9_.-]*"
                               "[\"']?\\s*:\\s*(?!true\\b|false\\b|[\"']?\\$\\{|[{\\[|>#]|$)\\S",
                               text, G_REGEX_CASELESS | G_REGEX_RAW, 0);
}

void
diagnostics_hide_likely_secrets (Diagnostics *diagnostics, const char *file)
{
  Source *source = get_source (diagnostics, file);
  gsize hidden_indent = G_MAXSIZE, len;
  const char *line;

  for (guint number = 1; (line = get_line (source, number, &len)) != NULL; number++) {
    g_autofree char *text = g_strndup (line, len);
    gsize indent = strspn (text, " -\t");

    if (text[indent] == '\0')
      continue;
    if (indent <= hidden_indent)
      hidden_indent = g_regex_match_simple ("secret|passw|token|licen[sc]e|credential|private|api.?key|access.?key", text,
                                            G_REGEX_CASELESS | G_REGEX_RAW, 0) ? indent : G_MAXSIZE;
    if (hidden_indent != G_MAXSIZE)
      diagnostics_hide_line (diagnostics, file, number);
  }
}

static void
append_diagnostic (Diagnostics *diagnostics, GString *out, const Diagnostic *diagnostic)
{
  Position at = diagnostic->at;
  Source *source = get_source (diagnostics, at.file);
  const char *line;
  gsize len = 0;

  if (at.file != NULL && *at.file != '\0')
    g_string_append_printf (out, "%s:", at.file);
  if (at.line > 0)
    g_string_append_printf (out, "%u:%u:", at.line, MAX (at.column, 1));
  if (out->len > 0 && out->str[out->len - 1] == ':')
    g_string_append_c (out, ' ');
  g_string_append (out, diagnostic->message);
  if (diagnostic->hint != NULL)
    g_string_append_printf (out, " (%s)", diagnostic->hint);
  g_string_append_c (out, '\n');

  line = get_line (source, at.line, &len);
  if (line == NULL)
    return;
  if ((source->hidden != NULL && g_hash_table_contains (source->hidden, GUINT_TO_POINTER (at.line)))
      || may_show_secret (line, line + len))
    g_string_append_printf (out, "%5u | (not shown: it may hold a secret)\n", at.line);
  else
    append_marked_line (out, at.line, line, line + len, MAX (at.column, 1));
}

static int
compare_diagnostics (gconstpointer a, gconstpointer b)
{
  const Diagnostic *x = *(const Diagnostic *const *) a, *y = *(const Diagnostic *const *) b;

  if (x->file != y->file)
    return x->file < y->file ? -1 : 1;
  if (x->at.line != y->at.line)
    return x->at.line < y->at.line ? -1 : 1;
  if (x->at.column != y->at.column)
    return x->at.column < y->at.column ? -1 : 1;
  return x->order < y->order ? -1 : x->order > y->order;
}

char *
diagnostics_to_string (Diagnostics *diagnostics)
{
  GString *out = g_string_new (NULL);
  guint shown = MIN (diagnostics->list->len, MAX_SHOWN);

  g_ptr_array_sort (diagnostics->list, compare_diagnostics);
  for (guint i = 0; i < shown; i++) {
    g_autoptr (GString) one = g_string_new (NULL);

    append_diagnostic (diagnostics, one, diagnostics->list->pdata[i]);
    g_string_append (out, one->str);
  }
  if (diagnostics->count > shown)
    g_string_append_printf (out, "and %u more\n", diagnostics->count - shown);
  return g_string_free (out, FALSE);
}

gboolean
diagnostics_check (Diagnostics *diagnostics, GError **error)
{
  g_autofree char *text = NULL;

  if (diagnostics->count == 0)
    return TRUE;
  text = g_strchomp (diagnostics_to_string (diagnostics));
  g_set_error_literal (error, GALLEY_ERROR, GALLEY_ERROR_RECIPE, text);
  return FALSE;
}
