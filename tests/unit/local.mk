# tests/unit

check_PROGRAMS += tests/unit/test-process tests/unit/test-process-start \
	tests/unit/test-process-tree tests/unit/test-process-kin tests/unit/test-process-output \
	tests/unit/test-tool tests/unit/test-command
tests_unit_test_tool_SOURCES = tests/unit/test-tool.c tests/unit/process-testing.h
tests_unit_test_tool_LDADD = src/libgalley-core.la
tests_unit_test_command_SOURCES = tests/unit/test-command.c tests/unit/process-testing.h
tests_unit_test_command_LDADD = src/libgalley-core.la
tests_unit_test_process_SOURCES = tests/unit/test-process.c tests/unit/process-testing.h
tests_unit_test_process_LDADD = src/libgalley-core.la
tests_unit_test_process_start_SOURCES = tests/unit/test-process-start.c tests/unit/process-testing.h
tests_unit_test_process_start_LDADD = src/libgalley-core.la
tests_unit_test_process_tree_SOURCES = tests/unit/test-process-tree.c tests/unit/process-testing.h
tests_unit_test_process_tree_LDADD = src/libgalley-core.la
tests_unit_test_process_kin_SOURCES = tests/unit/test-process-kin.c tests/unit/process-testing.h
tests_unit_test_process_kin_LDADD = src/libgalley-core.la
tests_unit_test_process_output_SOURCES = tests/unit/test-process-output.c tests/unit/process-testing.h
tests_unit_test_process_output_LDADD = src/libgalley-core.la
EXTRA_DIST += tests/unit/refuse.h
EXTRA_PROGRAMS = tests/unit/bench-process
tests_unit_bench_process_SOURCES = tests/unit/bench-process.c tests/unit/process-testing.h
tests_unit_bench_process_LDADD = src/libgalley-core.la

check_PROGRAMS += tests/unit/test-json tests/unit/test-text tests/unit/test-mask tests/unit/test-placeholder
tests_unit_test_json_SOURCES = tests/unit/test-json.c
tests_unit_test_json_LDADD = src/libgalley-core.la
tests_unit_test_text_SOURCES = tests/unit/test-text.c
tests_unit_test_text_LDADD = src/libgalley-core.la
tests_unit_test_mask_SOURCES = tests/unit/test-mask.c
tests_unit_test_mask_LDADD = src/libgalley-core.la
tests_unit_test_placeholder_SOURCES = tests/unit/test-placeholder.c
tests_unit_test_placeholder_LDADD = src/libgalley-core.la
shell_tests += tests/unit/test-galley-http.t
EXTRA_DIST += tests/unit/test-galley-http.py

check_PROGRAMS += tests/unit/test-event tests/unit/test-reporter
tests_unit_test_event_SOURCES = tests/unit/test-event.c
tests_unit_test_event_LDADD = src/libgalley-core.la
tests_unit_test_reporter_SOURCES = tests/unit/test-reporter.c
tests_unit_test_reporter_LDADD = src/libgalley-core.la

check_PROGRAMS += tests/unit/test-transcript tests/unit/test-terminal
tests_unit_test_transcript_SOURCES = tests/unit/test-transcript.c
tests_unit_test_transcript_LDADD = src/libgalley-core.la
tests_unit_test_terminal_SOURCES = tests/unit/test-terminal.c
tests_unit_test_terminal_LDADD = src/libgalley-core.la
check_PROGRAMS += tests/unit/test-diagnostics tests/unit/test-yaml
tests_unit_test_diagnostics_SOURCES = tests/unit/test-diagnostics.c
tests_unit_test_diagnostics_LDADD = src/libgalley-core.la
tests_unit_test_yaml_SOURCES = tests/unit/test-yaml.c tests/unit/recipe-testing.h
tests_unit_test_yaml_LDADD = src/libgalley-core.la
check_PROGRAMS += tests/unit/test-expression
tests_unit_test_expression_SOURCES = tests/unit/test-expression.c tests/unit/recipe-testing.h
tests_unit_test_expression_LDADD = src/libgalley-core.la
check_PROGRAMS += tests/unit/test-recipe
tests_unit_test_recipe_SOURCES = tests/unit/test-recipe.c tests/unit/recipe-testing.h
tests_unit_test_recipe_LDADD = src/libgalley-core.la
check_PROGRAMS += tests/unit/test-vars
tests_unit_test_vars_SOURCES = tests/unit/test-vars.c tests/unit/recipe-testing.h
tests_unit_test_vars_LDADD = src/libgalley-core.la
EXTRA_DIST += tests/recipes

check_PROGRAMS += tests/unit/test-frame tests/unit/test-registry tests/unit/test-values
tests_unit_test_frame_SOURCES = tests/unit/test-frame.c
tests_unit_test_frame_LDADD = src/libgalley-core.la
tests_unit_test_registry_SOURCES = tests/unit/test-registry.c
tests_unit_test_registry_LDADD = src/libgalley-core.la
tests_unit_test_values_SOURCES = tests/unit/test-values.c
tests_unit_test_values_LDADD = src/libgalley-core.la

check_PROGRAMS += tests/unit/test-database tests/unit/test-record tests/unit/test-runs tests/unit/test-lock
tests_unit_test_database_SOURCES = tests/unit/test-database.c tests/unit/record-testing.h
tests_unit_test_database_LDADD = src/libgalley-core.la
tests_unit_test_record_SOURCES = tests/unit/test-record.c tests/unit/record-testing.h
tests_unit_test_record_LDADD = src/libgalley-core.la
tests_unit_test_runs_SOURCES = tests/unit/test-runs.c tests/unit/record-testing.h
tests_unit_test_runs_LDADD = src/libgalley-core.la
tests_unit_test_lock_SOURCES = tests/unit/test-lock.c tests/unit/record-testing.h
tests_unit_test_lock_LDADD = src/libgalley-core.la

check_PROGRAMS += tests/unit/test-definition
tests_unit_test_definition_SOURCES = tests/unit/test-definition.c
tests_unit_test_definition_LDADD = src/libgalley-core.la

check_PROGRAMS += tests/unit/test-clock tests/unit/test-places tests/unit/test-recording tests/unit/test-world
tests_unit_test_clock_SOURCES = tests/unit/test-clock.c
tests_unit_test_clock_LDADD = src/libgalley-core.la
tests_unit_test_places_SOURCES = tests/unit/test-places.c
tests_unit_test_places_LDADD = src/libgalley-core.la
tests_unit_test_recording_SOURCES = tests/unit/test-recording.c
tests_unit_test_recording_LDADD = src/libgalley-core.la
tests_unit_test_world_SOURCES = tests/unit/test-world.c
tests_unit_test_world_LDADD = src/libgalley-core.la
