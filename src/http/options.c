/* SPDX-License-Identifier: MIT */
#include "http/options.h"

#include <curl/curl.h>
#include <string.h>

#include "base/errors.h"
#include "base/text.h"

typedef struct {
  gboolean version;
  char   **headers, **rest;
  char    *header_file, *user_file, *body_file, *ca_file, *expect_status;
  char    *connect_timeout, *timeout, *low_speed_time;
  gint64   low_speed, max_bytes;
  int      redirects;
} Raw;

static void
raw_clear (Raw *raw)
{
  g_strfreev (raw->headers);
  g_strfreev (raw->rest);
  g_free (raw->header_file);
  g_free (raw->user_file);
  g_free (raw->body_file);
  g_free (raw->ca_file);
  g_free (raw->expect_status);
  g_free (raw->connect_timeout);
  g_free (raw->timeout);
  g_free (raw->low_speed_time);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Raw, raw_clear)

G_GNUC_PRINTF (2, 3) static gboolean
wrong (GError **error, const char *format, ...)
{
  va_list ap;
  g_autofree char *text = NULL;

  va_start (ap, format);
  text = g_strdup_vprintf (format, ap);
  va_end (ap);
  g_set_error_literal (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, text);
  return FALSE;
}

static gboolean
read_command_line (int argc, char **argv, Raw *raw, GError **error)
{
  const GOptionEntry entries[] = {
    { "header", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw->headers, "A header; may be repeated", "NAME:VALUE" },
    { "header-file", 0, 0, G_OPTION_ARG_FILENAME, &raw->header_file, "Headers, one a line", "FILE" },
    { "user-file", 0, 0, G_OPTION_ARG_FILENAME, &raw->user_file, "\"user:password\"", "FILE" },
    { "body-file", 0, 0, G_OPTION_ARG_FILENAME, &raw->body_file, "What a query sends", "FILE" },
    { "ca-file", 0, 0, G_OPTION_ARG_FILENAME, &raw->ca_file, "Certificates to trust, and no others", "FILE" },
    { "expect-status", 0, 0, G_OPTION_ARG_STRING, &raw->expect_status, "Any other is a failure", "N,..." },
    { "redirects", 0, 0, G_OPTION_ARG_INT, &raw->redirects, "Follow so many, on the same origin (0 to 3; 0)", "N" },
    { "connect-timeout", 0, 0, G_OPTION_ARG_STRING, &raw->connect_timeout, "For the connection (10s)", "TIME" },
    { "timeout", 0, 0, G_OPTION_ARG_STRING, &raw->timeout, "For all of it (60s)", "TIME" },
    { "low-speed", 0, 0, G_OPTION_ARG_INT64, &raw->low_speed, "Less than this ... (1000)", "BYTES/S" },
    { "low-speed-time", 0, 0, G_OPTION_ARG_STRING, &raw->low_speed_time, "... for so long is a timeout (30s)", "TIME" },
    { "max-bytes", 0, 0, G_OPTION_ARG_INT64, &raw->max_bytes, "Largest body (16777216)", "N" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &raw->version, "Print the version", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw->rest, NULL, NULL },
    { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL }
  };
  g_autoptr(GOptionContext) context = g_option_context_new ("get|query URL");
  g_autoptr(GError) problem = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (context, "Ask for a web page, and print the answer as one line of JSON.");
  if (!g_option_context_parse (context, &argc, &argv, &problem))
    return wrong (error, "%s", problem->message);
  return TRUE;
}

/* -- URL ------------------------------------------------------------------ */

static char *
url_part (CURLU *url, CURLUPart part)
{
  g_autoptr(GString) copy = g_string_new (NULL);
  char *text = NULL;

  if (curl_url_get (url, part, &text, 0) != CURLUE_OK)
    return NULL;
  g_string_append (copy, text);
  curl_free (text);
  return g_string_free (g_steal_pointer (&copy), FALSE);
}

char *
http_url_for_show (const char *url)
{
  CURLU *parts = curl_url ();
  g_autofree char *scheme = NULL;
  char *shown = NULL;

  if (curl_url_set (parts, CURLUPART_URL, url, CURLU_DISALLOW_USER) == CURLUE_OK) {
    scheme = url_part (parts, CURLUPART_SCHEME);
    curl_url_set (parts, CURLUPART_QUERY, NULL, 0);
    curl_url_set (parts, CURLUPART_FRAGMENT, NULL, 0);
    if (g_strcmp0 (scheme, "http") == 0 || g_strcmp0 (scheme, "https") == 0)
      shown = url_part (parts, CURLUPART_URL);
  }
  curl_url_cleanup (parts);
  return shown;
}

