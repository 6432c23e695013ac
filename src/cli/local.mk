src_libgalley_core_la_SOURCES += \
	src/cli/check.c \
	src/cli/command.c src/cli/command.h \
	src/cli/completion.c \
	src/cli/execute.c src/cli/execute.h \
	src/cli/locks.c src/cli/locks.h \
	src/cli/recording.c src/cli/recording.h \
	src/cli/resume.c \
	src/cli/log.c \
	src/cli/past.c src/cli/past.h \
	src/cli/playback.c src/cli/playback.h \
	src/cli/runs.c \
	src/cli/why.c \
	src/cli/doctor.c \
	src/cli/plugin.c \
	src/cli/credentials.c src/cli/credentials.h \
	src/cli/question.c src/cli/question.h \
	src/cli/signals.c src/cli/signals.h \
	src/cli/run.c \
	src/cli/session.c src/cli/session.h \
	src/cli/show.c \
	src/cli/terminal-state.c src/cli/terminal-state.h \
	$(NULL)

# For the package bash-completion, where that is installed.
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = src/cli/completions/galley
