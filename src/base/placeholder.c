/* SPDX-License-Identifier: MIT */
#include "base/placeholder.h"

#include <string.h>

#include "base/mask-automaton.h"
#include "base/mask-encodings.h"
#include "base/mask.h"
#include "base/placeholder-name.h"

/* ---- what is hidden ------------------------------------------------------ */

typedef struct {
  GBytes *value;
  char   *placeholder;
} Secret;

typedef struct {
  const Secret *secret;
  MaskForm      how;
} Form;

/* Forms, and the automaton that finds them. */
typedef struct {
  MaskAutomaton automaton;
  GArray       *forms;          /* of Form */
  GArray       *of_state;       /* of guint32: 1 + index in .forms; 0: none */
  gboolean      linked;
} FormSet;

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

static void
form_set_init (FormSet *set)
{
  mask_automaton_init (&set->automaton);
  set->forms = g_array_new (FALSE, FALSE, sizeof (Form));
  set->of_state = g_array_new (FALSE, TRUE, sizeof (guint32));
}

static void
form_set_clear (FormSet *set)
{
  mask_automaton_clear (&set->automaton);
  g_array_unref (set->forms);
  g_array_unref (set->of_state);
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

static const Form *
form_of_state (const FormSet *set, guint32 number)
{
  guint32 index = number < set->of_state->len ? g_array_index (set->of_state, guint32, number) : 0;

  return index != 0 ? &g_array_index (set->forms, Form, index - 1) : NULL;
}

/* Of forms that look the same the first is meant, but a value as it is
 * rather than another's encoding. */
static void
form_set_add (FormSet *set, const char *text, gsize len, const Form *form)
{
  guint32 number = mask_automaton_add (&set->automaton, text, len);
  const Form *before = form_of_state (set, number);

  set->linked = FALSE;
  if (before != NULL && (form->how.encoding != MASK_RAW || before->how.encoding == MASK_RAW))
    return;
  if (number >= set->of_state->len)
    g_array_set_size (set->of_state, number + 1);
  g_array_append_val (set->forms, *form);
  g_array_index (set->of_state, guint32, number) = set->forms->len;
}

static void
form_set_link (FormSet *set)
{
  if (!set->linked)
    mask_automaton_link (&set->automaton);
  set->linked = TRUE;
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

/* ---- finding ------------------------------------------------------------- */

/* A form, or the beginning of one, in a text. */
typedef struct {
  gsize       from, to;
  const Form *form;
} Match;

/* A secret that the end cut short is one from this length on, as in mask.c. */
#define CUT_SECRET_LENGTH 8

static void
add_match (GArray *matches, gsize from, gsize to, const Form *form)
{
  const Match match = { from, to, form };

  g_array_append_val (matches, match);
}

static void
add_cut (const FormSet *set, guint32 number, gsize end, GArray *matches)
{
  const MaskAutomaton *automaton = &set->automaton;
  gsize depth;

  while (number != 0 && MASK_STATE (automaton, number)->first_child == 0)
    number = MASK_STATE (automaton, number)->fallback;
  depth = MASK_STATE (automaton, number)->depth;
  if (depth < CUT_SECRET_LENGTH || form_of_state (set, number) != NULL)
    return;
  while (form_of_state (set, number) == NULL)
    number = MASK_STATE (automaton, number)->first_child;
  add_match (matches, end - depth, end, form_of_state (set, number));
}

/* By where they end; those that end together, the longest first. */
static GArray *
find_matches (FormSet *set, const char *text, gsize len, gboolean may_be_cut)
{
  GArray *matches = g_array_new (FALSE, FALSE, sizeof (Match));
  const MaskAutomaton *automaton = &set->automaton;
  guint32 number = 0;

  form_set_link (set);
  for (gsize i = 0; i < len; i++) {
    number = mask_automaton_step (automaton, number, (guchar) text[i]);
    for (guint32 n = MASK_STATE (automaton, number)->match; n != 0; ) {
      const MaskState *state = MASK_STATE (automaton, n);

      add_match (matches, i + 1 - state->depth, i + 1, form_of_state (set, n));
      n = MASK_STATE (automaton, state->fallback)->match;
    }
  }
  if (may_be_cut)
    add_cut (set, number, len, matches);
  return matches;
}

/* ---- base64 broken into lines -------------------------------------------- */

/* A text without the line breaks, and what indents the next line, that are
 * within base64, and all base64 in the standard alphabet. */
typedef struct {
  GString *text;
  GArray  *breaks;              /* of Break, in order */
} Joined;

typedef struct {
  gsize at;                     /* in the joined text: what comes from here on ... */
  gsize left_out;               /* ... has lost so many bytes before it */
} Break;

/* The length of the line break at TEXT, with the blanks behind it; 0: none. */
static gsize
line_break_length (const char *text, gsize len)
{
  gsize n = len > 0 && *text == '\r' ? 1 : 0;

  if (n == len || text[n] != '\n')
    return 0;
  for (n++; n < len && (text[n] == ' ' || text[n] == '\t'); n++)
    ;
  return n;
}

static gboolean
is_base64 (char c)
{
  return mask_base64_value (c) >= 0 || c == '=';
}

static void
joined_init (Joined *joined, const char *text, gsize len)
{
  Break at = { 0, 0 };

  joined->text = g_string_sized_new (len);
  joined->breaks = g_array_new (FALSE, FALSE, sizeof (Break));
  for (gsize i = 0; i < len; i++) {
    gsize n = i > 0 && is_base64 (text[i - 1]) ? line_break_length (text + i, len - i) : 0;

    if (n > 0 && i + n < len && is_base64 (text[i + n])) {
      at.at = joined->text->len;
      at.left_out += n;
      g_array_append_val (joined->breaks, at);
      i += n;
    }
    g_string_append_c (joined->text, text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i]);
  }
}

static void
joined_clear (Joined *joined)
{
  g_string_free (joined->text, TRUE);
  g_array_unref (joined->breaks);
}

/* Where byte AT of the joined text is in the text. */
static gsize
joined_offset (const Joined *joined, gsize at)
{
  guint low = 0, high = joined->breaks->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;

    if (g_array_index (joined->breaks, Break, middle).at <= at)
      low = middle + 1;
    else
      high = middle;
  }
  return at + (low > 0 ? g_array_index (joined->breaks, Break, low - 1).left_out : 0);
}

