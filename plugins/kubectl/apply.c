/* kubectl.apply: manifests are as written.  SPDX-License-Identifier: MIT */
#include "kubectl.h"

#include <stdlib.h>
#include <string.h>

const struct galley_param apply_params[] = {
  { "manifest", GALLEY_STRING, GALLEY_TAKES_SECRET | GALLEY_GOAL, NULL, NULL, NULL,
    "{apiVersion: v1, kind: Namespace, metadata: {name: wandb}}", "the manifests themselves, YAML or JSON" },
  { "file", GALLEY_PATH, GALLEY_GOAL, NULL, NULL, NULL, "storage.yaml", "or a file of manifests" },
  { "namespace", GALLEY_STRING, GALLEY_GOAL, NULL, NULL, KUBE_NAMESPACE_MATCH, "wandb",
    "namespace of objects that name none" },
  { "server_side", GALLEY_BOOL, 0, "false", NULL, NULL, "true",
    "let the server merge, and know who owns which field" },
  { "field_manager", GALLEY_STRING, 0, "galley", NULL, "[A-Za-z0-9][A-Za-z0-9._-]{0,127}", "galley",
    "name under which fields are owned" },
  { "force_conflicts", GALLEY_BOOL, 0, "false", NULL, NULL, "true",
    "with server_side: take fields over from other owners" },
  KUBE_TARGET_PARAMS,
  KUBE_END_PARAM
};

static size_t
indent_of (const char *line)
{
  return strspn (line, " ");
}

static int
is_blank (const char *line)
{
  const char *text = line + strspn (line, " \t\r");

  return *text == '\n' || *text == '\0' || *text == '#';
}

static int
is_marker (const char *line)
{
  return (strncmp (line, "---", 3) == 0 || strncmp (line, "...", 3) == 0)
         && (line[3] == '\0' || strchr (" \t\r\n", line[3]) != NULL);
}

/* YAML readers end a document where a line stands further left than its
 * first one, and drop the rest without a word. */
static int
check_text (struct galley_call *call, const char *name, const char *text)
{
  const char *line = text, *end;
  size_t number = 1, first = 0, margin = 0, content = 0;

  for (; *line != '\0'; line = *end == '\n' ? end + 1 : end, number++) {
    end = line + strcspn (line, "\n");
    if (is_marker (line)) {
      first = 0;
    } else if (!is_blank (line) && first == 0) {
      first = content = number;
      margin = strchr ("{[", line[indent_of (line)]) != NULL ? 0 : indent_of (line);
    } else if (!is_blank (line) && indent_of (line) < margin) {
      galley_fail (call, GALLEY_INVALID,
                   "%s, line %zu stands further left than the first line of its document (line %zu): "
                   "kubectl would drop it and all that follows", name, number, first);
      return galley_fix (call, "give the keys at the top level the same indent");
    }
  }
  /* To `kubectl diff` nothing is as it should be. */
  return content > 0 ? GALLEY_OK : galley_fail (call, GALLEY_INVALID, "%s is empty", name);
}

static int
check_manifest (struct galley_call *call)
{
  const char *manifest = call->host->param (call, "manifest");
  const char *file = call->host->param (call, "file");

  if ((manifest == NULL) == (file == NULL))
    return galley_fail (call, GALLEY_INVALID, "one of `manifest` and `file` is needed, and only one");
  if (kube_is_yes (call, "force_conflicts") && !kube_is_yes (call, "server_side"))
    return galley_fail (call, GALLEY_INVALID, "`force_conflicts` needs `server_side: true`");
  if (manifest == NULL && (manifest = call->host->read_file (call, file, NULL)) == NULL)
    return GALLEY_FAILED;
  return check_text (call, file != NULL ? file : "manifest", manifest);
}

/* "diff" or "apply" of the manifests. */
static struct galley_cmd *
manifest_cmd (struct galley_call *call, const char *verb)
{
  const char *manifest = call->host->param (call, "manifest");
  struct galley_cmd *cmd = kube_kubectl (call, 0, verb, NULL);

  kube_option (call, cmd, "--filename", manifest != NULL ? "-" : call->host->param (call, "file"));
  kube_option (call, cmd, "--namespace", call->host->param (call, "namespace"));
  if (kube_is_yes (call, "server_side"))
    call->host->cmd_arg (cmd, "--server-side=true");
  kube_option (call, cmd, "--field-manager", call->host->param (call, "field_manager"));
  if (kube_is_yes (call, "force_conflicts"))
    call->host->cmd_arg (cmd, "--force-conflicts=true");
  if (manifest != NULL)
    call->host->cmd_stdin (cmd, manifest, strlen (manifest));
  return cmd;
}

