/* One callback of a plugin, and what it asks of the core meanwhile:
 * commands, private files, pauses.  SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mask-json.h"
#include "base/strict-json.h"
#include "base/text.h"
#include "engine/keep.h"
#include "plugin/reads.h"
#include "proc/tool.h"

/* What a plugin is given of an output, at most. */
#define KEEP_BYTES      (4 * 1024 * 1024)
#define DEFAULT_GRACE_MS 30000
/* ... and what of it is looked through for a failure's cause. */
#define JUDGED_HEAD      (128 * 1024)
#define JUDGED_TAIL      (384 * 1024)
#define SHOWN_INPUT_MAX  (64 * 1024)
/* A callback whose tool is gone has this long to return. */
#define HANG_MS          5000
/* For a plugin host that cannot be started now; the time doubles. */
#define HOST_TRIES       5
#define HOST_DELAY_MS    100
#define DEPARTURE_FIX    "play the recipe and the vars that were recorded, or record them anew"
/* Who looks back may do so, but not for long. */
#define LOOK_BACK_GRACE_MS 1000
#define LOOK_BACK_HANG_MS  1000

static const char *
phase_name (const Life *life)
{
  return life->phase == PHASE_CHECK ? "check" : "apply";
}

/* Whose its commands are in a recording. */
static char *
life_caller (const Life *life)
{
  return g_strdup_printf ("%s %s", life->step->id, phase_name (life));
}

static gboolean
only_reads (const Life *life)
{
  return life->phase == PHASE_CHECK || (life->step->action->flags & GALLEY_READS) != 0;
}

/* ---- commands ------------------------------------------------------------ */

static void
answer_not_run (Life *life, int how)
{
  HostRan ran = { FALSE, how, -1, 0, NULL, NULL, 0, 0 };

  host_call_ran (life->call, &ran);
}

static char **
full_argv (const char *tool, char **args)
{
  GPtrArray *argv = g_ptr_array_new ();

  /* As named: a virtual environment's python finds its modules by that. */
  g_ptr_array_add (argv, g_strdup (tool));
  for (; *args != NULL; args++)
    g_ptr_array_add (argv, g_strdup (*args));
  g_ptr_array_add (argv, NULL);
  return (char **) g_ptr_array_free (argv, FALSE);
}

static void
refuse_command (Life *life, char **argv)
{
  g_autofree char *line = shell_quote_argv ((const char *const *) argv);
  g_autofree char *text = g_strdup_printf ("refused to run during a check, as it is not declared to only read: %s", line);

  life_blame (life, text, "this is a mistake in the plugin: galley plugin show tells what it declares");
  run_emit (life->run, &(Event) { .kind = EVENT_WARNING, .step = life->step->id, .text = text });
  answer_not_run (life, GALLEY_REFUSED);
}

/* The environment pairs a step gives its tools, on top of each other. */
static GHashTable *
extra_environment (Life *life, GHashTable *of_command)
{
  GHashTable *extra = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  GHashTable *layers[] = { life->env, of_command };

  for (guint i = 0; i < G_N_ELEMENTS (layers); i++)
    {
      GHashTableIter iter;
      gpointer name, value;

      g_hash_table_iter_init (&iter, layers[i]);
      while (g_hash_table_iter_next (&iter, &name, &value))
        g_hash_table_replace (extra, g_strdup (name), g_strdup (value));
    }
  return extra;
}

static char **
shown_environment (GHashTable *extra)
{
  GPtrArray *pairs = g_ptr_array_new ();
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (extra), (GCompareFunc) strcmp);

  for (GList *name = names; name != NULL; name = name->next)
    g_ptr_array_add (pairs, g_strdup_printf ("%s=%s", (char *) name->data, (char *) g_hash_table_lookup (extra, name->data)));
  g_ptr_array_add (pairs, NULL);
  return (char **) g_ptr_array_free (pairs, FALSE);
}

