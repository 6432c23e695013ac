/* Secrets that nobody declared, in what a command says that may print such:
 * credentials, Secrets, the environment of pods, a release's values.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/placeholder.h"

/* Adds what looks like a secret in JSON, by the name it has, to PLACEHOLDERS,
 * but for what is part of OWN: what the step itself was given (may be NULL).
 * FALSE: TEXT is no JSON, or one word or number, and nobody knows what is in it. */
gboolean undeclared_find (const char *text, gsize len, const char *own, Placeholders *placeholders);
