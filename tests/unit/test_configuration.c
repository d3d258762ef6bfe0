/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations of sweeps: files one after the other, the command line after them, scalars as they are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sweep_stage.h"

static int open_stage(void **state)
{
    static struct stage stage;
    stage_open(&stage);
    *state = &stage;
    return 0;
}

static int close_stage(void **state)
{
    stage_close(*state);
    return 0;
}

static const char *text_at(const struct stage *stage, const char *path)
{
    const struct setting *setting = configuration_find(&stage->configuration, path);
    return setting && setting->kind == SETTING_TEXT ? setting->text : NULL;
}

static void test_later_files_replace_whole_sections(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(stage_configure(stage, "a.yaml", "data: {x: 1, y: 2}\nname: one\n"), STATUS_OK);
    assert_int_equal(stage_configure(stage, "b.json", "{\"data\": {\"y\": \"3\"}, \"more\": true}"), STATUS_OK);
    assert_null(text_at(stage, "data.x"));
    assert_string_equal(text_at(stage, "data.y"), "3");
    assert_false(configuration_find(&stage->configuration, "data.y")->plain);
    assert_string_equal(text_at(stage, "name"), "one");
    assert_string_equal(stage->configuration.root.items[0].key, "data");
    assert_string_equal(text_at(stage, "more"), "true");
    assert_true(configuration_find(&stage->configuration, "more")->plain);
}

static void test_keys_may_hold_dots(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(stage_configure(stage, "a.yaml", "a.b: 1\na: {c.d: {e: 2}}\n"), STATUS_OK);
    assert_string_equal(text_at(stage, "a.b"), "1");
    assert_string_equal(text_at(stage, "a.c.d.e"), "2");
    assert_null(text_at(stage, "a.c"));
}

static void test_mistakes_have_places(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(stage_configure(stage, "a.yaml", "x: 1\nx: 2\n"), STATUS_INVALID);
    assert_int_equal(stage->errors.errors[0].line, 2);
    assert_int_equal(
        configuration_add_file(&stage->configuration, "/nowhere/c.yaml", &stage->errors), STATUS_NOT_FOUND);
    assert_string_equal(stage->errors.errors[1].file, "/nowhere/c.yaml");
    assert_int_equal(stage_configure(stage, "b.yaml", "[1, 2]"), STATUS_INVALID);
}

static void test_command_line_sets(void **state)
{
    struct stage *stage = *state;
    struct error error;
    assert_int_equal(stage_configure(stage, "a.yaml", "data: {x: 1}\nempty:\nlist: [1]\n"), STATUS_OK);
    assert_int_equal(
        configuration_set(&stage->configuration, "data.x=2,new.a.b='q,r',t=1,2,empty.k=[1,2], last=z", &error),
        STATUS_OK);
    assert_string_equal(text_at(stage, "data.x"), "2");
    assert_string_equal(text_at(stage, "new.a.b"), "q,r");
    assert_string_equal(text_at(stage, "t"), "1,2");
    assert_string_equal(text_at(stage, "empty.k"), "[1,2]");
    assert_string_equal(text_at(stage, "last"), "z");
    assert_int_equal(configuration_set(&stage->configuration, "nonsense", &error), STATUS_INVALID);
    assert_int_equal(configuration_set(&stage->configuration, "=1", &error), STATUS_INVALID);
    assert_int_equal(configuration_set(&stage->configuration, "list.a=1", &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "list"));
    assert_int_equal(configuration_set(&stage->configuration, "", &error), STATUS_OK);
}

static void test_experiment_on_the_command_line(void **state)
{
    struct stage *stage = *state;
    struct error error;
    assert_int_equal(stage_configure(stage, "a.yaml", "experiment: {lr: 7, other: 1}\n"), STATUS_OK);
    assert_int_equal(
        configuration_set_experiment(&stage->configuration, "epoch=[1-3, 5] lr=0.1, 0.01  t='a b'", &error), STATUS_OK);
    const struct setting *experiment = configuration_find(&stage->configuration, "experiment");
    assert_int_equal(experiment->count, 4);
    assert_string_equal(experiment->items[0].key, "lr");
    assert_string_equal(experiment->items[0].text, "0.1, 0.01");
    assert_string_equal(text_at(stage, "experiment.epoch"), "[1-3, 5]");
    assert_string_equal(text_at(stage, "experiment.t"), "a b");
}

static void check_scalar(const char *string, bool plain, const char *expected)
{
    struct text text;
    text_init(&text, 0);
    configuration_append_scalar(&text, string, plain);
    assert_string_equal(text.data, expected);
    text_release(&text);
}

static void test_scalars_keep_their_types(void **state)
{
    (void)state;
    check_scalar("0.1", true, "0.1");
    check_scalar("0.1", false, "\"0.1\"");
    check_scalar("-3", true, "-3");
    check_scalar("False", true, "False");
    check_scalar("False", false, "\"False\"");
    check_scalar("no", false, "\"no\"");
    check_scalar("a100", false, "a100");
    check_scalar("", false, "\"\"");
    check_scalar("- x", false, "\"- x\"");
    check_scalar("-x", false, "\"-x\"");
    check_scalar("---", true, "\"---\"");
    check_scalar("a: b # c", true, "\"a: b # c\"");
    check_scalar("q\"\\\n\t\x01\x7f", false, "\"q\\\"\\\\\\n\\t\\u0001\\u007f\"");
    check_scalar("\xff", false, "\"\xef\xbf\xbd\"");
    check_scalar("caf\xc3\xa9 x", false, "\"caf\xc3\xa9 x\"");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)
    const struct CMUnitTest tests[] = {TEST(test_later_files_replace_whole_sections), TEST(test_keys_may_hold_dots),
        TEST(test_mistakes_have_places), TEST(test_command_line_sets), TEST(test_experiment_on_the_command_line),
        TEST(test_scalars_keep_their_types)};
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
