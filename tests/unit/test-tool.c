/* Finding tools, what they see of the environment, their versions.
 * SPDX-License-Identifier: MIT */
#include <sys/stat.h>

#include "base/errors.h"
#include "process-testing.h"
#include "proc/tool.h"

static void
make_tool (const char *folder, const char *name, int mode)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, "#!/bin/sh\n", -1, NULL));
  g_assert_cmpint (chmod (path, mode), ==, 0);
}

static void
assert_found (const char *name, const char *search_path, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *found = tool_find (name, search_path, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, expected);
}

static void
assert_not_found (const char *name, const char *search_path, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (tool_find (name, search_path, &error));
  g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_find (void)
{
  g_autoptr (Folder) a = folder_new ();
  g_autoptr (Folder) b = folder_new ();
  g_autofree char *in_a = g_build_filename (a, "tool", NULL);
  g_autofree char *in_b = g_build_filename (b, "tool", NULL);
  g_autofree char *both = g_strdup_printf ("%s:%s", a, b);
  g_autofree char *odd = g_strdup_printf (":.:bin::%s:/nonexistent:/etc/passwd:%s", b, a);

  make_tool (b, "tool", 0755);
  assert_found ("tool", both, in_b);
  make_tool (a, "tool", 0644);                  /* in the way, but cannot be run */
  assert_found ("tool", both, in_b);
  g_assert_cmpint (chmod (in_a, 0755), ==, 0);
  assert_found ("tool", both, in_a);
  assert_found ("tool", odd, in_b);
  assert_found (in_a, "/nonexistent", in_a);
}

static void
test_find_nothing (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autofree char *sub = g_build_filename (folder, "sub", NULL);
  g_autofree char *dangling = g_build_filename (folder, "dangling", NULL);
  g_autofree char *fifo = g_build_filename (folder, "fifo", NULL);
  g_autofree char *message = NULL;
  static const struct { const char *name, *wrong; } cases[] = {
    { "plain", "is not executable" }, { "sub", "is a folder" },
    { "dangling", "is a dangling link" }, { "fifo", "is not a file" },
  };

  make_tool (folder, "plain", 0644);
  g_assert_cmpint (mkdir (sub, 0755), ==, 0);
  g_assert_cmpint (symlink ("nowhere", dangling), ==, 0);
  g_assert_cmpint (mkfifo (fifo, 0755), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *instead = g_strdup_printf ("\"%s\" is not in PATH (%s); \"%s/%s\" %s",
                                                cases[i].name, folder, folder, cases[i].name, cases[i].wrong);
    g_autofree char *path = g_build_filename (folder, cases[i].name, NULL);
    g_autofree char *exact = g_strdup_printf ("\"%s\" %s", path, cases[i].wrong);

    assert_not_found (cases[i].name, folder, instead);
    assert_not_found (path, NULL, exact);
  }
  message = g_strdup_printf ("\"tool\" is not in PATH (%s)", folder);
  assert_not_found ("tool", folder, message);
  assert_not_found ("/nonexistent/tool", folder, "\"/nonexistent/tool\" does not exist");
  assert_not_found ("./plain", folder, "\"./plain\" is neither a name nor an absolute path");
  assert_not_found ("", folder, "a tool without a name");
  assert_not_found ("tool", "", "\"tool\" is not in PATH ()");
  g_assert_cmpint (rmdir (sub), ==, 0);
}

/* Never from the current folder. */
static void
test_find_here (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autofree char *old = g_get_current_dir ();

  make_tool (folder, "galley-test-tool", 0755);
  g_assert_cmpint (chdir (folder), ==, 0);
  assert_not_found ("galley-test-tool", ":", "\"galley-test-tool\" is not in PATH (:)");
  assert_not_found ("galley-test-tool", ".", "\"galley-test-tool\" is not in PATH (.)");
  g_assert_cmpint (chdir (old), ==, 0);
}

static void
test_find_in_ours (void)
{
  g_autofree char *old = g_strdup (g_getenv ("PATH"));

  g_setenv ("PATH", "/nonexistent:/bin", TRUE);
  assert_found ("sh", NULL, "/bin/sh");
  g_unsetenv ("PATH");
  assert_not_found ("sh", NULL, "cannot look for \"sh\": PATH is not set");
  g_setenv ("PATH", old, TRUE);
}

/* ---- environment ----------------------------------------------------- */

#define ALWAYS "LC_ALL=C.UTF-8\nNO_COLOR=1\nPAGER=cat\nTERM=dumb\n"

static void
assert_environment (const char *const *ours, const char *allow, GHashTable *extra, const char *expected)
{
  g_auto (GStrv) env = tool_environment (ours, allow, extra);
  g_autofree char *lines = g_strjoinv ("\n", env);
  g_autofree char *text = g_strconcat (lines, "\n", NULL);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_environment (void)
{
  const char *ours[] = {
    "PATH=/bin", "HOME=/h", "USER=u", "LOGNAME=l", "LANG=de_DE.UTF-8", "LC_ALL=de_DE", "LC_TIME=x",
    "LANGUAGE=de", "TZ=UTC", "TMPDIR=/t", "XDG_CACHE_HOME=/c", "SSL_CERT_FILE=/f", "SSL_KEY=no",
    "https_proxy=p", "NO_PROXY=n", "FOO=no", "AWS_PROFILE=no", "TERM=xterm", "NO_COLOR=", "PAGER=less",
    "PATHS=no", "MYPATH=no", NULL
  };

  assert_environment (ours, NULL, NULL,
    "HOME=/h\nLANG=de_DE.UTF-8\nLC_ALL=C.UTF-8\nLC_TIME=x\nLOGNAME=l\nNO_COLOR=1\nNO_PROXY=n\n"
    "PAGER=cat\nPATH=/bin\nSSL_CERT_FILE=/f\nTERM=dumb\nTMPDIR=/t\nTZ=UTC\nUSER=u\n"
    "XDG_CACHE_HOME=/c\nhttps_proxy=p\n");
  assert_environment (NULL, NULL, NULL, ALWAYS);
}

static void
test_environment_allow (void)
{
  const char *ours[] = { "AWS_PROFILE=p", "AWS_=e", "KUBECONFIG=/k", "KUBECONFIGS=no", "HELM_X=no", "Z=1", NULL };

  assert_environment (ours, "AWS_*|KUBECONFIG", NULL,
                      "AWS_=e\nAWS_PROFILE=p\nKUBECONFIG=/k\n" ALWAYS);
  assert_environment (ours, "K*CONF*G|*_X*|*Z*", NULL, "HELM_X=no\nKUBECONFIG=/k\n" ALWAYS "Z=1\n");
  assert_environment (ours, "", NULL, ALWAYS);
  assert_environment (ours, "Z|", NULL, ALWAYS "Z=1\n");
}

/* What makes a program run something else needs its full name. */
static void
test_environment_danger (void)
{
  const char *ours[] = {
    "LD_PRELOAD=/evil.so", "LD_LIBRARY_PATH=/l", "GLIBC_TUNABLES=t", "GCONV_PATH=/g", "BASH_ENV=/b",
    "ENV=/e", "PYTHONPATH=/p", "NODE_OPTIONS=n", "PERL5LIB=/p", "BASH_FUNC_ls%%=() { :; }", "SHELLOPTS=x",
    "OK=1", "F=() { :; }; id", "GALLEY_PROCESS=1", NULL
  };

  assert_environment (ours, "*", NULL, "LC_ALL=C.UTF-8\nNO_COLOR=1\nOK=1\nPAGER=cat\nTERM=dumb\n");
  assert_environment (ours, "*|LD_LIBRARY_PATH|PYTHON*", NULL, "LC_ALL=C.UTF-8\nLD_LIBRARY_PATH=/l\n"
                      "NO_COLOR=1\nOK=1\nPAGER=cat\nTERM=dumb\n");
}

static void
test_environment_odd (void)
{
  const char *ours[] = { "A=1", "A=2", "no equals", "=x", "", "B=", "C=x=y", "D=line\nbreak", NULL };

  assert_environment (ours, "*", NULL, "A=1\nB=\nC=x=y\nD=line\nbreak\n" ALWAYS);
}

static void
test_environment_extra (void)
{
  const char *ours[] = { "PATH=/bin", "HOME=/h", NULL };
  g_autoptr (GHashTable) extra = g_hash_table_new (g_str_hash, g_str_equal);

  g_hash_table_insert (extra, (gpointer) "PATH", (gpointer) "/mine");
  g_hash_table_insert (extra, (gpointer) "TERM", (gpointer) "xterm");
  g_hash_table_insert (extra, (gpointer) "LD_PRELOAD", (gpointer) "/asked.so");
  g_hash_table_insert (extra, (gpointer) "EMPTY", (gpointer) "");
  g_hash_table_insert (extra, (gpointer) "HOME", NULL);
  g_hash_table_insert (extra, (gpointer) "PAGER", NULL);
  assert_environment (ours, NULL, extra,
    "EMPTY=\nLC_ALL=C.UTF-8\nLD_PRELOAD=/asked.so\nNO_COLOR=1\nPATH=/mine\nTERM=xterm\n");
}

/* ---- versions -------------------------------------------------------- */

static void
test_parse_version (void)
{
  static const struct { const char *text, *regex, *version; } cases[] = {
    { "v3.12.0+gc9f554d\n", NULL, "3.12.0" },
    { "aws-cli/2.13.5 Python/3.11.4 Linux/6.1 exe/x86_64\n", NULL, "2.13.5" },
    { "0.150.0\n", NULL, "0.150.0" },
    { "Client Version: v1.28.2\nKustomize Version: v5.0.4\n", NULL, "1.28.2" },
    { "Client Version: v1.28.2\nKustomize Version: v5.0.4\n", "Kustomize Version: v([0-9.]+)", "5.0.4" },
    { "tool 7 (release 10.2)\n", NULL, "10.2" },
    { "tool 7\n", NULL, NULL },
    { "", NULL, NULL },
    { "1.2.3.4-rc.1", NULL, "1.2.3.4" },
    { "version 12", "version ([0-9]+)", "12" },
    { "version 12", "[0-9]+", "12" },
    { "version 12", "build ([0-9]+)", NULL },
    { "version 12", "version( [a-z])?", NULL },
    { "version 12", "(", NULL },
    { "\xff\xfe 1.5 \x80", NULL, "1.5" },
    { "warning\nv2.1", "^v([0-9.]+)$", "2.1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *version = tool_parse_version (cases[i].text, cases[i].regex);
    g_assert_cmpstr (version, ==, cases[i].version);
  }
}

static void
test_compare_versions (void)
{
  static const struct { const char *a, *b; int order; } cases[] = {
    { "1.2", "1.2", 0 }, { "1.2", "1.2.0", 0 }, { "1.2", "1.2.0.0", 0 }, { "1.2", "1.2.1", -1 },
    { "1.9", "1.10", -1 }, { "2", "1.99.99", 1 }, { "1.02", "1.2", 0 }, { "v1.2", "1.2", 0 },
    { "1.2.3-rc1", "1.2.3", 0 }, { "1.2.3+g1", "1.2.4", -1 }, { "", "", 0 }, { "", "0", 0 }, { "", "1", -1 },
    { "99999999999999999999999.1", "99999999999999999999998.9", 1 },
    { "18446744073709551616", "1", 1 }, { "0.0.0", "", 0 }, { "1.", "1.0", 0 }, { "1..2", "1", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_assert_cmpint (tool_compare_versions (cases[i].a, cases[i].b), ==, cases[i].order);
    g_assert_cmpint (tool_compare_versions (cases[i].b, cases[i].a), ==, -cases[i].order);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tool/find", test_find);
  g_test_add_func ("/tool/find-nothing", test_find_nothing);
  g_test_add_func ("/tool/find-here", test_find_here);
  g_test_add_func ("/tool/find-in-ours", test_find_in_ours);
  g_test_add_func ("/tool/environment", test_environment);
  g_test_add_func ("/tool/environment-allow", test_environment_allow);
  g_test_add_func ("/tool/environment-danger", test_environment_danger);
  g_test_add_func ("/tool/environment-odd", test_environment_odd);
  g_test_add_func ("/tool/environment-extra", test_environment_extra);
  g_test_add_func ("/tool/parse-version", test_parse_version);
  g_test_add_func ("/tool/compare-versions", test_compare_versions);
  return g_test_run ();
}
