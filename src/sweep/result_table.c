/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/sweep/result_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"

void result_table_init(struct result_table *table)
{
    *table = (struct result_table){.by_parameters = map_new(), .known = map_new()};
}

void result_row_release(struct result_row *row)
{
    free(row->name);
    free(row->kind);
    free(row->host);
    free(row->jobid);
    free(row->reason);
    free(row->source);
    attributes_release(&row->parameters);
    attributes_release(&row->metrics);
    attributes_release(&row->versions);
    *row = (struct result_row){0};
}

void result_table_release(struct result_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        result_row_release(&table->rows[i]);
    free(table->rows);
    name_list_release(&table->parameters);
    name_list_release(&table->metrics);
    map_free(table->by_parameters);
    map_free(table->known);
    *table = (struct result_table){0};
}

/* Adds the names that a list lacks; kind keeps parameters and metrics of one name apart. */
static void know(struct result_table *table, struct name_list *list, const char *kind, const struct attributes *from)
{
    for (size_t i = 0; i < from->count; i++) {
        char *key = memory_format("%s%s", kind, from->items[i].key);
        if (!map_get(table->known, key, NULL)) {
            map_set(table->known, key, 1);
            name_list_add(list, from->items[i].key);
        }
        free(key);
    }
}

/* Which of two rows for a permutation says more. */
static unsigned rank(const struct result_row *row)
{
    if (row->state == STATE_DONE)
        return 3;
    return state_is_live(row->state) ? 2 : row->attempt > 0;
}

static bool says_more(const struct result_row *row, const struct result_row *than)
{
    if (rank(row) != rank(than))
        return rank(row) > rank(than);
    return row->ended > than->ended;
}

/* The parameters in an order that no file has a say in. */
static char *key_of(const struct result_row *row)
{
    struct text text;
    const char *last = "";
    text_init(&text, 0);
    for (size_t i = 0; i < row->parameters.count; i++) {
        const struct attribute *next = NULL;
        for (size_t j = 0; j < row->parameters.count; j++) {
            const struct attribute *item = &row->parameters.items[j];
            if (strcmp(item->key, last) > 0 && (!next || strcmp(item->key, next->key) < 0))
                next = item;
        }
        if (!next)
            break;
        text_append_format(&text, "%s=%zu:%s\n", next->key, strlen(next->value), next->value);
        last = next->key;
    }
    return text_take(&text);
}

void result_table_add(struct result_table *table, struct result_row *row)
{
    uintptr_t index;
    char *key = key_of(row);
    know(table, &table->parameters, "p", &row->parameters);
    know(table, &table->metrics, "m", &row->metrics);
    if (!map_get(table->by_parameters, key, &index)) {
        memory_grow(&table->rows, &table->capacity, table->count + 1, sizeof *table->rows);
        map_set(table->by_parameters, key, table->count);
        table->rows[table->count++] = *row;
    } else {
        table->doubles++;
        if (says_more(row, &table->rows[index])) {
            result_row_release(&table->rows[index]);
            table->rows[index] = *row;
        } else {
            result_row_release(row);
        }
    }
    *row = (struct result_row){0};
    free(key);
}

bool result_number(const char *text, double *number)
{
    char *end;
    if (!text || !*text || strspn(text, "+-0123456789.eE") != strlen(text))
        return false;
    *number = strtod(text, &end);
    return !*end && isfinite(*number);
}

bool result_find_name(const struct name_list *list, const char *name, size_t *index)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->names[i], name) == 0) {
            *index = i;
            return true;
        }
    return false;
}

/* Mean and deviation in one pass (Welford 1962); deviation holds the sum of squares until the end. */
static void count_in(struct result_statistics *statistics, double number)
{
    statistics->count++;
    if (statistics->count == 1)
        statistics->minimum = statistics->maximum = number;
    statistics->minimum = fmin(statistics->minimum, number);
    statistics->maximum = fmax(statistics->maximum, number);
    double before = number - statistics->mean;
    statistics->mean += before / (double)statistics->count;
    statistics->deviation += before * (number - statistics->mean);
}

