/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "dagtop/loop/loop.h"

/* What callbacks write down. */
struct record {
    struct loop *loop;
    unsigned calls;
    int events, exit_status, signal, descriptor;
    struct loop_hook *hook;
    struct loop_timer *timer, *other;
    struct loop_watch *watch;
    struct loop_child *child;
};

static int setup(void **state)
{
    struct record *record = calloc(1, sizeof *record);
    record->loop = loop_new();
    *state = record;
    return 0;
}

static int teardown(void **state)
{
    struct record *record = *state;
    loop_free(record->loop);
    free(record);
    return 0;
}

static void count(void *argument)
{
    ((struct record *)argument)->calls++;
}

static void count_and_stop(void *argument)
{
    count(argument);
    loop_stop(((struct record *)argument)->loop);
}

static void test_run_ends_when_nothing_is_left(void **state)
{
    struct record *record = *state;
    struct loop_timer *timer = loop_timer_new(record->loop, count, record);
    loop_run(record->loop);
    assert_int_equal(record->calls, 0);
    loop_timer_start(timer, 1, 0);
    assert_true(loop_timer_is_active(timer));
    loop_run(record->loop);
    assert_int_equal(record->calls, 1);
    assert_false(loop_timer_is_active(timer));
    loop_timer_free(timer);
}

static void count_to_three(void *argument)
{
    struct record *record = argument;
    if (++record->calls == 3)
        loop_timer_stop(record->timer);
}

static void test_timer_repeats_until_stopped(void **state)
{
    struct record *record = *state;
    record->timer = loop_timer_new(record->loop, count_to_three, record);
    loop_timer_start(record->timer, 0, 1);
    loop_run(record->loop);
    assert_int_equal(record->calls, 3);
    loop_timer_free(record->timer);
}

static void start_again(void *argument)
{
    struct record *record = argument;
    if (++record->calls == 1)
        loop_hook_ask(record->hook);
    loop_timer_start(record->timer, 0, 0);
}

static void stop_all(void *argument)
{
    struct record *record = argument;
    loop_stop(record->loop);
}

static void test_timer_without_delay_starves_nobody(void **state)
{
    struct record *record = *state;
    record->timer = loop_timer_new(record->loop, start_again, record);
    record->hook = loop_hook_new(record->loop, stop_all, record);
    loop_timer_start(record->timer, 0, 0);
    loop_run(record->loop);
    assert_int_equal(record->calls, 1);
    loop_timer_free(record->timer);
    loop_hook_free(record->hook);
}

static void free_both(void *argument)
{
    struct record *record = argument;
    record->calls++;
    loop_timer_free(record->timer);
    loop_timer_free(record->other);
}

static void test_callback_may_free_its_own_and_other_handles(void **state)
{
    struct record *record = *state;
    record->timer = loop_timer_new(record->loop, free_both, record);
    record->other = loop_timer_new(record->loop, free_both, record);
    loop_timer_start(record->timer, 0, 1);
    loop_timer_start(record->other, 0, 1);
    loop_run(record->loop);
    assert_int_equal(record->calls, 1);
}

static void ask_twice_again(void *argument)
{
    struct record *record = argument;
    if (++record->calls < 3) {
        loop_hook_ask(record->hook);
        loop_hook_ask(record->hook);
    }
}

static void test_hook_is_called_once_a_turn(void **state)
{
    struct record *record = *state;
    record->hook = loop_hook_new(record->loop, ask_twice_again, record);
    loop_hook_ask(record->hook);
    loop_hook_ask(record->hook);
    loop_run_once(record->loop, false);
    assert_int_equal(record->calls, 1);
    loop_run_once(record->loop, true);
    assert_int_equal(record->calls, 2);
    loop_run(record->loop);
    assert_int_equal(record->calls, 3);
    loop_hook_free(record->hook);
}

static void read_byte(void *argument, int events)
{
    struct record *record = argument;
    char byte;
    record->events = events;
    record->calls++;
    if (read(record->descriptor, &byte, 1) <= 0)
        loop_watch_set(record->watch, 0);
}

