/* SPDX-License-Identifier: MIT */
#include "proc/places.h"

#include <string.h>

typedef struct {
  char    *token, *path;
  gsize    token_len, path_len;
  gboolean is_path;               /* FALSE: it counts within names, too */
} Place;

struct _Places {
  GArray  *all;                   /* of Place, the longest path first */
  gboolean begins[256];           /* a path does with that byte */
};

static void
place_clear (gpointer data)
{
  Place *place = data;

  g_free (place->token);
  g_free (place->path);
}

Places *
places_new (void)
{
  Places *places = g_new0 (Places, 1);

  places->all = g_array_new (FALSE, FALSE, sizeof (Place));
  g_array_set_clear_func (places->all, place_clear);
  return places;
}

void
places_free (Places *places)
{
  g_array_unref (places->all);
  g_free (places);
}

static gboolean
has (const Places *places, const char *token, const char *path)
{
  for (guint i = 0; i < places->all->len; i++)
    {
      const Place *place = &g_array_index (places->all, Place, i);

      if (strcmp (place->token, token) == 0 || strcmp (place->path, path) == 0)
        return TRUE;
    }
  return FALSE;
}

/* TOKEN and PATH: taken. */
static void
insert (Places *places, char *token, char *path)
{
  Place place = { token, path, strlen (token), strlen (path), *path == '/' };
  guint at = 0;

  while (at < places->all->len && g_array_index (places->all, Place, at).path_len >= place.path_len)
    at++;
  g_array_insert_val (places->all, at, place);
  places->begins[(guchar) *path] = TRUE;
}

gboolean
places_add (Places *places, const char *name, const char *path)
{
  gsize len = path != NULL ? strlen (path) : 0;
  g_autofree char *token = g_strdup_printf ("{%s}", name), *plain = NULL;

  while (len > 0 && path[len - 1] == '/')
    len--;
  plain = g_strndup (path, len);
  if (len < 2 || has (places, token, plain))
    return FALSE;
  insert (places, g_steal_pointer (&token), g_steal_pointer (&plain));
  return TRUE;
}

void
places_add_apart (Places *places, const char *name, const char *path)
{
  g_autofree char *apart = g_strdup_printf ("/{%s}", name);

  if (!places_add (places, name, path))
    places_add (places, name, apart);
}

/* ---- text ---------------------------------------------------------------- */

/* What goes on before or after it would make another path of it. */
static gboolean
is_part_of_name (char c)
{
  return g_ascii_isalnum (c) || c == '_' || c == '-' || c == '.' || (c & 0x80) != 0;
}

/* A full stop that ends a sentence is no part of a name. */
static gboolean
ends_there (const char *at, const char *end)
{
  if (at < end && *at == '.')
    return at + 1 == end || !is_part_of_name (at[1]);
  return at == end || !is_part_of_name (*at);
}

static const Place *
place_at (const Places *places, const char *begin, const char *at, const char *end)
{
  gboolean may_be_path = at == begin || !is_part_of_name (at[-1]);

  if (!places->begins[(guchar) *at])
    return NULL;
  for (guint i = 0; i < places->all->len; i++)
    {
      const Place *place = &g_array_index (places->all, Place, i);

      if ((gsize) (end - at) >= place->path_len && memcmp (at, place->path, place->path_len) == 0
          && (!place->is_path || (may_be_path && ends_there (at + place->path_len, end))))
        return place;
    }
  return NULL;
}

/* What looks like one of our names, and is none. */
static gboolean
looks_like_token (const char *at, const char *end)
{
  static const char *const words[] = { "home}", "cwd}", "recipe}", "run}", "run.id}", "helpers}", "brace}", "file:", "tool:" };

  for (guint i = 0; *at == '{' && i < G_N_ELEMENTS (words); i++)
    if ((gsize) (end - at - 1) >= strlen (words[i]) && memcmp (at + 1, words[i], strlen (words[i])) == 0)
      return TRUE;
  return FALSE;
}

/* Those up to AT in the old text. */
static void
move_marks (gsize *marks, guint n_marks, guint *next, gsize at, gsize new_at)
{
  while (marks != NULL && *next < n_marks && marks[*next] <= at)
    marks[(*next)++] = new_at;
}

static char *
give (GString *out, gsize *out_len)
{
  if (out_len != NULL)
    *out_len = out->len;
  return g_string_free (out, FALSE);
}

char *
places_hide (const Places *places, const char *text, gssize len, gsize *marks, guint n_marks, gsize *out_len)
{
  const char *end = text + (len < 0 ? strlen (text) : (gsize) len), *at = text;
  GString *out = g_string_sized_new ((gsize) (end - text));
  guint next = 0;

  while (at < end)
    {
      const Place *place = place_at (places, text, at, end);

      move_marks (marks, n_marks, &next, (gsize) (at - text), out->len);
      if (place != NULL)
        g_string_append_len (out, place->token, (gssize) place->token_len);
      else if (looks_like_token (at, end))
        g_string_append (out, "{brace}");
      else
        g_string_append_c (out, *at);
      at += place != NULL ? place->path_len : 1;
      move_marks (marks, n_marks, &next, (gsize) (at - text), out->len);
    }
  move_marks (marks, n_marks, &next, G_MAXSIZE, out->len);
  return give (out, out_len);
}

/* The length of the name at AT, and what it stands for; 0: none is there. */
static gsize
token_at (const Places *places, const char *at, const char *end, const char **path)
{
  if (*at != '{')
    return 0;
  *path = "{";
  if ((gsize) (end - at) >= strlen ("{brace}") && memcmp (at, "{brace}", strlen ("{brace}")) == 0)
    return strlen ("{brace}");
  for (guint i = 0; i < places->all->len; i++)
    {
      const Place *place = &g_array_index (places->all, Place, i);

      *path = place->path;
      if ((gsize) (end - at) >= place->token_len && memcmp (at, place->token, place->token_len) == 0)
        return place->token_len;
    }
  return 0;
}

char *
places_show (const Places *places, const char *text, gssize len, gsize *out_len)
{
  const char *end = text + (len < 0 ? strlen (text) : (gsize) len);
  GString *out = g_string_sized_new ((gsize) (end - text));

  for (const char *at = text; at < end; )
    {
      const char *path = NULL;
      gsize token = token_at (places, at, end, &path);

      if (token > 0)
        g_string_append (out, path);
      else
        g_string_append_c (out, *at);
      at += MAX (token, 1);
    }
  return give (out, out_len);
}
