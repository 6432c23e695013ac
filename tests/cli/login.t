#!/bin/bash
# aws.kubeconfig: tools of a run that need to log in to the cluster share one
# token of `aws eks get-token`.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

mkdir tools
ln -s "$BUILD/tests/fakecli/fakecli" tools/aws
export PATH=$WORK/tools:$PATH
# The kubeconfig as the real aws prints it.
python3 - "$SRC/recipes/recordings/wandb-eks-second.jsonl" >tools/kubeconfig <<'END'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
call = next(e["call"] for e in lines if e.get("argv", [])[1:3] == ["eks", "update-kubeconfig"])
print("".join(o["out"] for e in lines if e.get("end") == call for o in e["output"]), end="")
END
aws() { # ACTION... : what `aws eks get-token` does
    { printf 'call --version\n  out "aws-cli/2.13.0 Python/3.11\\n"\n'
      printf 'call eks update-kubeconfig **\n  out %s\n' "$(python3 -c 'import json; print(json.dumps(open("tools/kubeconfig").read()))')"
      printf 'call --region us-east-1 eks get-token --cluster-name wandb --output json\n'
      printf '  %s\n' "$@"; } >tools/aws.fake
}
# What kubectl and helm do to log in; some python3 is a script that puts
# folders of its own first.
cat >login.py <<'END'
import json, os, subprocess, sys
os.environ["PATH"] = os.path.abspath("tools") + ":" + os.environ["PATH"]
login = json.load(open(sys.argv[1]))["users"][0]["user"]["exec"]
sys.exit(subprocess.run([login["command"], *login["args"]]).returncode)
END
recipe() { # STEP... : after the one that makes the kubeconfig, of whose path they know
    cat <<'YAML'
galley: 1
name: login
steps:
  - {id: kubeconfig, uses: aws.kubeconfig, with: {cluster: wandb, region: us-east-1}}
YAML
    printf '  - {needs: [kubeconfig], uses: exec.run, retry: {attempts: 1}, %s}\n' "$@"
}
LOGIN="command: [python3, login.py, \"\${steps.kubeconfig.path}\"]"
asked() { grep -c 'get-token' tools/calls/log; }
said() { sed -n 's,^.*| {"t": \(.*\)}$,\1,p' transcript | xargs; }
run() { rm -rf tools/calls; galley run -j "$1" -q --transcript transcript recipe.yaml; }

aws 'out "{\"t\": 1}\n"'
recipe "id: a, with: {$LOGIN}" "id: b, with: {$LOGIN}" "id: c, with: {$LOGIN}" >recipe.yaml
run 1
is "three logins: exit code" 0 "$RC" || diag "$ERR"
is "three logins: each gets the token" "1 1 1" "$(said)"
is "three logins: aws is asked once" 1 "$(asked)"
is "nothing of it stays" "" "$(find state -path '*private*' -type f)"
run 3
is "at the same time: each gets a whole token" "0 1 1 1" "$RC $(said)"

# Of other credentials, another token.
recipe "id: a, with: {$LOGIN}" "id: b, with: {$LOGIN, env: {AWS_PROFILE: other}}" "id: c, with: {$LOGIN, env: {AWS_PROFILE: other}}" \
    "id: d, with: {$LOGIN}" >recipe.yaml
run 1
is "two profiles: two tokens" "0 2" "$RC $(asked)"

# It is kept for ten minutes.
echo 'stat -c "mode %a" "$(dirname "$2")"/*.token.*; touch -d "$1 minutes ago" "$(dirname "$2")"/*.token.*' >age.sh
for minutes in 9 11; do
    recipe "id: a, with: {$LOGIN}" "id: b, with: {command: [sh, age.sh, '$minutes', \"\${steps.kubeconfig.path}\"]}" \
        "id: c, with: {$LOGIN}" >recipe.yaml
    run 1
    like "it is nobody else's" "$(cat transcript)" '\| mode 600'
    is "a token of $minutes minutes" "0 $((minutes < 10 ? 1 : 2))" "$RC $(asked)" || diag "$ERR"
done

# What does not work is not kept.
aws 'err "An error occurred (ExpiredToken)\n"' 'exit 254'
recipe "id: a, continue_on: true, with: {$LOGIN}" "id: b, with: {$LOGIN}" >recipe.yaml
run 1
is "a login that fails: exit code of aws, each time" "1 2 2" "$RC $(grep -c 'exit 254' transcript) $(asked)"
like "a login that fails: aws says why" "$(cat transcript)" 'An error occurred \(ExpiredToken\)'

# A kubeconfig that logs in otherwise is left as it is.
sed -i 's/command: aws$/command: other/' tools/kubeconfig
aws 'exit 0'
recipe 'id: a, with: {command: [cat, "${steps.kubeconfig.path}"]}' >recipe.yaml
run 1
is "another login is left alone" "$(cat tools/kubeconfig)" "$(sed -n 's/^  | //p' transcript | tail -n "$(wc -l <tools/kubeconfig)")"
done_testing
