/* A plugin for the tests that does to its process, and to its host, what no
 * plugin should; and a few well-behaved actions beside it.
 * SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "galley-plugin.h"

static int
do_nothing (struct galley_call *call)
{
  const char *text = call->host->param (call, "text");

  call->host->output (call, "text", text != NULL ? text : "");
  return GALLEY_OK;
}

static int
crash (struct galley_call *call)
{
  (void) call;
  raise (SIGSEGV);
  return GALLEY_OK;
}

static int
hang (struct galley_call *call)
{
  (void) call;
  for (;;)
    if (pause () == 0)
      return GALLEY_OK;
}

static int
leave (struct galley_call *call)
{
  (void) call;
  exit (0);
}

static int
soil (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;

  setenv ("PATH", "/nowhere", 1);
  if (chdir ("/") < 0)
    return GALLEY_FAILED;
  return call->host->run (galley_cmd (call, "true", NULL), &r);
}

static int
close_all (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;

  for (int fd = 0; fd < 10; fd++)
    close (fd);
  return call->host->run (galley_cmd (call, "true", NULL), &r);
}

static int
write_in_check (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;

  call->host->run (galley_cmd (call, "touch", call->host->param (call, "path"), NULL), &r);
  if (r.how == GALLEY_REFUSED)
    return GALLEY_FAILED;
  return GALLEY_OK;
}

/* Refused as well, but the plugin does not want to hear it. */
static int
write_in_check_and_lie (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;

  call->host->run (galley_cmd (call, "touch", call->host->param (call, "path"), NULL), &r);
  return GALLEY_OK;
}

static int
forget_output (struct galley_call *call)
{
  (void) call;
  return GALLEY_OK;
}

static int
undeclared_output (struct galley_call *call)
{
  call->host->output (call, "surprise", "x");
  call->host->output (call, "text", "x");
  return GALLEY_OK;
}

static int
undeclared_tool (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;

  return call->host->run (galley_cmd (call, "sed", NULL), &r);
}

static int
slow (struct galley_call *call)
{
  return call->host->pause (call, 3600 * 1000);
}

static int
babble (struct galley_call *call)
{
  (void) call;
  for (int fd = 3; fd < 1024; fd++)
    if (write (fd, "\377\377\377\377\377\377\377\377", 8) == 8)
      return GALLEY_OK;
  return GALLEY_OK;
}

/* Frames as src/plugin/frame.h has them, which no plugin should know. */
enum { RUN = 5, PAUSE = 7, SAY = 8, OUTPUT = 9, DONE = 10 };

static void
put_frame (uint32_t kind, const int64_t *numbers, uint32_t n)
{
  struct { uint32_t length, kind; int64_t numbers[4]; } frame = { n * 8, kind, { 0, 0, 0, 0 } };

  memcpy (frame.numbers, numbers, n * sizeof *numbers);
  for (int fd = 3; fd < 1024; fd++)
    if (write (fd, &frame, 8 + n * 8) > 0)
      return;
}

static int
raw_frames (struct galley_call *call)
{
  const char *what = call->host->param (call, "text");
  const int64_t hour = 3600 * 1000, many[4] = { 0, 0, INT64_MAX, INT64_MAX }, nothing[4] = { 0, 0, 0, 0 };

  if (strcmp (what, "two questions") == 0)
    for (int i = 0; i < 2; i++)
      put_frame (PAUSE, &hour, 1);
  else if (strcmp (what, "end while asking") == 0)
    {
      put_frame (PAUSE, &hour, 1);
      put_frame (DONE, nothing, 2);
    }
  else if (strcmp (what, "short") == 0)
    put_frame (RUN, nothing, 1);
  else if (strcmp (what, "lengths") == 0)
    put_frame (RUN, many, 4);
  else if (strcmp (what, "negative") == 0)
    put_frame (OUTPUT, (const int64_t[]) { -1, -1 }, 2);
  else if (strcmp (what, "no such word") == 0)
    put_frame (SAY, (const int64_t[]) { 77, 0, 0, 0 }, 4);
  else if (strcmp (what, "not for it") == 0)
    put_frame (1, nothing, 4);
  return call->host->pause (call, hour);
}

