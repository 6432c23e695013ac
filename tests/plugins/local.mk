# tests/plugins

check_PROGRAMS += tests/plugins/test-reads
tests_plugins_test_reads_SOURCES = tests/plugins/test-reads.c
tests_plugins_test_reads_LDADD = src/libgalley-core.la
