# shellcheck shell=bash
# What the tests of the program itself replay: see tests/live/record.

answers_cli() {
    # shellcheck disable=SC2154 # of tests/live/record
    local folder=$answers recipes=$here/recipes waits
    live_start
    cp "$recipes"/cli-*.yaml "$LAB_DIR"               # they make files beside them
    export TOKEN=$KEY PART_TOKEN=$LICENSE
    for user in anna bob; do aws iam create-user --user-name "$user" >/dev/null; done
    aws configure set aws_access_key_id AKIAOTHEREXAMPLE --profile other
    aws configure set aws_secret_access_key other-secret-access-key --profile other

    record cli-all-unasked 4 run -j 1 cli-all.yaml   # nobody says yes
    rm "$LAB_DIR/made"
    record cli-all-first 0 run -j 1 --yes cli-all.yaml
    record cli-all-again 0 run -j 1 --yes cli-all.yaml

    record cli-users 0 run -j 1 cli-users.yaml
    aws iam delete-user --user-name bob
    rm -f "$folder/cli-until.jsonl"
    (
        wait_until 60 grep -q '"end":2' "$folder/cli-until.jsonl"
        aws iam create-user --user-name bob >/dev/null
    ) &
    waits=$!
    record cli-until 0 run cli-until.yaml
    wait $waits
    record cli-until-never 1 run --var name=carol cli-until.yaml
    aws_fault '{"preset": "access-denied", "service": "iam", "times": -1}' >/dev/null
    record cli-until-denied 1 run cli-until.yaml
    aws_no_faults

    # aws itself tries five times.
    aws_fault '{"preset": "throttle", "service": "iam", "action": "GetRole", "times": -1}' >/dev/null
    record cli-fail 1 run -j 1 cli-fail.yaml
    aws_no_faults

    record cli-who-old 0 run -j 1 cli-who.yaml       # aws 1 has no export-credentials
    aws_fault '{"preset": "expired-token", "service": "sts", "times": -1}' >/dev/null
    record cli-who-expired 1 run -j 1 cli-who.yaml
    aws_no_faults
    lab_env --aws 2 --helm 4 --keep-home
    record cli-who 0 run -j 1 cli-who.yaml
    export AWS_SESSION_TOKEN=a-session-token AWS_CREDENTIAL_EXPIRATION
    AWS_CREDENTIAL_EXPIRATION=$(date -u -d '+12 hours' +%Y-%m-%dT%H:%M:%S+00:00)
    record cli-who-until 0 run -j 1 cli-who.yaml
}
