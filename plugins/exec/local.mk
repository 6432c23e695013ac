# the exec plugin
plugin_LTLIBRARIES += plugins/exec.la
plugins_exec_la_SOURCES = plugins/exec/exec.c plugins/exec/exec.h plugins/exec/output.c
plugins_exec_la_CPPFLAGS = $(plugin_cppflags)
plugins_exec_la_CFLAGS = -std=c11 $(WARN_CFLAGS) $(SAN_CFLAGS) -fvisibility=hidden
plugins_exec_la_LDFLAGS = $(AM_LDFLAGS) $(plugin_flags)
dist_man_MANS += plugins/exec/galley-exec.7
