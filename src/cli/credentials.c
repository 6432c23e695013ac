/* aws.credentials is run as a step of the recipe would be, with the region,
 * the profile and the environment of one that uses aws.
 * SPDX-License-Identifier: MIT */
#include "cli/credentials.h"

#include <string.h>

#include "base/strict-json.h"
#include "base/text.h"
#include "engine/run.h"

#define ASK_TIMEOUT_MS (60 * 1000)

struct _Credentials {
  Session    *session;
  Toolbox    *toolbox;
  World      *world;
  Supervisor *supervisor;
  Run        *run;                /* NULL: not now */
};

typedef struct {                  /* hears why the step failed */
  Sink  sink;
  char *why, *fix;
} Ear;

Credentials *
credentials_new (Session *session, Toolbox *toolbox, World *world, Supervisor *supervisor)
{
  Credentials *credentials = g_new0 (Credentials, 1);

  credentials->session = session;
  credentials->toolbox = toolbox;
  credentials->world = world;
  credentials->supervisor = supervisor;
  return credentials;
}

void
credentials_free (Credentials *credentials)
{
  g_free (credentials);
}

void
credentials_interrupt (Credentials *credentials, int signal)
{
  if (credentials->run != NULL)
    run_interrupt (credentials->run, signal);
}

/* ---- the step ------------------------------------------------------------ */

static void
ear_event (Sink *sink, const Event *event)
{
  Ear *ear = (Ear *) sink;

  if (event->kind != EVENT_STEP_END || g_strcmp0 (event->result, "failed") != 0)
    return;
  g_free (ear->why);
  g_free (ear->fix);
  ear->why = g_strdup (event->diagnosis != NULL ? event->diagnosis : event->telling);
  ear->fix = g_strdup (event->fix);
}

/* It lives on the stack. */
static void
ear_free (Sink *sink)
{
  (void) sink;
}

static Step *
step_new (void)
{
  Step *step = g_new0 (Step, 1);
  GPtrArray **empty[] = { &step->with_names, &step->with_values, &step->env_names, &step->env_values,
                          &step->output_names, &step->output_paths, &step->asserts };

  step->id = g_strdup ("credentials");
  step->plugin = g_strdup ("aws");
  step->action = g_strdup ("credentials");
  for (guint i = 0; i < G_N_ELEMENTS (empty); i++)
    *empty[i] = g_ptr_array_new ();
  return step;
}

static void
step_drop (Step *step)
{
  GPtrArray *empty[] = { step->with_names, step->with_values, step->env_names, step->env_values,
                         step->output_names, step->output_paths, step->asserts };

  for (guint i = 0; i < G_N_ELEMENTS (empty); i++)
    g_ptr_array_unref (empty[i]);
  g_free (step->id);
  g_free (step->plugin);
  g_free (step->action);
  g_free (step);
}

/* With what LIKE says of the params that both have. */
static RunStep *
run_step_like (const RunStep *like, const Step *step, Plugin *aws)
{
  RunStep *made = g_new0 (RunStep, 1);

  made->id = g_strdup (step->id);
  made->step = step;
  made->scope = like->scope;
  made->plugin = aws;
  made->action = plugin_find_action (aws, "credentials");
  made->params = g_ptr_array_new_with_free_func (g_free);
  made->needs = g_ptr_array_new ();
  made->outputs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) json_node_unref);
  made->timeout_ms = ASK_TIMEOUT_MS;
  made->retry = (Retry) { 2, 1000, 1000, 1, NULL };
  for (guint i = 0; i < like->params->len; i++)
    {
      BoundParam *bound = g_new (BoundParam, 1);

      *bound = *(BoundParam *) like->params->pdata[i];
      bound->param = param_find (made->action->params, bound->param->name);
      if (bound->param != NULL)
        g_ptr_array_add (made->params, bound);
      else
        g_free (bound);
    }
  return made;
}

static const char *
text_of (RunStep *step, const char *name)
{
  JsonNode *value = g_hash_table_lookup (step->outputs, name);

  return value != NULL && JSON_NODE_HOLDS_VALUE (value) ? json_node_get_string (value) : "";
}

/* ---- how long ------------------------------------------------------------ */

/* Of the longest step; 0: one may take for ever. */
static gint64
longest_ms (const Session *session)
{
  gint64 longest = 0;

  for (guint i = 0; i < session->steps->len; i++)
    {
      gint64 timeout_ms = ((RunStep *) session->steps->pdata[i])->timeout_ms;

      if (timeout_ms == 0)
        return 0;
      longest = MAX (longest, timeout_ms);
    }
  return longest;
}

