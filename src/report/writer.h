/* Write to a file, pipe or terminal without ever waiting for whoever reads
 * it.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#define WRITER_QUEUE_MAX (8 * 1024 * 1024)   /* bytes that may wait; what comes then is lost */

typedef struct _Writer Writer;
/* WHAT ("the transcript") is for messages.  OWNED: closed when freed. */
Writer *writer_new  (int fd, gboolean owned, const char *what);
void    writer_free (Writer *writer);                     /* without waiting */
void    writer_add  (Writer *writer, const char *data, gsize len);
/* Write what can be written now. */
void    writer_push (Writer *writer);
/* Wait for it, as long as something gets through every MAX_MS. */
void    writer_drain (Writer *writer, int max_ms);
gsize   writer_waiting (Writer *writer);                  /* bytes */
/* What is wrong, once each: "cannot write the transcript: ..."; or NULL. */
char   *writer_steal_problem (Writer *writer);