static int
galley_how (ProcessHow how)
{
  switch (how)
    {
    case PROCESS_EXITED:    return GALLEY_EXITED;
    case PROCESS_SIGNALLED: return GALLEY_SIGNALLED;
    case PROCESS_TIMED_OUT: return GALLEY_TIMED_OUT;
    case PROCESS_CANCELLED: return GALLEY_CANCELLED;
    case PROCESS_UNKNOWN:   return GALLEY_LOST;
    default:                return GALLEY_NOT_STARTED;
    }
}

/* Of much output its beginning and its end: nobody's message is longer, and
 * all patterns go over it. */
static char *
judged_part (GBytes *bytes)
{
  gsize len;
  const char *data = g_bytes_get_data (bytes, &len);
  GString *text = g_string_new (NULL);

  if (len <= JUDGED_HEAD + JUDGED_TAIL)
    g_string_append_len (text, data, (gssize) len);
  else
    {
      g_string_append_len (text, data, JUDGED_HEAD);
      g_string_append_c (text, '\n');
      g_string_append_len (text, data + len - JUDGED_TAIL, JUDGED_TAIL);
    }
  return g_string_free (text, FALSE);
}

static void
remember_failure (Life *life, const Command *command, const ProcessResult *result, const char *how)
{
  FailedCommand *failed = &life->command;

  failed_command_clear (failed);
  failed->tool = g_strdup (life->process_tool);
  failed->argv = g_strdupv (command->argv);
  failed->cwd = g_strdup (command->cwd);
  failed->how = g_strdup (how);
  failed->has_exit_code = result->how == PROCESS_EXITED;
  failed->exit_code = result->exit_code;
  failed->start_error = result->how == PROCESS_NOT_STARTED ? result->error_number : 0;
  failed->timed_out = result->how == PROCESS_TIMED_OUT;
  failed->idle = result->idle;
  failed->out = judged_part (result->output[PROCESS_STDOUT].data);
  failed->err = judged_part (result->output[PROCESS_STDERR].data);
  if (!(life->process_flags & GALLEY_CMD_SECRET_OUTPUT))
    failed->telling = text_telling_line (failed->err, failed->out);
}

/* A run that goes on without a part of its record says so. */
static void
warn_of_file (Life *life, const char *stream, const ProcessOutput *output)
{
  g_autofree char *text = NULL;

  if (output->spill_error == NULL)
    return;
  text = g_strdup_printf ("not all of its %s is kept in \"%s/output/%u.%s\": %s", stream, life->run->parts.dir,
                          life->process_id, stream, output->spill_error);
  run_emit (life->run, &(Event) { .kind = EVENT_WARNING, .step = life->step->id, .text = text });
}

static void
emit_command_end (Life *life, const ProcessResult *result, const char *how)
{
  warn_of_file (life, "stdout", &result->output[0]);
  warn_of_file (life, "stderr", &result->output[1]);
  run_emit (life->run, &(Event) { .kind = EVENT_COMMAND_END, .step = life->step->id, .command = life->process_id,
                                  .tool = life->process_tool, .how = how, .has_exit_code = result->how == PROCESS_EXITED,
                                  .exit_code = result->exit_code, .signal = result->signal,
                                  .duration_ms = result->duration_ms,
                                  .out_bytes = result->output[0].total, .err_bytes = result->output[1].total,
                                  .out_file = result->output[0].spill, .err_file = result->output[1].spill });
}

/* It did not end of its own, and it is gone: what it left behind is ours. */
static gboolean
was_cut_off (const ProcessResult *result)
{
  return result->survivors == 0
         && (result->how == PROCESS_SIGNALLED || result->how == PROCESS_TIMED_OUT || result->how == PROCESS_CANCELLED);
}

static void
note_remains (RunStep *step, const ProcessResult *result, gint64 wall_us)
{
  if (was_cut_off (result) && step->abandoned_us == 0)
    step->abandoned_us = wall_us - result->duration_ms * 1000;
}

