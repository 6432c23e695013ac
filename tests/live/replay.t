#!/usr/bin/env bash
# A release with a secret, its helm killed, and resumed; all of it recorded, and
# replayed somewhere else, where there is no lab and no tool: the same comes of
# it, and nothing of the secret is in the recordings.
# shellcheck source=tests/live/live.sh
. "$(dirname -- "$0")/live.sh"
live_start --nodes 2
export WANDB_LICENSE=$LICENSE
release=$here/recipes/cut-off-release.yaml
cp "$LAB_KUBECONFIG" "$HOME/.kube/lab"

helm_waits() { h list -n wandb --pending -o json | grep -q '"status":"pending-install"'; }
helm_of() { # PID of a galley : pid of its helm, in $tool
    local pid children
    read -ra children <"/proc/$1/task/$1/children"
    for pid in "${children[@]}"; do
        if tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF " upgrade wandb"; then tool=$pid; return 0; fi
    done
    return 1
}
# What became of each step: result, attempts, why, outputs.
outcome() { # NAME
    python3 - "$WORK/$1.jsonl" <<'END'
import json, re, sys
for e in map(json.loads, open(sys.argv[1])):
    kept = {k: e[k] for k in ("step", "result", "attempts", "reason", "outcome", "diagnosis", "fix", "class", "name", "value", "exit_code") if k in e}
    if e["event"] in ("check", "step_end", "step_output", "attempt_end", "run_end"): print(e["event"], json.dumps(kept, sort_keys=True))
END
}

cloud_control '{"pods": [{"name": "^wandb", "delay": 600}]}'
"$GALLEY" run --record "$WORK/first.rec" --events "$WORK/first.jsonl" --var kubeconfig="$HOME/.kube/lab" "$release" \
    >"$WORK/first.out" 2>&1 </dev/null &
galley=$!
wait_until 60 helm_waits || diag "the release is not pending"
helm_of "$galley" || diag "no helm"
kill -KILL "$tool"
rc=0
wait "$galley" || rc=$?
ends "helm was killed" 1 first
like "by SIGKILL" "$(said first)" 'killed by SIGKILL'
cloud_control '{}'
galley second resume --record "$WORK/second.rec"
ends "it is resumed" 0 second
like "and what was left is repaired" "$(outcome second)" 'left in pending-install \(revision 1\)'
is "the release is deployed" '"deployed"' "$(h list -n wandb -o json | jq '.[0].status')"
lab down >/dev/null
LAB_STARTED=


# Nothing of the lab, its home, its ports or its tools.
elsewhere() { # NAME COMMAND... : the same galley there
    local name=$1
    shift
    rc=0
    (cd / && env -i PATH=/usr/bin:/bin HOME="$WORK/elsewhere" "$GALLEY" "$1" --events "$WORK/$name.jsonl" "${@:2}") \
        >"$WORK/$name.out" 2>&1 </dev/null || rc=$?
}
mkdir "$WORK/elsewhere"
elsewhere first-again run --replay "$WORK/first.rec" "$release"
ends "the first, replayed" 1 first-again
is "it comes to the same" "$(outcome first)" "$(outcome first-again)"
elsewhere second-again resume --replay "$WORK/second.rec"
ends "the second, replayed" 0 second-again
is "that comes to the same" "$(outcome second)" "$(outcome second-again)"

# Eight bytes of the secret in a row, as they are or in what decodes to them.
traces() { # FILE...
    python3 - "$LICENSE" "$@" <<'END'
import base64, re, sys
secret = sys.argv[1].encode()
parts = [secret[i:i + 8] for i in range(len(secret) - 7)]
def look(data, where, depth=0):
    for part in parts:
        if part in data or part.hex().encode() in data.lower():
            print(where, part)
            return
    if depth < 2:
        for run in re.findall(rb"[A-Za-z0-9+/_-]{12,}", data):
            for skip in range(4):
                piece = run[skip:].translate(bytes.maketrans(b"-_", b"+/"))
                look(base64.b64decode(piece[:len(piece) // 4 * 4]), where, depth + 1)
for name in sys.argv[2:]:
    look(open(name, "rb").read(), name)
END
}
is "no trace of the secret is in the recordings" "" "$(traces "$WORK"/*.rec)"
like "it would be seen" "$(printf 'x%s' "$LICENSE" | base64 -w0 >"$WORK/planted"; traces "$WORK/planted")" planted
live_end
