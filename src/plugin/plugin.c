/* SPDX-License-Identifier: MIT */
#include "plugin/plugin.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include "base/errors.h"
#include "plugin/elf-check.h"

struct _Plugin {
  char                *path;
  struct galley_plugin info;          /* its tables are copies, below */
  GPtrArray           *tables;        /* of memory to free */
  GRegex             **signatures;    /* compiled when first asked for */
};

/* A copy of a table as elements of OUR size, ended by a zeroed one. */
static void *
copy_table (Plugin *plugin, const void *table, gsize their_size, gsize our_size)
{
  const char *from = table;
  gsize n = 0, both = MIN (their_size, our_size);
  const void *first;
  char *copy;

  if (table == NULL)
    {
      copy = g_malloc0 (our_size);
      g_ptr_array_add (plugin->tables, copy);
      return copy;
    }
  while (memcpy (&first, from + n * their_size, sizeof first), first != NULL)
    n++;
  copy = g_malloc0 ((n + 1) * our_size);
  for (gsize i = 0; i < n; i++)
    memcpy (copy + i * our_size, from + i * their_size, both);
  g_ptr_array_add (plugin->tables, copy);
  return copy;
}

/* Signatures end at .regex, which is their second field. */
static struct galley_signature *
copy_signatures (Plugin *plugin, const struct galley_plugin *theirs)
{
  const char *from = (const char *) theirs->signatures;
  gsize n = 0, both = MIN (theirs->signature_size, sizeof (struct galley_signature));
  struct galley_signature *copy;

  while (from != NULL && ((const struct galley_signature *) (from + n * theirs->signature_size))->regex != NULL)
    n++;
  copy = g_new0 (struct galley_signature, n + 1);
  for (gsize i = 0; i < n; i++)
    memcpy (&copy[i], from + i * theirs->signature_size, both);
  g_ptr_array_add (plugin->tables, copy);
  plugin->signatures = g_new0 (GRegex *, n + 1);
  return copy;
}

static gboolean
sizes_are_sane (const struct galley_plugin *theirs)
{
  return theirs->size >= offsetof (struct galley_plugin, signatures) + sizeof theirs->signatures
         && theirs->action_size >= offsetof (struct galley_action, apply) + sizeof (void *)
         && theirs->param_size >= offsetof (struct galley_param, help) + sizeof (void *)
         && theirs->tool_size >= offsetof (struct galley_tool, grace_ms) + sizeof (uint32_t)
         && theirs->read_size >= sizeof (struct galley_read)
         && theirs->signature_size >= offsetof (struct galley_signature, example) + sizeof (void *);
}

static void
copy_info (Plugin *plugin, const struct galley_plugin *theirs)
{
  struct galley_tool *tools = copy_table (plugin, theirs->tools, theirs->tool_size, sizeof *tools);
  struct galley_action *actions = copy_table (plugin, theirs->actions, theirs->action_size, sizeof *actions);

  memcpy (&plugin->info, theirs, MIN (theirs->size, sizeof plugin->info));
  for (gsize i = 0; tools[i].name != NULL; i++)
    tools[i].reads = copy_table (plugin, tools[i].reads, theirs->read_size, sizeof (struct galley_read));
  for (gsize i = 0; actions[i].name != NULL; i++)
    {
      actions[i].params = copy_table (plugin, actions[i].params, theirs->param_size, sizeof (struct galley_param));
      actions[i].outputs = copy_table (plugin, actions[i].outputs, theirs->param_size, sizeof (struct galley_param));
    }
  plugin->info.tools = tools;
  plugin->info.actions = actions;
  plugin->info.signatures = copy_signatures (plugin, theirs);
}

static gboolean
refuse (GError **error, const char *path, const char *why)
{
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION, "plugin \"%s\": %s", path, why);
  return FALSE;
}

static gboolean
check_params (const Plugin *plugin, const struct galley_param *params, GError **error)
{
  for (; params->name != NULL; params++)
    if (!regex_matches_whole ("[a-z][a-z0-9_]*", params->name)
        || params->type < GALLEY_STRING || params->type > GALLEY_MAP || params->help == NULL)
      {
        g_autofree char *why = g_strdup_printf ("param or output \"%s\" has a wrong name or type, or no help", params->name);
        return refuse (error, plugin->path, why);
      }
  return TRUE;
}