static void
on_process_ended (Process *process, const ProcessResult *result, gpointer user_data)
{
  Life *life = user_data;
  g_autofree char *how = process_result_describe (result);
  g_autofree char *rest = process_result_describe_rest (result, process_command (process)->argv[0]);
  gboolean ok = result->how == PROCESS_EXITED && result->exit_code == 0;
  HostRan ran = { ok, galley_how (result->how), result->exit_code, result->signal, result->output[0].data,
                  result->output[1].data, result->output[0].total, result->output[1].total };

  if (result->departure != NULL)
    life_blame (life, result->departure, DEPARTURE_FIX);
  if (rest != NULL)
    run_emit (life->run, &(Event) { .kind = EVENT_WARNING, .step = life->step->id, .text = rest });
  emit_command_end (life, result, how);
  if (!only_reads (life))
    note_remains (life->step, result, clock_wall (life_clock (life)));
  life->lost |= life->phase == PHASE_APPLY && result->how == PROCESS_UNKNOWN;
  if (!ok && (!(life->process_flags & GALLEY_CMD_MAY_FAIL) || result->how == PROCESS_NOT_STARTED))
    remember_failure (life, process_command (process), result, how);
  life->process = NULL;
  if (life->call != NULL)
    host_call_ran (life->call, &ran);
  else
    life_callback_ended (life, GALLEY_FAILED, life->crash);
}

static void
on_process_output (Process *process, ProcessStream stream, const char *data, gsize len, gpointer user_data)
{
  Life *life = user_data;

  (void) process;
  if (life->process_flags & GALLEY_CMD_SECRET_OUTPUT)
    return;
  run_emit (life->run, &(Event) { .kind = EVENT_OUTPUT, .step = life->step->id, .command = life->process_id,
                                  .stream = stream == PROCESS_STDOUT ? "stdout" : "stderr", .text = data, .text_len = len });
}

static GBytes *
filter_spill (Process *process, ProcessStream stream, const char *data, gsize len, gboolean last, gpointer user_data)
{
  Life *life = user_data;

  (void) process;
  return mask_stream_feed (life->masks->pdata[stream], data, len, last);
}

static const ProcessHandlers process_handlers = { on_process_output, on_process_ended, filter_spill };

static gint64
time_left_ms (const Life *life)
{
  return life->deadline_us == G_MAXINT64 ? 0 : MAX (1, (life->deadline_us - clock_now (life_clock (life))) / 1000);
}

static void
fill_command (Life *life, Command *command, const HostRun *run, const struct galley_tool *tool, GHashTable *extra)
{
  g_strfreev (command->env);
  command->env = tool_environment ((const char *const *) life->run->environment, tool->env, extra);
  command->cwd = run->cwd != NULL ? g_canonicalize_filename (run->cwd, life->step->scope->recipe->dir)
                                  : g_strdup (life->step->scope->recipe->dir);
  command->stdin_data = run->stdin_data != NULL ? g_bytes_ref (run->stdin_data) : NULL;
  command->timeout_ms = time_left_ms (life);
  command->idle_timeout_ms = MAX (0, life->step->idle_timeout_ms);
  command->grace_ms = life->looking_back ? LOOK_BACK_GRACE_MS : tool->grace_ms != 0 ? tool->grace_ms : DEFAULT_GRACE_MS;
  command->keep = KEEP_BYTES;
  if ((run->flags & GALLEY_CMD_BACKGROUND) || life->step->step->background)
    command->flags |= COMMAND_BACKGROUND;
  if (run->flags & GALLEY_CMD_SECRET_OUTPUT)
    command->flags |= COMMAND_SECRET_OUTPUT;
  if (run->flags & GALLEY_CMD_UNUSED_OUTPUT)
    command->flags |= COMMAND_UNUSED_OUTPUT;
  command->caller = life_caller (life);
  /* Of what is no run (a plan, doctor) nothing is kept. */
  if (life->run->parts.record != NULL && !(run->flags & GALLEY_CMD_SECRET_OUTPUT))
    command->spill = g_strdup_printf ("%s/output/%u", life->run->parts.dir, life->process_id);
}

/* What is on its standard input, so that the command can be run again by
 * hand; of more than a person would look at, nothing. */
static const char *
shown_input (const HostRun *run, gsize *len)
{
  const char *data = run->stdin_data != NULL ? g_bytes_get_data (run->stdin_data, len) : NULL;

  if (data != NULL && *len <= SHOWN_INPUT_MAX && g_utf8_validate (data, (gssize) *len, NULL))
    return data;
  *len = 0;
  return NULL;
}

