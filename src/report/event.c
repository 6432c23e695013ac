/* SPDX-License-Identifier: MIT */
#include "report/event.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include <time.h>

#include "base/errors.h"
#include "base/strict-json.h"

/* ---- the one table of what an event may have -------------------------------- */

typedef enum { FIELD_STRING, FIELD_STRINGS, FIELD_TEXT, FIELD_UINT, FIELD_INT, FIELD_INT64, FIELD_UINT64 } FieldType;

typedef struct {
  const char *name;
  FieldType   type;
  gsize       offset;
  guint32     always;           /* kinds that have it even when it is 0: bits */
  gsize       len_offset;       /* of a FIELD_TEXT */
} Field;

#define ON(kind) (1u << EVENT_##kind)
#define FIELD(name, type, always) { #name, FIELD_##type, G_STRUCT_OFFSET (Event, name), always, 0 }
#define TEXT_FIELD(name) { #name, FIELD_TEXT, G_STRUCT_OFFSET (Event, name), 0, G_STRUCT_OFFSET (Event, name##_len) }
#define ENDS (ON (COMMAND_END) | ON (STEP_END) | ON (RUN_END))

static const Field fields[] = {
  FIELD (run, STRING, 0),
  FIELD (recipe, STRING, 0),
  FIELD (file, STRING, 0),
  FIELD (line, UINT, 0),
  FIELD (version, STRING, 0),
  FIELD (steps, UINT, ON (RUN_START)),
  FIELD (step, STRING, 0),
  FIELD (uses, STRING, 0),
  FIELD (phase, STRING, 0),
  FIELD (attempt, UINT, 0),
  FIELD (attempts, UINT, 0),
  FIELD (command, UINT, 0),
  FIELD (tool, STRING, 0),
  FIELD (argv, STRINGS, 0),
  FIELD (cwd, STRING, 0),
  FIELD (env, STRINGS, 0),
  TEXT_FIELD (input),
  FIELD (pid, INT64, 0),
  FIELD (stream, STRING, 0),
  TEXT_FIELD (text),
  FIELD (outcome, STRING, 0),
  FIELD (result, STRING, 0),
  FIELD (how, STRING, 0),
  { "exit_code", FIELD_INT, G_STRUCT_OFFSET (Event, exit_code), ON (RUN_END), 0 },
  FIELD (signal, INT, 0),
  FIELD (duration_ms, INT64, ENDS),
  FIELD (delay_ms, INT64, ON (RETRY)),
  FIELD (out_bytes, UINT64, ON (COMMAND_END)),
  FIELD (err_bytes, UINT64, ON (COMMAND_END)),
  FIELD (out_file, STRING, 0),
  FIELD (err_file, STRING, 0),
  { "class", FIELD_STRING, G_STRUCT_OFFSET (Event, class_name), 0, 0 },
  FIELD (reason, STRING, 0),
  FIELD (telling, STRING, 0),
  FIELD (diagnosis, STRING, 0),
  FIELD (fix, STRING, 0),
  FIELD (name, STRING, 0),
  FIELD (after, STRING, 0),
  FIELD (held, UINT, ON (RUN_END)),
  FIELD (changed, UINT, ON (RUN_END)),
  FIELD (skipped, UINT, ON (RUN_END)),
  FIELD (failed, UINT, ON (RUN_END)),
  FIELD (stopped, UINT, ON (RUN_END)),
  FIELD (unknown, UINT, ON (RUN_END)),
  FIELD (would_change, UINT, 0),
  FIELD (not_knowable, UINT, 0),
};

#define MEMBER(event, field, Type) G_STRUCT_MEMBER (Type, event, (field)->offset)

static const char *const kind_names[EVENT_LAST] = {
  [EVENT_RUN_START] = "run_start",
  [EVENT_STEP_START] = "step_start",
  [EVENT_ATTEMPT_START] = "attempt_start",
  [EVENT_CHECK] = "check",
  [EVENT_COMMAND_START] = "command_start",
  [EVENT_OUTPUT] = "output",
  [EVENT_COMMAND_END] = "command_end",
  [EVENT_NOTE] = "note",
  [EVENT_WARNING] = "warning",
  [EVENT_PROGRESS] = "progress",
  [EVENT_RETRY] = "retry",
  [EVENT_OUTPUT_VALUE] = "output_value",
  [EVENT_STEP_END] = "step_end",
  [EVENT_PLAN_STEP] = "plan_step",
  [EVENT_APPROVE] = "approve",
  [EVENT_INTERRUPT] = "interrupt",
  [EVENT_RUN_END] = "run_end",
};