static struct result_group *find_group(struct result_groups *groups, struct map *by_values,
    const struct result_table *table, size_t row, const struct name_list *parameters)
{
    struct text key;
    uintptr_t index = groups->count;
    text_init(&key, 0);
    for (size_t i = 0; i < parameters->count; i++) {
        const char *value = attributes_get(&table->rows[row].parameters, parameters->names[i]);
        text_append_format(&key, "%zu:%s\n", value ? strlen(value) : 0, value ? value : "");
    }
    if (!map_get(by_values, key.data, &index)) {
        map_set(by_values, key.data, index);
        memory_grow(&groups->groups, &groups->capacity, groups->count + 1, sizeof *groups->groups);
        struct result_group *group = &groups->groups[groups->count++];
        group->first = row;
        group->statistics = memory_new_array(table->metrics.count + 1, sizeof *group->statistics);
        for (size_t i = 0; i < parameters->count; i++) {
            const char *value = attributes_get(&table->rows[row].parameters, parameters->names[i]);
            attributes_set(&group->parameters, parameters->names[i], value ? value : "");
        }
    }
    text_release(&key);
    return &groups->groups[index];
}

void result_groups_make(
    struct result_groups *groups, const struct result_table *table, const struct name_list *parameters)
{
    struct map *by_values = map_new();
    *groups = (struct result_groups){0};
    for (size_t i = 0; i < table->count; i++) {
        struct result_group *group = find_group(groups, by_values, table, i, parameters);
        group->rows++;
        group->done += table->rows[i].state == STATE_DONE;
        for (size_t j = 0; j < table->metrics.count && table->rows[i].state == STATE_DONE; j++) {
            double number;
            if (result_number(attributes_get(&table->rows[i].metrics, table->metrics.names[j]), &number))
                count_in(&group->statistics[j], number);
        }
    }
    for (size_t i = 0; i < groups->count; i++)
        for (size_t j = 0; j < table->metrics.count; j++) {
            struct result_statistics *statistics = &groups->groups[i].statistics[j];
            statistics->deviation =
                statistics->count > 1 ? sqrt(statistics->deviation / (double)(statistics->count - 1)) : 0;
        }
    map_free(by_values);
}

void result_groups_release(struct result_groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        attributes_release(&groups->groups[i].parameters);
        free(groups->groups[i].statistics);
    }
    free(groups->groups);
    *groups = (struct result_groups){0};
}

bool result_table_without_repeat(const struct result_table *table, struct name_list *parameters)
{
    bool found = false;
    for (size_t i = 0; i < table->parameters.count; i++)
        if (strcmp(table->parameters.names[i], "repeat") == 0)
            found = true;
        else
            name_list_add(parameters, table->parameters.names[i]);
    return found;
}

const char *result_metric_name(const char *metric, bool *less_is_better)
{
    *less_is_better = *metric == '-' ||
                      (*metric != '+' && (strstr(metric, "loss") || strstr(metric, "error") || strstr(metric, "time")));
    return metric + (*metric == '-' || *metric == '+');
}

static bool is_better(double one, double other, bool less_is_better)
{
    return less_is_better ? one < other : one > other;
}

bool result_groups_best(const struct result_groups *groups, const struct result_table *table, const char *metric,
    bool less_is_better, size_t *best)
{
    size_t which;
    bool found = false;
    if (!result_find_name(&table->metrics, metric, &which))
        return false;
    for (size_t i = 0; i < groups->count; i++) {
        const struct result_statistics *statistics = &groups->groups[i].statistics[which];
        if (statistics->count &&
            (!found || is_better(statistics->mean, groups->groups[*best].statistics[which].mean, less_is_better))) {
            *best = i;
            found = true;
        }
    }
    return found;
}

bool result_table_best(const struct result_table *table, const char *metric, bool less_is_better, size_t *best)
{
    double number, highest = 0;
    bool found = false;
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].state == STATE_DONE &&
            result_number(attributes_get(&table->rows[i].metrics, metric), &number) &&
            (!found || is_better(number, highest, less_is_better))) {
            highest = number;
            *best = i;
            found = true;
        }
    return found;
}
