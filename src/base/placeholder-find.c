/* SPDX-License-Identifier: MIT */
#include "base/placeholder-find.h"

#include <string.h>

/* A secret that the end cut short is one from this length on, as in mask.c. */
#define CUT_SECRET_LENGTH 8
/* So many matches are kept until those that nothing can come before are
 * given out: what is kept depends on the forms, not on the text. */
#define MANY_MATCHES 4096

/* In base64, seen without the line breaks in it. */
typedef struct {
  gsize at;                     /* what comes from here on ... */
  gsize left_out;               /* ... has so many bytes of line breaks before it */
} Break;

typedef struct {
  const char *text;
  gsize       len;
  FormSet    *all, *broken;
  guint32     number;           /* the state of .all */
  guint32     broken_number;    /* the state of .broken */
  GArray     *breaks;           /* of Break: since .broken_number was last 0 */
  gsize       left_out;         /* in all of them */
  gsize       after_break;
  GArray     *matches;          /* found and not given out */
  guint       many;
  MatchFunc   func;
  gpointer    user_data;
} Search;

/* ---- giving out ---------------------------------------------------------- */

static int
compare_matches (gconstpointer a, gconstpointer b)
{
  const Match *one = a, *other = b;

  if (one->from != other->from)
    return one->from < other->from ? -1 : 1;
  return one->to > other->to ? -1 : one->to < other->to;
}

/* Those that begin before BEFORE. */
static void
give_out (Search *search, gsize before)
{
  guint i = 0;

  g_array_sort (search->matches, compare_matches);
  for (; i < search->matches->len; i++) {
    const Match *match = &g_array_index (search->matches, Match, i);

    if (match->from >= before)
      break;
    search->func (match, search->user_data);
  }
  g_array_remove_range (search->matches, 0, i);
}

static void
add_match (Search *search, gsize from, gsize to, const Form *form)
{
  const Match match = { from, to, form };

  g_array_append_val (search->matches, match);
}

/* ---- stepping ------------------------------------------------------------ */

static void
step_all (Search *search, gsize at)
{
  const MaskAutomaton *automaton = &search->all->automaton;

  search->number = mask_automaton_step (automaton, search->number, (guchar) search->text[at]);
  for (guint32 n = MASK_STATE (automaton, search->number)->match; n != 0; ) {
    const MaskState *state = MASK_STATE (automaton, n);

    add_match (search, at + 1 - state->depth, at + 1, form_set_get (search->all, n));
    n = MASK_STATE (automaton, state->fallback)->match;
  }
}

/* The length of the line break at AT, with the blanks behind it, where base64
 * goes on after it; else 0. */
static gsize
line_break_length (const Search *search, gsize at)
{
  const char *p = search->text + at, *end = search->text + search->len;

  if (p < end && *p == '\r')
    p++;
  if (p == end || *p++ != '\n')
    return 0;
  while (p < end && (*p == ' ' || *p == '\t'))
    p++;
  if (p == end || mask_base64_value (*p) < 0)
    return 0;
  return (gsize) (p - search->text) - at;
}

static void
pass_break (Search *search, gsize at, gsize len)
{
  Break passed;

  search->after_break = at + len;
  search->left_out += len;
  passed.at = search->after_break - search->left_out;
  passed.left_out = search->left_out;
  g_array_append_val (search->breaks, passed);
}

/* Where what is AT in the text without line breaks is with them. */
static gsize
original (const Search *search, gsize at)
{
  guint low = 0, high = search->breaks->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;

    if (g_array_index (search->breaks, Break, middle).at <= at)
      low = middle + 1;
    else
      high = middle;
  }
  return at + (low > 0 ? g_array_index (search->breaks, Break, low - 1).left_out : 0);
}

/* One that no line break is in is found by step_all. */
static void
add_broken (Search *search, gsize depth, gsize to, const Form *form)
{
  gsize from = original (search, to - search->left_out - depth);

  if (to - from > depth)
    add_match (search, from, to, form);
}

