/* SPDX-License-Identifier: MIT */
#include "recipe/reference.h"

#include <string.h>

#include "base/errors.h"
#include "base/text.h"

static const struct {
  const char *root, *fields;       /* "": any name; else one of these */
  RefKind     kind;
  gboolean    path;
} roots[] = {
  { "vars",   "",          REF_VAR,    TRUE },
  { "steps",  "",          REF_STEP,   TRUE },
  { "env",    "",          REF_ENV,    FALSE },
  { "run",    "id dir",    REF_RUN,    FALSE },
  { "recipe", "dir",       REF_RECIPE, FALSE },
  { "each",   "key value", REF_EACH,   TRUE },
};

void
reference_free (Reference *reference)
{
  if (reference == NULL)
    return;
  g_free (reference->name);
  g_free (reference->output);
  g_free (reference->path);
  g_free (reference);
}

static gboolean
is_name_character (char c)
{
  return g_ascii_isalnum (c) || c == '_' || c == '-';
}

/* The name at *P, which moves behind it; NULL: there is none. */
static char *
scan_name (const char **p)
{
  const char *start = *p;

  while (is_name_character (**p))
    (*p)++;
  return *p > start ? g_strndup (start, (gsize) (*p - start)) : NULL;
}

/* One `.key`, `[0]` or `["key"]` at P: where it ends; NULL: none is there. */
static const char *
skip_path_step (const char *p)
{
  const char *q = p;

  if (*p == '.') {
    q++;
    while (is_name_character (*q))
      q++;
    return q > p + 1 ? q : NULL;
  }
  if (*p != '[')
    return NULL;
  if (p[1] == '"') {
    q = strchr (p + 2, '"');
    return q != NULL && q[1] == ']' ? q + 2 : NULL;
  }
  q = p + 1 + strspn (p + 1, "0123456789");
  return q > p + 1 && q - p <= 10 && *q == ']' ? q + 1 : NULL;
}

static char *
scan_path (const char **p)
{
  const char *start = *p, *next;

  while ((next = skip_path_step (*p)) != NULL)
    *p = next;
  return *p > start ? g_strndup (start, (gsize) (*p - start)) : NULL;
}

static char *
say_roots (const char *root, char **hint)
{
  const char *names[G_N_ELEMENTS (roots) + 1] = { NULL };
  const char *near;

  for (guint i = 0; i < G_N_ELEMENTS (roots); i++)
    names[i] = roots[i].root;
  near = strlen (root) <= 64 ? did_you_mean (root, names) : NULL;
  *hint = near != NULL ? g_strdup_printf ("did you mean \"%s\"?", near)
                       : g_strdup ("there are vars, steps, env, run, recipe and each");
  return g_strdup_printf ("no reference begins with \"%s\"", root);
}

static gboolean
check_field (const char *fields, const char *name)
{
  g_auto (GStrv) list = g_strsplit (fields, " ", -1);

  return *fields == '\0' || g_strv_contains ((const char *const *) list, name);
}

/* What follows the root at *P into REFERENCE; FALSE with *MESSAGE. */
static gboolean
scan_rest (Reference *reference, guint root, const char **p, char **message)
{
  if (**p == '.') {
    (*p)++;
    reference->name = scan_name (p);
  }
  if (reference->name == NULL) {
    *message = g_strdup_printf ("\"%s.\" needs a name behind it", roots[root].root);
    return FALSE;
  }
  if (!check_field (roots[root].fields, reference->name)) {
    *message = g_strdup_printf ("there is no \"%s.%s\"", roots[root].root, reference->name);
    return FALSE;
  }
  if (reference->kind == REF_STEP) {
    if (**p == '.') {
      (*p)++;
      reference->output = scan_name (p);
    }
    if (reference->output == NULL) {
      *message = g_strdup_printf ("\"steps.%s\" needs the name of an output behind it", reference->name);
      return FALSE;
    }
  }
  if (roots[root].path)
    reference->path = scan_path (p);
  return TRUE;
}

Reference *
reference_scan (const char *text, const char **end, char **message, char **hint)
{
  g_autoptr (Reference) reference = g_new0 (Reference, 1);
  const char *p = text;
  g_autofree char *name = scan_name (&p);
  guint root = 0;

  *end = p;
  if (name == NULL) {
    *message = g_strdup ("a reference must begin with a name");
    return NULL;
  }
  while (root < G_N_ELEMENTS (roots) && strcmp (roots[root].root, name) != 0)
    root++;
  if (root == G_N_ELEMENTS (roots)) {
    *message = say_roots (name, hint);
    return NULL;
  }
  reference->kind = roots[root].kind;
  if (!scan_rest (reference, root, &p, message))
    return NULL;
  *end = p;
  return g_steal_pointer (&reference);
}

char *
reference_to_text (const Reference *reference)
{
  const char *root = "";

  for (guint i = 0; i < G_N_ELEMENTS (roots); i++)
    if (roots[i].kind == reference->kind)
      root = roots[i].root;
  return g_strconcat (root, ".", reference->name, reference->output != NULL ? "." : "",
                      reference->output != NULL ? reference->output : "",
                      reference->path != NULL ? reference->path : "", NULL);
}

/* -- values ----------------------------------------------------------------- */

/* The member of VALUE that the path step from P to END names; NULL: none. */
static JsonNode *
get_member (JsonNode *value, const char *p, const char *end)
{
  g_autofree char *key = NULL;
  guint64 index;

  if (*p == '[' && p[1] != '"') {
    if (!JSON_NODE_HOLDS_ARRAY (value))
      return NULL;
    index = g_ascii_strtoull (p + 1, NULL, 10);
    return index < json_array_get_length (json_node_get_array (value))
           ? json_array_get_element (json_node_get_array (value), (guint) index) : NULL;
  }
  if (!JSON_NODE_HOLDS_OBJECT (value))
    return NULL;
  key = *p == '.' ? g_strndup (p + 1, (gsize) (end - p - 1)) : g_strndup (p + 2, (gsize) (end - p - 4));
  return json_object_get_member (json_node_get_object (value), key);
}

JsonNode *
reference_follow (const Reference *reference, JsonNode *value, GError **error)
{
  const char *p = reference->path != NULL ? reference->path : "", *end;

  for (; *p != '\0'; p = end) {
    end = skip_path_step (p);
    value = end != NULL ? get_member (value, p, end) : NULL;
    if (value == NULL) {
      g_autofree char *text = reference_to_text (reference);

      g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_FAILED, "\"%s\" has no \"%.*s\"", text,
                   (int) (end != NULL ? end - p : 1), p);
      return NULL;
    }
  }
  return json_node_copy (value);
}

JsonNode *
reference_resolve (const Reference *reference, Resolve resolve, gpointer user_data, GError **error)
{
  JsonNode *value = resolve (reference, user_data, error);

  if (value == NULL)
    g_prefix_error (error, "%s:%u:%u: ", reference->at.file, reference->at.line, reference->at.column);
  return value;
}
