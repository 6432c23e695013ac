/* What goes into a command and comes out of it: bytes, all of them, and
 * bounded memory.  SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process-testing.h"
#include "proc/capture.h"

static Supervisor *
new_supervisor (void)
{
  return supervisor_new (NULL, 0);
}

static void
assert_bytes (const Run *run, ProcessStream stream, const char *bytes, gsize len)
{
  gsize size;
  const char *data = g_bytes_get_data (run->data[stream], &size);

  g_assert_cmpmem (data, size, bytes, len);
  g_assert_cmpmem (run->seen[stream]->str, run->seen[stream]->len, bytes, len);
  g_assert_cmpuint (run->total[stream], ==, len);
  g_assert_cmpuint (run->cut_at[stream], ==, 0);
}

/* ---- into it --------------------------------------------------------- */

static GBytes *
pattern (gsize len)
{
  char *data = g_malloc (len);

  for (gsize i = 0; i < len; i++)
    data[i] = (char) (i * 7 + (i >> 8) + (i >> 16));
  return g_bytes_new_take (data, len);
}

static void
test_no_input (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_command (supervisor, shell ("cat; readlink /proc/self/fd/0"));

  assert_output (run, PROCESS_STDOUT, "/dev/null\n");
}

static void
test_empty_input (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell ("cat; echo end");
  g_autoptr (Run) run = NULL;

  command->stdin_data = g_bytes_new (NULL, 0);
  run = run_command (supervisor, command);
  assert_output (run, PROCESS_STDOUT, "end\n");
}

/* Much on all three pipes at once: nobody waits for another. */
static void
test_three_ways (void)
{
  const gsize len = 5 * 1000 * 1000;
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell ("tee /dev/stderr");
  g_autoptr (GBytes) data = pattern (len);
  g_autoptr (Run) run = NULL;

  command->stdin_data = g_bytes_ref (data);
  command->keep = len;
  command->timeout_ms = 20000;
  run = run_command (supervisor, command);
  g_assert_cmpstr (run->described, ==, "exit 0");
  assert_bytes (run, PROCESS_STDOUT, g_bytes_get_data (data, NULL), len);
  assert_bytes (run, PROCESS_STDERR, g_bytes_get_data (data, NULL), len);
}

static void
test_input_not_read (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  static const char *const scripts[] = { "exit 3", "head -c 10 >/dev/null; exit 3",
                                         "exec <&-; sleep 0.05; exit 3" };

  for (guint i = 0; i < G_N_ELEMENTS (scripts); i++) {
    Command *command = shell (scripts[i]);
    g_autoptr (Run) run = NULL;

    command->stdin_data = pattern (1000 * 1000);
    run = run_command (supervisor, command);
    g_assert_cmpstr (run->described, ==, "exit 3");
  }
}

static void
test_input_read_late (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell ("sleep 0.1; cat | wc -c");
  g_autoptr (Run) run = NULL;

  command->stdin_data = pattern (300000);
  run = run_command (supervisor, command);
  assert_output (run, PROCESS_STDOUT, "300000\n");
}

/* ---- out of it ------------------------------------------------------- */

static void
test_odd_bytes (void)
{
  static const char bytes[] = "a\0b\xff\xc3\r\x1b]0;x\a\0";
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_command (supervisor,
    shell ("printf 'a\\000b\\377\\303\\r\\033]0;x\\007\\000'; printf no-newline >&2"));

  assert_bytes (run, PROCESS_STDOUT, bytes, sizeof bytes - 1);
  assert_bytes (run, PROCESS_STDERR, "no-newline", 10);
}

static void
test_byte_by_byte (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_command (supervisor,
    shell ("i=0; while [ $i -lt 2000 ]; do printf x; printf y >&2; i=$((i+1)); done"));
  g_autofree char *x = g_strnfill (2000, 'x');
  g_autofree char *y = g_strnfill (2000, 'y');

  assert_bytes (run, PROCESS_STDOUT, x, 2000);
  assert_bytes (run, PROCESS_STDERR, y, 2000);
}

/* No turn of the loop is spent on streams that are closed. */
static void
test_closed_early (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor, shell ("exec >&- 2>&-; sleep 0.4; exit 6"));
  guint turns = 0;

  for (; !run->done; turns++)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (run->described, ==, "exit 6");
  g_assert_cmpuint (turns, <, 100);    /* some 40 without pidfd */
  g_assert_cmpint (run->duration_ms, >=, 400);
}

