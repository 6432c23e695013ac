/* galley-plugin.h - the interface between galley and its plugins.
 *
 * See galley-plugin(3).  Needs only the C library; compiles as C99, C11
 * and C++20 with -Wall -Wextra -Wpedantic.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef GALLEY_PLUGIN_H
#define GALLEY_PLUGIN_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define GALLEY_C_LINKAGE extern "C"
#else
#define GALLEY_C_LINKAGE
#endif

/* Bumped only when an existing field changes meaning.  Fields added at
 * the end of a struct do not bump it: the sizes below tell them apart.
 */
#define GALLEY_PLUGIN_API 1

#if defined (__GNUC__) || defined (__clang__)
#define GALLEY_PRINTF(f, a) __attribute__ ((__format__ (__printf__, f, a)))
#define GALLEY_SENTINEL     __attribute__ ((__sentinel__))
#define GALLEY_EXPORT       __attribute__ ((__visibility__ ("default")))
#else
#define GALLEY_PRINTF(f, a)
#define GALLEY_SENTINEL
#define GALLEY_EXPORT
#endif

/* ---- what a callback returns (as int) ------------------------------ */

enum galley_status {
  GALLEY_OK     = 0,   /* done; from .check: the goal already holds        */
  GALLEY_NEEDED = 1,   /* from .check only: .apply must run                */
  GALLEY_BUSY   = 2,   /* from .check only: somebody is at it; look again  */
  GALLEY_CANNOT_TELL = 3, /* from .check only: as NEEDED, but nothing shows
                        * whether it was done before: asked about, rather than
                        * done twice, when a run is resumed                */
  GALLEY_FAILED = -1   /* failed; the call's class says what may help      */
};

/* Why something failed.  Decides whether another attempt is made. */
enum galley_class {
  GALLEY_UNKNOWN = 0, GALLEY_TRANSIENT, GALLEY_THROTTLED, GALLEY_CONFLICT,
  GALLEY_AUTH, GALLEY_DENIED, GALLEY_QUOTA, GALLEY_NOT_FOUND, GALLEY_INVALID
};

/* ---- what a plugin says about itself (all static, never freed) ---- */

enum galley_type {
  GALLEY_STRING = 1,
  GALLEY_INT,                  /* 64 bits, signed                           */
  GALLEY_BOOL,                 /* "true" or "false"                         */
  GALLEY_DURATION,             /* "10m", "1h30m", "500ms"; param_int: in ms */
  GALLEY_PATH,                 /* made absolute, relative to the recipe     */
  GALLEY_LIST,                 /* of strings: param_list                    */
  GALLEY_MAP                   /* any value: param_json                     */
};

#define GALLEY_REQUIRED     (1u << 0)
#define GALLEY_SECRET       (1u << 1)  /* value never shown anywhere         */
#define GALLEY_TAKES_SECRET (1u << 2)  /* a secret may be given: it does not
                                        * reach argv                         */
#define GALLEY_GOAL         (1u << 3)  /* part of what the step is about: two
                                        * steps alike in these are one goal  */

struct galley_param {          /* a parameter, or an output                 */
  const char *name;            /* [a-z][a-z0-9_]*                           */
  uint32_t    type;            /* enum galley_type                          */
  uint32_t    flags;
  const char *fallback;        /* default, as text; NULL: none              */
  const char *values;          /* "a|b|c": one of these; NULL: any          */
  const char *match;           /* regex the whole text must match; or NULL  */
  const char *example;         /* used in manual pages and by tests         */
  const char *help;            /* one line, no full stop                    */
};

/* Commands that change nothing.  A command is taken apart into words and
 * options: an option begins with "-" ("-" alone is a word); one that the tool's .value_options
 * names takes the next element as its value, unless it has "=" in it; all
 * elements after "--" are words.  It is a read when its words, joined by
 * one space, match WORDS (regex, whole), all options of WITH are there and
 * none of WITHOUT is.  WITH and WITHOUT are separated by spaces; an entry
 * "--dry-run" stands for that option with or without a value,
 * "--dry-run=server" for just that value.
 * The core starts nothing else while it checks or plans.
 */
struct galley_read { const char *words, *with, *without; };

/* The program is one of galley's own, in its libexec folder. */
#define GALLEY_TOOL_OURS (1u << 0)

