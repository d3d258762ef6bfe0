/* SPDX-License-Identifier: Apache-2.0 */
/* The table: a row a node, columns as wide as the pane allows. Only the rows that are seen are formatted. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "ui_private.h"

enum alignment { LEFT, RIGHT };

static const struct {
    const char *title;
    int width, most;
    enum alignment alignment;
    int rank;
    bool shown;
} columns[COLUMN_COUNT] = {
#define COLUMN(name, title, width, most, alignment, rank, shown, sentence) {title, width, most, alignment, rank, shown},
#include "dagtop/ui/columns.def"
#undef COLUMN
};

enum { GAP = 1, NAME_MOST = 40, NAME_USUAL = 16, HOST_USUAL = 10, LABEL_USUAL = 24, LABEL_MOST = 60, SAMPLE = 2000 };

/* The parameter or metric of a column. */
static const struct table_value *value_of(const struct ui *ui, int column)
{
    return &ui->rows.values[column - COLUMN_VALUE_1];
}

static const char *title_of(const struct ui *ui, int column)
{
    const char *name = column_is_value((enum column)column) ? value_of(ui, column)->name : NULL;
    return name ? name : columns[column].title;
}

static bool is_hidden(const struct ui *ui, int column)
{
    return column_is_value((enum column)column) ? !value_of(ui, column)->name : ui->hidden_columns[column];
}

/* The widest name, among the first SAMPLE nodes. */
static int name_width(const struct ui *ui)
{
    const struct workflow *workflow = ui->snapshot->workflow;
    int width = columns[COLUMN_NAME].width;
    for (size_t i = 0; i < workflow->node_count && i < SAMPLE; i++) {
        int own = (int)utf8_width(workflow->nodes[i].name);
        if (own > width)
            width = own;
    }
    return width < NAME_MOST ? width : NAME_MOST;
}

static int host_width(const struct ui *ui)
{
    const struct workflow *workflow = ui->snapshot->workflow;
    int width = columns[COLUMN_HOST].width;
    for (size_t i = 0; i < workflow->node_count && i < SAMPLE; i++) {
        int own = (int)utf8_width(workflow->nodes[i].host);
        if (own > width)
            width = own;
    }
    return width < columns[COLUMN_HOST].most ? width : columns[COLUMN_HOST].most;
}

int pane_table_width(const struct ui *ui)
{
    int screen = ui->canvas.width, label = LABEL_USUAL + (screen > 120 ? (screen - 120) / 4 : 0);
    int width = name_width(ui) + host_width(ui) + (label < LABEL_MOST ? label : LABEL_MOST);
    width += columns[COLUMN_PROGRESS].most - columns[COLUMN_PROGRESS].width;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (i != COLUMN_NAME && i != COLUMN_HOST && i != COLUMN_LABEL && !is_hidden(ui, i))
            width += columns[i].width + GAP;
    }
    return width;
}

static int total(const int widths[COLUMN_COUNT])
{
    int sum = 0, shown = 0;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        sum += widths[i];
        shown += widths[i] > 0;
    }
    return sum + (shown > 1 ? (shown - 1) * GAP : 0);
}

/* Takes columns away, the highest rank first, until the rest fits. */
static void drop_columns(int widths[COLUMN_COUNT], int width)
{
    while (total(widths) > width) {
        int worst = -1;
        for (int i = 0; i < COLUMN_COUNT; i++) {
            if (widths[i] > 0 && columns[i].rank > 0 && (worst < 0 || columns[i].rank > columns[worst].rank))
                worst = i;
        }
        if (worst < 0)
            return;
        widths[worst] = 0;
    }
}

/* Where all nodes are on one host, host and kind give way to a readable label. */
static void drop_uniform(const struct ui *ui, int widths[COLUMN_COUNT], int width)
{
    const struct workflow *workflow = ui->snapshot->workflow;
    for (size_t i = 1; i < workflow->node_count && i < SAMPLE; i++) {
        if (strcmp(workflow->nodes[i].host, workflow->nodes[0].host) != 0)
            return;
    }
    int label = widths[COLUMN_LABEL];
    widths[COLUMN_LABEL] = label ? LABEL_USUAL : 0;
    if (total(widths) > width)
        widths[COLUMN_KIND] = 0;
    if (total(widths) > width)
        widths[COLUMN_HOST] = 0;
    widths[COLUMN_LABEL] = label;
}