const char *
event_kind_name (EventKind kind)
{
  g_return_val_if_fail (kind < EVENT_LAST, "?");
  return kind_names[kind];
}

/* ---- JSON ------------------------------------------------------------------- */

static gsize
text_length (const Event *event, const Field *field, const char *text)
{
  gsize len = G_STRUCT_MEMBER (gsize, event, field->len_offset);

  return len > 0 ? len : strlen (text);
}

/* By hand, not as a tree of nodes first: there are some ten events a step. */
static void
add_name (GString *json, const char *name)
{
  g_string_append (json, json->len > 1 ? ",\"" : "\"");
  g_string_append (json, name);
  g_string_append (json, "\":");
}

static void
add_string (GString *json, const char *name, const char *text)
{
  add_name (json, name);
  strict_json_write_string (json, text);
}

static void
add_int (GString *json, const char *name, gint64 number)
{
  char text[24];

  g_snprintf (text, sizeof text, "%" G_GINT64_FORMAT, number);
  add_name (json, name);
  g_string_append (json, text);
}

static void
add_text (GString *json, const Event *event, const Field *field)
{
  const char *text = MEMBER (event, field, const char *);
  gsize len;
  g_autofree char *valid = NULL;

  if (text == NULL)
    return;
  len = text_length (event, field, text);
  valid = g_utf8_make_valid (text, (gssize) len);
  add_string (json, field->name, valid);
  if (!g_utf8_validate_len (text, len, NULL)) {
    g_autofree char *name = g_strconcat (field->name, "_base64", NULL);
    g_autofree char *encoded = g_base64_encode ((const guchar *) text, len);

    add_string (json, name, encoded);
  }
}

static void
add_strings (GString *json, const Event *event, const Field *field)
{
  const char *const *strings = MEMBER (event, field, const char *const *);

  if (strings == NULL)
    return;
  add_name (json, field->name);
  g_string_append_c (json, '[');
  for (guint i = 0; strings[i] != NULL; i++) {
    if (i > 0)
      g_string_append_c (json, ',');
    strict_json_write_string (json, strings[i]);
  }
  g_string_append_c (json, ']');
}

static gint64
number_of (const Event *event, const Field *field)
{
  switch (field->type) {
  case FIELD_UINT:
    return MEMBER (event, field, guint);
  case FIELD_INT:
    return MEMBER (event, field, int);
  case FIELD_UINT64:
    return (gint64) MIN (MEMBER (event, field, guint64), (guint64) G_MAXINT64);
  default:
    return MEMBER (event, field, gint64);
  }
}

static void
add_number (GString *json, const Event *event, const Field *field)
{
  gint64 value = number_of (event, field);
  gboolean has = value != 0 || (field->always & (1u << event->kind)) != 0;

  if (field->offset == G_STRUCT_OFFSET (Event, exit_code))
    has = event->has_exit_code || event->kind == EVENT_RUN_END;
  if (has)
    add_int (json, field->name, value);
}

static void
add_field (GString *json, const Event *event, const Field *field)
{
  if (field->type == FIELD_STRING) {
    if (MEMBER (event, field, const char *) != NULL)
      add_string (json, field->name, MEMBER (event, field, const char *));
  } else if (field->type == FIELD_STRINGS) {
    add_strings (json, event, field);
  } else if (field->type == FIELD_TEXT) {
    add_text (json, event, field);
  } else {
    add_number (json, event, field);
  }
}

static void
add_eol (GString *json, const Event *event)
{
  if (event->eol == NULL) {
    add_name (json, "eol");
    g_string_append (json, "null");
  } else if (!g_str_equal (event->eol, "\n")) {
    add_string (json, "eol", event->eol);
  }
}

