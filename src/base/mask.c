/* SPDX-License-Identifier: MIT */
#include "base/mask.h"

#include <string.h>

#include "base/mask-automaton.h"
#include "base/mask-encodings.h"

struct _Masker {
  void        (*hear) (const char *value, gsize len, gpointer data);
  gpointer      hear_data;
  MaskAutomaton forms;                    /* all forms of all secrets */
  guint         generation;               /* of what was added */
  guint         linked;                   /* the generation the automaton is linked for */
};

Masker *
masker_new (void)
{
  Masker *masker = g_new0 (Masker, 1);

  mask_automaton_init (&masker->forms);
  return masker;
}

void
masker_free (Masker *masker)
{
  if (masker == NULL)
    return;
  mask_automaton_clear (&masker->forms);
  g_free (masker);
}

gboolean
masker_is_empty (Masker *masker)
{
  return masker->forms.states->len == 1;
}

static void
add_form (const char *form, gsize len, G_GNUC_UNUSED const MaskForm *how, gpointer user_data)
{
  Masker *masker = user_data;

  if (len >= MASK_MIN_LENGTH)
    mask_automaton_add (&masker->forms, form, len);
}

void
masker_on_add (Masker *masker, void (*hear) (const char *value, gsize len, gpointer data), gpointer data)
{
  masker->hear = hear;
  masker->hear_data = data;
}

const char *
mask_refusal (const char *value, gsize len)
{
  gsize from = 0, to = len;

  while (from < to && g_ascii_isspace (value[from]))
    from++;
  while (to > from && g_ascii_isspace (value[to - 1]))
    to--;
  if (to - from < MASK_MIN_LENGTH)
    return "is shorter than " G_STRINGIFY (MASK_MIN_LENGTH) " bytes";
  return len > MASK_MAX_LENGTH ? "is longer than 64 KiB" : NULL;
}

gboolean
masker_add (Masker *masker, const char *value, gssize len)
{
  gsize size = len < 0 ? strlen (value) : (gsize) len;

  if (mask_refusal (value, size) != NULL)
    return FALSE;
  mask_each_form (value, size, add_form, masker);
  masker->generation++;
  if (masker->hear != NULL)
    masker->hear (value, size, masker->hear_data);
  return TRUE;
}

/* ---- streams ------------------------------------------------------------- */

typedef struct { gsize from, to; } Range;

struct _MaskStream {
  Masker     *masker;
  guint       generation;
  guint32     state;
  GByteArray *held;             /* read and not given out */
  GArray     *secret;           /* of Range in .held, in order, apart from each other */
  gboolean    after_mask;       /* the last thing given out was MASK_TEXT */
};

MaskStream *
mask_stream_new (Masker *masker)
{
  MaskStream *stream = g_new0 (MaskStream, 1);

  stream->masker = masker;
  stream->held = g_byte_array_new ();
  stream->secret = g_array_new (FALSE, FALSE, sizeof (Range));
  return stream;
}

void
mask_stream_free (MaskStream *stream)
{
  if (stream == NULL)
    return;
  g_byte_array_unref (stream->held);
  g_array_unref (stream->secret);
  g_free (stream);
}

/* TO is never less than that of an earlier range. */
static void
add_range (GArray *ranges, gsize from, gsize to)
{
  Range range = { from, to };

  while (ranges->len > 0) {
    Range *last = &g_array_index (ranges, Range, ranges->len - 1);

    if (last->to < range.from)
      break;
    range.from = MIN (range.from, last->from);
    range.to = MAX (range.to, last->to);
    g_array_set_size (ranges, ranges->len - 1);
  }
  g_array_append_val (ranges, range);
}

static void
scan (MaskStream *stream, gsize from)
{
  const MaskAutomaton *forms = &stream->masker->forms;
  const guchar *bytes = stream->held->data;
  gsize len = stream->held->len;
  guint32 number = stream->state;

  for (gsize i = from; i < len; i++) {
    guint32 match;

    if (number == 0)
      while (forms->from_start[bytes[i]] == 0)
        if (++i == len) {
          stream->state = 0;
          return;
        }
    number = mask_automaton_step (forms, number, bytes[i]);
    match = MASK_STATE (forms, number)->match;
    if (match != 0)
      add_range (stream->secret, i + 1 - MASK_STATE (forms, match)->depth, i + 1);
  }
  stream->state = number;
}

