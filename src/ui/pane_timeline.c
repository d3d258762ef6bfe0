/* SPDX-License-Identifier: Apache-2.0 */
/* The timeline: a row a node, waiting apart from running, the longest chain marked, and where now is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/graph.h"
#include "ui_private.h"

enum { NAME_MOST = 24, TICK_CELLS = 12, SHADE = 0x2591, BLOCK = 0x2588, NOW_LINE = 0x2502, CRITICAL = 0x25cf };

/* Of more nodes an estimate is made once a second, whatever changes. */
enum { ESTIMATE_OFTEN = 1000 };

void ui_estimate(struct ui *ui)
{
    struct estimate *estimate = &ui->estimate;
    wall_time now = ui_now(ui);
    size_t count = ui->rows.node_count;
    bool same = estimate->revision == ui->snapshot->revision && now / 1000 == estimate->made / 1000;
    bool fresh = count > ESTIMATE_OFTEN && now >= estimate->made && now - estimate->made < 1000;
    if (estimate->nodes && (same || fresh))
        return;
    if (!estimate->nodes) {
        estimate->nodes = memory_new_array(count + 1, sizeof *estimate->nodes);
        estimate->critical = memory_new_array(count + 1, sizeof *estimate->critical);
    }
    estimate->revision = ui->snapshot->revision;
    estimate->made = now;
    eta_estimate(ui->snapshot, now, estimate->nodes, &estimate->whole);
    int64_t *durations = memory_new_array(count + 1, sizeof *durations);
    for (size_t i = 0; i < count; i++)
        durations[i] = eta_duration(ui->snapshot, now, estimate->nodes, i);
    memset(estimate->critical, 0, count * sizeof *estimate->critical);
    graph_critical_path(ui->snapshot->workflow, durations, estimate->critical);
    free(durations);
}

void pane_timeline_release(struct ui *ui)
{
    free(ui->estimate.nodes);
    free(ui->estimate.critical);
    ui->estimate = (struct estimate){0};
}

/* The part of time that is shown. */
struct span {
    wall_time from;
    double cell; /* milliseconds of one cell */
    int column, cells;
};

static int column_of(const struct span *span, wall_time time)
{
    double place = (double)(time - span->from) / span->cell;
    return span->column + (place < -1 ? -1 : place > span->cells ? span->cells : (int)place);
}

static wall_time begin_of(const struct ui *ui)
{
    wall_time begin = 0;
    for (size_t i = 0; i < ui->rows.node_count; i++) {
        const struct observation *observation = &ui->snapshot->observations[i];
        for (size_t j = 0; j < observation->attempt_count; j++) {
            const struct attempt *attempt = &observation->attempts[j];
            wall_time time = attempt->requested ? attempt->requested : attempt->started;
            if (time && (begin == 0 || time < begin))
                begin = time;
        }
    }
    return begin;
}

static struct span make_span(const struct ui *ui, int column, int cells)
{
    const struct timeline_pane *timeline = &ui->timeline;
    struct span span = {.column = column, .cells = cells > 1 ? cells : 1};
    wall_time begin = begin_of(ui), now = ui_now(ui);
    bool open = ui->snapshot->oldest_live || ui->estimate.whole.high > 0;
    wall_time end = open || !ui->snapshot->last_end ? now : ui->snapshot->last_end;
    if (ui->snapshot->state == WORKFLOW_RUNNING)
        end += ui->estimate.whole.high;
    double whole = (double)(end - begin) * 1.04 > 1000 ? (double)(end - begin) * 1.04 : 1000;
    span.cell = whole / span.cells / timeline->zoom;
    double shown = span.cell * span.cells, middle = timeline->middle * whole;
    double from = timeline->zoom > 1 ? middle - shown / 2 : 0;
    from = from > whole - shown ? whole - shown : from;
    span.from = begin + (wall_time)(from < 0 ? 0 : from);
    return span;
}

