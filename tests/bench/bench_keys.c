/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_keys [COLUMNS ROWS]: how long from a key press to the finished frame, on a screen in memory.
 *
 * Prints median, 99th percentile and worst of 3,000 keys that move, sort, filter and change panes: by the clock on the
 * wall, and in processor time, which a busy machine does not change.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dagtop/base/memory.h"
#include "dagtop/ui/ui.h"
#include "tests/screen/scenes.h"

enum { KEYS = 3000, FILTERS = 40, GRIDS = 100 };

static const char *const presses[] = {"j", "j", "j", "PgDn", "k", "G", "Ctrl-u", "Tab", "j", "l", "Tab", "k", "Tab",
    "g", ".", "I", "/", "9", "Esc", "Enter", "j", "q", "?", "PgDn", "q", "z", "z"};

static double milliseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int compare(const void *one, const void *other)
{
    double difference = *(const double *)one - *(const double *)other;
    return difference < 0 ? -1 : difference > 0;
}

static void print(const char *what, double *times)
{
    qsort(times, KEYS, sizeof times[0], compare);
    printf("%s: median %.2f ms, 99%% under %.2f ms, worst %.2f ms\n", what, times[KEYS / 2], times[KEYS * 99 / 100],
        times[KEYS - 1]);
}

/* Typing filters letter by letter: the worst key, by processor time. */
static void bench_filters(struct ui *ui, struct engine *engine)
{
    static const char *const filters[] = {"run-99", "@fail", "^run-[0-9]+7$", "(1|2)+0$", "!run-1 @done", "attempt>0"};
    double worst = 0, sum = 0;
    size_t keys = 0;
    for (int i = 0; i < FILTERS; i++) {
        ui_take_key(ui, (struct key){.code = '/'});
        for (const char *letter = filters[(size_t)i % (sizeof filters / sizeof filters[0])]; *letter; letter++) {
            double used = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
            ui_take_key(ui, (struct key){.code = *letter == ' ' ? SPECIAL_KEY_SPACE : (unsigned char)*letter});
            ui_draw(ui);
            used = milliseconds(CLOCK_PROCESS_CPUTIME_ID) - used;
            worst = used > worst ? used : worst;
            sum += used;
            keys++;
        }
        ui_take_key(ui, (struct key){.code = SPECIAL_KEY_ESCAPE});
        ui_draw(ui);
        fake_engine_pump(engine);
    }
    printf("filter while typing: mean %.2f ms, worst %.2f ms a key\n", sum / (double)keys, worst);
}

/* The experiment grid of ten thousand cells: after a key, and after news, when it is made anew; by processor time. */
static void bench_grid(int width, int height, const wall_time *now)
{
    static double keys[KEYS], news[GRIDS];
    struct engine *engine = scene_make("large-grid", now);
    struct term *term = term_open_headless(width, height, false);
    struct ui_options options = {.engine = engine, .term = term};
    struct ui *ui = ui_new(&options);
    ui_draw(ui);
    double opened = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
    ui_take_key(ui, (struct key){.code = '6'});
    ui_draw(ui);
    printf("grid opened: %.2f ms\n", milliseconds(CLOCK_PROCESS_CPUTIME_ID) - opened);
    for (int i = 0; i < KEYS; i++) {
        double used = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
        ui_take_key(ui, (struct key){.code = (unsigned char)"jlljjkh"[i % 7]});
        ui_draw(ui);
        keys[i] = milliseconds(CLOCK_PROCESS_CPUTIME_ID) - used;
        fake_engine_pump(engine);
    }
    print("grid of 20000 nodes in 10000 cells, after a key", keys);
    for (int i = 0; i < GRIDS; i++) {
        fake_engine_update(engine);
        double used = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
        ui_changed(ui, ENGINE_CHANGED_METRICS);
        ui_draw(ui);
        news[i] = milliseconds(CLOCK_PROCESS_CPUTIME_ID) - used;
    }
    qsort(news, GRIDS, sizeof news[0], compare);
    printf("grid after news: median %.2f ms, worst %.2f ms\n", news[GRIDS / 2], news[GRIDS - 1]);
    ui_free(ui);
    term_close(term);
    engine_free(engine);
}

int main(int count, char **arguments)
{
    static double times[KEYS], processor_times[KEYS];
    wall_time now = clock_wall();
    int width = count > 1 ? atoi(arguments[1]) : 200, height = count > 2 ? atoi(arguments[2]) : 60;
    struct engine *engine = scene_make("large-sweep", &now);
    struct term *term = term_open_headless(width, height, false);
    struct ui_options options = {.engine = engine, .term = term};
    double begin = milliseconds(CLOCK_MONOTONIC);
    struct ui *ui = ui_new(&options);
    ui_draw(ui);
    double first = milliseconds(CLOCK_MONOTONIC) - begin;
    for (int i = 0; i < KEYS; i++) {
        struct key key;
        if (!key_parse(presses[(size_t)i % (sizeof presses / sizeof presses[0])], &key))
            broken("not a key");
        begin = milliseconds(CLOCK_MONOTONIC);
        double used = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
        ui_take_key(ui, key);
        ui_draw(ui);
        processor_times[i] = milliseconds(CLOCK_PROCESS_CPUTIME_ID) - used;
        times[i] = milliseconds(CLOCK_MONOTONIC) - begin;
        fake_engine_pump(engine);
    }
    printf("10000 nodes, %dx%d, first frame %.1f ms\n", width, height, first);
    print("key to frame", times);
    print("processor time", processor_times);
    bench_filters(ui, engine);
    ui_free(ui);
    term_close(term);
    engine_free(engine);
    bench_grid(width, height, &now);
    return 0;
}
