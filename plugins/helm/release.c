/* helm.release.  SPDX-License-Identifier: MIT */
#include "helm.h"
#include "json-text.h"

#include <stdlib.h>
#include <string.h>

const struct galley_param release_params[] = {
  RELEASE_NAME_PARAM,
  RELEASE_NAMESPACE_PARAM,
  RELEASE_CHART_PARAMS,
  { "values", GALLEY_MAP, GALLEY_TAKES_SECRET, NULL, NULL, NULL, "{\"service\": {\"type\": \"LoadBalancer\"}}",
    "values, over those of `values_file`" },
  { "values_file", GALLEY_PATH, 0, NULL, NULL, NULL, "values.yaml", "YAML file of values" },
  { "keep", GALLEY_LIST, 0, NULL, NULL, NULL, "[\"host\"]",
    "values a later step sets: not compared, and kept as they are" },
  { "create_namespace", GALLEY_BOOL, 0, "true", NULL, NULL, "false", "make the namespace if it is not there" },
  RELEASE_HOW_PARAMS,
  KUBE_TARGET_PARAMS,
  KUBE_END_PARAM
};

const struct galley_param release_outputs[] = {
  { "chart", GALLEY_STRING, 0, NULL, NULL, NULL, "wandb-0.3.9", "chart and version deployed" },
  { "version", GALLEY_STRING, 0, NULL, NULL, NULL, "0.3.9", "the chart's version" },
  { "revision", GALLEY_INT, 0, NULL, NULL, "[0-9]+", "3", "how many times it was deployed" },
  KUBE_END_PARAM
};

/* ---- what is there ------------------------------------------------------ */

static const char *
field (struct galley_call *call, const char *json, const char *path)
{
  const char *value = call->host->json (call, json, path);

  return value != NULL ? value : "";
}

/* A release name as a regular expression. */
static const char *
name_filter (struct galley_call *call, const char *name)
{
  const char *filter = "^";

  for (; *name != '\0'; name++)
    filter = galley_printf (call, *name == '.' ? "%s\\%c" : "%s%c", filter, *name);
  return galley_printf (call, "%s$", filter);
}

int
release_find (struct galley_call *call, struct release *release)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  const char *name = call->host->param (call, "name"), *const *all;
  struct galley_cmd *cmd = helm_cmd (call, 0, "list", NULL);

  /* Named one by one: without them helm 3 hides pending releases, and
   * helm 4 knows no --all. */
  kube_option (call, cmd, "--namespace", call->host->param (call, "namespace"));
  kube_option (call, cmd, "--filter", name_filter (call, name));
  galley_args (call, cmd, "--deployed", "--failed", "--pending", "--uninstalling", "--output=json", NULL);
  memset (release, 0, sizeof *release);
  if (call->host->run (cmd, &r) != GALLEY_OK)
    return GALLEY_FAILED;
  if (call->host->json (call, r.out, "$") == NULL)
    return galley_fail (call, GALLEY_UNKNOWN, "what `helm list` says cannot be read");
  for (all = call->host->json_all (call, r.out, "$[*]"); *all != NULL && !release->there; all++) {
    if (strcmp (field (call, *all, "$.name"), name) != 0)
      continue;
    release->there = 1;
    release->status = field (call, *all, "$.status");
    release->chart = field (call, *all, "$.chart");
    release->revision = field (call, *all, "$.revision");
    release->updated = field (call, *all, "$.updated");
  }
  return GALLEY_OK;
}

int
release_report (struct galley_call *call, const struct release *release)
{
  if (!release->there || strcmp (release->status, "deployed") != 0)
    return galley_fail (call, GALLEY_CONFLICT, "release %s is %s after helm ended well",
                        call->host->param (call, "name"), release->there ? release->status : "not there");
  call->host->output (call, "chart", release->chart);
  call->host->output (call, "version", chart_version (call, release->chart));
  call->host->output (call, "revision", release->revision);
  return GALLEY_OK;
}

/* ---- helm upgrade ------------------------------------------------------- */

/* helm's own version, 3 or 4; 0: it does not say. */
static long
helm_major (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;

  if (call->host->run (helm_local_cmd (call, 0, "version", "--template={{.Version}}", NULL), &r) != GALLEY_OK)
    return 0;
  return strtol (r.out + (*r.out == 'v'), NULL, 10);
}

/* Options that are not the same for helm 3 and 4. */
static int
add_differing (struct galley_call *call, struct galley_cmd *cmd)
{
  int atomic = kube_is_yes (call, "atomic"), force = kube_is_yes (call, "force_conflicts");
  long major;

  if (!atomic && !force)
    return GALLEY_OK;
  if ((major = helm_major (call)) == 0)
    return galley_fail (call, GALLEY_UNKNOWN, "helm does not say its version");
  if (atomic)
    call->host->cmd_arg (cmd, major >= 4 ? "--rollback-on-failure" : "--atomic");
  /* helm 3 always overwrites. */
  if (force && major >= 4)
    call->host->cmd_arg (cmd, "--force-conflicts");
  return GALLEY_OK;
}

