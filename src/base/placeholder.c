/* SPDX-License-Identifier: MIT */
#include "base/placeholder.h"

#include <string.h>

#include "base/mask.h"
#include "base/placeholder-find.h"
#include "base/placeholder-name.h"

/* ---- what is hidden ------------------------------------------------------ */

struct _Placeholders {
  GHashTable *secrets;          /* GBytes to Secret, which owns it */
  FormSet     all;
  FormSet     broken;           /* base64 in the standard alphabet, to be found across line breaks */
  Secret     *adding;
};

static void
secret_free (gpointer data)
{
  Secret *secret = data;

  g_bytes_unref (secret->value);
  g_free (secret->placeholder);
  g_free (secret);
}

Placeholders *
placeholders_new (void)
{
  Placeholders *placeholders = g_new0 (Placeholders, 1);

  placeholders->secrets = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, NULL, secret_free);
  form_set_init (&placeholders->all);
  form_set_init (&placeholders->broken);
  return placeholders;
}

void
placeholders_free (Placeholders *placeholders)
{
  if (placeholders == NULL)
    return;
  g_hash_table_unref (placeholders->secrets);
  form_set_clear (&placeholders->all);
  form_set_clear (&placeholders->broken);
  g_free (placeholders);
}

gboolean
placeholders_is_empty (Placeholders *placeholders)
{
  return g_hash_table_size (placeholders->secrets) == 0;
}

static void
add_form (const char *text, gsize len, const MaskForm *how, gpointer user_data)
{
  Placeholders *placeholders = user_data;
  const Form form = { placeholders->adding, *how };

  if (len < MASK_MIN_LENGTH)
    return;
  form_set_add (&placeholders->all, text, len, &form);
  /* Without the later lines of what is broken already, and the URL alphabet. */
  if (how->encoding == MASK_BASE64 && how->left_out <= 3
      && memchr (text, '-', len) == NULL && memchr (text, '_', len) == NULL)
    form_set_add (&placeholders->broken, text, len, &form);
}

const char *
placeholders_add (Placeholders *placeholders, const char *name, const char *value, gssize len)
{
  gsize size = len < 0 ? strlen (value) : (gsize) len;
  g_autoptr (GBytes) bytes = g_bytes_new (value, size);
  Secret *secret = g_hash_table_lookup (placeholders->secrets, bytes);
  char *placeholder;

  if (secret != NULL)
    return secret->placeholder;
  if (mask_refusal (value, size) != NULL)
    return NULL;
  placeholder = placeholder_name (name, g_hash_table_size (placeholders->secrets) + 1, value, size);
  if (placeholder == NULL)
    return NULL;
  secret = g_new0 (Secret, 1);
  secret->value = g_bytes_ref (bytes);
  secret->placeholder = placeholder;
  g_hash_table_insert (placeholders->secrets, secret->value, secret);
  placeholders->adding = secret;
  mask_each_form (value, size, add_form, placeholders);
  return placeholder;
}

/* ---- replacing ----------------------------------------------------------- */

typedef struct {
  char    *text;                /* a copy: what base64 shares with its neighbours changes in it */
  gsize    len;
  gsize    done;                /* so much of it is in .out */
  GString *out;
  Match    rest;                /* what earlier ones overlap, and what ends last of that */
  gsize   *marks;               /* those that are not moved yet */
  guint    n_marks;
} Work;

static void
move_marks (Work *work, gsize before, gsize to)
{
  for (; work->n_marks > 0 && *work->marks < before; work->marks++, work->n_marks--)
    *work->marks = to;
}

static void
copy_plain (Work *work, gsize to)
{
  for (; work->n_marks > 0 && *work->marks <= to; work->marks++, work->n_marks--)
    *work->marks = work->out->len + (*work->marks - work->done);
  g_string_append_len (work->out, work->text + work->done, (gssize) (to - work->done));
  work->done = to;
}

/* The base64 character after those up to AT, or before them, beyond a line
 * break too; NULL: none. */
