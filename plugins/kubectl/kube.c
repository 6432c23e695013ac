/* SPDX-License-Identifier: MIT */
#include "kube.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

const char kube_kubectl_value_options[] =
  "--as --as-group --as-uid --as-user-extra --cache-dir --certificate-authority --client-certificate "
  "--client-key --cluster --context --kubeconfig --kuberc --log-flush-frequency --namespace --password "
  "--profile --profile-output --request-timeout --server --tls-server-name --token --user --username --v "
  "--vmodule --field-selector --selector --output --sort-by --template --filename --timeout --for "
  "--field-manager --label-columns --revision --tail --container --dry-run --grace-period --raw -n -o -l -f -s -v";

#define NO_FILES "--profile --profile-output --cache-dir --raw --kuberc"

const struct galley_read kube_kubectl_reads[] = {
  { "get [^ ]+( [^ ]+)?", NULL, NO_FILES " -w --watch --watch-only" },
  { "diff", "--filename", NO_FILES " --prune -k --kustomize" },
  { "wait [^ ]+", "--for", NO_FILES },
  { "rollout status [^ ]+", NULL, NO_FILES },
  { "logs [^ ]+", NULL, NO_FILES " -f --follow" },
  { "version", NULL, NO_FILES },
  { NULL, NULL, NULL },
};

struct galley_cmd *
kube_kubectl (struct galley_call *call, uint32_t flags, ...)
{
  struct galley_cmd *cmd = call->host->cmd (call, "kubectl", flags);
  const char *word;
  va_list ap;

  va_start (ap, flags);
  while ((word = va_arg (ap, const char *)) != NULL)
    call->host->cmd_arg (cmd, word);
  va_end (ap);
  return kube_kubectl_target (call, cmd);
}

struct galley_cmd *
kube_kubectl_target (struct galley_call *call, struct galley_cmd *cmd)
{
  kube_option (call, cmd, "--kubeconfig", call->host->param (call, "kubeconfig"));
  kube_option (call, cmd, "--context", call->host->param (call, "context"));
  /* The user's own defaults for options must not change what runs. */
  call->host->cmd_env (cmd, "KUBERC", "off");
  return cmd;
}

void
kube_option (struct galley_call *call, struct galley_cmd *cmd, const char *name, const char *value)
{
  if (value != NULL)
    call->host->cmd_arg (cmd, galley_printf (call, "%s=%s", name, value));
}

/* A tenth of what is left, 3 to 60 seconds, for the tool to end and for the
 * look at what went wrong. */
static int64_t
without_margin (int64_t left)
{
  int64_t margin = left / 10;

  return left - (margin < 3000 ? 3000 : margin > 60000 ? 60000 : margin);
}

long
kube_seconds (struct galley_call *call, long longest)
{
  int64_t left = call->host->time_left (call), seconds;

  if (left == INT64_MAX)
    return longest;
  seconds = without_margin (left) / 1000;
  return seconds < 1 ? 1 : seconds > longest ? longest : (long) seconds;
}

int
kube_time_is_up (struct galley_call *call)
{
  int64_t left = call->host->time_left (call);

  return left != INT64_MAX && without_margin (left) < 1000;
}

int
kube_contains (const char *text, const char *needle)
{
  size_t i;

  for (; *text != '\0'; text++) {
    for (i = 0; needle[i] != '\0'; i++)
      if (tolower ((unsigned char) text[i]) != tolower ((unsigned char) needle[i]))
        break;
    if (needle[i] == '\0')
      return 1;
  }
  return 0;
}

const char *
kube_slice (struct galley_call *call, const char *text, size_t len)
{
  return galley_printf (call, "%.*s", (int) len, text);
}

int
kube_is_yes (struct galley_call *call, const char *param)
{
  return call->host->param_int (call, param) != 0;
}
