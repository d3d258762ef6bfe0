/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/checksum.h"
#include "dagtop/base/clock.h"
#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/random.h"
#include "dagtop/base/text.h"
#include "dagtop/base/utf8.h"

static void test_text_keeps_its_limit(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 5);
    assert_string_equal(text.data, "");
    assert_int_equal(text_append_string(&text, "abc"), STATUS_OK);
    assert_int_equal(text_append_string(&text, "defg"), STATUS_TOO_LARGE);
    assert_string_equal(text.data, "abcde");
    assert_true(text.overflowed);
    text_consume(&text, 2);
    assert_string_equal(text.data, "cde");
    text_release(&text);
}

static void test_shell_quoting(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *quoted;
    } rows[] = {{"abc", "abc"}, {"", "''"}, {"a b", "'a b'"}, {"it's", "'it'\\''s'"}, {"$(x)", "'$(x)'"}, {"~", "'~'"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text text;
        text_init(&text, 0);
        text_append_shell_quoted(&text, rows[i].plain);
        assert_string_equal(text.data, rows[i].quoted);
        text_release(&text);
    }
}

static void test_map_finds_what_was_set(void **state)
{
    (void)state;
    struct map *map = map_new();
    char key[16];
    uintptr_t value;
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "k%u", i);
        map_set(map, key, i);
    }
    for (unsigned i = 0; i < 5000; i += 2) {
        snprintf(key, sizeof key, "k%u", i);
        assert_true(map_remove(map, key));
    }
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "k%u", i);
        assert_int_equal(map_get(map, key, &value), i % 2 == 1);
        if (i % 2)
            assert_int_equal(value, i);
    }
    assert_int_equal(map_count(map), 2500);
    map_free(map);
}

static void test_times(void **state)
{
    (void)state;
    wall_time time;
    char buffer[32];
    assert_true(clock_parse_utc("2026-11-20T21:03:02Z", &time));
    assert_string_equal(clock_format_utc(time, buffer, sizeof buffer), "2026-11-20T21:03:02Z");
    wall_time same;
    assert_true(clock_parse_utc("2026-11-20T22:03:02.5+01:00", &same));
    assert_int_equal(same - time, 500);
    assert_false(clock_parse_utc("2026-13-20T21:03:02Z", &same));
    assert_false(clock_parse_utc("yesterday", &same));
    assert_string_equal(clock_format_duration(7384000, buffer, sizeof buffer), "2h03m");
    int64_t duration;
    assert_true(clock_parse_duration("1h30m", &duration));
    assert_int_equal(duration, 5400000);
    assert_false(clock_parse_duration("soon", &duration));
    assert_false(clock_parse_duration("99999999999999999999", &duration));
}

static void test_checksum_is_that_of_cksum(void **state)
{
    (void)state;
    struct checksum checksum;
    char buffer[CHECKSUM_TEXT_SIZE];
    checksum_init(&checksum);
    checksum_add(&checksum, "123456789", 9);
    assert_string_equal(checksum_text(&checksum, buffer), "930766865-9");
}

static void assert_safe(const char *bytes, size_t length, const char *expected)
{
    struct text text;
    text_init(&text, 0);
    utf8_append_safe(&text, bytes, length);
    assert_string_equal(text.data, expected);
    text_release(&text);
}

static void test_what_a_host_sends_is_text(void **state)
{
    (void)state;
    assert_safe("a\x1b[31mb", 7, "a^[[31mb");
    assert_safe("a\0b", 3, "a^@b");
    assert_safe("a\tb", 3, "a       b");
    assert_safe("\xc2\x9b", 2, "<9B>");
    assert_safe("\xff\xc3\xa9", 3, "\xef\xbf\xbd\xc3\xa9");
    assert_safe("\xe2\x80\xae", 3, "<U+202E>");
    assert_safe("e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81", 13, "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81");
    assert_safe("\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

static void test_widths(void **state)
{
    (void)state;
    assert_int_equal(utf8_width("abc"), 3);
    assert_int_equal(utf8_width("\xe6\x97\xa5\xe6\x9c\xac"), 4);
    assert_int_equal(utf8_width("e\xcc\x81"), 1);
    assert_int_equal(utf8_bytes_for_width("\xe6\x97\xa5\xe6\x9c\xac", 3), 3);
}

static void test_tokens_differ(void **state)
{
    (void)state;
    char one[RANDOM_TOKEN_LENGTH + 1], other[RANDOM_TOKEN_LENGTH + 1];
    random_token(one);
    random_token(other);
    assert_int_equal(strlen(one), RANDOM_TOKEN_LENGTH);
    assert_string_not_equal(one, other);
}

static void test_errors_are_capped(void **state)
{
    (void)state;
    struct error_list list;
    error_list_init(&list);
    for (unsigned i = 0; i < 60; i++)
        assert_int_equal(error_list_add(&list, STATUS_INVALID, "f", i, 1, "m%u", i), STATUS_INVALID);
    assert_int_equal(list.count, ERROR_LIST_LIMIT);
    assert_int_equal(list.overflow, 10);
    assert_string_equal(list.errors[49].message, "m49");
    error_list_release(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_keeps_its_limit),
        cmocka_unit_test(test_shell_quoting),
        cmocka_unit_test(test_map_finds_what_was_set),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_checksum_is_that_of_cksum),
        cmocka_unit_test(test_what_a_host_sends_is_text),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_tokens_differ),
        cmocka_unit_test(test_errors_are_capped),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
