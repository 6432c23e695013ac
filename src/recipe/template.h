/* Values of a recipe, in which references may stand.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "recipe/reference.h"

#define TEMPLATE_MAX_BYTES (64 * 1024 * 1024)     /* of one expanded value */

/* Scalars with ${...} in them, lists and maps of such. */
typedef struct _Template Template;
void       template_free (Template *template);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Template, template_free)
/* Never NULL; what is wrong is added to DIAGNOSTICS. */
Template  *template_parse  (const char *file, const void *yaml_node, Diagnostics *diagnostics);

/* References in it, of type Reference, borrowed, in order. */
GPtrArray *template_references (const Template *template);
gboolean   template_is_constant (const Template *template);
Position   template_position (const Template *template);

/* A scalar that is one reference keeps its value's type; else text is put
 * together (a list, a map or no value inside text is an error).  Results are
 * never expanded again; "$${" is "${".
 *
 * What type a plain scalar (2, true, 1.20, no) has depends on what it is for.
 * template_expand: outside maps it stays text, for a param or var that says
 * its type itself (string, int, bool, duration, path, list of strings); inside
 * maps it is data, typed as yaml_to_json does.
 * template_expand_data: it is data everywhere; for params and vars that take
 * any value (MAP), vars of type list, and `for_each`. */
JsonNode  *template_expand (const Template *template, Resolve resolve, gpointer user_data, GError **error);
JsonNode  *template_expand_data (const Template *template, Resolve resolve, gpointer user_data, GError **error);
/* Before template_expand_data: adds what yaml_to_json calls ambiguous.
 * (Inside maps template_parse has done so.) */
void       template_check_data (const Template *template, Diagnostics *diagnostics);

gboolean   template_is_list (const Template *template);
gboolean   template_is_map (const Template *template);
gboolean   template_is_reference (const Template *template);    /* just one, nothing around it */
/* The text of a constant scalar as expanded; else NULL. */
const char *template_constant_text (const Template *template);
