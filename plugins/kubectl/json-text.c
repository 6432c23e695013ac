/* SPDX-License-Identifier: MIT */
#include "json-text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 256              /* more than the host lets through */

static const char *
skip_string (const char *p)
{
  for (p++; *p != '"'; p++) {
    if (*p == '\0' || (*p == '\\' && *++p == '\0'))
      return NULL;
  }
  return p + 1;
}

/* The end of the value at P; NULL: it has none. */
static const char *
skip_value (const char *p)
{
  int depth = 0;

  do {
    if (*p == '"') {
      if ((p = skip_string (p)) == NULL)
        return NULL;
      continue;
    }
    if (*p == '{' || *p == '[')
      depth++;
    else if (*p == '}' || *p == ']')
      depth--;
    else if (depth == 0)
      return p + strcspn (p, ",}]");
    if (*p == '\0' || depth < 0)
      return NULL;
    p++;
  } while (depth > 0);
  return p;
}

int
json_next (const char **at, struct json_member *member)
{
  const char *p = *at, *end;

  if ((*p != '{' && *p != ',') || p[1] != '"')
    return 0;
  if ((end = skip_string (p + 1)) == NULL || *end != ':')
    return 0;
  member->key = p + 2;
  member->key_len = (size_t) (end - p) - 3;
  member->value = end + 1;
  if ((end = skip_value (member->value)) == NULL)
    return 0;
  member->value_len = (size_t) (end - member->value);
  *at = end;
  return 1;
}

static int
find_member (const char *object, const char *key, size_t key_len, struct json_member *found)
{
  while (json_next (&object, found))
    if (found->key_len == key_len && memcmp (found->key, key, key_len) == 0)
      return 1;
  return 0;
}

/* A text that is being written; the host's copy is what lives on. */
struct text { char *data; size_t len; FILE *stream; };

static int
text_open (struct text *text)
{
  text->data = NULL;
  text->stream = open_memstream (&text->data, &text->len);
  return text->stream != NULL;
}

static const char *
text_close (struct galley_call *call, struct text *text)
{
  const char *copy = NULL;

  if (fclose (text->stream) == 0)
    copy = galley_printf (call, "%s", text->data);
  free (text->data);
  return copy;
}

static void
put (FILE *out, const char *text, size_t len)
{
  fwrite (text, 1, len, out);
}

static void
put_key (FILE *out, int *first, const char *key, size_t key_len)
{
  fputs (*first ? "\"" : ",\"", out);
  put (out, key, key_len);
  fputs ("\":", out);
  *first = 0;
}

const char *
json_object (struct galley_call *call, const char *text)
{
  const char *compact;

  if (text == NULL || *text == '\0')
    return "{}";
  if ((compact = call->host->json (call, text, "$")) == NULL)
    return NULL;
  if (*compact == '\0' || strcmp (compact, "null") == 0)
    return "{}";
  return compact;
}

static void
merge (FILE *out, const char *a, size_t a_len, const char *b, size_t b_len, int depth)
{
  struct json_member member, other;
  const char *at;
  int first = 1;

  if (*a != '{' || *b != '{' || depth > MAX_DEPTH) {
    put (out, b, b_len);
    return;
  }
  fputc ('{', out);
  for (at = a; json_next (&at, &member);) {
    put_key (out, &first, member.key, member.key_len);
    if (find_member (b, member.key, member.key_len, &other))
      merge (out, member.value, member.value_len, other.value, other.value_len, depth + 1);
    else
      put (out, member.value, member.value_len);
  }
  for (at = b; json_next (&at, &member);) {
    if (find_member (a, member.key, member.key_len, &other))
      continue;
    put_key (out, &first, member.key, member.key_len);
    put (out, member.value, member.value_len);
  }
  fputc ('}', out);
}

const char *
json_merge (struct galley_call *call, const char *a, const char *b)
{
  struct text text;

  if (!text_open (&text))
    return NULL;
  merge (text.stream, a, strlen (a), b, strlen (b), 0);
  return text_close (call, &text);
}

/* The first key of PATH as JSON writes it, and the rest; NULL: that was all. */
static const char *
split_path (struct galley_call *call, const char *path, const char **rest)
{
  char *key = malloc (strlen (path) + 1), *to = key;
  const char *quoted = NULL;

  if (key == NULL)
    return NULL;
  while (*path != '\0' && *path != '.') {
    if (*path == '\\' && path[1] != '\0')
      path++;
    *to++ = *path++;
  }
  *to = '\0';
  *rest = *path == '.' ? path + 1 : NULL;
  quoted = call->host->json_quote (call, key);
  free (key);
  return quoted;
}

static int
find_first (struct galley_call *call, const char *object, const char *path, const char **rest,
            struct json_member *found)
{
  const char *quoted = split_path (call, path, rest);

  return quoted != NULL && find_member (object, quoted + 1, strlen (quoted) - 2, found);
}

const char *
json_at (struct galley_call *call, const char *text, const char *path)
{
  struct json_member member = { NULL, 0, text, strlen (text) };

  while (path != NULL)
    if (!find_first (call, member.value, path, &path, &member))
      return NULL;
  return galley_printf (call, "%.*s", (int) member.value_len, member.value);
}

const char *
json_without (struct galley_call *call, const char *text, const char *path)
{
  struct json_member gone, member;
  struct text out;
  const char *rest, *inner = NULL;
  int first = 1;

  if (!find_first (call, text, path, &rest, &gone))
    return text;
  if (rest != NULL) {
    const char *before = galley_printf (call, "%.*s", (int) gone.value_len, gone.value);

    inner = json_without (call, before, rest);
    if (inner == before)
      return text;                 /* not there: nothing became empty by it */
  }
  if (!text_open (&out))
    return text;
  fputc ('{', out.stream);
  while (json_next (&text, &member)) {
    if (member.value == gone.value && (inner == NULL || strcmp (inner, "{}") == 0))
      continue;
    put_key (out.stream, &first, member.key, member.key_len);
    if (member.value == gone.value)
      put (out.stream, inner, strlen (inner));
    else
      put (out.stream, member.value, member.value_len);
  }
  fputc ('}', out.stream);
  return text_close (call, &out);
}

const char *
json_with (struct galley_call *call, const char *text, const char *path, const char *value)
{
  const char *rest, *quoted = split_path (call, path, &rest);

  if (quoted == NULL)
    return NULL;
  if (rest != NULL && (value = json_with (call, "{}", rest, value)) == NULL)
    return NULL;
  return json_merge (call, text, galley_printf (call, "{%s:%s}", quoted, value));
}

/* Depth first, in the order of the text; PREFIX is NULL at the top. */
static const char *
find_nested (struct galley_call *call, const char *object, const char *key, const char *prefix, int depth)
{
  struct json_member member;
  const char *path, *found;

  while (depth < MAX_DEPTH && json_next (&object, &member)) {
    path = prefix == NULL ? galley_printf (call, "%.*s", (int) member.key_len, member.key)
                          : galley_printf (call, "%s.%.*s", prefix, (int) member.key_len, member.key);
    if (prefix != NULL && member.key_len == strlen (key) && memcmp (member.key, key, member.key_len) == 0)
      return path;
    found = find_nested (call, member.value, key, path, depth + 1);
    if (found != NULL)
      return found;
  }
  return NULL;
}

const char *
json_find_nested (struct galley_call *call, const char *text, const char *key)
{
  return find_nested (call, text, key, NULL, 0);
}
