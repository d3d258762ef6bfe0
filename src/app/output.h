/* SPDX-License-Identifier: Apache-2.0 */
/* Results on stdout: the status of a workflow as table, JSON or CSV (dagtop(1)), and plans. */
#ifndef DAGTOP_APP_OUTPUT_H
#define DAGTOP_APP_OUTPUT_H

#include "dagtop/base/text.h"
#include "dagtop/engine/plan.h"
#include "dagtop/engine/snapshot.h"

/* What the printers need besides the snapshot. */
struct output_context {
    const struct snapshot *snapshot;
    const struct settings *settings;
    bool colour; /* stdout is a terminal and NO_COLOR is not set */
};

/* True where stdout may be coloured. */
bool output_may_colour(void);

void output_print_table(const struct output_context *context);
void output_print_json(const struct output_context *context);
void output_print_csv(const struct output_context *context);

/* The label of a node as one line; the caller frees it. */
char *output_label(const struct output_context *context, size_t node);

/* "7 done, 2 running, 1 waiting" into text. */
void output_counts(const struct snapshot *snapshot, struct text *text);

/* A plan, one line a node: name, state, what will happen, and the command on the host. */
void output_print_plan(const struct plan *plan, const struct workflow *workflow);

/* Prints bytes from outside so that a terminal comes to no harm; no newline is added. */
void output_print_safe(const char *string);

#endif
