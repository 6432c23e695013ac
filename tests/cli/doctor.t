#!/bin/bash
# galley doctor: the tools, and whose credentials they will use for how long.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

mkdir tools
ln -s "$BUILD/tests/fakecli/fakecli" tools/aws
export PATH=$WORK/tools:$PATH
unset AWS_CREDENTIAL_EXPIRATION
IDENTITY='{\"Account\": \"123456789012\", \"Arn\": \"arn:aws:iam::123456789012:user/anna\", \"UserId\": \"A\"}\n'
aws() { # ACTION... : what aws does when it is asked for the credentials
    { printf 'call --version\n  out "aws-cli/2.13.0 Python/3.11\\n"\ncall sts get-caller-identity **\n'
      printf '  %s\n' "${IDENTITY_IS:-out \"$IDENTITY\"}"
      printf 'call configure export-credentials **\n'
      printf '  %s\n' "$@"; } >tools/aws.fake
}
until_in() { date -u -d "+$1 minutes" +%Y-%m-%dT%H:%M:%S+00:00; }
ends() { # MINUTES : they end then
    aws "out '{\"Version\": 1, \"AccessKeyId\": \"AKIAEXAMPLE\", \"SecretAccessKey\": \"wJalrXUtnFEMI\", \"Expiration\": \"$(until_in "$1")\"}'"
}
cat >aws.yaml <<'YAML'
galley: 1
name: aws
steps:
  - {id: who, uses: aws.identity, with: {region: us-east-1}}
  - {id: long, uses: aws.read, timeout: 45m, with: {service: iam, operation: list-users, profile: other}}
YAML
line() { grep -E '^[a-zA-Z]+ +credentials' <<<"$OUT"; }

aws "out '{\"Version\": 1, \"AccessKeyId\": \"AKIAEXAMPLE\", \"SecretAccessKey\": \"wJalrXUtnFEMI\"}'"
galley doctor aws.yaml
is "no expiry: exit code" 0 "$RC"
is "no expiry: line of each profile" "ok   credentials  arn:aws:iam::123456789012:user/anna (account 123456789012), no expiry known
ok   credentials  arn:aws:iam::123456789012:user/anna (account 123456789012), no expiry known" "$(line)"
like "aws is asked with region" "$(cat tools/calls/log)" 'sts get-caller-identity --region=us-east-1'
like "and with profile" "$(cat tools/calls/log)" 'sts get-caller-identity --profile=other'
unlike "no key is shown" "$OUT$ERR" 'AKIA|wJal'
is "nothing is kept" "" "$(find state -type f)"

ends 200
galley doctor aws.yaml
is "long enough: exit code" 0 "$RC"
like "long enough" "$(line)" '^ok   credentials  arn:aws:iam::123456789012:user/anna \(account 123456789012\), end in 3h (19|20)m; the longest step may take 45m'
ends 44
galley doctor aws.yaml
is "too short: exit code" 4 "$RC"
like "too short" "$(line)" '^BAD  credentials  .*, end in 4[34]m( [0-9]+s)?; the longest step may take 45m'
ends -1
galley doctor aws.yaml
is "over: exit code" 4 "$RC"
like "over" "$(line)" '^BAD  credentials  .* are over since 20'

# An aws that does not know the command; the environment may.
aws 'err "aws: error: argument subcommand: Invalid choice\n"' 'exit 2'
galley doctor aws.yaml
is "old aws: exit code" 0 "$RC"
like "old aws" "$(line)" 'no expiry known'
AWS_CREDENTIAL_EXPIRATION=$(until_in 30) galley doctor aws.yaml
is "environment: exit code" 4 "$RC"
like "environment" "$(line)" '^BAD .*end in (29m|30m)'

IDENTITY_IS=$'err "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: The security token included in the request is expired\\n"\n  exit 254' aws 'exit 1'
galley doctor aws.yaml
is "refused: exit code" 4 "$RC"
like "refused" "$(line)" '^BAD  credentials  .*(expired|token)'
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
