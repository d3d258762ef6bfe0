/* SPDX-License-Identifier: Apache-2.0 */
/* The dashboard's life: keys and changes in, frames out. */
#include "dagtop/ui/ui.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "ui_private.h"

wall_time ui_now(const struct ui *ui)
{
    return ui->options.now ? ui->options.now(ui->options.argument) : clock_wall();
}

static void draw_now(void *argument)
{
    ui_draw(argument);
}

/* At most one frame in FRAME_MILLISECONDS, unless a key asks for one. */
void ui_mark_dirty(struct ui *ui)
{
    ui->dirty = true;
    if (!ui->options.loop || loop_timer_is_active(ui->frame_timer))
        return;
    int64_t since = loop_now(ui->options.loop) - ui->last_frame;
    if (since >= FRAME_MILLISECONDS)
        loop_hook_ask(ui->hook);
    else
        loop_timer_start(ui->frame_timer, FRAME_MILLISECONDS - since, 0);
}

static void mark_urgent(struct ui *ui)
{
    ui->dirty = true;
    if (ui->options.loop)
        loop_hook_ask(ui->hook);
}

/* The next whole second, so that the clock steps evenly and nothing else wakes the program. */
static void arm_clock(struct ui *ui)
{
    if (ui->options.loop && term_descriptor(ui->options.term) >= 0)
        loop_timer_start(ui->clock_timer, 1000 - clock_wall() % 1000, 0);
}

static void tick(void *argument)
{
    struct ui *ui = argument;
    ui_mark_dirty(ui);
    reload_tick(ui);
    arm_clock(ui);
}

static void size_changed(void *argument)
{
    struct ui *ui = argument;
    term_resize(ui->options.term);
    mark_urgent(ui);
}

static void stop_process(void *argument)
{
    struct ui *ui = argument;
    if (ui->handover) {
        raise(SIGSTOP);
        return;
    }
    term_stop_process(ui->options.term);
    term_resize(ui->options.term);
    mark_urgent(ui);
}

static void keys_are_there(void *argument, int events)
{
    (void)events;
    ui_read_keys(argument);
}

static void start_loop(struct ui *ui)
{
    struct loop *loop = ui->options.loop;
    ui->hook = loop_hook_new(loop, draw_now, ui);
    ui->frame_timer = loop_timer_new(loop, draw_now, ui);
    ui->clock_timer = loop_timer_new(loop, tick, ui);
    int descriptor = term_descriptor(ui->options.term);
    if (descriptor >= 0) {
        ui->key_watch = loop_watch_new(loop, descriptor, keys_are_there, ui);
        loop_watch_set(ui->key_watch, LOOP_READABLE);
        ui->resize_signal = loop_signal_new(loop, SIGWINCH, size_changed, ui);
        ui->stop_signal = loop_signal_new(loop, SIGTSTP, stop_process, ui);
    }
    arm_clock(ui);
    loop_hook_ask(ui->hook);
}

static void choose_theme(struct ui *ui)
{
    if (ui->options.theme)
        ui->theme = *ui->options.theme;
    else
        theme_init_builtin(&ui->theme, "dark");
    bool headless = term_descriptor(ui->options.term) < 0;
    if (!headless && term_colors(ui->options.term) == 0)
        theme_init_builtin(&ui->theme, "mono");
}

static void take_settings(struct ui *ui)
{
    const struct settings *settings = ui->options.settings;
    static const char *const layouts[] = {"auto", "wide", "tall", "single"};
    const char *armed = settings && settings->armed ? settings->armed : "yes";
    ui->armed = strcmp(armed, "no") == 0 ? ARMED_NO : strcmp(armed, "ask") == 0 ? ARMED_ASK : ARMED_YES;
    for (int i = 0; settings && settings->layout && i < LAYOUT_COUNT; i++) {
        if (strcmp(settings->layout, layouts[i]) == 0)
            ui->layout = (enum screen_layout)i;
    }
    if (ui->options.mouse || (settings && settings->mouse && strcmp(settings->mouse, "yes") == 0)) {
        ui->mouse = true;
        term_set_mouse(ui->options.term, true);
    }
}

