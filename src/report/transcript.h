/* How the transcript shows events.  SPDX-License-Identifier: MIT */
#pragma once

#include "report/event.h"

typedef struct _Transcript Transcript;
/* SAFE: output of tools with control characters written out, for terminals;
 * else byte for byte. */
Transcript *transcript_new  (gboolean safe);
void        transcript_free (Transcript *transcript);

/* Append what EVENT adds:
 *   # cluster: eksctl.cluster (wandb-eks.yaml:20)
 *   # cluster: check, command 1
 *   $ (cd /srv/wandb && AWS_PROFILE=dev eksctl get cluster wandb -o json)
 *     | a line of its standard output
 *     ! a line of its standard error
 *   # cluster: exit 1 after 1.9 s
 * While several commands run, output lines name the step: "  cluster | ...".
 * All lines of a tool's output are indented: none can pass for a command. */
void        transcript_render (Transcript *transcript, const Event *event, GString *out);
/* "(cd DIR && NAME=value tool args)", pasteable. */
char       *transcript_command_line (const Event *event);
