golden_files = \
	tests/golden/approve.out \
	tests/golden/check.out \
	tests/golden/check-names.out \
	tests/golden/check-wrong.out \
	tests/golden/doctor.out \
	tests/golden/events.out \
	tests/golden/fail.out \
	tests/golden/fail-q.out \
	tests/golden/fail-v.out \
	tests/golden/log-fail-passed-over.out \
	tests/golden/log-fail-role.out \
	tests/golden/log-failure-cpu.out \
	tests/golden/log-failure-driver.out \
	tests/golden/log-failure-license.out \
	tests/golden/log-release-killed.out \
	tests/golden/log-release-resumed.out \
	tests/golden/log-until.out \
	tests/golden/log-users.out \
	tests/golden/log-wandb-eks-first-cluster.out \
	tests/golden/log-wandb-eks-second-cluster.out \
	tests/golden/plan.out \
	tests/golden/plugin-show.out \
	tests/golden/plugin-show-action.out \
	tests/golden/replay-wandb-eks-first.out \
	tests/golden/replay-wandb-eks-second.out \
	tests/golden/replay-wandb-eks-teardown.out \
	tests/golden/replay-failure-driver.out \
	tests/golden/replay-failure-license.out \
	tests/golden/replay-failure-cpu.out \
	tests/golden/replay-release-killed.out \
	tests/golden/replay-release-resumed.out \
	tests/golden/run.out \
	tests/golden/run-again.out \
	tests/golden/run-v.out \
	tests/golden/run-vv.out \
	tests/golden/show.out \
	tests/golden/transcript.out \
	tests/golden/why-all-unasked.out \
	tests/golden/why-fail.out \
	tests/golden/why-failure-cpu.out \
	tests/golden/why-failure-driver.out \
	tests/golden/why-failure-license.out \
	tests/golden/why-until-denied.out \
	tests/golden/why-until-never.out \
	tests/golden/why-who-expired.out \
	$(NULL)
cli_tests = \
	tests/abi/abi.t \
	tests/layers/layers.t \
	tests/cli/all-at-once.t \
	tests/cli/assert.t \
	tests/cli/bad-input.t \
	tests/cli/golden.t \
	tests/cli/help.t \
	tests/cli/doctor.t \
	tests/cli/hosts.t \
	tests/cli/interrupt.t \
	tests/cli/log.t \
	tests/cli/login.t \
	tests/cli/recordings.t \
	tests/cli/recordings-broken.t \
	tests/cli/run.t  \
	tests/cli/runs.t \
	tests/cli/scope.t \
	tests/docs/man.t \
	tests/docs/readme.t \
	tests/cli/replay.t \
	tests/cli/secret-outputs.t \
	tests/cli/values.t \
	tests/cli/warnings.t \
	$(NULL)
shell_tests += $(cli_tests)
EXTRA_DIST += tests/cli/lib.sh tests/cli/interrupt.py tests/cli/recordings-broken.py tests/cli/testing.py $(golden_files)
EXTRA_DIST += tests/docs/consoles.py