static void tell_trouble(void *argument, const char *sentence)
{
    ui_show_message(argument, true, sentence);
}

static void tell_state(void *argument, const struct snapshot *snapshot, size_t node)
{
    const struct node_view *view = &snapshot->views[node];
    ui_record(argument, "node %s %s%s%s", snapshot->workflow->nodes[node].name, state_word(view->state),
        view->reason ? ": " : "", view->reason ? view->reason : "");
}

static void begin_notices(struct ui *ui)
{
    const struct notices_options options = {.loop = ui->options.loop,
        .term = ui->options.term,
        .settings = ui->options.settings,
        .trouble = tell_trouble,
        .told = tell_state,
        .argument = ui};
    ui->notices = ui->options.notices ? ui->options.notices : notices_new(&options);
}

/* The title of the terminal and notices: also of what comes and goes between two frames. */
static void tell(struct ui *ui)
{
    ui_title_update(ui);
    if (!ui->options.notices)
        notices_update(ui->notices, ui->snapshot);
}

struct ui *ui_new(const struct ui_options *options)
{
    struct ui *ui = memory_new(sizeof *ui);
    ui->options = *options;
    ui->snapshot = engine_snapshot(options->engine);
    ui->ascii = term_is_ascii(options->term);
    ui->selected = ui->snapshot->workflow->node_count > 0 ? 0 : (size_t)NO_NODE;
    ui->changes = ~0u;
    ui->dirty = true;
    if (!ui->options.keymap)
        ui->options.keymap = &ui->usual_keys;
    choose_theme(ui);
    canvas_init(&ui->canvas, 0, 0);
    size_t count = ui->snapshot->workflow->node_count;
    table_rows_init(&ui->rows, count);
    ui->marks = memory_new_array(count + 1, sizeof *ui->marks);
    ui->concerned = memory_new_array(count + 1, sizeof *ui->concerned);
    ui->range_from = SIZE_MAX;
    ui->lower = PANE_LOG;
    ui->timeline = (struct timeline_pane){.zoom = 1, .middle = 0.5};
    table_columns_usual(ui->hidden_columns);
    pane_graph_init(ui);
    pane_log_init(ui);
    reload_init(ui);
    begin_notices(ui);
    text_init(&ui->prompt.typed, PROMPT_LIMIT);
    take_settings(ui);
    ui_memory_load(ui);
    if (options->loop)
        start_loop(ui);
    return ui;
}

static void stop_loop(struct ui *ui)
{
    loop_hook_free(ui->hook);
    loop_timer_free(ui->frame_timer);
    loop_timer_free(ui->clock_timer);
    if (ui->key_watch) {
        loop_watch_free(ui->key_watch);
        loop_signal_free(ui->resize_signal);
        loop_signal_free(ui->stop_signal);
    }
}

void ui_free(struct ui *ui)
{
    if (!ui)
        return;
    if (ui->options.loop)
        stop_loop(ui);
    while (ui->layer_count > 0)
        layer_free(ui->layers[--ui->layer_count]);
    layer_question_forget(ui);
    reload_release(ui);
    for (size_t i = 0; i < ui->task_count; i++)
        *ui->tasks[i] = NULL;
    free(ui->tasks);
    ui_memory_save(ui);
    if (ui->notices != ui->options.notices)
        notices_free(ui->notices);
    handover_release(ui);
    log_fetch_release(ui);
    palette_release(ui);
    pane_timeline_release(ui);
    pane_grid_release(ui);
    for (size_t i = 0; ui->triage_tails && i < ui->rows.node_count; i++)
        free(ui->triage_tails[i]);
    free(ui->triage_tails);
    free(ui->job_settings);
    pane_log_release(ui);
    pane_graph_release(ui);
    table_rows_release(&ui->rows);
    free(ui->marks);
    free(ui->concerned);
    prompt_close(ui);
    text_release(&ui->prompt.typed);
    canvas_release(&ui->canvas);
    free(ui);
}