/* A name and a host that can be read are worth more than the kind. */
static void prefer_words(int widths[COLUMN_COUNT], int name, int host, int width)
{
    int wanted = name - widths[COLUMN_NAME];
    if (widths[COLUMN_HOST] && widths[COLUMN_KIND] && wanted + host - widths[COLUMN_HOST] > width - total(widths))
        widths[COLUMN_KIND] = 0;
}

static void grow(int widths[COLUMN_COUNT], enum column column, int wanted, int width)
{
    int free = width - total(widths);
    if (widths[column] == 0 || wanted <= widths[column] || free <= 0)
        return;
    widths[column] = wanted - widths[column] <= free ? wanted : widths[column] + free;
}

static void fit_columns(const struct ui *ui, int width, int widths[COLUMN_COUNT])
{
    int name = name_width(ui), host = host_width(ui) < HOST_USUAL ? host_width(ui) : HOST_USUAL;
    for (int i = 0; i < COLUMN_COUNT; i++)
        widths[i] = is_hidden(ui, i) ? 0 : columns[i].width;
    widths[COLUMN_NAME] = name < NAME_USUAL ? name : NAME_USUAL;
    drop_uniform(ui, widths, width);
    drop_columns(widths, width);
    prefer_words(widths, name, host, width);
    grow(widths, COLUMN_HOST, host, width);
    grow(widths, COLUMN_NAME, name, width);
    for (int i = COLUMN_VALUE_1; i <= COLUMN_VALUE_8; i++)
        grow(widths, (enum column)i, table_value_width(value_of(ui, i), ui->snapshot), width);
    grow(widths, COLUMN_HOST, host_width(ui), width);
    grow(widths, COLUMN_PROGRESS, columns[COLUMN_PROGRESS].most, width - (width > 100 ? 20 : 0));
    grow(widths, COLUMN_METRICS, columns[COLUMN_METRICS].most, width - LABEL_USUAL);
    grow(widths, COLUMN_LEFT, columns[COLUMN_LEFT].most, width);
    grow(widths, COLUMN_LABEL, columns[COLUMN_LABEL].most, width);
    if (total(widths) > width) {
        widths[COLUMN_NAME] -= total(widths) - width;
        if (widths[COLUMN_NAME] < 1)
            widths[COLUMN_NAME] = 1;
    }
    if (total(widths) > width)
        widths[COLUMN_STATE] = width > 8 ? 3 : 0;
}

static void draw_heading(const struct ui *ui, struct canvas *canvas, const int widths[COLUMN_COUNT])
{
    int column = 0;
    canvas_fill(canvas, 0, 0, 1, canvas->width, ' ', STYLE_COLUMN);
    for (int i = 0; i < COLUMN_COUNT; i++) {
        bool sorted = ui->rows.sort == (enum column)i && i != COLUMN_MARK;
        if (widths[i] == 0)
            continue;
        char *title = memory_format("%s%s", title_of(ui, i), !sorted ? "" : ui->rows.reverse ? "\u25b2" : "\u25bc");
        unsigned style = sorted ? STYLE_COLUMN_SORTED : STYLE_COLUMN;
        if (columns[i].alignment == RIGHT)
            ink_right(canvas, 0, column, widths[i], title, style);
        else
            ink_text(canvas, 0, column, widths[i], title, style);
        free(title);
        column += widths[i] + GAP;
    }
}

/* Where one cell of the table goes and whose it is. */
struct table_cell {
    const struct ui *ui;
    struct canvas *canvas;
    int row, column, width;
    size_t node;
    const struct table_value *value; /* of a column that shows one */
    const struct node *now;
    const struct node_view *view;
};

typedef void draw_cell_function(const struct table_cell *cell);

static void put(const struct table_cell *cell, const char *text, unsigned style)
{
    ink_text(cell->canvas, cell->row, cell->column, cell->width, text, style);
}