static char *
format_time (gint64 time_us)
{
  time_t seconds = (time_t) (time_us / G_USEC_PER_SEC);
  char text[64] = "?";
  struct tm parts;

  if (gmtime_r (&seconds, &parts) != NULL)
    strftime (text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  return g_strdup_printf ("%s.%03dZ", text, (int) (time_us % G_USEC_PER_SEC / 1000));
}

char *
event_to_json (const Event *event)
{
  GString *json = g_string_sized_new (256);
  g_autofree char *time = format_time (event->time_us);

  g_string_append_c (json, '{');
  add_string (json, "event", event_kind_name (event->kind));
  add_string (json, "time", time);
  add_int (json, "elapsed_ms", event->elapsed_ms);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    add_field (json, event, &fields[i]);
  if (event->kind == EVENT_OUTPUT)
    add_eol (json, event);
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}

/* ---- from JSON -------------------------------------------------------------- */

static gboolean
read_kind (Event *event, JsonNode *node)
{
  const char *name = json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : "";

  for (guint kind = 0; kind < EVENT_LAST; kind++)
    if (g_str_equal (kind_names[kind], name)) {
      event->kind = kind;
      return TRUE;
    }
  return FALSE;
}

static gboolean
read_time (Event *event, JsonNode *node)
{
  const char *text = json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : "";
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (text, NULL);
  g_autofree char *same = NULL;

  if (time == NULL)
    return FALSE;
  event->time_us = g_date_time_to_unix (time) * G_USEC_PER_SEC + g_date_time_get_microsecond (time);
  same = format_time (event->time_us);
  return g_str_equal (same, text);
}

static gboolean
read_eol (Event *event, JsonNode *node)
{
  const char *text = json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : "";

  event->eol = g_str_equal (text, "\r") ? "\r" : g_str_equal (text, "\r\n") ? "\r\n" : NULL;
  return event->eol != NULL || json_node_is_null (node);
}

static gboolean
read_strings (Event *event, const Field *field, JsonNode *node)
{
  g_autoptr (GPtrArray) strings = g_ptr_array_new_with_free_func (g_free);
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    JsonNode *element = json_array_get_element (array, i);

    if (json_node_get_value_type (element) != G_TYPE_STRING)
      return FALSE;
    g_ptr_array_add (strings, json_node_dup_string (element));
  }
  g_ptr_array_add (strings, NULL);
  g_ptr_array_set_free_func (strings, NULL);
  MEMBER (event, field, char **) = (char **) g_ptr_array_free (g_steal_pointer (&strings), FALSE);
  return array != NULL;
}

static gboolean
read_number (Event *event, const Field *field, JsonNode *node)
{
  gint64 number = json_node_get_value_type (node) == G_TYPE_INT64 ? json_node_get_int (node) : G_MININT64;

  switch (field->type) {
  case FIELD_UINT:
    MEMBER (event, field, guint) = (guint) number;
    return number >= 0 && number <= G_MAXUINT;
  case FIELD_INT:
    MEMBER (event, field, int) = (int) number;
    return number >= G_MININT && number <= G_MAXINT;
  case FIELD_UINT64:
    MEMBER (event, field, guint64) = (guint64) number;
    return number >= 0;
  default:
    MEMBER (event, field, gint64) = number;
    return number > G_MININT64;
  }
}

static gboolean
read_field (Event *event, const Field *field, JsonNode *node)
{
  if (field->type == FIELD_STRINGS)
    return read_strings (event, field, node);
  if (field->type != FIELD_STRING && field->type != FIELD_TEXT) {
    event->has_exit_code |= field->offset == G_STRUCT_OFFSET (Event, exit_code);
    return read_number (event, field, node);
  }
  MEMBER (event, field, char *) = json_node_get_value_type (node) == G_TYPE_STRING ? json_node_dup_string (node) : NULL;
  return MEMBER (event, field, char *) != NULL;
}

