/* galley show: a recipe as it would be run.  SPDX-License-Identifier: MIT */
#include "base/strict-json.h"
#include "base/text.h"
#include "cli/session.h"
#include "engine/values.h"

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (a, b);
}

static void
show_vars (const Session *session)
{
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (session->scope->vars), compare_names);

  if (names != NULL)
    command_print ("\nvars\n");
  for (GList *name = names; name != NULL; name = name->next)
    {
      const VarValue *var = g_hash_table_lookup (session->scope->vars, name->data);
      g_autofree char *text = var->value != NULL ? strict_json_to_text (var->value) : g_strdup ("(not given)");
      g_autofree char *safe = text_make_safe (var->secret && var->value != NULL ? "***" : text, -1);

      command_print ("  %-16s %s  (%s)\n", (const char *) name->data, safe, var->origin != NULL ? var->origin : "not given");
    }
}

/* What hangs on another step's output is not known yet. */
static void
show_param (const RunStep *step, const BoundParam *bound)
{
  g_autoptr (JsonNode) value = NULL;
  g_autofree char *text = NULL, *safe = NULL;
  const char *from = bound->is_default ? "  (defaults)" : "";

  if (scope_is_secret (bound->scope, bound->value))
    {
      command_print ("      %-18s ***%s\n", bound->param->name, from);
      return;
    }
  value = scope_expand (bound->scope, bound->value, step, NULL);
  if (value == NULL)
    {
      g_autoptr (GPtrArray) on = g_ptr_array_new ();
      GPtrArray *references = template_references (bound->value);

      for (guint i = 0; i < references->len; i++)
        scope_find_steps (bound->scope, references->pdata[i], on);
      command_print ("      %-18s (after %s)%s\n", bound->param->name,
                     on->len > 0 ? ((RunStep *) on->pdata[0])->id : "the run began", from);
      return;
    }
  text = strict_json_to_text (value);
  safe = text_make_safe (text, -1);
  g_strdelimit (safe, "\n", ' ');
  command_print ("      %-18s %s%s\n", bound->param->name, safe, from);
}

static void
show_step (const RunStep *step)
{
  g_autofree char *timeout = duration_format (step->timeout_ms);
  g_autoptr (GString) needs = g_string_new (NULL);

  for (guint i = 0; i < step->needs->len; i++)
    g_string_append_printf (needs, "%s%s", i > 0 ? ", " : "", ((RunStep *) step->needs->pdata[i])->id);
  command_print ("\n  %s: %s.%s  (%s:%u)\n", step->id, step->step->plugin, step->step->action, step->step->at.file,
                 step->step->at.line);
  if (needs->len > 0)
    command_print ("      needs: %s\n", needs->str);
  if (step->step->when != NULL)
    command_print ("      when: %s\n", condition_text (step->step->when));
  if (step->step->until != NULL)
    command_print ("      until: %s\n", condition_text (step->step->until));
  for (guint i = 0; i < step->step->asserts->len; i++)
    {
      const Assertion *assertion = step->step->asserts->pdata[i];

      command_print ("      assert: %s\n", condition_text (assertion->condition));
    }
  if (step->step->approve != NULL)
    command_print ("      approve: %s\n", step->step->approve);
  command_print ("      timeout: %s, attempts: %u\n", step->timeout_ms > 0 ? timeout : "none", step->retry.attempts);
  for (guint i = 0; i < step->params->len; i++)
    show_param (step, step->params->pdata[i]);
}

int
command_show (const Program *program, const char *name, int argc, char **argv)
{
  SessionOptions options = { 0 };
  const GOptionEntry entries[] = { SESSION_OPTIONS (options), { NULL, 0, 0, 0, NULL, NULL, NULL } };
  g_autoptr (Session) session = NULL;
  g_autoptr (GError) error = NULL;
  int code;

  if (!command_parse (name, entries, NULL, &argc, &argv, &code))
    return code;
  if (argc != 2)
    code = command_usage (name, argc < 2 ? "which recipe?" : "one recipe at a time");
  else if ((session = session_new (program, argv[1], &options, &error)) == NULL)
    code = command_fail (error);
  session_options_clear (&options);
  if (session == NULL)
    return code;
  command_print ("%s: %s\n", session->recipe->name, session->recipe->summary != NULL ? session->recipe->summary : "");
  show_vars (session);
  command_print ("\nsteps\n");
  for (guint i = 0; i < session->steps->len; i++)
    show_step (session->steps->pdata[i]);
  return EXIT_OK;
}
