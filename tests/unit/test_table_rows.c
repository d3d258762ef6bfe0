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

/* Which column shows what, eight at most; a parameter and a metric of one name are two. */
static void test_values_take_columns(void **state)
{
    struct table_value values[TABLE_VALUES] = {{0}};
    char name[2] = "a";
    (void)state;
    assert_true(table_value_toggle(values, "epoch", false));
    assert_false(table_value_is_shown(values, "epoch", true));
    assert_true(table_value_toggle(values, "epoch", true));
    for (int i = 2; i < TABLE_VALUES; i++, name[0]++)
        assert_true(table_value_toggle(values, name, true));
    assert_false(table_value_toggle(values, "one more", true));
    assert_true(table_value_toggle(values, "epoch", false));
    assert_false(table_value_is_shown(values, "epoch", false));
    assert_true(table_value_is_shown(values, "epoch", true));
    assert_true(table_value_toggle(values, "one more", true));
    table_value_release(values);
    assert_false(table_value_is_shown(values, "epoch", true));
}

static void test_numbers_are_whole_texts(void **state)
{
    double number;
    (void)state;
    assert_true(table_value_number("1e-3", &number));
    assert_true(number == 1e-3);
    assert_true(table_value_number("-inf", &number));
    assert_false(table_value_number("nan", &number));
    assert_false(table_value_number("12 a", &number));
    assert_false(table_value_number("", &number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_compared_as_people_do),
        cmocka_unit_test(test_values_take_columns),
        cmocka_unit_test(test_numbers_are_whole_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