static void test_watch_tells_readable_and_end(void **state)
{
    struct record *record = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    record->descriptor = ends[0];
    record->watch = loop_watch_new(record->loop, ends[0], read_byte, record);
    assert_int_equal(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
    loop_watch_set(record->watch, LOOP_READABLE);
    loop_run_once(record->loop, false);
    assert_int_equal(record->calls, 0);
    assert_int_equal(write(ends[1], "xy", 2), 2);
    close(ends[1]);
    loop_run(record->loop);
    assert_int_equal(record->calls, 3);
    assert_int_equal(record->events, LOOP_READABLE);
    loop_watch_free(record->watch);
    close(ends[0]);
}

static void test_watch_takes_what_cannot_be_polled(void **state)
{
    struct record *record = *state;
    record->descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
    record->watch = loop_watch_new(record->loop, record->descriptor, read_byte, record);
    loop_watch_set(record->watch, LOOP_READABLE);
    loop_run(record->loop);
    assert_int_equal(record->calls, 1);
    loop_watch_free(record->watch);
    close(record->descriptor);
}

static void test_write_to_a_closed_pipe_is_an_error_not_a_signal(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), -1);
    assert_int_equal(errno, EPIPE);
    close(ends[1]);
}

static void child_ended(void *argument, int exit_status, int signal)
{
    struct record *record = argument;
    record->calls++;
    record->exit_status = exit_status;
    record->signal = signal;
}

static void run_shell(struct record *record, const char *command, struct loop_child_options options)
{
    char *arguments[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};
    options.arguments = arguments;
    struct error error;
    assert_int_equal(loop_child_new(record->loop, &options, child_ended, record, &record->child, &error), STATUS_OK);
    assert_int_equal(record->calls, 0);
}

static void test_child_tells_exit_and_signal(void **state)
{
    struct record *record = *state;
    run_shell(record, "exit 7", (struct loop_child_options){0});
    loop_run(record->loop);
    assert_int_equal(record->calls, 1);
    assert_int_equal(record->exit_status, 7);
    loop_child_free(record->child);
    record->calls = 0;
    /* The ignored SIGPIPE of this process is not the child's. */
    run_shell(record, "kill -PIPE $$; exit 1", (struct loop_child_options){0});
    loop_run(record->loop);
    assert_int_equal(record->signal, SIGPIPE);
    loop_child_free(record->child);
}

static void test_child_has_pipes_and_nothing_else(void **state)
{
    struct record *record = *state;
    int stray = open("/dev/null", O_RDONLY | O_CLOEXEC);
    run_shell(record, "read line; echo got $line; echo bad >&2; test -e /proc/self/fd/3 && echo leak",
        (struct loop_child_options){.want_stdin = true, .want_stdout = true, .want_stderr = true, .directory = "/"});
    assert_true(fcntl(loop_child_stdout(record->child), F_GETFL) & O_NONBLOCK);
    assert_int_equal(write(loop_child_stdin(record->child), "it\n", 3), 3);
    loop_child_close_stdin(record->child);
    assert_int_equal(loop_child_stdin(record->child), -1);
    loop_run(record->loop);
    char output[64] = "", complaint[64] = "";
    assert_true(read(loop_child_stdout(record->child), output, sizeof output - 1) > 0);
    assert_true(read(loop_child_stderr(record->child), complaint, sizeof complaint - 1) > 0);
    assert_string_equal(output, "got it\n");
    assert_string_equal(complaint, "bad\n");
    loop_child_free(record->child);
    close(stray);
}

static void test_detached_child_leads_a_session(void **state)
{
    struct record *record = *state;
    run_shell(record, "read line", (struct loop_child_options){.want_stdin = true, .detached = true});
    pid_t process = (pid_t)loop_child_process(record->child);
    assert_int_equal(getsid(process), process);
    loop_child_kill(record->child, SIGKILL);
    loop_run(record->loop);
    assert_int_equal(record->signal, SIGKILL);
    loop_child_free(record->child);
}

