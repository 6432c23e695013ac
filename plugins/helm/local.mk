# the helm plugin
plugin_LTLIBRARIES += plugins/helm.la
plugins_helm_la_SOURCES = $(kube_sources) $(moment_sources) \
	plugins/helm/chart.c plugins/helm/helm.c plugins/helm/helm.h plugins/helm/release.c \
	plugins/helm/remains.c plugins/helm/signatures.c plugins/helm/values.c
plugins_helm_la_CPPFLAGS = $(plugin_cppflags) -I$(top_srcdir)/plugins/kubectl -I$(top_srcdir)/plugins/common -D_GNU_SOURCE
plugins_helm_la_LDFLAGS = $(AM_LDFLAGS) $(plugin_flags)
plugins_helm_la_CFLAGS = -std=c11 $(WARN_CFLAGS) $(SAN_CFLAGS) -fvisibility=hidden
dist_man_MANS += plugins/helm/galley-helm.7
