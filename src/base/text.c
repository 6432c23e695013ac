/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/errors.h"

/* ---- durations ----------------------------------------------------------- */

#define MAX_DURATION (G_GINT64_CONSTANT (30) * 24 * 60 * 60 * 1000)

typedef struct { const char *name; gint64 ms; } Unit;
/* Longest names first among those that begin alike; largest first else. */
static const Unit units[] = { { "d", 86400000 }, { "h", 3600000 }, { "ms", 1 }, { "m", 60000 }, { "s", 1000 } };

static gboolean
bad_duration (const char *text, const char *why, GError **error)
{
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECIPE, "not a duration: \"%s\": %s", text, why);
  return FALSE;
}

static const Unit *
read_unit (const char **p)
{
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (g_str_has_prefix (*p, units[i].name)) {
      *p += strlen (units[i].name);
      return &units[i];
    }
  return NULL;
}

/* WHOLE.FRACTION of a unit, FRACTION in 1/SCALE: exact, or not at all. */
static const char *
add_part (gint64 whole, gint64 fraction, gint64 scale, const Unit *unit, gint64 *total)
{
  if (fraction * unit->ms % scale != 0)
    return "finer than a millisecond";
  if (whole > MAX_DURATION / unit->ms)
    return "more than 30 days";
  *total += whole * unit->ms + fraction * unit->ms / scale;
  return *total > MAX_DURATION ? "more than 30 days" : NULL;
}

/* Digits, at most 12; FALSE: none, or too many. */
static gboolean
read_digits (const char **p, gint64 *value, gint64 *scale)
{
  const char *from = *p;

  *value = 0;
  *scale = 1;
  for (; g_ascii_isdigit (**p); (*p)++) {
    if (*p - from >= 12)
      return FALSE;
    *value = *value * 10 + (**p - '0');
    *scale *= 10;
  }
  return *p > from;
}

gboolean
duration_parse (const char *text, gint64 *milliseconds, GError **error)
{
  gint64 total = 0, last = G_MAXINT64;
  const char *p = text, *why;

  if (g_str_equal (text, "0")) {
    *milliseconds = 0;
    return TRUE;
  }
  do {
    gint64 whole, fraction = 0, scale = 1, ignored;
    const Unit *unit;

    if (!read_digits (&p, &whole, &ignored))
      return bad_duration (text, "write it like 90s, 10m or 1h30m", error);
    if (*p == '.' && (p++, !read_digits (&p, &fraction, &scale) || scale > 1000000))
      return bad_duration (text, "write it like 90s, 8.5s or 1h30m", error);
    unit = read_unit (&p);
    if (unit == NULL)
      return bad_duration (text, "the unit is missing (ms, s, m, h or d)", error);
    if (unit->ms >= last)
      return bad_duration (text, "larger units come first, each once", error);
    last = unit->ms;
    if ((why = add_part (whole, fraction, scale, unit, &total)) != NULL)
      return bad_duration (text, why, error);
  } while (*p != '\0');
  *milliseconds = total;
  return TRUE;
}

char *
duration_format (gint64 ms)
{
  gint64 s, minutes;

  if (ms < 0)
    ms = 0;
  if (ms < 1000)
    return g_strdup_printf ("%d ms", (int) ms);
  if (ms < 9950)
    return g_strdup_printf ("%d.%d s", (int) ((ms + 50) / 1000), (int) ((ms + 50) % 1000 / 100));
  s = (ms + 500) / 1000;
  if (s < 60)
    return g_strdup_printf ("%d s", (int) s);
  if (s < 3600)
    return g_strdup_printf ("%dm %02ds", (int) (s / 60), (int) (s % 60));
  minutes = s / 60;
  if (minutes < 48 * 60)
    return g_strdup_printf ("%dh %02dm", (int) (minutes / 60), (int) (minutes % 60));
  return g_strdup_printf ("%" G_GINT64_FORMAT "d %02dh", minutes / 1440, (int) (minutes / 60 % 24));
}

/* ---- characters ---------------------------------------------------------- */

