/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop: timers, descriptors, children, signals, and one hook a turn. libuv behind a small door.
 *
 * Every callback runs on the thread of loop_run and may free any handle, its own included. A freed handle never calls
 * back again. Handles belong to whoever made them; loop_free aborts when one is left, so that tests find leaks.
 */
#ifndef DAGTOP_LOOP_LOOP_H
#define DAGTOP_LOOP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dagtop/base/status.h"

struct loop;
struct loop_timer;
struct loop_watch;
struct loop_child;
struct loop_signal;
struct loop_file_watch;
struct loop_async;
struct loop_work;

typedef void loop_function(void *argument);

struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Runs until loop_stop, or until nothing is left that could call back. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Runs one turn: handles what is due, waiting for it when wait is true. */
void loop_run_once(struct loop *loop, bool wait);

/* Milliseconds of the monotonic clock as of this turn. */
int64_t loop_now(const struct loop *loop);

/* Calls function before the loop next waits; once, however often it is asked for between (the place for redrawing). */
struct loop_hook;
struct loop_hook *loop_hook_new(struct loop *loop, loop_function *function, void *argument);
void loop_hook_ask(struct loop_hook *hook);
void loop_hook_free(struct loop_hook *hook);

/* A timer, not yet started. start: after delay milliseconds, then every repeat milliseconds (0: once). */
struct loop_timer *loop_timer_new(struct loop *loop, loop_function *function, void *argument);
void loop_timer_start(struct loop_timer *timer, int64_t delay, int64_t repeat);
void loop_timer_stop(struct loop_timer *timer);
bool loop_timer_is_active(const struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer);

/* Watches a descriptor, which stays the caller's and must outlive the watch. */
enum loop_events { LOOP_READABLE = 1 << 0, LOOP_WRITABLE = 1 << 1 };
typedef void loop_watch_function(void *argument, int events);
struct loop_watch *loop_watch_new(struct loop *loop, int descriptor, loop_watch_function *function, void *argument);
void loop_watch_set(struct loop_watch *watch, int events); /* 0: pause */
void loop_watch_free(struct loop_watch *watch);

/*
 * A child process with pipes on stdin and stdout (non-blocking, the caller's ends; -1 where not asked for). stderr goes
 * to a third pipe or /dev/null. exited is called once, with exit status and signal, after loop_child_new has returned.
 */
struct loop_child_options {
    char *const *arguments;   /* NULL-terminated; [0] is the program, searched on PATH */
    char *const *environment; /* NULL: this process's */
    const char *directory;    /* NULL: this process's */
    bool detached;            /* in a session of its own */
    bool want_stdin, want_stdout, want_stderr;
    bool inherit; /* stdin, stdout and stderr are this process's: a terminal handed over */
};
typedef void loop_child_function(void *argument, int exit_status, int signal);
enum status loop_child_new(struct loop *loop, const struct loop_child_options *options, loop_child_function *exited,
    void *argument, struct loop_child **child, struct error *error) MUST_CHECK;
int loop_child_stdin(const struct loop_child *child);
int loop_child_stdout(const struct loop_child *child);
int loop_child_stderr(const struct loop_child *child);
void loop_child_close_stdin(struct loop_child *child);
int64_t loop_child_process(const struct loop_child *child);
void loop_child_kill(struct loop_child *child, int signal);

/* Forgets the child and closes its pipes; a child that still runs is not killed, its end is reaped silently. */
void loop_child_free(struct loop_child *child);

/* Calls function whenever the signal arrives. */
struct loop_signal *loop_signal_new(struct loop *loop, int signal, loop_function *function, void *argument);
void loop_signal_free(struct loop_signal *signal);

/*
 * Calls function on the loop's thread, soon after loop_async_send was called on any thread; several calls may become
 * one. The sender makes sure that it is not freed meanwhile.
 */
struct loop_async *loop_async_new(struct loop *loop, loop_function *function, void *argument);
void loop_async_send(struct loop_async *async);
void loop_async_free(struct loop_async *async);

/*
 * Runs run on a thread of its own, then done on the loop's thread. loop_work_free may come at any time: where the
 * thread still runs, it is left to its end and done is not called. release is called once, when neither run nor the
 * loop needs the argument any more, on either thread; where it fails, before it returns.
 */
enum status loop_work_new(struct loop *loop, loop_function *run, loop_function *done, loop_function *release,
    void *argument, struct loop_work **work, struct error *error) MUST_CHECK;
void loop_work_free(struct loop_work *work);

/* Calls function when the file at path may have changed (inotify); NULL where it cannot be watched. */
struct loop_file_watch *loop_file_watch_new(
    struct loop *loop, const char *path, loop_function *function, void *argument);
void loop_file_watch_free(struct loop_file_watch *watch);

#endif
