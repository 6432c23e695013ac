/* SPDX-License-Identifier: MIT */
#include "proc/undeclared.h"

#include <string.h>

#include "base/strict-json.h"

typedef struct { Placeholders *placeholders; const char *own; } Search;

/* Shorter ones may be anything, and would be replaced wherever they are found. */
#define SECRET_MIN_LENGTH 8

/* What names of secrets end in, in any case; not "secretName" or "tokenPath",
 * which tell where one is. */
static gboolean
names_secret (const char *name)
{
  static const char *const ends[] = { "password", "passwd", "passphrase", "secret", "token", "apikey", "api_key", "api-key",
                                      "accesskey", "access_key", "accesskeyid", "access_key_id", "secretkey", "secret_key",
                                      "privatekey", "private_key", "credential", "credentials", "license", "licence", "dsn",
                                      "connectionstring", "connection_string" };
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    if (g_str_has_suffix (lower, ends[i]))
      return TRUE;
  return FALSE;
}

static void
hide (const Search *search, const char *name, const char *value)
{
  if (strlen (value) >= SECRET_MIN_LENGTH && (search->own == NULL || strstr (search->own, value) == NULL))
    placeholders_add (search->placeholders, name, value, -1);
}

/* As in .data of a Secret: it is found by what it says, which others may
 * show.  FALSE: it is none, or says too little. */
static gboolean
hide_base64 (const Search *search, const char *name, const char *value)
{
  gsize len;
  g_autofree guchar *said = g_base64_decode (value, &len);
  g_autofree char *again = g_base64_encode (said, len);

  return len >= SECRET_MIN_LENGTH && strcmp (again, value) == 0
         && placeholders_add (search->placeholders, name, (const char *) said, (gssize) len) != NULL;
}

typedef enum { PLAIN, SECRET, SECRET_BASE64 } Kind;

static void search_node (const Search *search, const char *name, Kind kind, JsonNode *node);

static void
search_object (const Search *search, Kind kind, JsonObject *object)
{
  /* {"name": "PASSWORD", "value": "..."}, as in a pod's environment. */
  const char *called = strict_json_string (json_object_get_member (object, "name"));
  gboolean is_secret = g_strcmp0 (strict_json_string (json_object_get_member (object, "kind")), "Secret") == 0;
  JsonObjectIter iter;
  const char *member;
  JsonNode *value;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &member, &value))
    {
      Kind own = !is_secret ? PLAIN : strcmp (member, "data") == 0 ? SECRET_BASE64 : strcmp (member, "stringData") == 0 ? SECRET : PLAIN;
      const char *name = strcmp (member, "value") == 0 && called != NULL ? called : member;

      search_node (search, name, own != PLAIN ? own : kind, value);
    }
}

static void
search_text (const Search *search, const char *name, Kind kind, const char *text)
{
  if (kind == SECRET_BASE64 && hide_base64 (search, name, text))
    return;
  if (kind != PLAIN || names_secret (name))
    hide (search, name, text);
}

/* KIND but for PLAIN: all that is in it is that. */
static void
search_node (const Search *search, const char *name, Kind kind, JsonNode *node)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    search_object (search, kind, json_node_get_object (node));
  else if (JSON_NODE_HOLDS_ARRAY (node))
    for (guint i = 0; i < json_array_get_length (json_node_get_array (node)); i++)
      search_node (search, name, kind, json_array_get_element (json_node_get_array (node), i));
  else if (strict_json_string (node) != NULL)
    search_text (search, name, kind, json_node_get_string (node));
}

/* A word or a number is JSON, too, and may be the secret itself. */
static gboolean
is_bare_text (JsonNode *root)
{
  return JSON_NODE_HOLDS_VALUE (root) && json_node_get_value_type (root) != G_TYPE_BOOLEAN;
}

gboolean
undeclared_find (const char *text, gsize len, const char *own, Placeholders *placeholders)
{
  Search search = { placeholders, own };
  g_autoptr (JsonNode) root = strict_json_parse (text, (gssize) len, NULL);

  if (root == NULL || is_bare_text (root))
    return FALSE;
  search_node (&search, "output", PLAIN, root);
  return TRUE;
}
