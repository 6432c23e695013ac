# galley-http: the only user of libcurl
helper_PROGRAMS += galley-http
galley_http_SOURCES = \
	src/http/galley-http.c \
	src/http/options.c src/http/options.h \
	src/http/request.c src/http/request.h \
	$(NULL)
galley_http_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
galley_http_LDFLAGS = -Wl,--as-needed $(AM_LDFLAGS)
galley_http_LDADD = src/libgalley-core.la $(CURL_LIBS)
