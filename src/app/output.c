/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"
#include "dagtop/model/label.h"

bool output_may_colour(void)
{
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(no_color && *no_color) && terminal && strcmp(terminal, "dumb") != 0;
}

void output_print_safe(const char *string)
{
    struct text text;
    text_init(&text, 0);
    utf8_append_safe(&text, string, strlen(string));
    fputs(text.data, stdout);
    text_release(&text);
}

void output_counts(const struct snapshot *snapshot, struct text *text)
{
    for (unsigned state = 0; state < STATE_COUNT; state++)
        if (snapshot->counts[state])
            text_append_format(text, "%s%zu %s", text->length ? ", " : "", snapshot->counts[state],
                state_word((enum node_state)state));
    if (snapshot->blocked)
        text_append_format(text, "%s%zu blocked", text->length ? ", " : "", snapshot->blocked);
}

static const char *environment(const char *name, void *argument)
{
    (void)argument;
    return getenv(name);
}

static const char *variable(const char *name, void *argument)
{
    return attributes_get(&((const struct settings *)argument)->variables, name);
}

char *output_label(const struct output_context *context, size_t node)
{
    const struct snapshot *snapshot = context->snapshot;
    const struct label_context label = {
        .workflow = snapshot->workflow,
        .node = node,
        .view = &snapshot->views[node],
        .observation = &snapshot->observations[node],
        .now = snapshot->now,
        .modified = snapshot->views[node].observed,
        .workflow_first_start = snapshot->first_start,
        .workflow_end = snapshot->end,
        .environment = environment,
        .variable = variable,
        .argument = (void *)context->settings,
    };
    struct text text;
    text_init(&text, 0);
    label_expand(snapshot->workflow->nodes[node].label, &label, &text);
    return text_take(&text);
}

void output_print_plan(const struct plan *plan, const struct workflow *workflow)
{
    size_t width = 4;
    for (size_t i = 0; i < plan->count; i++) {
        size_t cells = utf8_width(workflow->nodes[plan->rows[i].node].name);
        width = cells > width ? cells : width;
    }
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_row *row = &plan->rows[i];
        const char *name = workflow->nodes[row->node].name;
        output_print_safe(name);
        printf("%*s  %-9s  ", (int)(width - utf8_width(name)), "", state_word(row->state));
        output_print_safe(row->what);
        if (row->host && !row->does_nothing)
            printf(" on %s", row->host);
        putchar('\n');
        if (row->command && !row->does_nothing) {
            printf("%*s  $ ", (int)width, "");
            output_print_safe(row->command);
            putchar('\n');
        }
    }
    printf("%zu of %zu nodes\n", plan->effective, plan->count);
}
