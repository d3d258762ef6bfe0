/* SPDX-License-Identifier: Apache-2.0 */
/* The log of the selected node: its newest lines, older ones as one scrolls back, never the whole file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "log_line.h"
#include "ui_private.h"

/* TASK_PERIOD, FILE_PERIOD: milliseconds between two looks at the log of a live task, and at another file. */
enum {
    LOG_TAIL = 128 << 10,
    LOG_STEP = 256 << 10,
    LOG_JUMP = 1 << 20,
    SHIFT_STEP = 8,
    TASK_PERIOD = 3000,
    FILE_PERIOD = 2000
};

/* What one request was about, so that an answer that comes too late is known. */
struct log_request {
    struct ui *ui;
    uint64_t number;
};

void pane_log_init(struct ui *ui)
{
    log_window_init(&ui->log.window);
    ui->log.node = (size_t)NO_NODE;
    ui->log.follow = true;
    ui->log.match = ui->log.error_line = SIZE_MAX;
}

void pane_log_release(struct ui *ui)
{
    log_window_release(&ui->log.window);
    free(ui->log.file);
    if (ui->log.pending)
        ui->log.pending->ui = NULL;
}

void pane_log_renew(struct ui *ui, size_t node)
{
    struct log_pane *log = &ui->log;
    if (log->pending)
        log->pending->ui = NULL;
    log->pending = NULL;
    log->request++;
    log->probed = log->probed && log->window.length > 0;
    log->node = node;
}

static void forget(struct log_pane *log)
{
    log_window_clear(&log->window);
    log->request++;
    log->top = 0;
    log->match = log->error_line = SIZE_MAX;
    log->trouble[0] = '\0';
}

static void take_bytes(struct ui *ui, const struct agent_log *answer)
{
    struct log_pane *log = &ui->log;
    long moved = 0;
    if (answer->size < log_window_end(&log->window)) {
        forget(log);
        ui_show_message(ui, false,
            log->file ? "The file has become shorter; it is read again"
                      : "The log has become shorter; it is read again");
        log->probed = false;
        return;
    }
    if (answer->length == 0) {
        /* Nothing there although a size was told: asked again only when the size changes. */
        log->size = log_window_end(&log->window);
        return;
    }
    log->size = answer->size;
    if (!log_window_add(&log->window, answer->offset, answer->bytes, answer->length, &moved)) {
        forget(log);
        return;
    }
    if (moved < 0 && log->top < (size_t)-moved)
        log->top = 0;
    else
        log->top += (size_t)moved;
    if (log->match != SIZE_MAX)
        log->match = moved < 0 && log->match < (size_t)-moved ? SIZE_MAX : log->match + (size_t)moved;
    if (log->error_line != SIZE_MAX)
        log->error_line = moved < 0 && log->error_line < (size_t)-moved ? SIZE_MAX : log->error_line + (size_t)moved;
}

/* One request at a time: a person who runs down the table does not flood a host. */
static void answered(void *argument, const struct agent_log *answer, const struct error *error)
{
    struct log_request *request = argument;
    struct ui *ui = request->ui;
    if (ui) {
        struct log_pane *log = &ui->log;
        log->pending = NULL;
        if (log->request == request->number) {
            log->heard = log->observed;
            if (error->status)
                snprintf(log->trouble, sizeof log->trouble, "%.250s", error->message);
            else
                take_bytes(ui, answer);
        }
        ui_mark_dirty(ui);
    }
    free(request);
}

static void ask(struct ui *ui, int64_t offset, size_t maximum)
{
    struct log_pane *log = &ui->log;
    struct log_request *request = memory_new(sizeof *request);
    struct error error;
    *request = (struct log_request){ui, log->request};
    const char *task = log->task[0] ? log->task : NULL;
    log->trouble[0] = '\0';
    log->pending = request;
    log->asked = ui_now(ui);
    struct engine *engine = ui->options.engine;
    enum status status =
        log->file ? engine_read_file(engine, log->node, log->file, offset, maximum, answered, request, &error)
                  : engine_read_log(engine, log->node, log->attempt, task, offset, maximum, answered, request, &error);
    if (status != STATUS_OK) {
        snprintf(log->trouble, sizeof log->trouble, "%.250s", error.message);
        log->pending = NULL;
        log->heard = log->observed;
        free(request);
    }
}

