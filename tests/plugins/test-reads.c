/* What counts as a command that only reads.  SPDX-License-Identifier: MIT */
#include "plugin/reads.h"

static const struct galley_read kubectl_reads[] = {
  { "get [a-z.]+( [a-z0-9][a-z0-9.-]*)?", NULL, "-w --watch --raw" },
  { "apply", "--dry-run=server -f", "--prune --force" },
  { "rollout status [a-z0-9./-]+", "--watch=false", NULL },
  { "version|cluster-info", "--client", NULL },
  { "diff", "-F", NULL },
  { "show all", "-o=json", "-o=go-template" },
  { "a)|(delete .*", NULL, NULL },
  { "(broken", NULL, NULL },
  { NULL, NULL, NULL }
};

static const struct galley_tool kubectl = {
  .name = "kubectl",
  .value_options = "-n --namespace  -f --filename -o -L -name",
  .reads = kubectl_reads
};

static const struct galley_tool plain = { .name = "plain" };

static gboolean
allow (const struct galley_tool *tool, const char *line)
{
  g_auto(GStrv) argv = g_strsplit (line, "|", -1);

  return reads_allow (tool, (const char *const *) argv);
}

#define READS(line)  g_assert_true (allow (&kubectl, "kubectl|" line))
#define WRITES(line) g_assert_false (allow (&kubectl, "kubectl|" line))

static void
test_words (void)
{
  READS ("get|pods");
  READS ("get|pods|mysql-0");
  READS ("get pods");                   /* joined by one space is all that is looked at */
  READS ("version|--client");
  READS ("cluster-info|--client");
  WRITES ("get");
  WRITES ("get|pods|a|b");
  WRITES ("get|pods|");
  WRITES ("|get|pods");
  WRITES ("GET|pods");
  WRITES ("get|pods\n");
  WRITES ("get|pods\nx");
  WRITES ("get|po\nds");
  WRITES ("delete|pods");
  WRITES ("forget|pods");
  WRITES ("versions|--client");
  WRITES ("xcluster-info|--client");
  WRITES ("get|pods|-");                /* "-" is a word */
  g_assert_false (allow (&kubectl, "get|pods"));
}

static void
test_name_is_no_word (void)
{
  g_assert_true (allow (&kubectl, "anything|get|pods"));
  g_assert_true (allow (&kubectl, "--raw|get|pods"));
  g_assert_false (allow (&kubectl, "kubectl"));
}

static void
test_options_anywhere (void)
{
  READS ("--namespace=x|get|pods");
  READS ("get|-n|x|pods");
  READS ("get|pods|-n|x");
  READS ("get|pods|--unknown|--other=1");
  READS ("-o|json|get|-L|app|pods|x");
  READS ("get|pods|-n|-w");             /* the value of -n */
  READS ("get|pods|-n|--");
  READS ("get|pods|-n=x");
  WRITES ("--all|get|delete|x");        /* some tools: delete, since get is the value of --all */
  WRITES ("-x|get|delete");
  WRITES ("get|-A|pods");
  WRITES ("get|-AB|pods");
  WRITES ("get|pods|--unlisted|-");     /* "-" may be a value too */
  READS ("get|--|pods|x");
  READS ("get|pods|--unlisted|--|x");
  WRITES ("get|pods|--unlisted|value|x");
  WRITES ("get|pods|-n=x|y|z");         /* "-n=x" takes no next element */
}

static void
test_without (void)
{
  WRITES ("get|pods|-w");
  WRITES ("-w|get|pods");
  WRITES ("get|pods|--watch");
  WRITES ("get|pods|--watch=true");
  WRITES ("get|pods|--watch=false");    /* with or without a value */
  WRITES ("get|pods|-w=true");
  WRITES ("get|pods|--raw=/x");
  WRITES ("get|pods|-Aw");
  WRITES ("get|pods|-wA");
  WRITES ("get|pods|-Aw=true");
  READS ("get|pods|-A");
  READS ("get|pods|-Lw");               /* the value of -L */
  READS ("get|pods|-nweb");
  READS ("get|pods|--watchful");
  READS ("show|all|-o=json");
  WRITES ("show|all|-o=json|-o=go-template");
  WRITES ("show|all|-o|go-template|-o|json");
}

static void
test_with (void)
{
  READS ("apply|--dry-run=server|-f|x.yaml");
  READS ("apply|-f=x.yaml|--dry-run=server");
  READS ("--dry-run=server|-f|x|apply");
  READS ("rollout|status|deployment/x|--watch=false");
  READS ("show|all|-o|json");
  WRITES ("apply|-f|x.yaml");
  WRITES ("apply|--dry-run=server");
  WRITES ("apply|--dry-run|-f|x");
  WRITES ("apply|--dry-run=|-f|x");
  WRITES ("apply|--dry-run=none|-f|x");
  WRITES ("apply|--dry-run=client|-f|x");
  WRITES ("apply|--dry-run=server2|-f|x");
  WRITES ("apply|--dry-run=Server|-f|x");
  WRITES ("apply|--dry-run|server|-f|x");
  WRITES ("apply|--dry-run=server|-f|x|--prune");
  WRITES ("apply|--dry-run=server|-f|x|--force=true");
  WRITES ("apply|--filename=x|--dry-run=server");      /* -f is what was asked for */
  WRITES ("rollout|status|deployment/x|--watch=true");
  WRITES ("rollout|status|deployment/x");
  WRITES ("show|all|-ojson");           /* letters put together do not count */
  WRITES ("show|all|-Ao=json");
  WRITES ("show|all|-Aojson");
  WRITES ("diff|-AF");
  READS ("diff|-F");
  READS ("diff|-A|-F");
}

