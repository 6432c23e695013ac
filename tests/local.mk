LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_COMPILER = $(top_srcdir)/tests/run-tap
TEST_EXTENSIONS = .t
T_LOG_DRIVER = $(LOG_DRIVER)
T_LOG_COMPILER = bash
AM_TESTS_ENVIRONMENT = \
	GALLEY='$(abs_top_builddir)/galley$(EXEEXT)'; export GALLEY; \
	G_TEST_SRCDIR='$(abs_top_srcdir)'; export G_TEST_SRCDIR; \
	G_TEST_BUILDDIR='$(abs_top_builddir)'; export G_TEST_BUILDDIR; \
	G_DEBUG=fatal-warnings; export G_DEBUG; \
	MALLOC_PERTURB_=165; export MALLOC_PERTURB_; \
	G_SLICE=always-malloc; export G_SLICE; \
	ASAN_OPTIONS="detect_leaks=1:exitcode=99:intercept_strstr=0:$$ASAN_OPTIONS"; export ASAN_OPTIONS; \
	UBSAN_OPTIONS="exitcode=99:print_stacktrace=1:$$UBSAN_OPTIONS"; export UBSAN_OPTIONS; \
	LC_ALL=C.UTF-8; export LC_ALL;
shell_tests =
EXTRA_DIST += tests/run-tap tests/lab

include tests/testplugins/local.mk
include tests/fakecli/local.mk
include tests/unit/local.mk
include tests/plugins/local.mk
include tests/cli/local.mk
include tests/faults/local.mk
include tests/live/local.mk
include tests/bench/local.mk
include tests/fuzz/local.mk
include tests/mutants/local.mk
include tests/valgrind/local.mk

TESTS += $(check_PROGRAMS) $(shell_tests)
EXTRA_DIST += $(shell_tests)

# Take what galley says now for what it should say; read the difference.
update-golden: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS=
	$(AM_TESTS_ENVIRONMENT) UPDATE_GOLDEN=1; export UPDATE_GOLDEN; \
	for test in golden recordings log runs; do bash $(srcdir)/tests/cli/$$test.t; done
.PHONY: update-golden
