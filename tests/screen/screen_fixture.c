/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screen_fixture SCRIPT [COLUMNSxROWS]: runs a script of the screen tests on a scene and prints the screens
 * (README.md).
 *
 * The first line of the script chooses scene, size and looks: "# scene NAME COLUMNSxROWS [ascii]"; a second argument
 * another size.
 *
 * screen_fixture --terminal SCENE [THEME]: the same scene on the terminal, with the keyboard; the clock runs.
 */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dagtop/ui/ui_script.h"
#include "scenes.h"

struct fixture {
    wall_time clock;
    bool ended;
    struct engine *engine;
    struct text output;
};

static wall_time fixture_now(void *argument)
{
    return ((struct fixture *)argument)->clock;
}

static void fixture_quit(void *argument)
{
    struct fixture *fixture = argument;
    fixture->ended = true;
    text_append_string(&fixture->output, "-- quit\n");
}

static void fixture_background(void *argument)
{
    struct fixture *fixture = argument;
    fixture->ended = true;
    text_append_string(&fixture->output, "-- quit, on in the background\n");
}

static void fixture_turn(void *argument, int64_t wait)
{
    (void)wait;
    fake_engine_pump(((struct fixture *)argument)->engine);
}

static int run(struct fixture *fixture, const char *script, const char *path, struct term *term)
{
    struct error error;
    struct ui_options options = {.engine = fixture->engine,
        .term = term,
        .now = fixture_now,
        .quit = fixture_quit,
        .background = fixture_background,
        .argument = fixture};
    struct ui *ui = ui_new(&options);
    struct ui_script_world world = {.ui = ui,
        .term = term,
        .turn = fixture_turn,
        .clock = &fixture->clock,
        .ended = &fixture->ended,
        .argument = fixture,
        .patience = 5000};
    enum status status = ui_script_run(script, path, &world, &fixture->output, &error);
    fputs(fixture->output.data, stdout);
    const char *journal = fake_engine_journal(fixture->engine);
    if (*journal)
        printf("== asked of the engine\n%s", journal);
    if (status)
        fprintf(stderr, "%s:%u: %s\n", error.file, error.line, error.message);
    ui_free(ui);
    return status ? 1 : 0;
}

static void stop(void *argument)
{
    loop_stop(argument);
}

static void answer(void *argument)
{
    while (fake_engine_pump(argument))
        continue;
}

static int run_on_terminal(struct engine *engine, const char *theme_name)
{
    struct theme theme;
    struct error error;
    struct term_options term_options;
    struct term *term;
    struct error_list errors;
    error_list_init(&errors);
    if (theme_load(theme_name, &theme, &errors)) {
        for (unsigned i = 0; i < errors.count; i++)
            fprintf(stderr, "%s:%u: %s\n", errors.errors[i].file, errors.errors[i].line, errors.errors[i].message);
        return 2;
    }
    term_options_init(&term_options);
    if (term_open(&term_options, &term, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 2;
    }
    struct loop *loop = loop_new();
    struct loop_signal *terminated = loop_signal_new(loop, SIGTERM, stop, loop);
    struct loop_timer *pump = loop_timer_new(loop, answer, engine);
    struct ui_options options = {.loop = loop,
        .engine = engine,
        .term = term,
        .theme = &theme,
        .quit = stop,
        .background = stop,
        .argument = loop};
    struct ui *ui = ui_new(&options);
    loop_timer_start(pump, 10, 10);
    loop_run(loop);
    ui_free(ui);
    term_close(term);
    loop_timer_free(pump);
    loop_signal_free(terminated);
    loop_free(loop);
    engine_free(engine);
    return 0;
}

static int main_on_terminal(int count, char **arguments)
{
    wall_time now = clock_wall();
    struct engine *engine = scene_make(count > 2 ? arguments[2] : "cloudmask", &now);
    if (!engine) {
        fputs("there is no such scene\n", stderr);
        return 2;
    }
    return run_on_terminal(engine, count > 3 ? arguments[3] : "dark");
}

int main(int count, char **arguments)
{
    struct fixture fixture = {0};
    struct text script;
    struct error error;
    char scene[64], looks[16] = "";
    int width, height;
    setenv("TZ", "UTC", 1);
    setlocale(LC_ALL, "C.UTF-8");
    tzset();
    if (count > 1 && strcmp(arguments[1], "--terminal") == 0)
        return main_on_terminal(count, arguments);
    text_init(&script, 0);
    text_init(&fixture.output, 0);
    if (count < 2 || text_read_file(&script, arguments[1], &error) ||
        sscanf(script.data, "# scene %63s %dx%d %15s", scene, &width, &height, looks) < 3 ||
        (count > 2 && sscanf(arguments[2], "%dx%d", &width, &height) != 2)) {
        fputs("usage: screen_fixture SCRIPT [COLUMNSxROWS]; its first line is: # scene NAME COLUMNSxROWS [ascii]\n",
            stderr);
        return 2;
    }
    clock_parse_utc("2026-11-20T21:03:12Z", &fixture.clock);
    fixture.engine = scene_make(scene, &fixture.clock);
    if (!fixture.engine) {
        fprintf(stderr, "there is no scene %s\n", scene);
        return 2;
    }
    struct term *term = term_open_headless(width, height, strcmp(looks, "ascii") == 0);
    int result = run(&fixture, script.data, arguments[1], term);
    term_close(term);
    engine_free(fixture.engine);
    text_release(&script);
    text_release(&fixture.output);
    return result;
}
