/* The aws plugin on the tests' host.  SPDX-License-Identifier: MIT */
#include "fake-host.h"

static void
test_tables (void)
{
  g_autoptr(FakeHost) host = fake_host_new ("aws", "identity");

  fake_host_check_tables (host);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/aws/tables", test_tables);
  return g_test_run ();
}
