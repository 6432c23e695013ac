/* SPDX-License-Identifier: MIT */
#include "recipe/condition-parse.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "base/yaml.h"
#include "recipe/match.h"

typedef enum {
  TOKEN_END, TOKEN_WORD, TOKEN_OPERATOR, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_LIST, TOKEN_LIST_END, TOKEN_COMMA, TOKEN_OPERAND
} TokenKind;

typedef struct {
  TokenKind      kind;
  Position       at;
  const char    *start;
  gsize          len;
  ConditionNode *operand;       /* TOKEN_OPERAND */
  Operator       op;
} Token;

typedef struct {
  const char  *text, *p;
  Locate       locate;
  gpointer     user_data;
  Token        token;           /* the one looked at */
  guint        depth;
  gboolean     failed;
  GPtrArray   *references;
  Diagnostics *diagnostics;
} Parser;

static const char *const operator_names[] = { "==", "!=", "<", "<=", ">", ">=", "in", "matches" };

static ConditionNode *parse_or (Parser *parser);

const char *
condition_operator_name (Operator op)
{
  return operator_names[op];
}

void
condition_node_free (ConditionNode *node)
{
  if (node == NULL)
    return;
  g_clear_pointer (&node->literal, json_node_unref);
  g_clear_pointer (&node->regex, g_regex_unref);
  g_clear_pointer (&node->items, g_ptr_array_unref);
  reference_free (node->reference);
  g_free (node);
}

static ConditionNode *
new_node (ConditionKind kind, Position at)
{
  ConditionNode *node = g_new0 (ConditionNode, 1);

  node->kind = kind;
  node->at = at;
  if (kind != NODE_LITERAL && kind != NODE_REFERENCE)
    node->items = g_ptr_array_new_with_free_func ((GDestroyNotify) condition_node_free);
  return node;
}

/* Only the first mistake of a condition is said: what follows it may be none. */
static void G_GNUC_PRINTF (4, 5)
fail (Parser *parser, Position at, const char *hint, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  if (parser->failed)
    return;
  parser->failed = TRUE;
  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  diagnostics_add (parser->diagnostics, at, hint, "%s", message);
}

/* -- tokens ----------------------------------------------------------------- */

static ConditionNode *
new_literal (Parser *parser, ValueType type, JsonNode *value)
{
  ConditionNode *node = new_node (NODE_LITERAL, parser->token.at);

  node->type = type;
  node->literal = value;
  return node;
}

static void
read_string (Parser *parser)
{
  const char *start = parser->p, *end = strchr (start + 1, *start);
  g_autofree char *text = NULL;

  if (end == NULL) {
    fail (parser, parser->token.at, NULL, "a quote that is never closed");
    return;
  }
  text = g_strndup (start + 1, (gsize) (end - start - 1));
  parser->token.operand = new_literal (parser, TYPE_STRING, json_node_init_string (json_node_alloc (), text));
  parser->token.kind = TOKEN_OPERAND;
  parser->p = end + 1;
}

static void
read_duration (Parser *parser, const char *text)
{
  g_autoptr (GError) error = NULL;
  ConditionNode *node;
  gint64 milliseconds;

  if (!duration_parse (text, &milliseconds, &error)) {
    fail (parser, parser->token.at, "a text needs quotes", "\"%s\" is neither a number nor a duration", text);
    return;
  }
  node = new_literal (parser, TYPE_DURATION, NULL);
  node->duration = milliseconds;
  parser->token.operand = node;
}

/* A number or a duration. */
static void
read_number (Parser *parser)
{
  gsize len = (gsize) (*parser->p == '-') + strspn (parser->p + (*parser->p == '-'),
                                                    "0123456789.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");
  g_autofree char *text = g_strndup (parser->p, len), *message = NULL;
  JsonNode *number = yaml_scalar_to_json (text, &message);

  parser->token.kind = TOKEN_OPERAND;
  if (number != NULL && JSON_NODE_HOLDS_VALUE (number) && json_node_get_value_type (number) != G_TYPE_STRING)
    parser->token.operand = new_literal (parser, TYPE_NUMBER, g_steal_pointer (&number));
  else
    read_duration (parser, text);
  g_clear_pointer (&number, json_node_unref);
  parser->p += len;
}

