src_libgalley_core_la_SOURCES += \
	src/base/errors.c src/base/errors.h \
	$(NULL)
src_libgalley_core_la_SOURCES += \
	src/base/strict-json.c src/base/strict-json.h \
	src/base/json-query.c src/base/json-query.h \
	src/base/text.c src/base/text.h \
	src/base/mask.c src/base/mask-encodings.c src/base/mask-encodings.h src/base/mask.h \
	$(NULL)