/* The lines at the lower end: true where nothing is left to read of what is known to be there. */
static bool wants_more_below(const struct log_pane *log)
{
    if (log_window_end(&log->window) >= log->size)
        return false;
    return log->follow || log->top + 3 * (size_t)log->rows + 10 >= log->window.line_count;
}

static void ask_what_is_missing(struct ui *ui)
{
    struct log_pane *log = &ui->log;
    int64_t end = log_window_end(&log->window);
    if (log->window.length == 0) {
        if (log->size > 0)
            ask(ui, log->from_start ? 0 : -LOG_TAIL, LOG_TAIL);
    } else if (log->follow && log->size - end > LOG_JUMP) {
        forget(log);
        ask(ui, -LOG_TAIL, LOG_TAIL);
    } else if (wants_more_below(log)) {
        ask(ui, end, LOG_STEP);
    } else if (!log->follow && log->top < (size_t)log->rows && log->window.offset > 0) {
        int64_t length = log->window.offset < LOG_STEP ? log->window.offset : LOG_STEP;
        ask(ui, log->window.offset - length, (size_t)length);
    }
}

/* A host has come or gone: what could not be read may be readable now. */
void pane_log_retry(struct ui *ui)
{
    if (!ui->log.trouble[0])
        return;
    ui->log.trouble[0] = '\0';
    ui->log.probed = false;
}

/* Whose log (task: of which task of its array, or ""), or which file (NULL: none), is shown from now on. */
static void begin(struct ui *ui, unsigned attempt, const char *task, const char *file)
{
    struct log_pane *log = &ui->log;
    char *copy = memory_copy_text(file);
    forget(log);
    free(log->file);
    log->file = copy;
    log->node = ui->selected;
    log->attempt = attempt;
    snprintf(log->task, sizeof log->task, "%s", task);
    log->follow = true;
    log->from_start = false;
    log->probed = false;
    log->shift = 0;
    log->observed = log->heard = -1;
    log->size = 0;
}

/* Nobody tells how large the log of one task is: where it may grow, and its end is looked at, it is asked for. */
static bool task_is_due(const struct ui *ui)
{
    const struct log_pane *log = &ui->log;
    return log->task[0] && log->probed && log->follow && state_is_live(ui->snapshot->views[log->node].state) &&
           ui_now(ui) - log->asked >= TASK_PERIOD;
}

void pane_log_show_task(struct ui *ui, const char *task)
{
    pane_log_update(ui);
    begin(ui, ui->log.attempt, task, NULL);
    pane_log_update(ui);
}

/* Nobody watches other files: while one is followed, it is looked at every two seconds. */
static void update_file(struct ui *ui)
{
    struct log_pane *log = &ui->log;
    bool is_due = log->follow && ui_now(ui) - log->asked >= FILE_PERIOD;
    if (!log->probed || (is_due && log->window.length == 0)) {
        log->probed = true;
        ask(ui, -LOG_TAIL, LOG_TAIL);
        return;
    }
    if (is_due)
        ask(ui, log_window_end(&log->window), LOG_STEP);
    else if (!log->trouble[0])
        ask_what_is_missing(ui);
}

/* The one whose state is shown; of a node that is skipped or waits to run again, the last that there was. */
static unsigned attempt_to_show(const struct ui *ui)
{
    unsigned current = ui->snapshot->views[ui->selected].attempt;
    const struct observation *observation = &ui->snapshot->observations[ui->selected];
    if (ui->log.chosen || current)
        return ui->log.chosen ? ui->log.chosen : current;
    return observation->attempt_count ? observation->attempts[observation->attempt_count - 1].number : 0;
}

