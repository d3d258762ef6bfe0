/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of records, the numbers of watched nodes, and contents: the parts of the agent's client without a host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "src/agent/content.h"
#include "src/agent/record.h"
#include "src/agent/watch_list.h"

struct record {
    struct observation observation;
    struct record_reader reader;
};

static int setup(void **state)
{
    struct record *record = memory_new(sizeof *record);
    observation_init(&record->observation);
    record->reader = (struct record_reader){.observation = &record->observation, .newest_only = true, .now = 5000};
    *state = record;
    return 0;
}

static int teardown(void **state)
{
    struct record *record = *state;
    observation_release(&record->observation);
    free(record);
    return 0;
}

/* Reads FIELD, VALUE, FIELD, VALUE, ... NULL. */
static struct attempt *read_records(struct record *record, const char *const *texts)
{
    for (; *texts; texts += 2)
        record_read(&record->reader, texts[0], texts[1]);
    struct observation *observation = &record->observation;
    return observation->attempt_count ? &observation->attempts[observation->attempt_count - 1] : NULL;
}

#define READ(...) read_records(record, (const char *const[]){__VA_ARGS__, NULL})

static void test_block_of_an_attempt(void **state)
{
    struct record *record = *state;
    const struct attempt *attempt = READ("attempt", "2", "request", "nonce=ab", "request", "kind=ssh", "request",
        "checksum=1-2", "request", "parents=a=1", "request", "who=me", "request", "host=laptop", "request",
        "command=echo a=b", "request", "time=2026-11-20T21:03:02Z", "pid", "m1 4711 99 boot", "go", "run ab m1 4711",
        "started", "2026-11-20T21:03:03Z", "exit", "exit 3 2026-11-20T21:03:04Z", "cancelled", "x me@m");
    assert_int_equal(attempt->number, 2);
    assert_string_equal(attempt->nonce, "ab");
    assert_string_equal(attempt->kind, "ssh");
    assert_string_equal(attempt->checksum, "1-2");
    assert_string_equal(attempt->parents, "a=1");
    assert_string_equal(attempt->who, "me");
    assert_string_equal(attempt->from, "laptop");
    assert_string_equal(attempt->command, "echo a=b");
    assert_string_equal(attempt->machine, "m1");
    assert_int_equal(attempt->pid, 4711);
    assert_int_equal(attempt->decision, DECISION_RUN);
    assert_true(attempt->exited && attempt->cancelled && !attempt->lost);
    assert_int_equal(attempt->exit_code, 3);
    assert_int_equal(attempt->started - attempt->requested, 1000);
    assert_int_equal(attempt->ended - attempt->started, 1000);
    assert_null(attempt->cause);
}

static void test_ways_to_end(void **state)
{
    struct record *record = *state;
    const struct attempt *attempt = READ("attempt", "1", "exit", "signal 9 2026-11-20T21:03:04Z");
    assert_int_equal(attempt->signal, 9);
    assert_int_equal(attempt->exit_code, 0);
    attempt = READ("attempt", "1", "exit", "timeout 143 2026-11-20T21:03:04Z");
    assert_int_equal(attempt->exit_code, 143);
    assert_int_equal(attempt->signal, 0);
    assert_string_equal(attempt->cause, "TIMEOUT");
    attempt = READ("attempt", "1", "lost", "rebooted 2026-11-20T21:03:04Z");
    assert_true(attempt->lost && attempt->gone && !attempt->exited && attempt->ended);
    attempt = READ("attempt", "1", "go", "void x m -");
    assert_int_equal(attempt->decision, DECISION_VOID);
    attempt = READ("attempt", "1", "go", "cancelled x m -");
    assert_int_equal(attempt->decision, DECISION_CANCELLED);
    attempt = READ("attempt", "1", "exit", "exit 256 2026-11-20T21:03:04Z");
    assert_false(attempt->exited);
    attempt = READ("attempt", "1", "exit", "exit");
    assert_false(attempt->exited);
}

