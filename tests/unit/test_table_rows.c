/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/ui/table_rows.h"

static void test_names_are_compared_as_people_do(void **state)
{
    static const char *const ascending[] = {"a", "a-1", "a-2", "a-10", "a-10b", "a-b", "b", "b007c", "b07d", "b8"};
    (void)state;
    size_t count = sizeof ascending / sizeof ascending[0];
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            int found = table_rows_compare_names(ascending[i], ascending[j]);
            assert_int_equal(found < 0, i < j);
            assert_int_equal(found > 0, i > j);
        }
    }
    assert_int_equal(table_rows_compare_names("99999999999999999999", "100000000000000000000"), -1);
}

static void test_filters(void **state)
{
    static const struct {
        const char *filter;
        bool fits;
    } rows[] = {{"", true}, {"train", true}, {"TRAIN", true}, {"rain-1", true}, {"test", false}, {"train-*", true},
        {"t*1?", true}, {"rain*", false}, {"@failed", true}, {"@f", true}, {"@done", false}, {"@", true},
        {"@stale", true}, {"@blocked", false}, {"train @failed", true}, {"train @done", false}, {"  ", true}};
    (void)state;
    struct node node = {.name = (char *)"train-17"};
    struct node_view view = {.state = STATE_FAILED, .stale = true};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (table_rows_fits(rows[i].filter, &node, &view) != rows[i].fits)
            fail_msg("filter '%s'", rows[i].filter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_compared_as_people_do),
        cmocka_unit_test(test_filters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
