#!/bin/bash
# A run that is recorded, and replayed: elsewhere, without its tools, without
# its secrets, it comes to the same; and what is not the same is told.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1
mkdir bin elsewhere h
export PATH=$WORK/bin:$PATH

# recipe [NAME: VALUE...] : r.yaml has the steps of stdin.
recipe() { { printf 'galley: 1\nname: played\n'; printf '%s\n' "$@"; echo "steps:"; cat; } >r.yaml; }
# tool NAME : a program, its text is stdin, that also leaves a mark in "ran".
tool() { { printf '#!/bin/bash\necho "$0 $*" >>%q/ran\n' "$WORK"; cat; } >"bin/$1"; chmod +x "bin/$1"; }
# record OPTION... : to "rec", with the events "live"; then nothing of it is known.
record() {
    rm -f ran rec live played
    galley run --record rec --events live "$@" r.yaml
    cp .err live.err
    ran=$(cat ran 2>/dev/null)
}
# elsewhere COMMAND... : in another folder, as somebody else with nothing installed.
elsewhere() {
    RC=0
    (cd elsewhere && env -i ${ASAN_OPTIONS:+"ASAN_OPTIONS=$ASAN_OPTIONS"} HOME="$WORK/h" TMPDIR=/nowhere PATH=/nowhere \
        XDG_STATE_HOME="$WORK/elsewhere/state" "$GALLEY" "$@" >"$WORK/.out" 2>"$WORK/.err" </dev/null) || RC=$?
    OUT=$(cat .out) ERR=$(cat .err)
}
# replay OPTION... : the same recipe, elsewhere; its events are "played".
replay() {
    mkdir -p elsewhere/deep
    cp ./*.yaml elsewhere/deep/ 2>/dev/null
    elsewhere run --replay ../rec --events ../played "$@" deep/r.yaml
}
# Events, but for when they came, the time that galley itself takes, and where that was.
plain() {
    sed -E -e '/"event":"warning".*replayed from/d' -e 's/"(out|err)_bytes":[1-9][0-9]*/"\1_bytes":N/g' -e '/"event":"run_start"/s/"argv":.*//' \
        -e 's/"time":"[^"]*",//' -e 's/"elapsed_ms":[0-9]+,//' -e '/"event":"(step|run)_end"/s/"duration_ms":[0-9]+,?//' \
        -e 's/[0-9]{8}-[0-9]{6}-[0-9a-f]{6}/RUN/g' -e "s,$WORK/elsewhere/(deep|state),WORK,g" -e "s,$WORK(/state|/home|/h)?,WORK,g" -e 's,deep/,,g' "$1"
}
# same NAME [FILTER...] : what was played is what was live, and no tool ran.
same() {
    local name=$1
    shift
    if [ $# = 0 ]; then set -- cat; fi
    is "$name: the run has an end" 1 "$(grep -c '"event":"run_end"' played)"
    diff <(plain live | "$@") <(plain played | "$@") >.diff
    is "$name: the same events" "" "$(cat .diff)"
    is "$name: no tool runs" "$ran" "$(cat ran 2>/dev/null)"
}
# departs NAME TEXT : the step "it" fails as the recipe departs from the recording.
departs() {
    is "$1: exit code" 1 "$RC"
    is "$1: is told" "$2" "$(sed -nE 's/^  diagnosis  departs from the recording(: |, )//p' .err)"
    like "$1: the step" "$ERR" 'r.yaml:[0-9]+: step "it" failed'
    like "$1: what helps" "$ERR" 'fix        play the recipe and the vars that were recorded, or record them anew'
    is "$1: no tool runs" "$ran" "$(cat ran 2>/dev/null)"
}

# ---- the same ----------------------------------------------------------------

tool flaky <<'END'
n=$(cat count 2>/dev/null || echo 0); echo $((n + 1)) >count
echo "try $n"; echo "to stderr" >&2
[ "$n" -ge 2 ] || exit 75
END
tool give <<'END'
printf '{"items": [{"name": "a", "n": 1}, {"name": "b", "n": 2}], "at": "%s"}\n' "$HOME"
END
recipe 'vars: {who: {default: world}, given: {from: {env: GIVEN}}}' <<'END'
  - {id: flaky, uses: exec.run, with: {command: [flaky]}, retry: {attempts: 3, delay: 10ms}}
  - {id: give, uses: exec.run, with: {command: [give], parse: json}, outputs: {second: "$.items[1].name", all: "$.items[*].n"}}
  - {id: each, uses: exec.run, with: {command: [echo, "${each.key} ${each.value}", "job-${run.id}"]}, for_each: {one: 1, two-2.x: "${vars.given}"}}
  - {id: held, uses: exec.run, with: {command: [touch, made], creates: made}}
  - {id: unless, uses: exec.run, with: {command: [touch, made2], unless: [test, -e, made2]}}
  - {id: skipped, uses: exec.run, with: {command: [give]}, when: vars.who == "nobody"}
  - {id: script, uses: exec.run, with: {script: "echo $X; exit 3", env: {X: "${steps.give.second}"}}, continue_on: true}
  - {id: last, uses: exec.run, with: {command: [echo, "all ${steps.give.second}"]}}
END
export GIVEN=given
record -j 1
is "recorded: exit code" 0 "$RC"
is "recorded: nobody else reads it" 600 "$(stat -c %a rec)"
unset GIVEN
replay -j 1
is "replayed: exit code" 0 "$RC"
same "replayed"
like "it says that nothing is done" "$ERR" '^warning: replayed from "../rec", recorded on [0-9]{4}-[0-9]{2}-[0-9]{2}: no tool runs, nothing is done, waits take no time'
is "nothing is made" "" "$(find elsewhere/deep -type f ! -name '*.yaml')"
diff <(sanitize <live.err) <(sed -e 1d -e 's,elsewhere/\(state\|deep/\),\1,g' -e 's,deep/,,g' -e 's/ --replay FILE//' .err | sanitize) >.diff
is "its text is the same, but for that" "" "$(cat .diff)"
elsewhere log
sed -e 1,4d -e 's/ after .*//' -e "s,$WORK/\\(elsewhere/[a-z]*\\|h\\),WORK,g" -e 's,deep/,,g' .out | sanitize >played.log
galley log
sed -e 1,3d -e 's/ after .*//' -e "s,$WORK/\\(state\\|home\\),WORK,g" .out | sanitize >live.log
diff live.log played.log >.diff
is "galley log is the same" "" "$(cat .diff)"
replay
is "replayed with more jobs: exit code" 0 "$RC"
galley run -j 1 --replay rec --events played r.yaml
is "where it was recorded: exit code" 0 "$RC"
same "where it was recorded"
rm -f made made2 count
recipe 'uses_env: [ONE, TWO]' <<'END'
  - {id: it, uses: exec.run, with: {command: [echo, "${each.value}"]}, for_each: ["${env.ONE}", "${env.TWO}"]}
END
ONE=1 TWO=two record -j 1
is "the environment: recorded" 0 "$RC"
replay -j 1
same "the environment"

# ---- folders -----------------------------------------------------------------

recipe 'uses_env: [PWD, HOME]' <<'END'
  - {id: it, uses: exec.run, with: {command: [echo, "${recipe.dir}/x", "${env.PWD}/y", "${env.HOME}/z"], stdin: "${recipe.dir} ${env.PWD} ${env.HOME}"}}
END
mkdir -p three/recipe three/home
cp r.yaml three/recipe
cp r.yaml three/home
in_folder() { # FOLDER HOME GALLEY'S-ARGUMENT... : sets RC and ERR
    RC=0
    (cd "$1" && HOME=$2 "$GALLEY" "${@:3}" >.out 2>.err) || RC=$?
    ERR=$(cat "$1/.err")
}
in_folder three "$WORK/three/home/" run --record ../rec recipe/r.yaml
is "three folders: recorded" 0 "$RC"
is "three folders: by their names" "" "$(grep -F "$WORK" rec)"
in_folder three/home "$WORK/three/home" run --replay ../../rec r.yaml
is "three folders that are one: replayed" "0:" "$RC:$(grep diagnosis <<<"$ERR")"
in_folder three/home "$WORK/three/home" run --record ../../rec r.yaml
is "one folder: recorded" 0 "$RC"
in_folder three "$WORK/three/home" run --replay ../rec recipe/r.yaml
is "one folder that is three: replayed" "0:" "$RC:$(grep diagnosis <<<"$ERR")"

# ---- departures --------------------------------------------------------------

recipe 'vars: {who: {default: world}}' <<'END'
  - {id: before, uses: exec.run, with: {command: [touch, before]}}
  - {id: it, uses: exec.run, with: {command: [echo, "to ${vars.who}", last], stdin: "in", env: {A: "1"}, unless: [test, -e, nothing]}}
END
sed -i 's/, unless: .*nothing\]//' r.yaml
record
cp r.yaml whole.yaml
replay --var who=you
like "another var: how to go on" "$ERR" 'go on      '"$GALLEY"' resume [0-9a-f-]+ --replay FILE  '
elsewhere why
like "... as galley why has it" "$OUT" 'go on      '"$GALLEY"' resume [0-9a-f-]+ --replay FILE  '
replay --var who=you
departs "another var" 'argument 1 is to you, not to world; recorded is: echo '"'to world' last"
sed -i 's/, last\]/, last, more]/' r.yaml; replay
departs "one argument more" "argument 3, more, is one more; recorded is: echo 'to world' last"
sed 's/, last\]/]/' whole.yaml >r.yaml; replay
departs "one argument less" "argument 2, last, is missing; recorded is: echo 'to world' last"
sed 's/\[echo/[printf/' whole.yaml >r.yaml; replay
is "another tool: exit code" 1 "$RC"
like "another tool: is told" "$ERR" 'diagnosis  tool "printf" is not in the recording'
sed 's/stdin: "in"/stdin: "on"/' whole.yaml >r.yaml; replay
departs "another standard input" "its standard input is another; recorded is: echo 'to world' last"
sed 's/ stdin: "in",//' whole.yaml >r.yaml; replay
departs "no standard input" "its standard input is another; recorded is: echo 'to world' last"
sed 's/A: "1"/A: "2"/' whole.yaml >r.yaml; replay
departs "another environment" "the environment that its step gives it is another; recorded is: echo 'to world' last"
sed 's/stdin: "in"/&, cwd: ../' whole.yaml >r.yaml; replay
departs "another folder" "its folder is {cwd}, not {recipe}; recorded is: echo 'to world' last"
sed 's/stdin: "in"/&, creates: made/' whole.yaml >r.yaml; replay
departs "it looks for a file" 'in which "it check" asks no further exists: {recipe}/made'
sed 's/stdin: "in"/&, unless: [echo]/' whole.yaml >r.yaml; replay
departs "one command more" 'which has no further command of "it check"'
sed 's/id: it/id: that/' whole.yaml >r.yaml; replay
is "another step: exit code" 1 "$RC"
like "another step: is told" "$ERR" 'step "that" failed.*departs from the recording, which has no further command of "that apply"'
sed '/id: before/d' whole.yaml >r.yaml; replay
is "one step less: exit code" 0 "$RC"
like "one step less: is told" "$ERR" 'warning: the recording has 1 command that was not asked for: "before apply", touch before'
cp whole.yaml r.yaml; replay
unlike "as recorded: nothing is left" "$ERR" 'not asked for'
sed 's/id: before.*/&\n  - {id: it2, uses: exec.run, with: {script: "one"}}/' whole.yaml >r.yaml
sed -i 's/script: "one"/script: "exit 0"/' r.yaml
record
sed -i 's/exit 0/exit 1/; s/it2/it/; /echo/d' r.yaml
sed -i 's/"it2 /"it /; s/{file:it2/{file:it/; s/"it2\./"it./' rec
replay
departs "another private file" "what is in a private file of its command line is another; recorded is: /bin/sh -eu '{file:it.1}'"

# ---- files -------------------------------------------------------------------

recipe <<'END'
  - {id: it, uses: exec.run, with: {command: [echo, hello]}}
END
(umask 0; galley run --record open r.yaml); is "whatever the umask" 600 "$(stat -c %a open)"
(umask 0777; galley run --record shut r.yaml); is "... both ways" 600 "$(stat -c %a shut)"
echo before >there; chmod 666 there
galley run --record there r.yaml; is "of a file that was there, too" "600:0" "$(stat -c %a there):$(grep -c before there)"
galley run --record nowhere/rec r.yaml
is "FILE cannot be written" '64:galley: cannot write the recording "nowhere/rec": No such file or directory' "$RC:$ERR"
is "... and nothing has run" "" "$(cat nowhere 2>/dev/null)"
galley run --record . r.yaml
is "FILE is a folder" '64:galley: cannot write the recording ".": Is a directory' "$RC:$ERR"
galley run --replay nowhere r.yaml
is "no such recording" '64:galley: cannot read the recording "nowhere": No such file or directory' "$RC:$ERR"
galley run --replay r.yaml r.yaml
is "what is no recording" '64:galley: r.yaml:1: not valid JSON: line 1, column 1: "g" where a value should be' "$RC:$ERR"
galley run --record a --replay there r.yaml
is "both" 64 "$RC"
like "both: is told" "$ERR" 'what is replayed cannot be recorded'
is "both: nothing is made" 1 "$([ -e a ]; echo $?)"
galley run --record /dev/full --events live r.yaml
is "no room: the run goes on" 0 "$RC"
like "no room: is told" "$ERR" 'warning: the recording "/dev/full" is not whole: No space left on device'
like "no room: in the events, too" "$(cat live)" '"event":"warning".*"the recording \\"/dev/full\\" is not whole: No space left on device"'
is "no room: the device is as it was" 666 "$(stat -c %a /dev/full)"
head -c -20 there >half
galley run --replay half r.yaml
is "its last line is cut: killed as if it had been" 137 "$RC"

# ---- what is no run ----------------------------------------------------------

recipe 'lock: mine' <<'END'
  - {id: it, uses: exec.run, with: {command: [touch, made], creates: made}}
  - {id: after, uses: exec.run, with: {command: [echo, after], unless: ["true"]}, needs: [it]}
END
galley plan --record rec --events live r.yaml
is "plan: recorded" 2 "$RC"
ran=$(cat ran)
elsewhere plan --replay ../rec --events ../played deep/r.yaml
replay
cp r.yaml elsewhere/deep/r.yaml
elsewhere plan --replay ../rec --events ../played deep/r.yaml
is "plan: replayed" 2 "$RC"
diff <(plain live | sed 's/"argv.*//') <(plain played | sed 's/"argv.*//') >.diff
is "plan: the same" "" "$(cat .diff)"
record
(
    flock -x 8
    galley run --replay rec r.yaml
    is "a replay takes no lock" 0 "$RC"
) 8>"$(find "$XDG_STATE_HOME/galley" -name '*mine*' | head -1)"
number=$((number + 1))
galley runs
like "galley runs tells of it" "$OUT" '  ok  +1 replay(
|$)'
like "galley runs tells of it: not of others" "$(sed -n 2p .out)" '  1 session$'
galley runs --json
like "galley runs --json tells of it" "$OUT" '"replay":true.*"replay":false'

