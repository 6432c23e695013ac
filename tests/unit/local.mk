# tests/unit

check_PROGRAMS += tests/unit/test-process
tests_unit_test_process_SOURCES = tests/unit/test-process.c tests/unit/process-testing.h
tests_unit_test_process_LDADD = src/libgalley-core.la
