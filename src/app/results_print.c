/* SPDX-License-Identifier: Apache-2.0 */
/* Results as a table for people and as CSV (RFC 4180). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "dagtop/base/utf8.h"
#include "results.h"

enum { CELL_LIMIT = 40 };

/* Cells by rows; the first row holds the titles. */
struct cells {
    char **cells;
    size_t columns, count, capacity;
};

static void add(struct cells *cells, char *cell)
{
    memory_grow(&cells->cells, &cells->capacity, cells->count + 1, sizeof *cells->cells);
    cells->cells[cells->count++] = cell ? cell : memory_copy_text("");
}

static void add_copy(struct cells *cells, const char *cell)
{
    add(cells, memory_copy_text(cell ? cell : ""));
}

static void cells_release(struct cells *cells)
{
    for (size_t i = 0; i < cells->count; i++)
        free(cells->cells[i]);
    free(cells->cells);
    *cells = (struct cells){0};
}

static bool is_number(const char *cell)
{
    double number;
    return !*cell || result_number(cell, &number);
}

static char *safe(const char *cell)
{
    struct text text;
    text_init(&text, 0);
    utf8_append_safe(&text, cell, strlen(cell));
    if (utf8_width(text.data) > CELL_LIMIT) {
        text_truncate(&text, utf8_bytes_for_width(text.data, CELL_LIMIT - 1));
        text_append_byte(&text, '~');
    }
    return text_take(&text);
}

/* Columns of numbers stand right; mark is the row that a star is set before, 0 for none. */
static void print_cells(struct cells *cells, size_t mark)
{
    size_t rows = cells->columns ? cells->count / cells->columns : 0;
    size_t *widths = memory_new_array(cells->columns, sizeof *widths);
    bool *right = memory_new_array(cells->columns, sizeof *right);
    for (size_t column = 0; column < cells->columns; column++) {
        right[column] = rows > 1;
        for (size_t row = 0; row < rows; row++) {
            char **cell = &cells->cells[row * cells->columns + column], *shown = safe(*cell);
            right[column] = right[column] && (row == 0 || is_number(*cell));
            free(*cell);
            *cell = shown;
            size_t width = utf8_width(shown);
            widths[column] = width > widths[column] ? width : widths[column];
        }
    }
    for (size_t row = 0; row < rows; row++) {
        fputs(mark && row == mark ? "*" : " ", stdout);
        for (size_t column = 0; column < cells->columns; column++) {
            const char *cell = cells->cells[row * cells->columns + column];
            int padding = (int)(widths[column] - utf8_width(cell));
            bool last = column + 1 == cells->columns;
            if (right[column])
                printf(" %*s%s", padding, "", cell);
            else
                printf(" %s%*s", cell, last ? 0 : padding, "");
            fputs(last ? "" : " ", stdout);
        }
        putchar('\n');
    }
    free(widths);
    free(right);
}

/* A table for people leaves out parameters that are the same everywhere. */
static bool varies(const struct result_table *table, const char *parameter)
{
    const char *first = table->count ? attributes_get(&table->rows[0].parameters, parameter) : NULL;
    for (size_t i = 1; i < table->count; i++) {
        const char *other = attributes_get(&table->rows[i].parameters, parameter);
        if (!first != !other || (first && strcmp(first, other) != 0))
            return true;
    }
    return false;
}

static char *seconds(const struct result_row *row, wall_time now, bool for_people)
{
    char buffer[32];
    wall_time end = row->ended ? row->ended : state_is_live(row->state) ? now : 0;
    if (!row->started || !end)
        return NULL;
    return for_people ? memory_copy_text(clock_format_duration(end - row->started, buffer, sizeof buffer))
                      : memory_format("%.3f", (double)(end - row->started) / 1000);
}

static void add_row(
    struct cells *cells, const struct results_question *question, const struct result_row *row, const bool *shown)
{
    for (size_t i = 0; i < question->table->parameters.count; i++)
        if (shown[i])
            add_copy(cells, attributes_get(&row->parameters, question->table->parameters.names[i]));
    add(cells, state_is_live(row->state) && row->progress >= 0
                   ? memory_format("%s %.0f%%", state_word(row->state), row->progress)
                   : memory_copy_text(state_word(row->state)));
    add_copy(cells, row->host);
    add(cells, row->attempt ? memory_format("%u", row->attempt) : NULL);
    add(cells, seconds(row, question->now, true));
    for (size_t i = 0; i < question->metrics.count; i++)
        add_copy(cells, attributes_get(&row->metrics, question->metrics.names[i]));
}

