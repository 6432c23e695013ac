/* galley plugin list and galley plugin show.  SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/session.h"

typedef struct { SessionOptions session; gboolean json; } PluginOptions;

#define PLUGIN_OPTIONS(options)                                                                            \
  { "plugin-dir", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &(options).session.plugin_folders,                     \
    "Look for plugins here first; absolute", "DIR" },                                                       \
  { "json", 0, 0, G_OPTION_ARG_NONE, &(options).json, "Print JSON", NULL },                                 \
  { NULL, 0, 0, 0, NULL, NULL, NULL }

/* ---- as JSON ------------------------------------------------------------- */

static void
add_text (JsonObject *object, const char *name, const char *value)
{
  if (value != NULL)
    json_object_set_string_member (object, name, value);
}

static JsonObject *
param_json (const struct galley_param *param)
{
  JsonObject *object = json_object_new ();

  add_text (object, "name", param->name);
  add_text (object, "type", galley_type_name (param->type));
  json_object_set_boolean_member (object, "required", (param->flags & GALLEY_REQUIRED) != 0);
  json_object_set_boolean_member (object, "secret", (param->flags & GALLEY_SECRET) != 0);
  json_object_set_boolean_member (object, "takes_secret", (param->flags & (GALLEY_SECRET | GALLEY_TAKES_SECRET)) != 0);
  add_text (object, "default", param->fallback);
  add_text (object, "values", param->values);
  add_text (object, "match", param->match);
  add_text (object, "example", param->example);
  add_text (object, "help", param->help);
  return object;
}

static JsonArray *
params_json (const struct galley_param *params)
{
  JsonArray *array = json_array_new ();

  for (; params->name != NULL; params++)
    json_array_add_object_element (array, param_json (params));
  return array;
}

static JsonObject *
action_json (const struct galley_action *action)
{
  JsonObject *object = json_object_new ();

  add_text (object, "name", action->name);
  add_text (object, "help", action->help);
  json_object_set_boolean_member (object, "reads", (action->flags & GALLEY_READS) != 0);
  json_object_set_boolean_member (object, "has_check", action->check != NULL);
  json_object_set_array_member (object, "params", params_json (action->params));
  json_object_set_array_member (object, "outputs", params_json (action->outputs));
  return object;
}

static JsonObject *
tool_json (const struct galley_tool *tool)
{
  JsonObject *object = json_object_new ();
  JsonArray *reads = json_array_new ();

  add_text (object, "name", tool->name);
  add_text (object, "min_version", tool->min_version);
  add_text (object, "env", tool->env);
  for (const struct galley_read *read = tool->reads; read->words != NULL; read++)
    {
      JsonObject *one = json_object_new ();

      add_text (one, "words", read->words);
      add_text (one, "with", read->with);
      add_text (one, "without", read->without);
      json_array_add_object_element (reads, one);
    }
  json_object_set_array_member (object, "reads", reads);
  return object;
}

static JsonObject *
plugin_json (const Plugin *plugin)
{
  const struct galley_plugin *info = plugin_info (plugin);
  JsonObject *object = json_object_new ();
  JsonArray *actions = json_array_new (), *tools = json_array_new ();

  add_text (object, "name", info->name);
  add_text (object, "version", info->version);
  add_text (object, "summary", info->summary);
  add_text (object, "path", plugin_path (plugin));
  json_object_set_int_member (object, "api", info->api);
  for (const struct galley_action *action = info->actions; action->name != NULL; action++)
    json_array_add_object_element (actions, action_json (action));
  for (const struct galley_tool *tool = info->tools; tool->name != NULL; tool++)
    json_array_add_object_element (tools, tool_json (tool));
  json_object_set_array_member (object, "actions", actions);
  json_object_set_array_member (object, "tools", tools);
  return object;
}

static void
print_json (JsonNode *node)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autofree char *text = NULL;

  json_generator_set_pretty (generator, TRUE);
  json_generator_set_root (generator, node);
  text = json_generator_to_data (generator, NULL);
  command_print ("%s\n", text);
}

/* ---- as text ------------------------------------------------------------- */

static void
print_params (const char *title, const struct galley_param *params)
{
  if (params->name != NULL)
    command_print ("    %s\n", title);
  for (; params->name != NULL; params++)
    {
      command_print ("      %-20s %-9s%s%s", params->name, galley_type_name (params->type),
                     params->flags & GALLEY_REQUIRED ? "required, " : "", params->help != NULL ? params->help : "");
      if (params->fallback != NULL)
        command_print (" (default %s)", params->fallback);
      if (params->values != NULL)
        command_print (" (%s)", params->values);
      command_print ("\n");
    }
}

