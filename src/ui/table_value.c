/* SPDX-License-Identifier: Apache-2.0 */
#include "table_value.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"
#include "dagtop/sweep/result_table.h"

enum { SAMPLE = 500 };

const char *table_value_of(const struct table_value *value, const struct snapshot *snapshot, size_t node)
{
    if (!value->name)
        return NULL;
    return attributes_get(
        value->is_metric ? &snapshot->observations[node].report.metrics : &snapshot->workflow->nodes[node].sweep,
        value->name);
}

void table_value_add_names(struct name_list *list, const struct attributes *from)
{
    size_t index;
    for (size_t i = 0; i < from->count && list->count < TABLE_VALUE_NAMES; i++) {
        const char *name = from->items[i].key;
        /* Nodes of one sweep have the same names in the same order. */
        bool is_there = i < list->count && strcmp(list->names[i], name) == 0;
        if (!is_there && !result_find_name(list, name, &index))
            name_list_add(list, name);
    }
}

bool table_value_number(const char *text, double *number)
{
    char *end;
    *number = strtod(text, &end);
    return end != text && *end == '\0' && *number == *number;
}

int table_value_width(const struct table_value *value, const struct snapshot *snapshot)
{
    int width = value->name ? (int)utf8_width(value->name) + 1 : 0;
    for (size_t i = 0; i < snapshot->workflow->node_count && i < SAMPLE && width < TABLE_VALUE_MOST; i++) {
        const char *text = table_value_of(value, snapshot, i);
        int own = text ? (int)utf8_width(text) : 0;
        width = own > width ? own : width;
    }
    return width < TABLE_VALUE_MOST ? width : TABLE_VALUE_MOST;
}

static struct table_value *find(struct table_value values[TABLE_VALUES], const char *name, bool is_metric)
{
    for (size_t i = 0; i < TABLE_VALUES; i++)
        if (name ? values[i].name && values[i].is_metric == is_metric && strcmp(values[i].name, name) == 0
                 : !values[i].name)
            return &values[i];
    return NULL;
}

bool table_value_is_shown(const struct table_value values[TABLE_VALUES], const char *name, bool is_metric)
{
    return find((struct table_value *)values, name, is_metric) != NULL;
}

bool table_value_toggle(struct table_value values[TABLE_VALUES], const char *name, bool is_metric)
{
    struct table_value *shown = find(values, name, is_metric);
    struct table_value *value = shown ? shown : find(values, NULL, false);
    if (!value)
        return false;
    free(value->name);
    value->name = shown ? NULL : memory_copy_text(name);
    value->is_metric = is_metric;
    return true;
}

void table_value_release(struct table_value values[TABLE_VALUES])
{
    for (size_t i = 0; i < TABLE_VALUES; i++) {
        free(values[i].name);
        values[i].name = NULL;
    }
}