static void test_facts(void **state)
{
    struct record *record = *state;
    struct attributes facts;
    const struct attempt *attempt =
        READ("attempt", "1", "facts", "kernel=6.1.0\ngpu=A100, A100\nno fact\n=none\nempty=\nmodules=a:b=c");
    attributes_init(&facts);
    attempt_read_facts(attempt, &facts);
    assert_string_equal(attributes_get(&facts, "kernel"), "6.1.0");
    assert_string_equal(attributes_get(&facts, "gpu"), "A100, A100");
    assert_string_equal(attributes_get(&facts, "modules"), "a:b=c");
    assert_string_equal(attributes_get(&facts, "empty"), "");
    assert_int_equal(facts.count, 4);
    attributes_release(&facts);
}

static void test_process_on_another_machine(void **state)
{
    struct record *record = *state;
    const struct attempt *attempt =
        READ("attempt", "1", "go", "run x m2 7", "heartbeat", "20", "process", "elsewhere m2");
    assert_true(attempt->elsewhere);
    assert_int_equal(attempt->heartbeat, 5000);
    attempt = READ("process", "alive");
    assert_false(attempt->elsewhere);
}

static void test_fields_of_the_node(void **state)
{
    struct record *record = *state;
    struct observation *observation = &record->observation;
    READ("attempt", "1", "wanted", "3", "held", "x me", "skipped", "x me", "size", "123456789012", "status",
        "# cloudmesh status=running progress=30", "metric", "loss=0.5", "metric", "loss=0.25", "statusfile.metric",
        "epoch=2", "gap", "7");
    assert_int_equal(observation->wanted, 3);
    assert_true(observation->held && observation->skipped && observation->log_truncated_history);
    assert_int_equal(observation->log_size, 123456789012);
    assert_string_equal(observation->report.status, "running");
    assert_string_equal(attributes_get(&observation->report.metrics, "loss"), "0.25");
    assert_string_equal(attributes_get(&observation->report.metrics, "epoch"), "2");
    READ("wanted", "", "held", "", "skipped", "", "size", "");
    assert_int_equal(observation->wanted, 0);
    assert_false(observation->held || observation->skipped);
    assert_int_equal(observation->log_size, -1);
}

static void test_report_belongs_to_the_newest_attempt(void **state)
{
    struct record *record = *state;
    const struct observation *observation = &record->observation;
    READ("attempt", "1", "metric", "loss=1", "attempt", "1", "started", "x");
    assert_int_equal(observation->report.metrics.count, 1);
    READ("attempt", "2");
    assert_int_equal(observation->report.metrics.count, 0);
    assert_int_equal(observation->attempt_count, 2);
    /* The run directory was moved aside, and another attempt 1 was made. */
    READ("metric", "loss=1", "attempt", "1");
    assert_int_equal(observation->attempt_count, 1);
    assert_int_equal(observation->report.metrics.count, 0);
    assert_null(READ("attempt", "0"));
}

static void test_list_keeps_newer_attempts(void **state)
{
    struct record *record = *state;
    READ("attempt", "1", "attempt", "2", "metric", "loss=1");
    record->reader.newest_only = false;
    READ("attempt", "1", "request", "who=a", "attempt", "2", "request", "who=b");
    assert_int_equal(record->observation.attempt_count, 2);
    assert_string_equal(record->observation.attempts[0].who, "a");
    assert_int_equal(record->observation.report.metrics.count, 1);
}

static void test_hostile_records_change_nothing_or_little(void **state)
{
    struct record *record = *state;
    char text[32];
    assert_null(READ("go", "run x m 1", "attempt", "", "attempt", "-1", "attempt", "99999999999999999999", "exit",
        "exit 0 x", "size", "99999999999999999999", "status", "nothing", "metric", "novalue", "unknown", "x"));
    assert_int_equal(record->observation.log_size, -1);
    record->reader.newest_only = false;
    for (unsigned i = 1; i <= RECORD_ATTEMPT_LIMIT + 10; i++) {
        snprintf(text, sizeof text, "%u", i);
        READ("attempt", text);
    }
    assert_int_equal(record->observation.attempt_count, RECORD_ATTEMPT_LIMIT);
    assert_int_equal(record->observation.attempts[0].number, 11);
    for (unsigned i = 0; i < RECORD_METRIC_LIMIT + 10; i++) {
        snprintf(text, sizeof text, "m%u=1", i);
        READ("metric", text);
    }
    assert_int_equal(record->observation.report.metrics.count, RECORD_METRIC_LIMIT);
}

