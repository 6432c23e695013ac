/* What an action asks of the machine but for running tools.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#define LOOK_FILE_MAX (16 * 1024 * 1024)

typedef enum {
  LOOK_FILE = 1,                  /* SUBJECT's content, at most LOOK_FILE_MAX bytes */
  LOOK_EXISTS,                    /* whether there is anything at SUBJECT */
  LOOK_ENV,                       /* the environment variable SUBJECT */
  LOOK_TIME_LEFT,                 /* until the attempt's timeout, in milliseconds */
  LOOK_LAST
} LookKind;

typedef struct {
  gboolean there;
  gint64   number;                /* of LOOK_TIME_LEFT; G_MAXINT64: no timeout */
  GBytes  *data;                  /* of LOOK_FILE and LOOK_ENV, or NULL */
  char    *problem;               /* of LOOK_FILE: why it cannot be read, or NULL */
} Look;

void look_clear (Look *look);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Look, look_clear)

/* DEADLINE_US: on the monotonic clock; G_MAXINT64: none. */
void look_at (LookKind kind, const char *subject, gint64 deadline_us, Look *look);
