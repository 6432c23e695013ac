/* The helm plugin on a host that plays helm and kubectl: with what the real
 * ones printed, but for values that the host varies.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "check-manual.h"
#include "recorded.h"
#include "plugin/reads.h"

#define TARGET " --kubeconfig=/home/.kube/lab --kube-context=lab"
#define LIST \
  "helm list" TARGET " --namespace=wandb '--filter=^wandb$' --deployed --failed --pending --uninstalling --output=json"
#define VALUES "helm get values wandb" TARGET " --namespace=wandb --output=json"
#define REPOS "helm repo list --output=json"
#define HISTORY "helm history wandb" TARGET " --namespace=wandb --output=json"
#define STATUS "helm status wandb" TARGET " --namespace=wandb --output=json"
#define SEARCH "helm search repo wandb/wandb --version=0.3.9 --output=json"
#define UPGRADE(version, more) \
  "helm upgrade wandb wandb/wandb" TARGET " --namespace=wandb --install --create-namespace" version \
  " --reset-values '--values={file:1}'" more
#define FOUND recorded ("helm-repo", SEARCH)
#define NOT_FOUND recorded ("helm-repo", "helm search repo wandb/wandb --version=9.9.9 --output=json")
#define DEPLOYED recorded ("release-resumed", UPGRADE (" --version=0.3.9", " --wait --timeout=107s"))
#define IN_TIME UPGRADE (" --version=0.3.9", " --wait --timeout=3600s")
#define PLAIN_UPGRADE(version) "helm upgrade wandb wandb/wandb" TARGET " --namespace=wandb --install --version=" version

/* Its revision is 3. */
static const char *
listed (const char *status, const char *chart)
{
  const char *list = varied_member (recorded ("helm-upgrading", LIST), "updated", "2026-11-23 15:03:45.187371379 +0000 UTC");

  return varied_member (varied_member (list, "status", status), "chart", chart);
}

static FakeHost *
host_new (const char *action)
{
  FakeHost *host = fake_host_new ("helm", action);

  if (strcmp (action, "repo") == 0)
    return host;
  fake_host_param (host, "kubeconfig", "/home/.kube/lab");
  fake_host_param (host, "context", "lab");
  fake_host_param (host, "name", "wandb");
  fake_host_param (host, "namespace", "wandb");
  return host;
}

static FakeHost *
release_new (void)
{
  FakeHost *host = host_new ("release");

  fake_host_param (host, "chart", "wandb/wandb");
  fake_host_param (host, "version", "0.3.9");
  return host;
}

static void
expect_list (FakeHost *host, const char *status)
{
  fake_host_expect (host, LIST, 0, listed (status, "wandb-0.3.9"), "");
}

static void
test_tables (void)
{
  g_autoptr(FakeHost) host = fake_host_new ("helm", "repo");

  fake_host_check_tables (host);
  /* It leaves a release pending when it is killed: time to say that it failed. */
  g_assert_cmpint (fake_host_tool (host, "helm")->grace_ms, ==, 30 * 1000);
}

/* The manual page has each action, param, output and known failure. */
static void
test_manual (void)
{
  g_autoptr(FakeHost) host = fake_host_new ("helm", "repo");
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "plugins", "helm", "galley-helm.7", NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  check_manual (fake_host_plugin (host), text);
}

static gboolean
allowed (FakeHost *host, const char *line)
{
  g_auto(GStrv) argv = NULL;

  g_assert_true (g_shell_parse_argv (line, NULL, &argv, NULL));
  return reads_allow (fake_host_tool (host, "helm"), (const char *const *) argv);
}

