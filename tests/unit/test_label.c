/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/label.h"

static const char *environment(const char *name, void *argument)
{
    return strcmp(name, "HOME") == 0 ? argument : NULL;
}

static const char *variable(const char *name, void *argument)
{
    (void)argument;
    return strcmp(name, "account.name") == 0 ? "bii{name}" : NULL;
}

/* A node of which everything is known. */
struct fixture {
    struct workflow *workflow;
    struct observation observation;
    struct node_view view;
    struct label_context context;
    char home[16];
};

static wall_time utc(const char *text)
{
    wall_time time;
    assert_true(clock_parse_utc(text, &time));
    return time;
}

static int make_fixture(void **state)
{
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    struct fixture *fixture = memory_new(sizeof *fixture);
    size_t index;
    strcpy(fixture->home, "/home/gregor");
    fixture->workflow = workflow_new();
    assert_int_equal(workflow_add_node(fixture->workflow, "train-{1}", &index), STATUS_OK);
    struct node *node = &fixture->workflow->nodes[0];
    node->script = memory_copy_text("train.sh");
    node->timeout = 5400000;
    attributes_set(&node->other, "shape", "box");
    attributes_set(&node->other, "a.b", "dotted");
    attributes_set(&node->slurm, "partition", "gpu");
    attributes_set(&node->sweep, "lr", "0.1");
    observation_init(&fixture->observation);
    struct attempt *attempt = observation_attempt(&fixture->observation, 1);
    attempt->requested = utc("2026-07-01T10:00:00Z");
    attempt->jobid = memory_copy_text("4711");
    static const char line[] = "# cloudmesh progress=33.5 msg='epoch 3' accuracy=0.91 shape=round pid=12";
    assert_true(report_add_line(&fixture->observation.report, line, sizeof line - 1, false));
    node_view_init(&fixture->view);
    fixture->view.state = STATE_DONE;
    fixture->view.progress = 33.5;
    fixture->view.attempt = 1;
    fixture->view.current = attempt;
    fixture->view.started = utc("2026-11-20T21:03:02Z");
    fixture->view.ended = utc("2026-11-22T23:04:05Z");
    fixture->context = (struct label_context){
        .workflow = fixture->workflow,
        .view = &fixture->view,
        .observation = &fixture->observation,
        .now = utc("2026-11-24T00:00:00Z"),
        .workflow_first_start = utc("2026-11-20T21:00:00Z"),
        .environment = environment,
        .variable = variable,
        .argument = fixture->home,
    };
    *state = fixture;
    return 0;
}

static int free_fixture(void **state)
{
    struct fixture *fixture = *state;
    observation_release(&fixture->observation);
    node_view_release(&fixture->view);
    workflow_free(fixture->workflow);
    free(fixture);
    return 0;
}

static void check(const struct fixture *fixture, const char *pattern, const char *expected)
{
    struct text text;
    text_init(&text, 0);
    text_append_string(&text, ">");
    label_expand(pattern, &fixture->context, &text);
    assert_string_equal(text.data + 1, expected);
    text_release(&text);
}

static void test_labels(void **state)
{
    static const struct {
        const char *pattern, *label;
    } rows[] = {
        {NULL, "train-{1}"},
        {"", ""},
        {"plain", "plain"},
        {"{name}\\nprogress={progress}", "train-{1}\nprogress=33.5"},
        {"a\nb", "a\nb"},
        {"{status} {attempt} {jobid}", "done 1 4711"},
        {"{kind} {host} {script} {user}", "local localhost train.sh N/A"},
        {"{shape} {accuracy} {lr} {msg} {pid}", "box 0.91 0.1 epoch 3 12"},
        {"{a.b} {slurm.partition} {sweep.lr} {slurm.time}", "dotted gpu 0.1 N/A"},
        {"{timeout} {retries} {gpus}", "1h30m 0 N/A"},
        {"{{name}} {{{name}}} }{", "{name} {train-{1}} }{"},
        {"{name", "{name"},
        {"{} {unknown} {name.x} { name }", "N/A N/A N/A N/A"},
        {"'{name}'", "train-{1}"},
        {"'\"{name}\"'", "train-{1}"},
        {"'{name}", "'train-{1}"},
        {"'", "'"},
        {"it's", "it's"},
        {"{os.HOME} {os.NOTHING} {os.} {os}", "/home/gregor N/A N/A N/A"},
        {"{cm.account.name} {cm.x}", "bii{name} N/A"},
        {"{tstart}", "11/20/2026, 22:03:02"},
        {"{tstart.}", "11/20/2026, 22:03:02"},
        {"{tstart.%Y-%m-%d %H--%M--%S %Z}", "2026-11-20 22:03:02 CET"},
        {"{created.%H--%M %Z}", "12:00 CEST"},
        {"{tend.%-d.%-m %j%%}", "23.11 327%"},
        {"{t0.%H} {t1} {modified} {now.%F}", "22 N/A N/A 2026-11-24"},
        {"{now.%Q %--d % %}", "%Q %:d % %"},
        {"{dt}", "50:01:03"},
        {"{dt.%H h %M m %s%%}", "50 h 01 m 180063%"},
        {"{dt.%H--%M}", "50:01"},
        {"{dt.%R} {dt.%d}", "50:01 %d"},
        {"{dt0} {dt1}", "75:00:00 N/A"},
        {"a--b", "a--b"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(*state, rows[i].pattern, rows[i].label);
}

static void test_what_is_not_known_yet(void **state)
{
    struct fixture *fixture = *state;
    fixture->view.progress = -1;
    check(fixture, "{progress}", "N/A");
    fixture->view.state = STATE_RUNNING;
    check(fixture, "{progress} {dt}", "N/A 74:56:58");
    node_view_release(&fixture->view);
    fixture->view.state = STATE_WAITING;
    check(fixture, "{progress} {status} {attempt} {jobid} {tstart} {dt}", "0 waiting N/A N/A N/A N/A");
    observation_release(&fixture->observation);
    observation_attempt(&fixture->observation, 2)->requested = 5;
    check(fixture, "{created} {accuracy}", "N/A N/A");
    fixture->context.environment = fixture->context.variable = NULL;
    check(fixture, "{os.HOME} {cm.account.name}", "N/A N/A");
    fixture->view.started = INT64_MAX;
    check(fixture, "{tstart.%H--%M} {dt}", "08:12 N/A");
}

static void test_cap(void **state)
{
    struct fixture *fixture = *state;
    char *pattern = memory_new(100001);
    struct text text;
    text_init(&text, 0);
    memset(pattern, '{', 100000);
    label_expand(pattern, &fixture->context, &text);
    assert_int_equal(text.length, 4096);
    text_clear(&text);
    memset(pattern, 'x', 100000);
    label_expand(pattern, &fixture->context, &text);
    assert_int_equal(text.length, 4096);
    text_release(&text);
    free(pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_labels, make_fixture, free_fixture),
        cmocka_unit_test_setup_teardown(test_what_is_not_known_yet, make_fixture, free_fixture),
        cmocka_unit_test_setup_teardown(test_cap, make_fixture, free_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
