# tests/faults: what goes wrong around a run; ids are those of the fault
# matrix.  FAULTS=long in the environment: the long form.
fault_tests = \
	tests/faults/processes.t \
	tests/faults/interrupts.t \
	tests/faults/output.t \
	tests/faults/record.t \
	tests/faults/resume.t \
	$(NULL)
shell_tests += $(fault_tests)
EXTRA_DIST += tests/faults/lib.sh tests/faults/resume-recipe.sh tests/faults/crash-loop tests/faults/error-loop tests/faults/power-cut.py tests/faults/interrupts.py

check-faults: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(fault_tests)'
.PHONY: check-faults
