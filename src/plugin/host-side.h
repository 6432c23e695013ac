/* The life of a plugin host: a forked child of the core in which plugin
 * callbacks run, so that whatever they do to their process (crash, hang,
 * exit, setenv, close) stays there.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "plugin/registry.h"

/* Answers calls on FD until the core closes it.  Never returns. */
void host_side_serve (int fd, Registry *registry) G_GNUC_NORETURN;