typedef struct { gint64 worst; guint lines; gboolean done; } Starved;

static void
starved_output (Process *process, ProcessStream stream, const char *data, gsize len, gpointer user_data)
{
  Starved *starved = user_data;
  gint64 now = g_get_real_time ();

  if (stream != PROCESS_STDERR)
    return;
  starved->worst = MAX (starved->worst, now - g_ascii_strtoll (data, NULL, 10) / 1000);
  starved->lines++;
}

static void
starved_ended (Process *process, const ProcessResult *result, gpointer user_data)
{
  ((Starved *) user_data)->done = TRUE;
}

static void
test_not_starved (void)
{
  static const ProcessHandlers handlers = { starved_output, starved_ended, NULL };
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Starved starved = { 0 };

  process_start (supervisor, shell ("yes & for i in 1 2 3 4 5; do date +%s%N >&2; sleep 0.05; done;"
                                    "kill $!"), &handlers, &starved);
  while (!starved.done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (starved.lines, ==, 5);
  g_assert_cmpint (starved.worst, <, 500000);
}

/* ---- what is kept ---------------------------------------------------- */

/* The tool writes 0123456789 over and over. */
static Run *
run_digits (Supervisor *supervisor, gsize len, gsize keep, const char *spill)
{
  g_autofree char *script = g_strdup_printf ("yes 0123456789 | tr -d '\\n' | head -c %" G_GSIZE_FORMAT, len);
  Command *command = shell (script);

  command->keep = keep;
  command->spill = g_strdup (spill);
  return run_command (supervisor, command);
}

static void
assert_digits (const char *data, gsize len, guint64 first)
{
  for (gsize i = 0; i < len; i++)
    g_assert_cmpint (data[i], ==, (int) ('0' + (first + i) % 10));
}

static void
test_keep (void)
{
  static const gsize lengths[] = { 0, 1, 999, 1000, 1001, 1250, 1749, 1750, 1751, 2000, 70001, 3000003 };
  g_autoptr (Supervisor) supervisor = new_supervisor ();

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++) {
    gsize len = lengths[i], size;
    g_autoptr (Run) run = run_digits (supervisor, len, 1000, NULL);
    const char *data = g_bytes_get_data (run->data[PROCESS_STDOUT], &size);

    g_assert_cmpuint (run->total[PROCESS_STDOUT], ==, len);
    g_assert_cmpint (data[size], ==, '\0');
    g_assert_cmpuint (size, ==, MIN (len, 1000));
    g_assert_cmpuint (run->cut_at[PROCESS_STDOUT], ==, len > 1000 ? 250 : 0);
    assert_digits (data, MIN (size, 250), 0);
    if (size > 250)
      assert_digits (data + 250, size - 250, len - (size - 250));
    g_assert_null (run->spill[PROCESS_STDOUT]);
  }
}

static void
test_keep_default (void)
{
  static const gsize lengths[] = { (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 100 << 20 };
  g_autoptr (Supervisor) supervisor = new_supervisor ();

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++) {
    gsize len = lengths[i], size;
    g_autofree char *script = g_strdup_printf ("head -c %" G_GSIZE_FORMAT " /dev/zero; printf end >&2", len);
    g_autoptr (Run) run = g_new0 (Run, 1);
    struct rusage usage;

    process_start (supervisor, shell (script), &run_handlers, run);
    run_wait (run);
    g_bytes_get_data (run->data[PROCESS_STDOUT], &size);
    g_assert_cmpuint (size, ==, MIN (len, 1 << 20));
    g_assert_cmpuint (run->total[PROCESS_STDOUT], ==, len);
    g_assert_cmpuint (run->cut_at[PROCESS_STDOUT], ==, len > 1 << 20 ? 256 << 10 : 0);
    assert_output (run, PROCESS_STDERR, "end");
    getrusage (RUSAGE_SELF, &usage);
    if (g_getenv ("ASAN_OPTIONS") == NULL)
      g_test_message ("peak %ld KiB", usage.ru_maxrss);
  }
}

/* One line of 100 MB: nothing looks for its end. */
static void
test_long_line (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = g_new0 (Run, 1);

  process_start (supervisor, shell ("tr '\\0' x </dev/zero | head -c 100000000"), &run_handlers, run);
  run_wait (run);
  g_assert_cmpuint (run->total[PROCESS_STDOUT], ==, 100000000);
}

/* ---- the file -------------------------------------------------------- */

static char *
file_text (const char *path, gsize *len)
{
  char *text;

  g_assert_true (g_file_get_contents (path, &text, len, NULL));
  return text;
}

