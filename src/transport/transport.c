/* SPDX-License-Identifier: Apache-2.0 */
#include "transport_private.h"

#include <stdlib.h>

#include "dagtop/base/memory.h"
#include "dagtop/transport/transport_ssh.h"

/* More memory than this is given back when the queue is empty. */
enum { QUEUE_KEPT = 32 << 10 };

static void destroy(struct transport *transport)
{
    if (transport->operations->release)
        transport->operations->release(transport);
    loop_hook_free(transport->closer);
    text_release(&transport->queue);
    free(transport);
}

void transport_begin_event(struct transport *transport)
{
    transport->in_event = true;
}

bool transport_end_event(struct transport *transport)
{
    transport->in_event = false;
    if (transport->freed) {
        destroy(transport);
        return false;
    }
    return transport->state < TRANSPORT_ENDED;
}

static void call_closed(void *argument)
{
    struct transport *transport = argument;
    struct error reason = transport->reason;
    transport->state = TRANSPORT_CLOSED;
    transport_begin_event(transport);
    transport->events.closed(transport->events.argument, &reason);
    transport_end_event(transport);
}

void transport_init(struct transport *transport, const struct transport_operations *operations, struct loop *loop,
    const struct transport_events *events)
{
    *transport = (struct transport){.operations = operations, .loop = loop, .events = *events};
    /* What is written already may stand before a full queue. */
    text_init(&transport->queue, 2 * (size_t)TRANSPORT_QUEUE_LIMIT);
    transport->closer = loop_hook_new(loop, call_closed, transport);
}

bool transport_report_opened(struct transport *transport)
{
    transport->state = TRANSPORT_OPEN;
    transport_begin_event(transport);
    transport->events.opened(transport->events.argument);
    if (!transport_end_event(transport))
        return false;
    transport_flush(transport);
    return true;
}

bool transport_report_received(struct transport *transport, const char *bytes, size_t length)
{
    transport->received += length;
    transport_begin_event(transport);
    transport->events.received(transport->events.argument, bytes, length);
    return transport_end_event(transport);
}

void transport_report_ended(struct transport *transport, const struct error *reason)
{
    if (transport->state >= TRANSPORT_ENDED)
        return;
    transport->state = TRANSPORT_ENDED;
    transport->reason = *reason;
    transport->operations->stop(transport);
    loop_hook_ask(transport->closer);
}

void transport_flush(struct transport *transport)
{
    struct text *queue = &transport->queue;
    size_t written = 1;
    while (written && transport->state == TRANSPORT_OPEN && transport_queued(transport)) {
        written =
            transport->operations->write(transport, queue->data + transport->queue_start, transport_queued(transport));
        transport->queue_start += written;
        transport->sent += written;
    }
    if (transport->queue_start < queue->length && transport->queue_start < TRANSPORT_QUEUE_LIMIT)
        return;
    text_consume(queue, transport->queue_start);
    transport->queue_start = 0;
    if (queue->length == 0 && queue->capacity > QUEUE_KEPT)
        text_release(queue);
}

enum status transport_write(struct transport *transport, const void *bytes, size_t length)
{
    if (transport->state >= TRANSPORT_ENDED)
        return STATUS_DISCONNECTED;
    if (length > TRANSPORT_QUEUE_LIMIT - transport_queued(transport))
        return STATUS_TOO_LARGE;
    bool waits = transport_queued(transport) > 0;
    enum status status = text_append(&transport->queue, bytes, length);
    if (!waits)
        transport_flush(transport);
    return status;
}

size_t transport_queued(const struct transport *transport)
{
    return transport->queue.length - transport->queue_start;
}

void transport_traffic(const struct transport *transport, uint64_t *sent, uint64_t *received)
{
    *sent = transport->sent;
    *received = transport->received;
}

void transport_answer(struct transport *transport, const char *text)
{
    if (transport->operations->answer && transport->state < TRANSPORT_ENDED)
        transport->operations->answer(transport, text);
}

const char *transport_description(const struct transport *transport)
{
    return transport->operations->describe ? transport->operations->describe(transport) : "local";
}

void transport_close(struct transport *transport)
{
    struct error reason;
    error_set(&reason, STATUS_OK, "closed");
    transport_report_ended(transport, &reason);
}

void transport_free(struct transport *transport)
{
    if (!transport)
        return;
    if (transport->state < TRANSPORT_ENDED)
        transport->operations->stop(transport);
    transport->state = TRANSPORT_CLOSED;
    if (transport->in_event)
        transport->freed = true;
    else
        destroy(transport);
}