/* Characters that change what others look like, or where a terminal writes. */
static gboolean
is_dangerous (gunichar c)
{
  return c < 0x20 || (c >= 0x7F && c < 0xA0)
         || c == 0x061C || c == 0x200E || c == 0x200F     /* bidi marks */
         || c == 0x2028 || c == 0x2029                    /* line breaks to some */
         || (c >= 0x202A && c <= 0x202E)                  /* embeddings, overrides */
         || (c >= 0x2066 && c <= 0x2069)                  /* isolates */
         || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB)
         || (c >= 0xE0000 && c <= 0xE007F);               /* tags: invisible text */
}

/* The character at P, or -1 when there is none that is valid. */
static gunichar
char_at (const char *p, const char *end)
{
  gunichar c;

  if (p == end || *p == '\0')
    return p == end ? (gunichar) -1 : 0;
  c = g_utf8_get_char_validated (p, end - p);
  return c >= (gunichar) -2 ? (gunichar) -1 : c;
}

/* ---- the shell ----------------------------------------------------------- */

static gboolean
is_shell_plain (const char *argument)
{
  const char *p = argument;

  for (; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && strchr ("%+,-./:=@_", *p) == NULL)
      return FALSE;
  /* At the head of a command line NAME=value is an assignment, and zsh
   * replaces =name by a path. */
  return p > argument && *argument != '=';
}

static gboolean
needs_dollar_quotes (const char *argument)
{
  const char *end = argument + strlen (argument);

  for (const char *p = argument; p < end; ) {
    gunichar c = char_at (p, end);

    if (c == (gunichar) -1 || is_dangerous (c))
      return TRUE;
    p = g_utf8_next_char (p);
  }
  return FALSE;
}

static void
append_octal (GString *out, const char *p, gsize len)
{
  for (gsize i = 0; i < len; i++)
    g_string_append_printf (out, "\\%03o", (guchar) p[i]);
}

static void
append_dollar_char (GString *out, const char *p, gsize len, gunichar c)
{
  static const char letters[] = "abtnvfr";

  if (c == '\'' || c == '\\')
    g_string_append_printf (out, "\\%c", (char) c);
  else if (c >= 7 && c <= 13)
    g_string_append_printf (out, "\\%c", letters[c - 7]);
  else if (c == (gunichar) -1 || is_dangerous (c))
    append_octal (out, p, len);
  else
    g_string_append_len (out, p, (gssize) len);
}

gsize
shell_append_dollar (GString *out, const char *p, const char *end)
{
  gunichar c = char_at (p, end);
  gsize len = c == (gunichar) -1 ? 1 : (gsize) (g_utf8_next_char (p) - p);

  append_dollar_char (out, p, len, c);
  return len;
}

static char *
dollar_quote (const char *argument)
{
  GString *out = g_string_new ("$'");
  const char *end = argument + strlen (argument);

  for (const char *p = argument; p < end; )
    p += shell_append_dollar (out, p, end);
  g_string_append_c (out, '\'');
  return g_string_free (out, FALSE);
}

static char *
single_quote (const char *argument)
{
  GString *out = g_string_new ("'");

  for (const char *p = argument; *p != '\0'; p++) {
    if (*p == '\'')
      g_string_append (out, "'\\''");
    else
      g_string_append_c (out, *p);
  }
  g_string_append_c (out, '\'');
  return g_string_free (out, FALSE);
}

char *
shell_quote (const char *argument)
{
  if (is_shell_plain (argument))
    return g_strdup (argument);
  if (needs_dollar_quotes (argument))
    return dollar_quote (argument);
  return single_quote (argument);
}

char *
shell_quote_argv (const char *const *argv)
{
  GString *line = g_string_new (NULL);

  for (guint i = 0; argv[i] != NULL; i++) {
    gboolean assignment = i == 0 && strchr (argv[i], '=') != NULL;
    g_autofree char *word = assignment ? single_quote (argv[i]) : shell_quote (argv[i]);

    g_string_append_printf (line, "%s%s", i > 0 ? " " : "", word);
  }
  return g_string_free (line, FALSE);
}

/* ---- words that are meant ------------------------------------------------ */

#define MAX_WORD 64

