# Not built by make check: needs clang's libFuzzer; see the file.
EXTRA_PROGRAMS += tests/fuzz/fuzz-recipe
tests_fuzz_fuzz_recipe_SOURCES = tests/fuzz/fuzz-recipe.c
tests_fuzz_fuzz_recipe_LDADD = src/libgalley-core.la
tests_fuzz_fuzz_recipe_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