static void
start_command (Life *life, const HostRun *run, const struct galley_tool *tool, const char *path, char **argv)
{
  Command *command = command_new (path, (const char *const *) argv);
  g_autoptr (GHashTable) extra = extra_environment (life, run->env);
  g_auto (GStrv) shown = shown_environment (extra);
  gsize input_len = 0;
  /* Not among the event's initializers: their order is the compiler's. */
  const char *input = shown_input (run, &input_len);

  life->process_id = ++life->run->commands;
  life->process_flags = run->flags;
  life->process_tool = tool->name != NULL && strcmp (tool->name, GALLEY_TOOL_ANY) != 0 ? tool->name : "command";
  fill_command (life, command, run, tool, extra);
  command->given = g_strdupv (shown);
  g_ptr_array_set_size (life->masks, 0);
  for (int i = 0; i < 2; i++)
    g_ptr_array_add (life->masks, mask_stream_new (life->run->parts.masker));
  run_emit (life->run, &(Event) { .kind = EVENT_COMMAND_START, .step = life->step->id, .phase = phase_name (life),
                                  .command = life->process_id, .tool = life->process_tool,
                                  .argv = (const char *const *) argv, .env = (const char *const *) shown,
                                  .cwd = command->cwd, .input = input, .input_len = input_len });
  life->ran |= life->phase == PHASE_APPLY;
  life->process = world_start (life->run->parts.world, command, &process_handlers, life);
}

/* FALSE: it has been replaced, and may not be started. */
static gboolean
is_what_it_was (Life *life, const char *tool, const char *path)
{
  Toolbox *toolbox = life->run->parts.toolbox;
  gboolean strict = toolbox_is_strict (toolbox);
  g_autofree char *text = NULL;

  if (!toolbox_was_replaced (toolbox, tool))
    return TRUE;
  text = g_strdup_printf ("\"%s\" is not the file it was when %s", path, strict ? "the run began" : "it was last used");
  if (strict)
    failure_set (&life->failure, GALLEY_INVALID, text, "go on with it, without --strict, if it is meant to be so");
  else
    run_emit (life->run, &(Event) { .kind = EVENT_WARNING, .step = life->step->id, .text = text });
  return !strict;
}

static void
on_run (HostCall *call, const HostRun *run, gpointer user_data)
{
  Life *life = user_data;
  const struct galley_tool *tool = plugin_find_tool (life->step->plugin, run->tool);
  g_auto (GStrv) argv = full_argv (run->tool, run->argv);
  g_autoptr (GError) error = NULL;
  gboolean authors_word = (run->flags & GALLEY_CMD_AUTHORS_WORD) && (life->step->action->flags & GALLEY_AUTHORS_WORD);
  const char *path;

  (void) call;
  if (life->cancelled || life->timed_out)
    {
      answer_not_run (life, life->cancelled ? GALLEY_CANCELLED : GALLEY_TIMED_OUT);
      return;
    }
  if (tool == NULL)
    {
      g_autofree char *text = g_strdup_printf ("the plugin does not declare the tool \"%s\"", run->tool);

      life_blame (life, text, NULL);
      answer_not_run (life, GALLEY_NOT_STARTED);
      return;
    }
  if (only_reads (life) && !authors_word && !reads_allow (tool, (const char *const *) argv))
    {
      refuse_command (life, argv);
      return;
    }
  path = toolbox_path (life->run->parts.toolbox, tool, run->tool, &error);
  if (path == NULL)
    {
      failure_set (&life->failure, GALLEY_INVALID, error->message, NULL);
      answer_not_run (life, GALLEY_NOT_STARTED);
      return;
    }
  if (!is_what_it_was (life, run->tool, path) || (!only_reads (life) && !keep_intent (life)))
    {
      answer_not_run (life, GALLEY_NOT_STARTED);
      return;
    }
  if (tool->flags & GALLEY_TOOL_OURS)
    {
      /* It is not in PATH, and the transcript's lines must paste. */
      g_free (argv[0]);
      argv[0] = g_strdup (path);
    }
  start_command (life, run, tool, path, argv);
}

