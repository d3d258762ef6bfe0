/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dagtop/base/text.h"
#include "dagtop/transport/transport.h"

enum { DEADLINE = 20000 }; /* milliseconds */

struct record {
    struct loop *loop;
    struct loop_timer *deadline;
    struct transport *transport;
    struct text received;
    unsigned opened, closed;
    struct error reason;
    const char *until;                        /* stop the loop when this was received */
    void (*react)(struct transport *);        /* called in the first `received` */
    void (*react_closed)(struct transport *); /* called in `closed` */
};

static void late(void *argument)
{
    (void)argument;
    fail_msg("the test took too long");
}

static void opened(void *argument)
{
    ((struct record *)argument)->opened++;
}

static void received(void *argument, const char *bytes, size_t length)
{
    struct record *record = argument;
    assert_int_equal(record->closed, 0);
    assert_int_equal(record->opened, 1);
    text_append(&record->received, bytes, length);
    if (record->react) {
        record->react(record->transport);
        record->react = NULL;
    }
    if (record->until && strstr(record->received.data, record->until))
        loop_stop(record->loop);
}

static void closed(void *argument, const struct error *reason)
{
    struct record *record = argument;
    record->closed++;
    record->reason = *reason;
    if (record->react_closed)
        record->react_closed(record->transport);
    loop_stop(record->loop);
}

static void stop_loop(void *argument)
{
    loop_stop(argument);
}

static int setup(void **state)
{
    struct record *record = calloc(1, sizeof *record);
    record->loop = loop_new();
    record->deadline = loop_timer_new(record->loop, late, NULL);
    loop_timer_start(record->deadline, DEADLINE, 0);
    text_init(&record->received, 0);
    *state = record;
    return 0;
}

static int teardown(void **state)
{
    struct record *record = *state;
    loop_timer_free(record->deadline);
    loop_free(record->loop);
    text_release(&record->received);
    free(record);
    return 0;
}

static void open_shell(struct record *record, const char *shell)
{
    struct transport_events events = {.opened = opened, .received = received, .closed = closed, .argument = record};
    struct error error;
    assert_int_equal(transport_open_local(record->loop, shell, &events, &record->transport, &error), STATUS_OK);
    assert_int_equal(record->opened, 0);
}

static void send(struct record *record, const char *text)
{
    assert_int_equal(transport_write(record->transport, text, strlen(text)), STATUS_OK);
}

static void run_until(struct record *record, const char *text)
{
    record->until = text;
    loop_run(record->loop);
    record->until = NULL;
}

static void test_shell_answers(void **state)
{
    struct record *record = *state;
    open_shell(record, NULL);
    send(record, "echo $((6 * 7))\n");
    run_until(record, "42\n");
    assert_string_equal(record->received.data, "42\n");
    uint64_t out, in;
    transport_traffic(record->transport, &out, &in);
    assert_int_equal(out, 16);
    assert_int_equal(in, 3);
    assert_int_equal(transport_queued(record->transport), 0);
    transport_close(record->transport);
    assert_int_equal(record->closed, 0);
    loop_run(record->loop);
    assert_int_equal(record->closed, 1);
    assert_int_equal(record->reason.status, STATUS_OK);
    assert_int_equal(transport_write(record->transport, "x", 1), STATUS_DISCONNECTED);
    transport_close(record->transport);
    loop_run_once(record->loop, false);
    assert_int_equal(record->closed, 1);
    transport_free(record->transport);
}

static void test_shell_that_is_not_there(void **state)
{
    struct record *record = *state;
    struct transport_events events = {.opened = opened, .received = received, .closed = closed, .argument = record};
    struct error error;
    assert_int_equal(
        transport_open_local(record->loop, "/no/such/shell", &events, &record->transport, &error), STATUS_SYSTEM);
    loop_run_once(record->loop, false);
    assert_int_equal(record->opened + record->closed, 0);
}

static void test_shell_that_ends_says_how(void **state)
{
    struct record *record = *state;
    open_shell(record, NULL);
    send(record, "echo last words; exit 3\n");
    loop_run(record->loop);
    assert_string_equal(record->received.data, "last words\n");
    assert_int_equal(record->closed, 1);
    assert_int_equal(record->reason.status, STATUS_DISCONNECTED);
    assert_non_null(strstr(record->reason.message, "exit code 3"));
    transport_free(record->transport);
}

