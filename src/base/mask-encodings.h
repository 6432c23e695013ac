/* How a secret looks once a tool has quoted or encoded it.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef enum {
  MASK_RAW,
  MASK_BASE64,
  MASK_HEX,
  MASK_JSON,
  MASK_URL,
  MASK_DOLLAR,                  /* within $'...' */
  MASK_ESCAPED,
} MaskEncoding;

/* How a form was made: LEN bytes of the value, from byte FROM on, encoded. */
typedef struct {
  guint32 from, len;
  guint16 encoding;             /* MaskEncoding */
  guint16 style;                /* which of its kind; of base64: how many other bytes come before the value, 0 to 2 */
  guint32 left_out;             /* of base64: how many characters come before the form */
} MaskForm;

/* Called with each form, some more than once; LEN bytes. */
typedef void (*MaskFormFunc) (const char *form, gsize len, const MaskForm *how, gpointer user_data);

/* Raw; each line; base64 (standard and URL alphabet, at three alignments,
 * whole and broken into lines of 64 and 76); hexadecimal; as inside JSON (as
 * Go, Python and others write it), YAML, HTML and URLs; as a shell, and as
 * programs that quote for one, write it.
 * Not covered: other bases, compression, encryption, two of these on top of
 * each other, and characters put in between. */
void mask_each_form (const char *value, gsize len, MaskFormFunc func, gpointer user_data);

/* What stands in place of the bytes SKIP to UPTO of the form HOW of VALUE
 * where each byte of VALUE has become that of OTHER, which is as long.  What
 * stands for a character of VALUE that SKIP cuts is left out, one that UPTO
 * cuts is there. */
void mask_form_replace (const MaskForm *how, const char *value, const char *other, gsize skip, gsize upto,
                        GString *out);

/* Of base64: the bits that OTHER has in character NUMBER, counted from the
 * one that holds the first bit of all; 0 in *OWN is what is not its. */
guint mask_form_bits (const MaskForm *how, const char *other, gsize number, guint *own);
/* 0 to 63 of a character of either alphabet; -1: it is of none. */
int   mask_base64_value (char c);
/* The character, in the standard alphabet. */
char  mask_base64_char (guint value);
