/* SPDX-License-Identifier: Apache-2.0 */
/* Which nodes the table shows and in what order: kept between frames, made anew only when something it rests on moved.
 */
#ifndef DAGTOP_UI_TABLE_ROWS_H
#define DAGTOP_UI_TABLE_ROWS_H

#include "dagtop/engine/snapshot.h"
#include "filter.h"
#include "table_value.h"

enum column {
#define COLUMN(name, title, width, most, alignment, rank, shown, sentence) COLUMN_##name,
#include "dagtop/ui/columns.def"
#undef COLUMN
    COLUMN_COUNT
};

static inline bool column_is_value(enum column column)
{
    return column >= COLUMN_VALUE_1 && column <= COLUMN_VALUE_8;
}

enum { FILTER_LIMIT = 200 };

struct ui;

struct table_rows {
    size_t *nodes; /* nodes[row] */
    size_t count, capacity;
    size_t *row_of; /* of every node; SIZE_MAX: not shown */
    size_t node_count;
    enum column sort;
    bool reverse;
    struct table_value values[TABLE_VALUES]; /* from COLUMN_VALUE_1 on */
    char filter[FILTER_LIMIT + 1];
    struct filter compiled; /* of filter */
};

void table_rows_init(struct table_rows *rows, size_t node_count);
void table_rows_release(struct table_rows *rows);

/* Another workflow, to be shown as the one before: table_rows_make follows. */
void table_rows_resize(struct table_rows *rows, size_t node_count);

/* Filters and sorts anew. The ui gives labels and times. */
void table_rows_make(struct table_rows *rows, const struct ui *ui, const struct snapshot *snapshot);

/* Another filter; table_rows_make applies it. */
void table_rows_set_filter(struct table_rows *rows, const char *filter);

/* Compares names as people do: numbers inside them by value, so that train-9 comes before train-10. */
int table_rows_compare_names(const char *one, const char *other);

#endif