/* Its words are no UTF-8, and of no known class. */
static int
mumble (struct galley_call *call)
{
  call->host->output (call, "\xff\xfe", "\xff");
  galley_note (call, "note \xff\x1b[2J");
  return galley_fail (call, (enum galley_class) 4711, "failed \xff\x1b[2J");
}

static int
odd_status (struct galley_call *call)
{
  (void) call;
  return 4711;
}

static int
crash_beside_tool (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;

  if (fork () == 0)
    {
      sleep (1);
      kill (getppid (), SIGABRT);
      _exit (0);
    }
  return call->host->run (galley_cmd (call, "sleep", "3600", NULL), &r);
}

/* Of the tools only "sleep" has a short grace. */
static int
run_sleep (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;

  return call->host->run (galley_cmd (call, "sleep", "3600", NULL), &r);
}

/* Runs sleep; gives back how much of its time is left after it. */
static int
time_left (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  int rc = call->host->run (galley_cmd (call, "sleep", call->host->param (call, "text"), NULL), &r);
  char left[32];

  snprintf (left, sizeof left, "%lld", (long long) call->host->time_left (call));
  call->host->output (call, "text", left);
  return rc;
}

/* Busy until the file is there. */
static int
busy_check (struct galley_call *call)
{
  if (!call->host->exists (call, call->host->param (call, "path")))
    return galley_busy (call, "somebody holds %s", call->host->param (call, "path"));
  call->host->output (call, "text", "free");
  return GALLEY_OK;
}

static int
needed (struct galley_call *call)
{
  return galley_need (call, "it never holds");
}

static int
run_tool (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  int rc = call->host->run (galley_cmd (call, "true", NULL), &r);

  call->host->output (call, "text", "ran");
  return rc;
}

static int
give_secret (struct galley_call *call)
{
  call->host->output (call, "secret", call->host->param (call, "text"));
  return GALLEY_OK;
}

/* What `true` prints becomes a secret only after that, and after another
 * `true` has printed it, too. */
static int
learn_secret (struct galley_call *call)
{
  struct galley_result first = GALLEY_RESULT_INIT, second = GALLEY_RESULT_INIT;

  if (call->host->run (galley_cmd (call, "true", "first", NULL), &first) != GALLEY_OK
      || call->host->run (galley_cmd (call, "true", "second", NULL), &second) != GALLEY_OK)
    return GALLEY_FAILED;
  call->host->output (call, "secret", first.out);
  return GALLEY_OK;
}

static int
give_secret_json (struct galley_call *call)
{
  call->host->output (call, "json", call->host->param (call, "text"));
  return GALLEY_OK;
}

static int
look (struct galley_call *call)
{
  size_t len = 0;
  const char *text = call->host->read_file (call, call->host->param (call, "path"), &len);

  if (text == NULL)
    return GALLEY_FAILED;
  call->host->output (call, "text", text);
  return GALLEY_OK;
}

/* More commands than it runs. */
static int
waste (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;

  for (int i = 0; i < 100; i++)
    {
      struct galley_cmd *cmd = galley_cmd (call, "true", "never", "run", NULL);

      call->host->cmd_env (cmd, "NAME", "value");
      call->host->cmd_stdin (cmd, "x", 1);
      call->host->cmd_cwd (cmd, "/");
    }
  return call->host->run (galley_cmd (call, "true", NULL), &r);
}

