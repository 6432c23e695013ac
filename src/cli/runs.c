/* galley runs: the runs there have been.  SPDX-License-Identifier: MIT */
#include "base/errors.h"
#include "base/strict-json.h"
#include "base/text.h"
#include "cli/command.h"
#include "report/summary.h"
#include "report/width.h"
#include "store/history.h"
#include "store/runs.h"

#define MAX_RECIPE_WIDTH 30
#define SHOWN_STEPS      3

/* ---- what is said of a run ----------------------------------------------- */

typedef struct {
  char       *id, *folder;
  History    *history;            /* its sessions; NULL: damaged, or it has only just begun */
  GPtrArray  *steps;              /* where it failed, or is */
  gint64      duration_ms;
  const char *result;
} Row;

static void
row_free (gpointer data)
{
  Row *row = data;

  g_free (row->id);
  g_free (row->folder);
  g_clear_pointer (&row->history, history_free);
  g_clear_pointer (&row->steps, g_ptr_array_unref);
  g_free (row);
}

/* The time that its sessions took; END_US: of the last one, when it has no end. */
static gint64
duration_of (const History *history, gint64 end_us)
{
  gint64 sum_us = 0;

  for (guint i = 0; i < history->sessions->len; i++)
    {
      const HistorySession *session = history->sessions->pdata[i];
      gint64 ended_us = session == history_last (history) && session->result == NULL ? end_us : session->ended_us;

      sum_us += MAX (0, ended_us - session->began_us);
    }
  return sum_us / 1000;
}

static gboolean
fill_row (Row *row, gboolean under_way, GError **error)
{
  gint64 last_us = 0;
  const char *result;

  row->result = "under way";
  if ((row->history = history_read_sessions (row->folder, error)) == NULL)
    return FALSE;
  result = history_last (row->history)->result;
  if (g_strcmp0 (result, "ok") != 0 && (row->steps = history_where (row->folder, row->history, &last_us, error)) == NULL)
    return FALSE;
  row->duration_ms = duration_of (row->history, under_way ? g_get_real_time () : last_us);
  row->result = result != NULL ? result : under_way ? "under way" : "cut off";
  return TRUE;
}

/* Whether it is under way is asked first: what ends after that has its end on
 * record.  NULL: it has been removed meanwhile, or was ended before its first
 * step.  *CODE: of a damaged one. */
static Row *
row_new (const char *id, int *code)
{
  Row *row = g_new0 (Row, 1);
  g_autoptr (GError) error = NULL;
  gboolean under_way;

  row->id = g_strdup (id);
  row->folder = runs_folder (id);
  under_way = run_is_under_way (row->folder);
  if (fill_row (row, under_way, &error) || under_way)
    return row;
  if (g_file_test (row->folder, G_FILE_TEST_IS_DIR) && !g_error_matches (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION))
    {
      *code = command_fail (error);
      row->result = "damaged";
      return row;
    }
  row_free (row);
  return NULL;
}

/* Newest first. */
static GPtrArray *
read_rows (int limit, int *code)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func (row_free);
  g_autoptr (GPtrArray) ids = runs_list ();

  for (guint i = ids->len; i > 0 && rows->len < (guint) limit; i--)
    {
      Row *row = row_new (ids->pdata[i - 1], code);

      if (row != NULL)
        g_ptr_array_add (rows, row);
    }
  return rows;
}

/* ---- text ---------------------------------------------------------------- */

static char *
recipe_of (const Row *row)
{
  return row->history != NULL ? summary_one_line (row->history->recipe, -1) : g_strdup ("?");
}

static char *
began_of (const Row *row, const char *format, gboolean local)
{
  gint64 time_s = row->history != NULL ? history_first (row->history)->began_us / G_USEC_PER_SEC : 0;
  g_autoptr (GDateTime) time = local ? g_date_time_new_from_unix_local (time_s) : g_date_time_new_from_unix_utc (time_s);

  return row->history != NULL && time != NULL ? g_date_time_format (time, format) : NULL;
}

static char *
steps_of (const Row *row)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; row->steps != NULL && i < MIN (row->steps->len, SHOWN_STEPS); i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", (char *) row->steps->pdata[i]);
  if (row->steps != NULL && row->steps->len > SHOWN_STEPS)
    g_string_append_printf (text, " and %u more", row->steps->len - SHOWN_STEPS);
  return summary_one_line (text->str, -1);
}