static char *
neighbour (const Work *work, gsize at, gboolean backwards)
{
  gsize passed = 0, newlines = 0;

  for (; backwards ? at > 0 : at < work->len; backwards ? at-- : at++, passed++) {
    char *c = work->text + (backwards ? at - 1 : at);

    if (mask_base64_value (*c) >= 0)
      return passed == 0 || newlines == 1 ? c : NULL;
    newlines += *c == '\n';
    if (!g_ascii_isspace (*c))
      return NULL;
  }
  return NULL;
}

/* Character NUMBER of FORM's base64, which is at C, has bits of the value and
 * bits of what is next to it. */
static void
replace_shared (const Form *form, gsize number, char *c)
{
  guint own;
  guint bits = mask_form_bits (&form->how, form->secret->placeholder, number, &own);

  if (c != NULL && own != 0 && own != 0x3F)
    *c = mask_base64_char (((guint) mask_base64_value (*c) & ~own) | bits);
}

static gsize
count_base64 (const char *text, gsize from, gsize to)
{
  gsize n = 0;

  for (gsize i = from; i < to; i++)
    n += mask_base64_value (text[i]) >= 0 ? 1 : 0;
  return n;
}

/* From .done on; line breaks and padding stay. */
static void
replace_base64 (Work *work, const Match *match)
{
  const Form *form = match->form;
  gsize at = count_base64 (work->text, match->from, work->done);

  for (gsize i = work->done; i < match->to; i++) {
    if (mask_base64_value (work->text[i]) < 0) {
      g_string_append_c (work->out, work->text[i]);
      continue;
    }
    mask_form_replace (&form->how, NULL, form->secret->placeholder, at, at + 1, work->out);
    at++;
  }
  replace_shared (form, form->how.left_out + at, neighbour (work, match->to, FALSE));
}

/* What is left of MATCH. */
static void
replace (Work *work, const Match *match)
{
  const Secret *secret = match->form->secret;

  if (match->form->how.encoding == MASK_BASE64)
    replace_base64 (work, match);
  else
    mask_form_replace (&match->form->how, g_bytes_get_data (secret->value, NULL), secret->placeholder,
                       work->done - match->from, match->to - match->from, work->out);
  move_marks (work, match->to, work->out->len);
  work->done = match->to;
}

static void
begin_match (Work *work, const Match *match)
{
  const MaskForm *how = &match->form->how;

  if (how->encoding == MASK_BASE64 && how->left_out > 0)
    replace_shared (match->form, how->left_out - 1, neighbour (work, match->from, TRUE));
  copy_plain (work, match->from);
}

/* What those before NEXT_FROM left over of what they overlap. */
static void
replace_rest (Work *work, gsize next_from)
{
  Match rest = work->rest;

  rest.to = MIN (rest.to, next_from);
  if (rest.to > work->done)
    replace (work, &rest);
}

/* The leftmost comes first, and of those the longest. */
static void
take_match (const Match *match, gpointer user_data)
{
  Work *work = user_data;

  if (match->from < work->done) {
    if (match->to > work->rest.to)
      work->rest = *match;
    return;
  }
  replace_rest (work, match->from);
  begin_match (work, match);
  replace (work, match);
}

char *
placeholders_substitute (Placeholders *placeholders, const char *text, gssize len, gboolean may_be_cut,
                         gsize *marks, guint n_marks, gsize *out_len)
{
  gsize size = len < 0 ? strlen (text) : (gsize) len;
  Work work = { .len = size, .marks = marks, .n_marks = marks != NULL ? n_marks : 0 };

  work.text = g_malloc (size + 1);
  if (size > 0)
    memcpy (work.text, text, size);
  work.out = g_string_sized_new (size);
  placeholder_find (&placeholders->all, &placeholders->broken, text, size, may_be_cut, take_match, &work);
  replace_rest (&work, size);
  copy_plain (&work, size);
  move_marks (&work, G_MAXSIZE, work.out->len);
  g_free (work.text);
  if (out_len != NULL)
    *out_len = work.out->len;
  return g_string_free (work.out, FALSE);
}
