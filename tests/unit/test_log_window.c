/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/ui/log_window.h"

static void assert_line(const struct log_window *window, size_t line, const char *expected)
{
    struct text text;
    text_init(&text, 0);
    log_window_line(window, line, &text);
    assert_string_equal(text.data, expected);
    text_release(&text);
}

static bool add(struct log_window *window, int64_t offset, const char *bytes, long *moved)
{
    return log_window_add(window, offset, bytes, strlen(bytes), moved);
}

static void test_lines_grow_at_the_end(void **state)
{
    (void)state;
    struct log_window window;
    long moved;
    log_window_init(&window);
    assert_true(add(&window, 0, "one\ntw", &moved));
    assert_int_equal(window.line_count, 2);
    assert_true(add(&window, 6, "o\n\nthree", &moved));
    assert_int_equal(moved, 0);
    assert_int_equal(window.line_count, 4);
    assert_line(&window, 1, "two");
    assert_line(&window, 2, "");
    assert_line(&window, 3, "three");
    assert_int_equal(log_window_end(&window), 14);
    assert_false(add(&window, 20, "a gap", &moved));
    assert_false(add(&window, 3, "an overlap", &moved));
    log_window_release(&window);
}

static void test_lines_come_before(void **state)
{
    (void)state;
    struct log_window window;
    long moved;
    log_window_init(&window);
    assert_true(add(&window, 100, "cut\nfour\nfive\n", &moved));
    assert_int_equal(window.offset, 104);
    assert_line(&window, 0, "four");
    assert_true(add(&window, 86, "cut too\ntwo\nthree\n", &moved));
    assert_int_equal(moved, 2);
    assert_line(&window, 0, "two");
    assert_line(&window, 2, "four");
    assert_int_equal(window.line_count, 4);
    log_window_release(&window);
}

static void test_what_a_terminal_would_show(void **state)
{
    (void)state;
    struct log_window window;
    long moved;
    log_window_init(&window);
    assert_true(add(&window, 0, "10%\r50%\r100%\r\n\033[31mred\nwindows\r\n", &moved));
    assert_line(&window, 0, "100%");
    assert_line(&window, 1, "^[[31mred");
    assert_line(&window, 2, "windows");
    log_window_release(&window);
}

/* A line of any length is held in pieces, none of which cuts a character. */
static void test_long_lines(void **state)
{
    (void)state;
    struct log_window window;
    struct text text, line;
    long moved;
    text_init(&text, 0);
    text_init(&line, 0);
    for (int i = 0; i < 5000; i++)
        text_append_string(&text, "\u96f2");
    log_window_init(&window);
    assert_true(add(&window, 0, text.data, &moved));
    assert_true(window.line_count > 5 && window.line_count < 10);
    for (size_t i = 0; i < window.line_count; i++)
        log_window_line(&window, i, &line);
    assert_string_equal(line.data, text.data);
    text_release(&text);
    text_release(&line);
    log_window_release(&window);
}

static void test_the_window_is_bounded(void **state)
{
    (void)state;
    enum { CHUNK = 64 << 10, ROUNDS = 200 };
    struct log_window window;
    char *chunk = malloc(CHUNK);
    long moved, sum = 0;
    assert_non_null(chunk);
    for (int i = 0; i < CHUNK; i++)
        chunk[i] = i % 64 == 63 ? '\n' : 'x';
    log_window_init(&window);
    for (int64_t i = 0; i < ROUNDS; i++) {
        assert_true(log_window_add(&window, i * CHUNK, chunk, CHUNK, &moved));
        assert_true(window.length <= LOG_WINDOW_LIMIT);
        sum += moved;
    }
    assert_int_equal(log_window_end(&window), (int64_t)ROUNDS * CHUNK);
    assert_int_equal((long)window.line_count - sum, ROUNDS * CHUNK / 64);
    while (window.offset > CHUNK) {
        int64_t offset = window.offset;
        assert_true(log_window_add(&window, offset - CHUNK, chunk, CHUNK, &moved));
        assert_true(moved > 0);
        assert_true(window.length <= LOG_WINDOW_LIMIT && window.offset < offset);
    }
    assert_true(log_window_end(&window) < (int64_t)ROUNDS * CHUNK);
    free(chunk);
    log_window_release(&window);
}

static void test_search(void **state)
{
    (void)state;
    struct log_window window;
    long moved;
    log_window_init(&window);
    assert_int_equal(log_window_find(&window, 0, true, "x"), SIZE_MAX);
    assert_true(add(&window, 0, "start\nError one\nfine\nerror two\n", &moved));
    assert_int_equal(log_window_find(&window, 0, true, "error"), 1);
    assert_int_equal(log_window_find(&window, 2, true, "error"), 3);
    assert_int_equal(log_window_find(&window, 3, false, "Error"), 1);
    assert_int_equal(log_window_find(&window, 0, false, "error"), SIZE_MAX);
    assert_int_equal(log_window_find(&window, 0, true, "nothing"), SIZE_MAX);
    assert_int_equal(log_window_find(&window, 0, true, ""), SIZE_MAX);
    log_window_release(&window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_grow_at_the_end),
        cmocka_unit_test(test_lines_come_before),
        cmocka_unit_test(test_what_a_terminal_would_show),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_the_window_is_bounded),
        cmocka_unit_test(test_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