void pane_log_update(struct ui *ui)
{
    struct log_pane *log = &ui->log;
    if (ui->selected >= ui->snapshot->workflow->node_count)
        return;
    const struct observation *observation = &ui->snapshot->observations[ui->selected];
    if (log->node != ui->selected)
        log->chosen = 0;
    unsigned attempt = attempt_to_show(ui);
    if (log->node != ui->selected || (log->attempt != attempt && !log->file))
        begin(ui, attempt, "", NULL);
    if (log->file) {
        if (!log->pending)
            update_file(ui);
        return;
    }
    bool is_current = attempt == ui->snapshot->views[ui->selected].attempt;
    log->observed = log->chosen || log->task[0] || !is_current ? -1 : observation->log_size;
    if (log->pending)
        return;
    if (task_is_due(ui)) {
        ask(ui, log_window_end(&log->window), LOG_STEP);
        return;
    }
    if (log->observed < 0 && attempt > 0 && !log->probed) {
        log->probed = true;
        ask(ui, -LOG_TAIL, LOG_TAIL);
        return;
    }
    if (log->observed != log->heard)
        log->trouble[0] = '\0';
    if (log->observed != log->heard && log->observed >= 0 && log->observed != log->size) {
        /* Another size than last time: what it was before may be wrong in either direction. */
        if (log->observed < log_window_end(&log->window)) {
            log->heard = log->observed;
            ask(ui, log_window_end(&log->window), LOG_STEP);
            return;
        }
        log->size = log->observed;
    }
    if (!log->trouble[0])
        ask_what_is_missing(ui);
}

/* Rows that a line takes. */
static int line_rows(const struct log_pane *log, const char *text, int width)
{
    size_t cells = utf8_width(text);
    if (!log->wrap || width <= 0 || cells == 0)
        return 1;
    return (int)((cells + (size_t)width - 1) / (size_t)width);
}

/* The first line to show so that the last one ends at the bottom. */
static size_t first_for_end(const struct log_pane *log, int width, int height)
{
    struct text text;
    size_t line = log->window.line_count;
    text_init(&text, 0);
    for (int rows = 0; line > 0; line--) {
        text_clear(&text);
        log_window_line(&log->window, line - 1, &text);
        if (!log_line_fits(text.data, log->lines))
            continue;
        rows += line_rows(log, text.data, width);
        if (rows > height)
            break;
    }
    text_release(&text);
    return line < log->window.line_count || line == 0 ? line : line - 1;
}

static void mark_matches(const struct log_pane *log, struct canvas *canvas, int row, const char *text, int skipped)
{
    size_t length = strlen(log->search);
    const char *place = text;
    while (length > 0 && (place = log_window_match(place, log->search))) {
        size_t before = (size_t)(place - text);
        struct text head;
        text_init(&head, 0);
        text_append(&head, text, before);
        int column = (int)utf8_width(head.data) - skipped;
        text_release(&head);
        canvas_set_style(canvas, row, column, 1, (int)utf8_width(log->search), STYLE_MATCH);
        place += length;
    }
}

static unsigned line_style(const char *text)
{
    return strstr(text, "cloudmesh status=") ? STYLE_LOG_NOTE : STYLE_LOG;
}

/* Draws one line from row on; returns the rows used. */
static int draw_line(const struct log_pane *log, struct canvas *canvas, int row, size_t line)
{
    struct text text;
    int rows = 0, width = canvas->width;
    text_init(&text, 0);
    log_window_line(&log->window, line, &text);
    if (!log_line_fits(text.data, log->lines)) {
        text_release(&text);
        return 0;
    }
    const char *whole = text.data + (log->untimed ? log_line_time(text.data) : 0), *rest = whole;
    unsigned style = line_style(text.data);
    if (!log->wrap) {
        rest += utf8_bytes_for_width(rest, (size_t)log->shift);
        canvas_put_text(canvas, row, 0, width, rest, style);
        mark_matches(log, canvas, row, whole, log->shift);
        if (utf8_width(rest) > (size_t)width)
            canvas_put(canvas, row, width - 1, 0x2026, STYLE_DIM);
        rows = 1;
    }
    while (log->wrap && (rows == 0 || *rest) && row + rows < canvas->height && width > 1) {
        size_t bytes = utf8_bytes_for_width(rest, (size_t)width);
        char *piece = memory_copy_span(rest, bytes);
        canvas_put_text(canvas, row + rows, 0, width, piece, style);
        mark_matches(log, canvas, row + rows, piece, 0);
        free(piece);
        rest += bytes;
        rows++;
        if (bytes == 0)
            break;
    }
    text_release(&text);
    return rows > 0 ? rows : 1;
}