/* Nothing of a bad URL is said back: it may hold a password. */
static gboolean
take_url (HttpOptions *options, const char *url, GError **error)
{
  const char *authority;

  for (const char *p = url; *p != '\0'; p++)
    if (*p <= ' ' || *p > '~')
      return wrong (error, "the URL has a space, a control character or one that is not ASCII at its "
                    "byte %" G_GSIZE_FORMAT, (gsize) (p - url) + 1);
  if (!g_str_has_prefix (url, "http://") && !g_str_has_prefix (url, "https://"))
    return wrong (error, "the URL does not begin with \"http://\" or \"https://\"");
  authority = strstr (url, "://") + 3;
  if (memchr (authority, '@', strcspn (authority, "/?#")) != NULL)
    return wrong (error, "a user or password in the URL: use --user-file");
  options->shown_url = http_url_for_show (url);
  if (options->shown_url == NULL)
    return wrong (error, "not a URL");
  options->url = g_strdup (url);
  return TRUE;
}

/* -- headers and files ---------------------------------------------------- */

static gboolean
is_token (const char *text, gsize len)
{
  gsize i = 0;

  while (i < len && (g_ascii_isalnum (text[i]) || strchr ("!#$%&'*+-.^_`|~", text[i]) != NULL))
    i++;
  return len > 0 && i == len;
}

static gboolean
is_one_of (const char *name, const char *const *names)
{
  for (; *names != NULL; names++)
    if (g_ascii_strcasecmp (name, *names) == 0)
      return TRUE;
  return FALSE;
}

/* WHERE is said instead of the header, whose value may be secret. */
static gboolean
take_header (HttpOptions *options, const char *header, const char *where, gboolean in_argv, GError **error)
{
  static const char *const framing[] = { "content-length", "transfer-encoding", "connection", "expect",
                                         "te", "trailer", "upgrade", NULL };
  static const char *const private[] = { "authorization", "cookie", "proxy-authorization", NULL };
  const char *colon = strchr (header, ':');
  g_autofree char *name = colon != NULL ? g_strndup (header, (gsize) (colon - header)) : NULL;

  if (colon == NULL || !is_token (header, (gsize) (colon - header)))
    return wrong (error, "%s is not \"NAME: VALUE\"", where);
  for (const char *p = colon + 1; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p) && *p != '\t')
      return wrong (error, "%s: \"%s\" has a control character", where, name);
  if (is_one_of (name, framing))
    return wrong (error, "%s: \"%s\" is not for you to set", where, name);
  if (in_argv && is_one_of (name, private))
    return wrong (error, "%s: \"%s\" would be seen by all on this machine: use --header-file", where, name);
  /* libcurl drops a header without a value unless it ends at ";". */
  g_ptr_array_add (options->headers, colon[1 + strspn (colon + 1, " \t")] != '\0'
                                       ? g_strdup (header) : g_strconcat (name, ";", NULL));
  return TRUE;
}

static gboolean
read_small_file (const char *what, const char *path, char **text, gsize *len, GError **error)
{
  g_autoptr(GError) problem = NULL;

  if (!g_file_get_contents (path, text, len, &problem))
    return wrong (error, "%s: %s", what, problem->message);
  if (*len > HTTP_MAX_BYTES)
    return wrong (error, "%s: has more than 16 MiB", what);
  return TRUE;
}

static gboolean
read_text_file (const char *what, const char *path, char **text, GError **error)
{
  gsize len;

  if (!read_small_file (what, path, text, &len, error))
    return FALSE;
  if (strlen (*text) != len)
    return wrong (error, "%s: has a NUL byte", what);
  return TRUE;
}

