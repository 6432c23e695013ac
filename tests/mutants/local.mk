EXTRA_DIST += tests/mutants/check-mutants

# Hours, not minutes: MUTANTS='--every 10' takes a sample.
check-mutants:
	python3 $(srcdir)/tests/mutants/check-mutants $(srcdir) $(MUTANTS)
.PHONY: check-mutants