/* "apps.v1.Deployment.wandb.app" (group, version, kind, namespace, name) as
 * "Deployment wandb/app". */
static const char *
describe_object (struct galley_call *call, const char *file)
{
  const char *kind = file, *space, *name;
  size_t kind_len;

  while (*kind < 'A' || *kind > 'Z') {
    if ((kind = strchr (kind, '.')) == NULL)
      return file;
    kind++;
  }
  kind_len = strcspn (kind, ".");
  space = kind + kind_len;
  if (*space == '\0' || (name = strchr (space + 1, '.')) == NULL)
    return file;
  if (name == space + 1)
    return galley_printf (call, "%.*s %s", (int) kind_len, kind, name + 1);
  return galley_printf (call, "%.*s %.*s/%s", (int) kind_len, kind, (int) (name - space) - 1, space + 1, name + 1);
}

/* One "+++ /tmp/MERGED-123/FILE<tab>date" line for each object that differs;
 * the hunk of one that is new begins with "@@ -0,0". */
static const char *
list_differences (struct galley_call *call, const char *diff)
{
  const char *list = NULL, *line = diff, *object, *hunk;
  int count = 0;

  for (; (line = strstr (line, "\n+++ ")) != NULL; line++) {
    const char *end = line + 1 + strcspn (line + 1, "\t\n"), *slash = end;

    while (slash > line && *slash != '/')
      slash--;
    object = describe_object (call, kube_slice (call, slash + 1, (size_t) (end - slash) - 1));
    hunk = strstr (line, "\n@@ ");
    if (++count > 3)
      continue;
    list = galley_printf (call, "%s%s%s %s", list != NULL ? list : "", list != NULL ? ", " : "", object,
                          hunk != NULL && strncmp (hunk, "\n@@ -0,0", 8) == 0 ? "is not there" : "differs");
  }
  if (count > 3)
    list = galley_printf (call, "%s and %d more", list, count - 3);
  return list;
}

/* What only an earlier part of the same manifests can bring. */
static int
check_missing (struct galley_call *call, const struct galley_result *r)
{
  const char *at;

  if ((at = strstr (r->err, "namespaces \"")) != NULL && strstr (at, "\" not found") != NULL) {
    at += strlen ("namespaces \"");
    return galley_need (call, "namespace %.*s is not there", (int) strcspn (at, "\""), at);
  }
  if ((at = strstr (r->err, "no matches for kind \"")) != NULL) {
    at += strlen ("no matches for kind \"");
    return galley_need (call, "the cluster does not know kind %.*s", (int) strcspn (at, "\""), at);
  }
  return GALLEY_FAILED;
}

int
apply_check (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  const char *differences;

  if (check_manifest (call) != GALLEY_OK)
    return GALLEY_FAILED;
  if (call->host->run (manifest_cmd (call, "diff"), &r) == GALLEY_OK)
    return GALLEY_OK;
  if (r.how != GALLEY_EXITED)
    return GALLEY_FAILED;
  if (r.exit_code != 1)
    return check_missing (call, &r);
  differences = list_differences (call, galley_printf (call, "\n%s", r.out));
  /* Without a difference shown, exit code 1 is kubectl's plain failure. */
  return differences != NULL ? galley_need (call, "%s", differences) : GALLEY_FAILED;
}

int
apply_apply (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;

  if (check_manifest (call) != GALLEY_OK)
    return GALLEY_FAILED;
  if (call->host->run (manifest_cmd (call, "apply"), &r) == GALLEY_OK)
    return GALLEY_OK;
  /* Objects before the bad one are made by now: a kind that came with the
   * same manifests is known at the next attempt. */
  if (strstr (r.err, "no matches for kind") != NULL && strstr (r.out, "customresourcedefinition") != NULL)
    galley_fail (call, GALLEY_TRANSIENT, "a kind that was only just defined is not known yet");
  return GALLEY_FAILED;
}
