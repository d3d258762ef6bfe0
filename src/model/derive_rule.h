/* SPDX-License-Identifier: Apache-2.0 */
/* The table that turns a node's own evidence into its state and the reason for it. */
#ifndef DAGTOP_MODEL_DERIVE_RULE_H
#define DAGTOP_MODEL_DERIVE_RULE_H

#include "dagtop/base/text.h"
#include "dagtop/model/derive.h"

/* One row: fits where all bits of must and none of must_not are evidence. */
struct derive_rule {
    unsigned must, must_not;
    enum node_state state;
    const char *reason; /* or NULL */
    void (*tell)(
        struct text *reason, const struct attempt *attempt, const struct observation *observation); /* or NULL */
};

/* The rule that decides for a node; always one. *attempt gets the attempt that it speaks of, or NULL. */
const struct derive_rule *derive_rule_find(
    const struct node *node, const struct observation *observation, const struct attempt **attempt);

/* Appends the reason in words, or nothing. */
void derive_rule_tell(const struct derive_rule *rule, const struct attempt *attempt,
    const struct observation *observation, struct text *reason);

#endif
