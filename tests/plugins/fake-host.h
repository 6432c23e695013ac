/* A host for the tests of plugins: loads PLUGIN.so of the build tree, plays
 * the tools by a script, and fails the test when the plugin does what a
 * plugin must not.  What it insists on by itself:
 * - a tool that is run is one of the plugin's; a command of a check, or of
 *   an action that only reads, is a read (reads_allow) or the author's word;
 * - each command is in the script, and what is in the script is run;
 * - NEEDED, BUSY and FAILED come with a reason; apply never needs or is busy;
 * - with OK each declared output is set, with a value of its type, and none
 *   that is not declared;
 * - a secret is in no argv, no text, and no output that is not secret.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include "api/galley-plugin.h"

typedef struct _FakeHost FakeHost;

/* One step with ACTION of PLUGIN ("helm", "release"). */
FakeHost *fake_host_new  (const char *plugin, const char *action);
void      fake_host_free (FakeHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeHost, fake_host_free)
const struct galley_plugin *fake_host_plugin (FakeHost *host);
const struct galley_tool   *fake_host_tool   (FakeHost *host, const char *name);
/* The plugin's tables are whole and true: names, helps, examples that match,
 * fallbacks of their type, regexes that compile, signatures that find their
 * example (and no earlier one does). */
void      fake_host_check_tables (FakeHost *host);

/* -- the step ------------------------------------------------------------- */

/* VALUE as a recipe would give it ("3", "true", "10m"; LIST and MAP: JSON),
 * checked against the declaration; PATH: made absolute, relative to /recipe.
 * NULL: not given. */
void     fake_host_param        (FakeHost *host, const char *name, const char *value);
/* The same, and VALUE (or TEXT, when it is only part of VALUE) is secret. */
void     fake_host_param_secret (FakeHost *host, const char *name, const char *value, const char *text);
/* Would VALUE be taken? */
gboolean fake_host_param_valid  (FakeHost *host, const char *name, const char *value);
/* Attempts of the step that began at SINCE (milliseconds since 1970) were cut
 * off, and their tool is gone; 0: none was. */
void     fake_host_abandoned    (FakeHost *host, gint64 since);
/* Until the attempt's timeout; gets less by each pause. Default: INT64_MAX. */
void     fake_host_time_left    (FakeHost *host, gint64 milliseconds);
/* A file that exists for read_file and exists; NULL: no more. */
void     fake_host_file         (FakeHost *host, const char *path, const char *content);

/* -- the script ----------------------------------------------------------- */

/* The next command is just LINE, read as by a shell ("helm status 'a b'
 * -f={file:1}"; {file:N}: the Nth file the plugin wrote in this call). */
void fake_host_expect     (FakeHost *host, const char *line, int exit_code, const char *out, const char *err);
/* The same, but it ends otherwise: HOW is one of galley_how, NUMBER its signal. */
void fake_host_expect_how (FakeHost *host, const char *line, int how, int number, const char *out, const char *err);
/* What was expected last prints TOTAL bytes, of which not all are kept. */
void fake_host_cut        (FakeHost *host, guint64 total);
/* Any command, any number of times, whose line matches GLOB ("kubectl get
 * events *") and is not the next expected.  The newest that matches counts. */
void fake_host_answer     (FakeHost *host, const char *glob, int exit_code, const char *out, const char *err);
void fake_host_forget     (FakeHost *host);    /* all answers */

/* -- and action ----------------------------------------------------------- */

/* What the callback returned.  A FAILED without a reason of the plugin's own
 * gets it from the signatures, as the core does, or "COMMAND: exit N",
 * "COMMAND: timed out", ... */
int fake_host_check (FakeHost *host);
int fake_host_apply (FakeHost *host);

/* -- what came of the last callback; never NULL unless said -------------- */

const char *fake_host_need     (FakeHost *host);
const char *fake_host_failure  (FakeHost *host);
guint       fake_host_class    (FakeHost *host);
const char *fake_host_fix      (FakeHost *host);
const char *fake_host_notes    (FakeHost *host);      /* one a line */
const char *fake_host_progress (FakeHost *host);      /* one a line */
const char *fake_host_pauses   (FakeHost *host);      /* "1000 2000" */
const char *fake_host_output   (FakeHost *host, const char *name);  /* text, or JSON; NULL: not set */

typedef struct {
  char  *line;                 /* quoted where a shell needs it */
  char **argv, **env;          /* env: "NAME=value", in order */
  char  *cwd;                  /* NULL: not said */
  char  *in;                   /* NULL: no stdin */
  gsize  in_len;
  guint  flags;
} FakeCommand;

guint              fake_host_n_commands (FakeHost *host);
const FakeCommand *fake_host_command    (FakeHost *host, guint n);   /* from 1; fails the test when there is none */

typedef struct {
  char *suffix, *data;
  gsize len;
  guint flags;
} FakeFile;

guint           fake_host_n_files (FakeHost *host);
const FakeFile *fake_host_written (FakeHost *host, guint n);          /* from 1 */

/* A callback, its status and its reason (need, or failure; NULL: not looked at). */
#define fake_host_assert_check(host, status, reason) G_STMT_START { \
    g_assert_cmpint (fake_host_check (host), ==, status); \
    fake_host_assert_reason (host, status, reason); } G_STMT_END
#define fake_host_assert_apply(host, status, reason) G_STMT_START { \
    g_assert_cmpint (fake_host_apply (host), ==, status); \
    fake_host_assert_reason (host, status, reason); } G_STMT_END
#define fake_host_assert_reason(host, status, reason) G_STMT_START { \
    const char *reason_ = (reason); \
    if (reason_ != NULL) \
      g_assert_cmpstr ((status) == GALLEY_FAILED ? fake_host_failure (host) \
                       : fake_host_need (host), ==, reason_); } G_STMT_END
