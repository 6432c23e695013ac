/* The kubectl plugin on a host that plays kubectl: with what the real one
 * printed, but for values that the host varies.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "check-manual.h"
#include "recorded.h"
#include "base/strict-json.h"
#include "plugin/reads.h"

#define KUBECONFIG " --kubeconfig=/home/.kube/lab"
#define TARGET KUBECONFIG " --context=lab"
#define STRANGER KUBECONFIG " --context=stranger"
#define NOWHERE KUBECONFIG " --context=nowhere"

static FakeHost *
host_new (const char *action)
{
  FakeHost *host = fake_host_new ("kubectl", action);

  fake_host_param (host, "kubeconfig", "/home/.kube/lab");
  fake_host_param (host, "context", "lab");
  return host;
}

static void
test_tables (void)
{
  g_autoptr(FakeHost) host = fake_host_new ("kubectl", "get");

  fake_host_check_tables (host);
}

/* The manual page has each action, param, output and known failure. */
static void
test_manual (void)
{
  g_autoptr(FakeHost) host = fake_host_new ("kubectl", "get");
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "plugins", "kubectl", "galley-kubectl.7", NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  check_manual (fake_host_plugin (host), text);
}

static gboolean
allowed (FakeHost *host, const char *line)
{
  g_auto(GStrv) argv = NULL;

  g_assert_true (g_shell_parse_argv (line, NULL, &argv, NULL));
  return reads_allow (fake_host_tool (host, "kubectl"), (const char *const *) argv);
}

