/* http.get and http.wait: what a web server answers.
 * SPDX-License-Identifier: MIT */
#include "http.h"

#include <regex.h>
#include <string.h>

/* What galley-http needs after its own timeout, to end and be heard. */
#define MARGIN_MS 1000
#define INTERVAL_MIN_MS 100
#define SHOWN_MAX 80

/* What does not change from one request of the callback to the next. */
typedef struct {
  const char *header_file, *user_file, *body_file;   /* or NULL */
  regex_t     match;
  int         has_match;
} Setup;

typedef struct {
  struct galley_result result;
  const char *body;              /* NULL: no answer, or not text */
  const char *reason;            /* why it is not what is wanted; NULL: it is */
  int         final;             /* asking again would not help */
} Answer;

static const char *
shown_url (struct galley_call *call)
{
  const char *url = call->host->param (call, "url");

  return galley_printf (call, "%.*s", (int) strcspn (url, "?#"), url);
}

/* ---- private files ------------------------------------------------------- */

static int
is_header_name (const char *name)
{
  return *name != '\0'
         && name[strspn (name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~")] == '\0';
}

static int
set_up_headers (struct galley_call *call, Setup *setup)
{
  const char *json = call->host->param_json (call, "headers"), *text = "";
  const char *const *names = call->host->json_names (call, json), *const *values;

  if (json == NULL)
    return GALLEY_OK;
  if (*json != '{')
    return galley_fail (call, GALLEY_INVALID, "`headers` is not a map of names and values");
  values = call->host->json_all (call, json, "$.*");
  for (; *names != NULL && *values != NULL; names++, values++) {
    if (!is_header_name (*names))
      return galley_fail (call, GALLEY_INVALID, "`headers`: \"%s\" is no name of a header", *names);
    if (strpbrk (*values, "\r\n") != NULL)
      return galley_fail (call, GALLEY_INVALID, "`headers`: the value of \"%s\" has more than one line", *names);
    text = galley_printf (call, "%s%s: %s\n", text, *names, *values);
  }
  setup->header_file = call->host->file (call, 0, "headers", text, strlen (text));
  return setup->header_file != NULL ? GALLEY_OK : GALLEY_FAILED;
}

static int
set_up_user (struct galley_call *call, Setup *setup)
{
  const char *user = call->host->param (call, "user"), *password = call->host->param (call, "password");
  const char *text;

  if (user == NULL && password == NULL)
    return GALLEY_OK;
  if (user == NULL)
    return galley_fail (call, GALLEY_INVALID, "`password` needs `user`");
  if (strpbrk (user, ":\r\n") != NULL || (password != NULL && strpbrk (password, "\r\n") != NULL))
    return galley_fail (call, GALLEY_INVALID, "`user` has a colon, or it or `password` has more than one line");
  text = galley_printf (call, "%s:%s\n", user, password != NULL ? password : "");
  setup->user_file = call->host->file (call, 0, "user", text, strlen (text));
  return setup->user_file != NULL ? GALLEY_OK : GALLEY_FAILED;
}

static int
set_up_body (struct galley_call *call, Setup *setup)
{
  const char *body = call->host->param (call, "body");
  int query = strcmp (call->host->param (call, "method"), "query") == 0;

  if (query != (body != NULL))
    return galley_fail (call, GALLEY_INVALID, query ? "`method: query` needs `body`" : "`body` needs `method: query`");
  if (!query)
    return GALLEY_OK;
  setup->body_file = call->host->file (call, 0, "body", body, strlen (body));
  return setup->body_file != NULL ? GALLEY_OK : GALLEY_FAILED;
}

static int
set_up_match (struct galley_call *call, Setup *setup)
{
  const char *pattern = call->host->param (call, "match");
  char problem[200];
  int code;

  if (call->host->param (call, "equals") != NULL && call->host->param (call, "json_path") == NULL)
    return galley_fail (call, GALLEY_INVALID, "`equals` needs `json_path`");
  if (pattern == NULL)
    return GALLEY_OK;
  code = regcomp (&setup->match, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE);
  if (code != 0) {
    regerror (code, &setup->match, problem, sizeof problem);
    return galley_fail (call, GALLEY_INVALID, "`match`: %s", problem);
  }
  setup->has_match = 1;
  return GALLEY_OK;
}

/* The regex last, so that nothing is left to be freed when it fails. */
static int
set_up (struct galley_call *call, Setup *setup)
{
  if (set_up_headers (call, setup) != GALLEY_OK || set_up_user (call, setup) != GALLEY_OK
      || set_up_body (call, setup) != GALLEY_OK)
    return GALLEY_FAILED;
  return set_up_match (call, setup);
}

/* ---- the command --------------------------------------------------------- */

static void
add_option (struct galley_call *call, struct galley_cmd *cmd, const char *name, const char *value)
{
  if (value != NULL)
    call->host->cmd_arg (cmd, galley_printf (call, "--%s=%s", name, value));
}

static const char *
joined (struct galley_call *call, const char *const *list)
{
  const char *text = "";

  for (; *list != NULL; list++)
    text = galley_printf (call, "%s%s%s", text, *text != '\0' ? "," : "", *list);
  return *text != '\0' ? text : NULL;
}

/* galley-http ends by itself before it would be killed, and so says why. */
static const char *
request_timeout (struct galley_call *call)
{
  int64_t left = call->host->time_left (call), own = call->host->param_int (call, "timeout");

  if (left == INT64_MAX || left - MARGIN_MS >= own)
    return call->host->param (call, "timeout");
  return galley_printf (call, "%lldms", (long long) (left > MARGIN_MS + 100 ? left - MARGIN_MS : 100));
}

static struct galley_cmd *
http_command (struct galley_call *call, const Setup *setup, uint32_t flags)
{
  struct galley_cmd *cmd = call->host->cmd (call, "galley-http", flags);

  call->host->cmd_arg (cmd, call->host->param (call, "method"));
  call->host->cmd_arg (cmd, call->host->param (call, "url"));
  add_option (call, cmd, "expect-status", joined (call, call->host->param_list (call, "status")));
  add_option (call, cmd, "header-file", setup->header_file);
  add_option (call, cmd, "user-file", setup->user_file);
  add_option (call, cmd, "body-file", setup->body_file);
  add_option (call, cmd, "ca-file", call->host->param (call, "ca_file"));
  add_option (call, cmd, "redirects", call->host->param (call, "redirects"));
  add_option (call, cmd, "connect-timeout", call->host->param (call, "connect_timeout"));
  add_option (call, cmd, "timeout", request_timeout (call));
  add_option (call, cmd, "max-bytes", call->host->param (call, "max_bytes"));
  return cmd;
}

/* ---- what is wanted ------------------------------------------------------ */

static const char *
json_reason (struct galley_call *call, const char *body)
{
  const char *path = call->host->param (call, "json_path"), *wanted = call->host->param (call, "equals");
  const char *value;

  if (path == NULL)
    return NULL;
  if (call->host->json (call, body, "$") == NULL)
    return "the answer is not JSON";
  value = call->host->json (call, body, path);
  if (value == NULL || (wanted == NULL && *value == '\0'))
    return galley_printf (call, "there is nothing at %s", path);
  if (wanted == NULL || strcmp (value, wanted) == 0)
    return NULL;
  return galley_printf (call, "%s is \"%.*s\"%s, want \"%s\"", path, SHOWN_MAX, value,
                        strlen (value) > SHOWN_MAX ? "..." : "", wanted);
}

static const char *
body_reason (struct galley_call *call, const Setup *setup, const char *body)
{
  if (setup->has_match && regexec (&setup->match, body, 0, NULL, 0) != 0)
    return galley_printf (call, "the answer does not match \"%s\"", call->host->param (call, "match"));
  return json_reason (call, body);
}

static const char *
how_reason (const struct galley_result *result)
{
  switch (result->how) {
  case GALLEY_TIMED_OUT:
    return "no answer in time";
  case GALLEY_NOT_STARTED:
    return "galley-http could not be started";
  default:
    return "galley-http was stopped";
  }
}

/* Where galley-http itself says no, or did not come to its end. */
static const char *
failure_reason (struct galley_call *call, Answer *answer)
{
  const struct galley_result *result = &answer->result;
  const char *error = call->host->json (call, result->out, "$.error"), *line = result->err;

  answer->final = result->how != GALLEY_EXITED || result->exit_code == 64;
  if (result->how != GALLEY_EXITED)
    return how_reason (result);
  if (error != NULL)
    return error;
  if (strncmp (line, "galley-http: ", 13) == 0)
    line += 13;
  if (*line != '\0')
    return galley_printf (call, "%.*s", (int) strcspn (line, "\n"), line);
  return galley_printf (call, "galley-http: exit %d", result->exit_code);
}

static void
ask (struct galley_call *call, const Setup *setup, uint32_t flags, Answer *answer)
{
  struct galley_result *result = &answer->result;

  answer->body = answer->reason = NULL;
  answer->final = 0;
  if (call->host->run (http_command (call, setup, flags), result) != GALLEY_OK) {
    answer->reason = failure_reason (call, answer);
    return;
  }
  if (result->out_total > result->out_len) {
    answer->reason = "the answer has more bytes than are kept";
    answer->final = 1;
    return;
  }
  if (call->host->json (call, result->out, "$.status") == NULL) {
    answer->reason = "what galley-http said is not whole";
    return;
  }
  answer->body = call->host->json (call, result->out, "$.body");
  answer->reason = body_reason (call, setup, answer->body != NULL ? answer->body : "");
}

static int
set_outputs (struct galley_call *call, const Answer *answer)
{
  const char *body = answer->body != NULL ? answer->body : "";

  if (answer->body == NULL)
    galley_note (call, "the answer is not text: outputs `body` and `json` are empty");
  call->host->output (call, "status", call->host->json (call, answer->result.out, "$.status"));
  call->host->output (call, "body", body);
  call->host->output_json (call, "json", call->host->json (call, body, "$") != NULL ? body : "null");
  return GALLEY_OK;
}

/* ---- actions ------------------------------------------------------------- */

static int
get_once (struct galley_call *call, const Setup *setup)
{
  Answer answer = { GALLEY_RESULT_INIT, NULL, NULL, 0 };

  ask (call, setup, 0, &answer);
  if (answer.reason == NULL)
    return set_outputs (call, &answer);
  /* What galley-http said is known to the signatures. */
  if (answer.result.how != GALLEY_EXITED || answer.result.exit_code != 0)
    return GALLEY_FAILED;
  return galley_fail (call, GALLEY_UNKNOWN, "%s: %s", shown_url (call), answer.reason);
}

int
http_get (struct galley_call *call)
{
  Setup setup = { NULL, NULL, NULL, { 0 }, 0 };
  int status = set_up (call, &setup);

  if (status == GALLEY_OK)
    status = get_once (call, &setup);
  if (setup.has_match)
    regfree (&setup.match);
  return status;
}

static int
give_up (struct galley_call *call, const Answer *answer)
{
  if (answer->final && answer->result.how != GALLEY_TIMED_OUT)
    return galley_fail (call, GALLEY_INVALID, "%s: %s", shown_url (call), answer->reason);
  return galley_fail (call, GALLEY_TRANSIENT, "%s is not as wanted in time; at last: %s", shown_url (call),
                      answer->reason);
}

static int
wait_until (struct galley_call *call, const Setup *setup)
{
  int64_t said = call->host->param_int (call, "interval");
  int64_t interval = said > INTERVAL_MIN_MS ? said : INTERVAL_MIN_MS;
  Answer answer = { GALLEY_RESULT_INIT, NULL, NULL, 0 };

  for (;;) {
    int64_t left;

    ask (call, setup, GALLEY_CMD_MAY_FAIL, &answer);
    if (answer.reason == NULL)
      return set_outputs (call, &answer);
    left = call->host->time_left (call);
    if (answer.final || (left != INT64_MAX && left - MARGIN_MS <= interval))
      return give_up (call, &answer);
    galley_progress (call, "%s from %s; waiting", answer.reason, shown_url (call));
    if (call->host->pause (call, interval) != GALLEY_OK)
      return give_up (call, &answer);
  }
}

int
http_wait (struct galley_call *call)
{
  Setup setup = { NULL, NULL, NULL, { 0 }, 0 };
  int status = set_up (call, &setup);

  if (status == GALLEY_OK)
    status = wait_until (call, &setup);
  if (setup.has_match)
    regfree (&setup.match);
  return status;
}