struct galley_tool {           /* a program the plugin runs                 */
  const char *name;            /* GALLEY_TOOL_ANY: whatever the step names  */
  uint32_t    flags;
  const char *min_version;     /* NULL: any                                 */
  const char *version_args;    /* space separated; NULL: "--version"        */
  const char *version_regex;   /* one group; NULL: first number found       */
  const char *value_options;   /* "-n --namespace -f": take a value; NULL   */
  const struct galley_read *reads;  /* ends at .words == NULL; NULL: none   */
  const char *env;             /* "AWS_*|KUBECONFIG": let through to it     */
  uint32_t    grace_ms;        /* between SIGTERM and SIGKILL; 0: default   */
};
#define GALLEY_TOOL_ANY "*"

/* A known failure: how it looks, what it means, what helps. */
struct galley_signature {
  const char *tool;            /* NULL: any of the plugin's tools           */
  const char *regex;           /* on stderr, then stdout; case ignored      */
  uint32_t    error_class;     /* enum galley_class                         */
  const char *diagnosis;       /* one line; \1 \2 are the regex's groups    */
  const char *fix;             /* one line, or NULL                         */
  const char *example;         /* real text that must match; kept by tests  */
};

struct galley_call;            /* one callback at one step; see below       */

#define GALLEY_READS (1u << 0) /* .apply only reads; its result is "held",
                                * and plan runs it                          */
#define GALLEY_AUTHORS_WORD (1u << 1) /* .check runs a command of the recipe
                                * author, who answers for its only reading  */

struct galley_action {
  const char *name;
  const char *help;
  uint32_t    flags;
  const struct galley_param *params;   /* ends at .name == NULL             */
  const struct galley_param *outputs;  /* values for later steps            */
  /* Whichever of the two ends the step sets every output.
   * Callbacks of different calls may run at the same time.
   */
  int (*check) (struct galley_call *call);  /* NULL: cannot be checked      */
  int (*apply) (struct galley_call *call);
};

struct galley_plugin {
  /* Filled in by GALLEY_PLUGIN_ABI; leave alone. */
  uint32_t api, size, action_size, param_size, tool_size, read_size,
           signature_size, reserved;

  const char *name;            /* [a-z][a-z0-9-]*, as used in recipes       */
  const char *version;
  const char *summary;         /* one line                                  */
  const struct galley_tool      *tools;       /* ends at .name == NULL      */
  const struct galley_action    *actions;     /* ends at .name == NULL      */
  const struct galley_signature *signatures;  /* ends at .regex == NULL     */
  /* New fields go here. */
};

#define GALLEY_PLUGIN_ABI                                                    \
  GALLEY_PLUGIN_API, sizeof (struct galley_plugin),                          \
  sizeof (struct galley_action), sizeof (struct galley_param),               \
  sizeof (struct galley_tool), sizeof (struct galley_read),                  \
  sizeof (struct galley_signature), 0

/* ---- what the host does for a plugin ------------------------------ */

enum galley_how {
  GALLEY_EXITED = 1,
  GALLEY_SIGNALLED,
  GALLEY_TIMED_OUT,
  GALLEY_CANCELLED,
  GALLEY_NOT_STARTED,          /* no such tool, or the kernel said no       */
  GALLEY_REFUSED,              /* not a read, asked for during a check      */
  GALLEY_LOST                  /* it ran, and nobody knows how it ended     */
};

struct galley_result {
  uint32_t    size;            /* set by GALLEY_RESULT_INIT                 */
  int         how;             /* enum galley_how                           */
  int         exit_code;       /* -1 unless .how == GALLEY_EXITED           */
  int         signal;
  const char *out, *err;       /* NUL-terminated, never NULL, bounded       */
  size_t      out_len, err_len;
  uint64_t    out_total, err_total;  /* more than _len: what is kept is cut */
};
#define GALLEY_RESULT_INIT \
  { sizeof (struct galley_result), 0, -1, 0, "", "", 0, 0, 0, 0 }

#define GALLEY_CMD_SECRET_OUTPUT (1u << 0)  /* may print secrets nobody
                                             * declared: keep and show none */
