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
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "dagtop/ui/ui.h"
#include "tests/screen/scenes.h"

enum { QUIET = 100 };

/* Everything that has been written to the terminal since the last time. */
static char written[1 << 18];

static size_t count_bytes(int terminal)
{
    char bytes[1 << 16];
    size_t count = 0;
    written[0] = '\0';
    struct pollfd one = {.fd = terminal, .events = POLLIN};
    while (poll(&one, 1, QUIET) > 0) {
        ssize_t got = read(terminal, bytes, sizeof bytes);
        if (got <= 0)
            break;
        if (count + (size_t)got < sizeof written) {
            memcpy(written + count, bytes, (size_t)got);
            written[count + (size_t)got] = '\0';
        }
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

static struct term *open_term(int outer[1], int inner[1])
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    struct term_options options;
    struct term *term;
    struct error error;
    assert_int_equal(openpty(outer, inner, NULL, NULL, &size), 0);
    term_options_init(&options);
    options.name = "xterm-256color";
    options.input = options.output = *inner;
    assert_int_equal(term_open(&options, &term, &error), STATUS_OK);
    count_bytes(*outer);
    return term;
}

static void expect(int terminal, const char *bytes)
{
    count_bytes(terminal);
    if (!strstr(written, bytes))
        fail_msg("'%s' is not in what was written", bytes + 1);
}

static void test_title_copy_and_notice(void **state)
{
    (void)state;
    int outer, inner;
    unsetenv("TMUX");
    struct term *term = open_term(&outer, &inner);
    term_set_title(term, "a\033b");
    expect(outer, "\033[22;2t\033]2;a^[b\033\\");
    term_copy(term, "hello", 5);
    expect(outer, "\033]52;c;aGVsbG8=\007");
    term_notify(term, "work;flow", "a failed\007");
    expect(outer, "\033]9;work,flow: a failed^G\007\033]777;notify;work,flow;a failed^G\007");
    char *much = calloc(1, TERM_COPY_LIMIT + 2);
    memset(much, 'x', TERM_COPY_LIMIT + 1);
    term_copy(term, much, TERM_COPY_LIMIT + 1);
    assert_int_equal(count_bytes(outer), 0);
    free(much);
    setenv("TMUX", "/tmp/tmux", 1);
    term_copy(term, "hi", 2);
    expect(outer, "\033Ptmux;\033\033]52;c;aGk=\007\033\\");
    unsetenv("TMUX");
    term_close(term);
    expect(outer, "\033[23;2t");
    close(outer);
    close(inner);
}

static void test_the_mouse(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        int kind, row, column; /* kind negative: nothing */
    } rows[] = {{"\033[<0;10;6M", MOUSE_PRESS, 5, 9}, {"\033[<0;10;6m", MOUSE_RELEASE, 5, 9},
        {"\033[<32;11;6M", MOUSE_DRAG, 5, 10}, {"\033[<64;1;1M", MOUSE_WHEEL_UP, 0, 0},
        {"\033[<65;300;200M", MOUSE_WHEEL_DOWN, 199, 299}, {"\033[<2;1;1M", -1, 0, 0}, {"\033[<;M", -1, 0, 0},
        {"\033[<999999999999;1;1M", -1, 0, 0}};
    int outer, inner;
    struct term *term = open_term(&outer, &inner);
    term_set_mouse(term, true);
    expect(outer, "\033[?1002h\033[?1006h");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct key key = {0};
        assert_int_equal(write(outer, rows[i].bytes, strlen(rows[i].bytes)), (ssize_t)strlen(rows[i].bytes));
        struct pollfd one = {.fd = inner, .events = POLLIN};
        assert_int_equal(poll(&one, 1, 2000), 1);
        bool any = term_read_key(term, &key);
        assert_int_equal(any && key.code == SPECIAL_KEY_MOUSE, rows[i].kind >= 0);
        if (rows[i].kind < 0)
            continue;
        struct term_mouse mouse = term_mouse(term);
        assert_int_equal(mouse.kind, rows[i].kind);
        assert_int_equal(mouse.row, rows[i].row);
        assert_int_equal(mouse.column, rows[i].column);
    }
    term_close(term);
    expect(outer, "\033[?1006l\033[?1002l");
    close(outer);
    close(inner);
}

/* Whoever presses Ctrl-S, or loses the line, must not stop the engine: drawing returns, and goes on later. */
static void test_a_terminal_that_has_stopped(void **state)
{
    (void)state;
    static const struct term_style styles[] = {{TERM_COLOR_DEFAULT, TERM_COLOR_DEFAULT, 0}};
    struct canvas canvas;
    int outer, inner;
    struct term *term = open_term(&outer, &inner);
    canvas_init(&canvas, 80, 24);
    canvas_put_text(&canvas, 3, 3, 20, "before", 0);
    term_draw(term, &canvas, styles, 1);
    expect(outer, "before");
    assert_int_equal(tcflow(inner, TCOOFF), 0);
    for (int i = 0; i < 1000; i++) {
        canvas_fill(&canvas, 5, 0, 10, 80, (uint32_t)('a' + i % 26), 0);
        term_draw(term, &canvas, styles, 1);
    }
    term_set_title(term, "nothing waits");
    assert_int_equal(tcflow(inner, TCOON), 0);
    canvas_put_text(&canvas, 4, 3, 20, "behind", 0);
    term_draw(term, &canvas, styles, 1);
    expect(outer, "behind");
    term_close(term);
    canvas_release(&canvas);
    close(outer);
    close(inner);
}

/* A line that is dead takes a part of a screen and then nothing: drawing returns all the same, and so does the end. */
static void test_a_terminal_that_reads_no_more(void **state)
{
    (void)state;
    static const struct term_style styles[] = {{TERM_COLOR_DEFAULT, TERM_COLOR_DEFAULT, 0}};
    struct canvas canvas;
    int outer, inner;
    struct term *term = open_term(&outer, &inner);
    canvas_init(&canvas, 80, 24);
    alarm(30);
    for (int i = 0; i < 1000; i++) {
        canvas_fill(&canvas, 0, 0, 24, 80, (uint32_t)('a' + i % 26), 0);
        term_draw(term, &canvas, styles, 1);
        term_bell(term);
        term_set_title(term, "nobody reads this");
    }
    assert_false(term_flush(term));
    canvas_put_text(&canvas, 4, 3, 20, "read again", 0);
    for (int i = 0; i < 100 && !strstr(written, "read again"); i++) {
        term_draw(term, &canvas, styles, 1);
        count_bytes(outer);
    }
    assert_non_null(strstr(written, "read again"));
    assert_true(term_flush(term));
    for (int i = 0; i < 1000; i++) {
        canvas_fill(&canvas, 0, 0, 24, 80, (uint32_t)('a' + i % 26), 0);
        term_draw(term, &canvas, styles, 1);
    }
    term_close(term);
    alarm(0);
    canvas_release(&canvas);
    close(outer);
    close(inner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_progress_bar_costs_little),
        cmocka_unit_test(test_title_copy_and_notice), cmocka_unit_test(test_a_terminal_that_has_stopped),
        cmocka_unit_test(test_a_terminal_that_reads_no_more), cmocka_unit_test(test_the_mouse)};
    setlocale(LC_ALL, "C.UTF-8");
    unsetenv("NO_COLOR");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
