/* SPDX-License-Identifier: MIT */
#include "recipe/condition.h"

#include <string.h>

#include "base/errors.h"
#include "base/strict-json.h"
#include "base/text.h"
#include "base/yaml.h"
#include "recipe/condition-parse.h"
#include "recipe/match.h"

struct _Condition {
  char          *text;
  ConditionNode *root;
  GPtrArray     *references;
  GHashTable    *parts;         /* what is joined by `and`, each in its one way of writing */
};

void
condition_free (Condition *condition)
{
  if (condition == NULL)
    return;
  g_free (condition->text);
  condition_node_free (condition->root);
  g_ptr_array_unref (condition->references);
  g_hash_table_unref (condition->parts);
  g_free (condition);
}

/* -- making ----------------------------------------------------------------- */

static Condition *
condition_new (const char *text, Locate locate, gpointer user_data, Diagnostics *diagnostics)
{
  Condition *condition = g_new0 (Condition, 1);

  condition->text = g_strdup (text);
  condition->references = g_ptr_array_new ();
  condition->parts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  condition->root = condition_parse_text (text, locate, user_data, condition->references, diagnostics);
  if (condition->root == NULL) {
    condition_free (condition);
    return NULL;
  }
  if (condition->root->kind == NODE_AND)
    for (guint i = 0; i < condition->root->items->len; i++)
      g_hash_table_add (condition->parts, condition_node_to_text (condition->root->items->pdata[i]));
  else
    g_hash_table_add (condition->parts, condition_node_to_text (condition->root));
  return condition;
}

typedef struct { const char *text; gsize offset; Position at; } LineLocator;

static Position
locate_in_line (gsize offset, gpointer user_data)
{
  LineLocator *locator = user_data;

  for (; locator->offset < offset; locator->offset += (gsize) g_utf8_skip[(guchar) locator->text[locator->offset]])
    locator->at.column++;
  return locator->at;
}

Condition *
condition_parse (const char *text, Position at, Diagnostics *diagnostics)
{
  LineLocator locator = { text, 0, at };

  return condition_new (text, locate_in_line, &locator, diagnostics);
}

typedef struct { const char *file; YamlCursor cursor; } YamlLocator;

static Position
locate_in_yaml (gsize offset, gpointer user_data)
{
  YamlLocator *locator = user_data;

  yaml_cursor_move (&locator->cursor, offset);
  return (Position) { locator->file, locator->cursor.line, locator->cursor.column };
}

Condition *
condition_parse_yaml (const char *file, const void *yaml_node, Diagnostics *diagnostics)
{
  const YamlNode *node = yaml_node;
  YamlLocator locator = { g_intern_string (file), { 0 } };

  yaml_cursor_init (&locator.cursor, node);
  return condition_new (node->text, locate_in_yaml, &locator, diagnostics);
}

GPtrArray *
condition_references (const Condition *condition)
{
  return condition->references;
}

const char *
condition_text (const Condition *condition)
{
  return condition->text;
}

gboolean
condition_implies (const Condition *has, const Condition *needed)
{
  GHashTableIter iter;
  gpointer part;

  if (needed == NULL)
    return TRUE;
  if (has == NULL)
    return FALSE;
  g_hash_table_iter_init (&iter, needed->parts);
  while (g_hash_table_iter_next (&iter, &part, NULL))
    if (!g_hash_table_contains (has->parts, part))
      return FALSE;
  return TRUE;
}

/* -- types ------------------------------------------------------------------ */

static const char *const type_names[] = {
  "a value", "a string", "a number", "true or false", "a duration", "a list", "a map", "null"
};

static gboolean
is_ordering (Operator op)
{
  return op == OP_LESS || op == OP_LESS_EQUAL || op == OP_GREATER || op == OP_GREATER_EQUAL;
}

