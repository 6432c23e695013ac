# shellcheck shell=bash
# Functions for shell tests that use the lab; to be sourced by bash.
#
#   . "$(dirname "$0")/../lab/lib.sh"
#   plan 3                      # the test's number of results, or done_testing at the end
#   lab_start --nodes 2         # a lab of this test's own, or the whole test is skipped
#   ok "nodes are ready" kubectl wait nodes --all --for=condition=Ready --timeout=5s
#   is "phase" Bound "$(kubectl get pvc ...)"
#   like "says why" "$text" 'no such .*'
#
# The lab ends with the test, however that ends: by a trap, and by the lab's own
# watcher should the test be killed. GALLEY_LAB_KEEP=1 keeps a failed test's folder.
# Results are TAP (Test Anything Protocol), on stdout.

LAB_HOME=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
lab_test_number=0 lab_test_failed=0 lab_work=

lab() { "$LAB_HOME/lab" -d "$LAB_DIR" "$@"; }

# -- results ---------------------------------------------------------------------

plan() { echo "1..$1"; lab_test_planned=$1; }
skip_all() { echo "1..0 # SKIP $*"; exit 0; }
diag() { printf '%s\n' "$*" | sed 's/^/# /'; }
bail_out() { echo "Bail out! $*"; exit 1; }
result() { # RC NAME : one line; the rest says why
    lab_test_number=$((lab_test_number + 1))
    if [ "$1" -eq 0 ]; then echo "ok $lab_test_number - $2"; return 0; fi
    lab_test_failed=$((lab_test_failed + 1))
    echo "not ok $lab_test_number - $2"
    return 1
}
ok() { # NAME COMMAND... : it exits 0
    local name=$1 out rc=0
    shift
    out=$("$@" 2>&1) || rc=$?
    result $rc "$name" || diag "exit $rc: $*"$'\n'"$out"
}
not_ok() { # NAME COMMAND... : it does not
    local name=$1 out rc=0
    shift
    out=$("$@" 2>&1) || rc=$?
    result $((rc == 0)) "$name" || diag "exit 0: $*"$'\n'"$out"
}
is() { # NAME WANTED GOT
    result "$([ "$2" = "$3" ]; echo $?)" "$1" || diag "wanted: $2"$'\n'"got:    $3"
}
like() { # NAME TEXT REGEX : extended, in bash's sense, over all lines
    result "$([[ $2 =~ $3 ]]; echo $?)" "$1" || diag "wanted: $3"$'\n'"got:    $2"
}
unlike() { # NAME TEXT REGEX
    result "$([[ ! $2 =~ $3 ]]; echo $?)" "$1" || diag "not wanted: $3"$'\n'"got:        $2"
}
done_testing() { echo "1..$lab_test_number"; lab_test_planned=$lab_test_number; }

# -- the lab -----------------------------------------------------------------------

lab_exit() {
    local rc=$?
    trap - EXIT
    [ -z "${LAB_STARTED:-}" ] || lab down || rc=1
    [ "$lab_test_failed" -eq 0 ] || rc=1
    [ "${lab_test_planned:-$lab_test_number}" -eq "$lab_test_number" ] || {
        diag "$lab_test_number of $lab_test_planned tests were run"
        rc=1
    }
    if [ -n "$lab_work" ]; then
        if [ $rc -ne 0 ] && [ -n "${GALLEY_LAB_KEEP:-}" ]; then diag "kept: $lab_work"; else rm -rf "$lab_work"; fi
    fi
    exit $rc
}
# A folder of this test's own, in $WORK, gone at its end.
work_dir() {
    [ -z "$lab_work" ] || return 0
    lab_work=$(mktemp -d "${TMPDIR:-/tmp}/galley-test.XXXXXX")
    # shellcheck disable=SC2034 # for the test
    WORK=$lab_work
    trap lab_exit EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}
