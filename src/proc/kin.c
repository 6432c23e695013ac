/* SPDX-License-Identifier: MIT */
#include "proc/kin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NESTED_MAX 8            /* galleys inside galleys that a cookie names */

#define OWNER_NOBODY     G_MAXUINT64         /* cannot be told */
#define OWNER_GONE       (G_MAXUINT64 - 1)   /* a command that is over */
#define OWNER_BACKGROUND (G_MAXUINT64 - 2)
#define OWNER_STRANGER   (G_MAXUINT64 - 3)   /* no command's */

typedef struct {
  guint64     number;
  pid_t       leader;           /* 0: not yet */
  GHashTable *family;           /* pid -> start time as gint64; NULL: none seen */
} Member;

struct _Kin {
  GPtrArray  *members;          /* commands that run */
  guint64     last;
  GHashTable *adopted;          /* pids */
  GHashTable *sessions;         /* of us and of children that were there before us */
  GHashTable *background;       /* numbers of background commands that are over */
  GHashTable *background_sessions;
  char       *outer;            /* cookie of the command we run in ourselves, "" */
  char       *id;               /* of this process, in cookies */
};

static gboolean
set_has (GHashTable *set, pid_t pid)
{
  return g_hash_table_contains (set, GINT_TO_POINTER (pid));
}

static void
set_add (GHashTable *set, pid_t pid)
{
  g_hash_table_add (set, GINT_TO_POINTER (pid));
}

static GHashTable *
set_new (void)
{
  return g_hash_table_new (NULL, NULL);
}

static void
member_free (gpointer data)
{
  Member *member = data;

  g_clear_pointer (&member->family, g_hash_table_unref);
  g_free (member);
}

static GArray *
children_of (pid_t pid)
{
  GArray *pids = g_array_new (FALSE, FALSE, sizeof (pid_t));

  procfs_children (pid, pids);
  return pids;
}

static void
note_strangers (Kin *kin)
{
  g_autoptr (GArray) pids = children_of (getpid ());

  set_add (kin->sessions, getsid (0));
  for (guint i = 0; i < pids->len; i++) {
    pid_t pid = g_array_index (pids, pid_t, i);
    ProcessStat stat;

    set_add (kin->adopted, pid);
    if (procfs_stat (pid, &stat))
      set_add (kin->sessions, stat.session);
  }
}

/* A cookie of more than NESTED_MAX galleys loses its oldest part. */
static char *
outer_cookie (void)
{
  const char *outer = g_getenv (KIN_VARIABLE);
  guint parts = 0;

  if (outer == NULL)
    return g_strdup ("");
  for (const char *at = outer + strlen (outer); at > outer; at--)
    if (at[-1] == ':' && ++parts == NESTED_MAX - 1)
      return g_strdup (at);
  return g_strdup (outer);
}

Kin *
kin_new (void)
{
  Kin *kin = g_new0 (Kin, 1);

  kin->members = g_ptr_array_new_with_free_func (member_free);
  kin->adopted = set_new ();
  kin->sessions = set_new ();
  kin->background = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  kin->background_sessions = set_new ();
  kin->outer = outer_cookie ();
  kin->id = g_strdup_printf ("%d-%08x%08x", (int) getpid (), g_random_int (), g_random_int ());
  note_strangers (kin);
  return kin;
}

void
kin_free (Kin *kin)
{
  g_ptr_array_unref (kin->members);
  g_hash_table_unref (kin->adopted);
  g_hash_table_unref (kin->sessions);
  g_hash_table_unref (kin->background);
  g_hash_table_unref (kin->background_sessions);
  g_free (kin->outer);
  g_free (kin->id);
  g_free (kin);
}

static Member *
find_member (Kin *kin, guint64 number)
{
  for (guint i = 0; i < kin->members->len; i++) {
    Member *member = g_ptr_array_index (kin->members, i);

    if (member->number == number)
      return member;
  }
  return NULL;
}

static Member *
find_leader (Kin *kin, pid_t pid)
{
  for (guint i = 0; i < kin->members->len; i++) {
    Member *member = g_ptr_array_index (kin->members, i);

    if (member->leader == pid)
      return member;
  }
  return NULL;
}

guint64
kin_begin (Kin *kin)
{
  Member *member = g_new0 (Member, 1);

  member->number = ++kin->last;
  g_ptr_array_add (kin->members, member);
  return member->number;
}

char *
kin_cookie (Kin *kin, guint64 command)
{
  return g_strdup_printf (KIN_VARIABLE "=%s%s%s.%" G_GUINT64_FORMAT, kin->outer,
                          *kin->outer != '\0' ? ":" : "", kin->id, command);
}

void
kin_lead (Kin *kin, guint64 command, pid_t leader)
{
  Member *member = find_member (kin, command);

  if (member != NULL)
    member->leader = leader;
}

void
kin_end (Kin *kin, guint64 command, gboolean background)
{
  Member *member = find_member (kin, command);

  if (member == NULL)
    return;
  if (background && member->leader != 0) {
    guint64 *number = g_new (guint64, 1);

    *number = member->number;
    g_hash_table_add (kin->background, number);
    set_add (kin->background_sessions, member->leader);
  }
  g_ptr_array_remove_fast (kin->members, member);
}

void
kin_adopt (Kin *kin, pid_t pid)
{
  set_add (kin->adopted, pid);
}

void
kin_disown (Kin *kin, pid_t pid)
{
  g_hash_table_remove (kin->adopted, GINT_TO_POINTER (pid));
}

/* ---- who belongs to whom --------------------------------------------- */

