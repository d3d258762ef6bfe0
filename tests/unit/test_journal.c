/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "src/engine/journal.h"

static void test_the_newest_are_kept(void **state)
{
    (void)state;
    struct journal *journal = memory_new(sizeof *journal);
    assert_null(journal_entry(journal, 0));
    for (int i = 0; i < 3 * JOURNAL_LIMIT + 5; i++)
        journal_add(journal, i, "host", "request %d", i);
    assert_string_equal(journal_entry(journal, 0)->text, "request 772");
    assert_string_equal(journal_entry(journal, JOURNAL_LIMIT - 1)->text, "request 517");
    assert_null(journal_entry(journal, JOURNAL_LIMIT));
    free(journal);
}

static void test_results_find_their_request(void **state)
{
    (void)state;
    struct journal *journal = memory_new(sizeof *journal);
    struct error refused = {0};
    (void)error_set(&refused, STATUS_REFUSED, "no");
    size_t first = journal_add(journal, 1, "host", "first");
    size_t second = journal_add(journal, 2, "host", "second");
    journal_result(journal, first, NULL);
    journal_result(journal, second, &refused);
    assert_string_equal(journal_entry(journal, 1)->result, "done");
    assert_string_equal(journal_entry(journal, 0)->result, "no");
    /* The answer to a forgotten request touches nobody else's. */
    for (int i = 0; i < JOURNAL_LIMIT; i++)
        journal_add(journal, 3, "host", "later");
    journal_result(journal, first, &refused);
    for (size_t i = 0; i < JOURNAL_LIMIT; i++)
        assert_string_equal(journal_entry(journal, i)->result, "");
    free(journal);
}

static void test_long_texts_are_cut(void **state)
{
    (void)state;
    struct journal *journal = memory_new(sizeof *journal);
    char text[1000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    size_t number = journal_add(journal, 1, text, "%s", text);
    struct error error = {0};
    (void)error_set(&error, STATUS_REFUSED, "%s", text);
    journal_result(journal, number, &error);
    assert_int_equal(strlen(journal_entry(journal, 0)->text), sizeof journal->entries[0].text - 1);
    assert_true(strlen(journal_entry(journal, 0)->result) < sizeof journal->entries[0].result);
    free(journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_newest_are_kept),
        cmocka_unit_test(test_results_find_their_request),
        cmocka_unit_test(test_long_texts_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