# ---- secrets -----------------------------------------------------------------

token=s3cr3t/T0ken+value\"with\'all\ sorts multi=$'line-one-of-it\nline-two-of-it' pin=7391
found() { # TEXT : how often it is in the recording, in one of its encodings
    python3 -c '
import base64, json, sys, urllib.parse
raw, secret = open("rec", "rb").read(), sys.argv[1].encode()
text = b"\n".join(json.dumps(part, ensure_ascii=False).encode() for part in map(json.loads, raw.splitlines()))
forms = {secret, json.dumps(secret.decode()).encode()[1:-1], urllib.parse.quote(secret, safe="").encode(), urllib.parse.quote_plus(secret).encode(),
         urllib.parse.quote(secret).encode(), secret.hex().encode()}
for i in range(3):
    forms.add(base64.b64encode(b"x" * i + secret)[(0, 2, 3)[i]:][:-4])
    forms.add(base64.urlsafe_b64encode(b"x" * i + secret)[(0, 2, 3)[i]:][:-4])
forms.discard(secret.hex().encode())
for part in json.dumps([json.loads(line) for line in raw.splitlines()]), text.decode(), raw.decode():
    for form in forms:
        if form in part.encode():
            print(form.decode())
' "$1"
}
tool show <<'END'
cat; printf '%s|' "$TOKEN"; printf '%s' "$TOKEN" | base64 -w0; printf 'xx%s' "$TOKEN" | base64 -w 20
python3 -c 'import json, os, urllib.parse; t = os.environ["TOKEN"]; print(json.dumps({"t": t}), urllib.parse.quote_plus(t), file=__import__("sys").stderr)'
END
tool torn <<'END'
printf 'torn %s' "${TOKEN:0:9}"; sleep 0.05; echo between >&2; sleep 0.05; printf '%s\n' "${TOKEN:9}"
END
tool late <<'END'
echo '{"value": "only-the-tool-knows-it"}'
END
tool true <<'END'
case $1 in first|second) ;; *) exit 0 ;; esac
printf '%s: ' "$1" >&2; printf learnt-from; sleep 0.02; printf %s -the-plugin; echo learnt-from-the-plugin >&2
END
cat >app.yaml <<'END'
galley: 1
name: app
vars:
  key: {secret: true}
  own: {secret: true, from: {env: OWN}}
  from: {default: ""}