static struct galley_cmd *
upgrade_cmd (struct galley_call *call, const char *version, const char *file, int install)
{
  const char *chart = call->host->param (call, "chart"), *path = call->host->param (call, "chart_path");
  const char *name = call->host->param (call, "name");
  struct galley_cmd *cmd = helm_cmd (call, 0, "upgrade", name, chart != NULL ? chart : path, NULL);

  kube_option (call, cmd, "--namespace", call->host->param (call, "namespace"));
  if (install)
    call->host->cmd_arg (cmd, "--install");
  if (install && kube_is_yes (call, "create_namespace"))
    call->host->cmd_arg (cmd, "--create-namespace");
  kube_option (call, cmd, "--version", version);
  /* Without --reset-values helm takes the old ones when the new are {}. */
  galley_args (call, cmd, "--reset-values", galley_printf (call, "--values=%s", file), NULL);
  if (kube_is_yes (call, "wait"))
    call->host->cmd_arg (cmd, "--wait");
  if (add_differing (call, cmd) != GALLEY_OK)
    return NULL;
  if (kube_is_yes (call, "take_ownership"))
    call->host->cmd_arg (cmd, "--take-ownership");
  kube_option (call, cmd, "--timeout", galley_printf (call, "%lds", kube_seconds (call, 3600)));
  /* A folder of that name where galley runs would be taken for the chart. */
  call->host->cmd_cwd (cmd, "/");
  return cmd;
}

int
release_upgrade (struct galley_call *call, const char *version, const char *values, int install)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  const char *file;
  struct galley_cmd *cmd;

  if (chart_update_index (call, version) != GALLEY_OK)
    return GALLEY_FAILED;
  file = call->host->file (call, 0, ".yaml", values, strlen (values));
  if (file == NULL || (cmd = upgrade_cmd (call, version, file, install)) == NULL)
    return GALLEY_FAILED;
  if (call->host->run (cmd, &r) == GALLEY_OK)
    return GALLEY_OK;
  return values_explain (call, &r, values);
}

/* ---- release ------------------------------------------------------------ */

int
chart_is (struct galley_call *call, const char *have, const char *want)
{
  const char *version = chart_version (call, have);
  size_t len = strlen (want);

  /* Without a version wanted, the name before it is enough. */
  return strcmp (have, want) == 0
         || (*chart_version (call, want) == '\0' && *version != '\0' && (size_t) (version - have) == len + 1
             && strncmp (have, want, len) == 0);
}

int
release_check_chart (struct galley_call *call, const char *have, const char *want)
{
  return chart_is (call, have, want) ? GALLEY_OK : galley_need (call, "chart %s, want %s", have, want);
}

static int
check_values (struct galley_call *call, const char *want)
{
  const char *const *keep = call->host->param_list (call, "keep"), *have = release_values (call), *at;

  if (have == NULL)
    return GALLEY_FAILED;
  for (; *keep != NULL; keep++) {
    have = json_without (call, have, *keep);
    want = json_without (call, want, *keep);
  }
  if ((at = call->host->json_diff (call, have, want)) != NULL)
    return galley_need (call, "values differ at %s", *at != '\0' ? at : "the top");
  return GALLEY_OK;
}

int
release_check (struct galley_call *call)
{
  const char *chart = chart_name (call), *want = chart != NULL ? wanted_values (call) : NULL;
  struct release release;
  int status;

  if (want == NULL || release_find (call, &release) != GALLEY_OK)
    return GALLEY_FAILED;
  if (!release.there)
    return galley_need (call, "release %s is not there", call->host->param (call, "name"));
  if ((status = release_at_rest (call, &release)) != GALLEY_OK
      || (status = release_check_chart (call, release.chart, chart)) != GALLEY_OK
      || (status = check_values (call, want)) != GALLEY_OK)
    return status;
  return release_report (call, &release);
}

/* WANT with the values that a later step has set. */
static const char *
with_kept (struct galley_call *call, const char *want)
{
  const char *const *keep = call->host->param_list (call, "keep"), *have, *value;
  struct release release;

  if (*keep == NULL)
    return want;
  if (release_find (call, &release) != GALLEY_OK)
    return NULL;
  if (!release.there)
    return want;
  if ((have = release_values (call)) == NULL)
    return NULL;
  for (; *keep != NULL; keep++)
    if ((value = json_at (call, have, *keep)) != NULL)
      want = json_with (call, want, *keep, value);
  return want;
}

int
release_apply (struct galley_call *call)
{
  const char *want = chart_name (call) != NULL ? wanted_values (call) : NULL;
  struct release release;

  if (want == NULL || release_repair (call) != GALLEY_OK || (want = with_kept (call, want)) == NULL)
    return GALLEY_FAILED;
  if (release_upgrade (call, call->host->param (call, "version"), want, 1) != GALLEY_OK
      || release_find (call, &release) != GALLEY_OK)
    return GALLEY_FAILED;
  return release_report (call, &release);
}
