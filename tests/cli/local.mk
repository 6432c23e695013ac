cli_tests = \
	tests/docs/man.t \
	tests/abi/abi.t \
	tests/layers/layers.t \
	tests/cli/bad-input.t \
	tests/cli/help.t \
	tests/cli/doctor.t \
	tests/cli/hosts.t \
	tests/cli/interrupt.t \
	tests/cli/run.t  \
	tests/cli/scope.t \
	tests/cli/values.t \
	$(NULL)
shell_tests += $(cli_tests)
EXTRA_DIST += tests/cli/lib.sh tests/cli/interrupt.py