/* Why LEFT OP RIGHT can never be; NULL: it may be.  TYPE_ANY goes with all. */
static char *
check_operands (Operator op, ValueType left, ValueType right)
{
  const char *name = condition_operator_name (op);

  if (op == OP_IN) {
    if (right != TYPE_ANY && right != TYPE_LIST && right != TYPE_MAP)
      return g_strdup_printf ("\"in\" needs a list or a map behind it, not %s", type_names[right]);
    if (right == TYPE_MAP && left != TYPE_ANY && left != TYPE_STRING)
      return g_strdup_printf ("the keys of a map are strings, not %s", type_names[left]);
    return NULL;
  }
  if (op == OP_MATCHES) {
    if ((left != TYPE_ANY && left != TYPE_STRING) || (right != TYPE_ANY && right != TYPE_STRING))
      return g_strdup_printf ("\"matches\" needs a string on both sides, not %s",
                              type_names[left != TYPE_ANY && left != TYPE_STRING ? left : right]);
    return NULL;
  }
  if (is_ordering (op)) {
    ValueType wrong = left == TYPE_ANY || left == TYPE_NUMBER || left == TYPE_DURATION ? right : left;

    if (wrong != TYPE_ANY && wrong != TYPE_NUMBER && wrong != TYPE_DURATION)
      return g_strdup_printf ("\"%s\" compares numbers or durations, not %s", name, type_names[wrong]);
  }
  if (left != right && left != TYPE_ANY && right != TYPE_ANY && left != TYPE_NULL && right != TYPE_NULL)
    return g_strdup_printf ("\"%s\" between %s and %s", name, type_names[left], type_names[right]);
  return NULL;
}

typedef struct { TypeOf type_of; gpointer user_data; Diagnostics *diagnostics; } Checker;

static ValueType check_node (Checker *checker, ConditionNode *node);

static void
check_truth (Checker *checker, ConditionNode *node)
{
  ValueType type = check_node (checker, node);

  if (type != TYPE_ANY && type != TYPE_BOOL)
    diagnostics_add (checker->diagnostics, node->at, NULL, "%s where true or false is wanted", type_names[type]);
}

static void
check_comparison (Checker *checker, ConditionNode *node)
{
  ConditionNode *left_node = node->items->pdata[0], *right_node = node->items->pdata[1];
  ValueType left = check_node (checker, left_node), right = check_node (checker, right_node);
  g_autofree char *message = NULL;

  /* A string literal beside a duration is one: "10m". */
  if (left == TYPE_DURATION && right_node->kind == NODE_LITERAL && right == TYPE_STRING && node->op <= OP_GREATER_EQUAL)
    right = TYPE_ANY;
  message = check_operands (node->op, left, right);
  if (message != NULL)
    diagnostics_add (checker->diagnostics, node->at, NULL, "%s", message);
}

static ValueType
check_node (Checker *checker, ConditionNode *node)
{
  switch (node->kind) {
  case NODE_LITERAL:
    return node->type;
  case NODE_REFERENCE:
    node->type = node->reference->path != NULL ? TYPE_ANY : checker->type_of (node->reference, checker->user_data);
    return node->type;
  case NODE_LIST:
    for (guint i = 0; i < node->items->len; i++)
      check_node (checker, node->items->pdata[i]);
    return TYPE_LIST;
  case NODE_COMPARE:
    check_comparison (checker, node);
    return TYPE_BOOL;
  case NODE_NOT:
  case NODE_AND:
  case NODE_OR:
    for (guint i = 0; i < node->items->len; i++)
      check_truth (checker, node->items->pdata[i]);
    return TYPE_BOOL;
  }
  return TYPE_ANY;
}

void
condition_check_types (Condition *condition, TypeOf type_of, gpointer user_data, Diagnostics *diagnostics)
{
  Checker checker = { type_of, user_data, diagnostics };

  check_truth (&checker, condition->root);
}

/* -- evaluating ------------------------------------------------------------- */

typedef struct { Resolve resolve; gpointer user_data; } Scope;
typedef struct { ValueType type; JsonNode *node; gint64 duration; const ConditionNode *from; } Value;

static gboolean evaluate_truth (const Scope *scope, const ConditionNode *node, GError **error);

static void
value_clear (Value *value)
{
  g_clear_pointer (&value->node, json_node_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Value, value_clear)

static void G_GNUC_PRINTF (3, 4)
fail_at (GError **error, const ConditionNode *node, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_FAILED, "%s:%u:%u: %s", node->at.file, node->at.line, node->at.column, message);
}

