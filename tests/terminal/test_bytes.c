/* SPDX-License-Identifier: Apache-2.0 */
/* How many bytes a change brings to a real terminal: what a slow line carries. */
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dagtop/ui/ui.h"
#include "tests/screen/scenes.h"

enum { QUIET = 100 };

/* Everything that has been written to the terminal. */
static size_t count_bytes(int terminal)
{
    char bytes[1 << 16];
    size_t count = 0;
    struct pollfd one = {.fd = terminal, .events = POLLIN};
    while (poll(&one, 1, QUIET) > 0) {
        ssize_t got = read(terminal, bytes, sizeof bytes);
        if (got <= 0)
            break;
        count += (size_t)got;
    }
    return count;
}

static wall_time now(void *argument)
{
    return *(wall_time *)argument;
}

static void test_a_progress_bar_costs_little(void **state)
{
    (void)state;
    int outer, inner;
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    assert_int_equal(openpty(&outer, &inner, NULL, NULL, &size), 0);
    wall_time clock;
    clock_parse_utc("2026-11-20T21:03:12Z", &clock);
    struct engine *engine = scene_make("cloudmask", &clock);
    struct term_options term_options;
    struct term *term;
    struct error error;
    term_options_init(&term_options);
    term_options.name = "xterm-256color";
    term_options.input = term_options.output = inner;
    assert_int_equal(term_open(&term_options, &term, &error), STATUS_OK);
    struct ui_options options = {.engine = engine, .term = term, .now = now, .argument = &clock};
    struct ui *ui = ui_new(&options);
    ui_redraw(ui);
    while (fake_engine_pump(engine))
        ui_redraw(ui);
    assert_true(count_bytes(outer) > 2000);
    ui_redraw(ui);
    assert_int_equal(count_bytes(outer), 0);
    static const char line[] = "# cloudmesh status=running progress=64 epoch=31 loss=0.0226 accuracy=0.987";
    report_add_line(&fake_engine_observation(engine, "train-1")->report, line, strlen(line), false);
    fake_engine_update(engine);
    ui_changed(ui, ENGINE_CHANGED_METRICS);
    ui_redraw(ui);
    size_t changed = count_bytes(outer);
    if (changed == 0 || changed >= 200)
        fail_msg("%zu bytes for one changed progress bar", changed);
    ui_free(ui);
    term_close(term);
    engine_free(engine);
    close(outer);
    close(inner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_progress_bar_costs_little)};
    setlocale(LC_ALL, "C.UTF-8");
    unsetenv("NO_COLOR");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
