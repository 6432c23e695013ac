plugin_LTLIBRARIES += plugins/aws.la
plugins_aws_la_SOURCES = $(answer_sources) \
	plugins/aws/aws.c \
	plugins/aws/aws-cli.c plugins/aws/aws-cli.h \
	plugins/aws/credentials.c plugins/aws/credentials.h \
	plugins/aws/cluster.c plugins/aws/cluster.h \
	plugins/aws/generic.c plugins/aws/generic.h \
	plugins/aws/login.c plugins/aws/login.h \
	plugins/aws/leftovers.c plugins/aws/leftovers.h \
	plugins/aws/signatures.c plugins/aws/signatures.h
plugins_aws_la_CPPFLAGS = $(plugin_cppflags) -I$(top_srcdir)/plugins/common
plugins_aws_la_CFLAGS = -std=c11 $(WARN_CFLAGS) $(SAN_CFLAGS) -fvisibility=hidden
plugins_aws_la_LDFLAGS = $(AM_LDFLAGS) $(plugin_flags)
dist_man_MANS += plugins/aws/galley-aws.7