/* ---- pauses -------------------------------------------------------------- */

static gboolean
on_pause_over (gpointer data)
{
  Life *life = data;

  drop_timer (&life->timer);
  life->pausing = FALSE;
  host_call_paused (life->call, GALLEY_OK);
  return G_SOURCE_REMOVE;
}

static void
on_pause (HostCall *call, gint64 milliseconds, gpointer user_data)
{
  Life *life = user_data;

  if (life->cancelled || life->timed_out)
    {
      host_call_paused (call, GALLEY_FAILED);
      return;
    }
  life->pausing = TRUE;
  life->timer = clock_timer (life_clock (life), CLAMP (milliseconds, 0, G_MAXINT / 2), on_pause_over, life);
}

static void
end_pause (Life *life)
{
  if (!life->pausing)
    return;
  drop_timer (&life->timer);
  life->pausing = FALSE;
  host_call_paused (life->call, GALLEY_FAILED);
}

/* ---- what it looks at ---------------------------------------------------- */

static void
on_look (HostCall *call, LookKind kind, const char *subject, gpointer user_data)
{
  Life *life = user_data;
  g_auto (Look) look = { 0 };
  g_autofree char *caller = life_caller (life), *problem = NULL;

  if (!world_look (life->run->parts.world, caller, kind, subject, life->deadline_us, &look, &problem))
    {
      if (problem == NULL)        /* it will never be answered */
        return;
      life_blame (life, problem, DEPARTURE_FIX);
    }
  host_call_seen (call, &look);
}

/* ---- what the callback says ---------------------------------------------- */

static void
on_say (HostCall *call, FrameSay what, guint error_class, const char *text, gpointer user_data)
{
  Life *life = user_data;
  g_autofree char *safe = g_utf8_make_valid (text, -1);

  (void) call;
  switch (what)
    {
    case SAY_NEED:
      g_free (life->need);
      life->need = g_steal_pointer (&safe);
      break;
    case SAY_FAIL:
      if (!life->broke_rules)
        failure_set (&life->failure, error_class, safe, NULL);
      break;
    case SAY_FIX:
      g_free (life->failure.fix);
      life->failure.fix = g_steal_pointer (&safe);
      break;
    case SAY_NOTE:
      run_emit (life->run, &(Event) { .kind = EVENT_NOTE, .step = life->step->id, .text = safe });
      break;
    default:
      run_emit (life->run, &(Event) { .kind = EVENT_PROGRESS, .step = life->step->id, .text = safe });
    }
}

static void
on_output (HostCall *call, const char *name, const char *json, gpointer user_data)
{
  Life *life = user_data;
  const struct galley_param *output = param_find (life->step->action->outputs, name);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) value = strict_json_parse (json, -1, &error);
  g_autofree char *safe = NULL;
  const char *refusal = NULL;

  (void) call;
  safe = g_utf8_make_valid (name, -1);
  if (output == NULL || value == NULL)
    {
      g_autofree char *why = g_strdup_printf (output == NULL ? "the plugin set an output \"%s\" that it does not declare"
                                                             : "the plugin set output \"%s\" to what is not JSON", safe);
      life_blame (life, why, NULL);
      return;
    }
  if (output->flags & GALLEY_SECRET)
    refusal = masker_add_json (life->run->parts.masker, value);
  if (refusal != NULL)
    {
      g_autofree char *why = g_strdup_printf ("secret output \"%s\" %s, and could not be hidden", safe, refusal);
      life_blame (life, why, NULL);
      return;
    }
  g_hash_table_replace (life->step->outputs, g_strdup (name), g_steal_pointer (&value));
}

/* ---- the callback -------------------------------------------------------- */

static void
remove_files (Life *life)
{
  for (guint i = 0; i < life->files->len; i++)
    unlink (life->files->pdata[i]);
  g_ptr_array_set_size (life->files, 0);
}

