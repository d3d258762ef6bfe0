/* SPDX-License-Identifier: Apache-2.0 */
/* CSV after RFC 4180: the columns of the JSON form, metrics as metric.NAME. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/attributes.h"
#include "output.h"

static void print_field(const char *field, const char *separator)
{
    if (field && strpbrk(field, ",\"\r\n")) {
        putchar('"');
        for (const char *byte = field; *byte; byte++) {
            if (*byte == '"')
                putchar('"');
            putchar(*byte);
        }
        putchar('"');
    } else if (field) {
        fputs(field, stdout);
    }
    fputs(separator, stdout);
}

static void print_time(wall_time time)
{
    char buffer[32];
    print_field(clock_format_utc(time, buffer, sizeof buffer), ",");
}

static void print_number(bool known, long long number)
{
    char buffer[32];
    snprintf(buffer, sizeof buffer, "%lld", number);
    print_field(known ? buffer : NULL, ",");
}

static void print_names(const struct workflow *workflow, const size_t *indices, size_t count, const char *separator)
{
    struct text text;
    text_init(&text, 0);
    for (size_t i = 0; i < count; i++)
        text_append_format(&text, "%s%s", i ? " " : "", workflow->nodes[indices[i]].name);
    print_field(text.data, separator);
    text_release(&text);
}

static void print_node(const struct output_context *context, size_t index, const struct attributes *columns)
{
    const struct snapshot *snapshot = context->snapshot;
    const struct node *node = &snapshot->workflow->nodes[index];
    const struct node_view *view = &snapshot->views[index];
    const struct attempt *attempt = view->current;
    const size_t listed = view->blocked_by_count > 16 ? 16 : view->blocked_by_count;
    char progress[32];
    char *label = output_label(context, index);
    snprintf(progress, sizeof progress, "%.10g", view->progress);
    print_field(node->name, ",");
    print_field(node_kind_word(node->kind), ",");
    print_field(node->host, ",");
    print_field(state_word(view->state), ",");
    print_field(view->progress < 0 ? NULL : progress, ",");
    print_number(true, view->attempt);
    print_field(attempt ? attempt->jobid : NULL, ",");
    print_number(attempt && attempt->pid, attempt ? attempt->pid : 0);
    print_number(view->exit_code >= 0, view->exit_code);
    print_number(view->signal != 0, view->signal);
    print_field(view->reason, ",");
    print_field(label, ",");
    print_names(snapshot->workflow, node->parents, node->parent_count, ",");
    print_time(view->submitted);
    print_time(view->started);
    print_time(view->ended);
    print_time(view->observed);
    print_field(view->outdated ? "true" : "false", ",");
    print_field(view->stale ? "true" : "false", ",");
    print_names(snapshot->workflow, view->blocked_by, listed, "");
    for (size_t i = 0; i < columns->count; i++) {
        putchar(',');
        print_field(attributes_get(&snapshot->observations[index].report.metrics, columns->items[i].key), "");
    }
    fputs("\r\n", stdout);
    free(label);
}

void output_print_csv(const struct output_context *context)
{
    const struct snapshot *snapshot = context->snapshot;
    struct attributes columns;
    attributes_init(&columns);
    for (size_t i = 0; i < snapshot->workflow->node_count; i++)
        attributes_add_missing(&columns, &snapshot->observations[i].report.metrics);
    fputs("name,kind,host,state,progress,attempt,jobid,pid,exit,signal,reason,label,parents,submitted,started,ended,"
          "observed,outdated,stale,blocked_by",
        stdout);
    for (size_t i = 0; i < columns.count; i++) {
        fputs(",", stdout);
        char *title = memory_format("metric.%s", columns.items[i].key);
        print_field(title, "");
        free(title);
    }
    fputs("\r\n", stdout);
    for (size_t i = 0; i < snapshot->workflow->node_count; i++)
        print_node(context, i, &columns);
    attributes_release(&columns);
}