static gboolean
check_tables (const Plugin *plugin, const char *name, GError **error)
{
  const struct galley_plugin *info = &plugin->info;

  if (g_strcmp0 (info->name, name) != 0)
    return refuse (error, plugin->path, "its name is not that of the file");
  if (info->version == NULL || info->summary == NULL)
    return refuse (error, plugin->path, "has no version or summary");
  for (const struct galley_action *a = info->actions; a->name != NULL; a++)
    {
      if (!regex_matches_whole ("[a-z][a-z0-9_]*", a->name) || a->apply == NULL || a->help == NULL)
        return refuse (error, plugin->path, "an action has a wrong name, no help or no apply");
      if (plugin_find_action (plugin, a->name) != a)
        return refuse (error, plugin->path, "has two actions of one name");
      if (!check_params (plugin, a->params, error) || !check_params (plugin, a->outputs, error))
        return FALSE;
    }
  for (const struct galley_signature *s = info->signatures; s->regex != NULL; s++)
    if (s->diagnosis == NULL || s->error_class > GALLEY_INVALID)
      return refuse (error, plugin->path, "a signature has no diagnosis or a wrong class");
  return TRUE;
}

static const struct galley_plugin *
open_plugin (const char *path, GError **error)
{
  const struct galley_plugin *(*entry) (void), *theirs;
  g_autofree char *by_fd = NULL;
  void *handle;
  guint32 api;
  int fd = elf_check_open (path, &api, error);

  if (fd < 0)
    return NULL;
  if (api != GALLEY_PLUGIN_API)
    {
      close (fd);
      g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION,
                   api == 0 ? "plugin \"%s\": is not a galley plugin (no interface note)"
                            : "plugin \"%s\": was built for interface %u, this galley has %d",
                   path, api, GALLEY_PLUGIN_API);
      return NULL;
    }
  /* Never dlclose()d: its tables and callbacks are used until the end.  Nor
   * is the descriptor closed: the loader takes two files of one path, even
   * such a path, for the same. */
  by_fd = g_strdup_printf ("/proc/self/fd/%d", fd);
  handle = dlopen (by_fd, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == NULL)
    {
      const char *why = dlerror (), *after = g_str_has_prefix (why, by_fd) ? strchr (why, ':') : NULL;
      if (!g_file_test (by_fd, G_FILE_TEST_EXISTS))
        why = after = NULL;
      refuse (error, path, after != NULL ? after + 2 : why != NULL ? why : "needs /proc, which is not mounted");
      close (fd);
      return NULL;
    }
  *(void **) &entry = dlsym (handle, "galley_plugin_entry");
  if (entry == NULL)
    {
      refuse (error, path, "has no galley_plugin_entry");
      return NULL;
    }
  theirs = entry ();
  if (theirs == NULL)
    refuse (error, path, "its galley_plugin_entry gives nothing");
  return theirs;
}

Plugin *
plugin_load (const char *folder, const char *name, GError **error)
{
  g_autoptr (Plugin) plugin = g_new0 (Plugin, 1);
  const struct galley_plugin *theirs;

  plugin->path = g_strdup_printf ("%s/%s.so", folder, name);
  plugin->tables = g_ptr_array_new_with_free_func (g_free);
  theirs = open_plugin (plugin->path, error);
  if (theirs == NULL)
    return NULL;
  if (theirs->api != GALLEY_PLUGIN_API || !sizes_are_sane (theirs))
    {
      refuse (error, plugin->path, "its tables are not of this interface");
      return NULL;
    }
  copy_info (plugin, theirs);
  if (!check_tables (plugin, name, error))
    return NULL;
  return g_steal_pointer (&plugin);
}

void
plugin_free (Plugin *plugin)
{
  if (plugin->signatures != NULL)
    for (gsize i = 0; plugin->info.signatures[i].regex != NULL; i++)
      g_clear_pointer (&plugin->signatures[i], g_regex_unref);
  g_free (plugin->signatures);
  g_ptr_array_unref (plugin->tables);
  g_free (plugin->path);
  g_free (plugin);
}

const char *
plugin_path (const Plugin *plugin)
{
  return plugin->path;
}

const struct galley_plugin *
plugin_info (const Plugin *plugin)
{
  return &plugin->info;
}

const struct galley_action *
plugin_find_action (const Plugin *plugin, const char *name)
{
  for (const struct galley_action *a = plugin->info.actions; a->name != NULL; a++)
    if (strcmp (a->name, name) == 0)
      return a;
  return NULL;
}

const struct galley_tool *
plugin_find_tool (const Plugin *plugin, const char *name)
{
  const struct galley_tool *any = NULL;

  for (const struct galley_tool *t = plugin->info.tools; t->name != NULL; t++)
    {
      if (strcmp (t->name, name) == 0)
        return t;
      if (strcmp (t->name, GALLEY_TOOL_ANY) == 0)
        any = t;
    }
  return any;
}

