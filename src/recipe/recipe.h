/* A recipe as its author wrote it: typed, with positions, checked for all
 * that can be known without plugins.  SPDX-License-Identifier: MIT */
#pragma once

#include "proc/world.h"
#include "recipe/expression.h"

typedef enum { VAR_STRING, VAR_INT, VAR_BOOL, VAR_DURATION, VAR_LIST, VAR_MAP } VarType;

/* vars: {NAME: {type, default, match, values: [...], min, max, secret, required,
 *               from: {env: NAME, file: PATH}, help}}, or NAME: VALUE for a default alone */
typedef struct {
  char      *name, *help, *match;
  VarType    type;
  JsonNode  *fallback;            /* NULL: none; required unless `required: false` */
  GPtrArray *values;              /* of char*; NULL: any */
  gboolean   secret, optional, has_min, has_max;
  gint64     min, max;
  char      *from_env, *from_file;
  Position   at;
} VarDeclaration;

typedef struct {                  /* 0 or NULL: not said */
  guint      attempts;            /* total */
  gint64     delay_ms, max_delay_ms;
  double     factor;
  GPtrArray *on;                  /* of char*: class names */
} Retry;

typedef struct {                  /* of `assert` */
  Condition *condition;
  char      *say;                 /* what it means when it is false; NULL: not said */
} Assertion;

typedef struct _Recipe Recipe;

typedef struct {
  char      *id;                  /* [a-z][a-z0-9_-]{0,63} */
  Position   at, id_at, uses_at;
  char      *plugin, *action;     /* of `uses: plugin.action`; NULL for an include */
  char      *include;             /* path as written; NULL for an action */
  Recipe    *included;            /* owned; loaded */
  GPtrArray *with_names;          /* of char* ... */
  GPtrArray *with_values;         /* ... and Template* */
  Position  *with_at;             /* of each name */
  Condition *when;
  Condition *until;               /* of the step's own outputs; for actions that only read */
  Position   until_at;
  GPtrArray *asserts;             /* of Assertion* */
  GPtrArray *needs;               /* of char*; NULL: not said (after the step above); empty: [] */
  Position   needs_at;
  Position  *need_at;             /* of each */
  gint64     timeout_ms, idle_timeout_ms;   /* -1: not said */
  Retry      retry;
  gboolean   retry_said;
  gboolean   always, continue_on, background;
  char      *approve;             /* the question, as written ... */
  Template  *approve_template;    /* ... and to be expanded; no secrets in it */
  GPtrArray *env_names;           /* of char* ... */
  GPtrArray *env_values;          /* ... and Template*: for this step's tools */
  GPtrArray *output_names;        /* of char*: `outputs: {name: jsonpath}` ... */
  GPtrArray *output_paths;        /* ... and char* */
  Template  *for_each;            /* NULL: once */
  gboolean   with_wrong, each_wrong;   /* .with_... and .for_each are not what was meant, and that was said */
  char      *definition;          /* what it says, in short: see definition.h; not how often and how long it is tried */
} Step;

struct _Recipe {
  char      *file, *dir;          /* file as given, dir absolute */
  const char *shown;              /* file as positions name it: "<stdin>" for "-"; interned */
  char      *text;                /* the whole file, for the record */
  gsize      text_len;
  char      *name, *summary, *lock;   /* lock: text with ${vars.x}, may be NULL */
  Template  *lock_template;
  GPtrArray *vars;                /* of VarDeclaration* */
  GPtrArray *steps;               /* of Step* */
  gint64     timeout_ms, idle_timeout_ms;  /* defaults; -1: not said */
  Retry      retry;
  GPtrArray *default_names;       /* `defaults: {with: {region: ...}}`: given to each action ... */
  GPtrArray *default_values;      /* ... that has a param of that name; Template* */
  Position  *default_at;
  gboolean   defaults_wrong;      /* they are not what was meant, and that was said */
  char      *default_definition;  /* of that; NULL: there is none */
  GPtrArray *env_names, *env_values;       /* for all tools; no `steps.` in them */
  GPtrArray *declared_env;        /* of char*: names that ${env.X} may use: top-level `uses_env: [X]` */
  GPtrArray *output_names;        /* `outputs: {name: "${steps.a.b}"}` for who includes it ... */
  GPtrArray *output_values;       /* ... Template* */
  GPtrArray *tools;               /* `tools: {helm: ">=3.12"}`: char* "helm" ... */
  GPtrArray *tool_versions;       /* ... char* "3.12" (minimum) */
  struct _RecipeGraph *graph;     /* which step comes before which; see recipe_step_follows */
};

/* FILE "-": standard input.  Included recipes are loaded too (cycles and
 * more than 8 levels are errors).  NULL: *ERROR is GALLEY_ERROR_RECIPE with
 * every problem of every file, or GALLEY_ERROR_USAGE-like text when FILE
 * cannot be read at all (missing, a folder, not a regular file, empty, too
 * large): also GALLEY_ERROR_RECIPE. */
