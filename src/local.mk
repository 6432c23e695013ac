noinst_LTLIBRARIES += src/libgalley-core.la
src_libgalley_core_la_SOURCES =
src_libgalley_core_la_LIBADD = $(CORE_LIBS) -lm

include src/base/local.mk
include src/proc/local.mk
include src/report/local.mk
include src/recipe/local.mk
include src/plugin/local.mk
include src/store/local.mk
include src/engine/local.mk
include src/cli/local.mk
include src/http/local.mk

bin_PROGRAMS += galley
galley_SOURCES = src/cli/main.c
galley_CPPFLAGS = $(AM_CPPFLAGS) -DPLUGINDIR=\"$(plugindir)\" -DHELPERDIR=\"$(helperdir)\"
galley_LDADD = src/libgalley-core.la

include_HEADERS = src/api/galley-plugin.h
pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = src/galley.pc