static gboolean
take_header_file (HttpOptions *options, const char *path, GError **error)
{
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;

  if (path == NULL)
    return TRUE;
  if (!read_text_file ("--header-file", path, &text, error))
    return FALSE;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_autofree char *where = g_strdup_printf ("--header-file line %u", i + 1);

    if (lines[i][0] != '\0' && !take_header (options, lines[i], where, FALSE, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
take_headers (HttpOptions *options, const Raw *raw, GError **error)
{
  for (char **header = raw->headers; header != NULL && *header != NULL; header++)
    if (!take_header (options, *header, "--header", TRUE, error))
      return FALSE;
  return take_header_file (options, raw->header_file, error);
}

static gboolean
take_user (HttpOptions *options, const char *path, GError **error)
{
  g_autofree char *text = NULL;

  if (path == NULL)
    return TRUE;
  if (!read_text_file ("--user-file", path, &text, error))
    return FALSE;
  if (g_str_has_suffix (text, "\n"))
    text[strlen (text) - 1] = '\0';
  if (strchr (text, ':') == NULL || strpbrk (text, "\r\n") != NULL)
    return wrong (error, "--user-file: is not one line \"user:password\"");
  options->user = g_steal_pointer (&text);
  return TRUE;
}

static gboolean
take_body (HttpOptions *options, const char *path, GError **error)
{
  char *text;
  gsize len;

  if (options->query != (path != NULL))
    return wrong (error, options->query ? "a query needs --body-file" : "--body-file is for queries");
  if (path == NULL)
    return TRUE;
  if (!read_small_file ("--body-file", path, &text, &len, error))
    return FALSE;
  options->body = g_bytes_new_take (text, len);
  return TRUE;
}

/* -- numbers -------------------------------------------------------------- */

static gboolean
take_time (const char *name, const char *text, gint64 fallback, gint64 *milliseconds, GError **error)
{
  *milliseconds = fallback;
  if (text == NULL)
    return TRUE;
  if (!duration_parse (text, milliseconds, NULL) || *milliseconds < 1)
    return wrong (error, "--%s: \"%s\" is not a time like 500ms, 10s or 2m", name, text);
  return TRUE;
}

static gboolean
take_expected (HttpOptions *options, const char *text, GError **error)
{
  g_auto(GStrv) list = text != NULL ? g_strsplit (text, ",", -1) : NULL;

  for (char **item = list; item != NULL && *item != NULL; item++) {
    gint64 number;
    int status;

    if (!g_ascii_string_to_signed (*item, 10, 100, 599, &number, NULL))
      return wrong (error, "--expect-status: \"%s\" is not a status (100 to 599)", *item);
    status = (int) number;
    g_array_append_val (options->expected, status);
  }
  if (text != NULL && options->expected->len == 0)
    return wrong (error, "--expect-status: is empty");
  return TRUE;
}

static gboolean
take_numbers (HttpOptions *options, const Raw *raw, GError **error)
{
  if (raw->redirects < 0 || raw->redirects > HTTP_MAX_REDIRECTS)
    return wrong (error, "--redirects: 0 to %d", HTTP_MAX_REDIRECTS);
  if (raw->max_bytes < 0 || raw->max_bytes > HTTP_MAX_BYTES)
    return wrong (error, "--max-bytes: 0 to %d", HTTP_MAX_BYTES);
  if (raw->low_speed < 0 || raw->low_speed > G_MAXINT32)
    return wrong (error, "--low-speed: 0 to %d", G_MAXINT32);
  options->redirects = (guint) raw->redirects;
  options->max_bytes = raw->max_bytes;
  options->low_speed = raw->low_speed;
  return take_time ("connect-timeout", raw->connect_timeout, 10000, &options->connect_timeout_ms, error)
         && take_time ("timeout", raw->timeout, 60000, &options->timeout_ms, error)
         && take_time ("low-speed-time", raw->low_speed_time, 30000, &options->low_speed_ms, error)
         && take_expected (options, raw->expect_status, error);
}

/* ------------------------------------------------------------------------- */

static gboolean
take_all (HttpOptions *options, Raw *raw, GError **error)
{
  char **words = raw->rest;

  options->version = raw->version;
  if (raw->version)
    return TRUE;
  if (words == NULL || words[0] == NULL || words[1] == NULL || words[2] != NULL)
    return wrong (error, "usage: galley-http get|query URL [OPTION...]; try --help");
  options->query = strcmp (words[0], "query") == 0;
  if (!options->query && strcmp (words[0], "get") != 0)
    return wrong (error, "\"%s\" is neither get nor query", words[0]);
  options->ca_file = g_steal_pointer (&raw->ca_file);
  return take_url (options, words[1], error) && take_headers (options, raw, error)
         && take_user (options, raw->user_file, error) && take_body (options, raw->body_file, error)
         && take_numbers (options, raw, error);
}

HttpOptions *
http_options_parse (int argc, char **argv, GError **error)
{
  g_auto(Raw) raw = { .low_speed = 1000, .max_bytes = HTTP_MAX_BYTES };
  g_autoptr(HttpOptions) options = g_new0 (HttpOptions, 1);

  options->headers = g_ptr_array_new_with_free_func (g_free);
  options->expected = g_array_new (FALSE, FALSE, sizeof (int));
  if (!read_command_line (argc, argv, &raw, error) || !take_all (options, &raw, error))
    return NULL;
  return g_steal_pointer (&options);
}

void
http_options_free (HttpOptions *options)
{
  g_free (options->url);
  g_free (options->shown_url);
  g_ptr_array_unref (options->headers);
  g_free (options->user);
  g_clear_pointer (&options->body, g_bytes_unref);
  g_free (options->ca_file);
  g_array_unref (options->expected);
  g_free (options);
}
