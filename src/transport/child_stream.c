/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "child_stream.h"

#include <errno.h>
#include <unistd.h>

enum { CHUNK = 64 << 10, CHUNKS_IN_A_TURN = 16 };
enum drained { DRAINED_MORE, DRAINED_END, DRAINED_GONE };

static enum drained drain(struct child_stream *stream, unsigned chunks)
{
    char bytes[CHUNK];
    int descriptor = loop_child_stdout(stream->child);
    for (unsigned i = 0; i < chunks; i++) {
        ssize_t length = read(descriptor, bytes, sizeof bytes);
        if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR))
            return DRAINED_END;
        if (length < 0)
            return DRAINED_MORE;
        if (!stream->received(stream->argument, bytes, (size_t)length))
            return DRAINED_GONE;
    }
    return DRAINED_MORE;
}

static void call_readable(void *argument, int events)
{
    (void)events;
    struct child_stream *stream = argument;
    /* After the end of file the child's exit follows, which says why. */
    if (drain(stream, CHUNKS_IN_A_TURN) == DRAINED_END)
        loop_watch_set(stream->output, 0);
}

static void call_writable(void *argument, int events)
{
    (void)events;
    struct child_stream *stream = argument;
    transport_flush(stream->transport);
}

void child_stream_init(struct child_stream *stream)
{
    struct loop *loop = stream->transport->loop;
    stream->input = loop_watch_new(loop, loop_child_stdin(stream->child), call_writable, stream);
    stream->output = loop_watch_new(loop, loop_child_stdout(stream->child), call_readable, stream);
}

void child_stream_release(struct child_stream *stream)
{
    loop_watch_free(stream->input);
    loop_watch_free(stream->output);
    loop_child_free(stream->child);
}

void child_stream_listen(struct child_stream *stream)
{
    loop_watch_set(stream->output, LOOP_READABLE);
}

size_t child_stream_write(struct child_stream *stream, const char *bytes, size_t length)
{
    ssize_t written = write(loop_child_stdin(stream->child), bytes, length);
    bool full = written < 0 && (errno == EAGAIN || errno == EINTR);
    loop_watch_set(stream->input, full || (written >= 0 && (size_t)written < length) ? LOOP_WRITABLE : 0);
    return written > 0 ? (size_t)written : 0;
}

bool child_stream_finish(struct child_stream *stream)
{
    return drain(stream, TRANSPORT_QUEUE_LIMIT / CHUNK) != DRAINED_GONE;
}