Recipe *recipe_load (const char *file, GError **error);
/* The same, adding to DIAGNOSTICS, which later stages add to as well.  With
 * errors it may still return what could be read, so that more is found in one
 * go: each of its steps has an id, but may have neither .plugin nor .included;
 * see also .with_wrong, .each_wrong and .defaults_wrong.
 * Such a recipe must not run: ask diagnostics_check. */
Recipe *recipe_load_into (const char *file, Diagnostics *diagnostics);
void    recipe_free (Recipe *recipe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Recipe, recipe_free)
const VarDeclaration *recipe_find_var (const Recipe *recipe, const char *name);
const Step *recipe_find_step (const Recipe *recipe, const char *id);

/* The steps STEP directly waits for: what `needs` says, else the step above
 * (the nearest above that is not `always`, unless STEP is too).  Of const
 * Step*, free the array. */
GPtrArray  *recipe_step_needs   (const Recipe *recipe, const Step *step);
/* OTHER is sure to be over before STEP begins (through `needs`, however far). */
gboolean    recipe_step_follows (const Recipe *recipe, const Step *step, const Step *other);
/* Adds an error unless STEP may use REFERENCE: what it names exists and is
 * sure to have a value by then.  Loading does this for all that is written in
 * a step; for `defaults: {with}` it is for whoever knows that STEP takes that
 * param.  STEP NULL: before the first step. */
void        recipe_check_reference (const Recipe *recipe, const Step *step, const Reference *reference,
                                    const Condition *guard, Diagnostics *diagnostics);
/* The keys of `for_each` over ALL, a list (its elements, as text) or a map:
 * each [A-Za-z0-9][A-Za-z0-9_.-]{0,63}, so that it can be part of an id and a
 * file's name, and none twice.  Of char*; NULL: *MESSAGE says what is wrong.
 * ${steps.ID.OUTPUT} of such a step is a map from key to output. */
GPtrArray  *recipe_each_keys (JsonNode *all, char **message);
/* For condition_check_types: what is known without plugins. */
ValueType   recipe_type_of (const Recipe *recipe, const Step *step, const Reference *reference);

/* Whether the value holds a secret: through a secret var (of an included
 * recipe too: a secret may only be given to a var that is `secret`), or an
 * output that OUTPUT_IS_SECRET (may be NULL) says is one. */
typedef gboolean (*OutputIsSecret) (const Step *step, const char *output, gpointer user_data);
gboolean    template_is_secret (const Template *template, const Recipe *recipe,
                                OutputIsSecret output_is_secret, gpointer user_data);

/* -- the values of vars ---------------------------------------------------- */

typedef struct {
  JsonNode *value;                /* NULL: optional and not given */
  char     *origin;               /* "--var", "vars.yaml:3", "env WANDB_LICENSE", "file license.txt", "default", "include" */
  gboolean  secret;
  char     *warning;              /* worth saying, e.g. that others can read the file; NULL: none */
} VarValue;

/* A value's JSON by type: string, int, bool, list, map as such; a duration is
 * a string ("10m").  An optional var that was not given: .value NULL; to a
 * template give JSON null for it.
 * name -> VarValue.  GIVEN: "k=v" texts of --var in order (later wins);
 * FILES: paths of --vars (YAML maps; later wins; --var beats them).
 * Order: --var, --vars, from env, from file, default.  Checks types, match,
 * values, min, max; unknown names with a did-you-mean; secrets shorter than
 * MASK_MIN_LENGTH are refused.  A secret's value is in no message.
 * Errors: GALLEY_ERROR_RECIPE for the vars; GALLEY_ERROR_USAGE for a wrong --var. */
GHashTable *recipe_resolve_vars (const Recipe *recipe, const char *const *given,
                                 const char *const *files, GError **error);
/* The same, adding to DIAGNOSTICS what is wrong with the vars: NULL with *ERROR
 * unset.  RECORDED (name -> JsonNode; may be NULL): what a run that is resumed
 * had for those that are not secret; it comes after FILES and before env. */
GHashTable *recipe_resolve_vars_into (const Recipe *recipe, const char *const *given, const char *const *files, World *played,
                                      GHashTable *recorded, Diagnostics *diagnostics, GError **error);
/* For an include: values from its `with` (expanded in the parent's scope with
 * recipe_expand_for_var; JSON null: not given), checked the same way; then env, file,
 * default. */
GHashTable *recipe_resolve_include_vars (const Recipe *recipe, GHashTable *with /* name -> JsonNode */, World *played,
                                         const char *prefix, GError **error);
void var_value_free (VarValue *value);
JsonNode *recipe_expand_for_var (const VarDeclaration *var, const Template *value, Resolve resolve,
                                 gpointer user_data, GError **error);