static void
read_reference (Parser *parser)
{
  char *message = NULL;
  g_autofree char *hint = NULL;
  const char *end;
  Reference *reference = reference_scan (parser->p, &end, &message, &hint);
  ConditionNode *node;

  if (reference == NULL) {
    if (*end != '.' && *end != '[' && !g_str_has_prefix (message, "\""))
      fail (parser, parser->token.at, "a text needs quotes", "\"%.*s\" is not a value", (int) MIN (end - parser->p, 80), parser->p);
    else
      fail (parser, parser->token.at, hint, "%s", message);
    g_free (message);
    return;
  }
  reference->at = parser->token.at;
  node = new_node (NODE_REFERENCE, parser->token.at);
  node->reference = reference;
  g_ptr_array_add (parser->references, reference);
  parser->token.operand = node;
  parser->token.kind = TOKEN_OPERAND;
  parser->p = end;
}

static void
read_word (Parser *parser)
{
  gsize len = 0;
  Token *token = &parser->token;
  const char *p = parser->p;

  while (g_ascii_isalnum (p[len]) || p[len] == '_' || p[len] == '-')
    len++;
  token->kind = TOKEN_WORD;
  token->len = len;
  parser->p += len;
  if ((len == 2 && memcmp (p, "in", 2) == 0) || (len == 7 && memcmp (p, "matches", 7) == 0)) {
    token->kind = TOKEN_OPERATOR;
    token->op = len == 2 ? OP_IN : OP_MATCHES;
  } else if ((len == 4 && memcmp (p, "true", 4) == 0) || (len == 5 && memcmp (p, "false", 5) == 0)) {
    token->kind = TOKEN_OPERAND;
    token->operand = new_literal (parser, TYPE_BOOL, json_node_init_boolean (json_node_alloc (), len == 4));
  } else if (len == 4 && memcmp (p, "null", 4) == 0) {
    token->kind = TOKEN_OPERAND;
    token->operand = new_literal (parser, TYPE_NULL, json_node_init_null (json_node_alloc ()));
  } else if (!(len == 3 && (memcmp (p, "and", 3) == 0 || memcmp (p, "not", 3) == 0))
             && !(len == 2 && memcmp (p, "or", 2) == 0)) {
    parser->p = p;
    read_reference (parser);
  }
}

