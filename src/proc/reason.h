/* SPDX-License-Identifier: MIT */
#pragma once

/* What an errno says, in English and as the middle of a sentence:
 * "no such file or directory". */
char *reason_of_errno (int error_number);