static void
print_action (const char *plugin, const struct galley_action *action)
{
  command_print ("\n  %s.%s: %s%s\n", plugin, action->name, action->help,
                 action->flags & GALLEY_READS ? " (only reads)" : action->check == NULL ? " (no check)" : "");
  print_params ("params", action->params);
  print_params ("outputs", action->outputs);
}

static void
print_tool (const struct galley_tool *tool)
{
  command_print ("\n  tool %s%s%s\n", strcmp (tool->name, GALLEY_TOOL_ANY) == 0 ? "(any the step names)" : tool->name,
                 tool->min_version != NULL ? ", at least " : "", tool->min_version != NULL ? tool->min_version : "");
  if (tool->env != NULL)
    command_print ("    is given of the environment: %s\n", tool->env);
  if (tool->reads->words != NULL)
    command_print ("    may run in a check\n");
  for (const struct galley_read *read = tool->reads; read->words != NULL; read++)
    command_print ("      %s%s%s%s%s\n", read->words, read->with != NULL ? "  with " : "", read->with != NULL ? read->with : "",
                   read->without != NULL ? "  without " : "", read->without != NULL ? read->without : "");
}

static int
print_plugin (const Plugin *plugin)
{
  const struct galley_plugin *info = plugin_info (plugin);

  command_print ("%s %s: %s\n  file %s\n", info->name, info->version, info->summary, plugin_path (plugin));
  for (const struct galley_action *action = info->actions; action->name != NULL; action++)
    print_action (info->name, action);
  for (const struct galley_tool *tool = info->tools; tool->name != NULL; tool++)
    print_tool (tool);
  return EXIT_OK;
}

/* ---- the commands -------------------------------------------------------- */

static int
list_plugins (Registry *registry, gboolean json)
{
  g_auto (GStrv) names = registry_names (registry);
  JsonArray *array = json_array_new ();
  g_autoptr (JsonNode) node = json_node_init_array (json_node_alloc (), array);
  int code = EXIT_OK;

  json_array_unref (array);
  for (char **name = names; *name != NULL; name++)
    {
      g_autoptr (GError) error = NULL;
      Plugin *plugin = registry_find (registry, *name, &error);

      if (plugin == NULL)
        code = command_fail (error);
      else if (json)
        json_array_add_object_element (array, plugin_json (plugin));
      else
        command_print ("%-10s %-8s %s\n", *name, plugin_info (plugin)->version, plugin_info (plugin)->summary);
    }
  if (json)
    print_json (node);
  return code;
}

int
command_plugin_list (const Program *program, const char *name, int argc, char **argv)
{
  PluginOptions options = { 0 };
  const GOptionEntry entries[] = { PLUGIN_OPTIONS (options) };
  g_autoptr (Registry) registry = NULL;
  g_autoptr (GError) error = NULL;
  int code;

  if (!command_parse (name, entries, NULL, &argc, &argv, &code))
    return code;
  registry = session_registry (program, &options.session, &error);
  session_options_clear (&options.session);
  if (argc > 1)
    return command_usage (name, "no argument is wanted");
  return registry != NULL ? list_plugins (registry, options.json) : command_fail (error);
}

static int
show_plugin (Registry *registry, const char *what, gboolean json)
{
  g_auto (GStrv) parts = g_strsplit (what, ".", 2);
  g_autoptr (GError) error = NULL;
  Plugin *plugin = registry_find (registry, parts[0], &error);
  const struct galley_action *action;

  if (plugin == NULL)
    return command_fail (error);
  if (json)
    {
      JsonObject *object = plugin_json (plugin);
      g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);

      json_object_unref (object);
      print_json (node);
      return EXIT_OK;
    }
  if (parts[1] == NULL)
    return print_plugin (plugin);
  action = plugin_find_action (plugin, parts[1]);
  if (action == NULL)
    return command_usage ("plugin show", "plugin \"%s\" has no action \"%s\"", parts[0], parts[1]);
  print_action (parts[0], action);
  return EXIT_OK;
}

int
command_plugin_show (const Program *program, const char *name, int argc, char **argv)
{
  PluginOptions options = { 0 };
  const GOptionEntry entries[] = { PLUGIN_OPTIONS (options) };
  g_autoptr (Registry) registry = NULL;
  g_autoptr (GError) error = NULL;
  int code;

  if (!command_parse (name, entries, NULL, &argc, &argv, &code))
    return code;
  registry = session_registry (program, &options.session, &error);
  session_options_clear (&options.session);
  if (argc != 2)
    return command_usage (name, "which plugin?");
  return registry != NULL ? show_plugin (registry, argv[1], options.json) : command_fail (error);
}
