src_libgalley_core_la_SOURCES += \
	src/store/lock.c src/store/lock.h \
	$(NULL)
