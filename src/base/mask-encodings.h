/* How a secret looks once a tool has quoted or encoded it.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* Called with each form, some more than once; LEN bytes. */
typedef void (*MaskFormFunc) (const char *form, gsize len, gpointer user_data);

/* Raw; each line; base64 (standard and URL alphabet, at three alignments,
 * whole and broken into lines of 64 and 76); hexadecimal; as inside JSON (as
 * Go, Python and others write it), YAML, HTML and URLs; as a shell, and as
 * programs that quote for one, write it.
 * Not covered: other bases, compression, encryption, two of these on top of
 * each other, and characters put in between. */
void mask_each_form (const char *value, gsize len, MaskFormFunc func, gpointer user_data);
