/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "table_rows.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "ui_private.h"

/* What one node is sorted by: the number, then the text, then its place in the file. */
struct sort_key {
    double number;
    const char *text;
    size_t node;
};

/* Rank of the states when sorted: trouble first, then what is live, what may come, and what is over. */
static const double state_ranks[STATE_COUNT] = {[STATE_FAILED] = 0,
    [STATE_LOST] = 1,
    [STATE_RUNNING] = 2,
    [STATE_QUEUED] = 3,
    [STATE_SUBMITTED] = 4,
    [STATE_READY] = 5,
    [STATE_HELD] = 6,
    [STATE_WAITING] = 7,
    [STATE_CANCELLED] = 8,
    [STATE_SKIPPED] = 9,
    [STATE_DONE] = 10};

void table_rows_init(struct table_rows *rows, size_t node_count)
{
    *rows = (struct table_rows){.node_count = node_count, .sort = COLUMN_MARK};
    rows->row_of = memory_new_array(node_count + 1, sizeof *rows->row_of);
    memory_grow(&rows->nodes, &rows->capacity, node_count + 1, sizeof *rows->nodes);
}

void table_rows_resize(struct table_rows *rows, size_t node_count)
{
    free(rows->row_of);
    rows->node_count = node_count;
    rows->row_of = memory_new_array(node_count + 1, sizeof *rows->row_of);
    memory_grow(&rows->nodes, &rows->capacity, node_count + 1, sizeof *rows->nodes);
}

void table_rows_release(struct table_rows *rows)
{
    free(rows->nodes);
    free(rows->row_of);
    filter_release(&rows->compiled);
    table_value_release(rows->values);
    *rows = (struct table_rows){0};
}

void table_rows_set_filter(struct table_rows *rows, const char *filter)
{
    snprintf(rows->filter, sizeof rows->filter, "%s", filter);
    filter_compile(&rows->compiled, rows->filter);
}

int table_rows_compare_names(const char *one, const char *other)
{
    while (*one && *other) {
        if (isdigit((unsigned char)*one) && isdigit((unsigned char)*other)) {
            while (*one == '0' && isdigit((unsigned char)one[1]))
                one++;
            while (*other == '0' && isdigit((unsigned char)other[1]))
                other++;
            size_t digits = strspn(one, "0123456789"), other_digits = strspn(other, "0123456789");
            int difference = digits == other_digits ? strncmp(one, other, digits) : digits < other_digits ? -1 : 1;
            if (difference)
                return difference;
            one += digits;
            other += other_digits;
        } else if (*one != *other) {
            return (unsigned char)*one < (unsigned char)*other ? -1 : 1;
        } else {
            one++;
            other++;
        }
    }
    return *one ? 1 : *other ? -1 : 0;
}

static int compare_keys(const void *one_key, const void *other_key)
{
    const struct sort_key *one = one_key, *other = other_key;
    if (one->number != other->number)
        return one->number < other->number ? -1 : 1;
    int difference = one->text && other->text ? table_rows_compare_names(one->text, other->text) : 0;
    return difference ? difference : one->node < other->node ? -1 : one->node > other->node;
}

/* The label of a node for sorting; labels holds the strings until the sort is done. */
static const char *label_copy(const struct ui *ui, size_t node, char **labels, size_t place)
{
    struct text label;
    text_init(&label, 0);
    ui_label_line(ui, node, &label);
    labels[place] = text_take(&label);
    return labels[place];
}

/* Numbers by value, then texts; nodes without a value come last, whichever way round. */
static void key_of_value(
    const struct table_rows *rows, const struct snapshot *snapshot, enum column column, struct sort_key *key)
{
    const char *text = table_value_of(&rows->values[column - COLUMN_VALUE_1], snapshot, key->node);
    if (!text)
        key->number = rows->reverse ? -INFINITY : INFINITY;
    else if (!table_value_number(text, &key->number)) {
        key->number = DBL_MAX;
        key->text = text;
    }
}

static struct sort_key make_key(
    const struct table_rows *rows, const struct ui *ui, const struct snapshot *snapshot, size_t place, char **labels)
{
    size_t node = rows->nodes[place];
    const struct node *row = &snapshot->workflow->nodes[node];
    const struct node_view *view = &snapshot->views[node];
    struct sort_key key = {.node = node};
    if (column_is_value(rows->sort)) {
        key_of_value(rows, snapshot, rows->sort, &key);
        return key;
    }
    switch (rows->sort) {
    case COLUMN_STATE:
        key.number = state_ranks[view->state];
        break;
    case COLUMN_NAME:
        key.text = row->name;
        break;
    case COLUMN_KIND:
        key.text = node_kind_word(row->kind);
        break;
    case COLUMN_HOST:
        key.text = row->host;
        break;
    case COLUMN_PROGRESS:
        key.number = -view->progress;
        break;
    case COLUMN_ELAPSED:
        key.number = -(double)ui_elapsed(ui, node);
        break;
    case COLUMN_ATTEMPT:
        key.number = -(double)view->attempt;
        break;
    case COLUMN_LABEL:
        key.text = label_copy(ui, node, labels, place);
        key.number = !key.text[0];
        break;
    case COLUMN_JOB:
        key.text = view->current && view->current->jobid ? view->current->jobid : "";
        key.number = view->current ? (double)view->current->pid : 0;
        break;
    case COLUMN_SEEN:
        key.number = (double)view->observed;
        break;
    case COLUMN_LEFT:
        key.number = ui->estimate.nodes ? -(double)ui->estimate.nodes[node].high : 0;
        break;
    case COLUMN_METRICS:
        key.number = -(double)snapshot->observations[node].report.metrics.count;
        break;
    default:
        break;
    }
    return key;
}

static void sort(struct table_rows *rows, const struct ui *ui, const struct snapshot *snapshot)
{
    struct sort_key *keys = memory_new_array(rows->count + 1, sizeof *keys);
    char **labels = rows->sort == COLUMN_LABEL ? memory_new_array(rows->count + 1, sizeof *labels) : NULL;
    for (size_t i = 0; i < rows->count; i++)
        keys[i] = make_key(rows, ui, snapshot, i, labels);
    qsort(keys, rows->count, sizeof *keys, compare_keys);
    for (size_t i = 0; i < rows->count; i++)
        rows->nodes[i] = keys[i].node;
    for (size_t i = 0; labels && i < rows->count; i++)
        free(labels[i]);
    free(labels);
    free(keys);
}

void table_rows_make(struct table_rows *rows, const struct ui *ui, const struct snapshot *snapshot)
{
    rows->count = 0;
    for (size_t i = 0; i < rows->node_count; i++) {
        rows->row_of[i] = SIZE_MAX;
        struct filter_subject subject = ui_filter_subject(ui, i);
        if (rows->compiled.count == 0 || filter_fits(&rows->compiled, &subject))
            rows->nodes[rows->count++] = i;
    }
    if (rows->sort != COLUMN_MARK)
        sort(rows, ui, snapshot);
    for (size_t i = 0; rows->reverse && i < rows->count / 2; i++) {
        size_t node = rows->nodes[i];
        rows->nodes[i] = rows->nodes[rows->count - 1 - i];
        rows->nodes[rows->count - 1 - i] = node;
    }
    for (size_t i = 0; i < rows->count; i++)
        rows->row_of[rows->nodes[i]] = i;
}