static void
test_spill (void)
{
  static const gsize lengths[] = { 1, 999, 1000, 1001, 65535, 65536, 65537, 200000 };
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++) {
    g_autofree char *base = g_strdup_printf ("%s/%u", folder, i);
    g_autofree char *path = g_strconcat (base, ".stdout", NULL);
    g_autofree char *other = g_strconcat (base, ".stderr", NULL);
    g_autoptr (Run) run = run_digits (supervisor, lengths[i], 1000, base);
    g_autofree char *text = NULL;
    struct stat info;
    gsize len;

    g_assert_false (g_file_test (other, G_FILE_TEST_EXISTS));
    g_assert_null (run->spill[PROCESS_STDERR]);
    g_assert_null (run->spill_error[PROCESS_STDOUT]);
    g_assert_cmpstr (run->spill[PROCESS_STDOUT], ==, path);
    text = file_text (path, &len);
    g_assert_cmpuint (len, ==, lengths[i]);
    assert_digits (text, len, 0);
    g_assert_cmpint (stat (path, &info), ==, 0);
    g_assert_cmpint (info.st_mode & 07777, ==, 0600);
  }
}

/* While the tool runs, others can read what it said. */
static void
test_spill_soon (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autofree char *base = g_build_filename (folder, "soon", NULL);
  g_autofree char *path = g_strconcat (base, ".stdout", NULL);
  g_autofree char *go = g_build_filename (folder, "go", NULL);
  Command *command = shell_in (folder, "printf hello; while [ ! -e go ]; do sleep 0.01; done; printf ' and bye'");
  gint64 until = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;
  g_autoptr (Run) run = NULL;
  g_autofree char *text = NULL;

  command->spill = g_strdup (base);
  run = run_start (supervisor, command);
  while (g_strcmp0 (text, "hello") != 0 && g_get_monotonic_time () < until) {
    g_clear_pointer (&text, g_free);
    g_main_context_iteration (NULL, FALSE);
    g_file_get_contents (path, &text, NULL, NULL);
  }
  g_assert_cmpstr (text, ==, "hello");
  g_assert_true (g_file_set_contents (go, "", 0, NULL));
  run_wait (run);
  g_free (text);
  text = file_text (path, NULL);
  g_assert_cmpstr (text, ==, "hello and bye");
}

/* What was said before everything stands still is there meanwhile. */
static void
test_spill_paused (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autofree char *base = g_build_filename (folder, "paused", NULL);
  g_autofree char *path = g_strconcat (base, ".stdout", NULL);
  Command *command = shell_in (folder, "echo ready; exec sleep 60");
  g_autoptr (Run) run = NULL;
  g_autofree char *text = NULL;

  command->spill = g_strdup (base);
  run = run_start (supervisor, command);
  run_wait_for (run, "ready");
  supervisor_pause (supervisor, TRUE);
  text = file_text (path, NULL);
  g_assert_cmpstr (text, ==, "ready\n");
  supervisor_pause (supervisor, FALSE);
  process_cancel (run->process, SIGTERM);
  run_wait (run);
  g_assert_cmpstr (run->described, ==, "cancelled (SIGTERM)");
}

static void
test_spill_exact (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autofree char *base = g_build_filename (folder, "spill", NULL);
  g_autofree char *copy_path = g_build_filename (folder, "copy", NULL);
  Command *command = shell_in (folder,
    "head -c 5000000 /dev/urandom | tee copy; head -c 3000000 /dev/urandom | tee copy2 >&2");
  g_autofree char *copy2_path = g_build_filename (folder, "copy2", NULL);
  const char *copies[2] = { copy_path, copy2_path };
  g_autoptr (Run) run = NULL;

  command->spill = g_strdup (base);
  run = run_command (supervisor, command);
  for (int i = 0; i < 2; i++) {
    gsize len, spill_len, size;
    g_autofree char *copy = file_text (copies[i], &len);
    g_autofree char *spill = file_text (run->spill[i], &spill_len);
    g_autofree char *sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guchar *) copy, len);
    g_autofree char *spill_sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guchar *) spill, spill_len);
    const char *data = g_bytes_get_data (run->data[i], &size);
    gsize cut = run->cut_at[i];

    g_assert_cmpuint (spill_len, ==, len);
    g_assert_cmpstr (spill_sum, ==, sum);
    g_assert_cmpmem (run->seen[i]->str, run->seen[i]->len, copy, len);
    g_assert_cmpmem (data, cut, copy, cut);
    g_assert_cmpmem (data + cut, size - cut, copy + len - (size - cut), size - cut);
  }
}

