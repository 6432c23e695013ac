/* Why are the objects of a namespace not ready?  Looks with kubectl, in the
 * cluster the step names, and says only what it has seen.
 * SPDX-License-Identifier: MIT */
#ifndef GALLEY_DIAGNOSE_H
#define GALLEY_DIAGNOSE_H

#include "kube.h"

/* Which objects: those of a release, or one object (or all of a kind, with
 * labels), and what they own and use. */
struct kube_scope {
  const char *namespace;           /* NULL: the context's */
  const char *release;
  const char *kind, *name;         /* "Deployment"; name NULL: all of it */
  const char *labels;              /* "a=b,c=d" or NULL */
};

struct kube_finding {
  enum galley_class error_class;
  const char *what, *fix;          /* one line each; fix may be NULL */
};

/* 1: FINDING says the first cause; 0: nothing is proven. */
int kube_diagnose (struct galley_call *call, const struct kube_scope *scope, struct kube_finding *finding);
/* "deploy", "pods", "pvc" as kinds are written in objects; NULL: not one
 * that this file knows. */
const char *kube_kind (const char *resource, size_t len);

/* ---- between diagnose.c, diagnose-claims.c and diagnose-pods.c --------- */

struct thing {
  const char *json, *kind, *name;
  int         in_scope;
};

struct world {
  struct galley_call      *call;
  const struct kube_scope *scope;
  struct thing            *things;
  size_t                   n_things;
  const char              *events; /* lines: kind, name, uid, reason, message */
};

/* What is at PATH in JSON; "" if nothing. */
const char *look (struct galley_call *call, const char *json, const char *path);
/* An annotation (or with "labels" a label) of an object; NULL: none. */
const char *look_meta (struct galley_call *call, const char *json, const char *where, const char *name);
/* The message of the newest event of THING for REASON; NULL: none. */
const char *last_event (const struct world *world, const struct thing *thing, const char *reason);
/* `kubectl get RESOURCE` with two options, or NULL, as JSON texts of its
 * items; NULL: not seen. */
const char *const *get_items (struct galley_call *call, const char *resource, const char *option, const char *other);
/* The first line of TEXT, at most LONGEST bytes. */
const char *first_line (struct galley_call *call, const char *text, size_t longest);
/* Fills FINDING; FIX may be NULL.  Returns 1. */
GALLEY_PRINTF (5, 6) int
found (struct galley_call *call, struct kube_finding *finding, enum galley_class error_class, const char *fix,
       const char *what, ...);

int claims_explain (const struct world *world, struct kube_finding *finding);
int claims_unused (const struct world *world, struct kube_finding *finding);
int pods_uses_claim (const struct world *world, const struct thing *pod, const char *claim);
int pods_unschedulable (const struct world *world, struct kube_finding *finding);
int pods_stuck (const struct world *world, struct kube_finding *finding);
int pods_not_made (const struct world *world, struct kube_finding *finding);
int pods_not_ready (const struct world *world, struct kube_finding *finding);

#endif
