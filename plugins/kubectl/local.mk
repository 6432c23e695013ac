# the kubectl plugin
plugin_LTLIBRARIES += plugins/kubectl.la
# what the helm plugin uses too
kube_sources = \
	plugins/kubectl/diagnose.c plugins/kubectl/diagnose.h plugins/kubectl/diagnose-claims.c \
	plugins/kubectl/diagnose-containers.c plugins/kubectl/diagnose-pods.c \
	plugins/kubectl/json-text.c plugins/kubectl/json-text.h \
	plugins/kubectl/kube.c plugins/kubectl/kube.h
plugins_kubectl_la_SOURCES = $(kube_sources) \
	plugins/kubectl/apply.c plugins/kubectl/delete.c plugins/kubectl/kubectl.c plugins/kubectl/kubectl.h \
	plugins/kubectl/objects.c plugins/kubectl/signatures.c plugins/kubectl/signatures.inc \
	plugins/kubectl/wait.c
plugins_kubectl_la_CPPFLAGS = $(plugin_cppflags) -D_GNU_SOURCE
plugins_kubectl_la_LDFLAGS = $(AM_LDFLAGS) $(plugin_flags)
plugins_kubectl_la_CFLAGS = -std=c11 $(WARN_CFLAGS) $(SAN_CFLAGS) -fvisibility=hidden
dist_man_MANS += plugins/kubectl/galley-kubectl.7
