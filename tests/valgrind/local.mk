EXTRA_DIST += tests/valgrind/valgrind.t

check-valgrind: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS=
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS=tests/valgrind/valgrind.t
.PHONY: check-valgrind
