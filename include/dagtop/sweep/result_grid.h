/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The experiment grid: permutations by two of their parameters, each cell with its states, its progress and the mean of
 * a metric, shaded by value. Pure and without copies of rows: a screen counts anew whenever something changes.
 */
#ifndef DAGTOP_SWEEP_RESULT_GRID_H
#define DAGTOP_SWEEP_RESULT_GRID_H

#include "dagtop/sweep/result_table.h"

enum { RESULT_GRID_SHADES = 8, RESULT_GRID_CELLS_LIMIT = 1000000 };

/* Where rows come from: a table of results, or the nodes of a snapshot. All functions answer at once. */
struct result_source {
    size_t count;
    const void *argument;
    const struct attributes *(*parameters)(const void *argument, size_t row); /* none: the row is no permutation */
    const struct attributes *(*metrics)(const void *argument, size_t row);
    enum node_state (*state)(const void *argument, size_t row);
    double (*progress)(const void *argument, size_t row); /* 0 to 100; negative: not known */
};

/* What is asked of a grid. */
struct result_grid_question {
    const char *across, *down;       /* parameters; down may be NULL: one line */
    const struct attributes *filter; /* parameters that rows must have; NULL: all rows */
    const char *metric;              /* NULL: states only */
    bool less_is_better;
};

struct result_cell {
    unsigned rows; /* how many */
    size_t first;  /* of them */
    unsigned states[STATE_COUNT];
    double progress;     /* mean of those known; ended well counts 100; negative: none known */
    unsigned progresses; /* rows that gave one */
    unsigned values;     /* rows that gave a number */
    double value;        /* their mean */
    unsigned shade;      /* 0 for the worst value to RESULT_GRID_SHADES - 1 for the best */
};

struct result_grid {
    struct name_list across, down; /* values of the axes: numbers in their order, else as they came */
    struct result_cell *cells;     /* cells[down * across.count + across] */
    size_t *places;                /* the cell of each row; SIZE_MAX: none */
    double lowest, highest;        /* of all values */
    bool has_best;
    size_t best; /* index of a cell */
};

/* Makes a grid. STATUS_NOT_FOUND where no row has the parameters, STATUS_TOO_LARGE beyond RESULT_GRID_CELLS_LIMIT. */
enum status result_grid_make(struct result_grid *grid, const struct result_source *source,
    const struct result_grid_question *question) MUST_CHECK;

/* Counts states and metrics anew, of the same rows with the same parameters; filter, across and down are as they were.
 */
void result_grid_count(
    struct result_grid *grid, const struct result_source *source, const struct result_grid_question *question);
void result_grid_release(struct result_grid *grid);

/* The rows of a table as a source; borrowed. */
struct result_source result_table_source(const struct result_table *table);

/* The state that a cell shows: the one that a person must see first. */
enum node_state result_cell_state(const struct result_cell *cell);

#endif
