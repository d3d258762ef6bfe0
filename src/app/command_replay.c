/* SPDX-License-Identifier: Apache-2.0 */
/* A recording shown again: on a terminal with pause, speed and seeking; elsewhere what happened, a line each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "dagtop/base/utf8.h"
#include "dagtop/load/config_file.h"
#include "dagtop/loop/loop.h"
#include "dagtop/term/term.h"
#include "dagtop/ui/recording.h"
#include "dagtop/ui/theme.h"

enum { STEP = 5000, FASTEST = 64, TICK = 33 };

struct replay {
    struct player *player;
    struct term *term;
    struct theme theme;
    struct loop *loop;
    struct loop_watch *keys;
    struct loop_timer *timer;
    struct canvas canvas;
    int64_t place, last; /* in the recording; of the loop's clock when it was moved */
    double speed;
    bool paused;
    size_t hint;       /* the first that is shown */
    const char *event; /* where the last key went to, or NULL */
};

/* The most important first: what does not fit is behind ?. */
static const char *const hints[] = {
    "Space pause", "q quit", "h l 5 s", "n N event", "+ - speed", "j k a minute", "g G begin, end"};

enum { HINTS = sizeof hints / sizeof hints[0] };

static void append_place(struct text *text, int64_t time)
{
    long long seconds = (long long)(time / 1000);
    if (seconds >= 3600)
        text_append_format(text, "%lld:", seconds / 3600);
    text_append_format(text, "%02lld:%02lld", seconds / 60 % 60, seconds % 60);
}

/* As many as fit, from the first that is shown; returns the one after them. */
static size_t append_hints(const struct replay *replay, int width, struct text *line)
{
    size_t next = replay->hint;
    for (; next < HINTS; next++) {
        bool last = next + 1 == HINTS && replay->hint == 0;
        if ((int)(line->length + strlen(hints[next])) + (last ? 2 : 10) > width && next > replay->hint)
            break;
        text_append_format(line, "  %s", hints[next]);
    }
    if (replay->hint > 0 || next < HINTS)
        text_append_string(line, "  ? more");
    return next;
}

/* The last row; returns the first hint that found no room. */
static size_t draw_bar(struct replay *replay, int width, int height)
{
    struct text line;
    size_t next = HINTS;
    text_init(&line, 0);
    text_append_format(&line, " %s  ",
        replay->place >= player_duration(replay->player) ? "ended  "
        : replay->paused                                 ? "paused "
                                                         : "playing");
    append_place(&line, replay->place);
    text_append_string(&line, " / ");
    append_place(&line, player_duration(replay->player));
    text_append_format(&line, "  %gx ", replay->speed);
    if (replay->event)
        text_append_format(&line, "  %s", replay->event);
    else
        next = append_hints(replay, width, &line);
    canvas_fill(&replay->canvas, height - 1, 0, 1, width, ' ', STYLE_SELECTED);
    canvas_put_text(&replay->canvas, height - 1, 0, width, line.data, STYLE_SELECTED);
    text_release(&line);
    return next;
}

static size_t draw(struct replay *replay)
{
    int width, height;
    const struct canvas *screen = player_screen(replay->player, replay->place);
    term_size(replay->term, &width, &height);
    canvas_resize(&replay->canvas, width, height);
    canvas_copy(&replay->canvas, 0, 0, screen);
    size_t next = draw_bar(replay, width, height);
    term_set_cursor(replay->term, -1, 0);
    term_draw(replay->term, &replay->canvas, replay->theme.styles, STYLE_COUNT);
    return next;
}

static void move(struct replay *replay, int64_t place)
{
    int64_t end = player_duration(replay->player);
    replay->place = place < 0 ? 0 : place > end ? end : place;
    replay->paused = replay->paused || place >= end;
    replay->last = loop_now(replay->loop);
}

static void tick(void *argument)
{
    struct replay *replay = argument;
    if (!replay->paused) {
        int64_t now = loop_now(replay->loop), since = now - replay->last;
        move(replay, replay->place + (int64_t)((double)since * replay->speed));
    }
    draw(replay);
}

/* Stays there: a person reads what it was. */
static void go_to_event(struct replay *replay, bool before)
{
    int64_t time = replay->place;
    replay->event = player_event(replay->player, before, &time);
    if (!replay->event)
        replay->event = before ? "nothing happened before" : "nothing happened after";
    replay->paused = true;
    move(replay, time);
}

/* From the end it plays on; a pause lasts. */
static void go_back(struct replay *replay, int64_t place)
{
    if (replay->place >= player_duration(replay->player))
        replay->paused = false;
    move(replay, place);
}