static void
test_reads (void)
{
  static const char *const reads[] = {
    "kubectl get pods", "kubectl get service wandb --output=json", "kubectl get pods,services --namespace=delete",
    "kubectl diff --filename=-", "kubectl diff --filename=a.yaml --server-side=true --force-conflicts=true",
    "kubectl wait pod/x --for=delete --timeout=3s", "kubectl rollout status deployment/x --timeout=3s",
    "kubectl logs x --container=c --previous=true --tail=5", "kubectl version --client",
    "kubectl -n x get pods", "kubectl get -n delete pods",
  };
  static const char *const writes[] = {
    "kubectl --all get delete pods", "kubectl -A get delete pods", "kubectl get -A pods", 
    "kubectl", "kubectl delete pod x", "kubectl get", "kubectl apply --filename=-", "kubectl apply --filename=- --dry-run=server",
    "kubectl apply -f --dry-run=server", "kubectl apply --dry-run=none --filename=-", "kubectl create namespace get",
    "kubectl label namespace x a=b --overwrite=true", "kubectl delete --selector=get pods", "kubectl -- delete pod x",
    "kubectl delete pod x --ignore-not-found=true --wait=true", "kubectl get pods x y", "kubectl get pods --watch",
    "kubectl get pods -w", "kubectl get --raw=/api pods", "kubectl get pods --profile=cpu", "kubectl get pods --profile-output=f",
    "kubectl get pods --cache-dir=/etc", "kubectl get pods --kuberc=f", "kubectl rollout restart deployment/x", "kubectl rollout undo deployment/x",
    "kubectl -n get delete pod x", "kubectl --namespace get delete pods", "kubectl -o get delete pods", "kubectl -f get delete x",
    "kubectl --user get delete pods", "kubectl rollout -w status restart x", "kubectl exec x", "kubectl auth reconcile", "kubectl wait pod/x",
    "kubectl diff", "kubectl diff --filename=a --prune", "kubectl diff --kustomize=a --filename=b", "kubectl replace --filename=a",
    "kubectl patch pod x", "kubectl scale deployment x", "kubectl annotate pod x a=b", "kubectl drain x", "kubectl cordon x",
    "kubectl run x", "kubectl edit pod x", "kubectl cp a b", "kubectl debug x", "kubectl taint node x", "kubectl logs x --follow",
    "kubectl version get", "kubectl config view", "kubectl kustomize x",
  };
  g_autoptr(FakeHost) host = fake_host_new ("kubectl", "get");

  for (gsize i = 0; i < G_N_ELEMENTS (reads); i++)
    if (!allowed (host, reads[i]))
      g_error ("not allowed: %s", reads[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (writes); i++)
    if (allowed (host, writes[i]))
      g_error ("allowed: %s", writes[i]);
}

/* No param of KUBERC, KUBECTL_EXTERNAL_DIFF and the like reaches kubectl. */
static void
test_env (void)
{
  g_autoptr(FakeHost) host = host_new ("get");

  g_assert_cmpstr (fake_host_tool (host, "kubectl")->env, ==, "AWS_*");
  fake_host_param (host, "resource", "nodes");
  fake_host_expect (host, "kubectl get nodes" TARGET " --output=json --request-timeout=30s", 0, "{\"kind\":\"List\"}", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_command (host, 1)->env[0], ==, "KUBERC=off");
  g_assert_null (fake_host_command (host, 1)->env[1]);
}

/* ---- apply ------------------------------------------------------------- */

#define MANIFEST "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
#define DIFF_IN(namespace) "kubectl diff" TARGET " --filename=- --namespace=" namespace " --field-manager=galley"
#define APPLY_IN(namespace) "kubectl apply" TARGET " --filename=- --namespace=" namespace " --field-manager=galley"
#define DIFF_CHANGED recorded ("kubectl-apply", DIFF_IN ("changed"))

static FakeHost *
apply_new (void)
{
  FakeHost *host = host_new ("apply");

  fake_host_param (host, "manifest", MANIFEST);
  return host;
}

static void
test_apply_argv (void)
{
  g_autoptr(FakeHost) host = apply_new ();

  fake_host_expect (host, "kubectl diff" TARGET " --filename=- --field-manager=galley", 0, "", "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_command (host, 1)->in, ==, MANIFEST);
  fake_host_expect_recorded (host, "kubectl-apply", "kubectl apply" TARGET " --filename=- --field-manager=galley");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_command (host, 1)->in, ==, MANIFEST);

  fake_host_param (host, "namespace", "wandb");
  fake_host_param (host, "server_side", "true");
  fake_host_param (host, "force_conflicts", "true");
  fake_host_param (host, "field_manager", "me");
  fake_host_expect (host, "kubectl diff" TARGET " --filename=- --namespace=wandb --server-side=true --field-manager=me "
                    "--force-conflicts=true", 0, "", "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_expect_recorded (host, "kubectl-apply", "kubectl apply" TARGET " --filename=- --namespace=wandb --server-side=true "
                             "--field-manager=me --force-conflicts=true");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

static void
test_apply_file (void)
{
  g_autoptr(FakeHost) host = host_new ("apply");

  fake_host_param (host, "file", "/home/c.yaml");
  fake_host_file (host, "/home/c.yaml", MANIFEST);
  fake_host_expect_recorded (host, "kubectl-apply", "kubectl diff" TARGET " --filename=/home/c.yaml --field-manager=galley");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  g_assert_null (fake_host_command (host, 1)->in);
  fake_host_file (host, "/home/c.yaml", NULL);
  fake_host_assert_check (host, GALLEY_FAILED, "cannot read \"/home/c.yaml\": no such file or directory");
}

static void
test_apply_params (void)
{
  g_autoptr(FakeHost) host = apply_new ();

  fake_host_param (host, "file", "sc.yaml");
  fake_host_assert_check (host, GALLEY_FAILED, "one of `manifest` and `file` is needed, and only one");
  fake_host_param (host, "file", NULL);
  fake_host_param (host, "force_conflicts", "true");
  fake_host_assert_check (host, GALLEY_FAILED, "`force_conflicts` needs `server_side: true`");
  fake_host_param (host, "force_conflicts", NULL);
  fake_host_param (host, "manifest", NULL);
  fake_host_assert_apply (host, GALLEY_FAILED, "one of `manifest` and `file` is needed, and only one");
  g_assert_false (fake_host_param_valid (host, "namespace", "-x"));
  g_assert_false (fake_host_param_valid (host, "namespace", "Wandb"));
  g_assert_true (fake_host_param_valid (host, "namespace", "w"));
}

static void
test_apply_differs (void)
{
  const struct { const char *diff, *reason; } cases[] = {
    { DIFF_CHANGED, "ConfigMap changed/c differs" },
    { recorded ("kubectl-apply", DIFF_IN ("new")), "StorageClass ebs.sc is not there" },
    { recorded ("kubectl-apply", DIFF_IN ("two")), "StorageClass two.1 is not there, ConfigMap two/c differs" },
    { recorded ("kubectl-apply", DIFF_IN ("three")),
      "StorageClass three.1 is not there, StorageClass three.2 is not there, StorageClass three.3 is not there" },
    { recorded ("kubectl-apply", DIFF_IN ("five")),
      "StorageClass five.1 is not there, StorageClass five.2 is not there, StorageClass five.3 is not there and 2 more" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = apply_new ();

    fake_host_answer (host, "kubectl diff *", 1, cases[i].diff, "");
    fake_host_assert_check (host, GALLEY_NEEDED, cases[i].reason);
  }
}

static void
test_apply_diff_fails (void)
{
  static const struct { const char *line; int status; const char *reason; } cases[] = {
    { DIFF_IN ("absent"), GALLEY_NEEDED, "namespace absent is not there" },
    { DIFF_IN ("no-kind"), GALLEY_NEEDED, "the cluster does not know kind WeightsAndBiases" },
    { "kubectl diff" NOWHERE " --filename=- --field-manager=galley", GALLEY_FAILED, "the API server does not answer" },
    { "kubectl diff" STRANGER " --filename=- --field-manager=galley", GALLEY_FAILED, "the cluster does not know who is asking" },
    { DIFF_IN ("unchangeable"), GALLEY_FAILED, "StorageClass ebs-sc exists with other parameters, which cannot be changed" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = apply_new ();

    fake_host_answer_recorded (host, "kubectl diff *", "kubectl-apply", cases[i].line);
    fake_host_assert_check (host, cases[i].status, cases[i].reason);
  }
}

static void
test_apply_diff_ends (void)
{
  g_autoptr(FakeHost) host = apply_new ();

  fake_host_expect_how (host, "kubectl diff" TARGET " --filename=- --field-manager=galley", GALLEY_TIMED_OUT, 15, DIFF_CHANGED, "");
  fake_host_assert_check (host, GALLEY_FAILED, NULL);
}

static void
test_apply_new_kind (void)
{
  g_autoptr(FakeHost) host = apply_new ();

  fake_host_answer (host, "kubectl apply *", 1, "", recorded_err ("kubectl-apply", APPLY_IN ("new-kind")));
  fake_host_assert_apply (host, GALLEY_FAILED, "the cluster does not know kind Foo (example.com/v1)");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_NOT_FOUND);
  fake_host_answer_recorded (host, "kubectl apply *", "kubectl-apply", APPLY_IN ("new-kind"));
  fake_host_assert_apply (host, GALLEY_FAILED, "a kind that was only just defined is not known yet");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_TRANSIENT);
}

static void
test_apply_indent (void)
{
  static const struct { const char *text; int line, first; } cases[] = {
    { "  a: 1\nb: 2\n", 2, 1 }, { " a: 1\n b: 2\n", 0, 0 }, { "a: 1\n  b: 2\n", 0, 0 },
    { "# x\n\n  a: 1\n# y\n\n  b: 1\nc: 2", 7, 3 }, { "a: 1\n---\n  b: 1\n---\nc: 2\n", 0, 0 },
    { "---\n  b: 1\nc: 2\n", 3, 2 }, { "  {a: 1,\nb: 2}\n", 0, 0 }, { "--- # x\n  a: |\n    x\n  b: 2\n...\nc: 1", 0, 0 },
    { "\r\n  a: 1\r\n\r\nb: 2\r\n", 4, 2 }, { "a: 1", 0, 0 }, { "  a: 1\n---x: 2\n", 2, 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = apply_new ();
    g_autofree char *reason = NULL;

    fake_host_param (host, "manifest", cases[i].text);
    fake_host_answer (host, "kubectl diff *", 0, "", "");
    if (cases[i].line > 0)
      reason = g_strdup_printf ("manifest, line %d stands further left than the first line of its document (line %d): "
                                "kubectl would drop it and all that follows", cases[i].line, cases[i].first);
    fake_host_assert_check (host, reason != NULL ? GALLEY_FAILED : GALLEY_OK, reason);
  }
}

static void
test_apply_empty (void)
{
  static const char *const texts[] = { "", "\n", "# nothing\n  # at all\n", "---\n---\n...\n", "--- # x\n\r\n\t\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr(FakeHost) host = apply_new ();

    fake_host_param (host, "manifest", texts[i]);
    fake_host_assert_check (host, GALLEY_FAILED, "manifest is empty");
    fake_host_assert_apply (host, GALLEY_FAILED, "manifest is empty");
  }
}

/* A secret in a manifest goes to stdin alone. */
static void
test_apply_secret (void)
{
  g_autoptr(FakeHost) host = host_new ("apply");

  fake_host_param_secret (host, "manifest", "a: hunter22\n", "hunter22");
  fake_host_answer (host, "kubectl diff *", 1, DIFF_CHANGED, "");
  fake_host_assert_check (host, GALLEY_NEEDED, "ConfigMap changed/c differs");
}

/* ---- wait and rollout -------------------------------------------------- */

static FakeHost *
wait_new (const char *resource, const char *until)
{
  FakeHost *host = host_new ("wait");

  fake_host_param (host, "resource", resource);
  fake_host_param (host, "for", until);
  fake_host_param (host, "namespace", "wandb");
  return host;
}

#define WAIT_READY "kubectl wait pod/x" TARGET " --namespace=wandb --for=condition=Ready --timeout=15s"

static void
test_wait (void)
{
  g_autoptr(FakeHost) host = wait_new ("pod/x", "condition=Ready");

  fake_host_expect (host, WAIT_READY, 1, "",
                    recorded_err ("kubectl-wait", WAIT_READY));
  fake_host_expect (host, WAIT_READY, 1, "", varied (recorded_err ("kubectl-objects", "kubectl wait pvc/w" TARGET " --namespace=ml "
                    "--for=delete --timeout=1s"), "persistentvolumeclaims/w", "pods/x"));
  fake_host_expect (host, WAIT_READY, 0, "", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_pauses (host), ==, "2000");
  g_assert_cmpstr (fake_host_progress (host), ==, "pod/x is not there yet\npod/x is not Ready yet");
}

static void
test_wait_options (void)
{
  g_autoptr(FakeHost) host = wait_new ("pod", "delete");

  fake_host_param (host, "selector", "app=a");
  fake_host_param (host, "all", "true");
  fake_host_param (host, "namespace", NULL);
  fake_host_expect (host, "kubectl wait pod" TARGET " --selector=app=a --all=true --for=delete --timeout=15s", 0, "", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_false (fake_host_param_valid (host, "resource", "-x"));
  g_assert_false (fake_host_param_valid (host, "resource", "pods,secrets"));
  g_assert_false (fake_host_param_valid (host, "for", "ready"));
  g_assert_true (fake_host_param_valid (host, "for", "jsonpath={.status.phase}=Bound"));
}

/* What another look cannot mend ends it at once. */
static void
test_wait_fails (void)
{
  g_autoptr(FakeHost) host = wait_new ("svc/x", "create");

  fake_host_answer_recorded (host, "kubectl wait *", "kubectl-wait", "kubectl wait svcx/x" TARGET " --namespace=wandb --for=create "
                             "--timeout=15s");
  fake_host_assert_apply (host, GALLEY_FAILED, "the cluster does not know svcx");
  fake_host_answer_recorded (host, "kubectl wait *", "kubectl-wait", "kubectl wait svc/x" KUBECONFIG " --context=nope "
                             "--namespace=wandb --for=create --timeout=15s");
  fake_host_assert_apply (host, GALLEY_FAILED, "the kubeconfig has no context nope");
}

static void
test_wait_ends (void)
{
  g_autoptr(FakeHost) host = wait_new ("customthing/x", "create");
  const char *none = recorded_err ("kubectl-wait", "kubectl wait configmap" TARGET " --namespace=wandb --selector=app=a "
                                   "'--for=jsonpath={.data.a}' --timeout=1s");

  fake_host_time_left (host, 9000);
  fake_host_expect (host, "kubectl wait customthing/x" TARGET " --namespace=wandb --for=create --timeout=6s", 1, "",
                    none);
  fake_host_expect (host, "kubectl wait customthing/x" TARGET " --namespace=wandb --for=create --timeout=4s", 1, "",
                    none);
  fake_host_expect (host, "kubectl wait customthing/x" TARGET " --namespace=wandb --for=create --timeout=2s", 1, "",
                    none);
  fake_host_expect (host, "kubectl wait customthing/x" TARGET " --namespace=wandb --for=create --timeout=1s", 1, "",
                    none);
  fake_host_assert_apply (host, GALLEY_FAILED, "customthing/x is not there yet, and the time is up");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_TRANSIENT);
}

#define REFUSED recorded_err ("kubectl-wait", "kubectl wait pod/y" NOWHERE " --namespace=wandb --for=condition=Ready --timeout=1s")

/* A wait outlives an API server that does not answer for a while. */
static void
test_wait_hiccup (void)
{
  g_autoptr(FakeHost) host = wait_new ("pod/x", "condition=Ready");

  fake_host_expect (host, WAIT_READY, 1, "", REFUSED);
  fake_host_expect (host, WAIT_READY, 0, "", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_pauses (host), ==, "2000");
  g_assert_cmpstr (fake_host_progress (host), ==, "the API server does not answer");
  fake_host_time_left (host, 3900);
  fake_host_expect (host, "kubectl wait pod/x" TARGET " --namespace=wandb --for=condition=Ready --timeout=1s", 1, "", REFUSED);
  fake_host_assert_apply (host, GALLEY_FAILED, "the API server 127.0.0.1:1 does not answer");
  fake_host_time_left (host, G_MAXINT64);
  fake_host_answer_recorded (host, "kubectl wait *", "kubectl-wait", "kubectl wait pod/y" KUBECONFIG " --context=bare "
                             "--namespace=wandb --for=condition=Ready --timeout=15s");
  fake_host_assert_apply (host, GALLEY_FAILED, "the kubeconfig names no cluster: localhost:8080 was asked");
}

#define ROLLOUT "kubectl rollout status deployment/wandb" TARGET " --namespace=ml --timeout=15s"

static void
test_rollout (void)
{
  g_autoptr(FakeHost) host = host_new ("rollout");

  fake_host_param (host, "resource", "deployment/wandb");
  fake_host_param (host, "namespace", "ml");
  fake_host_time_left (host, G_GINT64_CONSTANT (3600000));
  for (guint n = 1; n <= 2; n++)
    fake_host_expect (host, ROLLOUT, 1, recorded_nth ("kubectl-wait", ROLLOUT, n), recorded_err_nth ("kubectl-wait", ROLLOUT, n));
  fake_host_assert_apply (host, GALLEY_FAILED, "the rollout has made no progress for too long");
  g_assert_cmpstr (fake_host_progress (host), ==, "deployment/wandb is not rolled out yet");
  g_assert_cmpstr (fake_host_pauses (host), ==, "");
}

/* ---- get, delete, namespace -------------------------------------------- */

static void
test_get (void)
{
  g_autoptr(FakeHost) host = host_new ("get");
  const char *service = varied_member (recorded ("kubectl-objects", "kubectl get service wandb" TARGET " --namespace=wandb "
                                                 "--output=json --request-timeout=30s"), "hostname", "a.b");
  g_autoptr(JsonNode) node = strict_json_parse (service, -1, NULL);
  g_autofree char *json = strict_json_to_text (node);

  fake_host_param (host, "resource", "service");
  fake_host_param (host, "name", "wandb");
  fake_host_param (host, "namespace", "wandb");
  fake_host_answer (host, "kubectl *", 0, service, "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_command (host, 1)->line, ==,
                   "kubectl get service wandb" TARGET " --namespace=wandb --output=json --request-timeout=30s");
  g_assert_cmpstr (fake_host_output (host, "value"), ==, "");
  g_assert_cmpstr (fake_host_output (host, "json"), ==, json);
  fake_host_param (host, "path", ".status.loadBalancer.ingress[0].hostname");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "value"), ==, "a.b");
  fake_host_param (host, "path", ".status.nothing");
  fake_host_assert_apply (host, GALLEY_FAILED, "service/wandb has nothing at .status.nothing");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_NOT_FOUND);
  fake_host_param (host, "name", NULL);
  fake_host_param (host, "path", NULL);
  fake_host_param (host, "selector", "app=a");
  fake_host_expect_recorded (host, "kubectl-objects", "kubectl get service" TARGET " --namespace=wandb --selector=app=a --output=json "
                             "--request-timeout=30s");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

static void
test_get_secret (void)
{
  static const char *const kinds[] = { "secret", "secrets", "Secret", "secrets.v1", "SECRET", "sEcrets" };
  static const char *const others[] = { "secretstores", "sealedsecrets", "configmaps" };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr(FakeHost) host = host_new ("get");

    fake_host_param (host, "resource", kinds[i]);
    fake_host_assert_apply (host, GALLEY_FAILED, "kubectl.get does not read secrets: its outputs are shown");
  }
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++) {
    g_autoptr(FakeHost) host = host_new ("get");

    fake_host_param (host, "resource", others[i]);
    fake_host_answer (host, "kubectl get *", 0, "{}", "");
    fake_host_assert_apply (host, GALLEY_OK, NULL);
  }
}

