/* Keep secrets out of everything that is kept or shown.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#define MASK_TEXT "***"
#define MASK_MIN_LENGTH 4          /* shorter secrets cannot be masked: refused */
#define MASK_MAX_LENGTH (64 * 1024) /* longer ones too */

typedef struct _Masker Masker;
Masker  *masker_new  (void);
void     masker_free (Masker *masker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Masker, masker_free)

/* VALUE and its usual encodings: exact bytes, each line of a text of more
 * than one, base64 in both alphabets and at all three alignments, as inside
 * a JSON string, URL-encoded, shell-quoted; see mask-encodings.h.  FALSE: too
 * short (white space at its ends not counted) or too long to be masked. */
gboolean masker_add (Masker *masker, const char *value, gssize len);
/* HEAR is told of each value that masker_add takes from now on. */
void     masker_on_add (Masker *masker, void (*hear) (const char *value, gsize len, gpointer data), gpointer data);
/* Why masker_add would refuse VALUE ("is shorter than 4 bytes"); NULL: it would not. */
const char *mask_refusal (const char *value, gsize len);
/* A copy with every secret replaced; LEN -1: NUL-terminated. */
char    *masker_mask (Masker *masker, const char *text, gssize len, gsize *out_len);
gboolean masker_is_empty (Masker *masker);

/* The same over a stream that comes in pieces: what may be the beginning of
 * a secret, and no more, is held back until it is known, or until LAST; a
 * secret that ends short there is masked too from 8 bytes on.  Secrets that
 * touch each other become one MASK_TEXT. */
typedef struct _MaskStream MaskStream;
MaskStream *mask_stream_new  (Masker *masker);
void        mask_stream_free (MaskStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MaskStream, mask_stream_free)
GBytes     *mask_stream_feed (MaskStream *stream, const char *data, gsize len, gboolean last);