static void
member_claim (Member *member, const ProcessStat *stat)
{
  gint64 *start = g_new (gint64, 1);

  if (member->family == NULL)
    member->family = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  *start = (gint64) stat->start;
  g_hash_table_replace (member->family, GINT_TO_POINTER (stat->pid), start);
}

void
kin_claim (Kin *kin, guint64 command, GArray *stats)
{
  Member *member = find_member (kin, command);

  for (guint i = 0; member != NULL && i < stats->len; i++)
    member_claim (member, &g_array_index (stats, ProcessStat, i));
}

void
kin_remember (Kin *kin, guint64 command, pid_t pid)
{
  g_autoptr (GArray) stats = g_array_new (FALSE, FALSE, sizeof (ProcessStat));
  ProcessStat stat;

  if (!procfs_stat (pid, &stat))
    return;
  g_array_append_val (stats, stat);
  procfs_descendants (stats);
  kin_claim (kin, command, stats);
}

/* The number our own part of a cookie names; 0: there is none. */
static guint64
cookie_number (Kin *kin, const char *cookie)
{
  g_auto (GStrv) parts = g_strsplit (cookie, ":", -1);
  gsize len = strlen (kin->id);

  for (guint i = 0; parts[i] != NULL; i++)
    if (strncmp (parts[i], kin->id, len) == 0 && parts[i][len] == '.')
      return g_ascii_strtoull (parts[i] + len + 1, NULL, 10);
  return 0;
}

static guint64
owner_by_cookie (Kin *kin, pid_t pid)
{
  g_autofree char *cookie = procfs_environ (pid, KIN_VARIABLE);
  guint64 number = cookie != NULL ? cookie_number (kin, cookie) : 0;

  if (number == 0)
    return OWNER_NOBODY;
  if (find_member (kin, number) != NULL)
    return number;
  return g_hash_table_contains (kin->background, &number) ? OWNER_BACKGROUND : OWNER_GONE;
}

static guint64
owner_by_family (Kin *kin, const ProcessStat *stat)
{
  for (guint i = 0; i < kin->members->len; i++) {
    Member *member = g_ptr_array_index (kin->members, i);
    const gint64 *start = member->family != NULL
                          ? g_hash_table_lookup (member->family, GINT_TO_POINTER (stat->pid)) : NULL;

    if (start != NULL && *start == (gint64) stat->start)
      return member->number;
  }
  return OWNER_NOBODY;
}

static guint64
owner_by_session (Kin *kin, const ProcessStat *stat)
{
  Member *member = find_leader (kin, stat->session);

  if (member != NULL)
    return member->number;
  return set_has (kin->background_sessions, stat->session) ? OWNER_BACKGROUND : OWNER_NOBODY;
}

static guint64
owner_of (Kin *kin, const ProcessStat *stat)
{
  guint64 owner;

  if (set_has (kin->sessions, stat->session))
    return OWNER_STRANGER;
  owner = owner_by_family (kin, stat);
  if (owner == OWNER_NOBODY)
    owner = owner_by_cookie (kin, stat->pid);
  if (owner == OWNER_NOBODY)
    owner = owner_by_session (kin, stat);
  return owner;
}

static gboolean
is_stray_of (Kin *kin, guint64 command, guint64 owner)
{
  switch (owner) {
    case OWNER_STRANGER:
    case OWNER_BACKGROUND:
      return FALSE;
    case OWNER_GONE:
      return TRUE;
    case OWNER_NOBODY:          /* may be what a background command left */
      return kin->members->len <= (command != 0 ? 1 : 0)
             && g_hash_table_size (kin->background) == 0;
    default:
      return command == 0 || owner == command;
  }
}

typedef struct {
  GArray  *found;               /* NULL: only reap */
  guint    reaped;
  gboolean blind;               /* not all could be seen */
} Look;

static void
look_at_child (Kin *kin, guint64 command, pid_t pid, Look *look)
{
  ProcessStat stat;

  if (find_leader (kin, pid) != NULL || set_has (kin->adopted, pid))
    return;
  if (!procfs_stat (pid, &stat))
    look->blind = look->blind || !procfs_is_gone (errno);
  else if (stat.state == 'Z' || stat.state == 'X')
    look->reaped += waitpid (pid, NULL, WNOHANG) == pid ? 1 : 0;
  else if (look->found != NULL && is_stray_of (kin, command, owner_of (kin, &stat)))
    g_array_append_val (look->found, stat);
}

/* That takes no descriptor, of which there may be none. */
static gboolean
has_children (void)
{
  siginfo_t info;

  return waitid (P_ALL, 0, &info, WEXITED | WNOWAIT | WNOHANG) == 0 || errno != ECHILD;
}

static void
look_at_children (Kin *kin, guint64 command, Look *look)
{
  g_autoptr (GArray) pids = g_array_new (FALSE, FALSE, sizeof (pid_t));

  look->reaped = 0;
  look->blind = has_children () && !procfs_children (getpid (), pids);
  for (guint i = 0; i < pids->len; i++)
    look_at_child (kin, command, g_array_index (pids, pid_t, i), look);
}

GArray *
kin_strays (Kin *kin, guint64 command)
{
  Look look = { g_array_new (FALSE, FALSE, sizeof (ProcessStat)), 0, FALSE };

  /* Who died between the list and the look may have left us its children. */
  do
    look_at_children (kin, command, &look);
  while (look.reaped > 0 && look.found->len == 0);
  if (look.blind && look.found->len == 0)
    g_array_unref (g_steal_pointer (&look.found));
  return look.found;
}

void
kin_reap (Kin *kin)
{
  Look look = { NULL, 0, FALSE };

  look_at_children (kin, 0, &look);
}
