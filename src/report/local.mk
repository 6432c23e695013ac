src_libgalley_core_la_SOURCES += \
	src/report/event.c src/report/event.h \
	src/report/output-lines.c src/report/output-lines.h \
	src/report/reporter.c src/report/reporter.h \
	src/report/writer.c src/report/writer.h \
	src/report/json-sink.c \
	src/report/transcript.c src/report/transcript.h \
	src/report/transcript-sink.c \
	src/report/width.c src/report/width.h \
	src/report/live.c src/report/live.h \
	src/report/summary.c src/report/summary.h \
	src/report/terminal.c src/report/terminal.h \
	$(NULL)