static void draw_bar(struct canvas *canvas, int row, const struct span *span, wall_time from, wall_time to,
    uint32_t glyph, unsigned style)
{
    int first = column_of(span, from), last = column_of(span, to), end = span->column + span->cells;
    if (to < from || last < span->column || first >= end)
        return;
    first = first < span->column ? span->column : first;
    last = last >= end ? end - 1 : last;
    canvas_fill(canvas, row, first, 1, last > first ? last - first : 1, glyph, style);
}

static unsigned attempt_style(const struct ui *ui, size_t node, const struct attempt *attempt)
{
    const struct node_view *view = &ui->snapshot->views[node];
    if (attempt == view->current)
        return theme_state_style(view->state);
    bool well = attempt->exited && attempt->exit_code == 0 && attempt->signal == 0;
    return attempt->cancelled ? STYLE_STATE_CANCELLED : well ? STYLE_STATE_DONE : STYLE_STATE_FAILED;
}

static void draw_attempts(const struct ui *ui, struct canvas *canvas, int row, const struct span *span, size_t node)
{
    const struct observation *observation = &ui->snapshot->observations[node];
    wall_time now = ui_now(ui);
    for (size_t i = 0; i < observation->attempt_count; i++) {
        const struct attempt *attempt = &observation->attempts[i];
        bool over = attempt->exited || attempt->lost || attempt->gone || attempt->ended;
        wall_time end = attempt->ended ? attempt->ended : over ? attempt->started : now;
        if (attempt->decision == DECISION_VOID)
            continue;
        if (attempt->requested)
            draw_bar(canvas, row, span, attempt->requested, attempt->started ? attempt->started : end, SHADE,
                STYLE_STATE_QUEUED);
        if (attempt->started)
            draw_bar(canvas, row, span, attempt->started, end, BLOCK, attempt_style(ui, node, attempt));
    }
    const struct eta *eta = ui->estimate.nodes ? &ui->estimate.nodes[node] : NULL;
    if (eta && eta->known && ui->snapshot->views[node].state == STATE_RUNNING)
        draw_bar(canvas, row, span, now + (wall_time)span->cell, now + eta->high, 0x2500, STYLE_DIM);
}

static void draw_row(
    const struct ui *ui, struct canvas *canvas, int row, const struct span *span, size_t node, int name)
{
    const struct node_view *view = &ui->snapshot->views[node];
    bool critical = ui->estimate.critical && ui->estimate.critical[node];
    char buffer[32];
    int now = column_of(span, ui_now(ui));
    ink_text(canvas, row, 1, 1, state_glyph(view->state), theme_state_style(view->state));
    if (critical)
        canvas_put(canvas, row, 2, CRITICAL, STYLE_WARNING);
    ink_text(canvas, row, 4, name, ui->snapshot->workflow->nodes[node].name, critical ? STYLE_STRONG : STYLE_TEXT);
    if (ui_elapsed(ui, node) >= 0)
        ink_right(canvas, row, 4 + name, 7, ink_duration(ui_elapsed(ui, node), buffer), STYLE_DIM);
    if (node == ui->selected)
        canvas_set_style(canvas, row, 0, 1, span->column - 1, ui_selected_style(ui, PANE_TIMELINE));
    if (now > span->column && now < span->column + span->cells)
        canvas_put(canvas, row, now, NOW_LINE, STYLE_WARNING);
    draw_attempts(ui, canvas, row, span, node);
}

static void draw_axis(struct canvas *canvas, const struct span *span)
{
    canvas_fill(canvas, 0, 0, 1, canvas->width, ' ', STYLE_COLUMN);
    ink_text(canvas, 0, 4, span->column - 5, "Node", STYLE_COLUMN);
    for (int cell = 0; cell + TICK_CELLS / 2 < span->cells; cell += TICK_CELLS) {
        char text[32];
        wall_time time = span->from + (wall_time)(cell * span->cell);
        struct tm parts;
        time_t seconds = (time_t)(time / 1000);
        if (!localtime_r(&seconds, &parts))
            continue;
        bool days = span->cell * span->cells > 36e6 * 2.4;
        strftime(text, sizeof text,
            days                              ? "%d. %H:%M"
            : span->cell * TICK_CELLS < 60000 ? "%H:%M:%S"
                                              : "%H:%M",
            &parts);
        canvas_put(canvas, 0, span->column + cell, NOW_LINE, STYLE_COLUMN);
        ink_text(canvas, 0, span->column + cell + 1, TICK_CELLS - 2, text, STYLE_COLUMN);
    }
}

