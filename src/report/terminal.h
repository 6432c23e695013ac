/* The terminal sink, with its clock and its size in the caller's hands.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "report/reporter.h"

/* 0: ask the terminal. */
void terminal_sink_set_size (Sink *sink, guint columns, guint rows);
/* The sink's .tick, at a time (as Event.elapsed_ms). */
void terminal_sink_tick_at  (Sink *sink, gint64 elapsed_ms);
