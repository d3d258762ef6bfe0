/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"
#include "output.h"

enum { NAME_LIMIT = 48, COLUMN_COUNT = 8 };

/* ANSI colours of the states on a terminal; the letter tells them apart without. */
static const char *const colours[STATE_COUNT] = {
    [STATE_WAITING] = "2",
    [STATE_READY] = "37",
    [STATE_SUBMITTED] = "36",
    [STATE_QUEUED] = "36",
    [STATE_RUNNING] = "1;34",
    [STATE_DONE] = "32",
    [STATE_FAILED] = "1;31",
    [STATE_CANCELLED] = "35",
    [STATE_HELD] = "33",
    [STATE_SKIPPED] = "2;32",
    [STATE_LOST] = "1;35",
};

struct row {
    char *cells[COLUMN_COUNT];
};

static char *progress_cell(const struct node_view *view)
{
    return view->progress < 0 ? memory_copy_text("") : memory_format("%d%%", (int)view->progress);
}

static char *elapsed_cell(const struct node_view *view, wall_time now)
{
    char buffer[32];
    if (!view->started)
        return memory_copy_text("");
    wall_time end = view->ended ? view->ended : state_is_live(view->state) ? now : view->started;
    return memory_copy_text(clock_format_duration(end - view->started, buffer, sizeof buffer));
}

/* Why it is as it is: the reason, who blocks it, and the flags. */
static char *remark_cell(const struct snapshot *snapshot, size_t node)
{
    const struct node_view *view = &snapshot->views[node];
    struct text text;
    char age[32];
    text_init(&text, 0);
    if (view->reason)
        text_append_string(&text, view->reason);
    else if (view->blocked_by_count)
        text_append_format(&text, "%sblocked by %s%s", text.length ? "; " : "",
            snapshot->workflow->nodes[view->blocked_by[0]].name, view->blocked_by_count > 1 ? " and others" : "");
    if (view->outdated)
        text_append_format(&text, "%soutdated", text.length ? "; " : "");
    if (view->stale && view->observed)
        text_append_format(&text, "%snot seen for %s", text.length ? "; " : "",
            clock_format_duration(snapshot->now - view->observed, age, sizeof age));
    if (!text.length && snapshot->workflow->nodes[node].note)
        text_append_string(&text, snapshot->workflow->nodes[node].note);
    return text_take(&text);
}

static char *state_cell(const struct node_view *view)
{
    return memory_format("%c %s%s", state_letter(view->state), state_word(view->state), view->stale ? "?" : "");
}

static void fill_row(struct row *row, const struct output_context *context, size_t node)
{
    const struct snapshot *snapshot = context->snapshot;
    const struct node *what = &snapshot->workflow->nodes[node];
    const struct node_view *view = &snapshot->views[node];
    char *label = output_label(context, node);
    char *newline = strchr(label, '\n');
    if (newline)
        *newline = '\0';
    row->cells[0] = memory_copy_text(what->name);
    row->cells[1] = state_cell(view);
    row->cells[2] = memory_copy_text(node_kind_word(what->kind));
    row->cells[3] = memory_copy_text(what->host);
    row->cells[4] = progress_cell(view);
    row->cells[5] = elapsed_cell(view, snapshot->now);
    row->cells[6] = view->attempt ? memory_format("%u", view->attempt) : memory_copy_text("");
    row->cells[7] = remark_cell(snapshot, node);
    if (!*row->cells[7] && strcmp(label, what->name) != 0) {
        free(row->cells[7]);
        row->cells[7] = label;
    } else {
        free(label);
    }
    for (unsigned i = 0; i < COLUMN_COUNT; i++) {
        struct text safe;
        text_init(&safe, 0);
        utf8_append_safe(&safe, row->cells[i], strlen(row->cells[i]));
        free(row->cells[i]);
        row->cells[i] = text_take(&safe);
    }
}

static void print_cell(const char *cell, size_t width, bool right, bool last)
{
    size_t bytes = utf8_width(cell) > width ? utf8_bytes_for_width(cell, width - 1) : strlen(cell);
    bool cut = cell[bytes] != '\0';
    size_t used = cut ? width : utf8_width(cell);
    int padding = (int)(width > used ? width - used : 0);
    if (last)
        fputs(cell, stdout);
    else if (right)
        printf("%*s%s  ", padding, "", cell);
    else
        printf("%.*s%s%*s  ", (int)bytes, cell, cut ? "~" : "", padding, "");
}

void output_print_table(const struct output_context *context)
{
    static const char *const titles[COLUMN_COUNT] = {
        "NODE", "STATE", "KIND", "HOST", "PROG", "ELAPSED", "TRY", "REMARK"};
    size_t count = context->snapshot->workflow->node_count, widths[COLUMN_COUNT];
    struct row *rows = memory_new_array(count, sizeof *rows);
    for (unsigned column = 0; column < COLUMN_COUNT; column++)
        widths[column] = strlen(titles[column]);
    for (size_t i = 0; i < count; i++) {
        fill_row(&rows[i], context, i);
        for (unsigned column = 0; column < COLUMN_COUNT; column++) {
            size_t width = utf8_width(rows[i].cells[column]);
            widths[column] = width > widths[column] ? width : widths[column];
        }
    }
    widths[0] = widths[0] > NAME_LIMIT ? NAME_LIMIT : widths[0];
    for (unsigned column = 0; column < COLUMN_COUNT; column++)
        print_cell(titles[column], widths[column], column >= 4 && column <= 6, column == COLUMN_COUNT - 1);
    putchar('\n');
    for (size_t i = 0; i < count; i++) {
        if (context->colour)
            printf("\033[%sm", colours[context->snapshot->views[i].state]);
        for (unsigned column = 0; column < COLUMN_COUNT; column++) {
            print_cell(rows[i].cells[column], widths[column], column >= 4 && column <= 6, column == COLUMN_COUNT - 1);
            free(rows[i].cells[column]);
        }
        puts(context->colour ? "\033[0m" : "");
    }
    free(rows);
    struct text counts;
    text_init(&counts, 0);
    output_counts(context->snapshot, &counts);
    printf("\n%s: %s%s%s\n", context->snapshot->workflow->name, workflow_state_word(context->snapshot->state),
        counts.length ? ", " : "", counts.data);
    text_release(&counts);
}
