/* Single values of a recipe.  SPDX-License-Identifier: MIT */
#include "recipe/load.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/text.h"

Position
loader_at (const Loader *loader, const YamlNode *node)
{
  return (Position) { loader->file, node->line, node->column };
}

void
loader_error (Loader *loader, const YamlNode *node, const char *hint, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  diagnostics_add (loader->diagnostics, loader_at (loader, node), hint, "%s", message);
}

void
loader_wrong (Loader *loader, const YamlNode *key, const YamlNode *value, const char *wanted)
{
  if (value->kind != YAML_SCALAR)
    loader_error (loader, value, NULL, "\"%s\" must be %s, not a %s", key->text, wanted,
                  value->kind == YAML_LIST ? "list" : "map");
  else if (value->plain && *value->text == '\0')
    loader_error (loader, value, NULL, "\"%s\" has no value; it must be %s", key->text, wanted);
  else
    loader_error (loader, value, NULL, "\"%s\" must be %s", key->text, wanted);
}

/* -- maps ------------------------------------------------------------------- */

static const RecipeKey *
find_key (const RecipeKey *keys, const char *name)
{
  for (; keys->name != NULL; keys++)
    if (strcmp (keys->name, name) == 0)
      return keys;
  return NULL;
}

/* What other programs of this kind call it. */
static const char *
translate_key (const char *name, const RecipeKey *keys)
{
  static const struct { const char *theirs, *ours; } words[] = {
    { "retries", "retry" }, { "attempts", "retry" }, { "depends_on", "needs" }, { "depends", "needs" }, { "dependsOn", "needs" },
    { "after", "needs" }, { "if", "when" }, { "condition", "when" }, { "unless", "when" }, { "loop", "for_each" },
    { "matrix", "for_each" }, { "with_items", "for_each" }, { "environment", "env" }, { "params", "with" }, { "args", "with" },
    { "inputs", "with" }, { "parameters", "with" }, { "action", "uses" }, { "plugin", "uses" }, { "run", "uses" },
    { "import", "include" }, { "variables", "vars" }, { "inputs", "vars" }, { "parameters", "vars" }, { "params", "vars" },
    { "tasks", "steps" }, { "description", "summary" }, { "description", "help" }, { "version", "galley" }, { "name", "id" },
    { "register", "outputs" }, { "ignore_errors", "continue_on" }, { "ignore_error", "continue_on" },
    { "allow_failure", "continue_on" }, { "finally", "always" }, { "confirm", "approve" }, { "prompt", "approve" },
    { "sensitive", "secret" }, { "enum", "values" }, { "options", "values" }, { "pattern", "match" }, { "regex", "match" },
    { "max_attempts", "attempts" }, { "limit", "attempts" }, { "interval", "delay" }, { "initial_delay", "delay" },
    { "backoff", "factor" }, { "multiplier", "factor" }, { "cap", "max_delay" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (strcmp (words[i].theirs, name) == 0 && find_key (keys, words[i].ours) != NULL)
      return words[i].ours;
  return NULL;
}

static gboolean
share_beginning (const char *a, const char *b)
{
  gsize same = 0;

  while (a[same] != '\0' && a[same] == b[same])
    same++;
  return same >= 3 && same * 2 >= strlen (b);
}

static const char *
find_near_key (Loader *loader, const char *name, const RecipeKey *keys)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *near = translate_key (name, keys);

  if (near != NULL || strlen (name) > 64 || !diagnostics_may_suggest (loader->diagnostics))
    return near;
  for (const RecipeKey *entry = keys; entry->name != NULL; entry++)
    g_ptr_array_add (names, (gpointer) entry->name);
  g_ptr_array_add (names, NULL);
  near = did_you_mean (name, (const char *const *) names->pdata);
  for (; near == NULL && keys->name != NULL; keys++)
    if (share_beginning (name, keys->name))
      near = keys->name;
  return near;
}

/* Which key was probably meant; NULL: none is near. */
static const char *
say_unknown_key (Loader *loader, const YamlNode *key, const RecipeKey *keys)
{
  const char *near = find_near_key (loader, key->text, keys);
  g_autofree char *hint = near != NULL ? g_strdup_printf ("did you mean \"%s\"?", near) : NULL;

  loader_error (loader, key, hint, "unknown key \"%.*s\"", (int) MIN (strlen (key->text), 64), key->text);
  return near;
}

gboolean
loader_map (Loader *loader, const YamlNode *map, const YamlNode *key, const RecipeKey *keys, gpointer target)
{
  g_autoptr (GHashTable) meant = g_hash_table_new (NULL, NULL);
  gboolean all_known = TRUE;

  if (map->kind != YAML_MAP) {
    loader_wrong (loader, key, map, "a map");
    return FALSE;
  }
  for (guint i = 0; i < map->keys->len; i++) {
    const YamlNode *name = map->keys->pdata[i];
    const RecipeKey *entry = find_key (keys, name->text);

    if (entry != NULL) {
      entry->load (loader, name, map->items->pdata[i], (char *) target + entry->offset);
      continue;
    }
    all_known = FALSE;
    g_hash_table_add (meant, (gpointer) say_unknown_key (loader, name, keys));
  }
  /* What is only misspelt is not missing too. */
  for (; keys->name != NULL; keys++)
    if (keys->required && yaml_get (map, keys->name) == NULL && !g_hash_table_contains (meant, keys->name))
      loader_error (loader, map, NULL, "\"%s\" is missing: %s", keys->name, keys->help);
  return all_known;
}

void
loader_templates (Loader *loader, const YamlNode *key, const YamlNode *value, gboolean env,
                  GPtrArray *names, GPtrArray *values, Position **at)
{
  if (value->kind != YAML_MAP) {
    loader_wrong (loader, key, value, "a map");
    return;
  }
  if (at != NULL)
    *at = g_new0 (Position, value->keys->len + 1);
  for (guint i = 0; i < value->keys->len; i++) {
    const YamlNode *name = value->keys->pdata[i], *item = value->items->pdata[i];

    if (env && *name->text != '\0' && !loader_is_env (name->text))
      loader_error (loader, name, NULL, "not the name of an environment variable");
    if (env && item->kind != YAML_SCALAR)
      loader_wrong (loader, name, item, "a text");
    g_ptr_array_add (names, g_strdup (name->text));
    g_ptr_array_add (values, template_parse (loader->file, item, loader->diagnostics));
    if (at != NULL)
      (*at)[i] = loader_at (loader, name);
  }
}

/* -- scalars ---------------------------------------------------------------- */

gboolean
loader_is_id (const char *text)
{
  gsize len = strspn (text, "abcdefghijklmnopqrstuvwxyz0123456789_-");

  return g_ascii_islower (*text) && text[len] == '\0' && len <= 64;
}

gboolean
loader_is_env (const char *text)
{
  const char *p = text;

  while (g_ascii_isalnum (*p) || *p == '_')
    p++;
  return p > text && *p == '\0' && !g_ascii_isdigit (*text);
}

const char *
loader_text (Loader *loader, const YamlNode *key, const YamlNode *value, const char *wanted)
{
  if (value->kind == YAML_SCALAR && *value->text != '\0')
    return value->text;
  if (value->kind == YAML_SCALAR && !value->plain)
    loader_error (loader, value, NULL, "\"%s\" is empty; it must be %s", key->text, wanted);
  else
    loader_wrong (loader, key, value, wanted);
  return NULL;
}

void
load_text (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  *(char **) field = g_strdup (loader_text (loader, key, value, "a text"));
}

void
load_bool (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  gboolean is_true = value->kind == YAML_SCALAR && value->plain && strcmp (value->text, "true") == 0;

  if (is_true || (value->kind == YAML_SCALAR && value->plain && strcmp (value->text, "false") == 0))
    *(gboolean *) field = is_true;
  else
    loader_wrong (loader, key, value, "true or false, without quotes");
}

void
load_duration (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  gint64 milliseconds;

  if (value->kind == YAML_SCALAR && duration_parse (value->text, &milliseconds, NULL))
    *(gint64 *) field = milliseconds;
  else
    loader_wrong (loader, key, value, "a duration such as 90s, 10m or 1h30m, at most 30 days");
}

void
load_texts (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  GPtrArray *texts = *(GPtrArray **) field;

  if (value->kind != YAML_LIST) {
    loader_wrong (loader, key, value, "a list, such as [a, b]");
    return;
  }
  if (texts == NULL)
    *(GPtrArray **) field = texts = g_ptr_array_new_with_free_func (g_free);
  if (value->items->len > RECIPE_MAX_STEPS)
    loader_error (loader, value, NULL, "\"%s\" has more than %d elements", key->text, RECIPE_MAX_STEPS);
  for (guint i = 0; i < MIN (value->items->len, RECIPE_MAX_STEPS); i++) {
    const char *text = loader_text (loader, key, value->items->pdata[i], "a list of texts");

    if (text != NULL)
      g_ptr_array_add (texts, g_strdup (text));
  }
}

/* -- retry ------------------------------------------------------------------ */

static const char *const classes[] = {
  "transient", "throttled", "conflict", "auth", "denied", "quota", "not_found", "invalid", "unknown", NULL
};

const char *const *
recipe_classes (void)
{
  return classes;
}

static void
load_attempts (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  guint64 number;

  if (value->kind == YAML_SCALAR && value->plain
      && g_ascii_string_to_unsigned (value->text, 10, 1, RECIPE_MAX_ATTEMPTS, &number, NULL))
    *(guint *) field = (guint) number;
  else
    loader_wrong (loader, key, value, "a whole number from 1 to 1000");
}

static void
load_factor (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  double number = 0;
  char *end = NULL;

  if (value->kind == YAML_SCALAR && value->plain && g_ascii_isdigit (*value->text))
    number = g_ascii_strtod (value->text, &end);
  if (end != NULL && *end == '\0' && strspn (value->text, "0123456789.") == strlen (value->text) && number >= 1 && number <= 10)
    *(double *) field = number;
  else
    loader_wrong (loader, key, value, "a number from 1 to 10");
}

static void
load_on (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  load_texts (loader, key, value, field);
  for (guint i = 0; value->kind == YAML_LIST && i < value->items->len; i++) {
    const YamlNode *item = value->items->pdata[i];
    g_autofree char *hint = NULL, *all = NULL;

    if (item->kind != YAML_SCALAR || *item->text == '\0' || g_strv_contains (classes, item->text))
      continue;
    hint = diagnostics_suggest (loader->diagnostics, item->text, classes);
    all = g_strjoinv (", ", (char **) classes);
    loader_error (loader, item, hint, "not a class of failure; there are %s", all);
  }
}

const RecipeKey recipe_retry_keys[] = {
  { "attempts", "count", "how often to try in all, 1 to 1000", load_attempts, G_STRUCT_OFFSET (Retry, attempts), FALSE },
  { "delay", "duration", "pause before the second attempt", load_duration, G_STRUCT_OFFSET (Retry, delay_ms), FALSE },
  { "factor", "number", "each pause is so many times the one before, 1 to 10", load_factor, G_STRUCT_OFFSET (Retry, factor), FALSE },
  { "max_delay", "duration", "no pause is longer", load_duration, G_STRUCT_OFFSET (Retry, max_delay_ms), FALSE },
  { "on", "classes", "classes of failure after which to try again", load_on, G_STRUCT_OFFSET (Retry, on), FALSE },
  { .name = NULL }
};

void
load_retry (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  loader_map (loader, value, key, recipe_retry_keys, field);
}
