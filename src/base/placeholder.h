/* What stands for secrets in what is given away: a secret, in whatever
 * encoding it is found, becomes a placeholder of the same length in the same
 * encoding, so that what decodes it finds the placeholder.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct _Placeholders Placeholders;
Placeholders *placeholders_new  (void);
void          placeholders_free (Placeholders *placeholders);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Placeholders, placeholders_free)

/* What stands for VALUE, the secret NAME, from now on: as long as VALUE, of
 * [a-z0-9-] but for VALUE's white space and line ends, which stay where they
 * are; another for another value, the same for the same value.  It depends
 * on NAME, on VALUE's length and white space and on how many values were
 * added before; where there is room it says both: "secret-1-license-111".
 * LEN -1: NUL-terminated.  NULL: VALUE cannot be hidden (mask_refusal), or
 * so many were added that no other text of its length is left: 531 441 of 4
 * bytes.  It may contain what is secret elsewhere, as NAME may. */
const char *placeholders_add (Placeholders *placeholders, const char *name, const char *value, gssize len);

/* A copy of TEXT (LEN -1: NUL-terminated) with each form of all values
 * (mask_each_form), and base64 however it is broken into lines, replaced: the
 * leftmost, then the longest; what it leaves of others that it overlaps is
 * replaced too.  MAY_BE_CUT: also a form that TEXT's end cuts short, from 8
 * bytes on.  MARKS: N_MARKS ascending offsets in TEXT, which are moved to
 * where they come in the result, those inside of what is replaced behind it;
 * may be NULL. */
char *placeholders_substitute (Placeholders *placeholders, const char *text, gssize len, gboolean may_be_cut,
                               gsize *marks, guint n_marks, gsize *out_len);
gboolean placeholders_is_empty (Placeholders *placeholders);
