#!/bin/bash
# galley doctor: the tools, and whose credentials they will use for how long.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

export PATH=/usr/bin:/bin               # none of the tools is there
unset AWS_CREDENTIAL_EXPIRATION
until_in() { date -u -d "+$1 minutes" +%Y-%m-%dT%H:%M:%S+00:00; }
ends() { # MINUTES : what aws says when they end then
    recorded_tools cli-who-until
    sed -i -E 's/(Expiration\\": \\")[0-9T:+-]+/\1'"$(until_in "$1")/" tools/aws.fake
}
doctor() { PATH=$WORK/tools:$PATH galley doctor "$@"; } # RECIPE : with those tools
WHO='arn:aws:sts::123456789012:user/moto \(account 123456789012\)'
cat >aws.yaml <<'YAML'
galley: 1
name: aws
steps:
  - {id: who, uses: aws.identity, with: {region: us-east-1}}
  - {id: long, uses: aws.read, timeout: 45m, with: {service: iam, operation: list-users, profile: other}}
YAML
line() { grep -E '^[a-zA-Z]+ +credentials' <<<"$OUT"; }

recorded_tools cli-who
doctor aws.yaml
is "no expiry: exit code" 0 "$RC"
is "no expiry: line of each profile" "ok   credentials  arn:aws:sts::123456789012:user/moto (account 123456789012), no expiry known
ok   credentials  arn:aws:sts::123456789012:user/moto (account 123456789012), no expiry known" "$(line)"
like "aws is asked with region" "$(cat tools/calls/log)" 'sts get-caller-identity --region=us-east-1'
like "and with profile" "$(cat tools/calls/log)" 'sts get-caller-identity --profile=other'
like "aws tells keys" "$(cat tools/aws.fake)" 'secret-1-accesskeyid.*secret-3-secret'
unlike "no key is shown" "$OUT$ERR" 'secret-[0-9]'
is "nothing is kept" "" "$(find state -type f)"

ends 200
doctor aws.yaml
is "long enough: exit code" 0 "$RC"
like "long enough" "$(line)" "^ok   credentials  $WHO, end in 3h (19|20)m; the longest step may take 45m"
like "long enough: the other profile has no end" "$(line)" $'\n'"ok   credentials  $WHO, no expiry known\$"
ends 44
doctor aws.yaml
is "too short: exit code" 4 "$RC"
like "too short" "$(line)" "^BAD  credentials  $WHO, end in 4[34]m( [0-9]+s)?; the longest step may take 45m"
ends -1
doctor aws.yaml
is "over: exit code" 4 "$RC"
like "over" "$(line)" "^BAD  credentials  $WHO are over since 20"

# An aws that does not know the command; the environment may.
recorded_tools cli-who-old
doctor aws.yaml
is "old aws: exit code" 0 "$RC"
like "old aws" "$(line)" 'no expiry known'
AWS_CREDENTIAL_EXPIRATION=$(until_in 30) doctor aws.yaml
is "environment: exit code" 4 "$RC"
like "environment" "$(line)" '^BAD .*end in (29m|30m)'

recorded_tools cli-who-expired cli-who
doctor aws.yaml
is "refused: exit code" 4 "$RC"
is "refused" "BAD  credentials  the AWS credentials have expired; sign in again, then run the recipe again: what holds already is not done again" \
    "$(line | head -1)"
like "refused: the other profile is asked all the same" "$(line)" $'\n'"ok   credentials  $WHO"

# Versions, as the tools print them.
recorded_tools wandb-eks-first cli-who-old
doctor "$SRC/recipes/wandb-eks.yaml"
is "versions: exit code" 0 "$RC"
is "versions" "ok aws 1.45.11
ok eksctl 0.215.0
ok kubectl 1.34.5
ok helm 4.1.4" "$(awk '$2 ~ /^(aws|eksctl|helm|kubectl)$/ { print $1, $2, $3 }' <<<"$OUT")"
sed -i 's/v4\.1\.4/v3.9.4/' tools/helm.fake
sed -i 's/v1\.34\.5/v0.1.2/' tools/kubectl.fake
doctor "$SRC/recipes/wandb-eks.yaml"
is "versions that are too old: exit code" 4 "$RC"
is "versions that are too old" "BAD  kubectl      0.1.2        1.31       \"WORK/tools/kubectl\" is version 0.1.2, but the helm plugin needs 1.31 or newer
BAD  helm         3.9.4        3.13       \"WORK/tools/helm\" is version 3.9.4, but the helm plugin needs 3.13 or newer" "$(grep '^BAD' .out | places)"
sed -i 's/v3\.9\.4/devel/' tools/helm.fake
doctor "$SRC/recipes/wandb-eks.yaml"
like "a version that is none" "$OUT" 'BAD +helm +- '
recorded_tools cli-who
rm tools/aws
is "no aws: exit code" 4 "$(PATH=$WORK/tools "$GALLEY" doctor aws.yaml >/dev/null 2>&1; echo $?)"

cat >plain.yaml <<'YAML'
galley: 1
name: plain
steps:
  - {id: it, uses: exec.run, with: {command: ["true"]}}
YAML
galley doctor plain.yaml
is "no use of aws: exit code" 0 "$RC"
is "no use of aws: not asked" "" "$(line)"
# Key names would be printed: no step may ask so.
cat >leak.yaml <<'YAML'
galley: 1
name: leak
steps:
  - {id: it, uses: aws.read, with: {service: configure, operation: export-credentials, args: [--format=process]}}
YAML
galley check leak.yaml
is "aws.read configure: refused" 3 "$RC"
done_testing
