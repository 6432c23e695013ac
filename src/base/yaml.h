/* YAML as a tree with positions, read strictly: one document, UTF-8, no
 * anchors, aliases, tags, merge keys or duplicate keys, no control or bidi
 * characters, bounded size and depth.  SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>

#define YAML_MAX_BYTES (1024 * 1024)
#define YAML_MAX_DEPTH 64
#define YAML_MAX_NODES 100000

typedef enum { YAML_SCALAR, YAML_LIST, YAML_MAP } YamlKind;

typedef struct _YamlNode YamlNode;
struct _YamlNode {
  YamlKind   kind;
  guint      line, column;        /* from 1 */
  char      *text;                /* of a scalar, decoded; else NULL */
  gboolean   plain;               /* a scalar without quotes and not a block */
  GPtrArray *keys;                /* of a map: YamlNode scalars, in order */
  GPtrArray *items;               /* of a list or a map's values, in order */
};

/* Where a text is not as it should be. */
typedef struct { guint line, column; char *message; } YamlProblem;

/* NULL: *PROBLEM says where and why (free with yaml_problem_free). */
YamlNode *yaml_parse (const char *text, gsize len, YamlProblem **problem);
void      yaml_node_free (YamlNode *node);
void      yaml_problem_free (YamlProblem *problem);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (YamlNode, yaml_node_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (YamlProblem, yaml_problem_free)

YamlNode *yaml_get (const YamlNode *map, const char *key);          /* NULL: not there */

/* The tree as JSON, with plain scalars typed: true, false, null, ~, whole
 * and decimal numbers; all else is a string.  Plain yes, no, on, off, y, n
 * (booleans to some readers), 0123, 1_000, 0x1f, 22:22, .inf and dates are
 * an ambiguity: *PROBLEM. */
JsonNode *yaml_to_json (const YamlNode *node, YamlProblem **problem);
