/* SPDX-License-Identifier: Apache-2.0 */
/* Results as JSON, which dagtop results also reads. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output_value.h"
#include "results.h"

static json_t *number_or_string(const char *text)
{
    double number;
    if (!result_number(text, &number))
        return output_value_text(text);
    if (number == floor(number) && fabs(number) < 1e15 && !strpbrk(text, ".eE"))
        return json_integer((json_int_t)number);
    return json_real(number);
}

/* Parameters stay texts: "0.10" and "0.1" are two values. */
static json_t *object_of(const struct attributes *attributes, bool numbers)
{
    json_t *object = json_object();
    for (size_t i = 0; i < attributes->count; i++)
        json_object_set_new_nocheck(object, attributes->items[i].key,
            numbers ? number_or_string(attributes->items[i].value) : output_value_text(attributes->items[i].value));
    return object;
}

static json_t *names_of(const struct name_list *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, output_value_text(list->names[i]));
    return array;
}

static json_t *row_object(const struct results_question *question, const struct result_row *row)
{
    json_t *object = json_object();
    wall_time end = row->ended ? row->ended : state_is_live(row->state) ? question->now : 0;
    json_object_set_new(object, "name", output_value_text(row->name));
    json_object_set_new(object, "parameters", object_of(&row->parameters, false));
    json_object_set_new(object, "state", json_string(state_word(row->state)));
    json_object_set_new(object, "reason", output_value_text(row->reason));
    json_object_set_new(object, "progress", row->progress < 0 ? json_null() : json_real(row->progress));
    json_object_set_new(object, "kind", output_value_text(row->kind));
    json_object_set_new(object, "host", output_value_text(row->host));
    json_object_set_new(object, "attempt", json_integer(row->attempt));
    json_object_set_new(object, "jobid", output_value_text(row->jobid));
    json_object_set_new(object, "started", output_value_time(row->started));
    json_object_set_new(object, "ended", output_value_time(row->ended));
    json_object_set_new(
        object, "seconds", row->started && end ? json_real((double)(end - row->started) / 1000) : json_null());
    json_object_set_new(object, "metrics", object_of(&row->metrics, true));
    json_object_set_new(object, "versions", object_of(&row->versions, false));
    json_object_set_new(object, "source", output_value_text(row->source));
    return object;
}

static json_t *group_object(const struct results_question *question, const struct result_group *group)
{
    json_t *object = json_object(), *metrics = json_object();
    const struct name_list *names = &question->table->metrics;
    for (size_t i = 0; i < names->count; i++) {
        const struct result_statistics *of = &group->statistics[i];
        if (of->count)
            json_object_set_new_nocheck(metrics, names->names[i],
                json_pack("{s:f,s:f,s:I,s:f,s:f}", "mean", of->mean, "deviation", of->deviation, "count",
                    (json_int_t)of->count, "minimum", of->minimum, "maximum", of->maximum));
    }
    json_object_set_new(object, "parameters", object_of(&group->parameters, false));
    json_object_set_new(object, "count", json_integer((json_int_t)group->rows));
    json_object_set_new(object, "done", json_integer((json_int_t)group->done));
    json_object_set_new(object, "metrics", metrics);
    return object;
}

static json_t *results_json(const struct results_question *question)
{
    const struct result_table *table = question->table;
    json_t *object = json_object(), *rows = json_array(), *groups = json_array();
    for (size_t i = 0; i < table->count; i++)
        if (!question->only_best || (question->has_best && i == question->best))
            json_array_append_new(rows, row_object(question, &table->rows[i]));
    for (size_t i = 0; i < question->groups.count; i++)
        if (!question->only_best || (question->has_best_group && i == question->best_group))
            json_array_append_new(groups, group_object(question, &question->groups.groups[i]));
    json_object_set_new(object, "format", json_integer(1));
    json_object_set_new(object, "workflow", output_value_text(question->name));
    json_object_set_new(object, "time", output_value_time(question->now));
    json_object_set_new(object, "parameters", names_of(&table->parameters));
    json_object_set_new(object, "metrics", names_of(&table->metrics));
    json_object_set_new(object, "metric", output_value_text(question->metric));
    json_object_set_new(
        object, "best", question->has_best ? output_value_text(table->rows[question->best].name) : json_null());
    json_object_set_new(object, "results", rows);
    json_object_set_new(object, "groups", groups);
    return object;
}

json_t *results_as_json(const struct result_table *table, const char *name, wall_time now)
{
    struct results_question question = {.table = table, .name = name, .now = now};
    result_table_without_repeat(table, &question.group_parameters);
    result_groups_make(&question.groups, table, &question.group_parameters);
    json_t *object = results_json(&question);
    result_groups_release(&question.groups);
    name_list_release(&question.group_parameters);
    return object;
}

void results_print_json(const struct results_question *question)
{
    json_t *object = results_json(question);
    json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(10));
    putchar('\n');
    json_decref(object);
}
