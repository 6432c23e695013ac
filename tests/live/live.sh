# shellcheck shell=bash
# Functions for live tests of recipes; to be sourced by bash.  Everything of
# tests/lab/lib.sh, and:
#
#   galley NAME COMMAND...      `galley COMMAND...`: exit code in $rc, and in $WORK what it
#                               said (NAME.out), its transcript (NAME.txt) and its events
#   is "steps" "a=held b=changed" "$(results NAME)"

# shellcheck source=tests/lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lab/lib.sh"
here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # for the tests
recipes=$(CDPATH='' cd -- "$here/../../recipes" && pwd)
: "${GALLEY:?is the program to test}"
unset WANDB_LICENSE WANDB_SERVER_KEY G_DEBUG MALLOC_PERTURB_   # the tools are not what is tested
KEY=0123456789abcdef0123456789abcdef01234567 # of the W&B stand-in
# shellcheck disable=SC2034
LICENSE=eyJhbGciOiJub25lIn0.bGFi.bm90LXRvLWJlLXNob3du

galley() { # NAME COMMAND [OPTION...] FILE [OPTION...]
    local name=$1 command=$2 began
    shift 2
    began=$(date +%s%N)
    rc=0
    "$GALLEY" "$command" --events "$WORK/$name.jsonl" --transcript "$WORK/$name.txt" "$@" \
        >"$WORK/$name.out" 2>&1 </dev/null || rc=$?
    diag "$name: exit $rc after $((($(date +%s%N) - began) / 1000000)) ms"
}
ends() { # NAME-OF-TEST EXIT-CODE NAME : how the last galley ended; its words if otherwise
    is "$1" "$2" "$rc" || true
    [ "$2" = "$rc" ] || diag "$(tail -40 "$WORK/$3.out")"
}
said() { cat "$WORK/$1.out"; } # NAME
results() { # NAME : "step=result ..." in order of their ids
    python3 - "$WORK/$1.jsonl" <<'END'
import json, sys
ends = [e for e in map(json.loads, open(sys.argv[1])) if e["event"] == "step_end"]
print(*sorted("%s=%s" % (e["step"], e["result"].replace(" ", "-")) for e in ends))
END
}
with_result() { results "$1" | tr ' ' '\n' | sed -n "s/=$2\$//p" | tr '\n' ' ' | sed 's/ $//'; } # NAME RESULT
failure() { # NAME FIELD : diagnosis, fix, class, ... of the step that failed
    python3 - "$WORK/$1.jsonl" "$2" <<'END'
import json, sys
print(*[e.get(sys.argv[2], "") for e in map(json.loads, open(sys.argv[1])) if e["event"] == "step_end" and e["result"] == "failed"])
END
}
# What commands of the transcript can change something, by their verbs; a
# kubeconfig that is only printed is no change.
writing_commands() { # NAME
    # Of a run without commands nothing is known.
    grep -q '^\$ ' "$WORK/$1.txt" || { echo "no command in $1.txt"; return; }
    sed -n 's/^\$ //p' "$WORK/$1.txt" | grep -vE ' eks update-kubeconfig .*--dry-run' | grep -E \
        -e '\<aws [a-z0-9-]+ (create|delete|put|update|attach|detach|tag|untag|add|remove|modify|associate|disassociate|run|terminate|start|stop)-' \
        -e '\<eksctl (create|delete|update|upgrade|scale|set|unset|drain|enable|utils)\>' \
        -e '\<helm (install|upgrade|rollback|uninstall|push|test|repo (add|remove|update))\>' \
        -e '\<kubectl (apply|create|delete|patch|replace|scale|label|annotate|edit|set|run|expose|cordon|drain|taint|rollout (restart|undo))\>' \
        -e '\<pip install\>|\<-m venv\>|\<sh -eu ' || true
}
# Requests to AWS since the log was emptied that were more than looking.
aws_writes() {
    aws_control log | python3 -c '
import json, re, sys
print(*sorted({"%(service)s:%(action)s" % r for r in json.load(sys.stdin)
               if r["service"] != "proxy" and not re.match("(Get|List|Describe)[A-Z]", r["action"])}))' ||
        echo "the log cannot be read"
}
aws_forget_log() { curl -fsS --noproxy '*' -X DELETE "$LAB_AWS/_lab/log" >/dev/null; }
aws_no_faults() { curl -fsS --noproxy '*' -X DELETE "$LAB_AWS/_lab/faults" >/dev/null; }
k() { kubectl --kubeconfig "$LAB_KUBECONFIG" "$@"; }
h() { helm --kubeconfig "$LAB_KUBECONFIG" "$@"; }

# A lab whose user has a kubeconfig of his own, which nothing may touch.
live_start() { # OPTIONS OF lab_start
    lab_start --aws "${GALLEY_LAB_AWS:-1}" --helm "${GALLEY_LAB_HELM:-4}" "$@"
    echo '# of the user, not to be touched' >"$HOME/.kube/config"
    sentinel=$(sha256sum <"$HOME/.kube/config")
    diag "$(aws --version 2>&1 | cut -d' ' -f1), helm $(helm version --template '{{.Version}}')"
}
live_end() { # the last checks of every test
    is "the user's kubeconfig is as it was" "$sentinel" "$(sha256sum <"$HOME/.kube/config")"
    is "no secret is in anything that was written" "" \
        "$(grep -lE "$LICENSE|$KEY" "$WORK"/*.out "$WORK"/*.txt "$WORK"/*.jsonl 2>/dev/null; grep -rlE "$LICENSE|$KEY" "$HOME/.local/state/galley" 2>/dev/null)"
    is "nothing runs on" "" "$(pgrep -f "^($GALLEY|.*galley-http) " -P 1 -l || true)"
    done_testing
}
