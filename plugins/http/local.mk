# the http plugin
plugin_LTLIBRARIES += plugins/http.la
plugins_http_la_SOURCES = plugins/http/http.c plugins/http/http.h plugins/http/tables.c
plugins_http_la_CPPFLAGS = $(plugin_cppflags)
plugins_http_la_CFLAGS = -std=c11 $(WARN_CFLAGS) $(SAN_CFLAGS) -fvisibility=hidden
plugins_http_la_LDFLAGS = $(AM_LDFLAGS) $(plugin_flags)
dist_man_MANS += plugins/http/galley-http.7
