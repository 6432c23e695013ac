/* The one error domain of the core.  Messages: lower case, no full stop,
 * names quoted with typewriter quotes.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#define GALLEY_ERROR (galley_error_quark ())
GQuark galley_error_quark (void);

typedef enum {
  GALLEY_ERROR_FAILED = 1,      /* a step failed                 exit 1  */
  GALLEY_ERROR_RECIPE,          /* the recipe is not valid       exit 3  */
  GALLEY_ERROR_PRECONDITION,    /* tool, credential, plugin, lock missing  exit 4 */
  GALLEY_ERROR_RECORD,          /* record damaged or unwritable  exit 5  */
  GALLEY_ERROR_USAGE,           /* wrong command line            exit 64 */
} GalleyErrorCode;