static void print_rows(const struct results_question *question)
{
    const struct result_table *table = question->table;
    struct cells cells = {0};
    bool *shown = memory_new_array(table->parameters.count + 1, sizeof *shown);
    for (size_t i = 0; i < table->parameters.count; i++) {
        shown[i] = table->count < 2 || varies(table, table->parameters.names[i]);
        if (shown[i])
            add_copy(&cells, table->parameters.names[i]);
    }
    static const char *const titles[] = {"STATE", "HOST", "TRY", "TIME"};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        add_copy(&cells, titles[i]);
    for (size_t i = 0; i < question->metrics.count; i++)
        add_copy(&cells, question->metrics.names[i]);
    cells.columns = cells.count;
    for (size_t i = 0; i < table->count; i++)
        if (!question->only_best || (question->has_best && i == question->best))
            add_row(&cells, question, &table->rows[i], shown);
    print_cells(&cells, !question->has_best ? 0 : question->only_best ? 1 : question->best + 1);
    cells_release(&cells);
    free(shown);
}

static void add_statistics(
    struct cells *cells, const struct results_question *question, const struct result_group *group, const char *format)
{
    for (size_t i = 0; i < question->metrics.count; i++) {
        size_t which;
        const struct result_statistics *of =
            result_find_name(&question->table->metrics, question->metrics.names[i], &which)
                ? &group->statistics[which]
                : &(struct result_statistics){0};
        const double numbers[] = {of->mean, of->deviation, of->minimum, of->maximum};
        for (size_t j = 0; format[j]; j++)
            if (format[j] == 'c')
                add(cells, memory_format("%zu", of->count));
            else
                add(cells, of->count ? memory_format("%.6g", numbers[format[j] - '0']) : NULL);
    }
}

/* Of groups that nobody asked for, the parameters that tell them apart. */
static bool is_shown(const struct results_question *question, const char *parameter)
{
    return question->grouped || varies(question->table, parameter);
}

static void add_group(
    struct cells *cells, const struct results_question *question, const struct result_group *group, const char *format)
{
    for (size_t i = 0; i < group->parameters.count; i++)
        if (is_shown(question, group->parameters.items[i].key))
            add_copy(cells, group->parameters.items[i].value);
    add(cells, memory_format("%zu", group->rows));
    add(cells, memory_format("%zu", group->done));
    add_statistics(cells, question, group, format);
}

/* format: a column a letter for each metric: 0 mean, 1 deviation, 2 minimum, 3 maximum, c count. */
static void fill_groups(struct cells *cells, const struct results_question *question, const char *format)
{
    static const char *const endings[] = {"", ".deviation", ".minimum", ".maximum"};
    for (size_t i = 0; i < question->group_parameters.count; i++)
        if (is_shown(question, question->group_parameters.names[i]))
            add_copy(cells, question->group_parameters.names[i]);
    add_copy(cells, "count");
    add_copy(cells, "done");
    for (size_t i = 0; i < question->metrics.count; i++)
        for (size_t j = 0; format[j]; j++)
            add(cells, memory_format(
                           "%s%s", question->metrics.names[i], format[j] == 'c' ? ".count" : endings[format[j] - '0']));
    cells->columns = cells->count;
    for (size_t i = 0; i < question->groups.count; i++)
        if (!question->only_best || (question->has_best_group && i == question->best_group))
            add_group(cells, question, &question->groups.groups[i], format);
}

void results_print_table(const struct results_question *question)
{
    bool has_repeats = question->groups.count < question->table->count;
    if (!question->grouped)
        print_rows(question);
    if (!question->grouped && !has_repeats)
        return;
    struct cells cells = {0};
    if (!question->grouped)
        puts("\nover repeats:");
    fill_groups(&cells, question, "01");
    print_cells(&cells, !question->has_best_group ? 0 : question->only_best ? 1 : question->best_group + 1);
    cells_release(&cells);
}

