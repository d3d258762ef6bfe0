/* SPDX-License-Identifier: Apache-2.0 */
/* Which nodes a person means (dagtop(1), NODE): host lists first, then globs with * and ?, then states ("@failed"). */
#ifndef DAGTOP_MODEL_SELECTOR_H
#define DAGTOP_MODEL_SELECTOR_H

#include "dagtop/model/derive.h"

/*
 * Adds to set the nodes that selector names. views may be NULL where no states are known: then @STATE is
 * STATUS_INVALID. STATUS_NOT_FOUND with a sentence that suggests up to three nearest names where nothing matches a name
 * or glob; @STATE that matches nothing is fine. A flag name after @ may also be outdated, stale or blocked. A node
 * whose name is the selector itself comes before all of that. set is unchanged on failure.
 */
enum status selector_apply(const char *selector, const struct workflow *workflow, const struct node_view *views,
    bool *set, struct error *error) MUST_CHECK;

/* Edit distance (insert, delete, replace, swap of neighbours) of two names, capped at limit + 1 (Damerau 1964). */
unsigned selector_distance(const char *one, const char *other, unsigned limit);

/* True where name matches the pattern of literals, * and ?. Linear in practice: no backtracking beyond the last star.
 */
bool selector_glob(const char *pattern, const char *name);

#endif
