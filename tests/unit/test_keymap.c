/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/model/attributes.h"
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

static enum ui_action action_of(const struct keymap *keymap, enum key_context context, const char *text)
{
    struct key key;
    assert_true(key_parse(text, &key));
    return keymap_action(keymap, context, key);
}

static void test_a_person_changes_keys(void **state)
{
    (void)state;
    struct attributes changes;
    struct keymap keymap;
    struct error_list errors;
    attributes_init(&changes);
    error_list_init(&errors);
    attributes_set(&changes, "Alt-x", "cancel");
    attributes_set(&changes, "log.p", "none");
    attributes_set(&changes, "log.v", "pager");
    attributes_set(&changes, "table.Space", "details");
    attributes_set(&changes, "table.b", "mark");
    assert_int_equal(keymap_init(&keymap, &changes, "config", &errors), STATUS_OK);
    assert_int_equal(action_of(&keymap, KEY_CONTEXT_TABLE, "Alt-x"), UI_CANCEL);
    assert_int_equal(action_of(&keymap, KEY_CONTEXT_TABLE, "x"), UI_CANCEL);
    assert_int_equal(action_of(&keymap, KEY_CONTEXT_LOG, "p"), UI_NONE);
    assert_int_equal(action_of(&keymap, KEY_CONTEXT_LOG, "v"), UI_PAGER);
    assert_int_equal(action_of(&keymap, KEY_CONTEXT_TABLE, "Space"), UI_DETAILS);
    assert_int_equal(action_of(&keymap, KEY_CONTEXT_TABLE, "b"), UI_MARK);
    assert_int_equal(action_of(&keymap, KEY_CONTEXT_GRAPH, "Space"), UI_MARK);
    keymap_release(&keymap);
    attributes_release(&changes);
    error_list_release(&errors);
}

static void test_conflicts_have_a_line(void **state)
{
    static const struct {
        const char *key, *action, *words;
    } rows[] = {{"S", "help", "key S is drive already, which has no other key"}, {"question.n", "scope", NULL},
        {"question.y", "no", "key y is yes already"}, {"Hyper-x", "help", "'Hyper-x' is no key"},
        {"b", "dance", "there is no action 'dance'"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct attributes changes;
        struct keymap keymap;
        struct error_list errors;
        attributes_init(&changes);
        error_list_init(&errors);
        attributes_set_at(&changes, rows[i].key, rows[i].action, 7, 3);
        enum status status = keymap_init(&keymap, &changes, "config", &errors);
        assert_int_equal(status, rows[i].words ? STATUS_INVALID : STATUS_OK);
        if (rows[i].words) {
            assert_int_equal(errors.count, 1);
            assert_int_equal(errors.errors[0].line, 7);
            assert_non_null(strstr(errors.errors[0].message, rows[i].words));
        }
        keymap_release(&keymap);
        attributes_release(&changes);
        error_list_release(&errors);
    }
    /* The same key twice in one place, written in two ways. */
    struct attributes changes;
    struct keymap keymap;
    struct error_list errors;
    attributes_init(&changes);
    error_list_init(&errors);
    attributes_set_at(&changes, "b", "help", 3, 1);
    attributes_set_at(&changes, "global.b", "zoom", 4, 1);
    assert_int_equal(keymap_init(&keymap, &changes, "config", &errors), STATUS_INVALID);
    assert_non_null(strstr(errors.errors[0].message, "given twice, first in line 3"));
    attributes_release(&changes);
    error_list_release(&errors);
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
        cmocka_unit_test(test_a_person_changes_keys),
        cmocka_unit_test(test_conflicts_have_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
