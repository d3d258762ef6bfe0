/* SPDX-License-Identifier: Apache-2.0 */
/* The first rows: which workflow, who drives, how far it is, how fresh the picture is. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "ui_private.h"

/* The order in which counts are told: trouble, life, what may come, what is over. */
static const enum node_state counted[STATE_COUNT] = {STATE_FAILED, STATE_LOST, STATE_RUNNING, STATE_QUEUED,
    STATE_SUBMITTED, STATE_READY, STATE_WAITING, STATE_HELD, STATE_CANCELLED, STATE_SKIPPED, STATE_DONE};

static enum style workflow_style(enum workflow_state state)
{
    switch (state) {
    case WORKFLOW_RUNNING:
        return STYLE_STATE_RUNNING;
    case WORKFLOW_FAILED:
        return STYLE_STATE_FAILED;
    case WORKFLOW_DONE:
        return STYLE_STATE_DONE;
    case WORKFLOW_READY:
        break;
    }
    return STYLE_STATE_READY;
}

/* How counts are written, from roomy to tight: with the glyph, what is between letter and number, and the gap. */
static const struct {
    bool glyphs;
    const char *between;
    int gap;
} count_forms[] = {{true, " ", 2}, {true, " ", 1}, {false, " ", 1}, {false, "", 1}};

enum { COUNT_FORMS = sizeof count_forms / sizeof count_forms[0] };

/* Writes every state that a node has, with its number, or only measures (canvas NULL). Returns the columns used. */
static int write_counts(const struct ui *ui, struct canvas *canvas, int row, int column, int last, int form)
{
    int begin = column;
    for (int i = 0; i < STATE_COUNT; i++) {
        enum node_state state = counted[i];
        size_t count = ui->snapshot->counts[state];
        char text[48];
        if (count == 0)
            continue;
        snprintf(text, sizeof text, "%s%c%s%zu", count_forms[form].glyphs ? state_glyph(state) : "",
            state_letter(state), count_forms[form].between, count);
        if (canvas && column + ink_width(text) > last)
            break;
        if (canvas)
            ink_text(canvas, row, column, last - column, text, theme_state_style(state));
        column += ink_width(text) + count_forms[form].gap;
    }
    return column - begin;
}

/* The roomiest form that fits. Returns the columns used. */
static int draw_counts(const struct ui *ui, struct canvas *canvas, int row, int column, int last)
{
    int form = 0;
    while (form + 1 < COUNT_FORMS && column + write_counts(ui, NULL, row, column, last, form) > last + 1)
        form++;
    return write_counts(ui, canvas, row, column, last, form) + 2 - count_forms[form].gap;
}

static void append_driver(const struct ui *ui, struct text *text)
{
    const struct snapshot *snapshot = ui->snapshot;
    if (snapshot->driver == DRIVER_SELF)
        text_append_string(text, "driving");
    else if (snapshot->read_only)
        text_append_string(text, "watching, read only");
    else if (ui->armed != ARMED_YES)
        text_append_string(text, "watching, not armed");
    else
        text_append_string(text, "watching");
}

/* Something is wrong with a host: its name and what; false where all is well. */
static bool append_host_trouble(const struct ui *ui, struct text *text)
{
    for (size_t i = 0; i < ui->snapshot->host_count; i++) {
        const struct host_view *host = &ui->snapshot->hosts[i];
        if (host->state == HOST_NEEDS_LOGIN && !host->trouble) {
            text_append_format(text, "%s needs login: 4, then l", host->name);
            return true;
        }
        if (host->trouble && host->state != HOST_READY) {
            text_append_format(text, "%s: %s", host->name, host->trouble);
            return true;
        }
    }
    return false;
}

/* How often schedulers are asked, which other people have to live with; where there is room for all of it. */
static void append_queue_calls(const struct ui *ui, int room, struct text *text)
{
    unsigned calls = 0;
    bool has_queue = false;
    for (size_t i = 0; i < ui->snapshot->host_count; i++) {
        calls += ui->snapshot->hosts[i].queue_calls_a_minute;
        has_queue |= ui->snapshot->hosts[i].queue_calls != NULL;
    }
    char *words = memory_format("%squeue asked %u/m", text->length > 0 ? "  " : "", calls);
    if (has_queue && ink_width(text->data) + ink_width(words) <= room)
        text_append_string(text, words);
    free(words);
}

static void draw_note(const struct ui *ui, struct canvas *canvas, int column, int last)
{
    struct text note;
    unsigned style = STYLE_DIM;
    text_init(&note, 1024);
    if (append_host_trouble(ui, &note))
        style = STYLE_WARNING;
    else if (!ui->snapshot->complete)
        text_append_string(&note, "asking the hosts\u2026");
    else if (reload_append_note(ui, &note))
        style = STYLE_WARNING;
    else if (ui->snapshot->driver == DRIVER_OTHER)
        text_append_format(&note, "driven by %s", ui->snapshot->driver_text);
    else if (ui->snapshot->driver == DRIVER_NONE && ui->snapshot->state != WORKFLOW_DONE)
        text_append_string(&note, ui->snapshot->read_only ? "nobody drives" : "nobody drives; S does");
    append_queue_calls(ui, last - column, &note);
    if (last - column >= 12)
        ink_text(canvas, 0, column, last - column, note.data, style);
    text_release(&note);
}