static void
test_delete (void)
{
  g_autoptr(FakeHost) host = host_new ("delete");

  fake_host_param (host, "resource", "pvc");
  fake_host_assert_check (host, GALLEY_FAILED, "one of `name` and `selector` is needed, and only one");
  fake_host_assert_apply (host, GALLEY_FAILED, "one of `name` and `selector` is needed, and only one");
  fake_host_param (host, "name", "wandb");
  fake_host_param (host, "namespace", "wandb");
  fake_host_expect (host, "kubectl get pvc wandb" TARGET " --namespace=wandb --ignore-not-found=true --output=name "
                    "--request-timeout=30s", 0, "", "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_expect (host, "kubectl get pvc wandb" TARGET " --namespace=wandb --ignore-not-found=true --output=name "
                    "--request-timeout=30s", 1, "", recorded_err ("kubectl-objects", "kubectl get pvc wandb" STRANGER
                    " --namespace=wandb --ignore-not-found=true --output=name --request-timeout=30s"));
  fake_host_assert_check (host, GALLEY_FAILED, "the cluster does not know who is asking");
  fake_host_expect_recorded (host, "kubectl-objects", "kubectl get pvc wandb" TARGET " --namespace=wandb --ignore-not-found=true "
                             "--output=name --request-timeout=30s");
  fake_host_assert_check (host, GALLEY_NEEDED, "persistentvolumeclaim/wandb is there");
  fake_host_answer_recorded (host, "kubectl get *", "kubectl-objects", "kubectl get pvc" TARGET " --namespace=wandb --selector=app=a "
                             "--ignore-not-found=true --output=name --request-timeout=30s");
  fake_host_assert_check (host, GALLEY_NEEDED, "persistentvolumeclaim/one and more are there");
  fake_host_time_left (host, 600000);
  fake_host_expect_recorded (host, "kubectl-objects", "kubectl delete pvc wandb" TARGET " --namespace=wandb --ignore-not-found=true "
                             "--wait=true --timeout=540s");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_param (host, "wait", "false");
  fake_host_param (host, "name", NULL);
  fake_host_param (host, "selector", "app=a");
  fake_host_expect_recorded (host, "kubectl-objects", "kubectl delete pvc" TARGET " --namespace=wandb --selector=app=a "
                             "--ignore-not-found=true --wait=false");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_param (host, "name", "x");
  fake_host_assert_check (host, GALLEY_FAILED, "one of `name` and `selector` is needed, and only one");
  g_assert_false (fake_host_param_valid (host, "selector", ""));
  g_assert_false (fake_host_param_valid (host, "selector", " "));
  g_assert_false (fake_host_param_valid (host, "name", "--all"));
  g_assert_false (fake_host_param_valid (host, "name", ""));
}

