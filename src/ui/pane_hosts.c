/* SPDX-License-Identifier: Apache-2.0 */
/* The hosts of the workflow: what each answers, how fast, and what it costs them. */
#include <stdio.h>
#include <string.h>

#include "ui_private.h"

static const struct {
    const char *word;
    enum style style;
} states[] = {[HOST_CONNECTING] = {"connecting", STYLE_STATE_SUBMITTED},
    [HOST_NEEDS_LOGIN] = {"needs login", STYLE_WARNING},
    [HOST_READY] = {"ready", STYLE_STATE_DONE},
    [HOST_BACKING_OFF] = {"backing off", STYLE_WARNING},
    [HOST_REFUSED] = {"refused", STYLE_ERROR},
    [HOST_AWAY] = {"away", STYLE_WARNING}};

enum { HOST_NAME_MOST = 28, STATE_CELLS = 12, TRIP_CELLS = 7, RATE_CELLS = 7, BYTES_CELLS = 9, LIVE_CELLS = 5 };

/* From these widths on there is room for round trip and live nodes, and for the rates. */
enum { COUNTS_WIDTH = 56, RATES_WIDTH = 72 };

const char *host_state_word(enum host_state state)
{
    return states[state].word;
}

static int name_cells(const struct ui *ui)
{
    int width = 8;
    for (size_t i = 0; i < ui->snapshot->host_count; i++) {
        int own = ink_width(ui->snapshot->hosts[i].name);
        width = own > width ? own : width;
    }
    return width < HOST_NAME_MOST ? width : HOST_NAME_MOST;
}

/* Columns from the left; what does not fit is left out from the right, but for the last error. */
static void draw_heading(const struct ui *ui, struct canvas *canvas, int name)
{
    canvas_fill(canvas, 0, 0, 1, canvas->width, ' ', STYLE_COLUMN);
    int column = 2;
    ink_text(canvas, 0, column, name, "Host", STYLE_COLUMN);
    column += name + 2;
    ink_text(canvas, 0, column, STATE_CELLS, "State", STYLE_COLUMN);
    column += STATE_CELLS + 1;
    if (canvas->width >= COUNTS_WIDTH) {
        ink_right(canvas, 0, column, TRIP_CELLS, "Trip", STYLE_COLUMN);
        column += TRIP_CELLS + 1;
        ink_right(canvas, 0, column, LIVE_CELLS, "Live", STYLE_COLUMN);
        column += LIVE_CELLS + 1;
    }
    if (canvas->width >= RATES_WIDTH) {
        ink_right(canvas, 0, column, RATE_CELLS, "Asks/m", STYLE_COLUMN);
        column += RATE_CELLS + 1;
        ink_right(canvas, 0, column, BYTES_CELLS, "Bytes/m", STYLE_COLUMN);
        column += BYTES_CELLS + 1;
    }
    ink_text(canvas, 0, column + 1, canvas->width - column - 1, "Way, last error", STYLE_COLUMN);
    (void)ui;
}

static void format_bytes(uint64_t bytes, char text[32])
{
    if (bytes < 10000)
        snprintf(text, 32, "%llu B", (unsigned long long)bytes);
    else if (bytes < 10000000)
        snprintf(text, 32, "%llu KB", (unsigned long long)(bytes / 1000));
    else
        snprintf(text, 32, "%llu MB", (unsigned long long)(bytes / 1000000));
}

static void append_story(const struct host_view *host, struct text *text)
{
    char time[32];
    if (host->question)
        text_append_string(text, "asks something: l answers  ");
    if (host->state == HOST_BACKING_OFF && host->retry_in >= 0)
        text_append_format(text, "again in %s: ", ink_duration(host->retry_in, time));
    if (host->trouble)
        text_append_string(text, host->trouble);
    if (host->queue_calls)
        text_append_format(text, "%s%s", host->trouble ? "  " : "", host->queue_calls);
    if (!host->trouble && host->way)
        text_append_format(text, "%s%s", host->queue_calls ? ", " : "", host->way);
    if (!host->trouble && host->machine && strcmp(host->machine, host->name) != 0)
        text_append_format(text, "%s%s", host->way || host->queue_calls ? ", " : "", host->machine);
    if ((host->state == HOST_REFUSED || host->state == HOST_NEEDS_LOGIN) && !host->question)
        text_append_string(text, text->length > 0 ? "  (l tries again)" : "l tries again");
}