/* What to say where there are no lines. */
static void draw_nothing(const struct ui *ui, struct canvas *canvas)
{
    const struct log_pane *log = &ui->log;
    const char *words = "No log yet";
    if (ui->selected >= ui->snapshot->workflow->node_count)
        words = "No node is selected";
    else if (log->trouble[0])
        words = log->trouble;
    else if (log->file)
        words = log->pending ? "Reading\u2026" : "The file is empty so far";
    else if (ui->snapshot->workflow->nodes[ui->selected].work == NODE_WORK_MILESTONE)
        words = "A milestone: it runs nothing and is done as soon as its parents are";
    else if (!log->task[0] && ui->snapshot->observations[ui->selected].batch.task_count > 0)
        words = "A job array: T shows its tasks, each with its log";
    else if (log->pending)
        words = "Reading\u2026";
    else if (log->observed == 0 || log->probed)
        words = "The log is empty so far";
    ink_text(canvas, 0, 1, canvas->width - 1, words, log->trouble[0] ? STYLE_ERROR : STYLE_DIM);
}

void pane_log_draw(struct ui *ui, struct canvas *canvas)
{
    struct log_pane *log = &ui->log;
    log->rows = canvas->height;
    if (log->window.line_count == 0 || canvas->height <= 0) {
        draw_nothing(ui, canvas);
        return;
    }
    size_t end = first_for_end(log, canvas->width, canvas->height);
    if (log->follow || log->top > end)
        log->top = end;
    log->at_end = log->top == end && log_window_end(&log->window) >= log->size;
    int row = 0;
    for (size_t line = log->top; line < log->window.line_count && row < canvas->height; line++)
        row += draw_line(log, canvas, row, line);
    if (row == 0 && log->lines[0])
        ink_text(canvas, 0, 1, canvas->width - 1, "No line of the part that is held fits; Esc shows all", STYLE_DIM);
    if (log->trouble[0])
        ink_text(canvas, canvas->height - 1, 0, canvas->width, log->trouble, STYLE_ERROR);
}

/* How far down the log the first shown line is, in percent of the bytes; the end is a hundred. */
static int position(const struct log_pane *log)
{
    if (log->at_end)
        return 100;
    if (log->size <= 0 || log->top >= log->window.line_count)
        return 0;
    return (int)((log->window.offset + (int64_t)log->window.starts[log->top]) * 100 / log->size);
}

void pane_log_title(struct ui *ui, struct text *title)
{
    const struct log_pane *log = &ui->log;
    char size[32];
    text_append_string(title, "3 Log");
    if (log->node < ui->snapshot->workflow->node_count)
        text_append_format(title, " %s", ui->snapshot->workflow->nodes[log->node].name);
    if (log->file)
        text_append_format(title, ": %s", log->file);
    else if (log->task[0])
        text_append_format(title, " task %s", log->task);
    if (!log->file && log->attempt > 1)
        text_append_format(title, " (attempt %u)", log->attempt);
    text_append_string(title, "\t");
    if (log->search[0])
        text_append_format(title, "/%s  ", log->search);
    if (log->lines[0])
        text_append_format(title, "&%s  ", log->lines);
    if (log->untimed)
        text_append_string(title, "no times  ");
    if (log->shift > 0)
        text_append_format(title, "from column %d  ", log->shift + 1);
    if (log->wrap)
        text_append_string(title, "wrapped  ");
    if (log->size > 0) {
        text_append_string(title, ink_size(log->size, size));
        if (log->follow)
            text_append_string(title, "  following");
        else if (log->at_end && log->window.offset == 0 && log->top == 0)
            text_append_string(title, "  whole");
        else
            text_append_format(title, "  at %d%%", position(log));
    }
}

