/* SPDX-License-Identifier: MIT */
#include "proc/replay.h"

#include <string.h>

#include "base/text.h"

struct _Replay {
  Recording  *recording;
  GHashTable *calls;              /* caller -> GQueue of RecordedCall*, borrowed */
  GHashTable *looks;              /* caller and kind -> GQueue of RecordedLook*, borrowed */
};

static void
add (GHashTable *queues, char *key, gpointer recorded)
{
  GQueue *queue = g_hash_table_lookup (queues, key);

  if (queue == NULL)
    g_hash_table_insert (queues, g_strdup (key), queue = g_queue_new ());
  g_queue_push_tail (queue, recorded);
  g_free (key);
}

static gpointer
take (GHashTable *queues, const char *key)
{
  GQueue *queue = g_hash_table_lookup (queues, key);

  return queue != NULL ? g_queue_pop_head (queue) : NULL;
}

static char *
look_key (const char *caller, LookKind kind)
{
  return g_strdup_printf ("%s %s", caller, look_kind_name (kind));
}

static void
free_queue (gpointer queue)
{
  g_queue_free (queue);
}

Replay *
replay_new (Recording *recording)
{
  Replay *replay = g_new0 (Replay, 1);

  replay->recording = recording;
  replay->calls = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_queue);
  replay->looks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_queue);
  for (guint i = 0; i < recording->calls->len; i++)
    add (replay->calls, g_strdup (((RecordedCall *) recording->calls->pdata[i])->asked.caller), recording->calls->pdata[i]);
  for (guint i = 0; i < recording->looks->len; i++)
    {
      RecordedLook *look = recording->looks->pdata[i];

      add (replay->looks, look_key (look->caller, look->kind), look);
    }
  return replay;
}

void
replay_free (Replay *replay)
{
  if (replay == NULL)
    return;
  g_hash_table_unref (replay->calls);
  g_hash_table_unref (replay->looks);
  recording_free (replay->recording);
  g_free (replay);
}

const Recording *
replay_recording (const Replay *replay)
{
  return replay->recording;
}

const RecordedCall *
replay_call (Replay *replay, const Asked *asked, char **problem)
{
  const RecordedCall *call = take (replay->calls, asked->caller);
  g_autofree char *then = NULL, *difference = NULL;

  if (call == NULL && !replay->recording->done)
    return NULL;
  if (call == NULL)
    {
      *problem = g_strdup_printf ("departs from the recording, which has no further command of \"%s\"", asked->caller);
      return NULL;
    }
  difference = asked_difference (&call->asked, asked);
  if (difference == NULL)
    return call;
  then = shell_quote_argv ((const char *const *) call->asked.argv);
  *problem = g_strdup_printf ("departs from the recording: %s; recorded is: %s", difference, then);
  return NULL;
}

static gboolean
is_left (const Replay *replay, const RecordedCall *call)
{
  GQueue *queue = g_hash_table_lookup (replay->calls, call->asked.caller);

  return g_queue_find (queue, call) != NULL;
}

char *
replay_left (const Replay *replay)
{
  GHashTableIter iter;
  gpointer queue;
  guint count = 0;

  g_hash_table_iter_init (&iter, replay->calls);
  while (g_hash_table_iter_next (&iter, NULL, &queue))
    count += g_queue_get_length (queue);
  for (guint i = 0; count > 0 && i < replay->recording->calls->len; i++)
    {
      const RecordedCall *call = replay->recording->calls->pdata[i];
      g_autofree char *argv = NULL;

      if (!is_left (replay, call))
        continue;
      argv = shell_quote_argv ((const char *const *) call->asked.argv);
      return g_strdup_printf ("the recording has %u command%s that %s not asked for: \"%s\", %s%s", count, count > 1 ? "s" : "",
                              count > 1 ? "were" : "was", call->asked.caller, argv, count > 1 ? ", ..." : "");
    }
  return NULL;
}

const RecordedLook *
replay_look (Replay *replay, const char *caller, LookKind kind, const char *subject, char **problem)
{
  g_autofree char *key = look_key (caller, kind);
  const RecordedLook *look = take (replay->looks, key);

  if (look != NULL && g_strcmp0 (look->subject, subject) == 0)
    return look;
  if (look == NULL && !replay->recording->done)
    return NULL;
  if (look == NULL)
    *problem = g_strdup_printf ("departs from the recording, in which \"%s\" asks no further %s: %s", caller,
                                look_kind_name (kind), subject);
  else
    *problem = g_strdup_printf ("departs from the recording: \"%s\" asks for %s %s; recorded is: %s", caller,
                                look_kind_name (kind), subject, look->subject);
  return NULL;
}
