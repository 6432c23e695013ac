/* Between the files of the http plugin.  SPDX-License-Identifier: MIT */
#ifndef HTTP_H
#define HTTP_H

#include "galley-plugin.h"

int http_get  (struct galley_call *call);
int http_wait (struct galley_call *call);

#endif