void ui_record(struct ui *ui, const char *format, ...)
{
    struct text text;
    va_list list;
    if (!ui->options.recorder)
        return;
    text_init(&text, 4096);
    va_start(list, format);
    text_append_format_list(&text, format, list);
    va_end(list);
    recorder_event(ui->options.recorder, ui_now(ui), text.data);
    text_release(&text);
}

void ui_add_task(struct ui *ui, struct ui **place)
{
    memory_grow(&ui->tasks, &ui->task_capacity, ui->task_count + 1, sizeof *ui->tasks);
    ui->tasks[ui->task_count++] = place;
}

void ui_forget_task(struct ui *ui, struct ui **place)
{
    for (size_t i = 0; i < ui->task_count; i++) {
        if (ui->tasks[i] == place) {
            ui->tasks[i] = ui->tasks[--ui->task_count];
            return;
        }
    }
}

struct ui **ui_expect(struct ui *ui)
{
    struct ui **place = memory_new(sizeof *place);
    *place = ui;
    ui_add_task(ui, place);
    return place;
}

void ui_expected(void *argument, const struct error *error)
{
    struct ui **place = argument;
    (void)error;
    if (*place) {
        ui_forget_task(*place, place);
        ui_changed(*place, ENGINE_CHANGED_STATES);
    }
    free(place);
}

void ui_set_filter(struct ui *ui, const char *filter)
{
    table_rows_set_filter(&ui->rows, filter);
    table_rows_make(&ui->rows, ui, ui->snapshot);
    /* The selection goes to the first row that is left when its own is hidden. */
    bool hidden = ui->selected < ui->rows.node_count && ui->rows.row_of[ui->selected] == SIZE_MAX;
    if (hidden && ui->rows.count > 0)
        ui_select(ui, ui->rows.nodes[0]);
}

void ui_set_theme(struct ui *ui, const char *name)
{
    struct error_list errors;
    error_list_init(&errors);
    if (theme_load(name, &ui->theme, &errors))
        ui_show_message(ui, true, errors.count > 0 ? errors.errors[0].message : "There is no such theme");
    error_list_release(&errors);
}

void ui_set_layout(struct ui *ui, const char *name)
{
    static const char *const words[LAYOUT_COUNT] = {"auto", "wide", "tall", "single"};
    char message[60];
    for (int i = 0; i < LAYOUT_COUNT; i++) {
        if (strcmp(words[i], name) != 0)
            continue;
        ui->layout = (enum screen_layout)i;
        snprintf(message, sizeof message, "Layout: %s", words[i]);
        ui_show_message(ui, false, message);
        return;
    }
    ui_show_message(ui, true, "A layout is auto, wide, tall or single");
}

void ui_set_mouse(struct ui *ui, bool on)
{
    ui->mouse = on;
    term_set_mouse(ui->options.term, on);
    ui_show_message(ui, false, on ? "The mouse selects; m leaves it to the terminal" : "The mouse is the terminal's");
}

void ui_changed(struct ui *ui, unsigned changes)
{
    ui->changes |= changes;
    ui_mark_dirty(ui);
    if (changes & (ENGINE_CHANGED_STATES | ENGINE_CHANGED_COMPLETE)) {
        ui->snapshot = engine_snapshot(ui->options.engine);
        tell(ui);
    }
}

void ui_show_message(struct ui *ui, bool is_error, const char *sentence)
{
    strncpy(ui->message.text, sentence, sizeof ui->message.text - 1);
    ui->message.text[sizeof ui->message.text - 1] = '\0';
    ui->message.is_error = is_error;
    ui->message.until = ui_now(ui) + MESSAGE_MILLISECONDS;
    ui_mark_dirty(ui);
}

void ui_select(struct ui *ui, size_t node)
{
    ui->chosen = true;
    ui->selected = node;
    ui_mark_dirty(ui);
}

