/* For tests of the record: sqlite3 beside it, and copies that are damaged.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errors.h"
#include "recipe-testing.h"

#define assert_record_error(error, text) \
  G_STMT_START { \
    g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD); \
    g_assert_nonnull (strstr ((error)->message, text)); \
    g_clear_error (&(error)); \
  } G_STMT_END

/* What somebody does to PATH with sqlite3(1). */
static inline void
test_sql (const char *path, const char *sql)
{
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
}

/* The bits of PATH's mode, in octal as a text would show them. */
static inline guint
test_mode (const char *path)
{
  struct stat info;

  g_assert_cmpint (lstat (path, &info), ==, 0);
  return info.st_mode & 07777;
}

/* Descriptors; a test that begins and ends with as many has lost none. */
static inline guint
test_count_fds (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint count = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    count++;
  return count;
}

static inline void
test_write_bytes (const char *path, const char *bytes, gsize len)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, bytes, len), ==, (gssize) len);
  g_assert_cmpint (close (fd), ==, 0);
}