/* What was added since the last piece: look through what is held again. */
static void
catch_up (MaskStream *stream)
{
  Masker *masker = stream->masker;
  g_autoptr (GArray) before = NULL;

  if (masker->linked != masker->generation) {
    mask_automaton_link (&masker->forms);
    masker->linked = masker->generation;
  }
  if (stream->generation == masker->generation)
    return;
  stream->generation = masker->generation;
  stream->state = 0;
  if (stream->held->len == 0)
    return;
  /* Forms are never taken away, so all earlier finds are found again, but
   * for one that began before what is held. */
  before = g_steal_pointer (&stream->secret);
  stream->secret = g_array_new (FALSE, FALSE, sizeof (Range));
  if (before->len > 0 && g_array_index (before, Range, 0).from == 0)
    g_array_append_val (stream->secret, g_array_index (before, Range, 0));
  scan (stream, 0);
}

static void
give_plain (MaskStream *stream, GByteArray *out, gsize from, gsize to)
{
  if (from == to)
    return;
  g_byte_array_append (out, stream->held->data + from, (guint) (to - from));
  stream->after_mask = FALSE;
}

/* The first SAFE bytes that are held. */
static void
give_out (MaskStream *stream, GByteArray *out, gsize safe)
{
  gsize at = 0;
  guint done = 0;

  for (guint i = 0; i < stream->secret->len; i++) {
    Range *range = &g_array_index (stream->secret, Range, i);

    if (range->from >= safe) {
      range->from -= safe;
      range->to -= safe;
      continue;
    }
    give_plain (stream, out, at, range->from);
    if (!stream->after_mask)
      g_byte_array_append (out, (const guint8 *) MASK_TEXT, strlen (MASK_TEXT));
    stream->after_mask = TRUE;
    at = MIN (range->to, safe);
    if (range->to > safe) {
      range->from = 0;
      range->to -= safe;
    } else {
      done = i + 1;
    }
  }
  give_plain (stream, out, at, safe);
  if (done > 0)
    g_array_remove_range (stream->secret, 0, done);
  if (safe > 0)
    g_byte_array_remove_range (stream->held, 0, (guint) safe);
}

static void
feed (MaskStream *stream, const char *data, gsize len, GByteArray *out)
{
  gsize from;

  catch_up (stream);
  from = stream->held->len;
  g_byte_array_append (stream->held, (const guint8 *) data, (guint) len);
  if (!masker_is_empty (stream->masker))
    scan (stream, from);
  give_out (stream, out, stream->held->len - MASK_STATE (&stream->masker->forms, stream->state)->open);
}

/* A secret that the end of the stream cut short is one from this length on. */
#define CUT_SECRET_LENGTH 8

static void
finish (MaskStream *stream, gboolean may_be_cut, GByteArray *out)
{
  gsize open = MASK_STATE (&stream->masker->forms, stream->state)->open, len = stream->held->len;

  if (may_be_cut && open >= CUT_SECRET_LENGTH)
    add_range (stream->secret, len - open, len);
  give_out (stream, out, len);
  stream->state = 0;
  stream->after_mask = FALSE;
}

GBytes *
mask_stream_feed (MaskStream *stream, const char *data, gsize len, gboolean last)
{
  GByteArray *out = g_byte_array_new ();

  feed (stream, data, len, out);
  if (last)
    finish (stream, TRUE, out);
  return g_byte_array_free_to_bytes (out);
}

static void
mask_whole (Masker *masker, const char *text, gsize len, GByteArray *out)
{
  g_autoptr (MaskStream) stream = mask_stream_new (masker);

  feed (stream, text, len, out);
  finish (stream, FALSE, out);
}

char *
masker_mask (Masker *masker, const char *text, gssize len, gsize *out_len)
{
  gsize size = len < 0 ? strlen (text) : (gsize) len;
  GByteArray *out = g_byte_array_sized_new ((guint) size + 1);

  if (masker_is_empty (masker))
    g_byte_array_append (out, (const guint8 *) text, (guint) size);
  else
    mask_whole (masker, text, size, out);
  if (out_len != NULL)
    *out_len = out->len;
  g_byte_array_append (out, (const guint8 *) "", 1);
  return (char *) g_byte_array_free (out, FALSE);
}
