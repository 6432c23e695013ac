noinst_PROGRAMS = tests/fakecli/fakecli
tests_fakecli_fakecli_SOURCES = \
	tests/fakecli/fake.h \
	tests/fakecli/actions.c \
	tests/fakecli/fakecli.c \
	tests/fakecli/record.c \
	tests/fakecli/scenario.c \
	$(NULL)
EXTRA_DIST += tests/fakecli/README.md