/* Edits from A to B: insert, delete, replace, swap neighbours. */
static guint
distance (const char *a, const char *b)
{
  guint rows[3][MAX_WORD + 1];
  guint a_len = (guint) strlen (a), b_len = (guint) strlen (b);

  for (guint j = 0; j <= b_len; j++)
    rows[0][j] = j;
  for (guint i = 1; i <= a_len; i++) {
    guint *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];

    row[0] = i;
    for (guint j = 1; j <= b_len; j++) {
      row[j] = MIN (MIN (above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = MIN (row[j], above2[j - 2] + 1);
    }
  }
  return rows[a_len % 3][b_len];
}

static char *
fold_word (const char *word)
{
  char *folded = g_ascii_strdown (word, -1);

  return g_strdelimit (folded, "_", '-');
}

const char *
did_you_mean (const char *word, const char *const *candidates)
{
  g_autofree char *wanted = NULL;
  const char *best = NULL;
  guint least = G_MAXUINT, allowed;

  if (strlen (word) > MAX_WORD)
    return NULL;
  wanted = fold_word (word);
  allowed = MIN (3, (guint) strlen (word) / 3);
  for (guint i = 0; candidates[i] != NULL; i++) {
    g_autofree char *candidate = strlen (candidates[i]) > MAX_WORD ? NULL : fold_word (candidates[i]);
    guint edits = candidate == NULL ? G_MAXUINT : distance (wanted, candidate);

    if (edits <= allowed && edits < least) {
      least = edits;
      best = candidates[i];
    }
  }
  return best;
}

/* ---- text for terminals -------------------------------------------------- */

static void
append_safe (GString *out, const char *p, gunichar c)
{
  if (c == (gunichar) -1)
    g_string_append_printf (out, "\\x%02x", (guchar) *p);
  else if (c == '\n' || c == '\t')
    g_string_append_c (out, (char) c);
  else if (c < 0x20)
    g_string_append_printf (out, "^%c", (char) (c + 0x40));
  else if (c == 0x7F)
    g_string_append (out, "^?");
  else if (c >= 0x80 && c < 0xA0)
    g_string_append_printf (out, "\\x%02x", c);
  else if (is_dangerous (c))
    g_string_append_printf (out, "U+%04X", c);
  else
    g_string_append_unichar (out, c);
}

char *
text_make_safe (const char *bytes, gssize len)
{
  const char *end = bytes + (len < 0 ? strlen (bytes) : (gsize) len);
  GString *out = g_string_sized_new ((gsize) (end - bytes));

  for (const char *p = bytes; p < end; ) {
    gunichar c = char_at (p, end);

    append_safe (out, p, c);
    p += c == (gunichar) -1 ? 1 : g_utf8_next_char (p) - p;
  }
  return g_string_free (out, FALSE);
}

/* ---- what went wrong ----------------------------------------------------- */

/* Never the cause: passed over. */
#define NOISE_LINE \
  "memcache\\.go:\\d+\\]"                              /* kubectl, discovery */ \
  "|^(usage|Usage|USAGE)\\b|^See '?\\S+ .*--help|^Run '.*--help|^For (more )?(details|help|usage)\\b" \
  "|^To see help text|^Try '?\\S+ .*--help|^  \\S+ help$|^  \\S+ <command> (<subcommand> )?help" \
  "|^[IW]\\d{4} \\d\\d:\\d\\d:\\d\\d"                  /* klog: information, warnings */ \
  "|^(WARNING|Warning|warning|DEBUG|INFO|level=(info|debug|warning))\\b" \
  "|^[^A-Za-z0-9]*$" \
  "|^exit status \\d+$|^helm\\.go:\\d+: \\[debug\\]|^(helm\\.sh|github\\.com|main|runtime|k8s\\.io)/?\\S*$" \
  "|^\\s*at \\S+\\(.*\\)$|^(make|gmake)(\\[\\d+\\])?: \\*\\*\\*"

/* What an error looks like, the surest first.  eksctl logs the cause to
 * stdout ("[✖]  AWS::EKS::Cluster/ControlPlane: CREATE_FAILED – ...") and ends
 * with a mere "Error: failed to create cluster" on stderr. */
enum { CAUSE, EKSCTL, SURE, LIKELY, NOISE, COLOUR, N_PATTERNS };
static const char *const patterns[N_PATTERNS] = {
  [CAUSE] = "\\[✖\\].*_FAILED(?!.*[Cc]ancelled)",
  [EKSCTL] = "\\[✖\\](?!\\s+failed to (create|delete|update) \\w+)",
  [SURE] = "^\\s*(Error|ERROR|error|fatal|FATAL|panic)\\s*[:\\[(]|An error occurred|^Error from server"
           "|^\\S*: (\\[ERROR\\]|error|fatal): |\\[✖\\]|^E\\d{4} \\d\\d:\\d\\d:\\d\\d",
  [LIKELY] = "(?i)\\berrors?\\b|\\bfail(ed|ure)?\\b|\\bfatal\\b|\\bdenied\\b|\\bforbidden\\b|\\brefused\\b"
             "|\\btimed out\\b|\\bcannot\\b|\\bcould not\\b|\\bunable to\\b|\\bnot found\\b|\\binvalid\\b"
             "|\\bexpired\\b|\\bexception\\b",
  [NOISE] = NOISE_LINE,
  [COLOUR] = "\\x1b\\[[0-9;?]*[A-Za-z]",
};

#define LINE_MAX_BYTES 2000
#define LINES_LOOKED_AT 2000

static char *
clean_line (GRegex **regexes, const char *line, gsize len)
{
  g_autofree char *valid = g_utf8_make_valid (line, (gssize) MIN (len, LINE_MAX_BYTES));
  char *plain = g_regex_replace_literal (regexes[COLOUR], valid, -1, 0, "", 0, NULL);

  return g_strstrip (plain != NULL ? plain : g_steal_pointer (&valid));
}

/* The last lines of TEXT without noise; the last of them first. */
static GPtrArray *
lines_backwards (GRegex **regexes, const char *text)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);
  const char *end = text + strlen (text);

  for (guint n = 0; end > text && n < LINES_LOOKED_AT; n++) {
    const char *begin = end;
    char *line;

    while (begin > text && begin[-1] != '\n' && begin[-1] != '\r')
      begin--;
    line = clean_line (regexes, begin, (gsize) (end - begin));
    if (*line != '\0' && !g_regex_match (regexes[NOISE], line, 0, NULL))
      g_ptr_array_add (lines, line);
    else
      g_free (line);
    end = begin > text ? begin - 1 : begin;
  }
  return lines;
}