static const char *set_watches(
    struct watch_list *list, struct text *text, const struct workflow *workflow, const size_t *nodes, size_t count)
{
    const struct agent_place place = {.base = "/b", .workflow = "w"};
    text_clear(text);
    assert_int_equal(watch_list_set(list, &place, workflow, nodes, count, text), STATUS_OK);
    return text->data;
}

static void test_watches_are_told_once(void **state)
{
    (void)state;
    struct workflow *workflow = workflow_new();
    struct watch_list list;
    struct text text;
    size_t index;
    text_init(&text, 0);
    watch_list_init(&list);
    for (const char *const *name = (const char *const[]){"a", "b", "c c", NULL}; *name; name++)
        assert_int_equal(workflow_add_node(workflow, *name, &index), STATUS_OK);
    workflow->nodes[1].statusfile = memory_copy_text("s f");
    assert_string_equal(set_watches(&list, &text, workflow, (const size_t[]){0, 1}, 2),
        "dagtop_watch 1 /b w a ''\ndagtop_watch 2 /b w b 's f'\n");
    assert_string_equal(set_watches(&list, &text, workflow, (const size_t[]){1, 0}, 2), "");
    assert_string_equal(set_watches(&list, &text, workflow, (const size_t[]){2, 1}, 2),
        "dagtop_unwatch 1\ndagtop_watch 1 /b w 'c c' ''\n");
    watch_list_forget(&list);
    assert_string_equal(set_watches(&list, &text, workflow, (const size_t[]){2}, 1),
        "dagtop_unwatch 2\ndagtop_watch 1 /b w 'c c' ''\n");
    const struct agent_place other = {.base = NULL, .workflow = "v"};
    text_clear(&text);
    assert_int_equal(watch_list_set(&list, &other, workflow, (const size_t[]){2}, 1, &text), STATUS_OK);
    assert_string_equal(text.data, "dagtop_unwatch 1\ndagtop_watch 1 \"$HOME\"/experiment v 'c c' ''\n");
    watch_list_release(&list);
    text_release(&text);
    workflow_free(workflow);
}

static void test_contents_and_their_lines(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 0);
    content_open(&text);
    content_append(&text, "a'b\\c\0d\n", 8);
    content_append_line(&text, "name", "it's \\n");
    content_append_path_line(&text, "venv", "~/base/w/n", "~/ENV");
    content_append_path_line(&text, "directory", "~/base/w/n", "sub");
    content_append_path_line(&text, "logfile", "~/base/w/n", "/tmp/log");
    content_close(&text);
    assert_string_equal(text.data, "'a'\\''b\\\\c\\0000d\n"
                                   "name='\\''it'\\''\\\\'\\'''\\''s \\\\n'\\''\n"
                                   "venv='\\'''\"$HOME\"'/ENV'\\''\n"
                                   "directory='\\'''\"$HOME\"'/base/w/n/sub'\\''\n"
                                   "logfile='\\''/tmp/log'\\''\n'");
    text_release(&text);
}

static void test_times_of_a_clock_that_is_off(void **state)
{
    struct record *record = *state;
    record->reader.clock_difference = 600000;
    const struct attempt *attempt = READ("attempt", "1", "request", "time=2026-11-20T21:10:00Z", "go", "run ab m1 4711",
        "started", "2026-11-20T21:10:01Z", "exit", "exit 0 2026-11-20T21:10:02Z");
    wall_time begin;
    assert_true(clock_parse_utc("2026-11-20T21:00:00Z", &begin));
    assert_true(attempt->requested == begin);
    assert_true(attempt->started == begin + 1000);
    assert_true(attempt->ended == begin + 2000);
    attempt = READ("started", "no time");
    assert_true(attempt->started == 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_block_of_an_attempt),
        TEST(test_ways_to_end),
        TEST(test_times_of_a_clock_that_is_off),
        TEST(test_facts),
        TEST(test_process_on_another_machine),
        TEST(test_fields_of_the_node),
        TEST(test_report_belongs_to_the_newest_attempt),
        TEST(test_list_keeps_newer_attempts),
        TEST(test_hostile_records_change_nothing_or_little),
        cmocka_unit_test(test_watches_are_told_once),
        cmocka_unit_test(test_contents_and_their_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
