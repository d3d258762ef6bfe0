/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/ui/ui_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"

enum { SCRIPT_PATIENCE = 60000, SCRIPT_TURN = 50, SETTLE_TURNS = 1000 };

struct script_run {
    const struct ui_script_world *world;
    struct text *output;
    const char *name;
    unsigned line;
    struct error *error;
};

static enum status complain(const struct script_run *run, enum status status, const char *what, const char *rest)
{
    return error_set_at(run->error, status, run->name, run->line, 1, "%s: '%.200s'", what, rest);
}

static bool has_ended(const struct script_run *run)
{
    return run->world->ended && *run->world->ended;
}

/* Lets everything happen that a key or a change has set off: answers arrive, then the screen is drawn. */
static void settle(struct script_run *run)
{
    const struct ui_script_world *world = run->world;
    ui_read_keys(world->ui);
    for (int i = 0; i < SETTLE_TURNS && !has_ended(run); i++) {
        ui_redraw(world->ui);
        if (ui_is_settled(world->ui))
            return;
        world->turn(world->argument, SCRIPT_TURN);
    }
}

static void press(struct script_run *run, struct key key)
{
    term_headless_push(run->world->term, key);
    settle(run);
}

/* One word of `key`: a key by name, else every character of it. */
static void press_word(struct script_run *run, const char *word)
{
    struct key key;
    if (key_parse(word, &key)) {
        press(run, key);
        return;
    }
    for (size_t length = strlen(word), i = 0; i < length && !has_ended(run);) {
        key = (struct key){0};
        i += utf8_read(word + i, length - i, &key.code);
        press(run, key);
    }
}

static enum status do_key(struct script_run *run, char *rest)
{
    for (char *word; !has_ended(run) && (word = strtok_r(rest, " ", &rest));)
        press_word(run, word);
    return STATUS_OK;
}

static enum status do_text(struct script_run *run, char *rest)
{
    for (size_t length = strlen(rest), i = 0; i < length && !has_ended(run);) {
        struct key key = {0};
        i += utf8_read(rest + i, length - i, &key.code);
        if (key.code == ' ')
            key.code = SPECIAL_KEY_SPACE;
        press(run, key);
    }
    return STATUS_OK;
}

static enum status do_paste(struct script_run *run, char *rest)
{
    term_headless_paste(run->world->term, rest);
    settle(run);
    return STATUS_OK;
}

static enum status do_screen(struct script_run *run, char *rest)
{
    settle(run);
    const struct canvas *canvas = term_headless_canvas(run->world->term);
    text_append_format(run->output, "== %s\n", rest);
    if (canvas)
        canvas_print(canvas, run->output);
    return STATUS_OK;
}

static enum status do_resize(struct script_run *run, char *rest)
{
    int width, height, used = 0;
    if (sscanf(rest, "%5dx%5d%n", &width, &height, &used) != 2 || rest[used] || width < 0 || height < 0)
        return complain(run, STATUS_INVALID, "expected COLUMNSxROWS", rest);
    term_headless_set_size(run->world->term, width, height);
    term_resize(run->world->term);
    settle(run);
    return STATUS_OK;
}

static void point(struct script_run *run, int kind, int row, int column)
{
    if (has_ended(run))
        return;
    term_headless_mouse(run->world->term, (struct term_mouse){.row = row - 1, .column = column - 1, .kind = kind});
    ui_read_keys(run->world->ui);
    settle(run);
}

/* "click ROW COLUMN", "up ROW COLUMN", "down ROW COLUMN", "drag ROW COLUMN ROW COLUMN"; both count from 1. */
static enum status do_mouse(struct script_run *run, char *rest)
{
    char word[8];
    int row, column, to_row = 0, to_column = 0;
    int count = sscanf(rest, "%7s %3d %3d %3d %3d", word, &row, &column, &to_row, &to_column);
    bool drags = count == 5 && strcmp(word, "drag") == 0, wheels_up = count == 3 && strcmp(word, "up") == 0;
    if (wheels_up || (count == 3 && strcmp(word, "down") == 0)) {
        point(run, wheels_up ? MOUSE_WHEEL_UP : MOUSE_WHEEL_DOWN, row, column);
        return STATUS_OK;
    }
    if (!drags && !(count == 3 && strcmp(word, "click") == 0))
        return complain(run, STATUS_INVALID, "expected click, up, down or drag, and places", rest);
    point(run, MOUSE_PRESS, row, column);
    if (drags)
        point(run, MOUSE_DRAG, to_row, to_column);
    point(run, MOUSE_RELEASE, drags ? to_row : row, drags ? to_column : column);
    return STATUS_OK;
}

