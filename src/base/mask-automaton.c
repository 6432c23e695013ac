/* SPDX-License-Identifier: MIT */
#include "base/mask-automaton.h"

void
mask_automaton_init (MaskAutomaton *automaton)
{
  automaton->states = g_array_new (FALSE, TRUE, sizeof (MaskState));
  g_array_set_size (automaton->states, 1);
}

void
mask_automaton_clear (MaskAutomaton *automaton)
{
  g_array_unref (automaton->states);
}

static guint32
add_child (MaskAutomaton *automaton, guint32 number, guchar byte)
{
  MaskState *parent = MASK_STATE (automaton, number);
  MaskState child = { .next_sibling = parent->first_child, .depth = parent->depth + 1, .byte = byte };
  guint32 added = automaton->states->len;

  parent->first_child = added;
  if (number == 0)
    automaton->from_start[byte] = added;
  g_array_append_val (automaton->states, child);
  return added;
}

guint32
mask_automaton_add (MaskAutomaton *automaton, const char *form, gsize len)
{
  guint32 number = 0;

  for (gsize i = 0; i < len; i++) {
    guint32 child = mask_automaton_child (automaton, number, (guchar) form[i]);

    number = child != 0 ? child : add_child (automaton, number, (guchar) form[i]);
  }
  MASK_STATE (automaton, number)->match = number;
  return number;
}

static void
link_state (MaskAutomaton *automaton, guint32 number, guint32 parent)
{
  MaskState *state = MASK_STATE (automaton, number);

  state->fallback =
    parent == 0 ? 0 : mask_automaton_step (automaton, MASK_STATE (automaton, parent)->fallback, state->byte);
  state->open = state->first_child != 0 ? state->depth : MASK_STATE (automaton, state->fallback)->open;
  /* Its own form is longer than any that ends in a suffix of it. */
  if (state->match != number)
    state->match = MASK_STATE (automaton, state->fallback)->match;
}

/* Breadth first: a fallback is always nearer to the start. */
void
mask_automaton_link (MaskAutomaton *automaton)
{
  g_autoptr (GArray) queue = g_array_new (FALSE, FALSE, sizeof (guint32));
  guint32 start = 0;

  g_array_append_val (queue, start);
  for (guint i = 0; i < queue->len; i++) {
    guint32 parent = g_array_index (queue, guint32, i);

    for (guint32 n = MASK_STATE (automaton, parent)->first_child; n != 0; n = MASK_STATE (automaton, n)->next_sibling) {
      link_state (automaton, n, parent);
      g_array_append_val (queue, n);
    }
  }
}