static gboolean
print_found (const Session *session, RunStep *step)
{
  const char *arn = text_of (step, "arn"), *account = text_of (step, "account"), *expires = text_of (step, "expires");
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) end = g_date_time_new_from_iso8601 (expires, utc), now = g_date_time_new_now_utc ();
  gint64 longest = longest_ms (session), left_ms;
  g_autofree char *left = NULL, *may_take = longest > 0 ? duration_format (longest) : g_strdup ("for ever");
  gboolean fine;

  if (end == NULL)
    {
      command_print ("%-4s %-12s %s (account %s), no expiry known\n", "ok", "credentials", arn, account);
      return TRUE;
    }
  left_ms = g_date_time_difference (end, now) / 1000;
  left = duration_format (MAX (left_ms, 0));
  fine = left_ms > 0 && (longest == 0 || left_ms >= longest);
  if (left_ms <= 0)
    command_print ("%-4s %-12s %s (account %s) are over since %s\n", "BAD", "credentials", arn, account, expires);
  else
    command_print ("%-4s %-12s %s (account %s), end in %s; the longest step may take %s\n", fine ? "ok" : "BAD",
                   "credentials", arn, account, left, may_take);
  return fine;
}

static gboolean
ask (Credentials *self, const RunStep *like, Plugin *aws)
{
  Session *session = self->session;
  Step *step = step_new ();
  g_autoptr (GPtrArray) steps = g_ptr_array_new_with_free_func ((GDestroyNotify) run_step_free);
  g_autoptr (Masker) masker = masker_new ();
  g_autoptr (HostPool) hosts = session_hosts (session, self->supervisor);
  Ear ear = { .sink = { .event = ear_event, .free = ear_free } };
  g_autoptr (Reporter) reporter = reporter_new (masker);
  RunParts parts = { session->recipe, session->scope, steps, session->id, session->dir, session->registry,
                     self->world, hosts, self->toolbox, reporter, masker, NULL };
  RunOptions options = { .jobs = 1 };
  gboolean fine = FALSE;

  g_ptr_array_add (steps, run_step_like (like, step, aws));
  reporter_add_sink (reporter, &ear.sink);
  scope_set_masker (session->scope, masker);
  self->run = run_new (&parts, &options);
  if (run_execute (self->run) == EXIT_OK)
    fine = print_found (session, steps->pdata[0]);
  else if (run_signal (self->run) == 0)
    command_print ("%-4s %-12s %s%s%s\n", "BAD", "credentials", ear.why != NULL ? ear.why : "cannot be asked for",
                   ear.fix != NULL ? "; " : "", ear.fix != NULL ? ear.fix : "");
  g_clear_pointer (&self->run, run_free);
  scope_set_masker (session->scope, NULL);
  g_ptr_array_set_size (steps, 0);
  step_drop (step);
  g_free (ear.why);
  g_free (ear.fix);
  return fine;
}

/* The text of STEP's profile, "" without; NULL: not known before the run. */
static char *
profile_of (const RunStep *step)
{
  for (guint i = 0; i < step->params->len; i++)
    {
      const BoundParam *bound = step->params->pdata[i];
      g_autoptr (JsonNode) value = NULL;

      if (strcmp (bound->param->name, "profile") != 0)
        continue;
      value = scope_expand (bound->scope, bound->value, step, NULL);
      return value != NULL ? strict_json_to_text (value) : NULL;
    }
  return g_strdup ("");
}

gboolean
credentials_print (Credentials *self)
{
  g_autoptr (GHashTable) asked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Plugin *aws = NULL;
  g_autoptr (GError) error = NULL;
  gboolean fine = TRUE, folders = FALSE;

  for (guint i = 0; i < self->session->steps->len; i++)
    {
      const RunStep *step = self->session->steps->pdata[i];
      char *profile;

      if (strcmp (step->step->plugin, "aws") != 0 && strcmp (step->step->plugin, "eksctl") != 0)
        continue;
      profile = profile_of (step);
      if (profile == NULL || !g_hash_table_add (asked, profile))
        continue;
      if (aws == NULL && (aws = registry_find (self->session->registry, "aws", &error)) == NULL)
        return command_fail (error) == EXIT_OK;
      if (!folders && !(folders = session_make_folders (self->session, &error)))
        return command_fail (error) == EXIT_OK;
      fine &= ask (self, step, aws);
    }
  if (folders)
    session_remove_folders (self->session);
  return fine;
}