static void test_shell_that_is_killed_while_a_child_holds_the_pipe(void **state)
{
    struct record *record = *state;
    open_shell(record, NULL);
    send(record, "sleep 60 & echo $! .; kill -9 $$\n");
    loop_run(record->loop);
    assert_int_equal(record->closed, 1);
    assert_non_null(strstr(record->reason.message, "signal 9"));
    transport_free(record->transport);
    kill(atoi(record->received.data), SIGKILL);
}

/* More than any pipe holds goes out while more than any pipe holds comes back. */
static void test_large_amounts_both_ways(void **state)
{
    struct record *record = *state;
    enum { LINES = 40000 };
    open_shell(record, NULL);
    send(record, "echo ready; exec cat\n");
    run_until(record, "ready\n");
    text_clear(&record->received);
    struct text sent;
    text_init(&sent, 0);
    for (unsigned i = 0; i < LINES; i++)
        text_append_format(&sent, "line %u of a long message\n", i);
    text_append_string(&sent, "the end\n");
    send(record, sent.data);
    assert_true(transport_queued(record->transport) > 0);
    run_until(record, "the end\n");
    assert_string_equal(record->received.data, sent.data);
    assert_int_equal(transport_queued(record->transport), 0);
    text_release(&sent);
    transport_free(record->transport);
}

static void test_queue_has_a_limit(void **state)
{
    struct record *record = *state;
    open_shell(record, NULL);
    size_t size = TRANSPORT_QUEUE_LIMIT;
    char *bytes = calloc(size, 1);
    assert_int_equal(transport_write(record->transport, bytes, size), STATUS_OK);
    assert_int_equal(transport_write(record->transport, bytes, 1), STATUS_TOO_LARGE);
    assert_int_equal(transport_queued(record->transport), size);
    free(bytes);
    transport_free(record->transport);
    loop_run_once(record->loop, false);
    assert_int_equal(record->opened + record->closed, 0);
}

static void test_close_from_within_received(void **state)
{
    struct record *record = *state;
    open_shell(record, NULL);
    send(record, "echo one; echo two\n");
    record->react = transport_close;
    loop_run(record->loop);
    assert_int_equal(record->closed, 1);
    assert_int_equal(record->reason.status, STATUS_OK);
    transport_free(record->transport);
}

static void test_free_from_within_received_is_silent(void **state)
{
    struct record *record = *state;
    open_shell(record, NULL);
    send(record, "echo one; echo two\n");
    record->react = transport_free;
    run_until(record, "one");
    loop_run_once(record->loop, false);
    assert_int_equal(record->closed, 0);
}

static void test_free_from_within_closed(void **state)
{
    struct record *record = *state;
    open_shell(record, NULL);
    transport_close(record->transport);
    record->react_closed = transport_free;
    loop_run(record->loop);
    assert_int_equal(record->closed, 1);
    assert_int_equal(record->opened, 0);
}

/* What a crash of this process does: the shell's input ends, and with it the shell. */
static void test_shell_ends_with_its_input(void **state)
{
    struct record *record = *state;
    open_shell(record, NULL);
    send(record, "echo $$ .\n");
    run_until(record, ".");
    pid_t shell = atoi(record->received.data);
    assert_int_equal(getsid(shell), shell);
    transport_free(record->transport);
    struct loop_timer *tick = loop_timer_new(record->loop, stop_loop, record->loop);
    loop_timer_start(tick, 1, 1);
    while (kill(shell, 0) == 0)
        loop_run(record->loop);
    assert_int_equal(errno, ESRCH);
    loop_timer_free(tick);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_shell_answers),
        TEST(test_shell_that_is_not_there),
        TEST(test_shell_that_ends_says_how),
        TEST(test_shell_that_is_killed_while_a_child_holds_the_pipe),
        TEST(test_large_amounts_both_ways),
        TEST(test_queue_has_a_limit),
        TEST(test_close_from_within_received),
        TEST(test_free_from_within_received_is_silent),
        TEST(test_free_from_within_closed),
        TEST(test_shell_ends_with_its_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
