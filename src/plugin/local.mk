# sources of src/plugin
src_libgalley_core_la_SOURCES += \
	src/plugin/reads.c src/plugin/reads.h \
	$(NULL)
