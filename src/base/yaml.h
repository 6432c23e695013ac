/* YAML as a tree with positions, read strictly: one document, UTF-8, no
 * anchors, aliases, tags, merge keys or duplicate keys, no control or bidi
 * characters, bounded size and depth.  SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>

#define YAML_MAX_BYTES (1024 * 1024)
#define YAML_MAX_DEPTH 64
#define YAML_MAX_NODES 100000
#define YAML_MAX_KEY   1024

typedef enum { YAML_SCALAR, YAML_LIST, YAML_MAP } YamlKind;

typedef struct _YamlNode YamlNode;
struct _YamlNode {
  YamlKind   kind;
  guint      line, column;        /* from 1 */
  char      *text;                /* of a scalar, decoded; else NULL */
  gboolean   plain;               /* a scalar without quotes and not a block */
  GPtrArray *keys;                /* of a map: YamlNode scalars, in order */
  GPtrArray *items;               /* of a list or a map's values, in order */
  char      *raw;                 /* a scalar as written, where that differs from .text; else NULL */
};

/* Where a text is not as it should be; line 0: the text as a whole. */
typedef struct { guint line, column; char *message; } YamlProblem;

/* NULL: *PROBLEM says where and why (free with yaml_problem_free). */
YamlNode *yaml_parse (const char *text, gsize len, YamlProblem **problem);
/* The same, with every problem (YamlProblem *, in order) added to PROBLEMS.
 * The tree is returned all the same, for finding more, when all of the text
 * could be read; else NULL. */
YamlNode *yaml_parse_all (const char *text, gsize len, GPtrArray *problems);
void      yaml_node_free (YamlNode *node);
void      yaml_problem_free (YamlProblem *problem);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (YamlNode, yaml_node_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (YamlProblem, yaml_problem_free)

YamlNode *yaml_get (const YamlNode *map, const char *key);          /* NULL: not there */

/* The tree as JSON, with plain scalars typed: true, false, null, ~, whole
 * and decimal numbers; all else is a string.  What other readers take for
 * something else is an ambiguity: *PROBLEM.  Such are, plain: yes, no, on,
 * off, y, n, True, 0123, 1_000, 0x1f, 22:22, .inf, dates, 1e3, and numbers
 * that would change when written again (1.20, 123456789012345678901). */
JsonNode *yaml_to_json (const YamlNode *node, YamlProblem **problem);
/* One plain scalar in the same way. */
JsonNode *yaml_scalar_to_json (const char *text, char **message);

/* Where a byte of a scalar's text stands in the file.  A cursor only moves
 * forward, so that a walk over a text costs no more than its length. */
typedef struct { const YamlNode *node; const char *text, *raw; guint line, column; } YamlCursor;
void yaml_cursor_init (YamlCursor *cursor, const YamlNode *scalar);
void yaml_cursor_move (YamlCursor *cursor, gsize offset);