static void draw_mark(const struct table_cell *cell)
{
    const struct ui *ui = cell->ui;
    if (ui->concerned_count > 0 && ui->concerned[cell->node])
        canvas_put(cell->canvas, cell->row, cell->column, '!', STYLE_QUESTION);
    else if (ui->marks[cell->node] || marks_in_range(ui, cell->node))
        canvas_put(cell->canvas, cell->row, cell->column, 0x25cf, STYLE_MARK);
    else if (cell->node == ui->selected)
        canvas_put(cell->canvas, cell->row, cell->column, 0x25b8, STYLE_STRONG);
}

static void draw_state(const struct table_cell *cell)
{
    char text[16];
    enum node_state state = cell->view->state;
    snprintf(text, sizeof text, "%s %c", state_glyph(state), state_letter(state));
    put(cell, text, theme_state_style(state));
}

static void draw_name(const struct table_cell *cell)
{
    put(cell, cell->now->name, cell->view->state == STATE_WAITING ? STYLE_DIM : STYLE_TEXT);
}

static void draw_kind(const struct table_cell *cell)
{
    put(cell, node_kind_word(cell->now->kind), STYLE_DIM);
}

static void draw_host(const struct table_cell *cell)
{
    put(cell, cell->now->host, STYLE_DIM);
}

static void draw_progress(const struct table_cell *cell)
{
    char percent[16];
    enum node_state state = cell->view->state;
    bool done = state_lets_children_start(state);
    double progress = done ? 100 : cell->view->progress;
    if (progress < 0 || state == STATE_WAITING || state == STATE_READY)
        return;
    unsigned full = done ? STYLE_BAR_DONE : state == STATE_RUNNING ? STYLE_BAR : theme_state_style(state);
    snprintf(percent, sizeof percent, "%3.0f%%", floor(progress));
    ink_bar(cell->canvas, cell->row, cell->column, cell->width - 5, progress, full, STYLE_BAR_EMPTY);
    ink_right(cell->canvas, cell->row, cell->column + cell->width - 4, 4, percent, done ? STYLE_DIM : full);
}

static void draw_elapsed(const struct table_cell *cell)
{
    char text[32];
    int64_t elapsed = ui_elapsed(cell->ui, cell->node);
    if (elapsed >= 0)
        ink_right(cell->canvas, cell->row, cell->column, cell->width, ink_duration(elapsed, text),
            cell->view->stale ? STYLE_WARNING : STYLE_TEXT);
}

static void draw_attempt(const struct table_cell *cell)
{
    char text[16];
    snprintf(text, sizeof text, "%u", cell->view->attempt);
    if (cell->view->attempt > 0)
        ink_right(cell->canvas, cell->row, cell->column, cell->width, text,
            cell->view->attempt > 1 ? STYLE_WARNING : STYLE_DIM);
}

static void draw_label(const struct table_cell *cell)
{
    char age[32];
    struct text label;
    bool warn = cell->view->stale || cell->view->outdated, trouble = state_blocks_children(cell->view->state);
    text_init(&label, 0);
    if (cell->view->stale)
        text_append_format(&label, "not seen for %s  ", ink_duration(ui_now(cell->ui) - cell->view->observed, age));
    else if (cell->view->outdated)
        text_append_string(&label, "outdated  ");
    ui_label_line(cell->ui, cell->node, &label);
    put(cell, label.data, warn ? STYLE_WARNING : trouble ? theme_state_style(cell->view->state) : STYLE_DIM);
    text_release(&label);
}

static void draw_job(const struct table_cell *cell)
{
    char text[32];
    const struct attempt *attempt = cell->view->current;
    if (!attempt || (!attempt->jobid && attempt->pid <= 0))
        return;
    snprintf(text, sizeof text, "%lld", (long long)attempt->pid);
    ink_right(cell->canvas, cell->row, cell->column, cell->width, attempt->jobid ? attempt->jobid : text, STYLE_DIM);
}

static void draw_seen(const struct table_cell *cell)
{
    char text[32];
    wall_time now = ui_now(cell->ui), seen = cell->view->observed;
    if (seen && now >= seen)
        ink_right(cell->canvas, cell->row, cell->column, cell->width, ink_duration(now - seen, text),
            cell->view->stale ? STYLE_WARNING : STYLE_DIM);
}

static void draw_left(const struct table_cell *cell)
{
    struct text text;
    const struct eta *eta = cell->ui->estimate.nodes ? &cell->ui->estimate.nodes[cell->node] : NULL;
    if (!eta || !eta->known || eta->high == 0)
        return;
    text_init(&text, 0);
    eta_append(eta, &text);
    put(cell, text.data, STYLE_DIM);
    text_release(&text);
}

