src_libgalley_core_la_SOURCES += \
	src/plugin/elf-check.c src/plugin/elf-check.h \
	src/plugin/frame.c src/plugin/frame.h \
	src/plugin/surroundings.c src/plugin/surroundings.h src/plugin/host-side.c src/plugin/host-side.h \
	src/plugin/host.c src/plugin/host.h \
	src/plugin/plugin.c src/plugin/plugin.h \
	src/plugin/reads.c src/plugin/reads.h \
	src/plugin/registry.c src/plugin/registry.h \
	$(NULL)
