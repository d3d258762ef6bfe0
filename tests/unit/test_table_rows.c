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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_compared_as_people_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