static void draw_metrics(const struct table_cell *cell)
{
    struct text text;
    const struct attributes *metrics = &cell->ui->snapshot->observations[cell->node].report.metrics;
    text_init(&text, 0);
    for (size_t i = 0; i < metrics->count; i++)
        text_append_format(&text, "%s%s=%s", i ? " " : "", metrics->items[i].key, metrics->items[i].value);
    put(cell, text.data, STYLE_DIM);
    text_release(&text);
}

static void draw_value(const struct table_cell *cell)
{
    double number;
    const char *text = table_value_of(cell->value, cell->ui->snapshot, cell->node);
    unsigned style = cell->value->is_metric ? STYLE_TEXT : STYLE_DIM;
    if (!text)
        return;
    if (table_value_number(text, &number))
        ink_right(cell->canvas, cell->row, cell->column, cell->width, text, style);
    else
        put(cell, text, style);
}

void table_columns_usual(bool hidden[COLUMN_COUNT])
{
    for (int i = 0; i < COLUMN_COUNT; i++)
        hidden[i] = !columns[i].shown;
}

static draw_cell_function *const cell_functions[COLUMN_COUNT] = {[COLUMN_MARK] = draw_mark,
    [COLUMN_STATE] = draw_state,
    [COLUMN_NAME] = draw_name,
    [COLUMN_KIND] = draw_kind,
    [COLUMN_HOST] = draw_host,
    [COLUMN_PROGRESS] = draw_progress,
    [COLUMN_ELAPSED] = draw_elapsed,
    [COLUMN_ATTEMPT] = draw_attempt,
    [COLUMN_JOB] = draw_job,
    [COLUMN_SEEN] = draw_seen,
    [COLUMN_LEFT] = draw_left,
    [COLUMN_METRICS] = draw_metrics,
    [COLUMN_LABEL] = draw_label};

static void draw_row(const struct ui *ui, struct canvas *canvas, int row, const int widths[COLUMN_COUNT], size_t node)
{
    struct table_cell cell = {.ui = ui,
        .canvas = canvas,
        .row = row,
        .node = node,
        .now = &ui->snapshot->workflow->nodes[node],
        .view = &ui->snapshot->views[node]};
    for (int i = 0; i < COLUMN_COUNT; i++) {
        cell.width = widths[i];
        if (cell.width == 0)
            continue;
        cell.value = column_is_value((enum column)i) ? value_of(ui, i) : NULL;
        (cell.value ? draw_value : cell_functions[i])(&cell);
        cell.column += cell.width + GAP;
    }
    if (node == ui->selected)
        canvas_set_style(canvas, row, 0, 1, canvas->width, ui_selected_style(ui, PANE_TABLE));
}

/* The selected row stays in view, with as little movement as may be. */
static void keep_in_view(struct ui *ui, int page)
{
    size_t count = ui->rows.count, rows = page > 0 ? (size_t)page : 1;
    size_t row = ui->selected < ui->rows.node_count ? ui->rows.row_of[ui->selected] : SIZE_MAX;
    if (row != SIZE_MAX && row < ui->table_top)
        ui->table_top = row;
    if (row != SIZE_MAX && row >= ui->table_top + rows)
        ui->table_top = row - rows + 1;
    if (ui->table_top + rows > count)
        ui->table_top = count > rows ? count - rows : 0;
}

static void draw_empty(const struct ui *ui, struct canvas *canvas, int row)
{
    const char *words = ui->rows.filter[0] ? "No node fits the filter; Esc clears it" : "This workflow has no nodes";
    ink_text(canvas, row, 2, canvas->width - 2, words, STYLE_DIM);
}

void pane_table_draw(struct ui *ui, struct canvas *canvas)
{
    int widths[COLUMN_COUNT], heading = canvas->height >= 4 ? 1 : 0;
    if (!ui->hidden_columns[COLUMN_LEFT])
        ui_estimate(ui);
    fit_columns(ui, canvas->width, widths);
    if (heading)
        draw_heading(ui, canvas, widths);
    ui->table_page = canvas->height - heading;
    keep_in_view(ui, ui->table_page);
    if (ui->rows.count == 0)
        draw_empty(ui, canvas, heading);
    for (int i = 0; i < ui->table_page && ui->table_top + (size_t)i < ui->rows.count; i++)
        draw_row(ui, canvas, heading + i, widths, ui->rows.nodes[ui->table_top + (size_t)i]);
}

