/* galley-http - one HTTP request, one line of JSON.
 *
 * A program of its own so that requests are killed, masked and recorded as
 * any tool's, and galley itself does not pay for libcurl.
 * SPDX-License-Identifier: MIT */
#include "config.h"

#include <curl/curl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "http/request.h"

static void
add_string (GString *json, const char *text, gsize len)
{
  g_string_append_c (json, '"');
  for (gsize i = 0; i < len; i++) {
    guchar c = (guchar) text[i];

    if (c == '"' || c == '\\')
      g_string_append_printf (json, "\\%c", c);
    else if (c == '\n')
      g_string_append (json, "\\n");
    else if (c < ' ' || c == 0x7f)
      g_string_append_printf (json, "\\u%04x", c);
    else
      g_string_append_c (json, (char) c);
  }
  g_string_append_c (json, '"');
}

static void
add_text (GString *json, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  add_string (json, valid, strlen (valid));
}

static void
add_headers (GString *json, const HttpAnswer *answer)
{
  g_string_append (json, ",\"headers\":{");
  for (guint i = 0; i < answer->names->len; i++) {
    if (i > 0)
      g_string_append_c (json, ',');
    add_text (json, answer->names->pdata[i]);
    g_string_append_c (json, ':');
    add_text (json, answer->values->pdata[i]);
  }
  g_string_append_c (json, '}');
}

/* What is not text, or has a NUL byte that many readers stumble over, is
 * given in base64. */
static void
add_body (GString *json, const GByteArray *body)
{
  const char *text = body->len > 0 ? (const char *) body->data : "";
  g_autofree char *encoded = NULL;

  if (g_utf8_validate_len (text, body->len, NULL)) {
    g_string_append (json, ",\"body\":");
    add_string (json, text, body->len);
    return;
  }
  encoded = g_base64_encode (body->data, body->len);
  g_string_append_printf (json, ",\"body_base64\":\"%s\"", encoded);
}

static char *
answer_to_json (const HttpAnswer *answer)
{
  GString *json = g_string_new (NULL);

  g_string_append_printf (json, "{\"status\":%d", answer->status);
  if (answer->reason != NULL) {
    g_string_append (json, ",\"error\":");
    add_text (json, answer->reason);
  }
  if (answer->end == HTTP_ANSWERED || answer->end == HTTP_OTHER_STATUS)
    add_body (json, answer->body);
  g_string_append_printf (json, ",\"time_ms\":%" G_GINT64_FORMAT ",\"redirects\":%u", answer->time_ms,
                          answer->redirects);
  if (answer->status != 0)
    add_headers (json, answer);
  g_string_append (json, "}\n");
  return g_string_free (json, FALSE);
}

static int
print_version (void)
{
  printf ("galley-http %s (%s)\n", PACKAGE_VERSION, curl_version ());
  return fflush (stdout) == 0 ? HTTP_ANSWERED : HTTP_FAILED;
}

static int
ask (const HttpOptions *options)
{
  g_autoptr(HttpAnswer) answer = http_request (options);
  g_autofree char *json = answer_to_json (answer);

  if (answer->reason != NULL)
    fprintf (stderr, "galley-http: %s %s: %s\n", options->query ? "query" : "get", options->shown_url,
             answer->reason);
  if (fputs (json, stdout) == EOF || fflush (stdout) != 0) {
    fprintf (stderr, "galley-http: cannot write the answer\n");
    return HTTP_FAILED;
  }
  return answer->end;
}

int
main (int argc, char **argv)
{
  g_autoptr(HttpOptions) options = NULL;
  g_autoptr(GError) error = NULL;
  int status;

  setlocale (LC_ALL, "");
  signal (SIGPIPE, SIG_IGN);
  curl_global_init (CURL_GLOBAL_DEFAULT);
  options = http_options_parse (argc, argv, &error);
  if (options == NULL) {
    fprintf (stderr, "galley-http: %s\n", error->message);
    status = HTTP_EXIT_USAGE;
  } else {
    status = options->version ? print_version () : ask (options);
  }
  curl_global_cleanup ();
  return status;
}
