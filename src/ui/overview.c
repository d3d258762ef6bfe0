/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/ui/overview.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "ink.h"

enum { NAME_MOST = 30, STATE_CELLS = 8, BAR_CELLS = 16, FRAME = 100, TITLE_ROWS = 3 };

struct overview {
    struct overview_options options;
    struct canvas canvas;
    struct overview_row rows[OVERVIEW_LIMIT];
    size_t count, chosen, top;
    int page;
    bool asleep;
    char message[160], title[100];
    bool quit_asked;
    struct loop_watch *keys;
    struct loop_timer *frame, *clock;
    struct loop_signal *resized;
};

static unsigned state_style(enum workflow_state state)
{
    static const unsigned styles[] = {[WORKFLOW_READY] = STYLE_STATE_READY,
        [WORKFLOW_RUNNING] = STYLE_STATE_RUNNING,
        [WORKFLOW_FAILED] = STYLE_STATE_FAILED,
        [WORKFLOW_DONE] = STYLE_STATE_DONE};
    return styles[state];
}

static const char *name_of(const struct overview_row *row)
{
    const char *slash = strrchr(row->file, '/');
    return row->snapshot ? row->snapshot->workflow->name : slash ? slash + 1 : row->file;
}

static int name_cells(const struct overview *overview)
{
    int width = 8;
    for (size_t i = 0; i < overview->count; i++) {
        int own = ink_width(name_of(&overview->rows[i]));
        width = own > width ? own : width;
    }
    int most = overview->canvas.width / 3 < NAME_MOST ? overview->canvas.width / 3 : NAME_MOST;
    return width < most ? width : most;
}

static int draw_counts(const struct snapshot *snapshot, struct canvas *canvas, int row, int column)
{
    static const enum node_state counted[STATE_COUNT] = {STATE_FAILED, STATE_LOST, STATE_RUNNING, STATE_QUEUED,
        STATE_SUBMITTED, STATE_READY, STATE_WAITING, STATE_HELD, STATE_CANCELLED, STATE_SKIPPED, STATE_DONE};
    for (int i = 0; i < STATE_COUNT; i++) {
        enum node_state state = counted[i];
        char text[48];
        if (snapshot->counts[state] == 0)
            continue;
        snprintf(text, sizeof text, "%s%c %zu", state_glyph(state), state_letter(state), snapshot->counts[state]);
        column += ink_text(canvas, row, column, canvas->width - column, text, theme_state_style(state)) + 2;
    }
    return column;
}

static void draw_row(struct overview *overview, int row, size_t number, int name)
{
    struct canvas *canvas = &overview->canvas;
    const struct overview_row *now = &overview->rows[number];
    char percent[16];
    int column = 2;
    ink_text(canvas, row, column, name, name_of(now), STYLE_STRONG);
    column += name + 2;
    if (!now->snapshot) {
        ink_text(canvas, row, column, canvas->width - column, now->trouble, STYLE_ERROR);
    } else {
        const struct snapshot *snapshot = now->snapshot;
        ink_text(canvas, row, column, STATE_CELLS, workflow_state_word(snapshot->state), state_style(snapshot->state));
        column += STATE_CELLS + 1;
        ink_bar(canvas, row, column, BAR_CELLS, snapshot->progress, STYLE_BAR, STYLE_BAR_EMPTY);
        snprintf(percent, sizeof percent, "%3.0f%%", floor(snapshot->progress));
        column += BAR_CELLS + 1;
        ink_text(canvas, row, column, 5, percent, STYLE_TEXT);
        column += 6;
        if (snapshot->driver == DRIVER_SELF)
            column += ink_text(canvas, row, column, 9, "driving", STYLE_DRIVING) + 2;
        column = draw_counts(snapshot, canvas, row, column);
    }
    if (number != overview->chosen)
        return;
    canvas_put(canvas, row, 0, 0x25b8, STYLE_STRONG);
    canvas_set_style(canvas, row, 0, 1, name + 3, STYLE_SELECTED);
}

/* "3 workflows, 1 running, 1 failed"; returns how many have failed. */
static size_t write_counts(const struct overview *overview, char *text, size_t size)
{
    size_t failed = 0, running = 0;
    for (size_t i = 0; i < overview->count; i++) {
        const struct snapshot *snapshot = overview->rows[i].snapshot;
        failed += snapshot && snapshot->state == WORKFLOW_FAILED;
        running += snapshot && snapshot->state == WORKFLOW_RUNNING;
    }
    int length = snprintf(text, size, "%zu workflow%s", overview->count, overview->count == 1 ? "" : "s");
    if (running > 0)
        length += snprintf(text + length, size - (size_t)length, ", %zu running", running);
    if (failed > 0)
        snprintf(text + length, size - (size_t)length, ", %zu failed", failed);
    return failed;
}

