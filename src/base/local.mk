src_libgalley_core_la_SOURCES += \
	src/base/errors.c src/base/errors.h \
	$(NULL)
