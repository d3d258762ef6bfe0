/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dagtop/model/attributes.h"
#include "dagtop/model/state.h"

static void test_set_replaces_in_place(void **state)
{
    (void)state;
    struct attributes list;
    attributes_init(&list);
    attributes_set_at(&list, "time", "01:00:00", 4, 9);
    attributes_set(&list, "gres", NULL);
    attributes_set_at(&list, "time", attributes_get(&list, "time") + 3, 5, 9);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.items[0].key, "time");
    assert_string_equal(list.items[0].value, "00:00");
    assert_int_equal(list.items[0].line, 5);
    assert_string_equal(attributes_get(&list, "gres"), "");
    assert_null(attributes_get(&list, "partition"));
    attributes_release(&list);
    assert_int_equal(list.count, 0);
}

static void test_missing_ones_are_added(void **state)
{
    (void)state;
    struct attributes own, defaults, copy;
    attributes_init(&own);
    attributes_init(&defaults);
    attributes_set(&own, "a", "1");
    attributes_set(&defaults, "a", "2");
    attributes_set_at(&defaults, "b", "3", 7, 2);
    attributes_add_missing(&own, &defaults);
    assert_string_equal(attributes_get(&own, "a"), "1");
    assert_string_equal(attributes_get(&own, "b"), "3");
    assert_int_equal(own.items[1].line, 7);
    attributes_copy(&copy, &own);
    assert_true(attributes_equal(&copy, &own));
    assert_false(attributes_equal(&defaults, &own));
    attributes_set(&copy, "b", "4");
    assert_false(attributes_equal(&copy, &own));
    attributes_release(&own);
    attributes_release(&defaults);
    attributes_release(&copy);
}

static void test_states(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STATE_COUNT; i++) {
        enum node_state found = STATE_COUNT;
        assert_true(state_from_word(state_word((enum node_state)i), &found));
        assert_int_equal(found, i);
        assert_true(state_glyph(found)[0] && state_sentence(found)[0]);
        for (unsigned j = 0; j < i; j++)
            assert_int_not_equal(state_letter((enum node_state)i), state_letter((enum node_state)j));
        assert_true(state_is_live(found) + state_is_ended(found) <= 1);
    }
    enum node_state unchanged = STATE_LOST;
    assert_false(state_from_word("Running", &unchanged));
    assert_int_equal(unchanged, STATE_LOST);
    assert_true(state_is_live(STATE_QUEUED) && !state_is_live(STATE_HELD) && !state_is_live(STATE_DONE));
    assert_true(state_is_ended(STATE_LOST) && !state_is_ended(STATE_SKIPPED));
    assert_true(state_lets_children_start(STATE_SKIPPED) && !state_lets_children_start(STATE_RUNNING));
    assert_true(state_blocks_children(STATE_HELD) && !state_blocks_children(STATE_WAITING));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_replaces_in_place),
        cmocka_unit_test(test_missing_ones_are_added),
        cmocka_unit_test(test_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