/* "0.91", with a star where it is the best, and the state and progress of what has not ended well. */
static char *grid_cell(const struct result_grid *grid, size_t index)
{
    const struct result_cell *cell = &grid->cells[index];
    struct text text;
    text_init(&text, 0);
    if (cell->values)
        text_append_format(&text, "%s%.6g", grid->has_best && grid->best == index ? "*" : "", cell->value);
    if (cell->rows && result_cell_state(cell) != STATE_DONE)
        text_append_format(&text, "%s%c", text.length ? " " : "", state_letter(result_cell_state(cell)));
    if (cell->rows && cell->progress >= 0 && cell->progress < 100)
        text_append_format(&text, " %.0f%%", cell->progress);
    if (cell->rows && !text.length)
        text_append_byte(&text, state_letter(STATE_DONE));
    return text_take(&text);
}

void results_print_grid(const struct result_grid *grid, const char *across, const char *down)
{
    struct cells cells = {.columns = grid->across.count + (down != NULL)};
    if (down)
        add(&cells, memory_format("%s \\ %s", down, across));
    for (size_t i = 0; i < grid->across.count; i++)
        add(&cells,
            down ? memory_copy_text(grid->across.names[i]) : memory_format("%s=%s", across, grid->across.names[i]));
    for (size_t row = 0; row < grid->down.count; row++) {
        if (down)
            add_copy(&cells, grid->down.names[row]);
        for (size_t column = 0; column < grid->across.count; column++)
            add(&cells, grid_cell(grid, row * grid->across.count + column));
    }
    print_cells(&cells, 0);
    cells_release(&cells);
}

static void print_field(const char *field, bool last)
{
    if (strpbrk(field, ",\"\r\n")) {
        putchar('"');
        for (; *field; field++)
            printf(*field == '"' ? "\"%c" : "%c", *field);
        putchar('"');
    } else {
        fputs(field, stdout);
    }
    fputs(last ? "\r\n" : ",", stdout);
}

static void print_csv(const struct cells *cells)
{
    for (size_t i = 0; i < cells->count; i++)
        print_field(cells->cells[i], (i + 1) % cells->columns == 0);
}

static void add_time(struct cells *cells, wall_time time)
{
    char buffer[32];
    add_copy(cells, clock_format_utc(time, buffer, sizeof buffer));
}

static void add_csv_row(struct cells *cells, const struct results_question *question, const struct result_row *row)
{
    add_copy(cells, row->name);
    for (size_t i = 0; i < question->table->parameters.count; i++)
        add_copy(cells, attributes_get(&row->parameters, question->table->parameters.names[i]));
    add_copy(cells, state_word(row->state));
    add_copy(cells, row->kind);
    add_copy(cells, row->host);
    add(cells, memory_format("%u", row->attempt));
    add_copy(cells, row->jobid);
    add_time(cells, row->started);
    add_time(cells, row->ended);
    add(cells, seconds(row, question->now, false));
    add_copy(cells, row->source);
    for (size_t i = 0; i < question->metrics.count; i++)
        add_copy(cells, attributes_get(&row->metrics, question->metrics.names[i]));
}

void results_print_csv(const struct results_question *question)
{
    static const char *const titles[] = {
        "state", "kind", "host", "attempt", "jobid", "started", "ended", "seconds", "source"};
    const struct result_table *table = question->table;
    struct cells cells = {0};
    if (question->grouped) {
        fill_groups(&cells, question, "01c23");
    } else {
        add_copy(&cells, "name");
        for (size_t i = 0; i < table->parameters.count; i++)
            add(&cells, memory_format("sweep.%s", table->parameters.names[i]));
        for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
            add_copy(&cells, titles[i]);
        for (size_t i = 0; i < question->metrics.count; i++)
            add(&cells, memory_format("metric.%s", question->metrics.names[i]));
        cells.columns = cells.count;
        for (size_t i = 0; i < table->count; i++)
            if (!question->only_best || (question->has_best && i == question->best))
                add_csv_row(&cells, question, &table->rows[i]);
    }
    print_csv(&cells);
    cells_release(&cells);
}