static void test_program_that_is_not_there_fails_at_once(void **state)
{
    struct record *record = *state;
    char *arguments[] = {(char *)"/no/such/program", NULL};
    struct loop_child_options options = {.arguments = arguments, .want_stdin = true};
    struct error error;
    assert_int_equal(
        loop_child_new(record->loop, &options, child_ended, record, &record->child, &error), STATUS_SYSTEM);
    assert_non_null(strstr(error.message, "/no/such/program"));
    loop_run(record->loop);
    assert_int_equal(record->calls, 0);
}

static void test_no_descriptors_for_pipes_is_an_error(void **state)
{
    struct record *record = *state;
    struct rlimit old, none;
    getrlimit(RLIMIT_NOFILE, &old);
    none = old;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    char *arguments[] = {(char *)"true", NULL};
    struct loop_child_options options = {.arguments = arguments, .want_stdin = true};
    struct error error;
    enum status status = loop_child_new(record->loop, &options, child_ended, record, &record->child, &error);
    setrlimit(RLIMIT_NOFILE, &old);
    assert_int_equal(status, STATUS_SYSTEM);
}

static bool is_gone(pid_t process)
{
    return kill(process, 0) < 0 && errno == ESRCH;
}

static void test_forgotten_child_is_reaped_silently(void **state)
{
    struct record *record = *state;
    struct loop_timer *timer = loop_timer_new(record->loop, count_and_stop, record);
    run_shell(record, "read line", (struct loop_child_options){.want_stdin = true});
    pid_t process = (pid_t)loop_child_process(record->child);
    loop_child_free(record->child); /* its input ends, so it ends */
    for (int turn = 0; turn < 1000 && !is_gone(process); turn++) {
        record->calls = 0;
        loop_timer_start(timer, 5, 0);
        loop_run(record->loop);
    }
    assert_true(is_gone(process));
    assert_int_equal(record->exit_status, 0);
    loop_timer_free(timer);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_loop_may_end_before_a_forgotten_child(void **state)
{
    struct record *record = *state;
    char *arguments[] = {(char *)"sleep", (char *)"60", NULL};
    struct loop_child_options options = {.arguments = arguments};
    struct loop *loop = loop_new();
    assert_int_equal(loop_child_new(loop, &options, child_ended, record, &record->child, NULL), STATUS_OK);
    pid_t process = (pid_t)loop_child_process(record->child);
    loop_child_free(record->child);
    loop_run(loop); /* does not wait for it */
    loop_free(loop);
    kill(process, SIGKILL);
    assert_int_equal(waitpid(process, NULL, 0), process);
    assert_int_equal(record->calls, 0);
}

static void test_children_of_others_are_left_alone(void **state)
{
    struct record *record = *state;
    pid_t other = fork();
    if (other == 0)
        _exit(3);
    run_shell(record, "exit 0", (struct loop_child_options){0});
    loop_run(record->loop);
    loop_child_free(record->child);
    int status;
    assert_int_equal(waitpid(other, &status, 0), other);
    assert_int_equal(WEXITSTATUS(status), 3);
}

static void test_signal_calls_back(void **state)
{
    struct record *record = *state;
    struct loop_signal *watched = loop_signal_new(record->loop, SIGUSR1, count_and_stop, record);
    raise(SIGUSR1);
    loop_run(record->loop);
    assert_int_equal(record->calls, 1);
    loop_signal_free(watched);
}

static void test_file_watch_tells_a_change(void **state)
{
    struct record *record = *state;
    char path[] = "/tmp/dagtop-loop-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    struct loop_file_watch *watch = loop_file_watch_new(record->loop, path, count_and_stop, record);
    assert_non_null(watch);
    assert_int_equal(write(descriptor, "x", 1), 1);
    loop_run(record->loop);
    assert_int_equal(record->calls, 1);
    loop_file_watch_free(watch);
    assert_null(loop_file_watch_new(record->loop, "/no/such/file", count, record));
    close(descriptor);
    unlink(path);
}

/* A loop whose only handle is paused or waits far ahead does not turn by itself. */
static void test_idle_costs_nothing(void **state)
{
    struct record *record = *state;
    struct loop_hook *hook = loop_hook_new(record->loop, count, record);
    loop_hook_ask(hook);
    struct loop_timer *timer = loop_timer_new(record->loop, count_and_stop, record);
    loop_timer_start(timer, 30, 0);
    unsigned turns = 0;
    while (record->calls < 2 && turns < 100) {
        loop_run_once(record->loop, true);
        turns++;
    }
    assert_int_equal(record->calls, 2);
    assert_true(turns <= 4);
    loop_hook_free(hook);
    loop_timer_free(timer);
}

struct job {
    struct record *record;
    int ran, done, released;
    int pipe[2]; /* the thread waits for a byte */
};

static void job_run(void *argument)
{
    struct job *job = argument;
    char byte;
    job->ran += read(job->pipe[0], &byte, 1) == 1;
}

static void job_done(void *argument)
{
    struct job *job = argument;
    job->done++;
    loop_stop(job->record->loop);
}

static void job_release(void *argument)
{
    struct job *job = argument;
    job->released++;
    /* Tells a test that has let go of it. */
    close(job->pipe[0]);
}

static void test_work_runs_on_a_thread(void **state)
{
    struct job job = {.record = *state};
    struct loop_work *work = NULL;
    struct error error;
    assert_int_equal(pipe(job.pipe), 0);
    assert_int_equal(loop_work_new(job.record->loop, job_run, job_done, job_release, &job, &work, &error), STATUS_OK);
    loop_run_once(job.record->loop, false);
    assert_int_equal(job.done, 0);
    assert_int_equal(write(job.pipe[1], "x", 1), 1);
    loop_run(job.record->loop);
    assert_int_equal(job.ran, 1);
    assert_int_equal(job.done, 1);
    loop_work_free(work);
    assert_int_equal(job.released, 1);
    close(job.pipe[1]);
}

static void test_work_may_be_left_alone(void **state)
{
    struct job job = {.record = *state};
    struct loop_work *work = NULL;
    struct error error;
    assert_int_equal(pipe(job.pipe), 0);
    assert_int_equal(loop_work_new(job.record->loop, job_run, job_done, job_release, &job, &work, &error), STATUS_OK);
    loop_work_free(work);
    assert_int_equal(write(job.pipe[1], "x", 1), 1);
    /* When the last reader has closed the pipe, the job was released. */
    while (write(job.pipe[1], "x", 1) == 1)
        usleep(100);
    assert_int_equal(job.done, 0);
    close(job.pipe[1]);
}

static void test_async_calls_from_any_thread(void **state)
{
    struct record *record = *state;
    struct loop_async *async = loop_async_new(record->loop, count_and_stop, record);
    loop_async_send(async);
    loop_async_send(async);
    loop_run(record->loop);
    assert_int_equal(record->calls, 1);
    loop_async_free(async);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_run_ends_when_nothing_is_left),
        TEST(test_timer_repeats_until_stopped),
        TEST(test_timer_without_delay_starves_nobody),
        TEST(test_callback_may_free_its_own_and_other_handles),
        TEST(test_hook_is_called_once_a_turn),
        TEST(test_watch_tells_readable_and_end),
        TEST(test_watch_takes_what_cannot_be_polled),
        TEST(test_write_to_a_closed_pipe_is_an_error_not_a_signal),
        TEST(test_child_tells_exit_and_signal),
        TEST(test_child_has_pipes_and_nothing_else),
        TEST(test_detached_child_leads_a_session),
        TEST(test_program_that_is_not_there_fails_at_once),
        TEST(test_no_descriptors_for_pipes_is_an_error),
        TEST(test_forgotten_child_is_reaped_silently),
        TEST(test_loop_may_end_before_a_forgotten_child),
        TEST(test_children_of_others_are_left_alone),
        TEST(test_signal_calls_back),
        TEST(test_file_watch_tells_a_change),
        TEST(test_idle_costs_nothing),
        TEST(test_work_runs_on_a_thread),
        TEST(test_work_may_be_left_alone),
        TEST(test_async_calls_from_any_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