/* The last line that matches; or the FIRST; NULL: there is none. */
static const char *
find_line (GPtrArray *lines, GRegex *regex, gboolean first)
{
  const char *found = NULL;

  for (guint i = 0; i < lines->len && (found == NULL || first); i++)
    if (g_regex_match (regex, lines->pdata[i], 0, NULL))
      found = lines->pdata[i];
  return found;
}

static const char *
choose_line (GRegex **regexes, GPtrArray *err, GPtrArray *out)
{
  GPtrArray *both[] = { err, out };
  const char *line = NULL;

  for (guint i = 0; i < 2 && line == NULL; i++)
    line = find_line (both[i], regexes[CAUSE], TRUE);
  for (guint i = 0; i < 2 && line == NULL; i++)
    line = find_line (both[i], regexes[EKSCTL], FALSE);
  for (guint i = 0; i < 2 && line == NULL; i++)
    line = find_line (both[i], regexes[SURE], FALSE);
  if (line == NULL)
    line = find_line (err, regexes[LIKELY], FALSE);
  if (line == NULL && err->len > 0)
    line = err->pdata[0];
  if (line == NULL)
    line = find_line (out, regexes[LIKELY], FALSE);
  if (line == NULL && out->len > 0)
    line = out->pdata[0];
  return line != NULL ? line : "";
}

char *
text_telling_line (const char *err, const char *out)
{
  GRegex *regexes[N_PATTERNS];
  g_autoptr (GPtrArray) err_lines = NULL, out_lines = NULL;
  char *line;

  for (guint i = 0; i < N_PATTERNS; i++)
    regexes[i] = g_regex_new (patterns[i], 0, 0, NULL);
  err_lines = lines_backwards (regexes, err != NULL ? err : "");
  out_lines = lines_backwards (regexes, out != NULL ? out : "");
  line = g_strdup (choose_line (regexes, err_lines, out_lines));
  for (guint i = 0; i < N_PATTERNS; i++)
    g_regex_unref (regexes[i]);
  return line;
}

const char *
home_folder (void)
{
  const char *named = g_getenv ("HOME");
  const struct passwd *entry;

  if (named != NULL && g_path_is_absolute (named))
    return named;
  entry = getpwuid (getuid ());
  return entry != NULL && g_path_is_absolute (entry->pw_dir) ? entry->pw_dir : "/";
}

int
text_compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}
