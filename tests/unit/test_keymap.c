/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/ui/keymap.h"

static void test_every_key_can_be_pressed(void **state)
{
    (void)state;
    size_t count;
    const struct key_binding *table = keymap_table(&count);
    for (size_t i = 0; i < count; i++) {
        struct key key;
        char text[KEY_TEXT_SIZE];
        assert_true(key_parse(table[i].key, &key));
        assert_string_equal(key_format(key, text), table[i].key);
        assert_int_equal(keymap_find(table[i].context, key), table[i].action);
    }
}

/* One key means one thing in one context, and a pane never gives another meaning to a key that works everywhere. */
static void test_no_key_has_two_meanings(void **state)
{
    (void)state;
    size_t count;
    const struct key_binding *table = keymap_table(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            if (i == j || strcmp(table[i].key, table[j].key) != 0)
                continue;
            if (table[i].context == table[j].context)
                fail_msg("%s is bound twice in %s", table[i].key, keymap_context_title(table[i].context));
            if (table[j].context == KEY_CONTEXT_GLOBAL && keymap_falls_back(table[i].context) &&
                table[i].action != table[j].action)
                fail_msg("%s means something else in %s", table[i].key, keymap_context_title(table[i].context));
        }
    }
}

/* What a finger could hit by mistake never means yes, and no key beyond these two contexts does. */
static void test_only_y_means_yes(void **state)
{
    (void)state;
    size_t count, yes = 0;
    const struct key_binding *table = keymap_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (table[i].action != UI_YES)
            continue;
        assert_true(table[i].context == KEY_CONTEXT_QUESTION || table[i].context == KEY_CONTEXT_TRUST);
        assert_string_equal(table[i].key, "y");
        yes++;
    }
    assert_int_equal(yes, 2);
}

static void test_terminal_keys_are_left_alone(void **state)
{
    static const char *const avoided[] = {"Ctrl-a", "Ctrl-b", "Ctrl-q", "Ctrl-s"};
    (void)state;
    size_t count;
    const struct key_binding *table = keymap_table(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < sizeof avoided / sizeof avoided[0]; j++)
            assert_string_not_equal(table[i].key, avoided[j]);
    }
}

static void test_every_action_has_a_key_and_words(void **state)
{
    (void)state;
    size_t count;
    const struct key_binding *table = keymap_table(&count);
    for (int action = UI_NONE + 1; action < UI_ACTION_COUNT; action++) {
        bool found = false;
        for (size_t i = 0; i < count; i++)
            found = found || table[i].action == (enum ui_action)action;
        if (!found)
            fail_msg("no key for %s", keymap_action_word((enum ui_action)action));
        assert_true(strlen(keymap_action_sentence((enum ui_action)action)) > 5);
    }
}

static void test_layers_do_not_fall_back(void **state)
{
    (void)state;
    struct key quit = {.code = 'Q'}, enter = {.code = SPECIAL_KEY_ENTER};
    assert_int_equal(keymap_find(KEY_CONTEXT_LOG, quit), UI_QUIT);
    assert_int_equal(keymap_find(KEY_CONTEXT_QUESTION, quit), UI_NONE);
    assert_int_equal(keymap_find(KEY_CONTEXT_QUESTION, enter), UI_NONE);
    assert_int_equal(keymap_find(KEY_CONTEXT_QUITTING, enter), UI_NONE);
    assert_int_equal(keymap_find(KEY_CONTEXT_TABLE, (struct key){.code = 'j', .modifiers = KEY_ALT}), UI_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key_can_be_pressed),
        cmocka_unit_test(test_no_key_has_two_meanings),
        cmocka_unit_test(test_only_y_means_yes),
        cmocka_unit_test(test_terminal_keys_are_left_alone),
        cmocka_unit_test(test_every_action_has_a_key_and_words),
        cmocka_unit_test(test_layers_do_not_fall_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