steps:
  - {id: inside, uses: exec.run, with: {command: [show], stdin: "${vars.key} ${vars.own}", env: {TOKEN: "${vars.own}"}}}
END
(umask 077; printf '%s' "$multi" >multi.txt)
recipe 'vars:' '  token: {secret: true, from: {env: TOKEN}}' '  multi: {secret: true, from: {file: multi.txt}, match: "line-one(.|\\n)*"}' \
    '  pin: {secret: true, from: {env: PIN}}' '  url: {from: {env: URL}}' <<'END'
  - {id: show, uses: exec.run, with: {command: [show], stdin: "${vars.token}\n${vars.multi}\n${vars.pin}\n${vars.url}\n", env: {TOKEN: "${vars.token}"}}}
  - {id: torn, uses: exec.run, with: {command: [torn], env: {TOKEN: "${vars.token}"}}, outputs: {}}
  - {id: printed, uses: exec.run, with: {command: [late], parse: none}}
  - {id: learnt, uses: evil.learn_secret}
  - {id: after, uses: exec.run, with: {command: [show], stdin: "${steps.learnt.secret}", env: {TOKEN: "${steps.learnt.secret}"}}}
  - {id: app, include: app.yaml, with: {key: "${vars.token}", from: "${steps.torn.stdout}"}}
  - {id: mine, include: app.yaml, with: {key: "${vars.pin}"}}
