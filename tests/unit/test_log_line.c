/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/ui/log_line.h"

static void test_times(void **state)
{
    static const struct {
        const char *line;
        size_t bytes;
    } rows[] = {{"", 0}, {"epoch 1", 0}, {"21:03:02 epoch", 9}, {"[21:03:02] epoch", 11},
        {"2026-11-20 21:03:02,123 x", 24}, {"2026-11-20T21:03:02Z x", 21}, {"[2026-11-20 21:03:02]  x", 23},
        {"2026-11-20 tiles", 0}, {"12:30 tea", 0}, {"21:03:02", 8}, {"x 21:03:02", 0}, {"1/2/3 4", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (log_line_time(rows[i].line) != rows[i].bytes)
            fail_msg("'%s': %zu", rows[i].line, log_line_time(rows[i].line));
    }
}

static void test_errors_and_words(void **state)
{
    (void)state;
    assert_true(log_line_is_error("Traceback (most recent call last):"));
    assert_true(log_line_is_error("sh: foo: command not found"));
    assert_false(log_line_is_error("epoch 3 loss 0.4"));
    assert_true(log_line_fits("epoch 3 loss", "LOSS") == false);
    assert_true(log_line_fits("epoch 3 Loss", "loss"));
    assert_false(log_line_fits("epoch 3 loss", "!loss"));
    assert_true(log_line_fits("epoch 3", "!loss"));
    assert_true(log_line_fits("epoch 3", ""));
    assert_true(log_line_fits("epoch 3", "!"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_errors_and_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
