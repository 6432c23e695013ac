src_libgalley_core_la_SOURCES += \
	src/base/clock.c src/base/clock.h \
	src/base/errors.c src/base/errors.h \
	$(NULL)
src_libgalley_core_la_SOURCES += \
	src/base/strict-json.c src/base/strict-json.h \
	src/base/json-query.c src/base/json-query.h \
	src/base/text.c src/base/text.h \
	src/base/mask-json.c src/base/mask-json.h \
	src/base/mask.c src/base/mask-encodings.c src/base/mask-encodings.h src/base/mask.h \
	src/base/mask-automaton.c src/base/mask-automaton.h \
	src/base/placeholder.c src/base/placeholder.h \
	src/base/placeholder-find.c src/base/placeholder-find.h \
	src/base/placeholder-forms.c src/base/placeholder-forms.h \
	src/base/placeholder-name.c src/base/placeholder-name.h \
	$(NULL)
src_libgalley_core_la_SOURCES += \
	src/base/diagnostics.c src/base/diagnostics.h \
	src/base/yaml.c src/base/yaml.h src/base/yaml-json.c \
	src/base/yaml-text.c src/base/yaml-text.h \
	$(NULL)