#define GALLEY_CMD_BACKGROUND    (1u << 1)  /* what it leaves behind may live */
#define GALLEY_CMD_AUTHORS_WORD  (1u << 2)  /* the recipe author's own reading
                                             * command (exec's `unless`)    */
#define GALLEY_CMD_MAY_FAIL      (1u << 3)  /* a failure is an answer, not
                                             * news: signatures not looked at */
#define GALLEY_CMD_UNUSED_OUTPUT (1u << 4)  /* nothing is made of its output:
                                             * no recording has it          */

struct galley_cmd;             /* owned by the call; never freed here       */

#define GALLEY_FILE_RUN (1u << 0)  /* lives as long as the run, not the call */

/* Everything the host hands out stays valid until the callback returns. */
struct galley_host {
  uint32_t size;
  /* The step's parameters, already checked against .params: as text (for
   * LIST and MAP: JSON), NULL when not given and without fallback. */
  const char *(*param) (struct galley_call *, const char *name);
  /* INT, DURATION (milliseconds), BOOL (0 or 1); 0 when not given. */
  int64_t (*param_int) (struct galley_call *, const char *name);
  /* LIST, ends at NULL; never NULL itself. */
  const char *const *(*param_list) (struct galley_call *, const char *name);
  /* Any type, as JSON text; NULL when not given. */
  const char *(*param_json) (struct galley_call *, const char *name);
  /* 1 when our own earlier attempt was cut off and its tool is gone: what
   * looks busy is our own remains, to be repaired, not waited for. */
  int (*abandoned) (struct galley_call *);
  /* Milliseconds until this attempt's timeout; INT64_MAX: none. */
  int64_t (*time_left) (struct galley_call *);
  /* A command line.  TOOL must be one of the plugin's .tools. */
  struct galley_cmd *(*cmd) (struct galley_call *, const char *tool, uint32_t flags);
  void (*cmd_arg) (struct galley_cmd *, const char *arg);
  void (*cmd_env) (struct galley_cmd *, const char *name, const char *value);
  void (*cmd_cwd) (struct galley_cmd *, const char *folder);
  void (*cmd_stdin) (struct galley_cmd *, const void *data, size_t len);
  /* DATA in a private 0600 file that is gone after the callback (with
   * GALLEY_FILE_RUN: after the run): its path; NULL: the call has failed. */
  const char *(*file) (struct galley_call *, uint32_t flags, const char *suffix,
                       const void *data, size_t len);
  /* GALLEY_OK when the program exited 0.  RESULT is filled in either way. */
  int (*run) (struct galley_cmd *, struct galley_result *result);
  /* The file's content (LEN may be NULL), at most 16 MiB; NULL: cannot be
   * read, and the call has failed with the reason. */
  const char *(*read_file) (struct galley_call *, const char *path, size_t *len);
  int (*exists) (struct galley_call *, const char *path);
  /* The first value at a JSONPath in JSON text, a string without quotes,
   * anything else as JSON; NULL: not there, or not JSON. */
  const char *(*json) (struct galley_call *, const char *text, const char *path);
  /* All values there, ends at NULL; never NULL itself. */
  const char *const *(*json_all) (struct galley_call *, const char *text, const char *path);
  /* Where two JSON texts differ first ("mysql.persistence.size"); "" at the
   * root; NULL: they are equal. */
  const char *(*json_diff) (struct galley_call *, const char *a, const char *b);
  /* TEXT quoted as a JSON string. */
  const char *(*json_quote) (struct galley_call *, const char *text);
  /* One YAML document, strictly read, as JSON; NULL: the call has failed
   * with NAME, line and reason. */
  const char *(*yaml) (struct galley_call *, const char *name, const char *text);
  /* Sleep that ends early, with GALLEY_FAILED, when the step is cancelled. */
  int (*pause) (struct galley_call *, int64_t milliseconds);
  /* Why apply is needed; why it failed and what helps; what is worth
   * knowing; what is being waited for (the live line). */
  void (*vneed) (struct galley_call *, const char *fmt, va_list);
  void (*vfail) (struct galley_call *, uint32_t error_class, const char *fmt, va_list);
  void (*vfix) (struct galley_call *, const char *fmt, va_list);
  void (*vnote) (struct galley_call *, const char *fmt, va_list);
  void (*vprogress) (struct galley_call *, const char *fmt, va_list);
  const char *(*vprintf) (struct galley_call *, const char *fmt, va_list);
  void (*output) (struct galley_call *, const char *name, const char *value);
  void (*output_json) (struct galley_call *, const char *name, const char *json);
  /* The names in a JSON object, in the order in which json_all gives the
   * values at "$.*"; ends at NULL; never NULL itself. */
  const char *const *(*json_names) (struct galley_call *, const char *text);
  /* When .abandoned is true: when the attempts began whose last was cut off,
   * in milliseconds since 1970; what is older is not ours.  0: not abandoned. */
  int64_t (*abandoned_since) (struct galley_call *);
  /* An environment variable of galley's own; NULL: not set.  Unlike getenv,
   * the same when a recorded run is played somewhere else. */
  const char *(*env) (struct galley_call *, const char *name);
  /* New services go here. */
};

struct galley_call { const struct galley_host *host; /* the rest is private */ };

/* True if the running host is new enough to offer FIELD. */
#define GALLEY_HOST_HAS(call, field)                                         \
  ((call)->host->size >= offsetof (struct galley_host, field)                \
                         + sizeof ((call)->host->field))

/* ---- conveniences; no state, inlined into the plugin -------------- */

#define GALLEY_SAY_(name, member, value)                                     \
  GALLEY_PRINTF (2, 3) static inline int                                     \
  name (struct galley_call *call, const char *fmt, ...)                      \
  {                                                                          \
    va_list ap;                                                              \
                                                                             \
    va_start (ap, fmt);                                                      \
    call->host->member (call, fmt, ap);                                      \
    va_end (ap);                                                             \
    return value;                                                            \
  }
/* Say why .apply must run.  Returns GALLEY_NEEDED. */
GALLEY_SAY_ (galley_need, vneed, GALLEY_NEEDED)
/* Say who or what is at it.  Returns GALLEY_BUSY. */
GALLEY_SAY_ (galley_busy, vneed, GALLEY_BUSY)
/* Say what would help, after galley_fail.  Returns GALLEY_FAILED. */
GALLEY_SAY_ (galley_fix, vfix, GALLEY_FAILED)
/* Say what is worth knowing.  Returns GALLEY_OK. */
GALLEY_SAY_ (galley_note, vnote, GALLEY_OK)
/* Say what is being waited for.  Returns GALLEY_OK. */
GALLEY_SAY_ (galley_progress, vprogress, GALLEY_OK)
#undef GALLEY_SAY_

/* Say why the callback is about to fail.  Returns GALLEY_FAILED. */
GALLEY_PRINTF (3, 4) static inline int
galley_fail (struct galley_call *call, enum galley_class error_class, const char *fmt, ...)
{
  va_list ap;

  va_start (ap, fmt);
  call->host->vfail (call, (uint32_t) error_class, fmt, ap);
  va_end (ap);
  return GALLEY_FAILED;
}

/* A string that lives until the callback returns. */
GALLEY_PRINTF (2, 3) static inline const char *
galley_printf (struct galley_call *call, const char *fmt, ...)
{
  const char *s;
  va_list ap;

  va_start (ap, fmt);
  s = call->host->vprintf (call, fmt, ap);
  va_end (ap);
  return s;
}

/* Add arguments to a command; ends at NULL. */
GALLEY_SENTINEL static inline struct galley_cmd *
galley_args (struct galley_call *call, struct galley_cmd *cmd, ...)
{
  const char *arg;
  va_list ap;

  va_start (ap, cmd);
  while ((arg = va_arg (ap, const char *)) != NULL)
    call->host->cmd_arg (cmd, arg);
  va_end (ap);
  return cmd;
}

/* galley_cmd (call, "kubectl", "get", "pod", name, NULL) */
GALLEY_SENTINEL static inline struct galley_cmd *
galley_cmd (struct galley_call *call, const char *tool, ...)
{
  struct galley_cmd *cmd = call->host->cmd (call, tool, 0);
  const char *arg;
  va_list ap;

  va_start (ap, tool);
  while ((arg = va_arg (ap, const char *)) != NULL)
    call->host->cmd_arg (cmd, arg);
  va_end (ap);
  return cmd;
}

/* ---- registration -------------------------------------------------- */

/* The one symbol a plugin exports. */
GALLEY_EXPORT const struct galley_plugin *galley_plugin_entry (void);

/* An ELF note lets the core refuse a foreign interface before any code of
 * the file runs: constructors run inside dlopen(3), before a symbol can be
 * looked at.
 */
struct galley_abi_note { uint32_t name_size, desc_size, type; char name[8]; uint32_t api; };
#define GALLEY_ABI_NOTE_SECTION ".note.galley.abi"

#define GALLEY_PLUGIN_REGISTER(plugin)                                       \
  __attribute__ ((section (GALLEY_ABI_NOTE_SECTION), used, aligned (4)))     \
  static const struct galley_abi_note galley_abi_note_ =                     \
    { 7, 4, 1, "galley", GALLEY_PLUGIN_API };                                \
  GALLEY_C_LINKAGE GALLEY_EXPORT const struct galley_plugin *                \
  galley_plugin_entry (void)                                                 \
  {                                                                          \
    return &(plugin);                                                        \
  }

#ifdef __cplusplus
}
#endif

#endif /* GALLEY_PLUGIN_H */
