/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/ui/eta.h"

/* Three nodes in a row that run the same script: one is done, one runs, one waits. */
static void test_estimates(void **state)
{
    (void)state;
    struct workflow *workflow = workflow_new();
    struct error error;
    size_t nodes[3];
    static const char *const names[] = {"a", "b", "c"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(workflow_add_node(workflow, names[i], &nodes[i]), 0);
        workflow->nodes[nodes[i]].work = NODE_WORK_COMMAND;
        workflow->nodes[nodes[i]].exec = strdup("./step");
    }
    assert_int_equal(workflow_add_edge(workflow, 0, 1), 0);
    assert_int_equal(workflow_add_edge(workflow, 1, 2), 0);
    assert_int_equal(workflow_finish(workflow, NULL, NULL, &error), 0);
    struct observation observations[3];
    struct node_view views[3] = {
        {.state = STATE_DONE}, {.state = STATE_RUNNING, .progress = 50}, {.state = STATE_WAITING, .progress = -1}};
    for (int i = 0; i < 3; i++)
        observation_init(&observations[i]);
    struct attempt *attempt = observation_attempt(&observations[0], 1);
    attempt->exited = true;
    attempt->started = 1000000;
    attempt->ended = 1060000;
    views[1].started = 1060000;
    struct snapshot snapshot = {.workflow = workflow, .views = views, .observations = observations};
    struct eta etas[3], whole;
    eta_estimate(&snapshot, 1100000, etas, &whole);
    assert_true(etas[0].known && etas[0].high == 0);
    /* Half of it took 40 s: the other half takes about as long. */
    assert_true(etas[1].known && !etas[1].rough && etas[1].low == 30000 && etas[1].high == 50000);
    /* As long as the one that ran the same; one example is little. */
    assert_true(etas[2].known && etas[2].rough && etas[2].low == 60000 && etas[2].high == 60000);
    assert_true(whole.known && whole.rough && whole.low == 90000 && whole.high == 110000);
    assert_int_equal(eta_duration(&snapshot, 1100000, etas, 1), 80000);
    views[1].progress = -1;
    eta_estimate(&snapshot, 1100000, etas, &whole);
    assert_true(etas[1].known && etas[1].rough && etas[1].high == 20000);
    /* Nothing is known of what follows: no more than the least can be said. */
    views[1].progress = 50;
    free(workflow->nodes[2].exec);
    workflow->nodes[2].exec = strdup("./other");
    eta_estimate(&snapshot, 1100000, etas, &whole);
    assert_true(!etas[2].known && whole.known && whole.open && whole.low == 30000);
    struct text text;
    text_init(&text, 0);
    eta_append(&whole, &text);
    assert_string_equal(text.data, "over 30s");
    text_release(&text);
    for (int i = 0; i < 3; i++)
        observation_release(&observations[i]);
    workflow_free(workflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_estimates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
