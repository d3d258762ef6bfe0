/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pipes of a child process that is a transport's other end. Nothing here waits: both sides are tried again when the
 * loop says so.
 */
#ifndef DAGTOP_CHILD_STREAM_H
#define DAGTOP_CHILD_STREAM_H

#include "transport_private.h"

#include "dagtop/loop/loop.h"

/* Takes bytes; false where the transport is gone with them, and nothing of it may be touched any more. */
typedef bool child_stream_function(void *argument, const char *bytes, size_t length);

struct child_stream {
    struct loop_child *child;
    struct loop_watch *input, *output; /* the child's stdin and stdout */
    struct transport *transport;       /* to be flushed when the child takes more */
    child_stream_function *received;
    void *argument;
};

/* Watches the pipes of stream->child, whose other fields are set; what comes is read from child_stream_listen on. */
void child_stream_init(struct child_stream *stream);

/* Lets go of the pipes and of the child, which is not killed. The child may be NULL. */
void child_stream_release(struct child_stream *stream);
void child_stream_listen(struct child_stream *stream);

/* Writes what the child takes now. Its end is not reported here: its exit is. */
size_t child_stream_write(struct child_stream *stream, const char *bytes, size_t length);

/* Reads all that is left, up to a transport's limit, when the child has ended; false where the transport is gone. */
bool child_stream_finish(struct child_stream *stream);

#endif