/* What people write who know another language. */
static gboolean
read_foreign (Parser *parser)
{
  static const struct { const char *text, *message, *hint; } foreign[] = {
    { "${", "references are written without \"${\" and \"}\" in a condition", NULL },
    { "&&", "there is no \"&&\"", "write \"and\"" },
    { "||", "there is no \"||\"", "write \"or\"" },
    { "=~", "there is no \"=~\"", "write \"matches\"" },
    { "!", "there is no \"!\"", "write \"not\"" },
    { "=", "there is no \"=\"", "write \"==\"" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (foreign); i++)
    if (g_str_has_prefix (parser->p, foreign[i].text)) {
      fail (parser, parser->token.at, foreign[i].hint, "%s", foreign[i].message);
      return TRUE;
    }
  return FALSE;
}

static gboolean
read_operator (Parser *parser)
{
  static const Operator longest_first[] = { OP_EQUAL, OP_UNEQUAL, OP_LESS_EQUAL, OP_GREATER_EQUAL, OP_LESS, OP_GREATER };

  for (guint i = 0; i < G_N_ELEMENTS (longest_first); i++)
    if (g_str_has_prefix (parser->p, operator_names[longest_first[i]])) {
      parser->token.kind = TOKEN_OPERATOR;
      parser->token.op = longest_first[i];
      parser->p += strlen (operator_names[longest_first[i]]);
      return TRUE;
    }
  return FALSE;
}

static void
next_token (Parser *parser)
{
  static const char marks[] = "()[],";
  static const TokenKind kinds[] = { TOKEN_OPEN, TOKEN_CLOSE, TOKEN_LIST, TOKEN_LIST_END, TOKEN_COMMA };
  const char *mark;
  char c;

  condition_node_free (parser->token.operand);
  parser->token = (Token) { .kind = TOKEN_END };
  parser->p += strspn (parser->p, " \t\r\n");
  parser->token.at = parser->locate ((gsize) (parser->p - parser->text), parser->user_data);
  parser->token.start = parser->p;
  c = *parser->p;
  if (c == '\0' || parser->failed)
    return;
  if (c == '"' || c == '\'')
    read_string (parser);
  else if (g_ascii_isdigit (c) || (c == '-' && g_ascii_isdigit (parser->p[1])))
    read_number (parser);
  else if (g_ascii_isalpha (c) || c == '_')
    read_word (parser);
  else if ((mark = strchr (marks, c)) != NULL) {
    parser->token.kind = kinds[mark - marks];
    parser->p++;
  } else if (!read_operator (parser) && !read_foreign (parser))
    fail (parser, parser->token.at, NULL, "\"%.*s\" cannot be in a condition",
          (int) (g_utf8_next_char (parser->p) - parser->p), parser->p);
}

static gboolean
is_word (Parser *parser, const char *word)
{
  return parser->token.kind == TOKEN_WORD && parser->token.len == strlen (word)
         && memcmp (parser->token.start, word, parser->token.len) == 0;
}

/* -- grammar ---------------------------------------------------------------- */

static void
fail_at_token (Parser *parser, const char *wanted)
{
  if (parser->token.kind == TOKEN_END)
    fail (parser, parser->token.at, NULL, "%s is missing at the end of the condition", wanted);
  else
    fail (parser, parser->token.at, NULL, "%s is missing here", wanted);
}

static ConditionNode *
parse_list (Parser *parser)
{
  ConditionNode *list = new_node (NODE_LIST, parser->token.at);

  list->type = TYPE_LIST;
  next_token (parser);
  while (parser->token.kind == TOKEN_OPERAND) {
    g_ptr_array_add (list->items, g_steal_pointer (&parser->token.operand));
    next_token (parser);
    if (parser->token.kind != TOKEN_COMMA)
      break;
    next_token (parser);
  }
  if (parser->token.kind != TOKEN_LIST_END)
    fail_at_token (parser, "\",\" or \"]\"");
  next_token (parser);
  return list;
}

static ConditionNode *
parse_operand (Parser *parser)
{
  ConditionNode *node = NULL;

  if (parser->token.kind == TOKEN_LIST)
    return parse_list (parser);
  if (parser->token.kind == TOKEN_OPERAND) {
    node = g_steal_pointer (&parser->token.operand);
    next_token (parser);
  } else if (parser->token.kind == TOKEN_OPEN && parser->depth >= CONDITION_MAX_DEPTH) {
    fail (parser, parser->token.at, NULL, "brackets deeper than %d", CONDITION_MAX_DEPTH);
  } else if (parser->token.kind == TOKEN_OPEN) {
    parser->depth++;
    next_token (parser);
    node = parse_or (parser);
    if (parser->token.kind != TOKEN_CLOSE)
      fail_at_token (parser, "\")\"");
    next_token (parser);
    parser->depth--;
  } else
    fail_at_token (parser, "a value");
  return node;
}

/* A pattern that is known now is compiled now. */
static void
compile_pattern (Parser *parser, ConditionNode *compare)
{
  ConditionNode *pattern = compare->items->pdata[1];
  g_autoptr (GError) error = NULL;

  if (compare->op != OP_MATCHES || pattern == NULL || pattern->kind != NODE_LITERAL || pattern->type != TYPE_STRING)
    return;
  pattern->regex = match_compile (json_node_get_string (pattern->literal), &error);
  if (pattern->regex == NULL)
    fail (parser, pattern->at, NULL, "not a regular expression: %s", error->message);
}

static ConditionNode *
parse_comparison (Parser *parser)
{
  ConditionNode *left = parse_operand (parser), *compare;

  if (left == NULL || parser->token.kind != TOKEN_OPERATOR)
    return left;
  compare = new_node (NODE_COMPARE, parser->token.at);
  compare->op = parser->token.op;
  next_token (parser);
  g_ptr_array_add (compare->items, left);
  g_ptr_array_add (compare->items, parse_operand (parser));
  compile_pattern (parser, compare);
  if (parser->token.kind == TOKEN_OPERATOR)
    fail (parser, parser->token.at, "join two comparisons with \"and\"", "a second \"%s\" in one comparison",
          operator_names[parser->token.op]);
  return compare;
}

/* `not not a` is read in a loop: no recursion without a bracket. */
static ConditionNode *
parse_not (Parser *parser)
{
  Position at = parser->token.at;
  ConditionNode *node, *negated;
  gboolean negate = FALSE;

  while (is_word (parser, "not")) {
    negate = !negate;
    next_token (parser);
  }
  node = parse_comparison (parser);
  if (!negate || node == NULL)
    return node;
  negated = new_node (NODE_NOT, at);
  g_ptr_array_add (negated->items, node);
  return negated;
}

static ConditionNode *
parse_joined (Parser *parser, const char *word, ConditionKind kind, ConditionNode *(*parse) (Parser *))
{
  ConditionNode *first = parse (parser), *joined;

  if (first == NULL || !is_word (parser, word))
    return first;
  joined = new_node (kind, first->at);
  g_ptr_array_add (joined->items, first);
  while (is_word (parser, word)) {
    next_token (parser);
    g_ptr_array_add (joined->items, parse (parser));
  }
  return joined;
}

static ConditionNode *
parse_and (Parser *parser)
{
  return parse_joined (parser, "and", NODE_AND, parse_not);
}

static ConditionNode *
parse_or (Parser *parser)
{
  return parse_joined (parser, "or", NODE_OR, parse_and);
}

ConditionNode *
condition_parse_text (const char *text, Locate locate, gpointer user_data, GPtrArray *references, Diagnostics *diagnostics)
{
  Parser parser = { text, text, locate, user_data, .references = references, .diagnostics = diagnostics };
  ConditionNode *node;

  if (strlen (text) > CONDITION_MAX_BYTES) {
    diagnostics_add (diagnostics, locate (0, user_data), NULL, "a condition longer than %d bytes", CONDITION_MAX_BYTES);
    return NULL;
  }
  next_token (&parser);
  node = parse_or (&parser);
  if (parser.token.kind == TOKEN_CLOSE)
    fail (&parser, parser.token.at, NULL, "a \")\" without \"(\"");
  else if (parser.token.kind != TOKEN_END)
    fail (&parser, parser.token.at, NULL, "\"and\" or \"or\" is missing here");
  condition_node_free (parser.token.operand);
  if (parser.failed)
    g_clear_pointer (&node, condition_node_free);
  return node;
}

/* -- back to text ----------------------------------------------------------- */

static char *
operand_to_text (const ConditionNode *node)
{
  if (node->kind == NODE_REFERENCE)
    return reference_to_text (node->reference);
  if (node->type == TYPE_DURATION)
    return g_strdup_printf ("%" G_GINT64_FORMAT "ms", node->duration);
  return json_to_string (node->literal, FALSE);
}

char *
condition_node_to_text (const ConditionNode *node)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const char *between = node->kind == NODE_AND ? " and " : node->kind == NODE_OR ? " or " : ", ";

  if (node->kind == NODE_LITERAL || node->kind == NODE_REFERENCE)
    return operand_to_text (node);
  g_string_append (text, node->kind == NODE_NOT ? "not (" : node->kind == NODE_LIST ? "[" : "(");
  for (guint i = 0; i < node->items->len; i++) {
    g_autofree char *item = condition_node_to_text (node->items->pdata[i]);

    if (i > 0 && node->kind == NODE_COMPARE)
      g_string_append_printf (text, " %s ", operator_names[node->op]);
    else if (i > 0)
      g_string_append (text, between);
    g_string_append (text, item);
  }
  g_string_append (text, node->kind == NODE_LIST ? "]" : ")");
  return g_strdup (text->str);
}
