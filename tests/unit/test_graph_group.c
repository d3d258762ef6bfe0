/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "dagtop/base/utf8.h"
#include "src/ui/graph_group.h"

static void assert_name(const char *const *names, size_t count, size_t cells, const char *expected)
{
    uint32_t members[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    struct text text;
    text_init(&text, 0);
    graph_group_name(names, members, count, cells, &text);
    assert_string_equal(text.data, expected);
    assert_true(utf8_width(text.data) <= cells);
    text_release(&text);
}

static void test_names_of_groups(void **state)
{
    static const char *const same[] = {"train-1", "train-2", "train-10"};
    static const char *const nothing[] = {"alpha", "beta"};
    static const char *const one_in_another[] = {"run", "run-2"};
    static const char *const wide[] = {"\u96f2\u306e\u30de\u30b9\u30af1", "\u96f2\u306e\u30de\u30b9\u30af2"};
    (void)state;
    assert_name(same, 3, 16, "train \u00d73");
    assert_name(same, 3, 7, "tra\u2026 \u00d73");
    assert_name(nothing, 2, 16, "alpha\u2026 \u00d72");
    assert_name(one_in_another, 2, 16, "run \u00d72");
    assert_name(wide, 2, 9, "\u96f2\u306e\u2026 \u00d72");
}

static void test_states_of_groups(void **state)
{
    (void)state;
    struct node_view views[5] = {{.state = STATE_DONE}, {.state = STATE_RUNNING}, {.state = STATE_DONE},
        {.state = STATE_FAILED}, {.state = STATE_DONE}};
    struct snapshot snapshot = {.views = views};
    uint32_t all[] = {0, 1, 2, 3, 4}, done[] = {0, 2, 4}, live[] = {0, 1};
    struct text text;
    text_init(&text, 0);
    assert_int_equal(graph_group_state(&snapshot, all, 5), STATE_FAILED);
    assert_int_equal(graph_group_state(&snapshot, done, 3), STATE_DONE);
    assert_int_equal(graph_group_state(&snapshot, live, 2), STATE_RUNNING);
    graph_group_counts(&snapshot, all, 5, 20, &text);
    assert_string_equal(text.data, "1F 1R 3D");
    text_clear(&text);
    graph_group_counts(&snapshot, all, 5, 6, &text);
    assert_string_equal(text.data, "1F 1R");
    text_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_of_groups),
        cmocka_unit_test(test_states_of_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