static void
print_row (const Row *row, guint width)
{
  guint sessions = row->history != NULL ? row->history->sessions->len : 0;
  g_autofree char *name = recipe_of (row), *recipe = text_pad (name, width);
  g_autofree char *began = began_of (row, "%Y-%m-%d %H:%M:%S", TRUE), *steps = steps_of (row);
  g_autofree char *duration = row->history != NULL ? duration_format (row->duration_ms) : g_strdup ("-");
  const char *what = row->history != NULL && history_is_played (row->history) ? "replay" : "session";
  g_autofree char *count = g_strdup_printf ("%u %s%s", sessions, what, sessions == 1 ? "" : "s");
  g_autofree char *line = g_strdup_printf ("%s  %s  %-19s  %8s  %-9s  %-10s  %s", row->id, recipe, began != NULL ? began : "?",
                                           duration, row->result, count, steps);

  command_print ("%s\n", g_strchomp (line));
}

static void
print_text (GPtrArray *rows)
{
  guint width = 0;

  for (guint i = 0; i < rows->len; i++)
    {
      g_autofree char *recipe = recipe_of (rows->pdata[i]);

      width = MAX (width, text_width (recipe));
    }
  for (guint i = 0; i < rows->len; i++)
    print_row (rows->pdata[i], MIN (width, MAX_RECIPE_WIDTH));
}

/* ---- JSON ---------------------------------------------------------------- */

static void
set_text (JsonObject *object, const char *name, const char *text)
{
  if (text != NULL)
    json_object_set_string_member (object, name, text);
  else
    json_object_set_null_member (object, name);
}

static void
set_number (JsonObject *object, const char *name, gboolean known, gint64 number)
{
  if (known)
    json_object_set_int_member (object, name, number);
  else
    json_object_set_null_member (object, name);
}

static JsonObject *
row_json (const Row *row)
{
  JsonObject *object = json_object_new ();
  JsonArray *steps = json_array_new ();
  g_autofree char *began = began_of (row, "%Y-%m-%dT%H:%M:%SZ", FALSE);
  const History *history = row->history;
  gboolean ended = history != NULL && history_last (history)->result != NULL;

  for (guint i = 0; row->steps != NULL && i < row->steps->len; i++)
    json_array_add_string_element (steps, row->steps->pdata[i]);
  json_object_set_string_member (object, "id", row->id);
  set_text (object, "recipe", history != NULL ? history->recipe : NULL);
  set_text (object, "file", history != NULL ? history->file : NULL);
  set_text (object, "began", began);
  set_number (object, "duration_ms", history != NULL, row->duration_ms);
  json_object_set_string_member (object, "result", row->result);
  set_number (object, "exit_code", ended, ended ? history_last (history)->exit_code : 0);
  json_object_set_array_member (object, "steps", steps);
  json_object_set_int_member (object, "sessions", history != NULL ? history->sessions->len : 0);
  json_object_set_boolean_member (object, "replay", history != NULL && history_is_played (history));
  json_object_set_string_member (object, "folder", row->folder);
  return object;
}

static void
print_json (GPtrArray *rows)
{
  JsonArray *array = json_array_new ();
  g_autoptr (JsonNode) node = json_node_init_array (json_node_alloc (), array);
  g_autofree char *text = NULL;

  json_array_unref (array);
  for (guint i = 0; i < rows->len; i++)
    json_array_add_object_element (array, row_json (rows->pdata[i]));
  text = strict_json_write (node, FALSE);
  command_print ("%s\n", text);
}

/* ---- the command --------------------------------------------------------- */

int
command_runs (const Program *program, const char *name, int argc, char **argv)
{
  gboolean json = FALSE;
  int limit = G_MAXINT, code;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
    { "limit", 0, 0, G_OPTION_ARG_INT, &limit, "Show the newest N only", "N" },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr (GPtrArray) rows = NULL;

  (void) program;
  if (!command_parse (name, entries, NULL, &argc, &argv, &code))
    return code;
  if (argc > 1)
    return command_usage (name, "no argument is wanted");
  if (limit < 1)
    return command_usage (name, "--limit must be at least 1");
  rows = read_rows (limit, &code);
  if (json)
    print_json (rows);
  else if (rows->len == 0)
    g_printerr ("galley: there are no runs yet\n");
  else
    print_text (rows);
  return code;
}
