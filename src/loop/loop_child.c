/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "loop_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "dagtop/base/memory.h"

struct loop_child {
    uv_process_t uv;
    struct loop *loop;
    loop_child_function *function; /* NULL: forgotten */
    void *argument;
    int ends[3]; /* this process's ends of the child's stdin, stdout and stderr, or -1 */
    bool exited;
};

static void close_end(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

static void call_exited(uv_process_t *uv, int64_t exit_status, int signal)
{
    struct loop_child *child = uv->data;
    child->exited = true;
    if (child->function)
        child->function(child->argument, (int)exit_status, signal);
    else
        loop_close_handle(uv);
}

/* A pipe of which the child gets one end, and the other is ours and non-blocking. */
static enum status make_pipe(int number, int *ours, int *theirs, struct error *error)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_set_errno(error, errno, "cannot make a pipe");
    bool child_reads = number == STDIN_FILENO;
    *ours = ends[child_reads ? 1 : 0];
    *theirs = ends[child_reads ? 0 : 1];
    fcntl(*ours, F_SETFL, fcntl(*ours, F_GETFL) | O_NONBLOCK);
    return STATUS_OK;
}

static enum status make_pipes(
    struct loop_child *child, const struct loop_child_options *options, int theirs[3], struct error *error)
{
    const bool wanted[3] = {options->want_stdin, options->want_stdout, options->want_stderr};
    enum status status = STATUS_OK;
    for (int i = 0; i < 3 && status == STATUS_OK; i++) {
        if (wanted[i] && !options->inherit)
            status = make_pipe(i, &child->ends[i], &theirs[i], error);
    }
    return status;
}

static void close_ends(struct loop_child *child)
{
    for (int i = 0; i < 3; i++)
        close_end(&child->ends[i]);
}

/* Frees the child where it fails, as libuv wants it: even a failed spawn leaves a handle that must be closed. */
static enum status spawn(
    struct loop_child *child, const struct loop_child_options *options, const int theirs[3], struct error *error)
{
    uv_stdio_container_t stdio[3] = {{.flags = UV_IGNORE}, {.flags = UV_IGNORE}, {.flags = UV_IGNORE}};
    for (int i = 0; i < 3; i++) {
        if (options->inherit || theirs[i] >= 0) {
            stdio[i].flags = UV_INHERIT_FD;
            stdio[i].data.fd = options->inherit ? i : theirs[i];
        }
    }
    uv_process_options_t spawned = {
        .exit_cb = call_exited,
        .file = options->arguments[0],
        .args = (char **)options->arguments,
        .env = (char **)options->environment,
        .cwd = options->directory,
        .flags = options->detached ? UV_PROCESS_DETACHED : 0,
        .stdio_count = 3,
        .stdio = stdio,
    };
    int failure = uv_spawn(&child->loop->uv, &child->uv, &spawned);
    loop_adopt(child->loop, &child->uv, child);
    if (failure == 0)
        return STATUS_OK;
    close_ends(child);
    loop_release(child->loop, &child->uv);
    return error_set(error, STATUS_SYSTEM, "cannot run %s: %s", options->arguments[0], uv_strerror(failure));
}

enum status loop_child_new(struct loop *loop, const struct loop_child_options *options, loop_child_function *exited,
    void *argument, struct loop_child **result, struct error *error)
{
    struct loop_child *child = memory_new(sizeof *child);
    *child = (struct loop_child){.loop = loop, .function = exited, .argument = argument, .ends = {-1, -1, -1}};
    int theirs[3] = {-1, -1, -1};
    enum status status = make_pipes(child, options, theirs, error);
    if (status == STATUS_OK)
        status = spawn(child, options, theirs, error);
    else
        close_ends(child), free(child);
    for (int i = 0; i < 3; i++)
        close_end(&theirs[i]);
    if (status == STATUS_OK)
        *result = child;
    return status;
}

int loop_child_stdin(const struct loop_child *child)
{
    return child->ends[STDIN_FILENO];
}

int loop_child_stdout(const struct loop_child *child)
{
    return child->ends[STDOUT_FILENO];
}

int loop_child_stderr(const struct loop_child *child)
{
    return child->ends[STDERR_FILENO];
}

void loop_child_close_stdin(struct loop_child *child)
{
    close_end(&child->ends[STDIN_FILENO]);
}

int64_t loop_child_process(const struct loop_child *child)
{
    return uv_process_get_pid(&child->uv);
}

void loop_child_kill(struct loop_child *child, int signal)
{
    if (!child->exited)
        uv_process_kill(&child->uv, signal);
}

void loop_child_free(struct loop_child *child)
{
    if (!child)
        return;
    close_ends(child);
    child->function = NULL;
    if (child->exited) {
        loop_release(child->loop, &child->uv);
        return;
    }
    /* The handle stays to reap the child, and keeps no loop running. */
    child->loop->handles--;
    uv_unref((uv_handle_t *)&child->uv);
}
