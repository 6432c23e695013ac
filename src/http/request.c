/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "http/request.h"

#include <curl/curl.h>
#include <string.h>

#include "base/text.h"

/* libcurl's own limit is about 300 KiB. */
#define HEADER_BYTES (256 * 1024)

typedef struct {
  const HttpOptions *options;
  HttpAnswer        *answer;
  CURL              *curl;
  struct curl_slist *headers;
  char              *url;
  gint64             started;      /* µs, monotonic */
  gsize              header_bytes;
  gboolean           too_large;
  char               detail[CURL_ERROR_SIZE];
} Request;

G_GNUC_PRINTF (3, 4) static void
finish (Request *request, HttpEnd end, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list ap;

  va_start (ap, format);
  text = g_strdup_vprintf (format, ap);
  va_end (ap);
  g_free (request->answer->reason);
  request->answer->end = end;
  request->answer->reason = text_make_safe (text, -1);
  g_strdelimit (request->answer->reason, "\n\t", ' ');
}

/* -- what comes in --------------------------------------------------------- */

static gsize
on_body (char *data, gsize size, gsize n, gpointer user_data)
{
  Request *request = user_data;
  gsize len = size * n;

  if (len > (gsize) request->options->max_bytes - request->answer->body->len) {
    request->too_large = TRUE;
    return 0;
  }
  g_byte_array_append (request->answer->body, (guint8 *) data, (guint) len);
  return len;
}

static void
add_header (HttpAnswer *answer, char *name, char *value)
{
  for (guint i = 0; i < answer->names->len; i++)
    if (strcmp (answer->names->pdata[i], name) == 0) {
      char *both = g_strconcat (answer->values->pdata[i], ", ", value, NULL);

      g_free (answer->values->pdata[i]);
      answer->values->pdata[i] = both;
      g_free (name);
      g_free (value);
      return;
    }
  g_ptr_array_add (answer->names, name);
  g_ptr_array_add (answer->values, value);
}

/* A status line begins a new answer: after "100 Continue", or a proxy's. */
static gsize
on_header (char *data, gsize size, gsize n, gpointer user_data)
{
  Request *request = user_data;
  HttpAnswer *answer = request->answer;
  g_autofree char *line = g_strndup (data, size * n);
  char *colon = strchr (line, ':');

  request->header_bytes += size * n;
  if (request->header_bytes > HEADER_BYTES) {
    request->too_large = TRUE;
    return 0;
  }
  if (g_str_has_prefix (line, "HTTP/")) {
    g_ptr_array_set_size (answer->names, 0);
    g_ptr_array_set_size (answer->values, 0);
  } else if (colon != NULL && g_ascii_strncasecmp (line, "set-cookie", 10) != 0) {
    add_header (answer, g_ascii_strdown (line, colon - line), g_strstrip (g_strdup (colon + 1)));
  }
  return size * n;
}

/* -- setting up ------------------------------------------------------------ */

static gboolean
has_header (const HttpOptions *options, const char *name)
{
  for (guint i = 0; i < options->headers->len; i++) {
    const char *header = options->headers->pdata[i];

    if (g_ascii_strncasecmp (header, name, strlen (name)) == 0 && strchr (":;", header[strlen (name)]) != NULL)
      return TRUE;
  }
  return FALSE;
}

static void
set_headers (Request *request)
{
  const HttpOptions *options = request->options;

  for (guint i = 0; i < options->headers->len; i++)
    request->headers = curl_slist_append (request->headers, options->headers->pdata[i]);
  if (options->query && !has_header (options, "content-type"))
    request->headers = curl_slist_append (request->headers, "Content-Type: application/json");
  /* Or libcurl waits a second for an answer that many servers do not give. */
  request->headers = curl_slist_append (request->headers, "Expect:");
  curl_easy_setopt (request->curl, CURLOPT_HTTPHEADER, request->headers);
}

