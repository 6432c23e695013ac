/* SPDX-License-Identifier: MIT */
#include "check-manual.h"

#include <string.h>

static const char *const types[] = { "", "string", "int", "bool", "duration", "path", "list", "map" };
static const char *const classes[] = {
  "unknown", "transient", "throttled", "conflict", "auth", "denied", "quota", "not_found", "invalid"
};

static void
need (const char *part, const char *line, const char *where)
{
  g_autofree char *whole = g_strconcat ("\n", line, "\n", NULL);

  if (strstr (part, whole) == NULL)
    g_error ("the manual lacks, in %s: %s", where, line);
}

/* TEXT from the line HEAD on to the next that begins with END. */
static char *
section (const char *text, const char *head, const char *end)
{
  g_autofree char *whole = g_strconcat ("\n", head, "\n", NULL);
  g_autofree char *stop = g_strconcat ("\n", end, NULL);
  const char *start = strstr (text, whole), *rest;

  if (start == NULL)
    g_error ("the manual lacks: %s", head);
  rest = strstr (start + strlen (whole) - 1, stop);
  return rest != NULL ? g_strndup (start, (gsize) (rest - start) + 1) : g_strdup (start);
}

static void
check_param (const char *part, const char *where, const struct galley_param *param)
{
  const char *after = (param->flags & GALLEY_REQUIRED) != 0 ? "; required" : param->fallback != NULL ? "; default " : "";
  g_autofree char *line = g_strdup_printf (".It Ic %s No (%s%s%s)", param->name, types[param->type], after,
                                           param->fallback != NULL ? param->fallback : "");

  need (part, line, where);
}

static void
check_action (const struct galley_plugin *plugin, const struct galley_action *action, const char *text)
{
  g_autofree char *head = g_strdup_printf (".Ss %s.%s", plugin->name, action->name);
  g_autofree char *own = section (text, head, ".Ss ");
  g_autofree char *common = section (text, ".Sh DESCRIPTION", ".Ss ");
  const struct galley_param *param;

  for (param = action->params; param != NULL && param->name != NULL; param++)
    check_param (strcmp (param->name, "kubeconfig") == 0 || strcmp (param->name, "context") == 0 ? common : own, head, param);
  for (param = action->outputs; param != NULL && param->name != NULL; param++)
    check_param (text, head, param);
}

/* As the page writes it: groups are dots. */
static char *
in_roff (const char *line, const char *end)
{
  GString *text = g_string_new (NULL);

  for (; *line != '\0'; line++) {
    if (line[0] == '\\' && g_ascii_isdigit (line[1])) {
      g_string_append (text, "...");
      line++;
    } else if (*line == '\'') {
      g_string_append (text, "\\(aq");
    } else {
      g_string_append_c (text, *line == '`' ? '\'' : *line);
    }
  }
  g_string_append (text, end);
  if (text->str[0] == '.')
    g_string_prepend (text, "\\&");
  return g_string_free (text, FALSE);
}

static void
check_signature (const struct galley_signature *signature, const char *text)
{
  g_autofree char *head = g_strconcat (".It ", classes[signature->error_class], NULL);
  g_autofree char *failures = section (text, ".Sh DIAGNOSTICS", ".Sh ");
  g_autofree char *part = section (failures, head, ".El");
  g_autofree char *diagnosis = in_roff (signature->diagnosis, signature->fix != NULL ? ":" : "");
  g_autofree char *fix = signature->fix != NULL ? in_roff (signature->fix, "") : NULL;

  need (part, diagnosis, head);
  if (fix != NULL)
    need (part, fix, head);
}

void
check_manual (const struct galley_plugin *plugin, const char *text)
{
  for (const struct galley_action *action = plugin->actions; action->name != NULL; action++)
    check_action (plugin, action, text);
  for (const struct galley_signature *signature = plugin->signatures; signature->regex != NULL; signature++)
    check_signature (signature, text);
}
