/* A sink that keeps events in a run's record, where galley log finds them,
 * and with them how each step ended.  SPDX-License-Identifier: MIT */
#pragma once

#include "report/reporter.h"
#include "store/record.h"

/* RECORD is borrowed.  What it cannot write it does not tell:
 * record_failure does, and whoever runs steps has to ask that. */
Sink *record_sink_new (Record *record);
