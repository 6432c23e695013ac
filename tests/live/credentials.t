#!/usr/bin/env bash
# Credentials that are none, wrong, too old or another account's: said well,
# before anything is made.
# shellcheck source=tests/live/live.sh
. "$(dirname -- "$0")/live.sh"
live_start
export WANDB_LICENSE=$LICENSE
refused() { # NAME TEXT DIAGNOSIS FIX [OPTION...]
    local name=$1 text=$2 diagnosis=$3 fix=$4
    shift 4
    aws_forget_log
    galley "$name" run --yes "$@" "$recipes/wandb-eks.yaml"
    ends "$text" 1 "$name"
    diag "$(failure "$name" diagnosis)"
    diag "$(failure "$name" fix)"
    like "$text: the diagnosis" "$(failure "$name" diagnosis)" "$diagnosis"
    like "$text: what helps" "$(failure "$name" fix)" "$fix"
    is "$text: one try is enough" 1 "$(grep -c '"event":"attempt_start".*"step":"'"${step:-account}"'"' "$WORK/$name.jsonl")"
    is "$text: nothing was made" "" "$(aws_writes)"
    is "$text: no step changed anything" "" "$(with_result "$name" changed)"
}

refused account "another account" 'of account `123456789012` .*, wanted is account `999999999999`' 'AWS_PROFILE.*nothing has been touched' \
    --var account=999999999999
like "another account: said at once" "$(results account)" 'account=failed .*cluster=not-run'

aws_fault '{"service": "sts", "code": "InvalidClientTokenId", "message": "The security token included in the request is invalid.", "status": 403, "times": -1}' >/dev/null
refused wrong "a wrong key" '^AWS does not know these credentials$' '^check the access key, whether it is active,'
aws_no_faults

aws_fault '{"preset": "expired-token", "service": "sts", "times": -1}' >/dev/null
refused expired "a token that has expired" '^the AWS credentials have expired$' '^sign in again, then '
aws_no_faults

# It is good for the first question and not for the second.
aws_fault '{"preset": "expired-token", "service": "eks", "times": -1}' >/dev/null
step=cluster refused later "a token that expires on the way" '^the AWS credentials have expired$' '^sign in again, then '
like "a token that expires on the way: the account was held" "$(results later)" 'account=held'
aws_no_faults

(
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    galley none run --yes "$recipes/wandb-eks.yaml" >/dev/null
    echo $rc >"$WORK/none.rc"
)
rc=$(cat "$WORK/none.rc")
ends "no credentials" 1 none
like "no credentials: the diagnosis" "$(failure none diagnosis)" 'credentials'
like "no credentials: what helps" "$(failure none fix)" '(aws configure|AWS_)'

# Not credentials, but as early.
step=cluster refused zones "zones of another region" '^zone `us-east-1a` is not one of region eu-central-1$' '^name zones of that region' \
    --var region=eu-central-1
galley addon plan --var driver=addon "$recipes/wandb-eks.yaml"
ends "a plan with the driver as an add-on" 2 addon
like "a plan with the driver as an add-on: the add-on comes" "$(said addon)" 'addon/driver +after cluster'
like "a plan with the driver as an add-on: and not the chart" "$(said addon)" 'driver/driver +skipped'

unset WANDB_LICENSE
galley license run --yes "$recipes/wandb-eks.yaml"
ends "no licence" 3 license
like "no licence: where to get one, and how to give it" "$(said license)" 'https://deploy\.wandb\.ai/deploy.*WANDB_LICENSE'
export WANDB_LICENSE=ABCDEFGHIJKLMNOPQRSTUVWXYZ
galley nojwt run --yes "$recipes/wandb-eks.yaml"
ends "a licence that is none" 3 nojwt
unlike "a licence that is none: is not shown" "$(said nojwt)" 'ABCDEFGH'
is "nothing at all was made" "0 0" "$(aws eks list-clusters --query 'length(clusters)') $(aws cloudformation describe-stacks --query 'length(Stacks)')"
live_end