static bool line_is_shown(const struct log_pane *log, size_t line)
{
    struct text text;
    text_init(&text, 0);
    log_window_line(&log->window, line, &text);
    bool shown = log_line_fits(text.data, log->lines);
    text_release(&text);
    return shown;
}

/* So many lines that are shown up or down; the ends of what is held are the ends. */
static void scroll_fitting(struct log_pane *log, long step)
{
    size_t line = log->top;
    for (long left = step < 0 ? -step : step; left > 0;) {
        if (step < 0 ? line == 0 : line + 1 >= log->window.line_count)
            return;
        line = step < 0 ? line - 1 : line + 1;
        if (line_is_shown(log, line)) {
            log->top = line;
            left--;
        }
    }
}

static void scroll(struct ui *ui, long step)
{
    struct log_pane *log = &ui->log;
    log->follow = false;
    if (log->lines[0]) {
        scroll_fitting(log, step);
        return;
    }
    if (step < 0)
        log->top = log->top > (size_t)-step ? log->top - (size_t)-step : 0;
    else
        log->top += (size_t)step;
}

static void go_to_start(struct log_pane *log)
{
    log->follow = false;
    if (log->window.offset > 0) {
        forget(log);
        log->from_start = true;
    }
    log->top = 0;
}

static void go_to_end(struct log_pane *log)
{
    log->follow = true;
    if (log_window_end(&log->window) < log->size) {
        forget(log);
        log->from_start = false;
    }
}

/* From the current match, else from what is seen; goes round at the ends of what is held. */
static void find(struct ui *ui, bool forwards)
{
    struct log_pane *log = &ui->log;
    size_t count = log->window.line_count;
    if (!log->search[0] || count == 0) {
        ui_show_message(ui, false, log->search[0] ? "There is nothing to search in" : "/ searches first");
        return;
    }
    size_t from = log->match == SIZE_MAX ? (log->follow ? count - 1 : log->top) : log->match;
    bool again = log->match != SIZE_MAX;
    if (again)
        from = forwards ? from + 1 : from - 1;
    size_t line = log_window_find(&log->window, from, forwards, log->search);
    if (line == SIZE_MAX)
        line = log_window_find(&log->window, forwards ? 0 : count - 1, forwards, log->search);
    bool part = log->window.offset > 0 || log_window_end(&log->window) < log->size;
    if (line == SIZE_MAX) {
        ui_show_message(ui, true, part ? "Not found in what is held; g reads the beginning, G the end" : "Not found");
        return;
    }
    log->match = line;
    log->follow = false;
    size_t above = (size_t)log->rows / 3;
    log->top = line > above ? line - above : 0;
}

void pane_log_search(struct ui *ui, const char *text)
{
    struct log_pane *log = &ui->log;
    snprintf(log->search, sizeof log->search, "%s", text);
    log->match = SIZE_MAX;
    if (text[0])
        find(ui, !log->follow);
}

void pane_log_show_lines(struct ui *ui, const char *words)
{
    struct log_pane *log = &ui->log;
    snprintf(log->lines, sizeof log->lines, "%s", words);
}

void pane_log_show_attempt(struct ui *ui, unsigned attempt)
{
    ui->log.chosen = attempt == ui->snapshot->views[ui->selected].attempt ? 0 : attempt;
    if (ui->log.node != ui->selected)
        pane_log_update(ui);
    ui->log.chosen = attempt == ui->snapshot->views[ui->selected].attempt ? 0 : attempt;
    if (ui->log.file)
        begin(ui, attempt, "", NULL);
    pane_log_update(ui);
}

void pane_log_show_file(struct ui *ui, const char *path)
{
    if (ui->log.node != ui->selected)
        pane_log_update(ui);
    begin(ui, ui->log.attempt, "", path);
    pane_log_update(ui);
}

