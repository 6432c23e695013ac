/* SPDX-License-Identifier: MIT */
#include "proc/reason.h"

#include <glib.h>
#include <string.h>

char *
reason_of_errno (int error_number)
{
  const char *text = strerrordesc_np (error_number);
  char *lower;

  if (text == NULL)
    return g_strdup_printf ("error %d", error_number);
  lower = g_strdup (text);
  if (g_ascii_isupper (lower[0]) && g_ascii_islower (lower[1]))   /* not of "RFS specific error" */
    lower[0] = g_ascii_tolower (lower[0]);
  return lower;
}
