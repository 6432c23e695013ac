src_libgalley_core_la_SOURCES += \
	src/proc/asked.c src/proc/asked.h \
	src/proc/capture.c src/proc/capture.h \
	src/proc/command.c src/proc/command.h \
	src/proc/disguise.c src/proc/disguise.h \
	src/proc/ending.c src/proc/inside.h \
	src/proc/kin.c src/proc/kin.h \
	src/proc/live.c \
	src/proc/look.c src/proc/look.h \
	src/proc/outcome.c \
	src/proc/places.c src/proc/places.h \
	src/proc/process.c src/proc/process.h \
	src/proc/procfs.c src/proc/procfs.h \
	src/proc/played.c \
	src/proc/reason.c src/proc/reason.h \
	src/proc/recorder.c src/proc/recorder.h \
	src/proc/recording.c src/proc/recording.h \
	src/proc/replay.c src/proc/replay.h \
	src/proc/spawn.c src/proc/spawn.h \
	src/proc/start-error.c \
	src/proc/streams.c \
	src/proc/supervisor.c \
	src/proc/tool.c src/proc/tool.h \
	src/proc/undeclared.c src/proc/undeclared.h \
	src/proc/world.c src/proc/world.h \
	$(NULL)