static void
on_ended (HostCall *call, int status, const char *crash, gpointer user_data)
{
  Life *life = user_data;

  (void) call;
  life->call = NULL;
  drop_timer (&life->hang);
  drop_timer (&life->timer);
  life->pausing = FALSE;
  remove_files (life);
  g_free (life->crash);
  life->crash = g_strdup (life->killed ? "the plugin did not return" : crash);
  /* The host is gone, its tool is not: that has to end first. */
  if (life->process != NULL)
    process_cancel (life->process, SIGTERM);
  else
    life_callback_ended (life, status, life->crash);
}

static const HostHandlers host_handlers = { on_run, call_file, on_pause, on_look, on_say, on_output, on_ended };

static gboolean
on_hang (gpointer data)
{
  Life *life = data;

  drop_timer (&life->hang);
  life->killed = TRUE;
  host_call_kill (life->call);
  return G_SOURCE_REMOVE;
}

/* The callback should return soon: its tool has its grace, then it is ended. */
static void
expect_return (Life *life)
{
  gint64 grace = life->process != NULL ? process_command (life->process)->grace_ms + 3000 : 0;

  drop_timer (&life->hang);
  life->hang = start_timer (grace + (life->looking_back ? LOOK_BACK_HANG_MS : HANG_MS), on_hang, life);
}

static gboolean
on_deadline (gpointer data)
{
  Life *life = data;

  drop_timer (&life->deadline);
  life->timed_out = TRUE;
  end_pause (life);
  if (life->call != NULL)
    expect_return (life);
  return G_SOURCE_REMOVE;
}

void
life_cancel (Life *life, int signal)
{
  gboolean again = life->cancelled || life->looking_back;

  life->cancelled = TRUE;
  if (life->call == NULL && life->process == NULL)
    {
      drop_timer (&life->timer);
      if (life->question != NULL)
        run_ask_no_more (life->run, life);
      life_callback_ended (life, GALLEY_FAILED, NULL);
      return;
    }
  if (life->process != NULL && again)
    process_kill (life->process);
  else if (life->process != NULL)
    process_cancel (life->process, signal);
  end_pause (life);
  if (life->call != NULL && again && life->process == NULL)
    on_hang (life);
  else if (life->call != NULL)
    expect_return (life);
}

static gboolean
on_host_again (gpointer data)
{
  Life *life = data;

  drop_timer (&life->timer);
  call_begin (life);
  return G_SOURCE_REMOVE;
}

/* Nothing has run yet, so that this is no attempt of the step. */
static void
no_host (Life *life, const GError *error)
{
  if ((g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_AGAIN) || g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOMEM))
      && life->host_tries < HOST_TRIES)
    {
      life->timer = start_timer (HOST_DELAY_MS << life->host_tries++, on_host_again, life);
      return;
    }
  life->host_tries = 0;
  failure_set (&life->failure, GALLEY_TRANSIENT, error->message, NULL);
  life_callback_ended (life, GALLEY_FAILED, NULL);
}

/* What the last callback was answered is settled; what the next one is given
 * is its own. */
static void
tell_world (Life *life)
{
  World *world = life->run->parts.world;
  GHashTableIter iter;
  gpointer value;

  if (!world_is_watched (world))
    return;
  world_settle (world, life->step->id);
  g_hash_table_iter_init (&iter, life->params);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      g_autofree char *text = json_to_string (value, FALSE);

      world_begin (world, life->step->id, text);
    }
}

void
call_begin (Life *life)
{
  RunStep *step = life->step;
  g_autoptr (GError) error = NULL;

  if (life->deadline == NULL && life->deadline_us != G_MAXINT64 && !life->timed_out)
    life->deadline = clock_timer (life_clock (life), (life->deadline_us - clock_now (life_clock (life))) / 1000, on_deadline, life);
  life->killed = life->broke_rules = FALSE;
  g_clear_pointer (&life->need, g_free);
  failure_clear (&life->failure);
  failed_command_clear (&life->command);
  tell_world (life);
  life->call = host_pool_call (life->run->parts.hosts, step->step->plugin, step->step->action, life->phase == PHASE_CHECK,
                               step->abandoned_us, life->deadline_us, life->params, &host_handlers, life, &error);
  if (life->call == NULL)
    no_host (life, error);
  else
    life->host_tries = 0;
}
