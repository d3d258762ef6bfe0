/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/text.h"
#include "dagtop/model/host_list.h"

static void test_expansions(void **state)
{
    (void)state;
    static const struct {
        const char *text, *names;
    } rows[] = {
        {"a", "a"},
        {"start, fetch-data ,end", "start|fetch-data|end"},
        {"a[1-3,5],b", "a1|a2|a3|a5|b"},
        {"train-[1-3,7],end", "train-1|train-2|train-3|train-7|end"},
        {"a[01-10]", "a01|a02|a03|a04|a05|a06|a07|a08|a09|a10"},
        {"a[9-11]", "a9|a10|a11"},
        {"a[099-101,7,007]", "a099|a100|a101|a7|a007"},
        {"[1-2]x[3-4]", "1x3|1x4|2x3|2x4"},
        {"r[1-2]c[1-2]-end", "r1c1-end|r1c2-end|r2c1-end|r2c2-end"},
        {"a[ 1 , 3-4 ]", "a1|a3|a4"},
        {"a,a,a[1,1]", "a|a|a1|a1"},
        {"two words\t,\nb", "two words|b"},
        {"1,30,60", "1|30|60"},
        {"a[0]", "a0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct name_list list;
        struct text joined;
        name_list_init(&list);
        text_init(&joined, 0);
        assert_int_equal(host_list_expand(rows[i].text, &list, NULL), STATUS_OK);
        for (size_t j = 0; j < list.count; j++)
            text_append_format(&joined, "%s%s", j ? "|" : "", list.names[j]);
        assert_string_equal(joined.data, rows[i].names);
        text_release(&joined);
        name_list_release(&list);
    }
}

static void test_mistakes_have_a_column(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum status status;
        unsigned column;
    } rows[] = {
        {"", STATUS_INVALID, 1},
        {"  ", STATUS_INVALID, 1},
        {"a,,b", STATUS_INVALID, 3},
        {"a,b,", STATUS_INVALID, 5},
        {",a", STATUS_INVALID, 1},
        {"b,a[1-3", STATUS_INVALID, 4},
        {"a1]", STATUS_INVALID, 3},
        {"a[1]]", STATUS_INVALID, 5},
        {"a[[1]]", STATUS_INVALID, 3},
        {"a[]", STATUS_INVALID, 3},
        {"a[3-1]", STATUS_INVALID, 3},
        {"a[1,]", STATUS_INVALID, 4},
        {"a[,1]", STATUS_INVALID, 3},
        {"a[1-]", STATUS_INVALID, 5},
        {"a[-1]", STATUS_INVALID, 3},
        {"a[x]", STATUS_INVALID, 3},
        {"a[1x]", STATUS_INVALID, 4},
        {"a[1-2-3]", STATUS_INVALID, 6},
        {"a[1-9999999999999999]", STATUS_INVALID, 5},
        {"a[1-100001]", STATUS_TOO_LARGE, 1},
        {"a[1-999999999999999]", STATUS_TOO_LARGE, 1},
        {"a[1-1000][1-1000]", STATUS_TOO_LARGE, 1},
        {"[1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1]", STATUS_TOO_LARGE, 49},
    };
    struct name_list list;
    name_list_init(&list);
    name_list_add(&list, "first");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error = {0};
        assert_int_equal(host_list_expand(rows[i].text, &list, &error), rows[i].status);
        if (error.column != rows[i].column)
            fail_msg("%s: column %u, not %u (%s)", rows[i].text, error.column, rows[i].column, error.message);
        assert_true(error.message[0]);
        assert_int_equal(list.count, 1);
    }
    assert_int_equal(host_list_expand("a[1-100000]", &list, NULL), STATUS_OK);
    assert_int_equal(list.count, HOST_LIST_LIMIT + 1);
    assert_string_equal(list.names[HOST_LIST_LIMIT], "a100000");
    name_list_release(&list);
}

static void test_long_names_do_not_multiply(void **state)
{
    (void)state;
    enum { LENGTH = 1000000 };
    char *text = malloc(LENGTH + 16);
    memset(text, 'x', LENGTH);
    strcpy(text + LENGTH, "[1-1000]");
    struct name_list list;
    name_list_init(&list);
    assert_int_equal(host_list_expand(text, &list, NULL), STATUS_TOO_LARGE);
    name_list_release(&list);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expansions),
        cmocka_unit_test(test_mistakes_have_a_column),
        cmocka_unit_test(test_long_names_do_not_multiply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
