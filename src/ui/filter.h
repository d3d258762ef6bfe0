/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The language that narrows the table and marks nodes. Words that all must fit, each with ! before it for the opposite:
 *
 *   part          of the name, in any case unless it has capital letters
 *   train-*       the whole name, with * and ?
 *   ^train-[12]$  an extended regular expression in the name
 *   @failed       a state (or its beginning), or outdated, stale, blocked, marked
 *   host:gpu kind:slurm
 *   loss<0.3      a parameter of a sweep, a metric (metric.loss where both have the name), or progress, attempt, exit,
 *                 time (seconds); = != < <= > >=
 */
#ifndef DAGTOP_UI_FILTER_H
#define DAGTOP_UI_FILTER_H

#include "dagtop/engine/snapshot.h"

struct filter_term;

struct filter {
    struct filter_term *terms;
    size_t count, capacity;
    char *mistake; /* what could not be understood, as a sentence, or NULL; such a word is looked for as it stands */
};

/* What is asked about one node. */
struct filter_subject {
    const struct node *node;
    const struct node_view *view;
    const struct observation *observation;
    int64_t elapsed; /* milliseconds, negative where there is no time */
    bool marked;
};

/* An empty filter is all zeros: everything fits. */
void filter_compile(struct filter *filter, const char *text);
void filter_release(struct filter *filter);
bool filter_fits(const struct filter *filter, const struct filter_subject *subject);

#endif
