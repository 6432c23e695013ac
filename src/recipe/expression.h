/* References (${vars.x}) in recipe values and the small typed language of
 * `when`.  SPDX-License-Identifier: MIT */
#pragma once

#include "recipe/condition.h"
#include "recipe/reference.h"
#include "recipe/template.h"
