/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/ui/filter.h"

static void test_filters(void **state)
{
    static const struct {
        const char *filter;
        bool fits;
    } rows[] = {{"", true}, {"train", true}, {"TRAIN", false}, {"rain-1", true}, {"test", false}, {"train-*", true},
        {"t*1?", true}, {"rain*", false}, {"@failed", true}, {"@f", true}, {"@done", false}, {"@", true},
        {"@stale", true}, {"@blocked", false}, {"train @failed", true}, {"train @done", false}, {"  ", true},
        {"!train", false}, {"!test", true}, {"!!train", true}, {"!@done", true}, {"!", true}, {"^train-1[67]$", true},
        {"^rain", false}, {"(test|train)", true}, {".*17", true}, {"train-(", false}, {"host:gpu", true},
        {"host:gpu-?", true}, {"host:lab", false}, {"!host:lab", true}, {"host:", true}, {"kind:local", true},
        {"kind:ssh", false}, {"loss<0.3", true}, {"loss<=0.25", true}, {"loss>0.3", false}, {"loss!=0.25", false},
        {"loss=0.250", true}, {"card=a100", true}, {"card!=a100", false}, {"nothing<1", false}, {"!nothing<1", true},
        {"progress>=50", true}, {"progress>50", false}, {"attempt=2", true}, {"time>60", true}, {"time<60", false},
        {"@marked", true}, {"loss<", false}, {"<3", false},
        /* a parameter comes before a metric of its name */
        {"epoch=30", true}, {"epoch=3", false}, {"metric.epoch=3", true}, {"metric.loss<0.3", true},
        {"metric.none=1", false}};
    (void)state;
    struct node node = {.name = (char *)"train-17", .host = (char *)"gpu-7", .kind = NODE_KIND_LOCAL};
    struct node_view view = {.state = STATE_FAILED, .stale = true, .progress = 50, .attempt = 2};
    struct observation observation;
    observation_init(&observation);
    attributes_set(&observation.report.metrics, "loss", "0.25");
    attributes_set(&observation.report.metrics, "card", "a100");
    attributes_set(&observation.report.metrics, "epoch", "3");
    attributes_set(&node.sweep, "epoch", "30");
    struct filter_subject subject = {&node, &view, &observation, 61000, true};
    struct filter filter = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        filter_compile(&filter, rows[i].filter);
        if (filter_fits(&filter, &subject) != rows[i].fits)
            fail_msg("filter '%s'", rows[i].filter);
    }
    filter_release(&filter);
    attributes_release(&node.sweep);
    observation_release(&observation);
}

static void test_a_broken_expression_is_told_and_looked_for_as_it_stands(void **state)
{
    (void)state;
    struct node node = {.name = (char *)"a(b", .host = (char *)"h"};
    struct node_view view = {0};
    struct observation observation;
    observation_init(&observation);
    struct filter_subject subject = {&node, &view, &observation, -1, false};
    struct filter filter = {0};
    filter_compile(&filter, "a(");
    assert_non_null(filter.mistake);
    assert_true(filter_fits(&filter, &subject));
    static const char *const dear[] = {
        "x+++++++++++++++++++++", "((((((((a+)+)+)+)+)+)+)+)", "(a{255}){255}", "(a)\\1"};
    for (size_t i = 0; i < sizeof dear / sizeof dear[0]; i++) {
        filter_compile(&filter, dear[i]);
        assert_non_null(filter.mistake);
    }
    filter_compile(&filter, "^(a|b)+[(]b\\+?");
    assert_null(filter.mistake);
    filter_compile(&filter, "a");
    assert_null(filter.mistake);
    filter_release(&filter);
    observation_release(&observation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_a_broken_expression_is_told_and_looked_for_as_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
