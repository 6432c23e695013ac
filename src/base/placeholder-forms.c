/* SPDX-License-Identifier: MIT */
#include "base/placeholder-forms.h"

void
form_set_init (FormSet *set)
{
  mask_automaton_init (&set->automaton);
  set->forms = g_array_new (FALSE, FALSE, sizeof (Form));
  set->of_state = g_array_new (FALSE, TRUE, sizeof (guint32));
  set->linked = FALSE;
}

void
form_set_clear (FormSet *set)
{
  mask_automaton_clear (&set->automaton);
  g_array_unref (set->forms);
  g_array_unref (set->of_state);
}

const Form *
form_set_get (const FormSet *set, guint32 number)
{
  guint32 index = number < set->of_state->len ? g_array_index (set->of_state, guint32, number) : 0;

  return index != 0 ? &g_array_index (set->forms, Form, index - 1) : NULL;
}

static guint
rank (const Form *form)
{
  return (form->how.encoding == MASK_RAW ? 2 : 0) + (form->how.len == g_bytes_get_size (form->secret->value) ? 1 : 0);
}

void
form_set_add (FormSet *set, const char *text, gsize len, const Form *form)
{
  guint32 number = mask_automaton_add (&set->automaton, text, len);
  const Form *before = form_set_get (set, number);

  set->linked = FALSE;
  if (before != NULL && rank (before) >= rank (form))
    return;
  if (number >= set->of_state->len)
    g_array_set_size (set->of_state, number + 1);
  g_array_append_val (set->forms, *form);
  g_array_index (set->of_state, guint32, number) = set->forms->len;
}

void
form_set_link (FormSet *set)
{
  if (!set->linked)
    mask_automaton_link (&set->automaton);
  set->linked = TRUE;
}
