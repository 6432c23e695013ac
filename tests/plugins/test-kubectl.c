/* The kubectl plugin on a host that plays kubectl.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "check-manual.h"
#include "fake-host.h"
#include "plugin/reads.h"

#define TARGET " --kubeconfig=/recipe/kubeconfig --context=lab"

static FakeHost *
host_new (const char *action)
{
  FakeHost *host = fake_host_new ("kubectl", action);

  fake_host_param (host, "kubeconfig", "kubeconfig");
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
#define DIFF_CHANGED \
  "diff -u -N /tmp/LIVE-1/v1.ConfigMap.kc.c /tmp/MERGED-2/v1.ConfigMap.kc.c\n" \
  "--- /tmp/LIVE-1/v1.ConfigMap.kc.c\t2026-11-24 18:00:00.000000000 +0000\n" \
  "+++ /tmp/MERGED-2/v1.ConfigMap.kc.c\t2026-11-24 18:00:00.000000000 +0000\n" \
  "@@ -1,4 +1,4 @@\n apiVersion: v1\n data:\n-  a: \"1\"\n+  a: \"2\"\n"
#define DIFF_NEW(n) \
  "diff -u -N /tmp/LIVE-1/storage.k8s.io.v1.StorageClass..ebs." n " /tmp/MERGED-2/storage.k8s.io.v1.StorageClass..ebs." n "\n" \
  "--- /tmp/LIVE-1/storage.k8s.io.v1.StorageClass..ebs." n "\t2026-11-24 18:00:00.000000000 +0000\n" \
  "+++ /tmp/MERGED-2/storage.k8s.io.v1.StorageClass..ebs." n "\t2026-11-24 18:00:00.000000000 +0000\n" \
  "@@ -0,0 +1,8 @@\n+allowVolumeExpansion: true\n"

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
  fake_host_expect (host, "kubectl apply" TARGET " --filename=- --field-manager=galley", 0, "configmap/c created\n", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_command (host, 1)->in, ==, MANIFEST);

  fake_host_param (host, "namespace", "wandb");
  fake_host_param (host, "server_side", "true");
  fake_host_param (host, "force_conflicts", "true");
  fake_host_param (host, "field_manager", "me");
  fake_host_expect (host, "kubectl diff" TARGET " --filename=- --namespace=wandb --server-side=true --field-manager=me "
                    "--force-conflicts=true", 0, "", "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_expect (host, "kubectl apply" TARGET " --filename=- --namespace=wandb --server-side=true --field-manager=me "
                    "--force-conflicts=true", 0, "", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

static void
test_apply_file (void)
{
  g_autoptr(FakeHost) host = host_new ("apply");

  fake_host_param (host, "file", "sc.yaml");
  fake_host_file (host, "/recipe/sc.yaml", MANIFEST);
  fake_host_expect (host, "kubectl diff" TARGET " --filename=/recipe/sc.yaml --field-manager=galley", 0, "", "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  g_assert_null (fake_host_command (host, 1)->in);
  fake_host_file (host, "/recipe/sc.yaml", NULL);
  fake_host_assert_check (host, GALLEY_FAILED, "cannot read \"/recipe/sc.yaml\": no such file or directory");
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
  static const struct { const char *diff, *reason; } cases[] = {
    { DIFF_CHANGED, "ConfigMap kc/c differs" },
    { DIFF_NEW ("sc"), "StorageClass ebs.sc is not there" },
    { DIFF_NEW ("1") DIFF_CHANGED, "StorageClass ebs.1 is not there, ConfigMap kc/c differs" },
    { DIFF_NEW ("1") DIFF_NEW ("2") DIFF_NEW ("3"),
      "StorageClass ebs.1 is not there, StorageClass ebs.2 is not there, StorageClass ebs.3 is not there" },
    { DIFF_NEW ("1") DIFF_NEW ("2") DIFF_NEW ("3") DIFF_NEW ("4") DIFF_CHANGED,
      "StorageClass ebs.1 is not there, StorageClass ebs.2 is not there, StorageClass ebs.3 is not there and 2 more" },
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
  static const struct { int exit_code; const char *err; int status; const char *reason; } cases[] = {
    { 2, "Error from server (NotFound): namespaces \"wandb\" not found\n", GALLEY_NEEDED, "namespace wandb is not there" },
    { 2, "error: resource mapping not found for name: \"wandb\" namespace: \"\" from \"STDIN\": no matches for kind "
         "\"WeightsAndBiases\" in version \"apps.wandb.com/v1\"\nensure CRDs are installed first\n", GALLEY_NEEDED,
      "the cluster does not know kind WeightsAndBiases" },
    { 2, "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?\n", GALLEY_FAILED,
      "the API server 127.0.0.1:1 does not answer" },
    { 1, "error: You must be logged in to the server (Unauthorized)\n", GALLEY_FAILED, "the cluster does not know who is asking" },
    { 2, "The StorageClass \"ebs-sc\" is invalid: parameters: Forbidden: updates to parameters are forbidden.\n", GALLEY_FAILED,
      "StorageClass ebs-sc exists with other parameters, which cannot be changed" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = apply_new ();

    fake_host_answer (host, "kubectl diff *", cases[i].exit_code, "", cases[i].err);
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
  const char *err = "error: no matches for kind \"Foo\" in version \"a/v1\"\nensure CRDs are installed first\n";

  fake_host_answer (host, "kubectl apply *", 1, "", err);
  fake_host_assert_apply (host, GALLEY_FAILED, "the cluster does not know kind Foo (a/v1)");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_NOT_FOUND);
  fake_host_answer (host, "kubectl apply *", 1, "customresourcedefinition.apiextensions.k8s.io/foos.a created\n", err);
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
  fake_host_assert_check (host, GALLEY_NEEDED, "ConfigMap kc/c differs");
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

static void
test_wait (void)
{
  g_autoptr(FakeHost) host = wait_new ("pod/x", "condition=Ready");

  fake_host_expect (host, "kubectl wait pod/x" TARGET " --namespace=wandb --for=condition=Ready --timeout=15s", 1, "",
                    "Error from server (NotFound): pods \"x\" not found\n");
  fake_host_expect (host, "kubectl wait pod/x" TARGET " --namespace=wandb --for=condition=Ready --timeout=15s", 1, "",
                    "error: timed out waiting for the condition on pods/x\n");
  fake_host_expect (host, "kubectl wait pod/x" TARGET " --namespace=wandb --for=condition=Ready --timeout=15s", 0, "", "");
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

  fake_host_answer (host, "kubectl wait *", 1, "", "error: the server doesn't have a resource type \"svcx\"\n");
  fake_host_assert_apply (host, GALLEY_FAILED, "the cluster does not know svcx");
  fake_host_answer (host, "kubectl wait *", 1, "", "Error in configuration: context was not found for specified context: lab\n");
  fake_host_assert_apply (host, GALLEY_FAILED, "the kubeconfig has no context lab");
}

static void
test_wait_ends (void)
{
  g_autoptr(FakeHost) host = wait_new ("customthing/x", "create");

  fake_host_time_left (host, 9000);
  fake_host_expect (host, "kubectl wait customthing/x" TARGET " --namespace=wandb --for=create --timeout=6s", 1, "",
                    "error: no matching resources found\n");
  fake_host_expect (host, "kubectl wait customthing/x" TARGET " --namespace=wandb --for=create --timeout=4s", 1, "",
                    "error: no matching resources found\n");
  fake_host_expect (host, "kubectl wait customthing/x" TARGET " --namespace=wandb --for=create --timeout=2s", 1, "",
                    "error: no matching resources found\n");
  fake_host_expect (host, "kubectl wait customthing/x" TARGET " --namespace=wandb --for=create --timeout=1s", 1, "",
                    "error: no matching resources found\n");
  fake_host_assert_apply (host, GALLEY_FAILED, "customthing/x is not there yet, and the time is up");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_TRANSIENT);
}

#define REFUSED "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?\n"

/* A wait outlives an API server that does not answer for a while. */
static void
test_wait_hiccup (void)
{
  g_autoptr(FakeHost) host = wait_new ("pod/x", "condition=Ready");

  fake_host_expect (host, "kubectl wait pod/x" TARGET " --namespace=wandb --for=condition=Ready --timeout=15s", 1, "", REFUSED);
  fake_host_expect (host, "kubectl wait pod/x" TARGET " --namespace=wandb --for=condition=Ready --timeout=15s", 0, "", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_pauses (host), ==, "2000");
  g_assert_cmpstr (fake_host_progress (host), ==, "the API server does not answer");
  fake_host_time_left (host, 3900);
  fake_host_expect (host, "kubectl wait pod/x" TARGET " --namespace=wandb --for=condition=Ready --timeout=1s", 1, "", REFUSED);
  fake_host_assert_apply (host, GALLEY_FAILED, "the API server 127.0.0.1:1 does not answer");
  fake_host_time_left (host, G_MAXINT64);
  fake_host_answer (host, "kubectl wait *", 1, "", "The connection to the server localhost:8080 was refused - did you specify the "
                    "right host or port?\n");
  fake_host_assert_apply (host, GALLEY_FAILED, "the kubeconfig names no cluster: localhost:8080 was asked");
}

