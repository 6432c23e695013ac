/* What a helm that was cut off has left: whose it is, and its repair.
 * SPDX-License-Identifier: MIT */
#include "helm.h"
#include "moment.h"

#include <string.h>

int
release_is_pending (const struct release *release)
{
  return strncmp (release->status, "pending-", 8) == 0 || strcmp (release->status, "uninstalling") == 0;
}

/* Its revision was begun by an attempt of this step that was cut off. */
static int
is_ours (struct galley_call *call, const struct release *release)
{
  const char *chart;

  if (!moment_is_ours (call, release->updated))
    return 0;
  /* That brings back whatever chart an older revision had. */
  if (strcmp (release->status, "pending-rollback") == 0)
    return 1;
  chart = chart_name (call);
  return chart != NULL && chart_is (call, release->chart, chart);
}

static const char *
found (struct galley_call *call, const struct release *release)
{
  return galley_printf (call, "release %s was left in %s (revision %s) at %s by the attempt that was cut off",
                        call->host->param (call, "name"), release->status, release->revision,
                        moment_shown (call, release->updated));
}

static int
busy (struct galley_call *call, const struct release *release)
{
  return galley_busy (call, "release %s is %s since %s: another helm is at it", call->host->param (call, "name"),
                      release->status, moment_shown (call, release->updated));
}

/* ---- back to rest ------------------------------------------------------- */

/* What there is to go back to, the better the higher; 0: nothing. */
static int
worth (const char *status)
{
  static const char *const kinds[] = { "failed", "superseded", "deployed" };

  for (int i = 0; i < 3; i++)
    if (strcmp (status, kinds[i]) == 0)
      return i + 1;
  return 0;
}

/* *REVISION: the one that is deployed, else the newest that was, else the
 * newest that failed; NULL: there was none before this. */
static int
find_revision (struct galley_call *call, const char **revision)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  struct galley_cmd *cmd = helm_cmd (call, 0, "history", call->host->param (call, "name"), NULL);
  const char *const *all, *status;
  int best = 1;

  *revision = NULL;
  kube_option (call, cmd, "--namespace", call->host->param (call, "namespace"));
  call->host->cmd_arg (cmd, "--output=json");
  if (call->host->run (cmd, &r) != GALLEY_OK)
    return GALLEY_FAILED;
  for (all = call->host->json_all (call, r.out, "$[*]"); *all != NULL; all++)
    if ((status = call->host->json (call, *all, "$.status")) != NULL && worth (status) >= best) {
      best = worth (status);
      *revision = call->host->json (call, *all, "$.revision");
    }
  return GALLEY_OK;
}

/* A release that never was deployed has nothing to be rolled back to. */
static int
bring_to_rest (struct galley_call *call, const char *revision)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  const char *name = call->host->param (call, "name");
  struct galley_cmd *cmd = revision != NULL ? helm_cmd (call, 0, "rollback", name, revision, NULL)
                                            : helm_cmd (call, 0, "uninstall", name, NULL);

  kube_option (call, cmd, "--namespace", call->host->param (call, "namespace"));
  kube_option (call, cmd, "--timeout", galley_printf (call, "%lds", kube_seconds (call, 300)));
  return call->host->run (cmd, &r);
}

/* *REVISION: what RELEASE, which is ours, is to be rolled back to; NULL: it is
 * to be uninstalled.  What was half uninstalled is not brought back. */
static int
find_remedy (struct galley_call *call, const struct release *release, const char **revision)
{
  *revision = NULL;
  return strcmp (release->status, "uninstalling") == 0 ? GALLEY_OK : find_revision (call, revision);
}

int
release_repair (struct galley_call *call)
{
  const char *revision;
  struct release release;

  if (!call->host->abandoned (call))
    return GALLEY_OK;
  if (release_find (call, &release) != GALLEY_OK)
    return GALLEY_FAILED;
  if (!release.there || !release_is_pending (&release) || !is_ours (call, &release))
    return GALLEY_OK;
  return find_remedy (call, &release, &revision) == GALLEY_OK ? bring_to_rest (call, revision) : GALLEY_FAILED;
}

/* ---- and before that ---------------------------------------------------- */

static int
need_repair (struct galley_call *call, const struct release *release)
{
  const char *revision;

  if (find_remedy (call, release, &revision) != GALLEY_OK)
    return GALLEY_FAILED;
  return revision != NULL
         ? galley_need (call, "%s: it is rolled back to revision %s", found (call, release), revision)
         : galley_need (call, "%s: it is uninstalled", found (call, release));
}

int
release_at_rest (struct galley_call *call, const struct release *release)
{
  if (release_is_pending (release))
    return is_ours (call, release) ? need_repair (call, release) : busy (call, release);
  if (strcmp (release->status, "deployed") != 0)
    return galley_need (call, "revision %s of release %s is %s", release->revision,
                        call->host->param (call, "name"), release->status);
  return GALLEY_OK;
}

/* ---- uninstall ---------------------------------------------------------- */

const struct galley_param uninstall_params[] = {
  RELEASE_NAME_PARAM,
  RELEASE_NAMESPACE_PARAM,
  { "wait", GALLEY_BOOL, 0, "true", NULL, NULL, "false", "wait until its objects are gone" },
  KUBE_TARGET_PARAMS,
  KUBE_END_PARAM
};

/* RELEASE is being uninstalled: since when?  `helm list` says only when it
 * was deployed. */
static int
find_deletion (struct galley_call *call, struct release *release)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  struct galley_cmd *cmd = helm_cmd (call, GALLEY_CMD_SECRET_OUTPUT, "status", call->host->param (call, "name"), NULL);
  const char *deleted;

  kube_option (call, cmd, "--namespace", call->host->param (call, "namespace"));
  call->host->cmd_arg (cmd, "--output=json");
  if (call->host->run (cmd, &r) != GALLEY_OK)
    return GALLEY_FAILED;
  deleted = call->host->json (call, r.out, "$.info.deleted");
  release->updated = deleted != NULL ? deleted : "";
  return GALLEY_OK;
}

/* *OURS: RELEASE was left half uninstalled by an attempt of this step. */
static int
find_remains (struct galley_call *call, struct release *release, int *ours)
{
  *ours = 0;
  if (!call->host->abandoned (call) || !release->there || strcmp (release->status, "uninstalling") != 0)
    return GALLEY_OK;
  if (find_deletion (call, release) != GALLEY_OK)
    return GALLEY_FAILED;
  *ours = moment_is_ours (call, release->updated);
  return GALLEY_OK;
}

int
uninstall_check (struct galley_call *call)
{
  struct release release;
  int ours;

  if (release_find (call, &release) != GALLEY_OK || find_remains (call, &release, &ours) != GALLEY_OK)
    return GALLEY_FAILED;
  if (!release.there)
    return GALLEY_OK;
  if (ours)
    return galley_need (call, "%s: it is uninstalled", found (call, &release));
  if (release_is_pending (&release))
    return busy (call, &release);
  return galley_need (call, "release %s is there (%s)", call->host->param (call, "name"), release.status);
}

int
uninstall_apply (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  struct galley_cmd *cmd = helm_cmd (call, 0, "uninstall", call->host->param (call, "name"), NULL);

  kube_option (call, cmd, "--namespace", call->host->param (call, "namespace"));
  call->host->cmd_arg (cmd, "--ignore-not-found");
  if (kube_is_yes (call, "wait"))
    call->host->cmd_arg (cmd, "--wait");
  kube_option (call, cmd, "--timeout", galley_printf (call, "%lds", kube_seconds (call, 3600)));
  return call->host->run (cmd, &r);
}