static void press(struct replay *replay, uint32_t code)
{
    replay->event = NULL;
    switch (code) {
    case 'q':
    case 'Q':
    case SPECIAL_KEY_ESCAPE:
    case SPECIAL_KEY_HANG_UP:
        loop_stop(replay->loop);
        break;
    case SPECIAL_KEY_SPACE:
        replay->paused = !replay->paused && replay->place < player_duration(replay->player);
        replay->last = loop_now(replay->loop);
        break;
    case 'l':
    case SPECIAL_KEY_RIGHT:
        move(replay, replay->place + STEP);
        break;
    case 'h':
    case SPECIAL_KEY_LEFT:
        go_back(replay, replay->place - STEP);
        break;
    case 'j':
        move(replay, replay->place + 12 * STEP);
        break;
    case 'k':
        go_back(replay, replay->place - 12 * STEP);
        break;
    case 'g':
        go_back(replay, 0);
        break;
    case 'G':
        move(replay, player_duration(replay->player));
        break;
    case 'n':
    case 'N':
        go_to_event(replay, code == 'N');
        break;
    case '?':
        replay->hint = draw(replay) % HINTS;
        break;
    case '+':
    case '=':
        replay->speed = replay->speed < FASTEST ? replay->speed * 2 : replay->speed;
        break;
    case '-':
        replay->speed = replay->speed > 0.25 ? replay->speed / 2 : replay->speed;
        break;
    default:
        break;
    }
}

static void keys_are_there(void *argument, int events)
{
    struct replay *replay = argument;
    struct key key;
    (void)events;
    while (term_read_key(replay->term, &key)) {
        if (key.modifiers == KEY_CONTROL && key.code == 'c')
            key.code = 'q';
        press(replay, key.code);
    }
    term_resize(replay->term);
    draw(replay);
}

static void play(struct replay *replay)
{
    replay->speed = 1;
    replay->loop = loop_new();
    replay->timer = loop_timer_new(replay->loop, tick, replay);
    replay->keys = loop_watch_new(replay->loop, term_descriptor(replay->term), keys_are_there, replay);
    loop_watch_set(replay->keys, LOOP_READABLE);
    replay->last = loop_now(replay->loop);
    canvas_init(&replay->canvas, 0, 0);
    loop_timer_start(replay->timer, 0, TICK);
    loop_run(replay->loop);
    loop_watch_free(replay->keys);
    loop_timer_free(replay->timer);
    loop_free(replay->loop);
    canvas_release(&replay->canvas);
}

static void print_event(void *argument, int64_t time, const char *words)
{
    struct text safe;
    (void)argument;
    text_init(&safe, 0);
    utf8_append_safe(&safe, words, strlen(words));
    printf("%02lld:%02lld.%03lld %s\n", (long long)(time / 60000), (long long)(time / 1000 % 60),
        (long long)(time % 1000), safe.data);
    text_release(&safe);
}

static enum exit_code print_screen(struct replay *replay, const char *at)
{
    int64_t time;
    struct text text;
    if (!clock_parse_duration(at, &time)) {
        complain("--at is \"%s\", expected a time such as 90s or 2m", at);
        return EXIT_CODE_USAGE;
    }
    text_init(&text, 0);
    canvas_print(player_screen(replay->player, time), &text);
    fwrite(text.data, 1, text.length, stdout);
    text_release(&text);
    return EXIT_CODE_FINE;
}

static enum exit_code play_on_terminal(struct replay *replay, const struct arguments *arguments)
{
    struct term_options options;
    struct error error;
    struct error_list errors;
    error_list_init(&errors);
    struct settings settings;
    char *path = config_file_path();
    settings_init(&settings);
    enum status status = path ? config_file_load(path, &settings, &errors) : STATUS_OK;
    const char *theme = arguments->given[OPTION_theme] ? arguments->value[OPTION_theme] : settings.theme;
    if (status == STATUS_OK)
        status = theme_load(theme ? theme : "dark", &replay->theme, &errors);
    settings_release(&settings);
    free(path);
    complain_list(&errors, "error");
    error_list_release(&errors);
    if (status != STATUS_OK)
        return EXIT_CODE_USAGE;
    term_options_init(&options);
    if (term_open(&options, &replay->term, &error) != STATUS_OK) {
        complain("%s; without a terminal: dagtop replay FILE | cat", error.message);
        return EXIT_CODE_USAGE;
    }
    if (term_colors(replay->term) == 0)
        theme_init_builtin(&replay->theme, "mono");
    play(replay);
    term_close(replay->term);
    return EXIT_CODE_FINE;
}

enum exit_code command_replay(const struct arguments *arguments)
{
    struct replay replay = {0};
    struct error error = {0};
    enum exit_code code = EXIT_CODE_FINE;
    if (arguments->word_count != 1) {
        complain("replay needs a file: dagtop replay FILE");
        return EXIT_CODE_USAGE;
    }
    if (player_open(arguments->words[0], &replay.player, &error) != STATUS_OK) {
        if (error.line)
            complain("%s:%u: %s", arguments->words[0], error.line, error.message);
        else
            complain("%s", error.message);
        return EXIT_CODE_USAGE;
    }
    if (arguments->given[OPTION_at])
        code = print_screen(&replay, arguments->value[OPTION_at]);
    else if (isatty(STDOUT_FILENO))
        code = play_on_terminal(&replay, arguments);
    else
        player_events(replay.player, print_event, NULL);
    player_close(replay.player);
    return code;
}
