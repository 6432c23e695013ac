src_libgalley_core_la_SOURCES += \
	src/engine/bind.c \
	src/engine/call.c \
	src/engine/interrupt.c \
	src/engine/given.c \
	src/engine/judge.c \
	src/engine/keep.c src/engine/keep.h \
	src/engine/failure.c src/engine/life.c src/engine/life.h \
	src/engine/order.c src/engine/order.h \
	src/engine/outputs.c \
	src/engine/prove.c src/engine/prove.h \
	src/engine/recall.c src/engine/recall.h \
	src/engine/run.c src/engine/run.h \
	src/engine/private-file.c \
	src/engine/run-step.c src/engine/run-step.h \
	src/engine/scope.c src/engine/scope.h \
	src/engine/toolbox.c src/engine/toolbox.h \
	src/engine/values.c src/engine/values.h \
	$(NULL)
