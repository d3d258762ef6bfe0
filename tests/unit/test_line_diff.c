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
#include "src/ui/shell_words.h"

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

static void expect_summary(const char *old, const char *new, const char *wanted)
{
    char *summary = line_diff_summary(old, new);
    assert_string_equal(summary, wanted);
    free(summary);
}

/* Two equal lines around a change, each told once, whatever lies between two changes. */
static void test_summaries(void **state)
{
    (void)state;
    expect_summary("", "", "");
    expect_summary("a\nb\n", "a\nb\n", "");
    expect_summary("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nX\ne\nf\ng", "  b\n  c\n- d\n+ X\n  e\n  f\n+ g\n");
    expect_summary("1\na\nb\nc\n2\n", "3\na\nb\nc\n4\n", "- 1\n+ 3\n  a\n  b\n  c\n- 2\n+ 4\n");
    expect_summary("1\na\nb\nc\nd\n2\n", "3\na\nb\nc\nd\n4\n", "- 1\n+ 3\n  a\n  b\n  c\n  d\n- 2\n+ 4\n");
    expect_summary("1\na\nb\nc\nd\ne\n2\n", "3\na\nb\nc\nd\ne\n4\n", "- 1\n+ 3\n  a\n  b\n...\n  d\n  e\n- 2\n+ 4\n");
    expect_summary("a\nb\nc\n", "a\nb\nc\nd\n", "  b\n  c\n+ d\n");
}

static void test_long_summaries_are_cut(void **state)
{
    struct text text;
    (void)state;
    text_init(&text, 0);
    for (int i = 0; i < LINE_DIFF_SHOWN + 7; i++)
        text_append_format(&text, "%d\n", i);
    char *summary = line_diff_summary("", text.data);
    assert_non_null(strstr(summary, "+ 399\n... and 7 more lines\n"));
    free(summary);
    text_release(&text);
}

static void test_words(void **state)
{
    static const char line[] = "  sbatch --mem='8 G' \"a \\\"b\"'c'\\' x\ny='it'\\''s' '' 'open";
    static const char *const words[] = {"sbatch", "--mem=8 G", "a \"bc'", "x", "y=it's", "", "open"};
    const char *rest = line;
    struct text word;
    (void)state;
    text_init(&word, 0);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        text_clear(&word);
        assert_true(shell_words_next(&rest, &word));
        assert_string_equal(word.data, words[i]);
    }
    assert_false(shell_words_next(&rest, &word));
    text_release(&word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_differences), cmocka_unit_test(test_summaries),
        cmocka_unit_test(test_long_summaries_are_cut), cmocka_unit_test(test_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
