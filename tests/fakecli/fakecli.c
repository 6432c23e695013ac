/* The one fake tool of the tests: does what FOLDER/NAME.fake says for the
 * arguments it got, and writes down what it was asked.  FOLDER and NAME are
 * those of the link it was started by.  See README.md beside this file.
 * SPDX-License-Identifier: MIT */
#include "fake.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* The name it was started by, a link in most cases, says who it plays. */
static void
who_am_i (Fake *fake)
{
  const char *path = (const char *) getauxval (AT_EXECFN);
  const char *folder = getenv ("FAKECLI_DIR");
  const char *slash = path != NULL ? strrchr (path, '/') : NULL;

  if (slash == NULL)
    broken ("started without a path");
  snprintf (fake->name, sizeof fake->name, "%s", slash + 1);
  if (folder != NULL)
    snprintf (fake->folder, sizeof fake->folder, "%s", folder);
  else
    snprintf (fake->folder, sizeof fake->folder, "%.*s", (int) (slash - path), path);
}

int
main (int argc, char **argv)
{
  static Fake fake;
  int block;

  if (argc < 1)
    broken ("started without a name");
  signal (SIGPIPE, SIG_IGN);
  who_am_i (&fake);
  read_scenario (&fake);
  check_actions (&fake);
  block = choose_block (&fake, argv + 1, argc - 1);
  record_call (&fake, argv);
  if (block < 0) {
    dprintf (STDERR_FILENO, "fakecli: %s: unexpected call, see %s\n", fake.name, fake.record);
    _exit (EXIT_UNEXPECTED);
  }
  signal (SIGPIPE, SIG_DFL);
  play (&fake, block);
  _exit (0);
}
