/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turn_bench: the longest turn of the loop while the graph of 10,000 nodes is opened, folded, walked through, resized
 * and changed, on a screen in memory, for a sweep, a tangle and a chain, and a tangle of 80; what is over 8 ms is said.
 *
 * Processor time of the loop's thread, which neither waiting nor a busy machine changes; layouts are made by another.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dagtop/base/clock.h"
#include "dagtop/base/memory.h"
#include "src/ui/ui_private.h"
#include "tests/screen/scenes.h"

enum { PATIENCE_MILLISECONDS = 60000, CHANGES = 30, MOST = 8 };

/* What is done before and while the turns are measured. */
struct exercise {
    const char *name;
    const char
        *keys; /* pressed once each, the layout waited for after each of them, or where in_haste only at the end */
    int repeat;
    bool in_haste;
};

static const struct exercise exercises[] = {{"unfold", "Z", 1, false}, {"walk", "j j j l l h k G g l", 30, false},
    {"pan", "Shift-Down Shift-Right Shift-Down Shift-Up Shift-Left", 20, false}, {"turn", "d d", 1, false},
    {"box sizes", "+ - -", 1, false}, {"near", "b ) ) b", 1, false}, {"path", "p G P P p g", 1, false},
    {"fold", "Z o o Z", 1, false}, {"matrix", "M M", 1, false}, {"other mind", "d d d + - d d + - d", 3, true}};

struct bench {
    wall_time now;
    struct engine *engine;
    struct term *term;
    struct loop *loop;
    struct ui *ui;
    double worst; /* milliseconds */
    double begun;
};

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void begin(struct bench *bench)
{
    bench->begun = milliseconds();
}

static void end(struct bench *bench)
{
    double took = milliseconds() - bench->begun;
    bench->worst = took > bench->worst ? took : bench->worst;
}

/* Turns of the loop until no thread makes a layout that is waited for. */
static void settle(struct bench *bench)
{
    int64_t give_up = clock_monotonic() + PATIENCE_MILLISECONDS;
    do {
        begin(bench);
        loop_run_once(bench->loop, pane_graph_is_busy(bench->ui));
        ui_redraw(bench->ui);
        end(bench);
        if (clock_monotonic() > give_up)
            broken("no layout comes");
    } while (pane_graph_is_busy(bench->ui) || !bench->ui->graph.layout);
}

static void press(struct bench *bench, const char *name)
{
    struct key key;
    if (!key_parse(name, &key))
        broken("%s is no key", name);
    begin(bench);
    ui_take_key(bench->ui, key);
    ui_draw(bench->ui);
    end(bench);
}

static void print(struct bench *bench, const char *name)
{
    printf("  %-11s %5.1f ms%s\n", name, bench->worst, bench->worst > MOST ? "  too long" : "");
    fflush(stdout);
    bench->worst = 0;
}

static void open_dashboard(struct bench *bench)
{
    struct ui_options options = {.loop = bench->loop, .engine = bench->engine, .term = bench->term};
    begin(bench);
    bench->ui = ui_new(&options);
    end(bench);
    print(bench, "ui_new");
    begin(bench);
    ui_draw(bench->ui);
    end(bench);
    settle(bench);
    press(bench, "2");
    press(bench, "z");
    settle(bench);
    print(bench, "open");
}

static void resize(struct bench *bench)
{
    for (int width = 60; width <= 200; width += 20) {
        begin(bench);
        term_headless_set_size(bench->term, width, width / 4);
        term_resize(bench->term);
        ui_redraw(bench->ui);
        end(bench);
        settle(bench);
    }
    print(bench, "resize");
}

/* A tenth of the nodes changes between two frames. */
static void change_states(struct bench *bench)
{
    size_t count = bench->ui->snapshot->workflow->node_count;
    for (size_t i = 0; i < CHANGES; i++) {
        for (size_t node = i; node < count; node += 10) {
            const char *name = bench->ui->snapshot->workflow->nodes[node].name;
            fake_engine_observation(bench->engine, name)->held = i % 2 == 0;
        }
        fake_engine_update(bench->engine);
        begin(bench);
        ui_changed(bench->ui, ENGINE_CHANGED_STATES);
        ui_draw(bench->ui);
        end(bench);
    }
    print(bench, "states");
}

/* Nobody presses a key: a better drawing is looked for. */
static void idle(struct bench *bench)
{
    int64_t give_up = clock_monotonic() + PATIENCE_MILLISECONDS / 10;
    while (!bench->ui->graph.better && clock_monotonic() < give_up) {
        begin(bench);
        loop_run_once(bench->loop, true);
        end(bench);
    }
    print(bench, "idle");
}

static void exercise(struct bench *bench, const struct exercise *exercise)
{
    for (int i = 0; i < exercise->repeat; i++) {
        char keys[64], *rest = keys;
        snprintf(keys, sizeof keys, "%s", exercise->keys);
        for (const char *key; (key = strsep(&rest, " "));) {
            press(bench, key);
            if (!exercise->in_haste)
                settle(bench);
        }
        settle(bench);
    }
    print(bench, exercise->name);
}

static void bench_scene(const char *scene)
{
    struct bench bench = {.now = clock_wall()};
    bench.engine = scene_make(scene, &bench.now);
    printf("longest turn of the loop, %s, %zu nodes\n", scene, engine_snapshot(bench.engine)->workflow->node_count);
    bench.term = term_open_headless(200, 60, false);
    bench.loop = loop_new();
    open_dashboard(&bench);
    for (size_t i = 0; i < sizeof exercises / sizeof exercises[0]; i++) {
        exercise(&bench, &exercises[i]);
        if (i == 0) {
            resize(&bench);
            change_states(&bench);
        }
    }
    idle(&bench);
    begin(&bench);
    ui_free(bench.ui);
    end(&bench);
    print(&bench, "close");
    term_close(bench.term);
    engine_free(bench.engine);
    loop_free(bench.loop);
}

int main(void)
{
    bench_scene("tangle");
    bench_scene("large-sweep");
    bench_scene("large-tangle");
    bench_scene("large-chain");
    return 0;
}