/* Those that a line break is in; the others are found in any case. */
static void
add_broken (FormSet *set, const char *text, gsize len, gboolean may_be_cut, GArray *matches)
{
  g_autoptr (GArray) found = NULL;
  Joined joined;

  joined_init (&joined, text, len);
  if (joined.breaks->len > 0)
    found = find_matches (set, joined.text->str, joined.text->len, may_be_cut);
  for (guint i = 0; found != NULL && i < found->len; i++) {
    Match match = g_array_index (found, Match, i);
    gsize size = match.to - match.from;

    match.from = joined_offset (&joined, match.from);
    match.to = joined_offset (&joined, match.to - 1) + 1;
    if (match.to - match.from > size)
      g_array_append_val (matches, match);
  }
  joined_clear (&joined);
}

/* ---- replacing ----------------------------------------------------------- */

typedef struct {
  char    *text;                /* a copy: what base64 shares with its neighbours changes in it */
  gsize    len;
  gsize    done;                /* so much of it is in .out */
  GString *out;
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

/* The base64 character next to AT, or AT - 1 when backwards, or its like
 * beyond one line break; NULL: none. */
static char *
neighbour (const Work *work, gsize at, gboolean backwards)
{
  gsize newlines = 0;

  while (backwards ? at > 0 : at < work->len) {
    char *c = work->text + (backwards ? at - 1 : at);

    if (mask_base64_value (*c) >= 0)
      return c;
    newlines += *c == '\n';
    if (strchr ("\r\n \t", *c) == NULL || *c == '\0' || newlines > 1)
      return NULL;
    at = backwards ? at - 1 : at + 1;
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
    n += is_base64 (text[i]);
  return n;
}

/* From .done on; line breaks stay. */
static void
replace_base64 (Work *work, const Match *match)
{
  const Form *form = match->form;
  gsize at = count_base64 (work->text, match->from, work->done);

  for (gsize i = work->done; i < match->to; i++) {
    if (!is_base64 (work->text[i])) {
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

/* What the matches before NEXT_FROM left over of REST, which they overlap. */
static void
replace_rest (Work *work, const Match *rest, gsize next_from)
{
  Match cut;

  if (rest == NULL || rest->to <= work->done || next_from <= work->done)
    return;
  cut = *rest;
  cut.to = MIN (cut.to, next_from);
  replace (work, &cut);
}

static void
replace_all (Work *work, const GArray *matches)
{
  const Match *rest = NULL;

  for (guint i = 0; i < matches->len; i++) {
    const Match *match = &g_array_index (matches, Match, i);

    if (match->from < work->done) {
      if (rest == NULL || match->to > rest->to)
        rest = match;
      continue;
    }
    replace_rest (work, rest, match->from);
    begin_match (work, match);
    replace (work, match);
  }
  replace_rest (work, rest, work->len);
  copy_plain (work, work->len);
}

/* The leftmost, then the longest, first. */
static int
compare_matches (gconstpointer a, gconstpointer b)
{
  const Match *one = a, *other = b;

  if (one->from != other->from)
    return one->from < other->from ? -1 : 1;
  return one->to > other->to ? -1 : one->to < other->to;
}

char *
placeholders_substitute (Placeholders *placeholders, const char *text, gssize len, gboolean may_be_cut,
                         gsize *marks, guint n_marks, gsize *out_len)
{
  gsize size = len < 0 ? strlen (text) : (gsize) len;
  g_autoptr (GArray) matches = find_matches (&placeholders->all, text, size, may_be_cut);
  Work work = { .len = size, .marks = marks, .n_marks = marks != NULL ? n_marks : 0 };

  add_broken (&placeholders->broken, text, size, may_be_cut, matches);
  g_array_sort (matches, compare_matches);
  work.text = g_malloc (size + 1);
  memcpy (work.text, text, size);
  work.out = g_string_sized_new (size);
  replace_all (&work, matches);
  move_marks (&work, G_MAXSIZE, work.out->len);
  g_free (work.text);
  if (out_len != NULL)
    *out_len = work.out->len;
  return g_string_free (work.out, FALSE);
}
