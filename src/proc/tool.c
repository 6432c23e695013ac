/* SPDX-License-Identifier: MIT */
#include "proc/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/text.h"

/* ---- finding a program ----------------------------------------------- */

/* NULL: this is a program we may run.  "": there is nothing of that name.
 * Else what is wrong with what is there. */
static const char *
look_at (const char *path)
{
  struct stat info;

  if (stat (path, &info) < 0) {
    int error = errno;

    if (error == ENOENT && lstat (path, &info) == 0)
      return "is a dangling link";
    if (error == ENOENT || error == ENOTDIR)
      return "";
    return strerrordesc_np (error);
  }
  if (S_ISDIR (info.st_mode))
    return "is a folder";
  if (!S_ISREG (info.st_mode))
    return "is not a file";
  if (faccessat (AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
    return "is not executable";
  return NULL;
}

static char *
find_exactly (const char *path, GError **error)
{
  const char *wrong;

  if (!g_path_is_absolute (path)) {
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION,
                 "\"%s\" is neither a name nor an absolute path", path);
    return NULL;
  }
  wrong = look_at (path);
  if (wrong == NULL)
    return g_strdup (path);
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION, "\"%s\" %s", path,
               *wrong != '\0' ? wrong : "does not exist");
  return NULL;
}

char *
tool_find (const char *name, const char *search_path, GError **error)
{
  g_auto (GStrv) folders = NULL;
  g_autofree char *instead = NULL;

  if (*name == '\0') {
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION, "a tool without a name");
    return NULL;
  }
  if (strchr (name, '/') != NULL)
    return find_exactly (name, error);
  if (search_path == NULL)
    search_path = g_getenv ("PATH");
  if (search_path == NULL) {
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION,
                 "cannot look for \"%s\": PATH is not set", name);
    return NULL;
  }
  folders = g_strsplit (search_path, ":", -1);
  for (guint i = 0; folders[i] != NULL; i++) {
    g_autofree char *path = NULL;
    const char *wrong;

    if (!g_path_is_absolute (folders[i]))
      continue;
    path = g_build_filename (folders[i], name, NULL);
    wrong = look_at (path);
    if (wrong == NULL)
      return g_steal_pointer (&path);
    if (*wrong != '\0' && instead == NULL)
      instead = g_strdup_printf ("; \"%s\" %s", path, wrong);
  }
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION, "\"%s\" is not in PATH (%s)%s",
               name, search_path, instead != NULL ? instead : "");
  return NULL;
}

/* ---- environment ----------------------------------------------------- */

static const char *const passed[] = {
  "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_*", "TZ", "TMPDIR", "XDG_*", "SSL_CERT_*",
  "*_proxy", "*_PROXY", NULL
};

/* Make a program load or run something else.  Let through only by their
 * full name, never by a pattern. */
static const char *const dangerous[] = {
  "LD_*", "GLIBC_TUNABLES", "GCONV_PATH", "LOCPATH", "NLSPATH", "MALLOC_*", "HOSTALIASES",
  "BASH_ENV", "BASHOPTS", "SHELLOPTS", "BASH_FUNC_*", "ENV", "IFS", "PS4", "PROMPT_COMMAND",
  "PYTHON*", "PERL*", "RUBY*", "NODE_OPTIONS", "NODE_PATH", "JAVA_TOOL_OPTIONS", "GALLEY_PROCESS",
  NULL
};

static const char *const set[][2] = {
  { "LC_ALL", "C.UTF-8" }, { "NO_COLOR", "1" }, { "TERM", "dumb" }, { "PAGER", "cat" },
};

/* "*" stands for anything.  Not g_pattern_match_simple: that makes and frees a
 * copy, for each variable and pattern of each command. */
static gboolean
matches (const char *name, const char *pattern)
{
  for (; *pattern != '\0' && *pattern != '*'; pattern++, name++)
    if (*pattern != *name)
      return FALSE;
  if (*pattern == '\0')
    return *name == '\0';
  do
    if (matches (name, pattern + 1))
      return TRUE;
  while (*name++ != '\0');
  return FALSE;
}

