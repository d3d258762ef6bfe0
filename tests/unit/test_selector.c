/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/model/selector.h"

enum { START, TRAIN_1, TRAIN_2, TRAIN_10, ODD, END, NODES };
static const char *const names[] = {"start", "train-1", "train-2", "train-10", "x[1]", "\u00fcnd"};

static int make_workflow(void **state)
{
    struct workflow *workflow = workflow_new();
    size_t index;
    for (size_t i = 0; i < NODES; i++)
        assert_int_equal(workflow_add_node(workflow, names[i], &index), STATUS_OK);
    assert_int_equal(workflow_finish(workflow, NULL, NULL, NULL), STATUS_OK);
    *state = workflow;
    return 0;
}

static int free_workflow(void **state)
{
    workflow_free(*state);
    return 0;
}

static void test_selectors(void **state)
{
    struct node_view views[NODES] = {
        [START] = {.state = STATE_DONE, .outdated = true},
        [TRAIN_1] = {.state = STATE_FAILED},
        [TRAIN_2] = {.state = STATE_RUNNING, .stale = true},
        [END] = {.state = STATE_WAITING, .blocked_by_count = 1},
    };
    static const struct {
        const char *selector;
        bool set[NODES];
    } rows[] = {
        {"start", {[START] = true}},
        {"train-[1-2]", {[TRAIN_1] = true, [TRAIN_2] = true}},
        {"train-[2,10],start", {[TRAIN_2] = true, [TRAIN_10] = true, [START] = true}},
        {"train-?", {[TRAIN_1] = true, [TRAIN_2] = true}},
        {"train-*", {[TRAIN_1] = true, [TRAIN_2] = true, [TRAIN_10] = true}},
        {"*[1-2]", {[TRAIN_1] = true, [TRAIN_2] = true}},
        {"x[1]", {[ODD] = true}},
        {"?nd", {[END] = true}},
        {"@failed", {[TRAIN_1] = true}},
        {"@failed,@running", {[TRAIN_1] = true, [TRAIN_2] = true}},
        {"@outdated", {[START] = true}},
        {"@stale", {[TRAIN_2] = true}},
        {"@blocked", {[END] = true}},
        {"@lost", {false}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool set[NODES] = {false};
        assert_int_equal(selector_apply(rows[i].selector, *state, views, set, NULL), STATUS_OK);
        assert_memory_equal(set, rows[i].set, sizeof set);
    }
}

static void test_refusals(void **state)
{
    static const struct {
        const char *selector;
        enum status status;
        const char *message;
    } rows[] = {
        {"trian-1", STATUS_NOT_FOUND, "no node is called trian-1; did you mean train-1, train-2 or train-10?"},
        {"satrt", STATUS_NOT_FOUND, "no node is called satrt; did you mean start?"},
        {"start,something-else", STATUS_NOT_FOUND, "no node is called something-else"},
        {"z*", STATUS_NOT_FOUND, "no node matches z*"},
        {"train-[1", STATUS_INVALID, "a '[' that is never closed"},
        {"@failed", STATUS_INVALID, "@failed cannot be used here: no states are known"},
        {"@fialed", STATUS_INVALID, "@fialed is no state; they are described under STATES in dagtop(1)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool set[NODES] = {false}, none[NODES] = {false};
        struct error error;
        assert_int_equal(selector_apply(rows[i].selector, *state, NULL, set, &error), rows[i].status);
        assert_string_equal(error.message, rows[i].message);
        assert_memory_equal(set, none, sizeof set);
    }
}

static void test_distance(void **state)
{
    (void)state;
    static const struct {
        const char *one, *other;
        unsigned distance;
    } rows[] = {
        {"", "", 0},
        {"a", "", 1},
        {"same", "same", 0},
        {"status", "statsu", 1},
        {"kitten", "sitting", 3},
        {"ab", "ba", 1},
        {"abcd", "badc", 2},
        {"ca", "abc", 3},
        {"aaaa", "bbbb", 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned distance = rows[i].distance;
        assert_int_equal(selector_distance(rows[i].one, rows[i].other, 10), distance);
        assert_int_equal(selector_distance(rows[i].other, rows[i].one, distance), distance);
        if (distance > 1)
            assert_int_equal(selector_distance(rows[i].one, rows[i].other, 1), 2);
    }
}

static void test_globs(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *name;
        bool matches;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"?", "", false},
        {"a*c", "abbc", true},
        {"a*c", "abbcd", false},
        {"*a*b*", "xxaxxbxx", true},
        {"*ab", "aab", true},
        {"a?c", "a\u00e9c", true},
        {"a??c", "a\u00e9c", false},
        {"*?c", "\u00e9c", true},
        {"[a]", "a", false},
        {"a**", "a", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(selector_glob(rows[i].pattern, rows[i].name), rows[i].matches);
    assert_false(selector_glob("*a*a*a*a*a*a*a*a*a*a*a*a*b",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_selectors),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_globs),
    };
    return cmocka_run_group_tests(tests, make_workflow, free_workflow);
}