static ValueType
type_of_json (JsonNode *node)
{
  GType type;

  if (JSON_NODE_HOLDS_ARRAY (node))
    return TYPE_LIST;
  if (JSON_NODE_HOLDS_OBJECT (node))
    return TYPE_MAP;
  if (JSON_NODE_HOLDS_NULL (node))
    return TYPE_NULL;
  type = json_node_get_value_type (node);
  return type == G_TYPE_STRING ? TYPE_STRING : type == G_TYPE_BOOLEAN ? TYPE_BOOL : TYPE_NUMBER;
}

/* A string that is to be a duration becomes one. */
static gboolean
make_duration (Value *value, GError **error)
{
  if (value->type != TYPE_STRING)
    return TRUE;
  if (!duration_parse (json_node_get_string (value->node), &value->duration, NULL)) {
    fail_at (error, value->from, "a string that is no duration");
    return FALSE;
  }
  value->type = TYPE_DURATION;
  return TRUE;
}

static gboolean
evaluate_list (const Scope *scope, const ConditionNode *node, Value *value, GError **error)
{
  g_autoptr (JsonArray) array = json_array_new ();

  for (guint i = 0; i < node->items->len; i++) {
    const ConditionNode *item = node->items->pdata[i];
    JsonNode *element;

    if (item->kind == NODE_REFERENCE)
      element = reference_resolve (item->reference, scope->resolve, scope->user_data, error);
    else if (item->type == TYPE_DURATION) {
      fail_at (error, item, "a duration cannot be in a list");
      element = NULL;
    } else
      element = json_node_copy (item->literal);
    if (element == NULL)
      return FALSE;
    json_array_add_element (array, element);
  }
  value->type = TYPE_LIST;
  value->node = json_node_init_array (json_node_alloc (), array);
  return TRUE;
}