static const struct galley_param text_params[] = {
  { "text", GALLEY_STRING, 0, NULL, NULL, NULL, "x", "what to give back" },
  { "path", GALLEY_PATH, 0, NULL, NULL, NULL, "x", "a file" },
  { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
static const struct galley_param text_outputs[] = {
  { "text", GALLEY_STRING, 0, NULL, NULL, NULL, "x", "what came back" },
  { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
static const struct galley_param secret_outputs[] = {
  { "secret", GALLEY_STRING, GALLEY_SECRET, NULL, NULL, NULL, "x", "the text, as a secret" },
  { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
static const struct galley_param secret_json_outputs[] = {
  { "json", GALLEY_MAP, GALLEY_SECRET, NULL, NULL, NULL, "{}", "the text, which is JSON, as a secret" },
  { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
static const struct galley_action actions[] = {
  { "secret", "give a text back as a secret", GALLEY_READS, text_params, secret_outputs, NULL, give_secret },
  { "secret_json", "give JSON back as a secret", GALLEY_READS, text_params, secret_json_outputs, NULL, give_secret_json },
  { "learn_secret", "give what true prints, as a secret", 0, text_params, secret_outputs, needed, learn_secret },
  { "ok", "give a text back", GALLEY_READS, text_params, text_outputs, NULL, do_nothing },
  { "run_tool", "run true", 0, text_params, text_outputs, needed, run_tool },
  { "needed", "never hold, and do nothing about it", 0, text_params, text_outputs, needed, do_nothing },
  { "look", "give back what is in a file", GALLEY_READS, text_params, text_outputs, NULL, look },
  { "waste", "make commands and not run them", 0, text_params, NULL, NULL, waste },
  { "crash", "crash", 0, text_params, NULL, NULL, crash },
  { "hang", "never return", 0, text_params, NULL, NULL, hang },
  { "leave", "call exit", 0, text_params, NULL, NULL, leave },
  { "soil", "change the environment and the folder", 0, text_params, NULL, NULL, soil },
  { "close_all", "close 0 to 9", 0, text_params, NULL, NULL, close_all },
  { "write_in_check", "run touch in a check", 0, text_params, NULL, write_in_check, write_in_check },
  { "lie_in_check", "run touch in a check and say it holds", 0, text_params, NULL, write_in_check_and_lie, write_in_check },
  { "forget_output", "not set an output", 0, text_params, text_outputs, NULL, forget_output },
  { "undeclared_output", "set an undeclared output", 0, text_params, text_outputs, NULL, undeclared_output },
  { "undeclared_tool", "run an undeclared tool", 0, text_params, NULL, NULL, undeclared_tool },
  { "slow", "pause for an hour", 0, text_params, NULL, NULL, slow },
  { "babble", "write nonsense to its connection", 0, text_params, NULL, NULL, babble },
  { "raw_frames", "send frames of its own", 0, text_params, NULL, NULL, raw_frames },
  { "mumble", "say what is no text", 0, text_params, text_outputs, NULL, mumble },
  { "odd_status", "return a number that means nothing", 0, text_params, NULL, odd_status, odd_status },
  { "crash_beside_tool", "crash while its tool runs", 0, text_params, NULL, NULL, crash_beside_tool },
  { "run_sleep", "run sleep", 0, text_params, NULL, NULL, run_sleep },
  { "time_left", "run sleep, and tell how much time is left", 0, text_params, text_outputs, NULL, time_left },
  { "busy", "be busy until a file is there", 0, text_params, text_outputs, busy_check, do_nothing },
  { NULL, NULL, 0, NULL, NULL, NULL, NULL },
};
static const struct galley_read true_reads[] = { { "", NULL, NULL }, { NULL, NULL, NULL } };
static const struct galley_tool tools[] = {
  { "true", 0, NULL, NULL, NULL, NULL, true_reads, NULL, 0 },
  { "touch", 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
  { "sleep", 0, NULL, NULL, NULL, NULL, NULL, NULL, 500 },
  { NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
};
static const struct galley_plugin evil = {
  GALLEY_PLUGIN_ABI, "evil", "1.0", "what no plugin should do", tools, actions, NULL,
};
GALLEY_PLUGIN_REGISTER (evil)
