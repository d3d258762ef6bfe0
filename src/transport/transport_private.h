/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every kind of transport is made of: the common part keeps the queue and the promises of the events; a kind opens
 * the stream, moves bytes and reports. A kind's struct begins with struct transport.
 */
#ifndef DAGTOP_TRANSPORT_PRIVATE_H
#define DAGTOP_TRANSPORT_PRIVATE_H

#include "dagtop/base/text.h"
#include "dagtop/transport/transport.h"

struct transport_operations {
    /*
     * Writes what the stream takes now; 0 where it is full, and then calls transport_flush when it takes more. A stream
     * that is broken takes nothing and is reported as ended.
     */
    size_t (*write)(struct transport *transport, const char *bytes, size_t length);

    /* Lets go of the stream, whatever its state: nothing is reported any more. Called once. */
    void (*stop)(struct transport *transport);

    /* Frees what stop has left; NULL: nothing. */
    void (*release)(struct transport *transport);

    /* transport_answer and transport_description; NULL: nothing is asked, "local". */
    void (*answer)(struct transport *transport, const char *text);
    const char *(*describe)(const struct transport *transport);
};

enum transport_state { TRANSPORT_OPENING, TRANSPORT_OPEN, TRANSPORT_ENDED, TRANSPORT_CLOSED };

struct transport {
    const struct transport_operations *operations;
    struct loop *loop;
    struct transport_events events;
    enum transport_state state;
    struct text queue;
    size_t queue_start; /* bytes of queue that are written already */
    uint64_t sent, received;
    struct loop_hook *closer; /* calls `closed` in a turn of its own */
    struct error reason;
    bool in_event, freed;
};

/* The common part of a new transport, still opening. */
void transport_init(struct transport *transport, const struct transport_operations *operations, struct loop *loop,
    const struct transport_events *events);

/*
 * Reports. Where they answer false the transport was ended or freed from within the event: the caller returns at once
 * and touches it no more.
 */
bool transport_report_opened(struct transport *transport);
bool transport_report_received(struct transport *transport, const char *bytes, size_t length);

/* Around any other event: false from the end where the transport was ended or freed from within. */
void transport_begin_event(struct transport *transport);
bool transport_end_event(struct transport *transport);

/* The stream has ended, for this reason; `closed` follows. */
void transport_report_ended(struct transport *transport, const struct error *reason);

/* Writes what waits, as far as the stream takes it. */
void transport_flush(struct transport *transport);

#endif
