/* Between the files of fake-host.  SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>
#include "fake-host.h"

typedef struct {
  char  *line, *glob;             /* what is expected: one of them */
  char **argv;
  int    how, exit_code, signal;
  char  *out, *err;
  guint64 out_total;              /* 0: all there is */
} Answer;

struct _FakeHost {
  struct galley_call          call;          /* must be first: a call is its host */
  const struct galley_plugin *plugin;
  const struct galley_action *action;
  GHashTable *params;             /* name -> text */
  GHashTable *files;              /* path -> content */
  GPtrArray  *secrets;            /* char* */
  GQueue      script;             /* Answer* */
  GPtrArray  *answers, *played;   /* Answer* */
  gboolean    checking;
  gint64      abandoned_since, time_left;
  /* of the running or last callback */
  GPtrArray  *kept;               /* what was handed out */
  GPtrArray  *commands;           /* FakeCommand*, that were run */
  GPtrArray  *made;               /* struct galley_cmd*, run or not */
  GPtrArray  *written;            /* FakeFile* */
  GHashTable *outputs;            /* name -> JsonNode* */
  GString    *need, *failure, *fix, *notes, *progress, *pauses;
  guint       error_class;
  const Answer *last;             /* of the last command that failed */
  const char *last_line, *last_tool;
};

struct galley_cmd {
  FakeHost    *host;
  const char  *tool;
  FakeCommand *command;
  GPtrArray   *argv, *env;
};

#define HOST(call) ((FakeHost *) (call))

/* What the host hands out to a plugin. */
extern const struct galley_host fake_services;

/* TEXT, which lives until the next callback. */
gpointer fake_keep (FakeHost *host, gpointer text);
/* The action's param NAME; fails the test when there is none. */
const struct galley_param *fake_declared (FakeHost *host, const char *name);
void fake_command_free (gpointer command);
void fake_cmd_free     (gpointer cmd);
void fake_file_free    (gpointer file);