char *pane_log_visible(const struct ui *ui)
{
    const struct log_pane *log = &ui->log;
    struct text text;
    int rows = 0;
    text_init(&text, 0);
    for (size_t line = log->top; line < log->window.line_count && rows < log->rows; line++) {
        if (!line_is_shown(log, line))
            continue;
        log_window_line(&log->window, line, &text);
        text_append_byte(&text, '\n');
        rows++;
    }
    return text_take(&text);
}

/* Another attempt's log, if there was one. */
static void step_attempt(struct ui *ui, int step)
{
    char words[80];
    if (ui->selected >= ui->rows.node_count || ui->log.node != ui->selected)
        return;
    unsigned newest = ui->snapshot->views[ui->selected].attempt, wanted = ui->log.attempt + (unsigned)step;
    if ((step < 0 && ui->log.attempt <= 1) || wanted > newest) {
        snprintf(words, sizeof words, newest > 1 ? "There is no %s attempt" : "There is only one attempt",
            step < 0 ? "earlier" : "later");
        ui_show_message(ui, false, newest > 0 ? words : "There was no attempt yet");
        return;
    }
    pane_log_show_attempt(ui, wanted);
}

/* The first line that looks like trouble, or the next one behind the last that was found. */
static void go_to_error(struct ui *ui)
{
    struct log_pane *log = &ui->log;
    struct text text;
    size_t line = log->error_line != SIZE_MAX ? log->error_line + 1 : 0;
    bool found = false;
    text_init(&text, 0);
    for (; line < log->window.line_count && !found; line++) {
        text_clear(&text);
        log_window_line(&log->window, line, &text);
        found = log_line_is_error(text.data);
    }
    text_release(&text);
    log->error_line = found ? line - 1 : SIZE_MAX;
    if (!found) {
        ui_show_message(ui, false,
            log->window.offset > 0 ? "No further error in what is held; g reads the beginning"
                                   : "No further line looks like an error");
        return;
    }
    log->match = log->error_line;
    log->follow = false;
    size_t above = (size_t)log->rows / 3;
    log->top = log->error_line > above ? log->error_line - above : 0;
}

static bool act_beyond_scrolling(struct ui *ui, enum ui_action action)
{
    struct log_pane *log = &ui->log;
    switch (action) {
    case UI_LEFT:
        log->shift = log->shift > SHIFT_STEP ? log->shift - SHIFT_STEP : 0;
        return true;
    case UI_RIGHT:
        if (!log->wrap && log->shift < LOG_PIECE_LIMIT)
            log->shift += SHIFT_STEP;
        return true;
    case UI_TOP:
        go_to_start(log);
        return true;
    case UI_BOTTOM:
        go_to_end(log);
        return true;
    case UI_FIRST_ERROR:
        go_to_error(ui);
        return true;
    case UI_ATTEMPT_PREVIOUS:
        step_attempt(ui, -1);
        return true;
    case UI_ATTEMPT_NEXT:
        step_attempt(ui, 1);
        return true;
    case UI_SEARCH_NEXT:
        find(ui, true);
        return true;
    case UI_SEARCH_PREVIOUS:
        find(ui, false);
        return true;
    default:
        return false;
    }
}

bool pane_log_act(struct ui *ui, enum ui_action action)
{
    long page = ui->log.rows > 1 ? ui->log.rows - 1 : 1, half = ui->log.rows > 2 ? ui->log.rows / 2 : 1;
    switch (action) {
    case UI_DOWN:
        scroll(ui, 1);
        return true;
    case UI_UP:
        scroll(ui, -1);
        return true;
    case UI_HALF_DOWN:
        scroll(ui, half);
        return true;
    case UI_HALF_UP:
        scroll(ui, -half);
        return true;
    case UI_PAGE_DOWN:
        scroll(ui, page);
        return true;
    case UI_PAGE_UP:
        scroll(ui, -page);
        return true;
    default:
        return act_beyond_scrolling(ui, action);
    }
}
