/* SPDX-License-Identifier: MIT */
#include "cli/locks.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/strict-json.h"
#include "base/text.h"
#include "store/lock.h"
#include "store/runs.h"

#define LOOK_MS 200
/* A galley that was killed is outlived by its plugin hosts, for a moment. */
#define DYING_LOOKS 10
#define DYING_US    50000

char *
locks_name (const Session *session, GError **error)
{
  const char *account = g_getenv ("AWS_PROFILE") != NULL ? g_getenv ("AWS_PROFILE") : g_getenv ("AWS_ACCESS_KEY_ID");
  g_autoptr (JsonNode) value = NULL;

  if (session->recipe->lock_template == NULL)
    return account != NULL && *account != '\0' ? g_strdup_printf ("%s %s", account, session->recipe->name)
                                               : g_strdup (session->recipe->name);
  value = scope_expand (session->scope, session->recipe->lock_template, NULL, error);
  return value != NULL ? strict_json_to_text (value) : NULL;
}

/* ---- who holds it -------------------------------------------------------- */

static const HistoryStep *
find_running (const History *history)
{
  const HistoryStep *found = NULL;

  for (guint i = 0; i < history->steps->len; i++)
    {
      const HistoryStep *step = history->steps->pdata[i];

      if (g_strcmp0 (step->state, "running") == 0)
        found = step;
    }
  return found;
}

static void
add_step (GString *text, const HistoryStep *step)
{
  g_autofree char *time = duration_format (MAX (0, (g_get_real_time () - step->time_us) / 1000));

  g_string_append_printf (text, ", at step \"%s\" for %s", step->id, time);
}

static void
add_run (GString *text, const char *run)
{
  g_autofree char *folder = runs_folder (run);
  g_autoptr (History) history = history_read (folder, NULL);
  g_autoptr (GDateTime) began = NULL;
  g_autofree char *since = NULL;
  const HistoryStep *step;

  g_string_append_printf (text, "run %s", run);
  if (history == NULL)
    return;
  began = g_date_time_new_from_unix_local (history_last (history)->began_us / G_USEC_PER_SEC);
  since = g_date_time_format (began, "%F %T");
  g_string_append_printf (text, " of \"%s\", pid %" G_GINT64_FORMAT ", since %s", history->recipe, history_last (history)->pid, since);
  step = find_running (history);
  if (step != NULL)
    add_step (text, step);
}

static char *
describe_holder (const char *folder, const char *name, const char *run)
{
  GString *text = g_string_new (NULL);
  g_autofree char *run_dir = runs_folder (run), *users = NULL;

  if (*run != '\0')
    add_run (text, run);
  else
    g_string_append (text, "it does not say who");
  if (*run == '\0' || !run_is_under_way (run_dir))
    users = lock_users (folder, name);
  if (users != NULL)
    g_string_append_printf (text, "; that galley is gone, but what it started still runs: %s", users);
  return g_string_free (text, FALSE);
}

/* ---- taking it ----------------------------------------------------------- */

static gboolean
wake_up (gpointer data)
{
  (void) data;
  return G_SOURCE_CONTINUE;
}

static gboolean
is_held_by_the_dying (const char *folder, const char *name, const char *run)
{
  g_autofree char *dir = runs_folder (run), *users = NULL;

  if (*run == '\0' || run_is_under_way (dir))
    return FALSE;
  users = lock_users (folder, name);
  return users == NULL;
}

/* A lock file that was removed while it was held locks nobody out: the records
 * of the runs that are under way say which lock each of them has. */
static char *
find_other (const char *name, const char *run)
{
  g_autoptr (GPtrArray) ids = runs_list ();

  for (guint i = 0; i < ids->len; i++)
    {
      g_autofree char *dir = runs_folder (ids->pdata[i]);
      g_autoptr (History) history = NULL;

      if (strcmp (ids->pdata[i], run) == 0 || !run_is_under_way (dir))
        continue;
      history = history_read_sessions (dir, NULL);
      if (history != NULL && g_strcmp0 (history->lock, name) == 0)
        return g_strdup (history->id);
    }
  return NULL;
}

static int
take_alone (const char *folder, const char *name, const char *run, char **holder, GError **error)
{
  int fd = lock_take (folder, name, run, holder, error);

  if (fd < 0 || (*holder = find_other (name, run)) == NULL)
    return fd;
  close (fd);
  return -1;
}

static int
take (const char *folder, const char *name, const char *run, char **holder, GError **error)
{
  int fd = take_alone (folder, name, run, holder, error);

  for (int looks = 0; fd < 0 && *error == NULL && looks < DYING_LOOKS && is_held_by_the_dying (folder, name, *holder); looks++)
    {
      g_usleep (DYING_US);
      g_clear_pointer (holder, g_free);
      fd = take_alone (folder, name, run, holder, error);
    }
  return fd;
}

static int
wait_for (const char *folder, const char *name, const char *run, const int *signal, GError **error)
{
  guint source = g_timeout_add (LOOK_MS, wake_up, NULL);
  g_autofree char *holder = NULL;
  int fd = -1;

  while (fd < 0 && *error == NULL && *signal == 0)
    {
      g_main_context_iteration (NULL, TRUE);
      g_clear_pointer (&holder, g_free);
      fd = take_alone (folder, name, run, &holder, error);
    }
  g_source_remove (source);
  if (fd < 0 && *error == NULL)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION, "interrupted while waiting for the lock \"%s\"", name);
  return fd;
}

int
locks_take (const Session *session, gboolean wait, const int *signal, GError **error)
{
  g_autofree char *state = runs_state_folder (), *folder = g_build_filename (state, "locks", NULL);
  g_autofree char *name = locks_name (session, error), *holder = NULL, *text = NULL;
  g_autoptr (GError) own = NULL;
  int fd;

  if (name == NULL || !runs_make_state_folder (error))
    return -1;
  fd = take (folder, name, session->id, &holder, &own);
  if (fd < 0 && own == NULL)
    {
      text = describe_holder (folder, name, holder);
      if (wait)
        {
          fprintf (stderr, "galley: waiting for the lock \"%s\": %s\n", name, text);
          fd = wait_for (folder, name, session->id, signal, &own);
        }
      else
        g_set_error (&own, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION, "the lock \"%s\" is taken: %s; --wait waits for it", name, text);
    }
  if (own != NULL)
    g_propagate_error (error, g_steal_pointer (&own));
  return fd;
}
