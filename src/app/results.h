/* SPDX-License-Identifier: Apache-2.0 */
/* The results of sweeps: gathered from workflows and files, printed as table, CSV and JSON. */
#ifndef DAGTOP_APP_RESULTS_H
#define DAGTOP_APP_RESULTS_H

#include <jansson.h>

#include "dagtop/sweep/result_grid.h"
#include "session.h"

/* What is asked of a table. */
struct results_question {
    const struct result_table *table;
    const char *name; /* of the first workflow, or "" */
    wall_time now;
    struct name_list metrics; /* to be shown: all of the table, or those of --metric */
    const char *metric;       /* that decides which is best; NULL: none */
    bool less_is_better;
    bool grouped; /* --group-by was given */
    bool only_best;
    struct result_groups groups; /* by --group-by, else by all parameters but repeat */
    struct name_list group_parameters;
    bool has_best, has_best_group; /* best: a row; best_group: a group */
    size_t best, best_group;
};

/* Adds the permutations of the workflow that the session shows; returns how many there were. */
size_t results_gather(struct session *session, struct result_table *table);

/* The run directory of a local node on this machine, or NULL. The caller frees it. */
char *results_run_directory(const struct session *session, const struct node *node);

/* A whole table as JSON, with its groups over repeats. The caller lets go of the object. */

json_t *results_as_json(const struct result_table *table, const char *name, wall_time now);

/* A grid for people; down may be NULL. */
void results_print_grid(const struct result_grid *grid, const char *across, const char *down);

void results_print_table(const struct results_question *question);
void results_print_csv(const struct results_question *question);
void results_print_json(const struct results_question *question);

#endif
