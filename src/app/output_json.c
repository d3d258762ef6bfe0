/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "output_value.h"

static json_t *number_or_string(const char *value)
{
    char *end;
    double number = strtod(value, &end);
    if (end == value || *end || !isfinite(number))
        return output_value_text(value);
    if (number == floor(number) && fabs(number) < 1e15 && !strpbrk(value, ".eExX"))
        return json_integer((json_int_t)number);
    return json_real(number);
}

static json_t *names(const struct workflow *workflow, const size_t *indices, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_string(workflow->nodes[indices[i]].name));
    return array;
}

static json_t *metrics(const struct report *report)
{
    json_t *object = json_object();
    for (size_t i = 0; i < report->metrics.count; i++)
        json_object_set_new_nocheck(
            object, report->metrics.items[i].key, number_or_string(report->metrics.items[i].value));
    return object;
}

static json_t *node_object(const struct output_context *context, size_t index)
{
    const struct snapshot *snapshot = context->snapshot;
    const struct node *node = &snapshot->workflow->nodes[index];
    const struct node_view *view = &snapshot->views[index];
    const struct attempt *attempt = view->current;
    const size_t listed = view->blocked_by_count > 16 ? 16 : view->blocked_by_count;
    char *label = output_label(context, index);
    json_t *object = json_object();
    json_object_set_new(object, "name", output_value_text(node->name));
    json_object_set_new(object, "kind", json_string(node_kind_word(node->kind)));
    json_object_set_new(object, "host", output_value_text(node->host));
    json_object_set_new(object, "state", json_string(state_word(view->state)));
    json_object_set_new(object, "progress", view->progress < 0 ? json_null() : json_real(view->progress));
    json_object_set_new(object, "attempt", json_integer(view->attempt));
    json_object_set_new(object, "jobid", output_value_text(attempt ? attempt->jobid : NULL));
    json_object_set_new(object, "pid", attempt && attempt->pid ? json_integer(attempt->pid) : json_null());
    json_object_set_new(object, "exit", view->exit_code < 0 ? json_null() : json_integer(view->exit_code));
    json_object_set_new(object, "signal", view->signal ? json_integer(view->signal) : json_null());
    json_object_set_new(object, "reason", output_value_text(view->reason));
    json_object_set_new(object, "label", output_value_text(label));
    json_object_set_new(object, "parents", names(snapshot->workflow, node->parents, node->parent_count));
    json_object_set_new(object, "metrics", metrics(&snapshot->observations[index].report));
    json_object_set_new(object, "submitted", output_value_time(view->submitted));
    json_object_set_new(object, "started", output_value_time(view->started));
    json_object_set_new(object, "ended", output_value_time(view->ended));
    json_object_set_new(object, "observed", output_value_time(view->observed));
    json_object_set_new(object, "outdated", json_boolean(view->outdated));
    json_object_set_new(object, "stale", json_boolean(view->stale));
    json_object_set_new(object, "blocked_by", names(snapshot->workflow, view->blocked_by, listed));
    free(label);
    return object;
}

void output_print_json(const struct output_context *context)
{
    const struct snapshot *snapshot = context->snapshot;
    json_t *object = json_object(), *counts = json_object(), *nodes = json_array();
    for (unsigned state = 0; state < STATE_COUNT; state++)
        json_object_set_new(
            counts, state_word((enum node_state)state), json_integer((json_int_t)snapshot->counts[state]));
    for (size_t i = 0; i < snapshot->workflow->node_count; i++)
        json_array_append_new(nodes, node_object(context, i));
    json_object_set_new(object, "format", json_integer(1));
    json_object_set_new(object, "workflow", output_value_text(snapshot->workflow->name));
    json_object_set_new(object, "file", output_value_text(snapshot->workflow->file));
    json_object_set_new(object, "time", output_value_time(snapshot->now));
    json_object_set_new(object, "status", json_string(workflow_state_word(snapshot->state)));
    json_object_set_new(
        object, "driver", snapshot->driver_text[0] ? output_value_text(snapshot->driver_text) : json_null());
    json_object_set_new(object, "counts", counts);
    json_object_set_new(object, "nodes", nodes);
    json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(10));
    putchar('\n');
    json_decref(object);
}