/* Returns the columns used. */
static int draw_numbers(struct canvas *canvas, int row, int column, const struct host_view *host)
{
    char text[40];
    int begin = column;
    if (canvas->width < COUNTS_WIDTH)
        return 0;
    if (host->round_trip >= 0) {
        snprintf(text, sizeof text, "%lld ms", (long long)host->round_trip);
        ink_right(canvas, row, column, TRIP_CELLS, text, STYLE_TEXT);
    }
    column += TRIP_CELLS + 1;
    snprintf(text, sizeof text, "%u", host->live_nodes);
    ink_right(canvas, row, column, LIVE_CELLS, text, host->live_nodes ? STYLE_STATE_RUNNING : STYLE_DIM);
    column += LIVE_CELLS + 1;
    if (canvas->width < RATES_WIDTH)
        return column - begin;
    snprintf(text, sizeof text, "%u", host->requests_a_minute);
    ink_right(canvas, row, column, RATE_CELLS, text, STYLE_TEXT);
    column += RATE_CELLS + 1;
    format_bytes(host->bytes_a_minute, text);
    ink_right(canvas, row, column, BYTES_CELLS, text, STYLE_TEXT);
    return column + BYTES_CELLS + 1 - begin;
}

static void draw_host(const struct ui *ui, struct canvas *canvas, int row, size_t number, int name)
{
    const struct host_view *host = &ui->snapshot->hosts[number];
    struct text story;
    int column = 2;
    ink_text(canvas, row, column, name, host->name, STYLE_STRONG);
    column += name + 2;
    ink_text(canvas, row, column, STATE_CELLS, states[host->state].word, states[host->state].style);
    column += STATE_CELLS + 1;
    column += draw_numbers(canvas, row, column, host);
    text_init(&story, 0);
    append_story(host, &story);
    ink_text(canvas, row, column + 1, canvas->width - column - 1, story.data,
        host->trouble ? states[host->state].style : STYLE_DIM);
    text_release(&story);
    if (number != ui->host)
        return;
    canvas_put(canvas, row, 0, 0x25b8, STYLE_STRONG);
    canvas_set_style(canvas, row, 0, 1, canvas->width, ui_selected_style(ui, PANE_HOSTS));
}

void pane_hosts_draw(struct ui *ui, struct canvas *canvas)
{
    int heading = canvas->height >= 3 ? 1 : 0, name = name_cells(ui), rows = canvas->height - heading;
    if (ui->host >= ui->snapshot->host_count)
        ui->host = 0;
    if (heading)
        draw_heading(ui, canvas, name);
    size_t top = rows > 0 && ui->host >= (size_t)rows ? ui->host - (size_t)rows + 1 : 0;
    for (int i = 0; i < rows && top + (size_t)i < ui->snapshot->host_count; i++)
        draw_host(ui, canvas, heading + i, top + (size_t)i, name);
    if (ui->snapshot->host_count == 0)
        ink_text(canvas, 0, 2, canvas->width - 2, "This workflow needs no host", STYLE_DIM);
}

void pane_hosts_title(struct ui *ui, struct text *title)
{
    size_t ready = 0;
    for (size_t i = 0; i < ui->snapshot->host_count; i++)
        ready += ui->snapshot->hosts[i].state == HOST_READY;
    text_append_format(title, "4 Hosts\t%zu of %zu ready", ready, ui->snapshot->host_count);
}

static void login(struct ui *ui)
{
    char words[200];
    const struct host_view *host = &ui->snapshot->hosts[ui->host];
    if (host->state == HOST_READY) {
        snprintf(words, sizeof words, "%.100s is connected", host->name);
    } else {
        engine_login(ui->options.engine, ui->host);
        snprintf(words, sizeof words, "Connecting to %.100s", host->name);
    }
    ui_show_message(ui, false, words);
}

bool pane_hosts_act(struct ui *ui, enum ui_action action)
{
    size_t count = ui->snapshot->host_count;
    if (count == 0)
        return false;
    switch (action) {
    case UI_DOWN:
        ui->host += ui->host + 1 < count;
        return true;
    case UI_UP:
        ui->host -= ui->host > 0;
        return true;
    case UI_TOP:
        ui->host = 0;
        return true;
    case UI_BOTTOM:
        ui->host = count - 1;
        return true;
    case UI_LOGIN:
        login(ui);
        return true;
    default:
        return false;
    }
}