struct layer *ui_top_layer(const struct ui *ui)
{
    return ui->layer_count > 0 ? ui->layers[ui->layer_count - 1] : NULL;
}

void ui_open_layer(struct ui *ui, struct layer *layer)
{
    if (ui->layer_count == LAYER_LIMIT)
        layer_free(layer);
    else
        ui->layers[ui->layer_count++] = layer;
    ui_mark_dirty(ui);
}

void ui_close_layer(struct ui *ui)
{
    if (ui->layer_count > 0) {
        layer_question_restore(ui, ui_top_layer(ui));
        layer_free(ui->layers[--ui->layer_count]);
    }
    if (!ui_top_layer(ui) || !ui_top_layer(ui)->plan)
        ui->concerned_count = 0;
    ui_mark_dirty(ui);
}

enum key_context ui_context(const struct ui *ui)
{
    static const enum key_context contexts[PANE_COUNT] = {KEY_CONTEXT_TABLE, KEY_CONTEXT_GRAPH, KEY_CONTEXT_LOG,
        KEY_CONTEXT_HOSTS, KEY_CONTEXT_TIMELINE, KEY_CONTEXT_GRID};
    if (ui->prompt.open)
        return KEY_CONTEXT_PROMPT;
    if (ui->layer_count > 0)
        return layer_context(ui->layers[ui->layer_count - 1]);
    return contexts[ui->focus];
}

/* What of a key is text, for the prompt; false where it is none. */
static bool key_text(const struct ui *ui, struct key key, char bytes[5], const char **text)
{
    if (key.code == SPECIAL_KEY_PASTE) {
        *text = term_paste(ui->options.term);
        return true;
    }
    if (key.code == SPECIAL_KEY_SPACE)
        key.code = ' ';
    if (key.modifiers || key.code >= SPECIAL_KEY_FIRST)
        return false;
    bytes[utf8_write(key.code, bytes)] = '\0';
    *text = bytes;
    return true;
}

static void end(struct ui *ui, void (*function)(void *argument))
{
    if (!ui->ended && function)
        function(ui->options.argument);
    ui->ended = true;
}

void ui_leave(struct ui *ui)
{
    end(ui, ui->options.back);
}

void ui_end(struct ui *ui, bool in_background)
{
    end(ui, in_background ? ui->options.background : ui->options.quit);
}

void ui_take_key(struct ui *ui, struct key key)
{
    char bytes[5];
    const char *text;
    ui->snapshot = engine_snapshot(ui->options.engine);
    engine_set_watched(ui->options.engine, key.code != SPECIAL_KEY_FOCUS_OUT);
    if (key.code == SPECIAL_KEY_FOCUS_OUT || key.code == SPECIAL_KEY_FOCUS_IN) {
        reload_focus(ui, key.code == SPECIAL_KEY_FOCUS_OUT);
        return;
    }
    if (key.code == SPECIAL_KEY_HANG_UP) {
        if (ui->key_watch)
            loop_watch_set(ui->key_watch, 0);
        ui_end(ui, false);
        return;
    }
    if (key.code == SPECIAL_KEY_MOUSE) {
        mouse_take(ui, term_mouse(ui->options.term));
        mark_urgent(ui);
        return;
    }
    ui->message.until = 0;
    enum key_context context = ui_context(ui);
    enum ui_action action = key.code == SPECIAL_KEY_PASTE ? UI_NONE : keymap_action(ui->options.keymap, context, key);
    if (action != UI_NONE)
        ui_act(ui, action);
    else if (context == KEY_CONTEXT_PROMPT && key_text(ui, key, bytes, &text))
        prompt_type(ui, text);
    else if (key.code == SPECIAL_KEY_PASTE)
        ui_show_message(ui, false, "Pasted text is never taken for keys: open a prompt with / first");
    mark_urgent(ui);
}

void ui_read_keys(struct ui *ui)
{
    struct key key;
    while (!ui->ended && term_read_key(ui->options.term, &key))
        ui_take_key(ui, key);
}

