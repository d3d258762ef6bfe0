/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A byte stream to a POSIX shell on a host. Everything above is the same for every kind of host.
 *
 * Contract: transport_open either fails at once and never calls back, or returns STATUS_OK and calls `opened` or
 * `closed` later. `closed` comes exactly once, also after transport_close, and nothing comes after it. Bytes may be
 * written as soon as transport_open has returned; they wait until the stream is open.
 */
#ifndef DAGTOP_TRANSPORT_TRANSPORT_H
#define DAGTOP_TRANSPORT_TRANSPORT_H

#include "dagtop/base/status.h"
#include "dagtop/loop/loop.h"

struct transport;

struct transport_events {
    void (*opened)(void *argument);
    void (*received)(void *argument, const char *bytes, size_t length); /* bytes are valid during the call */
    void (*closed)(void *argument, const struct error *reason);         /* reason->status OK: asked for */
    void *argument;
};

/* Most bytes that wait to be written; beyond it transport_write is STATUS_TOO_LARGE. */
enum { TRANSPORT_QUEUE_LIMIT = 64 << 20 };

/* Opens a shell on this machine: `shell` (NULL: /bin/sh) with the given stdin and stdout, in a session of its own. */
enum status transport_open_local(struct loop *loop, const char *shell, const struct transport_events *events,
    struct transport **transport, struct error *error) MUST_CHECK;

/* Queues bytes to the shell's standard input. */
enum status transport_write(struct transport *transport, const void *bytes, size_t length) MUST_CHECK;

/* Bytes that wait to be written. */
size_t transport_queued(const struct transport *transport);

/* Bytes sent and received since it was opened. */
void transport_traffic(const struct transport *transport, uint64_t *sent, uint64_t *received);

/* Ends the stream; `closed` follows. */
void transport_close(struct transport *transport);

/* Frees it, also from within an event and before `closed` was called; nothing is called any more. */
void transport_free(struct transport *transport);

#endif
