/* Many texts looked for at once (Aho and Corasick, 1975): any number of them
 * costs one pass.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* A prefix of at least one form.  Number 0 is the empty one. */
typedef struct {
  guint32 first_child, next_sibling;      /* 0: none */
  guint32 fallback;                       /* the longest proper suffix that is a prefix too */
  guint32 depth;                          /* its length */
  guint32 open;                           /* length of the longest suffix, or all of it, that a form goes on from */
  guint32 match;                          /* the longest form that ends here; 0: none */
  guchar  byte;
} MaskState;

typedef struct {
  GArray  *states;                        /* of MaskState */
  guint32  from_start[256];               /* the children of number 0 */
} MaskAutomaton;

void    mask_automaton_init  (MaskAutomaton *automaton);
void    mask_automaton_clear (MaskAutomaton *automaton);
/* The number of the state that is FORM. */
guint32 mask_automaton_add   (MaskAutomaton *automaton, const char *form, gsize len);
/* Needed after adding, before the first step. */
void    mask_automaton_link  (MaskAutomaton *automaton);

/* Here, so that the loops over every byte of output have them inline. */

#define MASK_STATE(automaton, number) (&g_array_index ((automaton)->states, MaskState, number))

static inline guint32
mask_automaton_child (const MaskAutomaton *automaton, guint32 number, guchar byte)
{
  guint32 child;

  if (number == 0)
    return automaton->from_start[byte];
  child = MASK_STATE (automaton, number)->first_child;
  while (child != 0 && MASK_STATE (automaton, child)->byte != byte)
    child = MASK_STATE (automaton, child)->next_sibling;
  return child;
}

static inline guint32
mask_automaton_step (const MaskAutomaton *automaton, guint32 number, guchar byte)
{
  guint32 child;

  while ((child = mask_automaton_child (automaton, number, byte)) == 0 && number != 0)
    number = MASK_STATE (automaton, number)->fallback;
  return child;
}
