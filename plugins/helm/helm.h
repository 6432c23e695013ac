/* The actions of the helm plugin, and what they share.
 * SPDX-License-Identifier: MIT */
#ifndef GALLEY_HELM_H
#define GALLEY_HELM_H

#include "kube.h"

extern const struct galley_param release_params[], release_outputs[];
int release_check (struct galley_call *call);
int release_apply (struct galley_call *call);
extern const struct galley_param values_params[];
int values_check (struct galley_call *call);
int values_apply (struct galley_call *call);
extern const struct galley_param uninstall_params[];
int uninstall_check (struct galley_call *call);
int uninstall_apply (struct galley_call *call);
extern const struct galley_param repo_params[];
int repo_check (struct galley_call *call);
int repo_apply (struct galley_call *call);

extern const struct galley_signature helm_signatures[];

#define RELEASE_NAME_PARAM                                                     \
  { "name", GALLEY_STRING, GALLEY_REQUIRED | GALLEY_GOAL, NULL, NULL,          \
    "[a-z0-9]([a-z0-9.-]{0,51}[a-z0-9])?", "wandb", "name of the release" }
#define RELEASE_NAMESPACE_PARAM                                                \
  { "namespace", GALLEY_STRING, GALLEY_REQUIRED | GALLEY_GOAL, NULL, NULL,     \
    KUBE_NAMESPACE_MATCH, "wandb", "namespace of the release" }
#define RELEASE_CHART_PARAMS                                                   \
  { "chart", GALLEY_STRING, 0, NULL, NULL,                                     \
    "(oci://)?[A-Za-z0-9][A-Za-z0-9._:-]*(/[A-Za-z0-9._:-]+)+", "wandb/wandb", \
    "the chart: REPOSITORY/CHART or oci://HOST/PATH" },                        \
  { "chart_path", GALLEY_PATH, 0, NULL, NULL, NULL, "charts/wandb",            \
    "or a folder or .tgz file with it" },                                      \
  { "version", GALLEY_STRING, 0, NULL, NULL,                                   \
    "v?[0-9]+\\.[0-9]+\\.[0-9]+([-+][0-9A-Za-z.+-]+)?", "0.3.9",               \
    "version of the chart, exact" }
#define RELEASE_HOW_PARAMS                                                     \
  { "wait", GALLEY_BOOL, 0, "true", NULL, NULL, "false",                       \
    "wait until what it deploys is ready" },                                   \
  { "atomic", GALLEY_BOOL, 0, "false", NULL, NULL, "true",                     \
    "go back to how it was when it fails" },                                   \
  { "take_ownership", GALLEY_BOOL, 0, "false", NULL, NULL, "true",             \
    "take over objects that are there and nobody's, or another release's" },   \
  { "force_conflicts", GALLEY_BOOL, 0, "false", NULL, NULL, "true",            \
    "overwrite what others have changed in its objects" }

/* A release as `helm list` shows it. */
struct release {
  int         there;
  const char *status, *chart, *revision, *updated;
};

/* helm with words that end at NULL, then what names the cluster. */
GALLEY_SENTINEL struct galley_cmd *
helm_cmd (struct galley_call *call, uint32_t flags, ...);
/* The same for what needs no cluster. */
GALLEY_SENTINEL struct galley_cmd *
helm_local_cmd (struct galley_call *call, uint32_t flags, ...);

/* The step's release, in any state but uninstalled. */
int release_find (struct galley_call *call, struct release *release);
/* helm is or was at it. */
int release_is_pending (const struct release *release);
/* BUSY when helm is at it, NEEDED when an attempt of this step that was cut
 * off was; OK when it is at rest. */
int release_at_rest (struct galley_call *call, const struct release *release);
/* HAVE ("wandb-0.3.9") is what is WANTed (that, or "wandb"). */
int chart_is (struct galley_call *call, const char *have, const char *want);
/* OK when it is, else NEEDED. */
int release_check_chart (struct galley_call *call, const char *have, const char *want);
/* Bring a release that an attempt of this step left when it was cut off back
 * to rest. */
int release_repair (struct galley_call *call);
/* Values given when it was last deployed, compact; NULL: failed. */
const char *release_values (struct galley_call *call);
/* Its outputs. */
int release_report (struct galley_call *call, const struct release *release);

/* `helm upgrade`, with WORDS before its options ("--install"). */
int release_upgrade (struct galley_call *call, const char *version, const char *values, int install);
/* The name of the step's chart without repository; NULL: failed. */
const char *chart_name (struct galley_call *call);
/* The version that a chart as `helm list` writes it ("wandb-0.3.9") has. */
const char *chart_version (struct galley_call *call, const char *chart);
/* Make sure that helm's index of the chart's repository has it. */
int chart_update_index (struct galley_call *call, const char *version);

/* The step's `values`, compact; NULL: failed. */
const char *given_values (struct galley_call *call);
/* The same over those of its `values_file`. */
const char *wanted_values (struct galley_call *call);
/* Say why the chart refused VALUES, if it is known; FAILED in any case. */
int values_explain (struct galley_call *call, const struct galley_result *r, const char *values);

#endif
