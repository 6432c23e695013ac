/* The forms of secrets, and what finds them.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#include "base/mask-automaton.h"
#include "base/mask-encodings.h"

typedef struct {
  GBytes *value;
  char   *placeholder;
} Secret;

typedef struct {
  const Secret *secret;
  MaskForm      how;
} Form;

typedef struct {
  MaskAutomaton automaton;
  GArray       *forms;          /* of Form */
  GArray       *of_state;       /* of guint32: 1 + index in .forms; 0: none */
  gboolean      linked;
} FormSet;

void form_set_init  (FormSet *set);
void form_set_clear (FormSet *set);
/* Of forms that look the same a value as it is is meant rather than an
 * encoding, all of a value rather than a line of another, else the first. */
void form_set_add   (FormSet *set, const char *text, gsize len, const Form *form);
/* Needed after adding, before a step of the automaton. */
void form_set_link  (FormSet *set);
/* The form that a state of the automaton is; NULL: none. */
const Form *form_set_get (const FormSet *set, guint32 number);
