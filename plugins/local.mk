plugin_flags = -module -avoid-version -shared -export-symbols-regex '^galley_plugin_entry$$'
if !SANITIZERS
plugin_flags += -Wl,-z,defs
endif
plugin_cppflags = -I$(top_srcdir)/src/api
# What more than one plugin uses.
moment_sources = plugins/common/moment.c plugins/common/moment.h
answer_sources = plugins/common/answer.c plugins/common/answer.h

include plugins/aws/local.mk
include plugins/eksctl/local.mk
include plugins/exec/local.mk
include plugins/helm/local.mk
include plugins/http/local.mk
include plugins/kubectl/local.mk
