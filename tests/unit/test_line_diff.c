/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/text.h"
#include "src/ui/line_diff.h"

static void tell(void *argument, char sign, const char *line, size_t length)
{
    text_append_byte(argument, sign);
    text_append(argument, line, length);
    text_append_byte(argument, ' ');
}

static void expect(const char *old, const char *new, const char *wanted)
{
    struct text text;
    text_init(&text, 0);
    line_diff(old, new, tell, &text);
    assert_string_equal(text.data, wanted);
    text_release(&text);
}

static void test_differences(void **state)
{
    (void)state;
    expect("", "", "");
    expect("a\nb\n", "a\nb\n", " a  b ");
    expect("a\nb\nc\n", "a\nc\n", " a -b  c ");
    expect("a\nc\n", "a\nb\nc", " a +b  c ");
    expect("a\nb\nc\nd\n", "a\nx\nc\ny\nd\n", " a -b +x  c +y  d ");
    expect("", "a\n", "+a ");
    expect("a", "", "-a ");
    expect("a\na\n", "a\n", " a -a ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_differences)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
