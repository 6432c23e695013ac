/* SPDX-License-Identifier: MIT */
#include "proc/disguise.h"

Disguise *
disguise_new (void)
{
  Disguise *disguise = g_new0 (Disguise, 1);

  disguise->places = places_new ();
  disguise->placeholders = placeholders_new ();
  disguise->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  disguise->counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return disguise;
}

void
disguise_free (Disguise *disguise)
{
  places_free (disguise->places);
  placeholders_free (disguise->placeholders);
  g_hash_table_unref (disguise->files);
  g_hash_table_unref (disguise->counts);
  g_free (disguise);
}

void
disguise_add_file (Disguise *disguise, const char *step, const char *path, GBytes *data)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (disguise->counts, step)) + 1;
  char *name = g_strdup_printf ("%s.%u", step, count);
  g_autofree char *place = g_strconcat ("file:", name, NULL);

  g_hash_table_replace (disguise->counts, g_strdup (step), GUINT_TO_POINTER (count));
  places_add (disguise->places, place, path);
  g_hash_table_replace (disguise->files, name, g_bytes_ref (data));
}

char *
disguise_hide (const Disguise *disguise, const char *text, gssize len, gboolean may_be_cut,
               gsize *marks, guint n_marks, gsize *out_len)
{
  gsize between;
  g_autofree char *without = placeholders_substitute (disguise->placeholders, text, len, may_be_cut, marks, n_marks, &between);

  return places_hide (disguise->places, without, (gssize) between, marks, n_marks, out_len);
}

char *
disguise_hash (const Disguise *disguise, const char *data, gsize len)
{
  gsize hidden_len;
  g_autofree char *hidden = disguise_hide (disguise, data, (gssize) len, FALSE, NULL, 0, &hidden_len);
  g_autofree char *hash = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) hidden, hidden_len);

  return g_strconcat ("sha256:", hash, NULL);
}