static int name_cells(const struct ui *ui, int width)
{
    int cells = 6;
    for (size_t i = 0; i < ui->rows.count && i < 1000; i++) {
        int own = (int)utf8_width(ui->snapshot->workflow->nodes[ui->rows.nodes[i]].name);
        cells = own > cells ? own : cells;
    }
    int most = width / 4 > NAME_MOST ? NAME_MOST : width / 4 > 6 ? width / 4 : 6;
    return cells < most ? cells : most;
}

void pane_timeline_draw(struct ui *ui, struct canvas *canvas)
{
    int heading = canvas->height >= 3 ? 1 : 0, rows = canvas->height - heading, name = name_cells(ui, canvas->width);
    ui->timeline.rows = rows;
    if (begin_of(ui) == 0) {
        ink_text(canvas, 0, 2, canvas->width - 2, "Nothing has been started yet", STYLE_DIM);
        return;
    }
    ui_estimate(ui);
    struct span span = make_span(ui, name + 13, canvas->width - name - 14);
    size_t row = ui->selected < ui->rows.node_count ? ui->rows.row_of[ui->selected] : 0;
    size_t *top = &ui->timeline.top, page = rows > 0 ? (size_t)rows : 1;
    row = row == SIZE_MAX ? 0 : row;
    *top = row < *top ? row : row >= *top + page ? row - page + 1 : *top;
    *top = *top + page > ui->rows.count ? (ui->rows.count > page ? ui->rows.count - page : 0) : *top;
    if (heading)
        draw_axis(canvas, &span);
    for (int i = 0; i < rows && *top + (size_t)i < ui->rows.count; i++)
        draw_row(ui, canvas, heading + i, &span, ui->rows.nodes[*top + (size_t)i], name);
}

void pane_timeline_title(struct ui *ui, struct text *title)
{
    text_append_string(title, "5 Timeline\t");
    /* Where everything has stopped, nothing is left of anything's time. */
    bool goes_on = ui->snapshot->state == WORKFLOW_RUNNING || ui->snapshot->state == WORKFLOW_READY;
    if (ui->estimate.nodes && ui->estimate.whole.known && goes_on) {
        text_append_string(title, "left ");
        eta_append(&ui->estimate.whole, title);
    }
    if (ui->timeline.zoom > 1)
        text_append_format(title, "  %.4gx", ui->timeline.zoom);
}

static void zoom(struct ui *ui, double factor)
{
    struct timeline_pane *timeline = &ui->timeline;
    timeline->zoom *= factor;
    timeline->zoom = timeline->zoom < 1 ? 1 : timeline->zoom > 4096 ? 4096 : timeline->zoom;
}

static void pan(struct ui *ui, double part)
{
    struct timeline_pane *timeline = &ui->timeline;
    double half = 0.5 / timeline->zoom;
    timeline->middle += part / timeline->zoom;
    timeline->middle = timeline->middle < half ? half : timeline->middle > 1 - half ? 1 - half : timeline->middle;
}

bool pane_timeline_act(struct ui *ui, enum ui_action action)
{
    switch (action) {
    case UI_LEFT:
        pan(ui, -0.2);
        return true;
    case UI_RIGHT:
        pan(ui, 0.2);
        return true;
    case UI_ZOOM_IN:
        zoom(ui, 2);
        pan(ui, 0);
        return true;
    case UI_ZOOM_OUT:
        zoom(ui, 0.5);
        pan(ui, 0);
        return true;
    default:
        return pane_table_act(ui, action);
    }
}