static void
step_broken (Search *search, gsize at)
{
  const MaskAutomaton *automaton = &search->broken->automaton;
  char c = search->text[at];
  gsize len;

  if (at < search->after_break)
    return;
  if (search->broken_number != 0 && (c == '\r' || c == '\n') && (len = line_break_length (search, at)) > 0) {
    pass_break (search, at, len);
    return;
  }
  c = c == '-' ? '+' : c == '_' ? '/' : c;
  search->broken_number = mask_automaton_step (automaton, search->broken_number, (guchar) c);
  if (search->breaks->len == 0)
    return;
  for (guint32 n = MASK_STATE (automaton, search->broken_number)->match; n != 0; ) {
    const MaskState *state = MASK_STATE (automaton, n);

    add_broken (search, state->depth, at + 1, form_set_get (search->broken, n));
    n = MASK_STATE (automaton, state->fallback)->match;
  }
  if (search->broken_number == 0) {
    g_array_set_size (search->breaks, 0);
    search->left_out = 0;
  }
}

/* The first byte that a form not yet found may begin with, all before AT being read. */
static gsize
first_open (const Search *search, gsize at)
{
  gsize depth = MASK_STATE (&search->all->automaton, search->number)->depth;
  gsize broken = MASK_STATE (&search->broken->automaton, search->broken_number)->depth;
  gsize read = MAX (at, search->after_break);

  return MIN (at - depth, original (search, read - search->left_out - broken));
}

/* The next byte from AT on that anything begins with; .broken has nothing
 * that .all does not have too. */
static gsize
skip (const Search *search, gsize at)
{
  const guint32 *from_start = search->all->automaton.from_start;

  if (search->number != 0 || search->broken_number != 0)
    return at;
  while (at + 1 < search->len && from_start[(guchar) search->text[at]] == 0)
    at++;
  return at;
}

/* ---- the end ------------------------------------------------------------- */

/* The longest beginning of a form that the end cut short, and the form. */
static const Form *
find_cut (const FormSet *set, guint32 number, gsize *depth)
{
  const MaskAutomaton *automaton = &set->automaton;

  while (number != 0 && MASK_STATE (automaton, number)->first_child == 0)
    number = MASK_STATE (automaton, number)->fallback;
  *depth = MASK_STATE (automaton, number)->depth;
  if (*depth < CUT_SECRET_LENGTH)
    return NULL;
  while (form_set_get (set, number) == NULL)
    number = MASK_STATE (automaton, number)->first_child;
  return form_set_get (set, number);
}

static void
add_cut (Search *search)
{
  gsize depth;
  const Form *form = find_cut (search->all, search->number, &depth);

  if (form != NULL)
    add_match (search, search->len - depth, search->len, form);
  form = find_cut (search->broken, search->broken_number, &depth);
  if (form != NULL)
    add_broken (search, depth, search->len, form);
}

void
placeholder_find (FormSet *all, FormSet *broken, const char *text, gsize len, gboolean may_be_cut, MatchFunc func,
                  gpointer user_data)
{
  Search search = { .text = text, .len = len, .all = all, .broken = broken, .many = MANY_MATCHES,
                    .func = func, .user_data = user_data };

  form_set_link (all);
  form_set_link (broken);
  search.breaks = g_array_new (FALSE, FALSE, sizeof (Break));
  search.matches = g_array_new (FALSE, FALSE, sizeof (Match));
  for (gsize i = 0; i < len; i++) {
    i = skip (&search, i);
    step_all (&search, i);
    step_broken (&search, i);
    if (search.matches->len < search.many)
      continue;
    give_out (&search, first_open (&search, i + 1));
    search.many = MAX (MANY_MATCHES, 2 * search.matches->len);
  }
  if (may_be_cut)
    add_cut (&search);
  give_out (&search, len);
  g_array_unref (search.breaks);
  g_array_unref (search.matches);
}