static gboolean
matches_any (const char *name, const char *const *patterns)
{
  for (guint i = 0; patterns[i] != NULL; i++)
    if ((*patterns[i] == *name || *patterns[i] == '*') && matches (name, patterns[i]))
      return TRUE;
  return FALSE;
}

static gboolean
is_let_through (const char *name, const char *const *allow)
{
  if (g_strv_contains (allow, name))
    return TRUE;
  if (matches_any (name, dangerous))
    return FALSE;
  return matches_any (name, passed) || matches_any (name, allow);
}

static void
add_ours (GHashTable *values, const char *pair, const char *const *allow)
{
  const char *equals = strchr (pair, '=');
  g_autofree char *name = NULL;

  if (equals == NULL || equals == pair || g_str_has_prefix (equals, "=() {"))
    return;
  name = g_strndup (pair, (gsize) (equals - pair));
  /* The first of a name is the one getenv finds. */
  if (is_let_through (name, allow) && !g_hash_table_contains (values, name))
    g_hash_table_insert (values, g_steal_pointer (&name), g_strdup (equals + 1));
}

static void
add_extra (GHashTable *values, GHashTable *extra)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, extra);
  while (g_hash_table_iter_next (&iter, &name, &value))
    if (value != NULL)
      g_hash_table_insert (values, g_strdup (name), g_strdup (value));
    else
      g_hash_table_remove (values, name);
}

static char **
sorted_pairs (GHashTable *values)
{
  guint n;
  g_autofree gpointer *names = g_hash_table_get_keys_as_array (values, &n);
  char **pairs = g_new0 (char *, n + 1);

  qsort (names, n, sizeof *names, text_compare);
  for (guint i = 0; i < n; i++)
    pairs[i] = g_strconcat (names[i], "=", g_hash_table_lookup (values, names[i]), NULL);
  return pairs;
}

char **
tool_environment (const char *const *ours, const char *allow, GHashTable *extra)
{
  g_autoptr (GHashTable) values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto (GStrv) patterns = g_strsplit (allow != NULL ? allow : "", "|", -1);

  for (guint i = 0; ours != NULL && ours[i] != NULL; i++)
    add_ours (values, ours[i], (const char *const *) patterns);
  for (guint i = 0; i < G_N_ELEMENTS (set); i++)
    g_hash_table_insert (values, g_strdup (set[i][0]), g_strdup (set[i][1]));
  if (extra != NULL)
    add_extra (values, extra);
  return sorted_pairs (values);
}

/* ---- versions -------------------------------------------------------- */

#define ANY_VERSION "([0-9]+(?:\\.[0-9]+)+)"

char *
tool_parse_version (const char *text, const char *regex)
{
  g_autoptr (GRegex) compiled = NULL;
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *version = NULL;

  compiled = g_regex_new (regex != NULL ? regex : ANY_VERSION, G_REGEX_RAW | G_REGEX_MULTILINE, 0,
                          NULL);
  if (compiled == NULL || !g_regex_match (compiled, text, 0, &match))
    return NULL;
  version = g_match_info_fetch (match, g_regex_get_capture_count (compiled) > 0 ? 1 : 0);
  return version != NULL && *version != '\0' ? g_steal_pointer (&version) : NULL;
}

/* The digits at *AT without leading zeros; *AT is moved past them and a
 * dot, or to "" where the numbers end. */
static const char *
next_number (const char **at, gsize *len)
{
  const char *start = *at;
  const char *end;

  while (*start == '0')
    start++;
  for (end = start; g_ascii_isdigit (*end); end++)
    ;
  *len = (gsize) (end - start);
  *at = *end == '.' && g_ascii_isdigit (end[1]) ? end + 1 : "";
  return start;
}

int
tool_compare_versions (const char *a, const char *b)
{
  a += *a == 'v' ? 1 : 0;
  b += *b == 'v' ? 1 : 0;
  while (*a != '\0' || *b != '\0') {
    gsize a_len, b_len;
    const char *a_number = next_number (&a, &a_len);
    const char *b_number = next_number (&b, &b_len);
    int order = a_len != b_len ? (a_len < b_len ? -1 : 1) : strncmp (a_number, b_number, a_len);

    if (order != 0)
      return order < 0 ? -1 : 1;
  }
  return 0;
}
