/* Whatever is in a file, reading it as a recipe ends soon and well.  For
 * libFuzzer; in a build folder of its own:
 *
 *   ../configure CC=clang --enable-sanitizers \
 *       CFLAGS='-g -O1 -fsanitize=fuzzer-no-link'
 *   make tests/fuzz/fuzz-recipe
 *   tests/fuzz/fuzz-recipe -max_total_time=60 -max_len=65536 -timeout=5 \
 *       -rss_limit_mb=1024 CORPUS ../tests/recipes/good ../tests/recipes/bad
 *
 * SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/yaml.h"
#include "recipe/recipe.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static JsonNode *
resolve (const Reference *reference, gpointer user_data, GError **error)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), "2");

  return reference_follow (reference, node, error);
}

static void
expand_all (GPtrArray *values)
{
  for (guint i = 0; i < values->len; i++) {
    JsonNode *node = template_expand (values->pdata[i], resolve, NULL, NULL);

    g_clear_pointer (&node, json_node_unref);
    node = template_expand_data (values->pdata[i], resolve, NULL, NULL);
    g_clear_pointer (&node, json_node_unref);
    template_is_constant (values->pdata[i]);
  }
}

static void
use_recipe (const Recipe *recipe)
{
  GHashTable *vars = recipe_resolve_vars (recipe, NULL, NULL, NULL);

  g_clear_pointer (&vars, g_hash_table_unref);
  for (guint i = 0; i < recipe->steps->len; i++) {
    const Step *step = recipe->steps->pdata[i];

    g_ptr_array_unref (recipe_step_needs (recipe, step));
    expand_all (step->with_values);
    expand_all (step->env_values);
    for (guint j = 0; j < step->with_values->len; j++)
      template_is_secret (step->with_values->pdata[j], recipe, NULL, NULL);
    if (step->when != NULL)
      condition_evaluate (step->when, resolve, NULL, NULL);
  }
  expand_all (recipe->default_values);
}

static void
use_yaml (const char *text, gsize size)
{
  g_autoptr (YamlProblem) problem = NULL, untyped = NULL;
  g_autoptr (YamlNode) root = yaml_parse (text, size, &problem);
  JsonNode *node = root != NULL ? yaml_to_json (root, &untyped) : NULL;

  g_clear_pointer (&node, json_node_unref);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  g_autoptr (Recipe) recipe = NULL;
  g_autofree char *path = NULL, *text = NULL;
  int fd = memfd_create ("recipe", MFD_CLOEXEC);

  if (fd < 0 || write (fd, data, size) != (ssize_t) size)
    return 0;
  path = g_strdup_printf ("/proc/self/fd/%d", fd);
  recipe = recipe_load_into (path, diagnostics);
  close (fd);
  if (recipe != NULL)
    use_recipe (recipe);
  text = diagnostics_to_string (diagnostics);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  use_yaml ((const char *) data, size);
  return 0;
}