static void
test_rollout (void)
{
  g_autoptr(FakeHost) host = host_new ("rollout");

  fake_host_param (host, "resource", "deployment/wandb");
  fake_host_param (host, "namespace", "ml");
  fake_host_time_left (host, G_GINT64_CONSTANT (3600000));
  fake_host_expect (host, "kubectl rollout status deployment/wandb" TARGET " --namespace=ml --timeout=15s", 1, "Waiting for deployment...\n",
                    "error: timed out waiting for the condition\n");
  fake_host_expect (host, "kubectl rollout status deployment/wandb" TARGET " --namespace=ml --timeout=15s", 1, "",
                    "error: deployment \"wandb\" exceeded its progress deadline\n");
  fake_host_assert_apply (host, GALLEY_FAILED, "the rollout has made no progress for too long");
  g_assert_cmpstr (fake_host_progress (host), ==, "deployment/wandb is not rolled out yet");
  g_assert_cmpstr (fake_host_pauses (host), ==, "");
}

/* ---- get, delete, namespace -------------------------------------------- */

static void
test_get (void)
{
  g_autoptr(FakeHost) host = host_new ("get");

  fake_host_param (host, "resource", "service");
  fake_host_param (host, "name", "wandb");
  fake_host_param (host, "namespace", "wandb");
  fake_host_answer (host, "kubectl *", 0, "{\"status\": {\"loadBalancer\": {\"ingress\": [{\"hostname\": \"a.b\"}]}}}", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_command (host, 1)->line, ==,
                   "kubectl get service wandb" TARGET " --namespace=wandb --output=json --request-timeout=30s");
  g_assert_cmpstr (fake_host_output (host, "value"), ==, "");
  g_assert_cmpstr (fake_host_output (host, "json"), ==, "{\"status\":{\"loadBalancer\":{\"ingress\":[{\"hostname\":\"a.b\"}]}}}");
  fake_host_param (host, "path", ".status.loadBalancer.ingress[0].hostname");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "value"), ==, "a.b");
  fake_host_param (host, "path", ".status.nothing");
  fake_host_assert_apply (host, GALLEY_FAILED, "service/wandb has nothing at .status.nothing");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_NOT_FOUND);
  fake_host_param (host, "name", NULL);
  fake_host_param (host, "path", NULL);
  fake_host_param (host, "selector", "a=b");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_command (host, 1)->line, ==,
                   "kubectl get service" TARGET " --namespace=wandb --selector=a=b --output=json --request-timeout=30s");
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
                    "--request-timeout=30s", 1, "", "error: You must be logged in to the server (Unauthorized)\n");
  fake_host_assert_check (host, GALLEY_FAILED, "the cluster does not know who is asking");
  fake_host_answer (host, "kubectl get *", 0, "persistentvolumeclaim/wandb\n", "");
  fake_host_assert_check (host, GALLEY_NEEDED, "persistentvolumeclaim/wandb is there");
  fake_host_answer (host, "kubectl get *", 0, "persistentvolumeclaim/wandb\npersistentvolumeclaim/b\n", "");
  fake_host_assert_check (host, GALLEY_NEEDED, "persistentvolumeclaim/wandb and more are there");
  fake_host_time_left (host, 600000);
  fake_host_expect (host, "kubectl delete pvc wandb" TARGET " --namespace=wandb --ignore-not-found=true --wait=true --timeout=540s",
                    0, "", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_param (host, "wait", "false");
  fake_host_param (host, "name", NULL);
  fake_host_param (host, "selector", "app=a");
  fake_host_expect (host, "kubectl delete pvc" TARGET " --namespace=wandb --selector=app=a --ignore-not-found=true --wait=false", 0,
                    "", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_param (host, "name", "x");
  fake_host_assert_check (host, GALLEY_FAILED, "one of `name` and `selector` is needed, and only one");
  g_assert_false (fake_host_param_valid (host, "selector", ""));
  g_assert_false (fake_host_param_valid (host, "selector", " "));
  g_assert_false (fake_host_param_valid (host, "name", "--all"));
  g_assert_false (fake_host_param_valid (host, "name", ""));
}

#define NO_TIME "error: timed out waiting for the condition on x/y\n"
#define GONE(rest) "{\"kind\":\"X\",\"metadata\":{\"deletionTimestamp\":\"2026-11-24T19:51:40Z\"" rest "}"
#define FINALIZERS(list) ",\"finalizers\":[" list "]}"
#define CONDITION(type, status, message) "{\"type\":\"" type "\",\"status\":\"" status "\",\"message\":\"" message "\"}"

/* What keeps an object: the same for delete, and for wait until it is gone. */
static void
test_delete_stuck (void)
{
  static const struct { const char *kind, *object, *pods, *what, *fix; guint error_class; } cases[] = {
    { "pvc", GONE (FINALIZERS ("\"kubernetes.io/pvc-protection\"")),
      "{\"kind\":\"List\",\"items\":[{\"metadata\":{\"name\":\"a\"}},{\"metadata\":{\"name\":\"db-0\"},\"spec\":{\"volumes\":[{},"
      "{\"persistentVolumeClaim\":{\"claimName\":\"w\"}}]}}]}",
      "claim w is not gone: pod db-0 uses it", "first delete what the pod belongs to (helm.uninstall)", GALLEY_CONFLICT },
    { "pvc", GONE (FINALIZERS ("\"kubernetes.io/pvc-protection\"")), "{\"kind\":\"List\",\"items\":[]}",
      "pvc/w is not gone: it waits for kubernetes.io/pvc-protection", "let the controller run that takes care of it", GALLEY_TRANSIENT },
    { "pv", GONE (FINALIZERS ("\"a\",\"external-provisioner.volume.kubernetes.io/finalizer\"")), NULL,
      "pv/w is not gone: it waits for a, external-provisioner.volume.kubernetes.io/finalizer",
      "the driver that made the disk must run to delete it: install it again", GALLEY_TRANSIENT },
    { "namespace", "{\"kind\":\"Namespace\",\"metadata\":{\"deletionTimestamp\":\"x\"},\"status\":{\"conditions\":["
      CONDITION ("NamespaceDeletionDiscoveryFailure", "False", "ok") "," CONDITION ("NamespaceContentRemaining", "True", "Some resources") ","
      CONDITION ("NamespaceFinalizersRemaining", "True", "finalizers remaining: a/b in 1 resource instances") "]}}", NULL,
      "namespace w is not gone: finalizers remaining: a/b in 1 resource instances", "see what holds them, and let its controller run",
      GALLEY_TRANSIENT },
    { "configmap", "{\"kind\":\"ConfigMap\",\"metadata\":{\"finalizers\":[\"a\"]}}", NULL, NULL, "", GALLEY_TRANSIENT },
    { "configmap", GONE ("}"), NULL, NULL, "", GALLEY_TRANSIENT },
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
#define NAMESPACE(labels) "{\"metadata\": {\"labels\": {" labels "}}, \"status\": {\"phase\": \"Active\"}}"

static void
test_namespace (void)
{
  g_autoptr(FakeHost) host = host_new ("namespace");

  fake_host_param (host, "name", "wandb");
  fake_host_expect (host, GET_NAMESPACE, 0, "", "");
  fake_host_assert_check (host, GALLEY_NEEDED, "namespace wandb is not there");
  fake_host_expect (host, GET_NAMESPACE, 0, NAMESPACE (""), "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_expect (host, GET_NAMESPACE, 0, "{\"status\": {\"phase\": \"Terminating\"}}", "");
  fake_host_assert_check (host, GALLEY_BUSY, "namespace wandb is being deleted");
  fake_host_expect (host, "kubectl create namespace wandb" TARGET, 0, "", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_expect (host, "kubectl create namespace wandb" TARGET, 1, "",
                    "Error from server (AlreadyExists): namespaces \"wandb\" already exists\n");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_expect (host, "kubectl create namespace wandb" TARGET, 1, "",
                    "error: You must be logged in to the server (Unauthorized)\n");
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
  fake_host_expect (host, "kubectl create namespace wandb" TARGET, 0, "", "");
  fake_host_expect (host, "kubectl label namespace wandb team=ml a.b/c=1" TARGET " --overwrite=true", 0, "", "");
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
