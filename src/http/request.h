/* One request, and what came of it.  SPDX-License-Identifier: MIT */
#pragma once

#include "http/options.h"

/* How galley-http ends.  Part of its interface: galley-http(7). */
typedef enum {
  HTTP_ANSWERED    = 0,
  HTTP_FAILED      = 1,          /* anything not listed here */
  HTTP_OTHER_STATUS = 8,         /* an answer, but not of --expect-status */
  HTTP_NO_NAME     = 10,         /* the host's (or proxy's) name has no address */
  HTTP_NO_CONNECTION = 11,       /* refused, unreachable */
  HTTP_TIMED_OUT   = 12,
  HTTP_TLS         = 13,
  HTTP_TOO_LARGE   = 14,
  HTTP_REDIRECTED  = 15,         /* too often, or elsewhere */
  HTTP_BROKEN      = 16,         /* an answer that ends early or is not HTTP */
} HttpEnd;

typedef struct {
  HttpEnd     end;
  char       *reason;            /* NULL when answered; one line without secrets */
  int         status;            /* of the last answer; 0: none */
  GPtrArray  *names, *values;    /* its headers, of char*; names in small letters, none twice */
  GByteArray *body;
  gint64      time_ms;
  guint       redirects;         /* that were followed */
} HttpAnswer;

HttpAnswer *http_request     (const HttpOptions *options);
void        http_answer_free (HttpAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HttpAnswer, http_answer_free)