static void set_title(struct overview *overview, const char *counts)
{
    char title[sizeof overview->title];
    snprintf(title, sizeof title, "dagtop: %s", counts);
    if (!overview->options.title || strcmp(title, overview->title) == 0)
        return;
    snprintf(overview->title, sizeof overview->title, "%s", title);
    term_set_title(overview->options.term, title);
}

static void draw_frame(struct overview *overview)
{
    struct canvas *canvas = &overview->canvas;
    char clock[32];
    int last = canvas->height - 1;
    char counts[80];
    size_t failed = write_counts(overview, counts, sizeof counts);
    ink_text(canvas, 0, 1, canvas->width - 2, "dagtop", STYLE_NAME);
    ink_text(canvas, 0, 9, canvas->width - 20, counts, failed > 0 ? STYLE_WARNING : STYLE_TEXT);
    set_title(overview, counts);
    ink_right(canvas, 0, canvas->width - 10, 9,
        ink_clock(overview->options.now ? overview->options.now(overview->options.argument) : clock_wall(), clock),
        STYLE_CLOCK);
    canvas_fill(canvas, 1, 0, 1, canvas->width, 0x2500, STYLE_RULE);
    if (overview->message[0])
        ink_text(canvas, last, 1, canvas->width - 2, overview->message, STYLE_MESSAGE);
    else
        ink_text(canvas, last, 1, canvas->width - 2, "Enter opens  Backspace there comes back  j Down  k Up  Q Quit",
            STYLE_KEY_TEXT);
}

void overview_draw(struct overview *overview)
{
    int width, height;
    if (overview->asleep)
        return;
    term_size(overview->options.term, &width, &height);
    canvas_resize(&overview->canvas, width, height);
    overview->count = overview->options.rows(overview->options.argument, overview->rows, OVERVIEW_LIMIT);
    if (overview->chosen >= overview->count)
        overview->chosen = overview->count > 0 ? overview->count - 1 : 0;
    overview->page = height > TITLE_ROWS ? height - TITLE_ROWS : 1;
    if (overview->chosen < overview->top)
        overview->top = overview->chosen;
    if (overview->chosen >= overview->top + (size_t)overview->page)
        overview->top = overview->chosen - (size_t)overview->page + 1;
    draw_frame(overview);
    int name = name_cells(overview);
    for (int i = 0; i < overview->page && overview->top + (size_t)i < overview->count; i++)
        draw_row(overview, TITLE_ROWS - 1 + i, overview->top + (size_t)i, name);
    if (term_is_ascii(overview->options.term))
        ink_ascii(&overview->canvas);
    term_set_cursor(overview->options.term, -1, 0);
    term_draw(overview->options.term, &overview->canvas, overview->options.theme->styles, STYLE_COUNT);
}

static bool somebody_drives(const struct overview *overview)
{
    for (size_t i = 0; i < overview->count; i++) {
        const struct snapshot *snapshot = overview->rows[i].snapshot;
        if (snapshot && snapshot->driver == DRIVER_SELF && snapshot->state == WORKFLOW_RUNNING)
            return true;
    }
    return false;
}

static void ask_quit(struct overview *overview)
{
    if (!somebody_drives(overview) || overview->quit_asked) {
        overview->options.quit(overview->options.argument);
        return;
    }
    overview->quit_asked = true;
    snprintf(overview->message, sizeof overview->message,
        "Workflows are driven from here: Q again stops driving and quits; jobs that run go on");
}

static void move(struct overview *overview, long step)
{
    long place = (long)overview->chosen + step, last = (long)overview->count - 1;
    place = place > last ? last : place;
    overview->chosen = place < 0 ? 0 : (size_t)place;
}

/* A click selects, the wheel moves. */
static void take_mouse(struct overview *overview, struct term_mouse mouse)
{
    int place = mouse.row - (TITLE_ROWS - 1);
    size_t row = overview->top + (size_t)place;
    if (mouse.kind == MOUSE_WHEEL_UP || mouse.kind == MOUSE_WHEEL_DOWN)
        move(overview, mouse.kind == MOUSE_WHEEL_UP ? -1 : 1);
    else if (mouse.kind == MOUSE_PRESS && place >= 0 && place < overview->page && row < overview->count)
        overview->chosen = row;
}

