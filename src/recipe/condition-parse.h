/* The text of a condition as a tree.  SPDX-License-Identifier: MIT */
#pragma once

#include "recipe/condition.h"

typedef enum { NODE_LITERAL, NODE_REFERENCE, NODE_LIST, NODE_NOT, NODE_AND, NODE_OR, NODE_COMPARE } ConditionKind;
typedef enum { OP_EQUAL, OP_UNEQUAL, OP_LESS, OP_LESS_EQUAL, OP_GREATER, OP_GREATER_EQUAL, OP_IN, OP_MATCHES } Operator;

typedef struct {
  ConditionKind kind;
  Position      at;
  Operator      op;             /* NODE_COMPARE; .at is then the operator's */
  ValueType     type;           /* of a literal, or what is known of a reference */
  JsonNode     *literal;        /* not of a duration */
  gint64        duration;       /* ms */
  Reference    *reference;
  GRegex       *regex;          /* of a pattern that is a literal */
  GPtrArray    *items;          /* ConditionNode*: operands, or a list's elements */
} ConditionNode;

void        condition_node_free (ConditionNode *node);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ConditionNode, condition_node_free)
const char *condition_operator_name (Operator op);
/* Written in one way, whatever the spaces and brackets of the author were. */
char       *condition_node_to_text (const ConditionNode *node);

/* Moves forward to OFFSET of the text: its place in the file. */
typedef Position (*Locate) (gsize offset, gpointer user_data);
/* References are added to REFERENCES (borrowed).  NULL: DIAGNOSTICS says why. */
ConditionNode *condition_parse_text (const char *text, Locate locate, gpointer user_data,
                                     GPtrArray *references, Diagnostics *diagnostics);
