/* SPDX-License-Identifier: Apache-2.0 */
#include "transport_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dagtop/base/memory.h"

/* A shell on this machine: two pipes. When this process dies they close, and the shell reads its end of file. */
struct transport_local {
    struct transport transport;
    struct loop_child *child;
    struct loop_watch *input, *output; /* the shell's stdin and stdout */
    struct loop_hook *opener;
};

enum { CHUNK = 64 << 10, CHUNKS_IN_A_TURN = 16 };

static size_t write_some(struct transport *transport, const char *bytes, size_t length)
{
    struct transport_local *local = (struct transport_local *)transport;
    ssize_t written = write(loop_child_stdin(local->child), bytes, length);
    bool full = written < 0 && (errno == EAGAIN || errno == EINTR);
    /* Another error says that the shell reads no more: its end is reported when it comes. */
    loop_watch_set(local->input, full || (written >= 0 && (size_t)written < length) ? LOOP_WRITABLE : 0);
    return written > 0 ? (size_t)written : 0;
}

static void call_writable(void *argument, int events)
{
    (void)events;
    transport_flush(argument);
}

/* Reads what is there. True at the end of file; *gone where the transport is. */
static bool drain(struct transport_local *local, unsigned chunks, bool *gone)
{
    char bytes[CHUNK];
    int descriptor = loop_child_stdout(local->child);
    *gone = false;
    for (unsigned i = 0; i < chunks; i++) {
        ssize_t length = read(descriptor, bytes, sizeof bytes);
        if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR))
            return true;
        if (length < 0)
            return false;
        if (!transport_report_received(&local->transport, bytes, (size_t)length)) {
            *gone = true;
            return false;
        }
    }
    return false;
}

static void call_readable(void *argument, int events)
{
    (void)events;
    struct transport_local *local = argument;
    bool gone;
    /* After the end of file the shell's exit follows, which says why. */
    if (drain(local, CHUNKS_IN_A_TURN, &gone))
        loop_watch_set(local->output, 0);
}

static void call_exited(void *argument, int exit_status, int signal)
{
    struct transport_local *local = argument;
    bool gone;
    drain(local, TRANSPORT_QUEUE_LIMIT / CHUNK, &gone);
    if (gone)
        return;
    struct error reason;
    if (signal)
        error_set(&reason, STATUS_DISCONNECTED, "the shell was ended by signal %d (%s)", signal, strsignal(signal));
    else
        error_set(&reason, STATUS_DISCONNECTED, "the shell ended with exit code %d", exit_status);
    transport_report_ended(&local->transport, &reason);
}

static void call_opened(void *argument)
{
    struct transport_local *local = argument;
    if (transport_report_opened(&local->transport))
        loop_watch_set(local->output, LOOP_READABLE);
}

static void stop(struct transport *transport)
{
    struct transport_local *local = (struct transport_local *)transport;
    loop_hook_free(local->opener);
    loop_watch_free(local->input);
    loop_watch_free(local->output);
    loop_child_free(local->child);
}

static const struct transport_operations operations = {.write = write_some, .stop = stop};

enum status transport_open_local(struct loop *loop, const char *shell, const struct transport_events *events,
    struct transport **transport, struct error *error)
{
    struct transport_local *local = memory_new(sizeof *local);
    char *arguments[] = {(char *)(shell ? shell : "/bin/sh"), NULL};
    struct loop_child_options options = {
        .arguments = arguments, .detached = true, .want_stdin = true, .want_stdout = true};
    enum status status = loop_child_new(loop, &options, call_exited, local, &local->child, error);
    if (status != STATUS_OK) {
        free(local);
        return status;
    }
    transport_init(&local->transport, &operations, loop, events);
    local->input = loop_watch_new(loop, loop_child_stdin(local->child), call_writable, local);
    local->output = loop_watch_new(loop, loop_child_stdout(local->child), call_readable, local);
    local->opener = loop_hook_new(loop, call_opened, local);
    loop_hook_ask(local->opener);
    *transport = &local->transport;
    return STATUS_OK;
}
