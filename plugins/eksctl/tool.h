/* The command lines of eksctl and aws, their answers, and the shape all
 * actions have: look, say what is missing, reach it, look again.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <galley-plugin.h>

enum look {
  LOOK_FAILED = -1,              /* the callback is to return GALLEY_FAILED */
  LOOK_FOUND = 0,
  LOOK_ABSENT = 1,
  LOOK_NO_CLUSTER = 2            /* not even the cluster it would belong to */
};

/* "eksctl VERB NOUN", and "--NAME=VALUE" added to a command (nothing when
 * VALUE is NULL). */
struct galley_cmd *eksctl_cmd (struct galley_call *call, const char *verb, const char *noun);
void add_option (struct galley_call *call, struct galley_cmd *cmd, const char *name, const char *value);
/* "--NAME=" and the param PARAM as it was given, or as a list a,b,c. */
void add_param (struct galley_call *call, struct galley_cmd *cmd, const char *name, const char *param);
void add_list_param (struct galley_call *call, struct galley_cmd *cmd, const char *name, const char *param);
/* Fails when an element of the list PARAM has what is no part of a name. */
int list_check (struct galley_call *call, const char *param);
/* "--timeout=": somewhat less than the attempt has left, in whole minutes. */
void add_timeout (struct galley_call *call, struct galley_cmd *cmd);

/* Run a writing command.  eksctl's "(plan) would ..." with exit 0 is a failure. */
int eksctl_run (struct galley_call *call, struct galley_cmd *cmd, struct galley_result *result);
/* Run "eksctl get ..."; *JSON: the list that was found, never empty. */
enum look eksctl_get (struct galley_call *call, struct galley_cmd *cmd, const char **json);

struct galley_cmd *aws_cmd (struct galley_call *call, const char *service, const char *operation);
/* Run a reading command that answers JSON. */
enum look aws_get (struct galley_call *call, struct galley_cmd *cmd, const char *query,
                   const char **json);
/* The same for a QUERY that answers a list of strings; NULL: failed. */
const char *const *aws_list (struct galley_call *call, struct galley_cmd *cmd, const char *query);

/* The value at PATH, "" when there is none (or null). */
const char *text_at (struct galley_call *call, const char *json, const char *path);
/* LIST as JSON, and as "a, b". */
const char *list_to_json (struct galley_call *call, const char *const *list);
const char *list_to_text (struct galley_call *call, const char *const *list);
int list_has (const char *const *list, const char *word);
/* A and B hold the same words, in any order. */
int list_same (const char *const *a, const char *const *b);
int ends_with (const char *text, const char *end);

/* How an action looks at the world: a galley_status; *WHY says why NEEDED or
 * BUSY. */
typedef int (*look_fn) (struct galley_call *call, const char **why);

/* A look as the end of .check. */
int answer (struct galley_call *call, look_fn look);
/* A look as the end of .apply: waits while BUSY; NEEDED is a failure when it
 * stays for some looks. */
int settle (struct galley_call *call, look_fn look);
