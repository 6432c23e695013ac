EXTRA_DIST += tests/mutants/check-mutants

# An hour or more: MUTANTS='--every 10' takes a sample, MUTANTS=src/proc/kin.c one file.
check-mutants:
	python3 $(srcdir)/tests/mutants/check-mutants $(srcdir) $(MUTANTS)
.PHONY: check-mutants