static void
test_value_that_looks_like_an_option (void)
{
  WRITES ("apply|-f|--dry-run=server");
  WRITES ("apply|-f|x|-n|--dry-run=server");
  WRITES ("apply|-f|x|-o|--dry-run=server");
  WRITES ("apply|--namespace|--dry-run=server|-f|x");
  WRITES ("apply|-name|--dry-run=server|-f|x");
  WRITES ("apply|-Rf|--dry-run=server");
  WRITES ("apply|-f|x|-RA|-Rf|--dry-run=server");
  WRITES ("apply|-f|x|-Rn|--dry-run=server");
  WRITES ("apply|-Rf|--dry-run=server|--dry-run=server|-f|x");   /* not certain: refused */
  READS ("apply|-Rfx|--dry-run=server|-f|x");
  READS ("apply|-Rf=x|--dry-run=server|-f|x");
  WRITES ("apply|--dry-run=server|-f");                /* its value is missing */
  WRITES ("get|pods|-n");
}

static void
test_after_two_dashes (void)
{
  WRITES ("apply|-f|x|--|--dry-run=server");
  WRITES ("apply|--|-f|x|--dry-run=server");
  WRITES ("--|apply|--dry-run=server|-f|x");
  WRITES ("version|--|--client");
  READS ("--|get|pods");
  READS ("get|--|pods");
  WRITES ("get|--|pods|--");
  WRITES ("get|--|--|pods");
  WRITES ("get|pods|--|-w");
}

static void
test_last_one_wins (void)
{
  READS ("apply|--dry-run=server|--dry-run=server|-f|x");
  WRITES ("apply|--dry-run=server|--dry-run=none|-f|x");
  WRITES ("apply|--dry-run=none|--dry-run=server|-f|x");
  WRITES ("apply|--dry-run=server|--dry-run|-f|x");
  WRITES ("show|all|-o=json|-oyaml");
  WRITES ("version|--client|--client=false");
  WRITES ("version|--client=FALSE");
  WRITES ("version|--client=0");
  WRITES ("version|--client=none");
  READS ("version|--client=true");
}

static void
test_bad_declarations (void)
{
  WRITES ("delete|x");                  /* "a)|(delete .*" must not get out of its group */
  WRITES ("a");
  WRITES ("(broken");
  g_assert_false (allow (&plain, "plain|get|pods"));
  g_assert_false (reads_allow (&kubectl, NULL));
  g_assert_false (reads_allow (&kubectl, (const char *const[]) { NULL }));
}

static void
test_bytes (void)
{
  static const struct galley_read any[] = { { ".*", NULL, NULL }, { NULL, NULL, NULL } };
  const struct galley_tool tool = { .name = "t", .reads = any };

  g_assert_true (allow (&tool, "t"));
  g_assert_true (allow (&tool, "t|ä"));
  g_assert_false (allow (&tool, "t|\xff"));
  g_assert_false (allow (&tool, "t|--x=\xff"));
  g_assert_false (allow (&tool, "t|a\nb"));   /* "." is not a line's end */
}

static void
test_long (void)
{
  g_autoptr(GPtrArray) argv = g_ptr_array_new ();

  g_ptr_array_add (argv, (char *) "kubectl");
  for (guint i = 0; i < 10000; i++)
    g_ptr_array_add (argv, (char *) "--label=x");
  g_ptr_array_add (argv, (char *) "get");
  g_ptr_array_add (argv, (char *) "pods");
  g_ptr_array_add (argv, NULL);
  g_assert_true (reads_allow (&kubectl, (const char *const *) argv->pdata));
  argv->pdata[9999] = (char *) "--watch";
  g_assert_false (reads_allow (&kubectl, (const char *const *) argv->pdata));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reads/words", test_words);
  g_test_add_func ("/reads/name-is-no-word", test_name_is_no_word);
  g_test_add_func ("/reads/options-anywhere", test_options_anywhere);
  g_test_add_func ("/reads/without", test_without);
  g_test_add_func ("/reads/with", test_with);
  g_test_add_func ("/reads/value-that-looks-like-an-option", test_value_that_looks_like_an_option);
  g_test_add_func ("/reads/after-two-dashes", test_after_two_dashes);
  g_test_add_func ("/reads/last-one-wins", test_last_one_wins);
  g_test_add_func ("/reads/bad-declarations", test_bad_declarations);
  g_test_add_func ("/reads/bytes", test_bytes);
  g_test_add_func ("/reads/long", test_long);
  return g_test_run ();
}