/* True for what is no key. */
static bool take_sign(struct overview *overview, struct key key)
{
    bool looks_away = key.code == SPECIAL_KEY_FOCUS_OUT;
    if (overview->options.watched)
        overview->options.watched(overview->options.argument, !looks_away);
    if (key.code == SPECIAL_KEY_MOUSE)
        take_mouse(overview, term_mouse(overview->options.term));
    return looks_away || key.code == SPECIAL_KEY_FOCUS_IN || key.code == SPECIAL_KEY_MOUSE;
}

static void press(struct overview *overview, struct key key)
{
    bool asked = overview->quit_asked;
    if (take_sign(overview, key))
        return;
    overview->message[0] = '\0';
    overview->quit_asked = false;
    if (key.modifiers == KEY_CONTROL && key.code == 'z') {
        term_stop_process(overview->options.term);
        term_resize(overview->options.term);
        return;
    }
    if (key.modifiers == KEY_CONTROL)
        key.code = key.code == 'c' ? 'Q' : key.code == 'l' ? 'L' : 0;
    switch (key.code) {
    case 'j':
    case SPECIAL_KEY_DOWN:
        move(overview, 1);
        break;
    case 'k':
    case SPECIAL_KEY_UP:
        move(overview, -1);
        break;
    case SPECIAL_KEY_PAGE_DOWN:
        move(overview, overview->page);
        break;
    case SPECIAL_KEY_PAGE_UP:
        move(overview, -overview->page);
        break;
    case 'g':
    case SPECIAL_KEY_HOME:
        overview->chosen = 0;
        break;
    case 'G':
    case SPECIAL_KEY_END:
        move(overview, OVERVIEW_LIMIT);
        break;
    case 'L':
        term_invalidate(overview->options.term);
        break;
    case SPECIAL_KEY_ENTER:
        if (overview->count > 0 && overview->rows[overview->chosen].snapshot)
            overview->options.open(overview->options.argument, overview->chosen);
        break;
    case '?':
        snprintf(overview->message, sizeof overview->message,
            "j k g G move  Enter opens, there ? has all keys  Backspace back  Q quits");
        break;
    case 'q':
        snprintf(overview->message, sizeof overview->message, "Q quits");
        break;
    case 'Q':
        overview->quit_asked = asked;
        ask_quit(overview);
        break;
    case SPECIAL_KEY_HANG_UP:
        overview->options.quit(overview->options.argument);
        break;
    default:
        break;
    }
}

void overview_read_keys(struct overview *overview)
{
    struct key key;
    while (!overview->asleep && term_read_key(overview->options.term, &key))
        press(overview, key);
    overview_draw(overview);
}

static void keys_are_there(void *argument, int events)
{
    (void)events;
    overview_read_keys(argument);
}

static void draw_now(void *argument)
{
    overview_draw(argument);
}

static void size_changed(void *argument)
{
    struct overview *overview = argument;
    if (overview->asleep)
        return;
    term_resize(overview->options.term);
    overview_draw(overview);
}

void overview_changed(struct overview *overview)
{
    if (overview->options.loop && !overview->asleep && !loop_timer_is_active(overview->frame))
        loop_timer_start(overview->frame, FRAME, 0);
}

void overview_sleep(struct overview *overview, bool asleep)
{
    overview->asleep = asleep;
    if (!overview->options.loop)
        return;
    if (overview->keys)
        loop_watch_free(overview->keys);
    overview->keys = NULL;
    /* A workflow that was open has told the title of its own. */
    overview->title[0] = '\0';
    int descriptor = term_descriptor(overview->options.term);
    if (!asleep && descriptor >= 0) {
        overview->keys = loop_watch_new(overview->options.loop, descriptor, keys_are_there, overview);
        loop_watch_set(overview->keys, LOOP_READABLE);
    }
    if (!asleep)
        loop_timer_start(overview->frame, 0, 0);
}

struct overview *overview_new(const struct overview_options *options)
{
    struct overview *overview = memory_new(sizeof *overview);
    overview->options = *options;
    overview->asleep = true;
    canvas_init(&overview->canvas, 0, 0);
    if (options->loop) {
        overview->frame = loop_timer_new(options->loop, draw_now, overview);
        overview->clock = loop_timer_new(options->loop, draw_now, overview);
        overview->resized = loop_signal_new(options->loop, SIGWINCH, size_changed, overview);
        loop_timer_start(overview->clock, 1000, 1000);
    }
    if (options->mouse)
        term_set_mouse(options->term, true);
    overview_sleep(overview, false);
    return overview;
}

void overview_free(struct overview *overview)
{
    if (!overview)
        return;
    if (overview->options.loop) {
        if (overview->keys)
            loop_watch_free(overview->keys);
        loop_timer_free(overview->frame);
        loop_timer_free(overview->clock);
        loop_signal_free(overview->resized);
    }
    canvas_release(&overview->canvas);
    free(overview);
}