const struct galley_param *
param_find (const struct galley_param *params, const char *name)
{
  for (; params->name != NULL; params++)
    if (strcmp (params->name, name) == 0)
      return params;
  return NULL;
}

const char **
plugin_action_names (const Plugin *plugin)
{
  GPtrArray *names = g_ptr_array_new ();

  for (const struct galley_action *a = plugin->info.actions; a->name != NULL; a++)
    g_ptr_array_add (names, (char *) a->name);
  g_ptr_array_add (names, NULL);
  return (const char **) g_ptr_array_free (names, FALSE);
}

const char **
param_names (const struct galley_param *params)
{
  GPtrArray *names = g_ptr_array_new ();

  for (; params->name != NULL; params++)
    g_ptr_array_add (names, (char *) params->name);
  g_ptr_array_add (names, NULL);
  return (const char **) g_ptr_array_free (names, FALSE);
}

const char *
galley_type_name (guint type)
{
  static const char *const names[] = { "?", "string", "int", "bool", "duration", "path", "list", "map" };

  return names[type < G_N_ELEMENTS (names) ? type : 0];
}

static const char *const class_names[] = {
  "unknown", "transient", "throttled", "conflict", "auth", "denied", "quota", "not_found", "invalid",
};

const char *
galley_class_name (guint error_class)
{
  return class_names[error_class < G_N_ELEMENTS (class_names) ? error_class : 0];
}

gboolean
galley_class_from_name (const char *name, guint *error_class)
{
  for (guint i = 0; i < G_N_ELEMENTS (class_names); i++)
    if (strcmp (class_names[i], name) == 0)
      {
        *error_class = i;
        return TRUE;
      }
  return FALSE;
}

/* TEXT with \1 ... \9 replaced by the match's groups, in one line. */
static char *
fill_groups (const char *text, const GMatchInfo *match)
{
  GString *filled = g_string_new (NULL);

  for (; *text != '\0'; text++)
    if (text[0] == '\\' && g_ascii_isdigit (text[1]))
      {
        g_autofree char *group = g_match_info_fetch (match, *++text - '0');
        g_string_append (filled, group != NULL ? group : "");
      }
    else
      g_string_append_c (filled, *text);
  g_strdelimit (filled->str, "\n\r\t", ' ');
  return g_string_free (filled, FALSE);
}

static GRegex *
signature_regex (const Plugin *plugin, gsize i)
{
  if (plugin->signatures[i] == NULL)
    plugin->signatures[i] = g_regex_new (plugin->info.signatures[i].regex,
                                         G_REGEX_CASELESS | G_REGEX_MULTILINE | G_REGEX_OPTIMIZE, 0, NULL);
  return plugin->signatures[i];
}

static gboolean
match_text (GRegex *regex, const char *text, const struct galley_signature *signature,
            guint *error_class, char **diagnosis, char **fix)
{
  g_autoptr (GMatchInfo) match = NULL;

  if (text == NULL || !g_regex_match (regex, text, 0, &match))
    return FALSE;
  *error_class = signature->error_class;
  *diagnosis = fill_groups (signature->diagnosis, match);
  *fix = signature->fix != NULL ? fill_groups (signature->fix, match) : NULL;
  return TRUE;
}

gboolean
plugin_match_signature (const Plugin *plugin, const char *tool, const char *err, const char *out,
                        guint *error_class, char **diagnosis, char **fix)
{
  g_autofree char *valid_err = g_utf8_make_valid (err != NULL ? err : "", -1);
  g_autofree char *valid_out = g_utf8_make_valid (out != NULL ? out : "", -1);

  for (gsize i = 0; plugin->info.signatures[i].regex != NULL; i++)
    {
      const struct galley_signature *signature = &plugin->info.signatures[i];
      GRegex *regex = signature_regex (plugin, i);

      if (regex == NULL || (signature->tool != NULL && strcmp (signature->tool, tool) != 0))
        continue;
      if (match_text (regex, valid_err, signature, error_class, diagnosis, fix)
          || match_text (regex, valid_out, signature, error_class, diagnosis, fix))
        return TRUE;
    }
  return FALSE;
}

gboolean
regex_matches_whole (const char *regex, const char *text)
{
  g_autofree char *whole = g_strdup_printf ("\\A(?:%s)\\z", regex);

  return g_regex_match_simple (whole, text, 0, 0);
}
