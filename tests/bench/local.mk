# Figures, not tests: nothing here is built or run by make check.  Parts, by
# BENCH='steps start' (these two without it) and BENCH=lab: see tests/bench/bench.
EXTRA_PROGRAMS += tests/bench/floor tests/bench/hello
tests_bench_floor_SOURCES = tests/bench/floor.c
tests_bench_hello_SOURCES = tests/bench/hello.c
tests_bench_hello_LDADD = -lglib-2.0
EXTRA_DIST += tests/bench/bench tests/bench/compared tests/bench/peers tests/bench/requirements.txt \
	tests/bench/lab tests/bench/wandb-eks-playbook.yaml

bench: all tests/bench/floor$(EXEEXT) tests/bench/hello$(EXEEXT)
	python3 $(srcdir)/tests/bench/bench $(abs_top_builddir) $(BENCH)
# Is what README.md says of others true?
compared:
	$(srcdir)/tests/bench/compared
.PHONY: bench compared
