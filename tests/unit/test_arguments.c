/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/app/arguments.h"

static enum status parse(struct arguments *arguments, struct error *error, const char *line)
{
    static char copy[256], *words[32];
    int count = 0;
    snprintf(copy, sizeof copy, "dagtop %s", line);
    for (char *word = strtok(copy, " "); word && count < 31; word = strtok(NULL, " "))
        words[count++] = word;
    return arguments_parse(arguments, count, words, error);
}

static void test_good_lines(void **state)
{
    (void)state;
    struct arguments arguments;
    struct error error;
    assert_int_equal(parse(&arguments, &error, "run a.yaml --failed b c"), STATUS_OK);
    assert_int_equal(arguments.command, COMMAND_run);
    assert_true(arguments.given[OPTION_failed]);
    assert_int_equal(arguments.word_count, 3);
    assert_string_equal(arguments.words[2], "c");
    arguments_release(&arguments);
    assert_int_equal(parse(&arguments, &error, "a.yaml --theme light"), STATUS_OK);
    assert_int_equal(arguments.command, COMMAND_dashboard);
    assert_string_equal(arguments.value[OPTION_theme], "light");
    arguments_release(&arguments);
    assert_int_equal(parse(&arguments, &error, "status --format=json -- --odd.yaml"), STATUS_OK);
    assert_string_equal(arguments.value[OPTION_format], "json");
    assert_string_equal(arguments.words[0], "--odd.yaml");
    arguments_release(&arguments);
}

static void test_bad_lines_say_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *line, *message;
    } rows[] = {
        {"run --failled a.yaml", "unknown option --failled; did you mean --failed?"},
        {"stauts", "unknown command \"stauts\"; did you mean status?"},
        {"status a.yaml --again", "status does not take --again; see dagtop status --help"},
        {"log a.yaml b --lines", "--lines needs an argument: N"},
        {"run a.yaml --failed=3", "--failed takes no argument"},
        {"run a.yaml -x", "unknown option -x; see dagtop --help"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arguments arguments;
        struct error error;
        assert_int_equal(parse(&arguments, &error, rows[i].line), STATUS_INVALID);
        assert_string_equal(error.message, rows[i].message);
        arguments_release(&arguments);
    }
}

static void test_numbers_have_bounds(void **state)
{
    (void)state;
    struct arguments arguments;
    struct error error;
    long number = 7;
    assert_int_equal(parse(&arguments, &error, "log a.yaml b --lines=5x"), STATUS_OK);
    assert_int_equal(arguments_number(&arguments, OPTION_lines, 0, 10, &number, &error), STATUS_INVALID);
    assert_string_equal(error.message, "--lines is \"5x\", expected a whole number from 0 to 10");
    assert_int_equal(arguments_number(&arguments, OPTION_attempt, 0, 10, &number, &error), STATUS_OK);
    assert_int_equal(number, 7);
    arguments_release(&arguments);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_lines),
        cmocka_unit_test(test_bad_lines_say_what_is_wrong),
        cmocka_unit_test(test_numbers_have_bounds),
    };
    return cmocka_run_group_tests_name("arguments", tests, NULL, NULL);
}