static void draw_first_row(const struct ui *ui, struct canvas *canvas)
{
    const struct snapshot *snapshot = ui->snapshot;
    char clock[32];
    int width = canvas->width, last = width;
    ink_clock(ui_now(ui), clock);
    if (width >= 40) {
        last = width - (int)strlen(clock) - 1;
        ink_text(canvas, 0, last, (int)strlen(clock), clock, STYLE_CLOCK);
    }
    int column =
        1 + ink_text(canvas, 0, 1, last - 1 > 30 ? (last - 1) / 2 : last - 1, snapshot->workflow->name, STYLE_NAME);
    column += 2;
    column += ink_text(
        canvas, 0, column, last - column, workflow_state_word(snapshot->state), workflow_style(snapshot->state));
    struct text driver;
    text_init(&driver, 64);
    text_append_string(&driver, " ");
    append_driver(ui, &driver);
    text_append_string(&driver, " ");
    column += 2;
    if (column + (int)driver.length < last)
        column += ink_text(canvas, 0, column, last - column, driver.data,
            snapshot->driver == DRIVER_SELF ? STYLE_DRIVING : STYLE_WATCHING);
    text_release(&driver);
    if (ui->options.recorder && column + 12 < last)
        column += 1 + ink_text(canvas, 0, column + 1, last - column, " recording ", STYLE_WATCHING);
    draw_note(ui, canvas, column + 2, last - 1);
}

/* How long the workflow runs, may still run, and how old the picture is; without what is left where space is short. */
static void append_times(const struct ui *ui, bool with_left, struct text *text)
{
    const struct snapshot *snapshot = ui->snapshot;
    wall_time now = ui_now(ui);
    char buffer[32];
    bool running = snapshot->state == WORKFLOW_RUNNING, wide = ui->canvas.width >= 100;
    if (snapshot->first_start) {
        wall_time end = running || !snapshot->last_end ? now : snapshot->last_end;
        text_append_format(text, "%s%s", wide ? "elapsed " : "", ink_duration(end - snapshot->first_start, buffer));
    }
    if (with_left && wide && running && ui->estimate.nodes && ui->estimate.whole.known) {
        text_append_string(text, text->length ? "  left " : "left ");
        eta_append(&ui->estimate.whole, text);
    }
    if (snapshot->oldest_live) {
        int64_t since = now > snapshot->oldest_live ? now - snapshot->oldest_live : 0;
        text_append_format(text, "%sseen %s ago", text->length ? "  " : "", ink_duration(since, buffer));
    }
}

/* At the right end; returns where they begin. */
static int draw_times(const struct ui *ui, struct canvas *canvas)
{
    struct text text;
    int column = canvas->width;
    text_init(&text, 0);
    append_times(ui, true, &text);
    if (ink_width(text.data) + 1 > canvas->width * 2 / 5) {
        text_clear(&text);
        append_times(ui, false, &text);
    }
    int width = ink_width(text.data);
    if (width + 1 <= canvas->width / 2) {
        column -= width + 1;
        ink_text(canvas, 1, column, width, text.data,
            ui->snapshot->stale > 0 && ui->snapshot->oldest_live ? STYLE_WARNING : STYLE_CLOCK);
    }
    text_release(&text);
    return column;
}

/* Counts come first, then percent, then a bar in what is left. */
static void draw_second_row(const struct ui *ui, struct canvas *canvas)
{
    char percent[16];
    int last = draw_times(ui, canvas), most = canvas->width >= 100 ? 60 : 40;
    int column = 1 + draw_counts(ui, canvas, 1, 1, last - 7);
    int bar = last - column - 7;
    snprintf(percent, sizeof percent, "%3.0f%%", floor(ui->snapshot->progress));
    if (bar > most)
        bar = most;
    if (bar >= 5) {
        ink_bar(canvas, 1, column, bar, ui->snapshot->progress, STYLE_BAR, STYLE_BAR_EMPTY);
        column += bar + 1;
    }
    if (column + 4 < last)
        ink_text(canvas, 1, column, 4, percent, STYLE_STRONG);
}

/* One row for everything, for very small screens. */
static void draw_small(const struct ui *ui, struct canvas *canvas)
{
    char percent[16];
    snprintf(percent, sizeof percent, "%.0f%%", floor(ui->snapshot->progress));
    int length = (int)strlen(percent), width = canvas->width;
    int name = ink_width(ui->snapshot->workflow->name);
    int most = width >= 30 ? width / 3 : width / 2 - 2;
    int column = ink_text(canvas, 0, 0, name < most ? name : most, ui->snapshot->workflow->name, STYLE_NAME) + 1;
    if (column + length <= width)
        column += ink_text(canvas, 0, column, length, percent, STYLE_STRONG) + 1;
    draw_counts(ui, canvas, 0, column, width);
}

void pane_header_draw(struct ui *ui, struct canvas *canvas)
{
    if (canvas->width >= 100 && ui->snapshot->state == WORKFLOW_RUNNING)
        ui_estimate(ui);
    if (canvas->height < 2) {
        draw_small(ui, canvas);
        return;
    }
    draw_first_row(ui, canvas);
    draw_second_row(ui, canvas);
}