/* KIND w in namespace ml, which is being deleted. */
#define HELD(kind) \
  recorded ("kubectl-objects", "kubectl get " kind " w" TARGET " --namespace=ml --output=json --request-timeout=20s")
/* A namespace that is being deleted, and what is in it is not gone. */
#define GOING \
  recorded ("kubectl-objects", "kubectl get namespace w" TARGET " --ignore-not-found=true --output=json --request-timeout=30s")
#define NO_TIME recorded_err ("kubectl-objects", "kubectl wait pvc/w" TARGET " --namespace=ml --for=delete --timeout=1s")

/* What keeps an object: the same for delete, and for wait until it is gone. */
static void
test_delete_stuck (void)
{
  const char *pods = recorded ("kubectl-objects", "kubectl get pods" TARGET " --namespace=ml --output=json --request-timeout=20s");
  const struct { const char *kind, *object, *pods, *what, *fix; guint error_class; } cases[] = {
    { "pvc", HELD ("pvc"), pods,
      "claim w is not gone: pod db-0 uses it", "first delete what the pod belongs to (helm.uninstall)", GALLEY_CONFLICT },
    { "pvc", HELD ("pvc"), varied (pods, "\"claimName\": \"w\"", "\"claimName\": \"x\""),
      "pvc/w is not gone: it waits for kubernetes.io/pvc-protection", "let the controller run that takes care of it", GALLEY_TRANSIENT },
    { "pv", HELD ("pv"), NULL,
      "pv/w is not gone: it waits for example.com/a, external-provisioner.volume.kubernetes.io/finalizer",
      "the driver that made the disk must run to delete it: install it again", GALLEY_TRANSIENT },
    { "namespace", GOING, NULL,
      "namespace w is not gone: Some content in the namespace has finalizers remaining: example.com/a in 1 resource instances",
      "see what holds them, and let its controller run", GALLEY_TRANSIENT },
    { "configmap", HELD ("configmap"), NULL, "configmap/w is not gone: it waits for example.com/a",
      "let the controller run that takes care of it", GALLEY_TRANSIENT },
    { "configmap", varied (HELD ("configmap"), "deletionTimestamp", "other"), NULL, NULL, "", GALLEY_TRANSIENT },
    { "configmap", varied (HELD ("configmap"), "\"finalizers\"", "\"others\""), NULL, NULL, "", GALLEY_TRANSIENT },
  };

  for (gsize i = 0; i < 2 * G_N_ELEMENTS (cases); i++) {
    gboolean wait = i % 2 == 1;
    g_autoptr(FakeHost) host = host_new (wait ? "wait" : "delete");
    g_autofree char *target = g_strconcat (cases[i / 2].kind, "/w", NULL);
    g_autofree char *plain = g_strconcat (target, " is still there, and the time is up", NULL);
    g_autofree char *get = g_strdup_printf ("kubectl get %s w * --namespace=ml --output=json --request-timeout=20s", cases[i / 2].kind);

    fake_host_param (host, "resource", wait ? target : cases[i / 2].kind);
    fake_host_param (host, wait ? "for" : "name", wait ? "delete" : "w");
    fake_host_param (host, "namespace", "ml");
    fake_host_time_left (host, 3500);
    fake_host_answer (host, get, 0, cases[i / 2].object, "");
    fake_host_answer (host, "kubectl get pods * --namespace=ml *", 0, cases[i / 2].pods, "");
    fake_host_answer (host, "kubectl delete *", 1, "deleted", NO_TIME);
    fake_host_answer (host, "kubectl wait *", 1, "", NO_TIME);
    fake_host_assert_apply (host, GALLEY_FAILED, cases[i / 2].what != NULL ? cases[i / 2].what : plain);
    g_assert_cmpstr (fake_host_fix (host), ==, cases[i / 2].fix);
    g_assert_cmpuint (fake_host_class (host), ==, cases[i / 2].error_class);
  }
}

