/* Steps that wait for the same share one array of needs, and here one gate:
 * the work is that of the needs written down, not of all pairs of steps.
 * SPDX-License-Identifier: MIT */
#include "engine/order.h"

typedef struct {
  guint      closed;              /* needs that have not ended */
  GPtrArray *waiting;             /* of RunStep* */
} Gate;

struct _Order {
  GHashTable *numbers;            /* RunStep -> its place, from 1 */
  GHashTable *gates;              /* array of needs -> Gate */
  GHashTable *opens;              /* RunStep -> GPtrArray of the Gate* it is part of */
  GSequence  *ready;              /* of RunStep*, by place */
};

static void
gate_free (gpointer data)
{
  Gate *gate = data;

  g_ptr_array_unref (gate->waiting);
  g_free (gate);
}

static int
compare (gconstpointer a, gconstpointer b, gpointer numbers)
{
  guint first = GPOINTER_TO_UINT (g_hash_table_lookup (numbers, a));
  guint second = GPOINTER_TO_UINT (g_hash_table_lookup (numbers, b));

  return first < second ? -1 : first > second;
}

static void
add_ready (Order *order, RunStep *step)
{
  g_sequence_insert_sorted (order->ready, step, compare, order->numbers);
}

static void
add_opener (Order *order, RunStep *need, Gate *gate)
{
  GPtrArray *gates = g_hash_table_lookup (order->opens, need);

  if (gates == NULL)
    {
      gates = g_ptr_array_new ();
      g_hash_table_insert (order->opens, need, gates);
    }
  g_ptr_array_add (gates, gate);
}

static Gate *
gate_of (Order *order, GPtrArray *needs)
{
  Gate *gate = g_hash_table_lookup (order->gates, needs);

  if (gate != NULL)
    return gate;
  gate = g_new0 (Gate, 1);
  gate->closed = needs->len;
  gate->waiting = g_ptr_array_new ();
  for (guint i = 0; i < needs->len; i++)
    add_opener (order, needs->pdata[i], gate);
  g_hash_table_insert (order->gates, needs, gate);
  return gate;
}

Order *
order_new (GPtrArray *steps, GPtrArray *(*needs_of) (RunStep *step))
{
  Order *order = g_new0 (Order, 1);

  order->numbers = g_hash_table_new (NULL, NULL);
  order->gates = g_hash_table_new_full (NULL, NULL, NULL, gate_free);
  order->opens = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
  order->ready = g_sequence_new (NULL);
  for (guint i = 0; i < steps->len; i++)
    {
      RunStep *step = steps->pdata[i];
      GPtrArray *needs = needs_of (step);

      g_hash_table_insert (order->numbers, step, GUINT_TO_POINTER (i + 1));
      if (needs->len == 0)
        add_ready (order, step);
      else
        g_ptr_array_add (gate_of (order, needs)->waiting, step);
    }
  return order;
}

void
order_free (Order *order)
{
  g_hash_table_unref (order->numbers);
  g_hash_table_unref (order->gates);
  g_hash_table_unref (order->opens);
  g_sequence_free (order->ready);
  g_free (order);
}

RunStep *
order_first (Order *order)
{
  GSequenceIter *first = g_sequence_get_begin_iter (order->ready);

  return g_sequence_iter_is_end (first) ? NULL : g_sequence_get (first);
}

void
order_drop_first (Order *order)
{
  g_sequence_remove (g_sequence_get_begin_iter (order->ready));
}

void
order_ended (Order *order, RunStep *step)
{
  GPtrArray *gates = g_hash_table_lookup (order->opens, step);

  for (guint i = 0; gates != NULL && i < gates->len; i++)
    {
      Gate *gate = gates->pdata[i];

      if (--gate->closed > 0)
        continue;
      for (guint j = 0; j < gate->waiting->len; j++)
        add_ready (order, gate->waiting->pdata[j]);
    }
  g_hash_table_remove (order->opens, step);
}
