/* Which commands only read, by what a tool declares (struct galley_read).
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include "api/galley-plugin.h"

/* TRUE when ARGV (argv[0] is the tool's name and not a word) is a read of
 * TOOL, as described at struct galley_read.  What cannot be taken apart for
 * certain is not:
 * - an option of .value_options that is the last element;
 * - an option without "=" that is not one of them, before a word: many tools
 *   take the word for its value ("kubectl --all get delete pods" deletes);
 * - letters put together ("-Rf") of which the last takes a value: the next
 *   element would be it, or would not;
 * - an option of WITH that is there twice with another value ("--dry-run=server
 *   --dry-run=none": tools obey the last), or that is switched off ("=false");
 * - a WORDS that is no regular expression, and text that is not UTF-8.
 * "-" alone is a word.  Letters put together count for WITHOUT, not for WITH.
 */
gboolean reads_allow (const struct galley_tool *tool, const char *const *argv);
