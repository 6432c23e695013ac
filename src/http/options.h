/* The command line of galley-http, checked.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#define HTTP_EXIT_USAGE 64
#define HTTP_MAX_REDIRECTS 3
#define HTTP_MAX_BYTES (16 * 1024 * 1024)

typedef struct {
  gboolean   version;
  gboolean   query;              /* POST the body; else GET */
  char      *url;
  char      *shown_url;          /* without query and fragment, for messages */
  GPtrArray *headers;            /* of char*: "Name: value" */
  char      *user;               /* "user:password", or NULL */
  GBytes    *body;               /* of a query */
  char      *ca_file;
  GArray    *expected;           /* of int: statuses; empty: any */
  gint64     connect_timeout_ms, timeout_ms;
  gint64     low_speed_ms;       /* under LOW_SPEED bytes a second for so long: timed out */
  gint64     low_speed;
  gint64     max_bytes;
  guint      redirects;
} HttpOptions;

/* ARGV as main got it; taken apart.  NULL: *ERROR says what is wrong with it. */
HttpOptions *http_options_parse (int argc, char **argv, GError **error);
void         http_options_free  (HttpOptions *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HttpOptions, http_options_free)

/* URL without user, query and fragment; NULL: it is no http or https URL. */
char *http_url_for_show (const char *url);
