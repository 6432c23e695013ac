/* SPDX-License-Identifier: MIT */
#include "store/runs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/text.h"
#include "store/folder.h"

#define ALIVE_FILE "alive"
#define HOLD_MS    500

/* ---- folders ------------------------------------------------------------- */

/* GLib knows $XDG_STATE_HOME only since 2.72. */
char *
runs_state_folder (void)
{
  const char *named = g_getenv ("XDG_STATE_HOME");

  if (named != NULL && g_path_is_absolute (named))
    return g_build_filename (named, "galley", NULL);
  return g_build_filename (home_folder (), ".local", "state", "galley", NULL);
}

char *
runs_folder (const char *id)
{
  g_autofree char *state = runs_state_folder ();

  return g_build_filename (state, "runs", id, NULL);
}

/* Ours alone: who can write there could have us believe what is not so. */
static gboolean
make_private (const char *path, GError **error)
{
  struct stat info;
  const char *problem = NULL;

  if (!folder_make (path) || stat (path, &info) < 0)
    problem = g_strerror (errno);
  else if (!S_ISDIR (info.st_mode))
    problem = "it is not a folder";
  else if (info.st_uid != geteuid ())
    problem = "it belongs to somebody else";
  else if ((info.st_mode & 022) != 0)
    problem = "others may write to it (chmod go-w)";
  else if (access (path, W_OK | X_OK) < 0)
    problem = g_strerror (errno);
  if (problem != NULL)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD, "cannot keep records in \"%s\": %s", path, problem);
  return problem == NULL;
}

gboolean
runs_make_state_folder (GError **error)
{
  g_autofree char *state = runs_state_folder (), *runs = runs_folder (NULL);

  return make_private (state, error) && make_private (runs, error);
}

char *
runs_doubt (void)
{
  static const struct { guint32 type; const char *name; } shared[] = {
    { 0x6969, "NFS" }, { 0xff534d42, "CIFS" }, { 0xfe534d42, "SMB" }, { 0x517b, "SMB" }, { 0x5346414f, "AFS" },
  };
  g_autofree char *state = runs_state_folder ();
  struct statfs info = { 0 };     /* the type of none, should it not be told */

  statfs (state, &info);
  for (guint i = 0; i < G_N_ELEMENTS (shared); i++)
    if ((guint32) info.f_type == shared[i].type)
      return g_strdup_printf ("records and locks are kept in \"%s\", on %s, where they may not hold: set XDG_STATE_HOME to a"
                              " folder on a local disk", state, shared[i].name);
  return NULL;
}

/* They begin with the time. */
static gboolean
is_id (const char *name)
{
  return g_regex_match_simple ("^[0-9]{8}-[0-9]{6}-[0-9a-f]{6}$", name, 0, 0);
}

GPtrArray *
runs_list (void)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *folder = runs_folder (NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (is_id (name))
      g_ptr_array_add (ids, g_strdup (name));
  g_ptr_array_sort (ids, text_compare);
  return ids;
}

/* How many ids begin with NAME; *FOUND: the last of them. */
static guint
count_named (GPtrArray *ids, const char *name, const char **found)
{
  guint n = 0;

  for (guint i = 0; *name != '\0' && i < ids->len; i++)
    if (g_str_has_prefix (ids->pdata[i], name))
      {
        *found = ids->pdata[i];
        n++;
      }
  return n;
}

char *
runs_find (const char *name, GError **error)
{
  g_autoptr (GPtrArray) ids = runs_list ();
  const char *found = NULL;
  guint n;

  if (ids->len == 0)
    {
      g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, "there are no runs yet");
      return NULL;
    }
  if (name == NULL)
    return g_strdup (ids->pdata[ids->len - 1]);
  n = count_named (ids, name, &found);
  if (n == 1)
    return g_strdup (found);
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE,
               n == 0 ? "there is no run \"%s\": galley runs lists those there are"
                      : "more than one run begins with \"%s\": galley runs lists them", name);
  return NULL;
}

/* ---- under way ----------------------------------------------------------- */

static int
open_alive (const char *folder, int flags)
{
  g_autofree char *path = g_build_filename (folder, ALIVE_FILE, NULL);
  int fd = open (path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags, 0600);

  if (fd >= 0 && (flags & O_CREAT) != 0)
    fchmod (fd, 0600);
  return fd;
}

/* Who only looks, or prunes, holds it for a moment. */
static gboolean
hold (int fd)
{
  gint64 end_us = g_get_monotonic_time () + HOLD_MS * 1000;

  while (flock (fd, LOCK_EX | LOCK_NB) < 0)
    {
      if ((errno != EWOULDBLOCK && errno != EINTR) || g_get_monotonic_time () > end_us)
        return FALSE;
      g_usleep (10000);
    }
  return TRUE;
}

int
run_begin (const char *folder, GError **error)
{
  int fd = open_alive (folder, O_CREAT);

  if (fd >= 0 && hold (fd))
    return fd;
  if (fd >= 0 && errno == EWOULDBLOCK)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION, "another galley is at this run");
  else
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD, "the run's folder \"%s\": %s", folder, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}

gboolean
run_is_under_way (const char *folder)
{
  int fd = open_alive (folder, 0);
  gboolean held = fd >= 0 && flock (fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;

  if (fd >= 0)
    close (fd);
  return held;
}

/* ---- removing ------------------------------------------------------------ */

/* Only what galley puts into a run's folder: files, and folders of files. */
static void
remove_files (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      unlink (path);
    }
}

static void
remove_folder_of (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  remove_files (path);
  rmdir (path);
}

void
run_remove_private (const char *folder)
{
  remove_folder_of (folder, "private");
}

static void
remove_run (const char *folder)
{
  run_remove_private (folder);
  remove_folder_of (folder, "output");
  remove_files (folder);
  rmdir (folder);
}

/* A link, or anything else that is no folder, is not ours. */
static gboolean
look_at (const char *folder, gint64 now_us, gboolean *too_old)
{
  struct stat info;

  if (lstat (folder, &info) < 0 || !S_ISDIR (info.st_mode))
    return FALSE;
  *too_old = info.st_mtime < now_us / G_USEC_PER_SEC - RUNS_KEPT_DAYS * 24 * 3600;
  return TRUE;
}

void
run_empty_private (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "private", NULL);

  remove_files (path);
}

/* Nobody can begin it meanwhile: its lock is ours.  A folder without one is of
 * a run that begins just now, or of one that never did. */
static void
prune (const char *folder, gboolean too_many, gint64 now_us)
{
  gboolean too_old, remove;
  int fd;

  if (!look_at (folder, now_us, &too_old))
    return;
  remove = too_many || too_old;
  fd = open_alive (folder, remove ? O_CREAT : 0);
  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) == 0)
    {
      if (remove)
        remove_run (folder);
      else
        run_remove_private (folder);
    }
  if (fd >= 0)
    close (fd);
}

void
runs_prune (const char *current, gint64 now_us)
{
  g_autoptr (GPtrArray) ids = runs_list ();

  for (guint i = 0; i + 1 < ids->len; i++)
    {
      g_autofree char *folder = runs_folder (ids->pdata[i]);

      if (strcmp (ids->pdata[i], current) != 0)
        prune (folder, ids->len - i > RUNS_KEPT, now_us);
    }
}
