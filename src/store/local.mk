src_libgalley_core_la_SOURCES += \
	src/store/database.c src/store/database.h \
	src/store/folder.c src/store/folder.h \
	src/store/history.c src/store/history.h \
	src/store/lock.c src/store/lock.h \
	src/store/record-sink.c src/store/record-sink.h \
	src/store/record.c src/store/record.h \
	src/store/runs.c src/store/runs.h \
	src/store/tally.c src/store/tally.h \
	$(NULL)
