/* SPDX-License-Identifier: MIT */
#include "exec.h"

#include <stdlib.h>
#include <string.h>

int
exec_fail_how (struct galley_call *call, const char *who, const struct galley_result *result)
{
  switch (result->how) {
  case GALLEY_TIMED_OUT:
    return galley_fail (call, GALLEY_TRANSIENT, "%s timed out", who);
  case GALLEY_SIGNALLED:
    return galley_fail (call, GALLEY_UNKNOWN, "%s was killed by signal %d", who, result->signal);
  case GALLEY_LOST:
    return galley_fail (call, GALLEY_UNKNOWN, "nobody knows how %s ended", who);
  default:
    return galley_fail (call, GALLEY_UNKNOWN, "%s was stopped", who);
  }
}

static int
is_parse (struct galley_call *call, const char *value)
{
  return strcmp (call->host->param (call, "parse"), value) == 0;
}

/* ---- lines --------------------------------------------------------------- */

typedef struct {
  char  *text;
  size_t len, size;
} Text;

static int
add (Text *text, const char *more)
{
  size_t len = strlen (more);

  if (text->len + len + 1 > text->size) {
    size_t size = (text->len + len + 1) * 2;
    char *larger = realloc (text->text, size);

    if (larger == NULL)
      return 0;
    text->text = larger;
    text->size = size;
  }
  memcpy (text->text + text->len, more, len + 1);
  text->len += len;
  return 1;
}

/* The lines of TEXT, which ends without a newline, as a JSON list. */
static int
output_lines (struct galley_call *call, const char *text)
{
  Text json = { NULL, 0, 0 };
  int ok = add (&json, "[");

  while (ok && *text != '\0') {
    size_t len = strcspn (text, "\n");

    ok = add (&json, json.len > 1 ? "," : "")
         && add (&json, call->host->json_quote (call, galley_printf (call, "%.*s", (int) len, text)));
    text += len;
    if (*text == '\n' && text[1] == '\0')
      ok = ok && add (&json, ",\"\"");
    text += *text == '\n';
  }
  if (ok && add (&json, "]"))
    call->host->output_json (call, "lines", json.text);
  else
    galley_fail (call, GALLEY_UNKNOWN, "out of memory");
  free (json.text);
  return ok ? GALLEY_OK : GALLEY_FAILED;
}

/* ---- outputs ------------------------------------------------------------- */

static const char *
without_last_newline (struct galley_call *call, const struct galley_result *result)
{
  size_t len = strlen (result->out);

  if (len > 0 && result->out[len - 1] == '\n')
    len--;
  return galley_printf (call, "%.*s", (int) len, result->out);
}

static int
set_outputs (struct galley_call *call, const char *text, const char *json, int exit_code)
{
  call->host->output (call, "stdout", text);
  call->host->output_json (call, "json", json != NULL ? json : "null");
  call->host->output (call, "exit_code", galley_printf (call, "%d", exit_code));
  if (is_parse (call, "lines"))
    return output_lines (call, text);
  call->host->output_json (call, "lines", "[]");
  return GALLEY_OK;
}

static int
is_json (struct galley_call *call, const char *text)
{
  return call->host->json (call, text, "$") != NULL;
}

int
exec_outputs (struct galley_call *call, const struct galley_result *result)
{
  int cut = result->out_total > result->out_len;

  if (is_parse (call, "none"))
    return set_outputs (call, "", NULL, result->exit_code);
  if (cut && !is_parse (call, "text"))
    return galley_fail (call, GALLEY_INVALID, "printed %llu bytes, which is more than is kept to be parsed",
                        (unsigned long long) result->out_total);
  if (cut)
    galley_note (call, "printed %llu bytes: output `stdout` is only their beginning and end",
                 (unsigned long long) result->out_total);
  if (!is_parse (call, "json"))
    return set_outputs (call, without_last_newline (call, result), NULL, result->exit_code);
  if (!is_json (call, result->out))
    return galley_fail (call, GALLEY_INVALID, "what it printed is not JSON");
  return set_outputs (call, without_last_newline (call, result), result->out, result->exit_code);
}

void
exec_held_outputs (struct galley_call *call, const struct galley_result *result)
{
  int fits = result->out_total <= result->out_len && !is_parse (call, "none");
  const char *text = fits ? without_last_newline (call, result) : "";

  set_outputs (call, text, is_parse (call, "json") && is_json (call, text) ? text : NULL, 0);
}