static void
set_trust (Request *request)
{
  const char *ca_file = request->options->ca_file, *ca_dir = NULL;

  if (ca_file == NULL) {
    ca_file = g_getenv ("SSL_CERT_FILE");
    ca_dir = g_getenv ("SSL_CERT_DIR");
  }
  if (ca_file != NULL && *ca_file != '\0')
    curl_easy_setopt (request->curl, CURLOPT_CAINFO, ca_file);
  if (request->options->ca_file != NULL)
    curl_easy_setopt (request->curl, CURLOPT_CAPATH, NULL);
  else if (ca_dir != NULL && *ca_dir != '\0')
    curl_easy_setopt (request->curl, CURLOPT_CAPATH, ca_dir);
  curl_easy_setopt (request->curl, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt (request->curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt (request->curl, CURLOPT_SSL_VERIFYHOST, 2L);
}

static void
set_limits (Request *request)
{
  const HttpOptions *options = request->options;

  curl_easy_setopt (request->curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt (request->curl, CURLOPT_CONNECTTIMEOUT_MS, (long) options->connect_timeout_ms);
  curl_easy_setopt (request->curl, CURLOPT_LOW_SPEED_LIMIT, (long) options->low_speed);
  curl_easy_setopt (request->curl, CURLOPT_LOW_SPEED_TIME, (long) ((options->low_speed_ms + 999) / 1000));
  /* Only a hint, for bodies that say their size; on_body counts. */
  curl_easy_setopt (request->curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t) MAX (options->max_bytes, 1));
  curl_easy_setopt (request->curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt (request->curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt (request->curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt (request->curl, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
  curl_easy_setopt (request->curl, CURLOPT_UNRESTRICTED_AUTH, 0L);
  curl_easy_setopt (request->curl, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
}

static void
set_up (Request *request)
{
  const HttpOptions *options = request->options;
  gsize len = 0;
  const char *body = options->body != NULL ? g_bytes_get_data (options->body, &len) : NULL;

  request->curl = curl_easy_init ();
  curl_easy_setopt (request->curl, CURLOPT_ERRORBUFFER, request->detail);
  curl_easy_setopt (request->curl, CURLOPT_USERAGENT, "galley-http/" PACKAGE_VERSION);
  curl_easy_setopt (request->curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt (request->curl, CURLOPT_WRITEDATA, request);
  curl_easy_setopt (request->curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt (request->curl, CURLOPT_HEADERDATA, request);
  curl_easy_setopt (request->curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (options->query) {
    curl_easy_setopt (request->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) len);
    curl_easy_setopt (request->curl, CURLOPT_POSTFIELDS, body != NULL ? body : "");
  }
  if (options->user != NULL) {
    curl_easy_setopt (request->curl, CURLOPT_HTTPAUTH, (long) CURLAUTH_BASIC);
    curl_easy_setopt (request->curl, CURLOPT_USERPWD, options->user);
  }
  set_limits (request);
  set_trust (request);
  set_headers (request);
}

/* -- how it went ----------------------------------------------------------- */

static gint64
elapsed_ms (const Request *request)
{
  return (g_get_monotonic_time () - request->started) / 1000;
}

static char *
part_of (const char *url, CURLUPart part)
{
  CURLU *parts = curl_url ();
  char *text = NULL, *copy = NULL;

  if (curl_url_set (parts, CURLUPART_URL, url, 0) == CURLUE_OK
      && curl_url_get (parts, part, &text, CURLU_DEFAULT_PORT) == CURLUE_OK)
    copy = g_strdup (text);
  curl_free (text);
  curl_url_cleanup (parts);
  return copy;
}

static void
no_connection (Request *request)
{
  g_autofree char *host = part_of (request->url, CURLUPART_HOST);
  g_autofree char *port = part_of (request->url, CURLUPART_PORT);
  long number = 0;
  gboolean proxied = strstr (request->detail, host) == NULL;

  curl_easy_getinfo (request->curl, CURLINFO_OS_ERRNO, &number);
  if (proxied)
    finish (request, HTTP_NO_CONNECTION, "cannot connect to the proxy for \"%s\": %s", host,
            number != 0 ? g_strerror ((int) number) : request->detail);
  else
    finish (request, HTTP_NO_CONNECTION, "cannot connect to \"%s\" port %s: %s", host, port,
            number != 0 ? g_strerror ((int) number) : request->detail);
}

static void
timed_out (Request *request)
{
  g_autofree char *host = part_of (request->url, CURLUPART_HOST);
  g_autofree char *connect = duration_format (request->options->connect_timeout_ms);
  g_autofree char *total = duration_format (request->options->timeout_ms);
  g_autofree char *low = duration_format ((request->options->low_speed_ms + 999) / 1000 * 1000);
  curl_off_t connected = 0;

  curl_easy_getinfo (request->curl, CURLINFO_PRETRANSFER_TIME_T, &connected);
  if (strstr (request->detail, "too slow") != NULL)
    finish (request, HTTP_TIMED_OUT, "less than %" G_GINT64_FORMAT " bytes a second for %s",
            request->options->low_speed, low);
  else if (connected > 0)
    finish (request, HTTP_TIMED_OUT, "no whole answer within %s", total);
  else
    finish (request, HTTP_TIMED_OUT, "no connection to \"%s\" within %s", host,
            request->options->connect_timeout_ms < request->options->timeout_ms ? connect : total);
}

static void
too_large (Request *request)
{
  if (request->header_bytes > HEADER_BYTES)
    finish (request, HTTP_TOO_LARGE, "the headers have more than %d bytes", HEADER_BYTES);
  else
    finish (request, HTTP_TOO_LARGE, "the body has more than %" G_GINT64_FORMAT " bytes",
            request->options->max_bytes);
}

static void
failed (Request *request, CURLcode code)
{
  g_autofree char *host = part_of (request->url, CURLUPART_HOST);
  const char *detail = request->detail[0] != '\0' ? request->detail : curl_easy_strerror (code);

  switch (code) {
  case CURLE_COULDNT_RESOLVE_HOST:
    finish (request, HTTP_NO_NAME, "cannot resolve \"%s\"", host);
    return;
  case CURLE_COULDNT_RESOLVE_PROXY:
    finish (request, HTTP_NO_NAME, "cannot resolve the name of the proxy");
    return;
  case CURLE_COULDNT_CONNECT:
    no_connection (request);
    return;
  case CURLE_OPERATION_TIMEDOUT:
    timed_out (request);
    return;
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_ENGINE_INITFAILED:
    finish (request, HTTP_TLS, "TLS with \"%s\": %s", host, detail);
    return;
  case CURLE_FILESIZE_EXCEEDED:
    too_large (request);
    return;
  case CURLE_GOT_NOTHING:
  case CURLE_PARTIAL_FILE:
  case CURLE_RECV_ERROR:
  case CURLE_SEND_ERROR:
  case CURLE_WEIRD_SERVER_REPLY:
  case CURLE_UNSUPPORTED_PROTOCOL:
  case CURLE_BAD_CONTENT_ENCODING:
    finish (request, HTTP_BROKEN, "broken answer: %s", detail);
    return;
  default:
    finish (request, HTTP_FAILED, "%s", detail);
    return;
  }
}

/* -- redirects ------------------------------------------------------------- */

static gboolean
same_origin (const char *a, const char *b)
{
  static const CURLUPart parts[] = { CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT };

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++) {
    g_autofree char *first = part_of (a, parts[i]);
    g_autofree char *second = part_of (b, parts[i]);

    if (first == NULL || second == NULL || g_ascii_strcasecmp (first, second) != 0)
      return FALSE;
  }
  return TRUE;
}

/* Where to go next; NULL: nowhere, the answer is the answer or a failure. */
static char *
next_url (Request *request)
{
  HttpAnswer *answer = request->answer;
  g_autofree char *shown = NULL;
  char *next = NULL;

  curl_easy_getinfo (request->curl, CURLINFO_REDIRECT_URL, &next);
  if (next == NULL || answer->status < 300 || answer->status > 399 || request->options->redirects == 0)
    return NULL;
  shown = http_url_for_show (next);
  if (shown == NULL || !same_origin (request->url, next))
    finish (request, HTTP_REDIRECTED, "redirected to %s", shown != NULL ? shown : "what is no http or https URL");
  else if (request->options->query && answer->status != 307 && answer->status != 308)
    finish (request, HTTP_REDIRECTED, "a query was redirected with status %d", answer->status);
  else if (answer->redirects == request->options->redirects)
    finish (request, HTTP_REDIRECTED, "redirected more than %u times", answer->redirects);
  else
    return g_strdup (next);
  return NULL;
}

/* -- the request ----------------------------------------------------------- */

static void
check_status (Request *request)
{
  const HttpOptions *options = request->options;
  g_autoptr(GString) wanted = g_string_new (NULL);

  for (guint i = 0; i < options->expected->len; i++) {
    int status = g_array_index (options->expected, int, i);

    if (status == request->answer->status)
      return;
    g_string_append_printf (wanted, i > 0 ? " or %d" : "%d", status);
  }
  if (options->expected->len > 0)
    finish (request, HTTP_OTHER_STATUS, "status %d, want %s", request->answer->status, wanted->str);
}

/* FALSE: it has ended. */
static gboolean
ask_once (Request *request)
{
  HttpAnswer *answer = request->answer;
  gint64 left = request->options->timeout_ms - elapsed_ms (request);
  g_autofree char *next = NULL;
  long status = 0;
  CURLcode code;

  g_byte_array_set_size (answer->body, 0);
  request->header_bytes = 0;
  request->detail[0] = '\0';
  curl_easy_setopt (request->curl, CURLOPT_URL, request->url);
  curl_easy_setopt (request->curl, CURLOPT_TIMEOUT_MS, (long) MAX (left, 1));
  code = curl_easy_perform (request->curl);
  curl_easy_getinfo (request->curl, CURLINFO_RESPONSE_CODE, &status);
  answer->status = (int) status;
  if (request->too_large)
    too_large (request);
  else if (code != CURLE_OK)
    failed (request, code);
  if (answer->end != HTTP_ANSWERED)
    return FALSE;
  next = next_url (request);
  if (next == NULL)
    return FALSE;
  g_free (request->url);
  request->url = g_steal_pointer (&next);
  answer->redirects++;
  return TRUE;
}

HttpAnswer *
http_request (const HttpOptions *options)
{
  HttpAnswer *answer = g_new0 (HttpAnswer, 1);
  Request request = { .options = options, .answer = answer, .started = g_get_monotonic_time () };

  answer->names = g_ptr_array_new_with_free_func (g_free);
  answer->values = g_ptr_array_new_with_free_func (g_free);
  answer->body = g_byte_array_new ();
  request.url = g_strdup (options->url);
  set_up (&request);
  while (ask_once (&request))
    continue;
  if (answer->end == HTTP_ANSWERED)
    check_status (&request);
  answer->time_ms = elapsed_ms (&request);
  curl_easy_cleanup (request.curl);
  curl_slist_free_all (request.headers);
  g_free (request.url);
  return answer;
}

void
http_answer_free (HttpAnswer *answer)
{
  g_free (answer->reason);
  g_ptr_array_unref (answer->names);
  g_ptr_array_unref (answer->values);
  g_byte_array_unref (answer->body);
  g_free (answer);
}
