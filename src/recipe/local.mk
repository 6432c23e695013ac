src_libgalley_core_la_SOURCES += \
	src/recipe/check.c \
	src/recipe/condition.c src/recipe/condition.h \
	src/recipe/condition-parse.c src/recipe/condition-parse.h \
	src/recipe/definition.c src/recipe/definition.h \
	src/recipe/expression.h \
	src/recipe/graph.c src/recipe/graph.h \
	src/recipe/keys.h \
	src/recipe/load.c src/recipe/load.h \
	src/recipe/load-steps.c src/recipe/load-values.c src/recipe/load-vars.c \
	src/recipe/match.c src/recipe/match.h \
	src/recipe/read.c src/recipe/read.h \
	src/recipe/recipe.c src/recipe/recipe.h \
	src/recipe/reference.c src/recipe/reference.h \
	src/recipe/resolve.c \
	src/recipe/template.c src/recipe/template.h \
	src/recipe/vars.c src/recipe/vars.h \
	$(NULL)