static enum status do_tick(struct script_run *run, char *rest)
{
    int64_t step;
    if (!clock_parse_duration(rest, &step))
        return complain(run, STATUS_INVALID, "expected a time like 5s or 2m", rest);
    if (!run->world->clock)
        return complain(run, STATUS_INVALID, "there is no fake clock (--clock=TIME) to move", rest);
    *run->world->clock += step;
    settle(run);
    return STATUS_OK;
}

/* What `wait` waits for. */
struct condition {
    enum { WAIT_SETTLED, WAIT_COMPLETE, WAIT_IDLE, WAIT_STATE } kind;
    size_t node;
    enum node_state state;
};

static bool is_met(const struct script_run *run, const struct condition *condition)
{
    const struct snapshot *snapshot = engine_snapshot(ui_engine(run->world->ui));
    switch (condition->kind) {
    case WAIT_COMPLETE:
        return snapshot->complete;
    case WAIT_IDLE:
        return snapshot->complete && !engine_is_busy(ui_engine(run->world->ui));
    case WAIT_STATE:
        return snapshot->views[condition->node].state == condition->state;
    case WAIT_SETTLED:
        break;
    }
    return ui_is_settled(run->world->ui);
}

static enum status parse_condition(struct script_run *run, char *rest, struct condition *condition)
{
    char *word = strtok_r(rest, " ", &rest);
    *condition = (struct condition){0};
    if (word && strcmp(word, "settled") == 0)
        return STATUS_OK;
    condition->kind = WAIT_COMPLETE;
    if (word && strcmp(word, "complete") == 0)
        return STATUS_OK;
    condition->kind = WAIT_IDLE;
    if (word && strcmp(word, "idle") == 0)
        return STATUS_OK;
    condition->kind = WAIT_STATE;
    if (!word || strcmp(word, "state") != 0)
        return complain(run, STATUS_INVALID, "expected settled, complete, idle or state NODE STATE", word ? word : "");
    char *node = strtok_r(rest, " ", &rest), *state = strtok_r(rest, " ", &rest);
    const struct workflow *workflow = engine_snapshot(ui_engine(run->world->ui))->workflow;
    if (!node || !workflow_find(workflow, node, &condition->node))
        return complain(run, STATUS_INVALID, "no such node", node ? node : "");
    if (!state || !state_from_word(state, &condition->state))
        return complain(run, STATUS_INVALID, "no such state", state ? state : "");
    return STATUS_OK;
}

static enum status do_wait(struct script_run *run, char *rest)
{
    struct condition condition;
    char *copy = memory_copy_text(rest);
    enum status status = parse_condition(run, copy, &condition);
    int64_t patience = run->world->patience ? run->world->patience : SCRIPT_PATIENCE;
    int64_t deadline = clock_monotonic() + patience;
    while (status == STATUS_OK && !is_met(run, &condition)) {
        if (clock_monotonic() > deadline)
            status = complain(run, STATUS_TIMEOUT, "it did not come in time", rest);
        else
            run->world->turn(run->world->argument, SCRIPT_TURN);
    }
    free(copy);
    settle(run);
    return status;
}

static const struct {
    const char *word;
    enum status (*act)(struct script_run *run, char *rest);
} steps[] = {{"key", do_key}, {"text", do_text}, {"paste", do_paste}, {"screen", do_screen}, {"resize", do_resize},
    {"tick", do_tick}, {"wait", do_wait}, {"mouse", do_mouse}};

static enum status do_line(struct script_run *run, char *line)
{
    size_t length = strcspn(line, " ");
    if (length == 0 || line[0] == '#')
        return STATUS_OK;
    char *rest = line + length;
    if (*rest)
        *rest++ = '\0';
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (strcmp(steps[i].word, line) == 0)
            return steps[i].act(run, rest);
    }
    return complain(run, STATUS_INVALID, "expected key, text, paste, screen, resize, mouse, tick or wait", line);
}

enum status ui_script_run(
    const char *script, const char *name, const struct ui_script_world *world, struct text *output, struct error *error)
{
    struct script_run run = {.world = world, .output = output, .name = name, .error = error};
    char *copy = memory_copy_text(script), *rest = copy;
    enum status status = STATUS_OK;
    settle(&run);
    while (rest && status == STATUS_OK && !has_ended(&run)) {
        char *line = strsep(&rest, "\n");
        run.line++;
        status = do_line(&run, line);
    }
    free(copy);
    return status;
}
