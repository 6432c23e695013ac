/* Values: what the step wants, what the release has; helm.values.
 * SPDX-License-Identifier: MIT */
#include "helm.h"
#include "diagnose.h"
#include "json-text.h"

#include <string.h>

const struct galley_param values_params[] = {
  RELEASE_NAME_PARAM,
  RELEASE_NAMESPACE_PARAM,
  RELEASE_CHART_PARAMS,
  { "values", GALLEY_MAP, GALLEY_REQUIRED | GALLEY_TAKES_SECRET, NULL, NULL, NULL,
    "{\"host\": \"http://abc.elb.amazonaws.com:8080\"}", "values it has, beside those it has already" },
  RELEASE_HOW_PARAMS,
  KUBE_TARGET_PARAMS,
  KUBE_END_PARAM
};

static const char *
need_map (struct galley_call *call, const char *what, const char *json)
{
  const char *compact = json_object (call, json);

  if (compact != NULL && *compact == '{')
    return compact;
  galley_fail (call, GALLEY_INVALID, "%s is no map of keys and values", what);
  galley_fix (call, "write `key: value`, with a space after the colon");
  return NULL;
}

static const char *
values_of_file (struct galley_call *call, const char *path)
{
  const char *text = call->host->read_file (call, path, NULL), *json;

  if (text == NULL || (json = call->host->yaml (call, path, text)) == NULL)
    return NULL;
  return need_map (call, path, json);
}

const char *
given_values (struct galley_call *call)
{
  const char *given = call->host->param_json (call, "values");

  return given != NULL ? need_map (call, "`values`", given) : "{}";
}

const char *
wanted_values (struct galley_call *call)
{
  const char *path = call->host->param (call, "values_file"), *base = "{}", *over = given_values (call);

  if (over == NULL || (path != NULL && (base = values_of_file (call, path)) == NULL))
    return NULL;
  return json_merge (call, base, over);
}

const char *
release_values (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  const char *name = call->host->param (call, "name"), *values;
  struct galley_cmd *cmd = helm_cmd (call, GALLEY_CMD_SECRET_OUTPUT, "get", "values", name, NULL);

  kube_option (call, cmd, "--namespace", call->host->param (call, "namespace"));
  call->host->cmd_arg (cmd, "--output=json");
  if (call->host->run (cmd, &r) != GALLEY_OK)
    return NULL;
  values = r.out_total > r.out_len ? NULL : json_object (call, r.out);
  if (values == NULL || *values != '{') {
    galley_fail (call, GALLEY_UNKNOWN, "what `helm get values` says cannot be read");
    return NULL;
  }
  return values;
}

/* Only names of keys are said: any value may be a secret. */
static int
explain_license (struct galley_call *call, const char *values)
{
  const char *elsewhere = json_find_nested (call, values, "license");

  if (json_at (call, values, "license") != NULL)
    galley_fail (call, GALLEY_INVALID, "the chart wants a license, and `license` is empty");
  else if (elsewhere != NULL)
    galley_fail (call, GALLEY_INVALID, "license is at %s, the chart wants it at the top level of the values",
                 elsewhere);
  else
    galley_fail (call, GALLEY_INVALID,
                 "the chart wants `license` at the top level of the values, and there is none");
  return galley_fix (call, elsewhere != NULL ? "move `license` to the left, out of the block it is in"
                                             : "set `license`; get one at https://deploy.wandb.ai/deploy");
}

/* helm only says that time is up; the cluster knows what for, unless all has
 * been taken back. */
static int
explain_timeout (struct galley_call *call)
{
  struct kube_scope scope = {
    .namespace = call->host->param (call, "namespace"), .release = call->host->param (call, "name")
  };
  struct kube_finding finding;

  if (kube_is_yes (call, "atomic") || !kube_diagnose (call, &scope, &finding))
    return GALLEY_FAILED;
  galley_fail (call, finding.error_class, "%s", finding.what);
  return finding.fix != NULL ? galley_fix (call, "%s", finding.fix) : GALLEY_FAILED;
}

int
values_explain (struct galley_call *call, const struct galley_result *r, const char *values)
{
  if (r->how != GALLEY_EXITED)
    return GALLEY_FAILED;
  if (kube_contains (r->err, "license must be specified"))
    return explain_license (call, values);
  if (kube_contains (r->err, "deadline exceeded") || kube_contains (r->err, "timed out waiting")
      || kube_contains (r->err, "not ready. status"))
    return explain_timeout (call);
  return GALLEY_FAILED;
}

/* ---- values ----------------------------------------------------------- */

int
values_check (struct galley_call *call)
{
  const char *name = call->host->param (call, "name"), *chart = chart_name (call), *want, *have, *at;
  struct release release;
  int status;

  if (chart == NULL || (want = given_values (call)) == NULL || release_find (call, &release) != GALLEY_OK)
    return GALLEY_FAILED;
  if (!release.there)
    return galley_need (call, "release %s is not there", name);
  if ((status = release_at_rest (call, &release)) != GALLEY_OK
      || (status = release_check_chart (call, release.chart, chart)) != GALLEY_OK)
    return status;
  if ((have = release_values (call)) == NULL)
    return GALLEY_FAILED;
  if ((at = call->host->json_diff (call, have, json_merge (call, have, want))) != NULL)
    return galley_need (call, "values differ at %s", *at != '\0' ? at : "the top");
  return release_report (call, &release);
}

int
values_apply (struct galley_call *call)
{
  const char *name = call->host->param (call, "name"), *version = call->host->param (call, "version");
  const char *want, *have;
  struct release release;

  if (chart_name (call) == NULL || (want = given_values (call)) == NULL || release_repair (call) != GALLEY_OK
      || release_find (call, &release) != GALLEY_OK)
    return GALLEY_FAILED;
  if (!release.there) {
    galley_fail (call, GALLEY_NOT_FOUND, "release %s is not there", name);
    return galley_fix (call, "deploy it first (helm.release)");
  }
  if ((have = release_values (call)) == NULL)
    return GALLEY_FAILED;
  /* More values must not be an upgrade on the quiet. */
  if (version == NULL && call->host->param (call, "chart") != NULL)
    version = chart_version (call, release.chart);
  if (release_upgrade (call, version, json_merge (call, have, want), 0) != GALLEY_OK
      || release_find (call, &release) != GALLEY_OK)
    return GALLEY_FAILED;
  return release_report (call, &release);
}