END
export TOKEN=$token PIN=$pin URL="https://user:$token@host/" OWN=own-secret-of-the-app
record "${EVIL[@]}"
is "secrets: recorded" "0:" "$RC:$(grep -v "^warning\|to be changed" <<<"$ERR" | grep -A5 "step \"")"
for secret in "$token" "$multi" "$OWN" learnt-from-the-plugin only-the-tool-knows-it; do
    is "secrets: no trace of ${secret//[^a-z-]/_}" "" "$(found "$secret")"
done
is "secrets: no trace of the lines of one" "" "$(grep -oE 'line-(one|two)-of-it' rec)"
is "secrets: no trace of a short one" "" "$(grep -E '"[^"]*7391' rec)"
is "secrets: no trace of half of one" "" "$(grep -oE 's3cr3t/|T0ken|learnt-from' rec)"
unset TOKEN PIN URL OWN
rm multi.txt
replay "${EVIL[@]}"
is "secrets: replayed without them" 0 "$RC"
same "secrets" sed -e 's/{[^{]*"event":"output"[^}]*}/OUTPUT/' -e '/"event":"output_value"/s/"text":".*//'
is "secrets: what stands for them is hidden, too" "" "$(grep -o '.\{100\}secret-[1-4]-.\{20\}' played .err)"

# ---- time --------------------------------------------------------------------

cat >server.py <<'END'
import http.server, json
asked = {}
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        n = asked[self.path] = asked.get(self.path, 0) + 1
        self.send_response(200 if n > 2 or self.path == "/count" else 503)
        self.end_headers()
        self.wfile.write(json.dumps({"n": n, "key": self.headers.get("X-Key")}).encode())
    def log_message(self, *args): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
open("port.new", "w").write(str(server.server_port))
__import__("os").rename("port.new", "port")
server.serve_forever()
END
python3 server.py & server=$!
trap 'kill $server; rm -rf "$WORK"' EXIT
until [ -e port ]; do read -rt 0.02 <> <(:); done
recipe 'vars:' '  port: {from: {env: PORT}}' '  key: {secret: true, from: {env: KEY}}' <<'END'
  - {id: slow, uses: exec.run, with: {command: [sleep, "0.01"]}}
  - {id: timeout, uses: exec.run, with: {command: [sh, -c, 'echo begun; exec sleep 60']}, timeout: 200ms, retry: {attempts: 2, delay: 50ms, on: [unknown]}, continue_on: true}
  - {id: idle, uses: exec.run, with: {command: [sh, -c, 'echo begun; exec sleep 60'], creates: nothing}, idle_timeout: 100ms, retry: {attempts: 2, delay: 50ms}, continue_on: true}
  - {id: wait, uses: http.wait, with: {url: "http://127.0.0.1:${vars.port}/wait", interval: 100ms, headers: {X-Key: "${vars.key}"}}}
  - {id: until, uses: http.get, with: {url: "http://127.0.0.1:${vars.port}/count"}, outputs: {n: "$.n"}, until: "steps.until.n >= 3", retry: {delay: 20ms}}
  - {id: never, uses: http.wait, with: {url: "http://127.0.0.1:${vars.port}/count", interval: 100ms, match: nonsense}, timeout: 450ms, retry: {attempts: 1}, continue_on: true}
  - {id: asked, uses: exec.run, with: {command: [echo, done]}, approve: "do it?"}
  - {id: ends, uses: exec.run, with: {command: [sh, -c, 'kill -9 $$']}, continue_on: true}
END
PORT=$(cat port) KEY=header-of-a-private-file record -j 1 --yes
kill $server
trap 'rm -rf "$WORK"' EXIT
is "time: no trace of the secret header" "" "$(found header-of-a-private-file)"
is "time: recorded" 0 "$RC"
replay -j 1
is "time: replayed" 0 "$RC"
same "time"
is "time: how they ended is known" "$(printf '%s\n' 'timed out after N ms (SIGTERM)' 'timed out after 100 ms without output (SIGTERM)' 'killed by SIGKILL')" \
    "$(sed -nE 's/.*"command_end".*"how":"(timed|killed)([^"]*)".*/\1\2/p' played | sed 's/1[0-9][0-9] ms (/N ms (/' | uniq)"
slow=$(sed -n 's/^{"call":\([0-9]*\),"by":"slow apply".*/\1/p' rec)
sed -i "/^{\"end\":$slow,/"'s/"duration":[0-9]*/"duration":36000000/' rec
replay -j 1
like "ten hours are over at once" "$(cat played)" '"step":"slow".*"how":"exit 0","exit_code":0,"duration_ms":36000000,'
like "... as all see it" "$(tail -1 played)" '"event":"run_end","time":"[^"]*","elapsed_ms":360[0-9]{5},.*"duration_ms":360[0-9]{5},'
rm -f count

# Parallel steps come in any order, and are all the same.
recipe <<'END'
  - {id: each, uses: exec.run, with: {command: [sh, -c, 'echo $0; sleep 0.0$0; echo $0 >&2', "${each.key}"]}, for_each: [1, 2, 3, 4, 5, 6, 7, 8, 9]}
  - {id: script, uses: exec.run, with: {script: "echo ${each.key}"}, for_each: [1, 2, 3, 4], needs: []}
END
record -j 4
unordered() { grep -v '"event":"output"' | sed -E -e 's/"command":[0-9]+/"command":N/' -e 's,(output|private)/[0-9]+,\1/N,g' | sort; }
for jobs in 4 1 16; do
    replay -j "$jobs"
    is "parallel, -j $jobs: exit code" 0 "$RC"
    same "parallel, -j $jobs" unordered
done

# ---- output ------------------------------------------------------------------

tool bytes <<'END'
printf 'caf\xc3'; sleep 0.02; printf '\xa9 \xff\xfe\x00 {home} %s end' "$HOME"
END
tool much <<'END'
yes '0123456789 and so on until there is too much of it' | head -c 6000000; echo the end >&2
END
tool flood <<'END'
yes | head -c 200000000 & yes >&2 | head -c 1000 >&2; wait
END
sed -i 's/^yes .*/yes | head -c 100000000/' bin/flood
recipe <<'END'
  - {id: bytes, uses: exec.run, with: {command: [bytes]}}
  - {id: much, uses: exec.run, with: {command: [much]}}
  - {id: flood, uses: exec.run, with: {command: [flood], parse: none}}
END
record -j 1
is "output: recorded" 0 "$RC"
is "output: what is too much is not in it" 1 "$(($(stat -c %s rec) < 5000000))"
replay -j 1
is "output: replayed" 0 "$RC"
but_for_much() { sed -E -e '/"event":"(output|note)".*"step":"much"/d' -e '/"step":"much".*"event":"(output|note)"/d' -e 's/"text_base64":"[^"]*",//'; }
same "output" but_for_much
elsewhere log --json
is "bytes that are no text" "$(printf 'caf\xc3\xa9 \xff\xfe\x00 {home} %s end' "$WORK/h" | base64 -w0)" \
    "$(base64 -w0 "$WORK/elsewhere/state/galley/runs/$(ls elsewhere/state/galley/runs | tail -1)/output/1.stdout")"

# ---- one that was killed -----------------------------------------------------

tool first <<'END'
echo first
END
tool killer <<END
[ -e "$WORK/killed" ] && { echo "now it works"; touch "$WORK/goal"; exit; }
touch "$WORK/killed"
echo "half of it"
kill -9 \$PPID
END
tool goal <<END
[ -e "$WORK/goal" ]
END
recipe <<'END'
  - {id: first, uses: exec.run, with: {command: [first]}}
  - {id: cut, uses: exec.run, with: {command: [killer], unless: [goal]}}
  - {id: last, uses: exec.run, with: {command: [echo, "${steps.cut.stdout}"]}}
END
record
is "killed while it records" 137 "$RC"
cp rec rec.killed
cp live live.killed
id=$(newest)
galley resume --record rec --events live "$id"
is "resumed, and recorded: exit code" 0 "$RC"
cp rec rec.resumed
ran=$(cat ran)
cp rec.killed rec
replay
is "a replay of it is killed, too" 137 "$RC"
like "... and says so" "$ERR" 'warning: the recording ends here: the galley that made it was killed'
diff <(plain live.killed | grep -v 'half of it') <(plain played | grep -v 'the recording ends here') >.diff
is "... after the same events" "" "$(cat .diff)"
played=$(ls elsewhere/state/galley/runs | tail -1)
elsewhere runs --limit 1
like "... and is on record as cut off" "$OUT" '  cut off  +1 replay +cut$'
elsewhere resume "$played"
is "it cannot be resumed for real" "4:galley: run $played was replayed, and has done nothing: resume it with --replay" "$RC:$ERR"
galley resume --replay rec.resumed "$id"
like "nor the other way round" "$RC:$ERR" "^(0:.*|4:galley: run $id was no replay: resume it without --replay)$"
elsewhere resume --replay ../rec.resumed --events ../played "$played"
is "resumed, and replayed: exit code" 0 "$RC"
same "resumed" sed -E -e 's/"command":[0-9]+/"command":N/' -e 's,output/[0-9]+,output/N,g'
elsewhere runs --limit 1
like "... and is on record" "$OUT" '  ok  +2 replays'
# ---- interrupted -------------------------------------------------------------

recipe <<'END'
  - {id: it, uses: exec.run, with: {command: [sh, -c, "echo begun >begun; exec sleep 60"]}}
  - {id: after, uses: exec.run, with: {command: [echo, after]}}
END
rm -f live ran begun
setsid env --default-signal "$GALLEY" run --record rec --events live r.yaml >.out 2>.err </dev/null & pid=$!
until_text begun begun                  # told of before it runs
kill -INT $pid
wait $pid
is "interrupted while it records: exit code" 130 $?
unlike "... is whole" "$(cat .err)" 'is not whole'
is "... to its end" '{"done":true}' "$(tail -1 rec)"
ran=
replay
is "replayed: as it was interrupted" 130 "$RC"
same "interrupted"

done_testing
