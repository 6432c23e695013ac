/* What the parts of the loader share.  SPDX-License-Identifier: MIT */
#pragma once

#include <sys/stat.h>

#include "recipe/graph.h"
#include "recipe/keys.h"

#define RECIPE_MAX_STEPS    10000
#define RECIPE_MAX_VARS     1000
#define RECIPE_MAX_INCLUDES 200     /* in all, not deep */
#define RECIPE_MAX_INCLUDED (8 * YAML_MAX_BYTES)
#define RECIPE_MAX_VALUES   1000
#define RECIPE_MAX_DEPTH    8
#define RECIPE_MAX_ASSERTS  100
#define RECIPE_MAX_ATTEMPTS 1000

/* Files that are being read, outermost last. */
typedef struct _LoadChain LoadChain;
struct _LoadChain { const LoadChain *outer; dev_t device; ino_t inode; const char *shown; guint depth; };

/* Of all included files so far. */
typedef struct { guint includes; gsize bytes; } LoadTotals;

struct _Loader {
  const char      *file;            /* interned, as shown */
  Diagnostics     *diagnostics;
  Recipe          *recipe;
  const LoadChain *chain;
  LoadTotals      *totals;
  GHashTable      *ids;             /* id -> Step*: to see the second one */
};

Position loader_at      (const Loader *loader, const YamlNode *node);
void     loader_error   (Loader *loader, const YamlNode *node, const char *hint, const char *format, ...) G_GNUC_PRINTF (4, 5);
/* `"KEY" must be WANTED, not ...` */
void     loader_wrong   (Loader *loader, const YamlNode *key, const YamlNode *value, const char *wanted);
/* Each key of MAP by its entry of KEYS; says which are unknown or missing.
 * FALSE: some are unknown. */
gboolean loader_map     (Loader *loader, const YamlNode *map, const YamlNode *key, const RecipeKey *keys, gpointer target);

/* For the tables: FIELD is a char **, gboolean *, gint64 * (ms), ... */
void load_text          (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field);
void load_bool          (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field);
void load_duration      (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field);
void load_texts         (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field);   /* GPtrArray ** */
/* A scalar that must be there, and must not be empty; NULL: said. */
const char *loader_text (Loader *loader, const YamlNode *key, const YamlNode *value, const char *wanted);
gboolean loader_is_id   (const char *text);               /* [a-z][a-z0-9_-]{0,63} */
gboolean loader_is_env  (const char *text);               /* [A-Za-z_][A-Za-z0-9_]* */
/* A map of names and templates, added to the arrays; AT may be NULL. */
void loader_templates   (Loader *loader, const YamlNode *key, const YamlNode *value, gboolean env,
                         GPtrArray *names, GPtrArray *values, Position **at);

void load_vars          (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field);
void load_steps         (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field);
void load_retry         (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field);
extern const RecipeKey recipe_top_keys[], recipe_var_keys[], recipe_from_keys[], recipe_step_keys[],
                       recipe_retry_keys[], recipe_default_keys[], recipe_assert_keys[];

/* Adds what is wrong beyond single values: references, needs, includes. */
void recipe_check (Recipe *recipe, Diagnostics *diagnostics);
void step_free (Step *step);
void assertion_free (Assertion *assertion);
void var_declaration_free (VarDeclaration *var);
/* FILE as shown (interned); CHAIN of the files around it.  NULL: unreadable. */
Recipe *recipe_load_file (const char *path, const char *file, const YamlNode *include, const LoadChain *outer,
                          LoadTotals *totals, Diagnostics *diagnostics);
