plugin_LTLIBRARIES += plugins/eksctl.la
plugins_eksctl_la_SOURCES = $(answer_sources) $(moment_sources) \
	plugins/eksctl/eksctl.c \
	plugins/eksctl/addon.c plugins/eksctl/addon.h \
	plugins/eksctl/cluster.c plugins/eksctl/cluster.h \
	plugins/eksctl/iam.c plugins/eksctl/iam.h \
	plugins/eksctl/nodegroup.c plugins/eksctl/nodegroup.h \
	plugins/eksctl/signatures.c plugins/eksctl/signatures.h \
	plugins/eksctl/stack.c plugins/eksctl/stack.h \
	plugins/eksctl/tool.c plugins/eksctl/tool.h
plugins_eksctl_la_CPPFLAGS = $(plugin_cppflags) -I$(top_srcdir)/plugins/common
plugins_eksctl_la_CFLAGS = -std=c11 $(WARN_CFLAGS) $(SAN_CFLAGS) -fvisibility=hidden
plugins_eksctl_la_LDFLAGS = $(AM_LDFLAGS) $(plugin_flags)
dist_man_MANS += plugins/eksctl/galley-eksctl.7
