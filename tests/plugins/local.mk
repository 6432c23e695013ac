# tests/plugins

check_PROGRAMS += tests/plugins/test-reads
tests_plugins_test_reads_SOURCES = tests/plugins/test-reads.c
tests_plugins_test_reads_LDADD = src/libgalley-core.la

# What all tests of plugins stand on.
check_LTLIBRARIES += tests/plugins/libfake-host.la
tests_plugins_libfake_host_la_SOURCES = \
	tests/plugins/fake-host.c tests/plugins/fake-host.h \
	tests/plugins/fake-services.c tests/plugins/fake-private.h \
	tests/plugins/fake-tables.c tests/plugins/fake-tables.h \
	tests/plugins/recorded.c tests/plugins/recorded.h
plugin_test_libs = tests/plugins/libfake-host.la src/libgalley-core.la -ldl
# A test of a plugin, in a block of its own:
#   check_PROGRAMS += tests/plugins/test-NAME
#   tests_plugins_test_NAME_SOURCES = tests/plugins/test-NAME.c
#   tests_plugins_test_NAME_LDADD = $(plugin_test_libs)

# Is a manual page what its plugin says of itself?
manual_sources = tests/plugins/check-manual.c tests/plugins/check-manual.h

# The kubectl plugin
check_PROGRAMS += tests/plugins/test-kubectl
tests_plugins_test_kubectl_SOURCES = tests/plugins/test-kubectl.c $(manual_sources)
tests_plugins_test_kubectl_LDADD = $(plugin_test_libs)

check_PROGRAMS += tests/plugins/test-exec
tests_plugins_test_exec_SOURCES = tests/plugins/test-exec.c
tests_plugins_test_exec_LDADD = $(plugin_test_libs)

check_PROGRAMS += tests/plugins/test-http
tests_plugins_test_http_SOURCES = tests/plugins/test-http.c
tests_plugins_test_http_LDADD = $(plugin_test_libs)
check_PROGRAMS += tests/plugins/test-aws
tests_plugins_test_aws_SOURCES = tests/plugins/test-aws.c
tests_plugins_test_aws_LDADD = $(plugin_test_libs)

check_PROGRAMS += tests/plugins/test-eksctl
tests_plugins_test_eksctl_SOURCES = tests/plugins/test-eksctl.c tests/plugins/eksctl-words.h
tests_plugins_test_eksctl_LDADD = $(plugin_test_libs)

check_PROGRAMS += tests/plugins/test-eksctl-parts
tests_plugins_test_eksctl_parts_SOURCES = tests/plugins/test-eksctl-parts.c tests/plugins/eksctl-words.h
tests_plugins_test_eksctl_parts_LDADD = $(plugin_test_libs)

# The helm plugin
check_PROGRAMS += tests/plugins/test-helm
tests_plugins_test_helm_SOURCES = tests/plugins/test-helm.c $(manual_sources)
tests_plugins_test_helm_LDADD = $(plugin_test_libs)

# What both say about a cluster
check_PROGRAMS += tests/plugins/test-diagnose
tests_plugins_test_diagnose_SOURCES = tests/plugins/test-diagnose.c
tests_plugins_test_diagnose_LDADD = $(plugin_test_libs)
