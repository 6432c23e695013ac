/* What start-up cannot cost less than, for a program with GLib: `hello
 * --version`, by GOption.  SPDX-License-Identifier: MIT */
#include <locale.h>

#include <glib.h>

int
main (int argc, char **argv)
{
  gboolean version = FALSE;
  const GOptionEntry entries[] = {
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "print the version", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, NULL))
    return 64;
  if (version)
    g_print ("hello 1.0\n");
  return 0;
}
