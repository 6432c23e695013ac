/* Charts: names, versions, indexes of repositories; helm.repo.
 * SPDX-License-Identifier: MIT */
#include "helm.h"

#include <ctype.h>
#include <string.h>

/* The value of "KEY: value" at the beginning of a line of Chart.yaml. */
static const char *
chart_field (struct galley_call *call, const char *text, const char *key)
{
  size_t key_len = strlen (key), len;

  for (; text != NULL; text = strchr (text, '\n')) {
    text += *text == '\n';
    if (strncmp (text, key, key_len) != 0)
      continue;
    text += key_len;
    text += strspn (text, " \"'");
    len = strcspn (text, " \"'\r\n#");
    return len > 0 ? kube_slice (call, text, len) : NULL;
  }
  return NULL;
}

static const char *
last_part (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash != NULL ? slash + 1 : path;
}

static int
is_tgz (const char *path)
{
  size_t len = strlen (path);

  return len > 4 && strcmp (path + len - 4, ".tgz") == 0;
}

/* "wandb" or "wandb-0.3.9": all that is known of a chart in a file. */
static const char *
local_chart (struct galley_call *call, const char *path)
{
  const char *text, *name, *version;

  if (is_tgz (path))
    return kube_slice (call, last_part (path), strlen (last_part (path)) - 4);
  text = call->host->read_file (call, galley_printf (call, "%s/Chart.yaml", path), NULL);
  if (text == NULL)
    return NULL;
  name = chart_field (call, text, "name:");
  version = chart_field (call, text, "version:");
  if (name == NULL || version == NULL) {
    galley_fail (call, GALLEY_INVALID, "%s/Chart.yaml has no name or no version", path);
    return NULL;
  }
  return galley_printf (call, "%s-%s", name, version);
}

const char *
chart_name (struct galley_call *call)
{
  const char *chart = call->host->param (call, "chart"), *path = call->host->param (call, "chart_path");
  const char *version = call->host->param (call, "version");

  if ((chart == NULL) == (path == NULL)) {
    galley_fail (call, GALLEY_INVALID, "one of `chart` and `chart_path` is needed, and only one");
    return NULL;
  }
  if (path != NULL && version != NULL) {
    galley_fail (call, GALLEY_INVALID, "the chart at `chart_path` has its version in it: `version` is not for it");
    return NULL;
  }
  if (path != NULL)
    return local_chart (call, path);
  chart = last_part (chart);
  return version != NULL ? galley_printf (call, "%s-%s", chart, version) : chart;
}

const char *
chart_version (struct galley_call *call, const char *chart)
{
  const char *p, *digit;

  for (p = strchr (chart, '-'); p != NULL; p = strchr (p + 1, '-')) {
    digit = p + 1 + (p[1] == 'v');
    if (digit[strspn (digit, "0123456789")] == '.' && isdigit ((unsigned char) *digit))
      return p + 1;
  }
  return "";
}

static int
is_in_index (struct galley_call *call, const char *chart, const char *version)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  struct galley_cmd *cmd = helm_local_cmd (call, GALLEY_CMD_MAY_FAIL, "search", "repo", chart, NULL);
  const char *const *names;

  kube_option (call, cmd, "--version", version);
  call->host->cmd_arg (cmd, "--output=json");
  if (call->host->run (cmd, &r) != GALLEY_OK)
    return 0;
  for (names = call->host->json_all (call, r.out, "$[*].name"); *names != NULL; names++)
    if (strcmp (*names, chart) == 0)
      return 1;
  return 0;
}

int
chart_update_index (struct galley_call *call, const char *version)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  const char *chart = call->host->param (call, "chart");

  if (chart == NULL || strncmp (chart, "oci://", 6) == 0)
    return GALLEY_OK;
  if (version != NULL && is_in_index (call, chart, version))
    return GALLEY_OK;
  return call->host->run (helm_local_cmd (call, 0, "repo", "update",
                                          kube_slice (call, chart, strcspn (chart, "/")), NULL), &r);
}

/* ---- repo ------------------------------------------------------------- */

const struct galley_param repo_params[] = {
  { "name", GALLEY_STRING, GALLEY_REQUIRED | GALLEY_GOAL, NULL, NULL, "[A-Za-z0-9][A-Za-z0-9._-]*", "wandb",
    "name under which charts refer to it" },
  { "url", GALLEY_STRING, GALLEY_REQUIRED, NULL, NULL, "[a-z0-9+]+://[^ ]+", "https://charts.wandb.ai",
    "its address" },
  KUBE_END_PARAM
};

static int
same_url (const char *a, const char *b)
{
  size_t a_len = strlen (a), b_len = strlen (b);

  while (a_len > 0 && a[a_len - 1] == '/')
    a_len--;
  while (b_len > 0 && b[b_len - 1] == '/')
    b_len--;
  return a_len == b_len && memcmp (a, b, a_len) == 0;
}

int
repo_check (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  const char *name = call->host->param (call, "name"), *url = call->host->param (call, "url");
  const char *const *repos, *have;

  if (call->host->run (helm_local_cmd (call, 0, "repo", "list", "--output=json", NULL), &r) != GALLEY_OK) {
    if (strstr (r.err, "no repositories to show") != NULL)
      return galley_need (call, "helm has no repository %s", name);
    return GALLEY_FAILED;
  }
  for (repos = call->host->json_all (call, r.out, "$[*]"); *repos != NULL; repos++) {
    have = call->host->json (call, *repos, "$.name");
    if (have == NULL || strcmp (have, name) != 0)
      continue;
    have = call->host->json (call, *repos, "$.url");
    if (have != NULL && same_url (have, url))
      return GALLEY_OK;
    return galley_need (call, "repository %s is at %s, want %s", name, have != NULL ? have : "no address", url);
  }
  return galley_need (call, "helm has no repository %s", name);
}

int
repo_apply (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;

  return call->host->run (helm_local_cmd (call, 0, "repo", "add", call->host->param (call, "name"),
                                          call->host->param (call, "url"), "--force-update", NULL), &r);
}