void pane_table_title(struct ui *ui, struct text *title)
{
    text_append_string(title, "1 Nodes\t");
    if (ui->mark_count > 0) {
        size_t hidden = marks_hidden(ui, NULL);
        text_append_format(title, "%zu marked", ui->mark_count);
        if (hidden > 0)
            text_append_format(title, " (%zu hidden)", hidden);
        text_append_string(title, "  ");
    }
    if (ui->rows.filter[0])
        text_append_format(title, "/%s  %zu of %zu", ui->rows.filter, ui->rows.count, ui->rows.node_count);
    else
        text_append_format(title, "%zu node%s", ui->rows.node_count, ui->rows.node_count == 1 ? "" : "s");
    if (ui->rows.sort == COLUMN_MARK && ui->rows.reverse)
        text_append_string(title, "  reversed");
}

static void move(struct ui *ui, long step)
{
    size_t count = ui->rows.count;
    if (count == 0)
        return;
    size_t row = ui->selected < ui->rows.node_count ? ui->rows.row_of[ui->selected] : SIZE_MAX;
    if (row == SIZE_MAX)
        row = ui->table_top < count ? ui->table_top : count - 1;
    else if (step < 0)
        row = row > (size_t)-step ? row - (size_t)-step : 0;
    else
        row = row + (size_t)step < count ? row + (size_t)step : count - 1;
    ui_select(ui, ui->rows.nodes[row]);
}

/* What the order of a column is called. */
static const char *sort_word(enum column column)
{
    static const char *const words[COLUMN_COUNT] = {[COLUMN_MARK] = "the order of the file",
        [COLUMN_STATE] = "state",
        [COLUMN_NAME] = "name",
        [COLUMN_KIND] = "kind",
        [COLUMN_HOST] = "host",
        [COLUMN_PROGRESS] = "progress",
        [COLUMN_ELAPSED] = "time",
        [COLUMN_ATTEMPT] = "attempt",
        [COLUMN_JOB] = "job",
        [COLUMN_SEEN] = "age of the observation",
        [COLUMN_LEFT] = "time that is left",
        [COLUMN_METRICS] = "metrics",
        [COLUMN_LABEL] = "label"};
    return words[column];
}

static void sort_by(struct ui *ui, int step)
{
    do {
        ui->rows.sort = (enum column)(((int)ui->rows.sort + step + COLUMN_COUNT) % COLUMN_COUNT);
    } while (is_hidden(ui, ui->rows.sort));
    const char *word = sort_word(ui->rows.sort);
    char *words = memory_format("Sorted by %s", word ? word : title_of(ui, ui->rows.sort));
    table_rows_make(&ui->rows, ui, ui->snapshot);
    ui_show_message(ui, false, words);
    free(words);
}

bool pane_table_act(struct ui *ui, enum ui_action action)
{
    long page = ui->table_page > 1 ? ui->table_page - 1 : 1, half = ui->table_page > 2 ? ui->table_page / 2 : 1;
    switch (action) {
    case UI_DOWN:
        move(ui, 1);
        return true;
    case UI_UP:
        move(ui, -1);
        return true;
    case UI_HALF_DOWN:
        move(ui, half);
        return true;
    case UI_HALF_UP:
        move(ui, -half);
        return true;
    case UI_PAGE_DOWN:
        move(ui, page);
        return true;
    case UI_PAGE_UP:
        move(ui, -page);
        return true;
    case UI_TOP:
        move(ui, -(long)ui->rows.node_count);
        return true;
    case UI_BOTTOM:
        move(ui, (long)ui->rows.node_count);
        return true;
    case UI_SORT_PREVIOUS:
        sort_by(ui, -1);
        return true;
    case UI_SORT_NEXT:
        sort_by(ui, 1);
        return true;
    case UI_SORT_REVERSE:
        ui->rows.reverse = !ui->rows.reverse;
        table_rows_make(&ui->rows, ui, ui->snapshot);
        return true;
    default:
        return false;
    }
}
