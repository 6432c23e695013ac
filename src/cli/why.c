/* galley why: what is in a run's way.  SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/errors.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/past.h"
#include "report/summary.h"

/* What of the last session may be in the way. */
typedef struct {
  GPtrArray  *ended;              /* of Event: of steps that failed or were stopped */
  GHashTable *open;               /* step -> Event, its start: those without an end */
  GPtrArray  *begun;              /* ids of all that were begun, in order */
  GHashTable *commands;           /* step -> Event: the end of its last command */
  char       *again;              /* what to type to go on */
  GError     *error;
} Trouble;

static void
trouble_init (Trouble *trouble)
{
  *trouble = (Trouble) { 0 };
  trouble->ended = g_ptr_array_new_with_free_func ((GDestroyNotify) event_free);
  trouble->open = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) event_free);
  trouble->begun = g_ptr_array_new_with_free_func (g_free);
  trouble->commands = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) event_free);
}

static void
trouble_clear (Trouble *trouble)
{
  g_ptr_array_unref (trouble->ended);
  g_hash_table_unref (trouble->open);
  g_ptr_array_unref (trouble->begun);
  g_hash_table_unref (trouble->commands);
  g_free (trouble->again);
  g_clear_error (&trouble->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Trouble, trouble_clear)

/* ---- finding it ---------------------------------------------------------- */

/* As the run itself named it. */
static void
begin_session (Trouble *trouble, const Event *event)
{
  trouble_clear (trouble);
  trouble_init (trouble);
  trouble->again = summary_again (event);
}

static gboolean
is_in_the_way (const Event *end)
{
  static const char *const results[] = { "failed", "unknown", "stopped", NULL };

  return end->result != NULL && g_strv_contains (results, end->result);
}

/* The events are taken over. */
static void
take_event (Trouble *trouble, Event *event)
{
  if (event->kind == EVENT_STEP_START)
    {
      g_ptr_array_add (trouble->begun, g_strdup (event->step));
      g_hash_table_replace (trouble->open, (gpointer) event->step, event);
    }
  else if (event->kind == EVENT_COMMAND_END)
    g_hash_table_replace (trouble->commands, (gpointer) event->step, event);
  else
    {
      g_hash_table_remove (trouble->open, event->step);
      if (is_in_the_way (event))
        g_ptr_array_add (trouble->ended, event);
      else
        event_free (event);
    }
}

static gboolean
is_of_interest (const Event *event)
{
  /* Of commands, those that did not end well: why they did not is looked for with others. */
  gboolean failed = event->kind == EVENT_COMMAND_END && !(event->has_exit_code && event->exit_code == 0);

  return event->step != NULL && (event->kind == EVENT_STEP_START || failed || event->kind == EVENT_STEP_END);
}

static void
on_event (gint64 number, const char *step, guint command, const char *json, gpointer user_data)
{
  Trouble *trouble = user_data;
  g_autoptr (Event) event = trouble->error == NULL ? event_from_json (json, &trouble->error) : NULL;

  (void) number;
  (void) step;
  (void) command;
  if (event != NULL && event->kind == EVENT_RUN_START)
    begin_session (trouble, event);
  else if (event != NULL && is_of_interest (event))
    take_event (trouble, g_steal_pointer (&event));
}

/* ---- telling it ---------------------------------------------------------- */

static void
tell_failure (const Trouble *trouble, const Event *end, gboolean under_way)
{
  const Event *command = g_hash_table_lookup (trouble->commands, end->step);
  gboolean last = command != NULL && g_strcmp0 (command->how, end->how) == 0;
  g_autoptr (GString) text = g_string_new (NULL);

  summary_failure (text, &(Look) { FALSE, 0 }, end, last ? command->duration_ms : -1, under_way ? NULL : trouble->again);
  command_print ("%s", text->str);
}

/* Of a run that was cut off. */
static void
tell_open (Trouble *trouble, const char *step)
{
  const Event *start = g_hash_table_lookup (trouble->open, step);
  Event cut_off;

  if (start == NULL)
    return;
  cut_off = *start;
  cut_off.result = "was cut off";
  tell_failure (trouble, &cut_off, FALSE);
  g_hash_table_remove (trouble->open, start->step);
}

static void
tell_result (const Trouble *trouble, const History *history, gboolean under_way)
{
  const HistorySession *last = history_last (history);
  guint n = trouble->ended->len;

  command_print ("run %s of \"%s\" ", history->id, history->recipe);
  if (g_strcmp0 (last->result, "ok") == 0)
    command_print ("ended well: nothing is in the way\n");
  else if (last->result != NULL)
    command_print ("%s (exit code %d)%s\n", g_str_equal (last->result, "stopped") ? "was stopped" : last->result, last->exit_code,
                   n == 0 ? "; none of its steps failed" : "");
  else if (under_way)
    command_print ("is under way%s\n", n == 0 ? "; so far nothing is in the way" : "");
  else
    command_print ("was cut off: galley ended before it did\n");
}

static void
tell (Trouble *trouble, const History *history, gboolean under_way)
{
  const HistorySession *last = history_last (history);

  tell_result (trouble, history, under_way);
  if (g_strcmp0 (last->result, "ok") == 0)
    return;
  for (guint i = 0; i < trouble->ended->len; i++)
    tell_failure (trouble, trouble->ended->pdata[i], under_way);
  if (under_way)
    return;
  if (trouble->ended->len == 0 && g_hash_table_size (trouble->open) == 0 && trouble->again != NULL)
    command_print ("  go on      %s\n", trouble->again);
  for (guint i = 0; i < trouble->begun->len; i++)
    tell_open (trouble, trouble->begun->pdata[i]);
}

/* ---- the command --------------------------------------------------------- */

int
command_why (const Program *program, const char *name, int argc, char **argv)
{
  g_autofree char *folder = NULL;
  g_autoptr (History) history = NULL;
  g_auto (Trouble) trouble = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean under_way;
  int code;

  (void) program;
  trouble_init (&trouble);
  if (!command_parse (name, NULL, NULL, &argc, &argv, &code))
    return code;
  if (argc > 2)
    return command_usage (name, "one run at a time");
  if ((history = past_run (argc == 2 ? argv[1] : NULL, &folder, &under_way, &error)) == NULL)
    return command_fail (error);
  under_way = under_way && history_last (history)->result == NULL;
  if (!history_events (folder, 0, on_event, &trouble, &error))
    return command_fail (error);
  if (trouble.error != NULL)
    return command_fail (trouble.error);
  tell (&trouble, history, under_way);
  return EXIT_OK;
}
