/* What the names in a recipe's references stand for while it runs: its
 * vars, its steps and their outputs.  An included recipe has a scope of its
 * own.  SPDX-License-Identifier: MIT */
#pragma once

#include "api/galley-plugin.h"
#include "base/mask.h"
#include "proc/world.h"
#include "recipe/recipe.h"

typedef struct _RunStep RunStep;
typedef struct _Scope   Scope;

struct _Scope {
  const Recipe *recipe;
  Scope        *parent;           /* who includes it; NULL: the recipe that is run */
  const Step   *include;          /* the step of the parent that does */
  char         *prefix;           /* of its steps' ids: "" or "app/" */
  GHashTable   *vars;             /* name -> VarValue; NULL: not known yet (an include's) */
  GHashTable   *steps;            /* Step -> GPtrArray of RunStep*, borrowed: one, or those of its
                                   * for_each, or all of its include */
  GHashTable   *includes;         /* id -> Scope*, owned */
  const char   *run_id, *run_dir; /* borrowed */
  gboolean      settled;          /* of the recipe that is run: its vars have their values, not just defaults */
  gboolean      warned;           /* what is worth saying of its vars has been said */
  World        *world;            /* of the same: has the environment, and keeps the vars' values; borrowed;
                                   * NULL: values are not asked for */
  Masker       *masker;           /* of the same: gets the secrets of includes; borrowed; may be NULL */
};

/* VARS: taken; NULL for an include. */
Scope *scope_new  (const Recipe *recipe, Scope *parent, const Step *include, GHashTable *vars);
void   scope_free (Scope *scope);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Scope, scope_free)

/* A value of a scope's recipe, its references resolved.  STEP: whose
 * each.key and each.value are meant; may be NULL.  Errors: GALLEY_ERROR_FAILED. */
JsonNode *scope_expand   (Scope *scope, const Template *value, const RunStep *step, GError **error);
gboolean  scope_evaluate (Scope *scope, const Condition *condition, const RunStep *step, GError **error);
/* What CONDITION's references stand for: `steps.a.n is 3, vars.x is "y"`;
 * long values are cut, secrets are "***". */
char     *scope_describe (Scope *scope, const Condition *condition, const RunStep *step);
/* Any value: for `for_each` and params that are maps. */
JsonNode *scope_expand_data (Scope *scope, const Template *value, const RunStep *step, GError **error);
JsonNode *scope_expand_param (Scope *scope, const struct galley_param *param, const Template *value,
                              const RunStep *step, GError **error);
/* The run steps that a step of its recipe stands for; in the order of the run. */
GPtrArray *scope_steps_of (Scope *scope, const Step *step);
Scope    *scope_root     (Scope *scope);
/* Its vars hang on no step. */
gboolean  scope_vars_known (Scope *scope);
/* Secret vars, those of includes too once they are known, are masked by MASKER from now on. */
void      scope_set_masker (Scope *root, Masker *masker);
/* Their values are noted by WORLD, those of includes once they are known.
 * After scope_set_masker, which hears of the secrets. */
void      scope_set_world   (Scope *root, World *world);
/* An include's vars, from its `with` in the parent's scope. */
gboolean  scope_resolve_vars (Scope *scope, GError **error);
/* The steps a reference hangs on, added to STEPS (of RunStep*). */
void      scope_find_steps (Scope *scope, const Reference *reference, GPtrArray *steps);
/* Whether a value may show a secret: it refers to a secret var, or an output
 * declared so. */
gboolean  scope_is_secret (Scope *scope, const Template *value);
