/* The helm plugin.  SPDX-License-Identifier: MIT */
#include "helm.h"

static struct galley_cmd *
add_words (struct galley_call *call, struct galley_cmd *cmd, va_list words)
{
  const char *word;

  while ((word = va_arg (words, const char *)) != NULL)
    call->host->cmd_arg (cmd, word);
  /* Its plugins could stand in for what is meant here. */
  call->host->cmd_env (cmd, "HELM_NO_PLUGINS", "1");
  return cmd;
}

struct galley_cmd *
helm_local_cmd (struct galley_call *call, uint32_t flags, ...)
{
  struct galley_cmd *cmd = call->host->cmd (call, "helm", flags);
  va_list ap;

  va_start (ap, flags);
  add_words (call, cmd, ap);
  va_end (ap);
  return cmd;
}

struct galley_cmd *
helm_cmd (struct galley_call *call, uint32_t flags, ...)
{
  struct galley_cmd *cmd = call->host->cmd (call, "helm", flags);
  va_list ap;

  va_start (ap, flags);
  add_words (call, cmd, ap);
  va_end (ap);
  kube_option (call, cmd, "--kubeconfig", call->host->param (call, "kubeconfig"));
  kube_option (call, cmd, "--kube-context", call->host->param (call, "context"));
  return cmd;
}

static const struct galley_read helm_reads[] = {
  { "list", NULL, NULL },
  { "get values [^ ]+", NULL, NULL },
  { "(?:history|status) [^ ]+", NULL, NULL },
  { "repo list", NULL, NULL },
  { "search repo [^ ]+", NULL, NULL },
  { "version", NULL, NULL },
  { NULL, NULL, NULL },
};

static const char helm_value_options[] =
  "--burst-limit --color --colour --content-cache --kube-apiserver --kube-as-group --kube-as-user --kube-ca-file "
  "--kube-context --kube-tls-server-name --kube-token --kubeconfig --namespace --qps --registry-config "
  "--repository-cache --repository-config --filter --output --version --template --revision --max --offset "
  "--time-format --selector --max-col-width -n -o -l -f -s -v";

/* Not HELM_KUBE* and HELM_NAMESPACE (another cluster), not HELM_DRIVER
 * (other releases). */
#define HELM_ENV "HELM_CACHE_HOME|HELM_CONFIG_HOME|HELM_DATA_HOME|HELM_CONTENT_CACHE|HELM_REPOSITORY_CACHE|" \
  "HELM_REPOSITORY_CONFIG|HELM_REGISTRY_CONFIG|HELM_PLUGINS|HELM_BURST_LIMIT|HELM_QPS|HELM_MAX_HISTORY|" \
  "DOCKER_CONFIG|AWS_*"

static const struct galley_tool tools[] = {
  { "helm", 0, "3.13", "version --template={{.Version}}", "v?([0-9]+\\.[0-9]+\\.[0-9]+)",
    helm_value_options, helm_reads, HELM_ENV, 30000 },
  KUBE_KUBECTL_TOOL,
  { NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
};

static const struct galley_action actions[] = {
  { "repo", "helm knows a chart repository", 0, repo_params, NULL, repo_check, repo_apply },
  { "release", "a chart is deployed, in a version and with values", 0, release_params, release_outputs,
    release_check, release_apply },
  { "values", "a release has more values, beside those it has", 0, values_params, release_outputs, values_check,
    values_apply },
  { "uninstall", "a release is not there", 0, uninstall_params, NULL, uninstall_check, uninstall_apply },
  KUBE_END_ACTION
};

static const struct galley_plugin plugin = {
  GALLEY_PLUGIN_ABI, "helm", "1.0", "charts deployed to a Kubernetes cluster, by helm 3 or 4",
  tools, actions, helm_signatures,
};
GALLEY_PLUGIN_REGISTER (plugin)