/* Until the person has moved, the selection goes where something happens: what runs, else what failed or ran last. */
static void select_by_itself(struct ui *ui)
{
    const struct snapshot *snapshot = ui->snapshot;
    size_t count = snapshot->workflow->node_count, running = SIZE_MAX, failed = SIZE_MAX, last = SIZE_MAX;
    if (ui->chosen || count == 0 || snapshot->views[ui->selected].state == STATE_RUNNING)
        return;
    for (size_t i = count; i-- > 0;) {
        const struct node_view *view = &snapshot->views[i];
        if (view->state == STATE_RUNNING)
            running = i;
        if (view->state == STATE_FAILED || view->state == STATE_LOST)
            failed = i;
        if (view->ended && (last == SIZE_MAX || view->ended > snapshot->views[last].ended))
            last = i;
    }
    size_t best = running != SIZE_MAX ? running : failed != SIZE_MAX ? failed : last;
    if (best != SIZE_MAX)
        ui->selected = best;
}

static bool order_may_differ(const struct ui *ui)
{
    if (ui->changes & ENGINE_CHANGED_STATES)
        return ui->rows.sort != COLUMN_MARK || ui->rows.filter[0] || ui->rows.count == 0;
    bool by_metrics = ui->rows.sort == COLUMN_PROGRESS || ui->rows.sort == COLUMN_LABEL ||
                      column_is_value(ui->rows.sort) || strpbrk(ui->rows.filter, "<>=");
    return by_metrics && ui->changes & ENGINE_CHANGED_METRICS;
}

static void take_changes(struct ui *ui)
{
    ui->snapshot = engine_snapshot(ui->options.engine);
    if (ui->changes) {
        if (ui->changes & (ENGINE_CHANGED_HOSTS | ENGINE_CHANGED_COMPLETE))
            pane_log_retry(ui);
        select_by_itself(ui);
        if (order_may_differ(ui))
            table_rows_make(&ui->rows, ui, ui->snapshot);
        for (size_t i = 0; i < ui->layer_count; i++) {
            if (ui->layers[i]->fill)
                ui->layers[i]->fill(ui, ui->layers[i]);
        }
    }
    ui->changes = 0;
    login_update(ui);
    tell(ui);
    pane_log_update(ui);
}

/* The terminal does not take what it is sent: nothing is drawn meanwhile, and all else goes on. */
static void try_later(struct ui *ui)
{
    ui->dirty = true;
    take_changes(ui);
    if (ui->options.loop)
        loop_timer_start(ui->frame_timer, STUCK_MILLISECONDS, 0);
}

void ui_draw(struct ui *ui)
{
    int width, height;
    if (!ui->dirty || ui->ended)
        return;
    if (!term_flush(ui->options.term)) {
        try_later(ui);
        return;
    }
    ui->dirty = false;
    if (ui->options.loop) {
        ui->last_frame = loop_now(ui->options.loop);
        loop_timer_stop(ui->frame_timer);
    }
    term_size(ui->options.term, &width, &height);
    if (width != ui->canvas.width || height != ui->canvas.height) {
        canvas_resize(&ui->canvas, width, height);
        ui->changes |= ENGINE_CHANGED_STATES;
    }
    take_changes(ui);
    screen_draw(ui);
    if (ui->ascii)
        ink_ascii(&ui->canvas);
    if (ui->options.recorder && !recorder_frame(ui->options.recorder, &ui->canvas, ui_now(ui))) {
        ui->options.recorder = NULL;
        ui_show_message(ui, true, "The recording has ended: its file cannot be written any more");
    }
    term_draw(ui->options.term, &ui->canvas, ui->theme.styles, STYLE_COUNT);
    if (!term_flush(ui->options.term))
        try_later(ui);
}

void ui_redraw(struct ui *ui)
{
    ui->dirty = true;
    ui_draw(ui);
}

bool ui_is_settled(const struct ui *ui)
{
    return !pane_graph_is_busy(ui) && !reload_is_busy(ui) && !ui->log.pending && !ui->changes && !ui->task_count &&
           !ui->fetch;
}