static void
test_spill_umask (void)
{
  static const mode_t masks[] = { 0, 0777 };
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();

  for (guint i = 0; i < G_N_ELEMENTS (masks); i++) {
    g_autofree char *base = g_strdup_printf ("%s/%u", folder, i);
    mode_t old = umask (masks[i]);
    g_autoptr (Run) run = run_digits (supervisor, 5000, 1000, base);
    struct stat info;

    umask (old);
    g_assert_cmpint (stat (run->spill[PROCESS_STDOUT], &info), ==, 0);
    g_assert_cmpint (info.st_mode & 07777, ==, 0600);
    g_assert_cmpint (info.st_size, ==, 5000);
  }
}

static void
assert_not_spilled (const char *base, const char *error)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_digits (supervisor, 50000, 1000, base);

  g_assert_cmpstr (run->described, ==, "exit 0");
  g_assert_cmpuint (run->total[PROCESS_STDOUT], ==, 50000);
  g_assert_null (run->spill[PROCESS_STDOUT]);
  g_assert_cmpstr (run->spill_error[PROCESS_STDOUT], ==, error);
}

/* Never through a link, never over what is there. */
static void
test_spill_refused (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autofree char *there = g_build_filename (folder, "there", NULL);
  g_autofree char *there_out = g_build_filename (folder, "there.stdout", NULL);
  g_autofree char *link_base = g_build_filename (folder, "link", NULL);
  g_autofree char *link_out = g_build_filename (folder, "link.stdout", NULL);
  g_autofree char *target = g_build_filename (folder, "target", NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_set_contents (there_out, "old", -1, NULL));
  g_assert_cmpint (symlink (target, link_out), ==, 0);
  assert_not_spilled (there, "cannot create the file: file exists");
  assert_not_spilled (link_base, "cannot create the file: file exists");
  assert_not_spilled ("/nonexistent/x", "cannot create the file: no such file or directory");
  text = file_text (there_out, NULL);
  g_assert_cmpstr (text, ==, "old");
  g_assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
}

/* ulimit -f: a write past it would kill us. */
static void
test_spill_file_limit (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autofree char *base = g_build_filename (folder, "spill", NULL);
  g_autofree char *text = NULL;
  g_autoptr (Run) run = NULL;
  struct rlimit old, small;
  gsize len;

  if (under_valgrind ()) {
    g_test_skip ("valgrind writes to files itself");
    return;
  }
  getrlimit (RLIMIT_FSIZE, &old);
  small = old;
  small.rlim_cur = 10000;
  setrlimit (RLIMIT_FSIZE, &small);
  run = run_digits (supervisor, 3000000, 1000, base);
  setrlimit (RLIMIT_FSIZE, &old);
  g_assert_cmpstr (run->described, ==, "exit 0");
  g_assert_cmpuint (run->total[PROCESS_STDOUT], ==, 3000000);
  g_assert_cmpstr (run->spill_error[PROCESS_STDOUT], ==, "stopped at 10000 bytes");
  text = file_text (run->spill[PROCESS_STDOUT], &len);
  g_assert_cmpuint (len, ==, 10000);
  assert_digits (text, len, 0);
}

typedef struct { gboolean done; guint lasts[2]; GString *held[2]; char *spill[2]; } Filtered;

/* Upper case, and one byte is always held back. */
static GBytes *
filter_up (Process *process, ProcessStream stream, const char *data, gsize len, gboolean last,
           gpointer user_data)
{
  Filtered *filtered = user_data;
  GString *held = filtered->held[stream];
  GBytes *bytes;
  gsize n;

  filtered->lasts[stream] += last ? 1 : 0;
  g_string_append_len (held, data, (gssize) len);
  n = last || held->len == 0 ? held->len : held->len - 1;
  bytes = g_bytes_new_take (g_ascii_strup (held->str, (gssize) n), n);
  g_string_erase (held, 0, (gssize) n);
  return bytes;
}

static void
filter_ended (Process *process, const ProcessResult *result, gpointer user_data)
{
  Filtered *filtered = user_data;

  for (int i = 0; i < 2; i++)
    filtered->spill[i] = g_strdup (result->output[i].spill);
  filtered->done = TRUE;
}