/* The bytes of a text that is not UTF-8, after the text itself. */
static gboolean
read_bytes (Event *event, const Field *field, JsonNode *node)
{
  g_autofree guchar *bytes = NULL;
  gsize len;

  if (MEMBER (event, field, char *) == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return FALSE;
  bytes = g_base64_decode (json_node_get_string (node), &len);
  g_free (MEMBER (event, field, char *));
  MEMBER (event, field, char *) = g_strndup ("", len);
  memcpy (MEMBER (event, field, char *), bytes, len);
  G_STRUCT_MEMBER (gsize, event, field->len_offset) = len;
  return len > 0;
}

static gboolean
read_member (Event *event, const char *name, JsonNode *node)
{
  if (g_str_equal (name, "event"))
    return read_kind (event, node);
  if (g_str_equal (name, "time"))
    return read_time (event, node);
  if (g_str_equal (name, "eol"))
    return read_eol (event, node);
  if (g_str_equal (name, "elapsed_ms"))
    return read_number (event, &(Field) { name, FIELD_INT64, G_STRUCT_OFFSET (Event, elapsed_ms), 0, 0 }, node);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++) {
    gsize len = strlen (fields[i].name);

    if (g_str_equal (name, fields[i].name))
      return read_field (event, &fields[i], node);
    if (fields[i].type == FIELD_TEXT && strncmp (name, fields[i].name, len) == 0 && g_str_equal (name + len, "_base64"))
      return read_bytes (event, &fields[i], node);
  }
  return FALSE;
}

static Event *
no_event (GError **error, const char *what)
{
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD, "not an event: %s", what);
  return NULL;
}

Event *
event_from_json (const char *json, GError **error)
{
  g_autoptr (GError) wrong = NULL;
  g_autoptr (JsonNode) node = strict_json_parse (json, -1, &wrong);
  g_autoptr (Event) event = g_new0 (Event, 1);
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  event->kind = EVENT_LAST;
  event->eol = "\n";
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return no_event (error, node == NULL ? wrong->message : "it is no object");
  json_object_iter_init_ordered (&iter, json_node_get_object (node));
  while (json_object_iter_next_ordered (&iter, &name, &member))
    if (!read_member (event, name, member)) {
      g_autofree char *what = g_strdup_printf ("\"%s\" is not as it should be", name);

      return no_event (error, what);
    }
  if (event->kind == EVENT_LAST)
    return no_event (error, "it is of no kind");
  if (event->kind != EVENT_OUTPUT)
    event->eol = NULL;
  return g_steal_pointer (&event);
}

/* ---- masking ------------------------------------------------------------------ */

static char **
mask_strings (const char *const *strings, Masker *masker)
{
  GPtrArray *masked = g_ptr_array_new ();

  for (guint i = 0; strings[i] != NULL; i++)
    g_ptr_array_add (masked, masker_mask (masker, strings[i], -1, NULL));
  g_ptr_array_add (masked, NULL);
  return (char **) g_ptr_array_free (masked, FALSE);
}

static void
mask_field (Event *copy, const Field *field, Masker *masker)
{
  const char *text = field->type == FIELD_STRING || field->type == FIELD_TEXT
                     ? MEMBER (copy, field, const char *) : NULL;
  gsize len;

  if (field->type == FIELD_STRINGS && MEMBER (copy, field, char **) != NULL)
    MEMBER (copy, field, char **) = mask_strings (MEMBER (copy, field, const char *const *), masker);
  if (text == NULL)
    return;
  if (field->type == FIELD_STRING) {
    MEMBER (copy, field, char *) = masker_mask (masker, text, -1, NULL);
    return;
  }
  len = text_length (copy, field, text);
  MEMBER (copy, field, char *) = masker_mask (masker, text, (gssize) len, &len);
  G_STRUCT_MEMBER (gsize, copy, field->len_offset) = len;
}

Event *
event_copy_masked (const Event *event, Masker *masker)
{
  Event *copy = g_new (Event, 1);

  *copy = *event;
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    mask_field (copy, &fields[i], masker);
  return copy;
}

void
event_free (Event *event)
{
  if (event == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++) {
    if (fields[i].type == FIELD_STRINGS)
      g_strfreev (MEMBER (event, &fields[i], char **));
    else if (fields[i].type == FIELD_STRING || fields[i].type == FIELD_TEXT)
      g_free (MEMBER (event, &fields[i], char *));
  }
  g_free (event);
}
