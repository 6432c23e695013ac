src_libgalley_core_la_SOURCES += \
	src/proc/capture.c src/proc/capture.h \
	src/proc/command.c src/proc/command.h \
	src/proc/ending.c src/proc/inside.h \
	src/proc/kin.c src/proc/kin.h \
	src/proc/outcome.c \
	src/proc/process.c src/proc/process.h \
	src/proc/procfs.c src/proc/procfs.h \
	src/proc/reason.c src/proc/reason.h \
	src/proc/spawn.c src/proc/spawn.h \
	src/proc/start-error.c \
	src/proc/streams.c \
	src/proc/supervisor.c \
	src/proc/tool.c src/proc/tool.h \
	$(NULL)
