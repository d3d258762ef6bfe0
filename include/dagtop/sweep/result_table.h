/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The results of a sweep: a row for each permutation, whatever machine it ran on, and what they come to in groups.
 * Pure: rows come from the caller.
 */
#ifndef DAGTOP_SWEEP_RESULT_TABLE_H
#define DAGTOP_SWEEP_RESULT_TABLE_H

#include "dagtop/base/clock.h"
#include "dagtop/model/attributes.h"
#include "dagtop/model/host_list.h"
#include "dagtop/model/state.h"

struct map;

struct result_row {
    char *name;                   /* of the permutation */
    struct attributes parameters; /* in the order of the sweep */
    enum node_state state;
    char *kind, *host, *jobid, *reason; /* or NULL */
    unsigned attempt;                   /* 0: none */
    double progress;                    /* 0 to 100; negative: not known */
    wall_time started, ended;           /* 0: not known */
    struct attributes metrics;
    struct attributes versions; /* what it ran on: "kernel", "slurm", "gpu"... */
    char *source;               /* the file that it is known from, where it is not the run directory; or NULL */
};

struct result_table {
    struct result_row *rows;
    size_t count, capacity;
    size_t doubles;                       /* rows that stood for a permutation that was there already */
    struct name_list parameters, metrics; /* all names, in the order in which they came */
    struct map *by_parameters, *known;    /* rows by their parameters; names that are in the lists */
};

/* What the rows of a group come to. */
struct result_statistics {
    size_t count;                             /* rows that gave a number */
    double mean, deviation, minimum, maximum; /* deviation of the sample (n - 1), 0 where there is one row */
};

struct result_group {
    struct attributes parameters; /* those that all its rows have in common by the question */
    size_t rows, done;
    struct result_statistics *statistics; /* one for each of table->metrics */
    size_t first;                         /* its first row */
};

struct result_groups {
    struct result_group *groups;
    size_t count, capacity;
};

void result_table_init(struct result_table *table);
void result_table_release(struct result_table *table);
void result_row_release(struct result_row *row);

/*
 * Takes a row (which is empty afterwards). Where the permutation is there already, the row that says more is kept: done
 * before live before the others, then the later one; so merged tables count nothing twice.
 */
void result_table_add(struct result_table *table, struct result_row *row);

/* True where text is a finite number, which *number then is. */
bool result_number(const char *text, double *number);

/* Gathers rows by some parameters, in the order of their first rows; only rows that are done count in statistics. */
void result_groups_make(
    struct result_groups *groups, const struct result_table *table, const struct name_list *parameters);
void result_groups_release(struct result_groups *groups);

/* All parameters but "repeat"; true where that is one of them. */
bool result_table_without_repeat(const struct result_table *table, struct name_list *parameters);

/*
 * The name of a metric without its sign, and whether less is better: "-x" says so, "+x" says more is; without a sign,
 * less is better where the name holds loss, error or time.
 */
const char *result_metric_name(const char *metric, bool *less_is_better);

/* The best group by the mean of a metric, or the best row that is done; false where none has a number. */
bool result_groups_best(const struct result_groups *groups, const struct result_table *table, const char *metric,
    bool less_is_better, size_t *best);
bool result_table_best(const struct result_table *table, const char *metric, bool less_is_better, size_t *best);

/* The index of a name in a list; false where it is not there. */
bool result_find_name(const struct name_list *list, const char *name, size_t *index);

#endif
