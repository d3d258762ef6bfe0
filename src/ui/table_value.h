/* SPDX-License-Identifier: Apache-2.0 */
/* Columns that a person has chosen among the parameters of a sweep and the metrics of its nodes. */
#ifndef DAGTOP_UI_TABLE_VALUE_H
#define DAGTOP_UI_TABLE_VALUE_H

#include "dagtop/engine/snapshot.h"
#include "dagtop/model/host_list.h"

enum { TABLE_VALUES = 8, TABLE_VALUE_MOST = 14, TABLE_VALUE_NAMES = 200 };

/* What one of these columns shows. */
struct table_value {
    char *name; /* NULL: the column is free */
    bool is_metric;
};

/* The value that a node has; NULL: none. Borrowed. */
const char *table_value_of(const struct table_value *value, const struct snapshot *snapshot, size_t node);

/* Adds the names that a list lacks, up to TABLE_VALUE_NAMES. */
void table_value_add_names(struct name_list *list, const struct attributes *from);

/* Whether a text is a number as a whole. */
bool table_value_number(const char *text, double *number);

/* How wide the column should be for its name and the first values. */
int table_value_width(const struct table_value *value, const struct snapshot *snapshot);

/* Shows the value in a free column, or frees the one that shows it; false where all are taken. */
bool table_value_toggle(struct table_value values[TABLE_VALUES], const char *name, bool is_metric);
bool table_value_is_shown(const struct table_value values[TABLE_VALUES], const char *name, bool is_metric);
void table_value_release(struct table_value values[TABLE_VALUES]);

#endif