static gboolean
evaluate_operand (const Scope *scope, const ConditionNode *node, Value *value, GError **error)
{
  g_autoptr (GError) local = NULL;

  *value = (Value) { .type = node->type, .duration = node->duration, .from = node };
  if (node->kind == NODE_LIST)
    return evaluate_list (scope, node, value, error);
  if (node->kind == NODE_REFERENCE) {
    value->node = reference_resolve (node->reference, scope->resolve, scope->user_data, error);
    if (value->node == NULL)
      return FALSE;
    value->type = type_of_json (value->node);
    return node->type != TYPE_DURATION || make_duration (value, error);
  }
  if (node->kind == NODE_LITERAL) {
    value->node = node->literal != NULL ? json_node_copy (node->literal) : NULL;
    return TRUE;
  }
  value->type = TYPE_BOOL;
  value->node = json_node_init_boolean (json_node_alloc (), evaluate_truth (scope, node, &local));
  if (local != NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  return error == NULL || *error == NULL;
}

static int
compare_numbers (JsonNode *a, JsonNode *b)
{
  if (json_node_get_value_type (a) == G_TYPE_INT64 && json_node_get_value_type (b) == G_TYPE_INT64) {
    gint64 x = json_node_get_int (a), y = json_node_get_int (b);

    return x < y ? -1 : x > y;
  } else {
    double x = json_node_get_double (a), y = json_node_get_double (b);

    return x < y ? -1 : x > y;
  }
}

static gboolean
values_equal (const Value *a, const Value *b)
{
  g_autofree char *difference = NULL;

  if (a->type != b->type)
    return FALSE;
  if (a->type == TYPE_DURATION)
    return a->duration == b->duration;
  difference = strict_json_diff (a->node, b->node);
  return difference == NULL;
}

static gboolean
is_in (const Value *left, const Value *right)
{
  JsonArray *array;

  if (right->type == TYPE_MAP)
    return json_object_has_member (json_node_get_object (right->node), json_node_get_string (left->node));
  array = json_node_get_array (right->node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *element = json_array_get_element (array, i);
    Value item = { .type = type_of_json (element), .node = element };

    if (values_equal (left, &item))
      return TRUE;
  }
  return FALSE;
}

static gboolean
text_matches (const Value *left, const Value *right, GError **error)
{
  g_autoptr (GRegex) made = NULL;
  g_autoptr (GError) local = NULL;
  GRegex *regex = right->from->regex;
  gboolean matches;

  if (regex == NULL)
    regex = made = match_compile (json_node_get_string (right->node), &local);
  if (regex == NULL) {
    fail_at (error, right->from, "not a regular expression: %s", local->message);
    return FALSE;
  }
  matches = match_whole (regex, json_node_get_string (left->node), &local);
  if (local != NULL)
    fail_at (error, left->from, "%s", local->message);
  return matches;
}

static gboolean
is_ordered (Operator op, const Value *left, const Value *right)
{
  int order = left->type == TYPE_NUMBER ? compare_numbers (left->node, right->node)
                                        : left->duration < right->duration ? -1 : left->duration > right->duration;

  return op == OP_LESS ? order < 0 : op == OP_LESS_EQUAL ? order <= 0 : op == OP_GREATER ? order > 0 : order >= 0;
}

static gboolean
evaluate_comparison (const Scope *scope, const ConditionNode *node, GError **error)
{
  g_auto (Value) left = { 0 }, right = { 0 };
  g_autofree char *message = NULL;

  if (!evaluate_operand (scope, node->items->pdata[0], &left, error)
      || !evaluate_operand (scope, node->items->pdata[1], &right, error))
    return FALSE;
  if (node->op <= OP_GREATER_EQUAL && (left.type == TYPE_DURATION || right.type == TYPE_DURATION)
      && (!make_duration (&left, error) || !make_duration (&right, error)))
    return FALSE;
  message = check_operands (node->op, left.type, right.type);
  if (message != NULL || (is_ordering (node->op) && left.type != right.type)) {
    fail_at (error, node, "%s", message != NULL ? message : "null cannot be compared in this way");
    return FALSE;
  }
  if (node->op == OP_IN)
    return is_in (&left, &right);
  if (node->op == OP_MATCHES)
    return text_matches (&left, &right, error);
  if (node->op == OP_EQUAL || node->op == OP_UNEQUAL)
    return values_equal (&left, &right) == (node->op == OP_EQUAL);
  return is_ordered (node->op, &left, &right);
}

/* `and` and `or` stop at the first operand that decides. */
static gboolean
evaluate_joined (const Scope *scope, const ConditionNode *node, GError **error)
{
  gboolean decides = node->kind == NODE_OR;

  for (guint i = 0; i < node->items->len; i++) {
    g_autoptr (GError) local = NULL;
    gboolean truth = evaluate_truth (scope, node->items->pdata[i], &local);

    if (local != NULL) {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
    if (truth == decides)
      return decides;
  }
  return !decides;
}

static gboolean
evaluate_truth (const Scope *scope, const ConditionNode *node, GError **error)
{
  g_auto (Value) value = { 0 };
  g_autoptr (GError) local = NULL;
  gboolean truth;

  if (node->kind == NODE_AND || node->kind == NODE_OR)
    return evaluate_joined (scope, node, error);
  if (node->kind == NODE_COMPARE)
    return evaluate_comparison (scope, node, error);
  if (node->kind == NODE_NOT) {
    truth = evaluate_truth (scope, node->items->pdata[0], &local);
    if (local != NULL)
      g_propagate_error (error, g_steal_pointer (&local));
    return error != NULL && *error != NULL ? FALSE : !truth;
  }
  if (!evaluate_operand (scope, node, &value, error))
    return FALSE;
  if (value.type != TYPE_BOOL) {
    fail_at (error, node, "%s where true or false is wanted", type_names[value.type]);
    return FALSE;
  }
  return json_node_get_boolean (value.node);
}

gboolean
condition_evaluate (const Condition *condition, Resolve resolve, gpointer user_data, GError **error)
{
  Scope scope = { resolve, user_data };
  g_autoptr (GError) local = NULL;
  gboolean truth = evaluate_truth (&scope, condition->root, &local);

  if (local == NULL)
    return truth;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}