static void
test_spill_filter (void)
{
  static const ProcessHandlers handlers = { NULL, filter_ended, filter_up };
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell ("printf abcdefghij; sleep 0.02; printf klm; printf nop >&2");
  Filtered filtered = { .held = { g_string_new (NULL), g_string_new (NULL) } };
  g_autofree char *text = NULL;

  command->spill = g_build_filename (folder, "spill", NULL);
  command->keep = 10;
  process_start (supervisor, command, &handlers, &filtered);
  while (!filtered.done)
    g_main_context_iteration (NULL, TRUE);
  text = file_text (filtered.spill[PROCESS_STDOUT], NULL);
  g_assert_cmpstr (text, ==, "ABCDEFGHIJKLM");
  g_free (text);
  text = file_text (filtered.spill[PROCESS_STDERR], NULL);
  g_assert_cmpstr (text, ==, "NOP");
  g_assert_cmpuint (filtered.lasts[PROCESS_STDOUT], ==, 1);
  g_assert_cmpuint (filtered.lasts[PROCESS_STDERR], ==, 1);
  for (int i = 0; i < 2; i++) {
    g_string_free (filtered.held[i], TRUE);
    g_free (filtered.spill[i]);
  }
}

/* ---- Capture alone --------------------------------------------------- */

static void
test_spill_cap (void)
{
  static const gsize lengths[] = { 4999, 5000, 5001, 50000 };
  g_autoptr (Folder) folder = folder_new ();
  guint fds = count_fds ();

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++) {
    g_autofree char *path = g_strdup_printf ("%s/%u", folder, i);
    g_autofree char *zeros = g_malloc0 (lengths[i]);
    struct stat info;
    Capture capture;

    capture_init (&capture, 100, g_strdup (path));
    capture.spill_max = 5000;
    capture_add (&capture, zeros, lengths[i] / 2);
    capture_add (&capture, zeros, lengths[i] - lengths[i] / 2);
    capture_finish (&capture);
    capture_finish (&capture);
    g_assert_cmpint (stat (path, &info), ==, 0);
    g_assert_cmpint (info.st_size, ==, MIN (lengths[i], 5000));
    g_assert_cmpstr (capture.spill_error, ==, lengths[i] > 5000 ? "stopped at 5000 bytes" : NULL);
    g_assert_cmpuint (capture.total, ==, lengths[i]);
    g_assert_cmpuint (count_fds (), ==, fds);
    capture_clear (&capture);
  }
  g_assert_cmpuint (CAPTURE_SPILL_MAX, ==, 1073741824);
}

static void
test_spill_full (void)
{
  g_autoptr (Folder) folder = folder_new ();
  int full = open ("/dev/full", O_WRONLY | O_CLOEXEC);
  Capture capture;

  capture_init (&capture, 100, g_build_filename (folder, "spill", NULL));
  for (int i = 0; i < 11; i++)
    capture_add (&capture, "0123456789", 10);
  g_assert_cmpint (capture.spill_fd, >=, 0);
  dup2 (full, capture.spill_fd);
  close (full);
  for (int i = 0; i < 100; i++)
    capture_add (&capture, "0123456789", 10);
  g_assert_cmpstr (capture.spill_error, ==, "cannot write: no space left on device");
  g_assert_cmpint (capture.spill_fd, ==, -1);
  g_assert_cmpuint (capture.total, ==, 1110);
  capture_clear (&capture);
}

static void
spill_ten (gpointer path, gpointer problem)
{
  g_autofree char *text = NULL;
  Capture capture;

  capture_init (&capture, 100, g_strdup (path));
  capture_add (&capture, "0123456789", 10);
  capture_finish (&capture);
  g_assert_cmpstr (capture.spill_error, ==, problem);
  text = file_text (path, NULL);
  g_assert_cmpstr (text, ==, "0123456789");
}

/* What the disk has cannot be asked: it is written as far as it goes. */
static void
test_spill_unknown_disk (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autofree char *path = g_build_filename (folder, "spill", NULL);

  test_refused (SYS_fstatfs, ENOSYS, spill_ten, path);
}

static void
spill_unclosed (gpointer path, gpointer user_data)
{
  spill_ten (path, (gpointer) "cannot write: input/output error");
}

/* Some disks say so only then. */
static void
test_spill_close (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autofree char *path = g_build_filename (folder, "spill", NULL);

  test_refused (SYS_close, EIO, spill_unclosed, path);
}