lab_built() { # can `lab up` work here
    local t
    for t in bin/kubectl bin/kube-apiserver bin/kwok bin/eksctl bin/helm4 venv/bin/python; do
        [ -x "${GALLEY_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/galley-lab}/$t" ] || return 1
    done
    command -v etcd >/dev/null
}
lab_env() { # [OPTIONS OF lab env] : this shell becomes one of the lab's
    local lines
    lines=$(lab env "$@") || bail_out "no environment for the lab"
    eval "$lines"
}
lab_start() { # [OPTIONS OF lab up] [OPTIONS OF lab env]
    local up=() env=()
    while [ $# -gt 0 ]; do
        case $1 in
        --aws | --helm) env+=("$1" "$2"); shift 2 ;;
        --keep-home) env+=("$1"); shift ;;
        *) up+=("$1"); shift ;;
        esac
    done
    lab_built || skip_all "the lab's tools are not there; make them with tests/lab/lab build"
    work_dir
    export LAB_DIR=$lab_work/lab
    LAB_STARTED=yes
    lab up --owner $$ "${up[@]}" || bail_out "the lab does not start"
    lab_env "${env[@]}"
}
lab_stop() { # ends this test's lab early; another lab_start may follow
    lab down --purge
    LAB_STARTED=
}

# -- faults and orphans --------------------------------------------------------------

cloud_control() { # JSON : what cloud.py does wrong from now on; {} for nothing
    printf '%s\n' "$1" >"$LAB_DIR/cloud.json.new" && mv "$LAB_DIR/cloud.json.new" "$LAB_DIR/cloud.json"
}
aws_control() { # PATH [JSON] : GET it from the AWS stand-in's controls, or POST
    curl -fsS --noproxy '*' "$LAB_AWS/_lab/$1" ${2:+-H "Content-Type: application/json" -d "$2"}
}
aws_fault() { aws_control faults "$1"; } # {"preset": "throttle", "service": "eks", "times": 2}, see aws_standin/README.md
wandb_control() { # JSON : what the W&B server does wrong
    mkdir -p "$LAB_DIR/wandb" && printf '%s\n' "$1" >"$LAB_DIR/wandb/control.json"
}
wait_until() { # SECONDS COMMAND... : try it until it works
    local until=$(($(date +%s) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$until" ] || return 1
        sleep 0.2
    done
}
plant_volume() { # CLUSTER -> the id of a disk that the EBS driver of a cluster left behind
    aws ec2 create-volume --availability-zone us-east-1a --size 10 --volume-type gp3 --query VolumeId --output text \
        --tag-specifications "ResourceType=volume,Tags=[{Key=kubernetes.io/cluster/$1,Value=owned},{Key=ebs.csi.aws.com/cluster,Value=true},{Key=CSIVolumeName,Value=pvc-0}]"
}
plant_balancer() { # CLUSTER NAME [SUBNET] -> the DNS name of a classic load balancer that a Service left behind
    local place=(--availability-zones us-east-1a)
    [ -z "${3:-}" ] || place=(--subnets "$3") # then the stack of that subnet cannot be deleted
    aws elb create-load-balancer --load-balancer-name "$2" "${place[@]}" --query DNSName --output text \
        --listeners Protocol=TCP,LoadBalancerPort=8080,InstanceProtocol=TCP,InstancePort=30080 \
        --tags "Key=kubernetes.io/cluster/$1,Value=owned" "Key=kubernetes.io/service-name,Value=wandb/wandb"
}
plant_oidc() { # -> the ARN of the identity provider of a cluster that is gone
    aws iam create-open-id-connect-provider --client-id-list sts.amazonaws.com --thumbprint-list 9e99a48a9960b14926bb7f3b02e22da2b0ab7280 \
        --url "https://oidc.eks.us-east-1.amazonaws.com/id/$(openssl rand -hex 16 | tr a-f A-F)" --query OpenIDConnectProviderArn --output text
}
plant_stack() { # NAME : a CloudFormation stack, such as eksctl-wandb-cluster
    aws cloudformation create-stack --stack-name "$1" --query StackId --output text \
        --template-body '{"Resources": {"Log": {"Type": "AWS::Logs::LogGroup", "Properties": {}}}}'
}
