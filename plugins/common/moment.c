/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L     /* localtime_r */
#include "moment.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

/* The number that the N digits at *AT are, and on; -1: they are not digits. */
static int
number (const char **at, int n)
{
  int value = 0;

  for (; n > 0; n--, (*at)++) {
    if (!isdigit ((unsigned char) **at))
      return -1;
    value = value * 10 + (**at - '0');
  }
  return value;
}

/* The same after one of MARKS. */
static int
next (const char **at, const char *marks, int n)
{
  if (**at == '\0' || strchr (marks, **at) == NULL)
    return -1;
  (*at)++;
  return number (at, n);
}

/* Days since 1970 of a day of the Gregorian calendar. */
static int64_t
days (int64_t year, int month, int day)
{
  int64_t before = month > 2 ? year : year - 1;      /* a year that begins in March */
  int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

  return before * 365 + before / 4 - before / 100 + before / 400 + of_year - 719468;
}

/* "Z", "+02:00" or " -0500 EST", in minutes; FALSE: nothing of that. */
static int
zone (const char *at, int *minutes)
{
  int sign, hours, rest;

  at += *at == ' ';
  *minutes = 0;
  if (*at == 'Z')
    return 1;
  sign = *at == '-' ? -1 : 1;
  if ((hours = next (&at, "+-", 2)) < 0)
    return 0;
  at += *at == ':';
  if ((rest = number (&at, 2)) < 0)
    return 0;
  *minutes = sign * (hours * 60 + rest);
  return 1;
}

int64_t
moment_ms (const char *text)
{
  const char *at = text;
  int year = number (&at, 4), month, day, hour, minute, second, offset, ms = 0;

  if (year < 1970 || (month = next (&at, "-", 2)) < 1 || month > 12 || (day = next (&at, "-", 2)) < 1 || day > 31
      || (hour = next (&at, " T", 2)) < 0 || (minute = next (&at, ":", 2)) < 0 || (second = next (&at, ":", 2)) < 0)
    return -1;
  if (*at == '.')
    for (int scale = 100, digit; (at++, digit = *at - '0') >= 0 && digit <= 9; scale /= 10)
      ms += digit * scale;
  if (!zone (at, &offset))
    return -1;
  return (((days (year, month, day) * 24 + hour) * 60 + minute - offset) * 60 + second) * 1000 + ms;
}

int
moment_is_ours (struct galley_call *call, const char *text)
{
  int64_t then = moment_ms (text);

  return call->host->abandoned (call) && then >= 0
         && then >= call->host->abandoned_since (call) - MOMENT_MARGIN_MS;
}

const char *
moment_shown (struct galley_call *call, const char *text)
{
  int64_t ms = moment_ms (text);
  time_t seconds = (time_t) (ms / 1000);
  struct tm tm;
  char shown[32];

  if (ms < 0 || localtime_r (&seconds, &tm) == NULL || strftime (shown, sizeof shown, "%Y-%m-%d %H:%M:%S", &tm) == 0)
    return text;
  return galley_printf (call, "%s", shown);
}