/* A piece goes to the file at once; less waits for more. */
static void
test_spill_piece (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autofree char *zeros = g_malloc0 (65535);
  Capture capture;

  capture_init (&capture, 1000000, g_build_filename (folder, "spill", NULL));
  capture_add (&capture, zeros, 65535);
  g_assert_true (capture_waits (&capture));
  capture_add (&capture, zeros, 1);
  g_assert_false (capture_waits (&capture));
  g_assert_cmpuint (capture.spill_size, ==, 65536);
  capture_clear (&capture);
}

static void
test_spill_cleared (void)
{
  g_autoptr (Folder) folder = folder_new ();
  guint fds = count_fds ();
  Capture capture;

  capture_init (&capture, 5, g_build_filename (folder, "spill", NULL));
  capture_add (&capture, "0123456789", 10);
  g_assert_cmpuint (count_fds (), ==, fds + 1);
  capture_clear (&capture);
  g_assert_cmpuint (count_fds (), ==, fds);
}

/* Whatever the pieces, the result is that of the whole. */
static void
test_pieces (void)
{
  for (guint round = 0; round < 300; round++) {
    gsize len = (gsize) g_test_rand_int_range (0, 400000), keep = (gsize) g_test_rand_int_range (4, 300000);
    g_autoptr (GBytes) whole = pattern (len), kept = NULL;
    const char *data = g_bytes_get_data (whole, NULL);
    gsize at = 0, cut, size, n;
    const char *out;
    Capture capture;

    capture_init (&capture, keep, NULL);
    while (at < len) {
      gsize space = 256 * 1024;
      char *into = capture_space (&capture, &space);

      n = (gsize) g_test_rand_int_range (1, round % 2 != 0 ? 100000 : 3000);
      n = MIN (n, len - at);
      if (into != NULL && g_test_rand_bit ()) {
        n = MIN (n, space);
        memcpy (into, data + at, n);
        capture_took (&capture, into, n);
      } else {
        capture_took (&capture, data + at, n);
      }
      at += n;
    }
    g_assert_null (capture.spill_error);
    kept = capture_take (&capture, &cut);
    out = g_bytes_get_data (kept, &size);
    g_assert_cmpuint (size, ==, MIN (keep, len));
    g_assert_cmpuint (cut, ==, len > keep ? keep / 4 : 0);
    n = len > keep ? cut : size;
    g_assert_cmpmem (out, n, data, n);
    g_assert_cmpmem (out + n, size - n, data + len - (size - n), size - n);
    capture_clear (&capture);
  }
}

int
main (int argc, char **argv)
{
  process_test_init (&argc, &argv);
  g_test_add_func ("/process/output/no-input", test_no_input);
  g_test_add_func ("/process/output/empty-input", test_empty_input);
  g_test_add_func ("/process/output/three-ways", test_three_ways);
  g_test_add_func ("/process/output/input-not-read", test_input_not_read);
  g_test_add_func ("/process/output/input-read-late", test_input_read_late);
  g_test_add_func ("/process/output/odd-bytes", test_odd_bytes);
  g_test_add_func ("/process/output/byte-by-byte", test_byte_by_byte);
  g_test_add_func ("/process/output/closed-early", test_closed_early);
  g_test_add_func ("/process/output/not-starved", test_not_starved);
  g_test_add_func ("/process/output/keep", test_keep);
  g_test_add_func ("/process/output/keep-default", test_keep_default);
  g_test_add_func ("/process/output/long-line", test_long_line);
  g_test_add_func ("/process/output/spill", test_spill);
  g_test_add_func ("/process/output/spill-soon", test_spill_soon);
  g_test_add_func ("/process/output/spill-paused", test_spill_paused);
  g_test_add_func ("/process/output/spill-exact", test_spill_exact);
  g_test_add_func ("/process/output/spill-umask", test_spill_umask);
  g_test_add_func ("/process/output/spill-refused", test_spill_refused);
  g_test_add_func ("/process/output/spill-file-limit", test_spill_file_limit);
  g_test_add_func ("/process/output/spill-filter", test_spill_filter);
  g_test_add_func ("/process/output/spill-cap", test_spill_cap);
  g_test_add_func ("/process/output/spill-full", test_spill_full);
  g_test_add_func ("/process/output/spill-unknown-disk", test_spill_unknown_disk);
  g_test_add_func ("/process/output/spill-close", test_spill_close);
  g_test_add_func ("/process/output/spill-piece", test_spill_piece);
  g_test_add_func ("/process/output/spill-cleared", test_spill_cleared);
  g_test_add_func ("/process/output/pieces", test_pieces);
  return g_test_run ();
}
