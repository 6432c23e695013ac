# -rpath makes libtool build a shared object of what is not installed.
test_plugin_flags = -module -avoid-version -shared -rpath /nowhere -export-symbols-regex '^galley_plugin_entry$$'
check_LTLIBRARIES += tests/testplugins/evil.la
tests_testplugins_evil_la_SOURCES = tests/testplugins/evil.c
tests_testplugins_evil_la_CPPFLAGS = $(plugin_cppflags)
tests_testplugins_evil_la_LDFLAGS = $(AM_LDFLAGS) $(test_plugin_flags)
