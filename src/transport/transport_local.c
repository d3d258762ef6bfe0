/* SPDX-License-Identifier: Apache-2.0 */
#include "child_stream.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"

/* A shell on this machine: two pipes. When this process dies they close, and the shell reads its end of file. */
struct transport_local {
    struct transport transport;
    struct child_stream stream;
    struct loop_hook *opener;
};

static size_t write_some(struct transport *transport, const char *bytes, size_t length)
{
    return child_stream_write(&((struct transport_local *)transport)->stream, bytes, length);
}

static bool take(void *argument, const char *bytes, size_t length)
{
    return transport_report_received(argument, bytes, length);
}

static void call_exited(void *argument, int exit_status, int signal)
{
    struct transport_local *local = argument;
    if (!child_stream_finish(&local->stream))
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
        child_stream_listen(&local->stream);
}

static void stop(struct transport *transport)
{
    struct transport_local *local = (struct transport_local *)transport;
    loop_hook_free(local->opener);
    child_stream_release(&local->stream);
}

static const struct transport_operations operations = {.write = write_some, .stop = stop};

enum status transport_open_local(struct loop *loop, const char *shell, const struct transport_events *events,
    struct transport **transport, struct error *error)
{
    struct transport_local *local = memory_new(sizeof *local);
    char *arguments[] = {(char *)(shell ? shell : "/bin/sh"), NULL};
    struct loop_child_options options = {
        .arguments = arguments, .detached = true, .want_stdin = true, .want_stdout = true};
    enum status status = loop_child_new(loop, &options, call_exited, local, &local->stream.child, error);
    if (status != STATUS_OK) {
        free(local);
        return status;
    }
    transport_init(&local->transport, &operations, loop, events);
    local->stream.transport = &local->transport;
    local->stream.received = take;
    local->stream.argument = &local->transport;
    child_stream_init(&local->stream);
    local->opener = loop_hook_new(loop, call_opened, local);
    loop_hook_ask(local->opener);
    *transport = &local->transport;
    return STATUS_OK;
}
