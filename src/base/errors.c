/* SPDX-License-Identifier: MIT */
#include "base/errors.h"

G_DEFINE_QUARK (galley-error-quark, galley_error)