#define GET_NAMESPACE "kubectl get namespace wandb" TARGET " --ignore-not-found=true --output=json --request-timeout=30s"
#define CREATE_NAMESPACE "kubectl create namespace wandb" TARGET
/* With the label team=ops; LABELS instead. */
#define NAMESPACE(labels) varied (recorded_nth ("kubectl-namespace", GET_NAMESPACE, 3), "\"team\": \"ops\"", labels)

static void
test_namespace (void)
{
  g_autoptr(FakeHost) host = host_new ("namespace");

  fake_host_param (host, "name", "wandb");
  fake_host_expect_recorded (host, "kubectl-namespace", GET_NAMESPACE);
  fake_host_assert_check (host, GALLEY_NEEDED, "namespace wandb is not there");
  fake_host_expect (host, GET_NAMESPACE, 0, recorded_nth ("kubectl-namespace", GET_NAMESPACE, 2), "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_expect (host, GET_NAMESPACE, 0, GOING, "");
  fake_host_assert_check (host, GALLEY_BUSY, "namespace wandb is being deleted");
  fake_host_expect_recorded (host, "kubectl-namespace", CREATE_NAMESPACE);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_expect (host, CREATE_NAMESPACE, 1, "", recorded_err_nth ("kubectl-namespace", CREATE_NAMESPACE, 2));
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_expect (host, CREATE_NAMESPACE, 1, "", recorded_err ("kubectl-namespace", "kubectl create namespace wandb" STRANGER));
  fake_host_assert_apply (host, GALLEY_FAILED, "the cluster does not know who is asking");
}

static void
test_namespace_labels (void)
{
  g_autoptr(FakeHost) host = host_new ("namespace");

  fake_host_param (host, "name", "wandb");
  fake_host_param (host, "labels", "{\"team\": \"ml\", \"a.b/c\": \"1\"}");
  fake_host_expect (host, GET_NAMESPACE, 0, NAMESPACE ("\"a.b/c\": \"1\", \"x\": \"y\", \"team\": \"ml\""), "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_expect (host, GET_NAMESPACE, 0, NAMESPACE ("\"team\": \"ml\""), "");
  fake_host_assert_check (host, GALLEY_NEEDED, "label a.b/c of namespace wandb is not there, want 1");
  fake_host_expect (host, GET_NAMESPACE, 0, NAMESPACE ("\"team\": \"ops\", \"a.b/c\": \"1\""), "");
  fake_host_assert_check (host, GALLEY_NEEDED, "label team of namespace wandb is ops, want ml");
  fake_host_expect_recorded (host, "kubectl-namespace", CREATE_NAMESPACE);
  fake_host_expect_recorded (host, "kubectl-namespace", "kubectl label namespace wandb team=ml a.b/c=1" TARGET " --overwrite=true");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kubectl/tables", test_tables);
  g_test_add_func ("/kubectl/manual", test_manual);
  g_test_add_func ("/kubectl/reads", test_reads);
  g_test_add_func ("/kubectl/env", test_env);
  g_test_add_func ("/kubectl/apply/argv", test_apply_argv);
  g_test_add_func ("/kubectl/apply/file", test_apply_file);
  g_test_add_func ("/kubectl/apply/params", test_apply_params);
  g_test_add_func ("/kubectl/apply/differs", test_apply_differs);
  g_test_add_func ("/kubectl/apply/diff-fails", test_apply_diff_fails);
  g_test_add_func ("/kubectl/apply/diff-ends", test_apply_diff_ends);
  g_test_add_func ("/kubectl/apply/new-kind", test_apply_new_kind);
  g_test_add_func ("/kubectl/apply/indent", test_apply_indent);
  g_test_add_func ("/kubectl/apply/empty", test_apply_empty);
  g_test_add_func ("/kubectl/apply/secret", test_apply_secret);
  g_test_add_func ("/kubectl/wait/polls", test_wait);
  g_test_add_func ("/kubectl/wait/options", test_wait_options);
  g_test_add_func ("/kubectl/wait/fails", test_wait_fails);
  g_test_add_func ("/kubectl/wait/hiccup", test_wait_hiccup);
  g_test_add_func ("/kubectl/wait/ends", test_wait_ends);
  g_test_add_func ("/kubectl/rollout", test_rollout);
  g_test_add_func ("/kubectl/get/value", test_get);
  g_test_add_func ("/kubectl/get/secret", test_get_secret);
  g_test_add_func ("/kubectl/delete/target", test_delete);
  g_test_add_func ("/kubectl/delete/stuck", test_delete_stuck);
  g_test_add_func ("/kubectl/namespace/there", test_namespace);
  g_test_add_func ("/kubectl/namespace/labels", test_namespace_labels);
  return g_test_run ();
}
