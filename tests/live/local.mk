# tests/live: recipes with the real tools on the lab, which must be built
# (tests/lab/lab build).  Not part of `make check`.
live_tests = \
	tests/live/scenario.t \
	tests/live/failures.t \
	tests/live/recover.t \
	tests/live/replay.t \
	tests/live/addon.t \
	tests/live/credentials.t
# These two need no lab.
shell_tests += tests/live/recipes.t tests/live/hello.t
EXTRA_DIST += $(live_tests) tests/live/live.sh tests/live/record tests/live/recipes tests/live/answers tests/recordings

check-lab: all
	$(MAKE) $(AM_MAKEFLAGS) -j2 check-TESTS TESTS='$(live_tests)'
# With both aws and both helm.
check-lab-full: all
	rc=0; \
	for aws in 1 2; do for helm in 3 4; do \
	  echo "== aws $$aws, helm $$helm"; \
	  GALLEY_LAB_AWS=$$aws GALLEY_LAB_HELM=$$helm $(MAKE) $(AM_MAKEFLAGS) -j2 check-TESTS TESTS='$(live_tests)' || rc=1; \
	done; done; exit $$rc
# recipes/recordings and tests/recordings anew, from the lab.
recordings: all
	GALLEY=$(abs_builddir)/galley $(srcdir)/tests/live/record $(srcdir)/recipes/recordings $(srcdir)/tests/recordings
.PHONY: check-lab check-lab-full recordings