static void
test_reads (void)
{
  static const char *const reads[] = {
    LIST, VALUES, SEARCH, "helm repo list --output=json", "helm version --template={{.Version}}", "helm -n x list",
    HISTORY, STATUS,
  };
  static const char *const writes[] = {
    "helm --debug list uninstall x", "helm -a list uninstall x", 
    "helm", UPGRADE ("", ""), UPGRADE (" --dry-run", ""), UPGRADE (" --dry-run=server", ""), "helm install a b --dry-run=client",
    "helm install a b --dry-run=none", "helm upgrade -f --dry-run=server a b", "helm uninstall wandb --ignore-not-found",
    "helm rollback wandb", "helm repo add a b --force-update", "helm repo update wandb", "helm repo remove list",
    "helm -n list uninstall wandb", "helm --namespace list uninstall wandb", "helm -f list uninstall wandb",
    "helm --kube-context list uninstall wandb", "helm --kube-token list uninstall wandb", "helm -- uninstall list", "helm list x",
    "helm get values", "helm get values a b", "helm get hooks a", "helm test wandb", "helm plugin install x", "helm push a b",
    "helm template a b --post-renderer=x", "helm pull a", "helm registry login a", "helm dependency update .", "helm package .",
    "helm search hub a", "helm repo index .", "helm create list", "helm version list",
    "helm history", "helm history a b", "helm status", "helm status a b", "helm rollback history", "helm uninstall status",
    "helm -n history uninstall x",
  };
  g_autoptr(FakeHost) host = fake_host_new ("helm", "repo");

  for (gsize i = 0; i < G_N_ELEMENTS (reads); i++)
    if (!allowed (host, reads[i]))
      g_error ("not allowed: %s", reads[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (writes); i++)
    if (allowed (host, writes[i]))
      g_error ("allowed: %s", writes[i]);
}

/* No HELM_KUBE*, HELM_NAMESPACE, HELM_DRIVER: they would lead elsewhere. */
static void
test_env (void)
{
  g_autoptr(FakeHost) host = release_new ();
  g_auto(GStrv) names = g_strsplit (fake_host_tool (host, "helm")->env, "|", -1);

  for (char **name = names; *name != NULL; name++) {
    g_assert_false (g_pattern_match_simple (*name, "HELM_KUBECONTEXT"));
    g_assert_false (g_pattern_match_simple (*name, "HELM_KUBETOKEN"));
    g_assert_false (g_pattern_match_simple (*name, "HELM_KUBEAPISERVER"));
    g_assert_false (g_pattern_match_simple (*name, "HELM_NAMESPACE"));
    g_assert_false (g_pattern_match_simple (*name, "HELM_DRIVER"));
    g_assert_false (g_pattern_match_simple (*name, "KUBECONFIG"));
  }
  g_assert_true (g_strv_contains ((const char *const *) names, "AWS_*"));
  fake_host_expect_recorded (host, "helm-nothing", LIST);
  fake_host_assert_check (host, GALLEY_NEEDED, "release wandb is not there");
  g_assert_cmpstr (fake_host_command (host, 1)->env[0], ==, "HELM_NO_PLUGINS=1");
  g_assert_null (fake_host_command (host, 1)->env[1]);
}

/* ---- check of release -------------------------------------------------- */

static void
test_held (void)
{
  static const struct { const char *values, *have; } alike[] = {
    { NULL, "null\n" }, { NULL, "{}\n" }, { "{}", "null\n" }, { "{\"a\": 1.0, \"b\": {\"c\": \"x\"}}", "{\"b\":{\"c\":\"x\"},\"a\":1}\n" },
    { "{\"a\": null}", "{\"a\":null}\n" }, { "{\"n\": 1000000}", "{\"n\":1e+06}\n" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (alike); i++) {
    g_autoptr(FakeHost) host = release_new ();

    fake_host_param (host, "values", alike[i].values);
    expect_list (host, "deployed");
    fake_host_expect (host, VALUES, 0, alike[i].have, "");
    fake_host_assert_check (host, GALLEY_OK, NULL);
    g_assert_cmpuint (fake_host_command (host, 2)->flags, ==, GALLEY_CMD_SECRET_OUTPUT);
    g_assert_cmpstr (fake_host_output (host, "chart"), ==, "wandb-0.3.9");
    g_assert_cmpstr (fake_host_output (host, "version"), ==, "0.3.9");
    g_assert_cmpstr (fake_host_output (host, "revision"), ==, "3");
  }
}

static void
test_status (void)
{
  static const struct { const char *status; int answer; const char *reason; } cases[] = {
    { "failed", GALLEY_NEEDED, "revision 3 of release wandb is failed" },
    { "unknown", GALLEY_NEEDED, "revision 3 of release wandb is unknown" },
    { "pending-install", GALLEY_BUSY, "release wandb is pending-install since 2026-11-23 15:03:45: another helm is at it" },
    { "pending-upgrade", GALLEY_BUSY, "release wandb is pending-upgrade since 2026-11-23 15:03:45: another helm is at it" },
    { "pending-rollback", GALLEY_BUSY, "release wandb is pending-rollback since 2026-11-23 15:03:45: another helm is at it" },
    { "uninstalling", GALLEY_BUSY, "release wandb is uninstalling since 2026-11-23 15:03:45: another helm is at it" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = release_new ();

    expect_list (host, cases[i].status);
    fake_host_assert_check (host, cases[i].answer, cases[i].reason);
  }
}

/* ---- what was cut off ---------------------------------------------------- */

/* When the release of listed () was deployed: 2026-11-23 15:03:45.187 UTC. */
#define UPDATED G_GINT64_CONSTANT (1795446225187)
#define LEFT(status) "release wandb was left in " status " (revision 3) at 2026-11-23 15:03:45 by the attempt that was cut off: "
/* What was killed stays pending for ever. */
#define ONLY varied (recorded ("release-resumed", HISTORY), "\"revision\":1", "\"revision\":3")

#define ROLLBACK(revision) "helm rollback wandb " revision TARGET " --namespace=wandb --timeout=300s"
#define REMOVE "helm uninstall wandb" TARGET " --namespace=wandb --timeout=300s"

/* Of revisions 1, 2 and 3, which is pending. */
static const char *
history_of (const char *first, const char *second)
{
  const char *history = varied (recorded ("helm-upgrading", HISTORY), "\"superseded\"", "\"FIRST\"");

  history = varied (varied (history, "\"deployed\"", "\"SECOND\""), "FIRST", first);
  return varied (history, "SECOND", second);
}

static const struct {
  const char *status, *first, *second;    /* first: NULL: there is no other; second: NULL: it is not asked for */
  const char *reason, *command;
} remains[] = {
  { "pending-install", NULL, "", LEFT ("pending-install") "it is uninstalled", REMOVE },
  { "uninstalling", NULL, NULL, LEFT ("uninstalling") "it is uninstalled", REMOVE },
  { "pending-upgrade", "superseded", "deployed", LEFT ("pending-upgrade") "it is rolled back to revision 2", ROLLBACK ("2") },
  { "pending-upgrade", "deployed", "failed", LEFT ("pending-upgrade") "it is rolled back to revision 1", ROLLBACK ("1") },
  { "pending-upgrade", "superseded", "superseded", LEFT ("pending-upgrade") "it is rolled back to revision 2", ROLLBACK ("2") },
  { "pending-upgrade", "superseded", "pending-upgrade", LEFT ("pending-upgrade") "it is rolled back to revision 1",
    ROLLBACK ("1") },
  { "pending-upgrade", "failed", "failed", LEFT ("pending-upgrade") "it is rolled back to revision 2", ROLLBACK ("2") },
  { "pending-upgrade", "pending-install", "uninstalled", LEFT ("pending-upgrade") "it is uninstalled", REMOVE },
  { "pending-rollback", "superseded", "deployed", LEFT ("pending-rollback") "it is rolled back to revision 2",
    ROLLBACK ("2") },
};

static void
expect_history (FakeHost *host, const char *first, const char *second)
{
  if (second != NULL)
    fake_host_expect (host, HISTORY, 0, first != NULL ? history_of (first, second) : ONLY, "");
}

static void
test_remains (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (remains); i++) {
    g_autoptr(FakeHost) host = release_new ();

    fake_host_abandoned (host, UPDATED - 1000);
    expect_list (host, remains[i].status);
    expect_history (host, remains[i].first, remains[i].second);
    fake_host_assert_check (host, GALLEY_NEEDED, remains[i].reason);
    expect_list (host, remains[i].status);
    expect_history (host, remains[i].first, remains[i].second);
    fake_host_expect (host, remains[i].command, 0, g_str_equal (remains[i].command, REMOVE)
                      ? recorded ("helm-uninstalled", REMOVE) : recorded ("helm-upgrading", ROLLBACK ("2")), "");
    fake_host_expect (host, SEARCH, 0, FOUND, "");
    fake_host_expect (host, IN_TIME, 0, DEPLOYED, "");
    expect_list (host, "deployed");
    fake_host_assert_apply (host, GALLEY_OK, NULL);
    g_assert_cmpstr (fake_host_notes (host), ==, "");
  }
}

/* Whose it is: by its time, with a margin for clocks, and by its chart. */
static void
test_remains_whose (void)
{
  static const struct { gint64 since; const char *status, *chart, *wanted; gboolean ours; } cases[] = {
    { UPDATED - 3600000, "pending-upgrade", "wandb-0.3.9", "0.3.9", TRUE },
    { UPDATED, "pending-upgrade", "wandb-0.3.9", "0.3.9", TRUE },
    { UPDATED + 5000, "pending-upgrade", "wandb-0.3.9", "0.3.9", TRUE },
    { UPDATED + 30000, "pending-upgrade", "wandb-0.3.9", "0.3.9", TRUE },
    { UPDATED + 30001, "pending-upgrade", "wandb-0.3.9", "0.3.9", FALSE },
    { UPDATED + 30001, "pending-rollback", "wandb-0.3.9", "0.3.9", FALSE },
    { UPDATED + 30001, "uninstalling", "wandb-0.3.9", "0.3.9", FALSE },
    { UPDATED + 86400000, "pending-install", "wandb-0.3.9", "0.3.9", FALSE },
    { UPDATED, "pending-upgrade", "wandb-0.3.8", "0.3.9", FALSE },
    { UPDATED, "pending-install", "mysql-0.3.9", "0.3.9", FALSE },
    { UPDATED, "pending-upgrade", "wandb-0.3.8", NULL, TRUE },
    { UPDATED, "pending-upgrade", "wandb-base-0.3.8", NULL, FALSE },
    { UPDATED, "pending-rollback", "wandb-0.3.8", "0.3.9", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = release_new ();
    const char *list = listed (cases[i].status, cases[i].chart);

    fake_host_param (host, "version", cases[i].wanted);
    fake_host_abandoned (host, cases[i].since);
    fake_host_expect (host, LIST, 0, list, "");
    if (cases[i].ours)
      fake_host_expect (host, HISTORY, 0, history_of ("superseded", "deployed"), "");
    fake_host_assert_check (host, cases[i].ours ? GALLEY_NEEDED : GALLEY_BUSY, NULL);
    if (cases[i].ours)
      continue;
    g_assert_nonnull (strstr (fake_host_need (host), " since 2026-11-23 15:03:45: another helm is at it"));
    /* Begun since the check: helm itself says that another is at it. */
    fake_host_expect (host, LIST, 0, list, "");
    fake_host_answer (host, "helm search *", 0, FOUND, "");
    fake_host_answer_recorded (host, "helm repo update *", "helm-repo", "helm repo update wandb");
    fake_host_answer_recorded (host, "helm upgrade *", "helm-upgrading", PLAIN_UPGRADE ("0.3.9"));
    fake_host_assert_apply (host, GALLEY_FAILED, "another helm is at the release, or one was killed at it");
  }
}

/* Times as helm 3 and 4 write them, in any zone; what cannot be read is not ours. */
static void
test_remains_times (void)
{
  static const struct { const char *updated; gint64 at; } cases[] = {
    { "2026-11-24 22:20:52.977732604 +0000 UTC", G_GINT64_CONSTANT (1795558852977) },
    { "2026-11-24 17:21:17.358436886 -0500 EST", G_GINT64_CONSTANT (1795558877358) },
    { "2026-11-24 17:21:17.358436886 -0500 -0500", G_GINT64_CONSTANT (1795558877358) },
    { "2026-11-25 03:51:17.3 +0530 IST", G_GINT64_CONSTANT (1795558877300) },
    { "2026-11-24 22:21:17 +0000 UTC", G_GINT64_CONSTANT (1795558877000) },
    { "2026-11-24T17:21:17.358436886-05:00", G_GINT64_CONSTANT (1795558877358) },
    { "2028-02-29 23:59:60 +0000 UTC", G_GINT64_CONSTANT (1835481600000) },
    { "2000-03-01 00:00:00 +0000 UTC", G_GINT64_CONSTANT (951868800000) },
    { "", -1 }, { "yesterday", -1 }, { "2026-11-24", -1 }, { "2026-11-24 22:20", -1 }, { "2026-11-24 22:20:52", -1 },
    { "2026-11-24 22:20:52.9 UTC", -1 }, { "2026-13-24 22:20:52 +0000", -1 }, { "2026-11-32 22:20:52 +0000", -1 },
    { "0001-01-01 00:00:00 +0000 UTC", -1 }, { "2026-11-24 22:20:52 +00", -1 }, { "99999999999999999999", -1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const char *list = varied_member (listed ("pending-install", "wandb-0.3.9"), "updated", cases[i].updated);

    for (int after = 0; after < 2; after++) {
      g_autoptr(FakeHost) host = release_new ();
      gboolean ours = cases[i].at >= 0 && after == 0;

      fake_host_abandoned (host, cases[i].at < 0 ? 1 : cases[i].at + 30000 + after);
      fake_host_expect (host, LIST, 0, list, "");
      if (ours)
        fake_host_expect (host, HISTORY, 0, ONLY, "");
      g_test_message ("%s", cases[i].updated);
      fake_host_assert_check (host, ours ? GALLEY_NEEDED : GALLEY_BUSY, NULL);
    }
  }
}

static void
test_remains_fail (void)
{
  g_autoptr(FakeHost) host = release_new ();

  fake_host_abandoned (host, UPDATED);
  expect_list (host, "failed");
  fake_host_assert_check (host, GALLEY_NEEDED, "revision 3 of release wandb is failed");
  expect_list (host, "pending-upgrade");
  fake_host_expect_recorded (host, "helm-unreachable", HISTORY);
  fake_host_assert_check (host, GALLEY_FAILED, NULL);
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_TRANSIENT);
  expect_list (host, "pending-upgrade");
  fake_host_expect (host, HISTORY, 0, history_of ("deployed", "failed"), "");
  fake_host_expect (host, ROLLBACK ("1"), 1, "", varied (recorded_err ("helm-upgrading", ROLLBACK ("9")), "9", "0"));
  fake_host_assert_apply (host, GALLEY_FAILED, "there is no earlier revision to go back to");
  fake_host_expect_recorded (host, "helm-nothing", LIST);
  fake_host_expect (host, SEARCH, 0, FOUND, "");
  fake_host_answer (host, "helm upgrade *", 0, DEPLOYED, "");
  expect_list (host, "deployed");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

static void
test_other_chart (void)
{
  static const struct { const char *chart, *version, *have, *reason; } cases[] = {
    { "wandb/wandb", "0.3.9", "wandb-0.3.8", "chart wandb-0.3.8, want wandb-0.3.9" },
    { "wandb/wandb", "0.3.9", "operator-0.3.9", "chart operator-0.3.9, want wandb-0.3.9" },
    { "wandb/wandb", "0.3.9", "wandb-0.3.90", "chart wandb-0.3.90, want wandb-0.3.9" },
    { "wandb/wandb", NULL, "wandb-base-1.0.0", "chart wandb-base-1.0.0, want wandb" },
    { "wandb/wandb", NULL, "wandb-0.3.8", NULL }, { "wandb/wandb", NULL, "wandb-v0.3.8", NULL },
    { "oci://h:5000/a/wandb", "1.0.0-rc.1+x", "wandb-1.0.0-rc.1+x", NULL },
    { "oci://h/a/aws-2d-driver", NULL, "aws-2d-driver-2.5.0", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = release_new ();
    const char *list = listed ("deployed", cases[i].have);

    fake_host_param (host, "chart", cases[i].chart);
    fake_host_param (host, "version", cases[i].version);
    fake_host_answer (host, "helm get values *", 0, "null", "");
    fake_host_expect (host, LIST, 0, list, "");
    fake_host_assert_check (host, cases[i].reason != NULL ? GALLEY_NEEDED : GALLEY_OK, cases[i].reason);
  }
}

static void
test_other_values (void)
{
  static const struct { const char *want, *have, *keep, *reason; } cases[] = {
    { "{\"mysql\": {\"persistence\": {\"size\": \"10Gi\"}}}", "{\"mysql\":{\"persistence\":{\"size\":\"64Gi\"}}}", NULL,
      "values differ at mysql.persistence.size" },
    { "{}", "{\"a\":1}", NULL, "values differ at a" },
    { "{\"a\": \"1\"}", "{\"a\":1}", NULL, "values differ at a" },
    { "{}", "{\"host\":\"x\"}", NULL, "values differ at host" },
    { "{}", "{\"host\":\"x\"}", "[\"host\"]", NULL },
    { "{\"host\": \"first\"}", "{\"host\":\"x\"}", "[\"host\"]", NULL },
    { "{\"host\": \"first\"}", "{}", "[\"host\"]", NULL },
    { "{}", "{\"a\":{\"b\":{\"c\":1}}}", "[\"a.b.c\"]", NULL },
    { "{\"a\": {\"d\": 2}}", "{\"a\":{\"b\":{\"c\":1},\"d\":2}}", "[\"a.b.c\"]", NULL },
    { "{\"a\": {\"d\": 3}}", "{\"a\":{\"b\":{\"c\":1},\"d\":2}}", "[\"a.b.c\"]", "values differ at a.d" },
    { "{}", "{\"a\":{\"b\":{}}}", "[\"a.b.c\"]", "values differ at a" },
    { "{}", "{\"x.y\":{\"z\":1}}", "[\"x\\\\.y.z\"]", NULL },
    { "{}", "{\"host\":\"x\",\"b\":1}", "[\"host\", \"b\"]", NULL },
    { "{\"\": {\"\": 1}, \"b\": {}}", "{\"host\":\"x\",\"\":{\"\":1,\"c\":2},\"b\":{}}", "[\"host\", \".c\"]", NULL },
    { "{}", "{\"a\\\"b\\\\\":{\"c}\":\"{\\\"\"},\"host\":\"\\\\\"}", "[\"host\"]", "values differ at [\"a\\\"b\\\\\"]" },
    { "{\"a\\\"b\\\\\": {\"c}\": \"{\\\"\"}}", "{\"a\\\"b\\\\\":{\"c}\":\"{\\\"\"},\"host\":\"\\\\\"}", "[\"host\"]", NULL },
    { "{}", "{\"a\\\"b\\\\\":{\"c}\":\"{\\\"\"}}", "[\"a\\\"b\\\\\\\\.c}\"]", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = release_new ();

    fake_host_param (host, "values", cases[i].want);
    fake_host_param (host, "keep", cases[i].keep);
    expect_list (host, "deployed");
    fake_host_expect (host, VALUES, 0, cases[i].have, "");
    fake_host_assert_check (host, cases[i].reason != NULL ? GALLEY_NEEDED : GALLEY_OK, cases[i].reason);
  }
}

static void
test_check_fails (void)
{
  g_autoptr(FakeHost) host = release_new ();

  fake_host_expect_recorded (host, "helm-unreachable", LIST);
  fake_host_assert_check (host, GALLEY_FAILED, "the API server does not answer");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_TRANSIENT);
  fake_host_expect (host, LIST, 0, "oops", "");
  fake_host_assert_check (host, GALLEY_FAILED, "what `helm list` says cannot be read");
  expect_list (host, "deployed");
  fake_host_expect (host, VALUES, 0, "{\"license\":", "");
  fake_host_assert_check (host, GALLEY_FAILED, "what `helm get values` says cannot be read");
  expect_list (host, "deployed");
  fake_host_expect_recorded (host, "helm-unknown", VALUES);
  fake_host_assert_check (host, GALLEY_FAILED, "the cluster does not know who is asking");
  fake_host_param (host, "chart_path", "charts/wandb");
  fake_host_assert_check (host, GALLEY_FAILED, "one of `chart` and `chart_path` is needed, and only one");
  fake_host_param (host, "chart", NULL);
  fake_host_assert_check (host, GALLEY_FAILED, "the chart at `chart_path` has its version in it: `version` is not for it");
  fake_host_param (host, "version", NULL);
  fake_host_assert_check (host, GALLEY_FAILED, "cannot read \"/recipe/charts/wandb/Chart.yaml\": no such file or directory");
}

static void
test_params (void)
{
  static const struct { const char *name, *value; gboolean valid; } cases[] = {
    { "name", "-x", FALSE }, { "name", "a.b-c", TRUE }, { "name", "A", FALSE }, { "name", "", FALSE }, { "namespace", "--x", FALSE },
    { "chart", "--post-renderer=x", FALSE }, { "chart", "wandb", FALSE }, { "chart", "./wandb", FALSE }, { "chart", "/a/b", FALSE },
    { "chart", "../a", FALSE }, { "chart", "wandb/wandb", TRUE }, { "chart", "oci://ghcr.io/wandb/helm-charts/wandb", TRUE },
    { "chart", "https://x/y.tgz", FALSE }, { "version", "0.3.9", TRUE }, { "version", "v1.2.3-rc.1", TRUE }, { "version", ">0.3", FALSE },
    { "version", "^1.0.0", FALSE }, { "version", "1.2", FALSE }, { "version", "-1.2.3", FALSE },
  };
  g_autoptr(FakeHost) host = host_new ("release");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    if (fake_host_param_valid (host, cases[i].name, cases[i].value) != cases[i].valid)
      g_error ("%s: %s", cases[i].name, cases[i].value);
}

/* ---- values files ------------------------------------------------------ */

static void
test_values_file (void)
{
  g_autoptr(FakeHost) host = release_new ();

  fake_host_param (host, "values_file", "values.yaml");
  fake_host_file (host, "/recipe/values.yaml", "license: eyJ\nservice:\n  type: ClusterIP\n  port: 8080\n");
  fake_host_param (host, "values", "{\"service\": {\"type\": \"LoadBalancer\"}}");
  expect_list (host, "deployed");
  fake_host_expect (host, VALUES, 0, "{\"license\":\"eyJ\",\"service\":{\"port\":8080,\"type\":\"LoadBalancer\"}}", "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_file (host, "/recipe/values.yaml", NULL);
  fake_host_assert_check (host, GALLEY_FAILED, "cannot read \"/recipe/values.yaml\": no such file or directory");
}

/* Helm reads all of these, exits 0 and drops or misplaces the license. */
static void
test_values_traps (void)
{
  static const struct { const char *text, *at; } cases[] = {
    { "  license: eyJ\nservice:\n  type: LoadBalancer\n", "/recipe/values.yaml:2:1: " },
    { "license:eyJ\nservice:\n  type: x\n", "/recipe/values.yaml:2:" },
    { "license: a\nlicense: b\n", "/recipe/values.yaml:2:1: " },
    { "license: a\n---\nservice: {}\n", "/recipe/values.yaml:2:1: " },
    { "license: a\nservice:\n\ttype: x\n", "/recipe/values.yaml:3:1: " },
    { "license: no\n", "/recipe/values.yaml:1:10: " },
    { "license: &x eyJ\n", "/recipe/values.yaml:1:10: " },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = release_new ();

    fake_host_param (host, "values_file", "values.yaml");
    fake_host_file (host, "/recipe/values.yaml", cases[i].text);
    fake_host_assert_check (host, GALLEY_FAILED, NULL);
    if (!g_str_has_prefix (fake_host_failure (host), cases[i].at))
      g_error ("%s: %s", cases[i].text, fake_host_failure (host));
    g_assert_cmpuint (fake_host_class (host), ==, GALLEY_INVALID);
    fake_host_assert_apply (host, GALLEY_FAILED, NULL);
    g_assert_cmpuint (fake_host_n_commands (host), ==, 0);
  }
}

static void
test_values_no_map (void)
{
  g_autoptr(FakeHost) host = release_new ();

  fake_host_param (host, "values_file", "values.yaml");
  fake_host_file (host, "/recipe/values.yaml", "license:eyJ\n");
  fake_host_assert_check (host, GALLEY_FAILED, "/recipe/values.yaml is no map of keys and values");
  g_assert_cmpstr (fake_host_fix (host), ==, "write `key: value`, with a space after the colon");
  fake_host_param (host, "values_file", NULL);
  fake_host_param (host, "values", "[1]");
  fake_host_assert_check (host, GALLEY_FAILED, "`values` is no map of keys and values");
}

/* ---- apply of release -------------------------------------------------- */

static void
test_install (void)
{
  g_autoptr(FakeHost) host = release_new ();

  fake_host_param_secret (host, "values", "{\"license\": \"eyJ.secret.key\"}", "eyJ.secret.key");
  fake_host_expect (host, SEARCH, 0, FOUND, "");
  fake_host_expect (host, IN_TIME, 0, DEPLOYED, "");
  expect_list (host, "deployed");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpuint (fake_host_n_files (host), ==, 1);
  g_assert_cmpstr (fake_host_written (host, 1)->data, ==, "{\"license\":\"eyJ.secret.key\"}");
  g_assert_cmpstr (fake_host_written (host, 1)->suffix, ==, ".yaml");
  g_assert_cmpuint (fake_host_written (host, 1)->flags, ==, 0);
  g_assert_cmpstr (fake_host_command (host, 2)->cwd, ==, "/");
  g_assert_cmpstr (fake_host_output (host, "revision"), ==, "3");
}

static void
test_secret_in_check (void)
{
  g_autoptr(FakeHost) host = release_new ();

  fake_host_param_secret (host, "values", "{\"license\": \"eyJ.secret.key\"}", "eyJ.secret.key");
  expect_list (host, "deployed");
  fake_host_expect (host, VALUES, 0, "{\"license\":\"eyJ.other.key\"}", "");
  fake_host_assert_check (host, GALLEY_NEEDED, "values differ at license");
}

static void
test_options (void)
{
  g_autoptr(FakeHost) host = release_new ();

  fake_host_param (host, "wait", "false");
  fake_host_param (host, "create_namespace", "false");
  fake_host_param (host, "take_ownership", "true");
  fake_host_time_left (host, 1200000);
  fake_host_answer_recorded (host, "helm list *", "helm-installed", LIST);
  fake_host_answer (host, "helm search *", 0, FOUND, "");
  fake_host_expect (host, "helm upgrade wandb wandb/wandb" TARGET " --namespace=wandb --install --version=0.3.9 --reset-values "
                    "'--values={file:1}' --take-ownership --timeout=1140s", 0, DEPLOYED, "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

static void
test_differing_options (void)
{
  static const struct { const char *version, *atomic, *force, *options; } cases[] = {
    { "v3.18.0", "true", NULL, " --wait --atomic --timeout=3600s" },
    { "v4.1.4", "true", NULL, " --wait --rollback-on-failure --timeout=3600s" },
    { "v3.18.0", NULL, "true", " --wait --timeout=3600s" },
    { "v4.1.4", NULL, "true", " --wait --force-conflicts --timeout=3600s" },
    { "4.0.0", "true", "true", " --wait --rollback-on-failure --force-conflicts --timeout=3600s" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = release_new ();
    g_autofree char *upgrade = g_strconcat (UPGRADE (" --version=0.3.9", ""), cases[i].options, NULL);

    fake_host_param (host, "atomic", cases[i].atomic);
    fake_host_param (host, "force_conflicts", cases[i].force);
    fake_host_expect (host, SEARCH, 0, FOUND, "");
    fake_host_expect (host, "helm version --template={{.Version}}", 0, cases[i].version, "");
    fake_host_expect (host, upgrade, 0, DEPLOYED, "");
    expect_list (host, "deployed");
    fake_host_assert_apply (host, GALLEY_OK, NULL);
  }
}

static void
test_no_version (void)
{
  g_autoptr(FakeHost) host = release_new ();

  fake_host_param (host, "atomic", "true");
  fake_host_answer (host, "helm search *", 0, FOUND, "");
  fake_host_answer (host, "helm version *", 1, "", "odd\n");
  fake_host_assert_apply (host, GALLEY_FAILED, "helm does not say its version");
  fake_host_answer (host, "helm version *", 0, "v", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "helm does not say its version");
}

static void
test_index (void)
{
  const struct { const char *chart, *version, *found; int found_exit; gboolean update; } cases[] = {
    { "wandb/wandb", "0.3.9", FOUND, 0, FALSE }, { "wandb/wandb", "0.3.9", NOT_FOUND, 0, TRUE },
    { "wandb/wandb", "0.3.9", varied_member (FOUND, "name", "wandb/wandb-base"), 0, TRUE }, { "wandb/wandb", "0.3.9", "", 1, TRUE },
    { "wandb/wandb", NULL, NULL, 0, TRUE }, { "oci://h/wandb", "0.3.9", NULL, 0, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = release_new ();

    fake_host_param (host, "chart", cases[i].chart);
    fake_host_param (host, "version", cases[i].version);
    if (cases[i].found != NULL)
      fake_host_expect (host, SEARCH, cases[i].found_exit, cases[i].found,
                        cases[i].found_exit == 0 ? "" : recorded_err ("helm-nothing", SEARCH));
    if (cases[i].update)
      fake_host_expect_recorded (host, "helm-repo", "helm repo update wandb");
    fake_host_answer (host, "helm upgrade *", 0, DEPLOYED, "");
    fake_host_answer_recorded (host, "helm list *", "helm-installed", LIST);
    fake_host_assert_apply (host, GALLEY_OK, NULL);
    if (cases[i].found != NULL)
      g_assert_cmpuint (fake_host_command (host, 1)->flags, ==, GALLEY_CMD_MAY_FAIL);
  }
}

static void
test_index_fails (void)
{
  g_autoptr(FakeHost) host = release_new ();

  fake_host_expect (host, SEARCH, 0, NOT_FOUND, "");
  fake_host_expect (host, "helm repo update wandb", 1, "", "Error: no repositories found matching 'wandb'.  Nothing will be updated\n");
  fake_host_assert_apply (host, GALLEY_FAILED, "helm has no repository wandb");
  g_assert_cmpstr (fake_host_fix (host), ==, "add it first (helm.repo)");
}

static void
test_keep (void)
{
  static const struct { const char *want, *have, *keep, *file; } cases[] = {
    { "{\"license\": \"x\"}", "{\"host\":\"http://a\",\"old\":1}", "[\"host\"]", "{\"license\":\"x\",\"host\":\"http://a\"}" },
    { "{\"host\": \"first\"}", "{\"host\":\"http://a\"}", "[\"host\"]", "{\"host\":\"http://a\"}" },
    { "{\"host\": \"first\"}", "null", "[\"host\"]", "{\"host\":\"first\"}" },
    { "{\"a\": {\"b\": 1}}", "{\"a\":{\"c\":{\"d\":[1,{\"e\":\"}\"}]}}}", "[\"a.c.d\", \"a.x\"]", "{\"a\":{\"b\":1,\"c\":{\"d\":[1,{\"e\":\"}\"}]}}}" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = release_new ();

    fake_host_param (host, "values", cases[i].want);
    fake_host_param (host, "keep", cases[i].keep);
    expect_list (host, "failed");
    fake_host_expect (host, VALUES, 0, cases[i].have, "");
    fake_host_expect (host, SEARCH, 0, FOUND, "");
    fake_host_expect (host, IN_TIME, 0, DEPLOYED, "");
    expect_list (host, "deployed");
    fake_host_assert_apply (host, GALLEY_OK, NULL);
    g_assert_cmpstr (fake_host_written (host, 1)->data, ==, cases[i].file);
  }
}

static void
test_keep_nothing_there (void)
{
  g_autoptr(FakeHost) host = release_new ();

  fake_host_param (host, "keep", "[\"host\"]");
  fake_host_expect_recorded (host, "helm-nothing", LIST);
  fake_host_expect (host, SEARCH, 0, FOUND, "");
  fake_host_expect (host, IN_TIME, 0, DEPLOYED, "");
  expect_list (host, "deployed");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

/* Helm ended with 0 and yet the release is not there as it should be. */
static void
test_not_deployed (void)
{
  g_autoptr(FakeHost) host = release_new ();

  fake_host_answer (host, "helm search *", 0, FOUND, "");
  fake_host_answer (host, "helm upgrade *", 0, DEPLOYED, "");
  expect_list (host, "failed");
  fake_host_assert_apply (host, GALLEY_FAILED, "release wandb is failed after helm ended well");
  fake_host_expect_recorded (host, "helm-nothing", LIST);
  fake_host_assert_apply (host, GALLEY_FAILED, "release wandb is not there after helm ended well");
}

static void
test_license (void)
{
  static const struct { const char *values, *reason, *fix; } cases[] = {
    { "{\"service\": {\"license\": \"eyJ\"}}", "license is at service.license, the chart wants it at the top level of the values",
      "move `license` to the left, out of the block it is in" },
    { "{\"a\": [], \"b\": {\"c\": {\"license\": 1}}}", "license is at b.c.license, the chart wants it at the top level of the values",
      "move `license` to the left, out of the block it is in" },
    { "{\"x\": \"license\", \"licence\": \"eyJ\"}", "the chart wants `license` at the top level of the values, and there is none",
      "set `license`; get one at https://deploy.wandb.ai/deploy" },
    { "{\"license\": \"\"}", "the chart wants a license, and `license` is empty", "set `license`; get one at https://deploy.wandb.ai/deploy" },
  };
  const char *error = recorded_err ("helm-repo", PLAIN_UPGRADE ("0.3.9"));
  const char *const errors[] = { error, varied (error, "Error: ", "Error: UPGRADE FAILED: ") };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = release_new ();

    fake_host_param (host, "values", cases[i].values);
    fake_host_answer (host, "helm search *", 0, FOUND, "");
    fake_host_answer (host, "helm upgrade *", 1, "", errors[i % 2]);
    fake_host_assert_apply (host, GALLEY_FAILED, cases[i].reason);
    g_assert_cmpstr (fake_host_fix (host), ==, cases[i].fix);
    g_assert_cmpuint (fake_host_class (host), ==, GALLEY_INVALID);
    g_assert_cmpuint (fake_host_n_commands (host), ==, 2);
  }
}

/* Failures whose cause helm says itself need no look at the cluster. */
static void
test_failures (void)
{
  const struct { const char *err, *reason; guint error_class; } cases[] = {
    { "level=WARN msg=\"upgrade failed\" name=imm error=\"StatefulSet.apps \\\"imm\\\" is invalid: spec: Forbidden: updates to "
      "statefulset spec for fields other than 'replicas' are forbidden\"\nError: UPGRADE FAILED: StatefulSet.apps \"imm\" is invalid: "
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden\n",
      "StatefulSet imm exists, and what changes in it cannot be changed", GALLEY_INVALID },
    { "level=WARN msg=\"upgrade failed\" name=imm error=\"conflict occurred while applying object imm/imm apps/v1, Kind=StatefulSet: "
      "Apply failed with 1 conflict: conflict with \\\"kk\\\" using apps/v1: .spec.replicas\"\nError: UPGRADE FAILED: conflict occurred "
      "while applying object imm/imm apps/v1, Kind=StatefulSet: Apply failed with 1 conflict: conflict with \"kk\" using apps/v1: "
      ".spec.replicas\n", "kk has changed StatefulSet imm/imm since it was deployed", GALLEY_INVALID },
    { recorded_err ("helm-upgrading", PLAIN_UPGRADE ("0.3.9")),
      "another helm is at the release, or one was killed at it", GALLEY_CONFLICT },
    { recorded_err ("helm-repo", PLAIN_UPGRADE ("9.9.9")),
      "repository wandb has no chart wandb in version 9.9.9", GALLEY_NOT_FOUND },
    { varied (recorded_err ("helm-repo", PLAIN_UPGRADE ("0.3.9")), "license must be specified to deploy with helm.", "a host is needed"), "the chart refuses its values: a host is needed",
      GALLEY_INVALID },
    { "Error: UPGRADE FAILED: context canceled\n", "helm was interrupted", GALLEY_TRANSIENT },
    { "Error: something odd\n", NULL, GALLEY_UNKNOWN },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = release_new ();

    fake_host_answer (host, "helm search *", 0, FOUND, "");
    fake_host_answer (host, "helm upgrade *", 1, "", cases[i].err);
    fake_host_assert_apply (host, GALLEY_FAILED, cases[i].reason);
    g_assert_cmpuint (fake_host_class (host), ==, cases[i].error_class);
  }
}

/* Time is up, and the cluster shows nothing, or not at all. */
static void
test_timeout_unexplained (void)
{
  static const struct { const char *pods; int exit_code; const char *atomic; } cases[] = {
    { "{\"kind\": \"List\", \"items\": []}", 0, NULL }, { "", 1, NULL }, { "oops", 0, NULL }, { "{\"kind\": \"List\"}", 0, NULL },
    { NULL, 0, "true" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = release_new ();

    fake_host_param (host, "atomic", cases[i].atomic);
    fake_host_answer (host, "helm search *", 0, FOUND, "");
    fake_host_answer (host, "helm version *", 0, "v3.1.1", "");
    fake_host_answer (host, "helm upgrade *", 1, "", "Error: UPGRADE FAILED: context deadline exceeded\n");
    if (cases[i].pods != NULL) {
      fake_host_answer (host, "kubectl get events *", 0, "", "");
      fake_host_answer (host, "kubectl get pods,*", cases[i].exit_code, cases[i].pods, "");
    }
    fake_host_assert_apply (host, GALLEY_FAILED, "what was deployed did not get ready in time");
    g_assert_cmpuint (fake_host_class (host), ==, GALLEY_TRANSIENT);
  }
}

static void
test_killed (void)
{
  g_autoptr(FakeHost) host = release_new ();

  fake_host_expect (host, SEARCH, 0, FOUND, "");
  fake_host_expect_how (host, IN_TIME, GALLEY_TIMED_OUT, 15, "",
                        "Error: UPGRADE FAILED: context deadline exceeded\n");
  fake_host_assert_apply (host, GALLEY_FAILED, NULL);
  g_assert_cmpuint (fake_host_n_commands (host), ==, 2);
}

static void
test_local_chart (void)
{
  g_autoptr(FakeHost) host = host_new ("release");

  fake_host_param (host, "chart_path", "charts/wandb");
  fake_host_file (host, "/recipe/charts/wandb/Chart.yaml", "apiVersion: v2\n# name: no\nversion: \"0.3.9\" # x\nname: wandb\r\n");
  fake_host_answer (host, "helm get values *", 0, "null", "");
  expect_list (host, "deployed");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_expect (host, "helm upgrade wandb /recipe/charts/wandb" TARGET " --namespace=wandb --install --create-namespace --reset-values "
                    "'--values={file:1}' --wait --timeout=3600s", 0, DEPLOYED, "");
  expect_list (host, "deployed");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_file (host, "/recipe/charts/wandb/Chart.yaml", "name: wandb\nappVersion: 1\n");
  fake_host_assert_check (host, GALLEY_FAILED, "/recipe/charts/wandb/Chart.yaml has no name or no version");
  fake_host_param (host, "chart_path", "charts/wandb-0.3.8.tgz");
  expect_list (host, "deployed");
  fake_host_assert_check (host, GALLEY_NEEDED, "chart wandb-0.3.9, want wandb-0.3.8");
}

/* ---- values ------------------------------------------------------------ */

static FakeHost *
values_new (void)
{
  FakeHost *host = host_new ("values");

  fake_host_param (host, "chart", "wandb/wandb");
  fake_host_param (host, "values", "{\"host\": \"http://a\"}");
  return host;
}

static void
test_values_check (void)
{
  static const struct { const char *have, *reason; } cases[] = {
    { "{\"license\":\"x\",\"host\":\"http://a\"}", NULL }, { "{\"license\":\"x\",\"host\":\"http://b\"}", "values differ at host" },
    { "{\"license\":\"x\"}", "values differ at host" }, { "null", "values differ at host" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = values_new ();

    expect_list (host, "deployed");
    fake_host_expect (host, VALUES, 0, cases[i].have, "");
    fake_host_assert_check (host, cases[i].reason != NULL ? GALLEY_NEEDED : GALLEY_OK, cases[i].reason);
  }
}

static void
test_values_status (void)
{
  g_autoptr(FakeHost) host = values_new ();

  fake_host_expect_recorded (host, "helm-nothing", LIST);
  fake_host_assert_check (host, GALLEY_NEEDED, "release wandb is not there");
  fake_host_expect_recorded (host, "helm-nothing", LIST);
  fake_host_assert_apply (host, GALLEY_FAILED, "release wandb is not there");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_NOT_FOUND);
  expect_list (host, "pending-upgrade");
  fake_host_assert_check (host, GALLEY_BUSY, NULL);
  expect_list (host, "failed");
  fake_host_assert_check (host, GALLEY_NEEDED, "revision 3 of release wandb is failed");
}

static void
test_values_chart (void)
{
  g_autoptr(FakeHost) host = values_new ();

  fake_host_param (host, "version", "0.4.0");
  expect_list (host, "deployed");
  fake_host_assert_check (host, GALLEY_NEEDED, "chart wandb-0.3.9, want wandb-0.4.0");
  fake_host_param (host, "version", NULL);
  fake_host_param (host, "chart", "wandb/operator");
  expect_list (host, "deployed");
  fake_host_assert_check (host, GALLEY_NEEDED, "chart wandb-0.3.9, want operator");
  fake_host_param (host, "chart", NULL);
  fake_host_assert_check (host, GALLEY_FAILED, "one of `chart` and `chart_path` is needed, and only one");
  fake_host_assert_apply (host, GALLEY_FAILED, "one of `chart` and `chart_path` is needed, and only one");
}

/* All values of before, and the version of before. */
static void
test_values_apply (void)
{
  g_autoptr(FakeHost) host = values_new ();

  expect_list (host, "deployed");
  fake_host_expect (host, VALUES, 0, "{\"license\":\"x\",\"host\":\"http://b\"}", "");
  fake_host_expect (host, SEARCH, 0, FOUND, "");
  fake_host_expect (host, "helm upgrade wandb wandb/wandb" TARGET " --namespace=wandb --version=0.3.9 --reset-values '--values={file:1}' "
                    "--wait --timeout=3600s", 0, DEPLOYED, "");
  expect_list (host, "deployed");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_written (host, 1)->data, ==, "{\"license\":\"x\",\"host\":\"http://a\"}");
}

/* ---- repo and uninstall ------------------------------------------------ */

static void
test_repo (void)
{
  const char *one = recorded ("helm-repo", REPOS);
  const char *two = recorded ("failure-cpu", REPOS);
  const struct { const char *out, *err; int exit_code, status; const char *reason; } cases[] = {
    { varied_member (one, "url", "https://charts.wandb.ai"), "", 0, GALLEY_OK, NULL },
    { varied (two, "https://wandb.github.io/helm-charts/", "https://charts.wandb.ai/"), "", 0, GALLEY_OK, NULL },
    { one, "", 0, GALLEY_NEEDED, "repository wandb is at https://wandb.github.io/helm-charts/, want https://charts.wandb.ai" },
    { recorded ("helm-nothing", REPOS), "", 0, GALLEY_NEEDED, "helm has no repository wandb" },
    /* helm 3 */
    { "", "Error: no repositories to show\n", 1, GALLEY_NEEDED, "helm has no repository wandb" },
    { "", "Error: open /x: permission denied\n", 1, GALLEY_FAILED, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = host_new ("repo");

    fake_host_param (host, "name", "wandb");
    fake_host_param (host, "url", "https://charts.wandb.ai");
    fake_host_expect (host, REPOS, cases[i].exit_code, cases[i].out, cases[i].err);
    fake_host_assert_check (host, cases[i].status, cases[i].reason);
    fake_host_expect (host, "helm repo add wandb https://charts.wandb.ai --force-update", 0,
                      recorded ("helm-repo", "helm repo add wandb https://wandb.github.io/helm-charts/ --force-update"), "");
    fake_host_assert_apply (host, GALLEY_OK, NULL);
  }
}

static void
test_repo_slash (void)
{
  static const struct { const char *url; int status; } cases[] = {
    { "https://a/b", GALLEY_OK }, { "https://a/b/", GALLEY_OK }, { "https://a/b//", GALLEY_OK }, { "https://a/", GALLEY_NEEDED },
    { "https://a/c", GALLEY_NEEDED }, { "https://a/b/c", GALLEY_NEEDED },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = host_new ("repo");

    fake_host_param (host, "name", "wandb");
    fake_host_param (host, "url", cases[i].url);
    fake_host_answer (host, "helm repo list *", 0, varied_member (recorded ("helm-repo", REPOS), "url", "https://a/b/"), "");
    fake_host_assert_check (host, cases[i].status, NULL);
  }
}

static void
test_uninstall (void)
{
  g_autoptr(FakeHost) host = host_new ("uninstall");

  fake_host_expect_recorded (host, "helm-nothing", LIST);
  fake_host_assert_check (host, GALLEY_OK, NULL);
  expect_list (host, "failed");
  fake_host_assert_check (host, GALLEY_NEEDED, "release wandb is there (failed)");
  expect_list (host, "pending-upgrade");
  fake_host_assert_check (host, GALLEY_BUSY, NULL);
  fake_host_expect_recorded (host, "helm-nothing", "helm uninstall wandb" TARGET " --namespace=wandb --ignore-not-found --wait "
                             "--timeout=3600s");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_param (host, "wait", "false");
  fake_host_expect (host, "helm uninstall wandb" TARGET " --namespace=wandb --ignore-not-found --timeout=3600s", 0, "", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

/* `helm list` tells only when it was deployed, long before. */
static void
test_uninstall_remains (void)
{
  static const struct { const char *deleted; gboolean ours; } cases[] = {
    { "2026-11-24T22:21:18.699886481Z", TRUE }, { "2026-11-24T17:21:25.28172136-05:00", TRUE },
    { "2026-11-24T22:20:48.699886481Z", TRUE }, { "2026-11-24T22:20:48Z", FALSE }, { "", FALSE },
  };
  g_autoptr(FakeHost) host = host_new ("uninstall");

  fake_host_abandoned (host, G_GINT64_CONSTANT (1795558878699));
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *deleted = g_strdup_printf ("\"deleted\":\"%s\",\"status\":\"uninstalling\"", cases[i].deleted);
    const char *status = varied (recorded ("helm-upgrading", STATUS), "\"status\":\"pending-upgrade\"", deleted);

    expect_list (host, "uninstalling");
    fake_host_expect (host, STATUS, 0, status, "");
    fake_host_assert_check (host, cases[i].ours ? GALLEY_NEEDED : GALLEY_BUSY, NULL);
    g_assert_cmpuint (fake_host_command (host, 2)->flags, ==, GALLEY_CMD_SECRET_OUTPUT);
    if (i == 0)
      g_assert_cmpstr (fake_host_need (host), ==, "release wandb was left in uninstalling (revision 3) at 2026-11-24 22:21:18 by the "
                       "attempt that was cut off: it is uninstalled");
  }
  /* helm 4 leaves out what is not there. */
  expect_list (host, "uninstalling");
  fake_host_expect (host, STATUS, 0, varied (recorded ("helm-upgrading", STATUS), "\"pending-upgrade\"", "\"uninstalling\""), "");
  fake_host_assert_check (host, GALLEY_BUSY, NULL);
  expect_list (host, "uninstalling");
  fake_host_expect_recorded (host, "helm-nothing", STATUS);
  fake_host_assert_check (host, GALLEY_FAILED, NULL);
  /* An uninstall leaves nothing pending. */
  expect_list (host, "pending-upgrade");
  fake_host_assert_check (host, GALLEY_BUSY, NULL);
}

/* A dot in a name is no "any letter", and another release is not this one. */
static void
test_filter (void)
{
  g_autoptr(FakeHost) host = host_new ("uninstall");

  fake_host_param (host, "name", "a.b");
  fake_host_expect (host, "helm list" TARGET " --namespace=wandb '--filter=^a\\.b$' --deployed --failed --pending --uninstalling --output=json",
                    0, varied_member (listed ("deployed", "wandb-0.3.9"), "name", "axb"), "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_setenv ("TZ", "UTC", TRUE);      /* times are shown as they are here */
  g_test_add_func ("/helm/tables", test_tables);
  g_test_add_func ("/helm/manual", test_manual);
  g_test_add_func ("/helm/reads", test_reads);
  g_test_add_func ("/helm/env", test_env);
  g_test_add_func ("/helm/release/held", test_held);
  g_test_add_func ("/helm/release/status", test_status);
  g_test_add_func ("/helm/release/remains", test_remains);
  g_test_add_func ("/helm/release/remains-whose", test_remains_whose);
  g_test_add_func ("/helm/release/remains-times", test_remains_times);
  g_test_add_func ("/helm/release/remains-fail", test_remains_fail);
  g_test_add_func ("/helm/uninstall-remains", test_uninstall_remains);
  g_test_add_func ("/helm/release/other-chart", test_other_chart);
  g_test_add_func ("/helm/release/other-values", test_other_values);
  g_test_add_func ("/helm/release/check-fails", test_check_fails);
  g_test_add_func ("/helm/release/params", test_params);
  g_test_add_func ("/helm/release/values-file", test_values_file);
  g_test_add_func ("/helm/release/values-traps", test_values_traps);
  g_test_add_func ("/helm/release/values-no-map", test_values_no_map);
  g_test_add_func ("/helm/release/install", test_install);
  g_test_add_func ("/helm/release/secret", test_secret_in_check);
  g_test_add_func ("/helm/release/options", test_options);
  g_test_add_func ("/helm/release/differing-options", test_differing_options);
  g_test_add_func ("/helm/release/no-version", test_no_version);
  g_test_add_func ("/helm/release/index", test_index);
  g_test_add_func ("/helm/release/index-fails", test_index_fails);
  g_test_add_func ("/helm/release/keep", test_keep);
  g_test_add_func ("/helm/release/keep-nothing-there", test_keep_nothing_there);
  g_test_add_func ("/helm/release/not-deployed", test_not_deployed);
  g_test_add_func ("/helm/release/license", test_license);
  g_test_add_func ("/helm/release/failures", test_failures);
  g_test_add_func ("/helm/release/timeout-unexplained", test_timeout_unexplained);
  g_test_add_func ("/helm/release/killed", test_killed);
  g_test_add_func ("/helm/release/local-chart", test_local_chart);
  g_test_add_func ("/helm/values/check", test_values_check);
  g_test_add_func ("/helm/values/status", test_values_status);
  g_test_add_func ("/helm/values/chart", test_values_chart);
  g_test_add_func ("/helm/values/apply", test_values_apply);
  g_test_add_func ("/helm/repo/check", test_repo);
  g_test_add_func ("/helm/repo/slash", test_repo_slash);
  g_test_add_func ("/helm/uninstall", test_uninstall);
  g_test_add_func ("/helm/filter", test_filter);
  return g_test_run ();
}
