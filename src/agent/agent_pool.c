/* SPDX-License-Identifier: Apache-2.0 */
/* The streams that several agents of this program may share, by the host that they lead to. */
#include <stdlib.h>
#include <string.h>

#include "stream.h"

#include "dagtop/base/memory.h"

struct agent_pool_listener {
    struct agent_pool *pool;
    struct agent_pool_listener *next;
    loop_function *function;
    void *argument;
};

struct agent_pool {
    struct loop *loop;
    struct ssh_gate *gate;
    struct stream *first;
    struct agent_pool_listener *listeners;
};

struct agent_pool *agent_pool_new(struct loop *loop)
{
    struct agent_pool *pool = memory_new(sizeof *pool);
    pool->loop = loop;
    pool->gate = ssh_gate_new(loop);
    return pool;
}

void agent_pool_free(struct agent_pool *pool)
{
    if (!pool)
        return;
    ssh_gate_free(pool->gate);
    free(pool);
}

/* Names and users hold no newline. The prologue comes last: it may hold anything. */
static char *new_key(const struct ssh_target *target, const char *prologue)
{
    return memory_format("%s\n%s\n%u\n%d\n%s", target->name, target->user ? target->user : "", target->port,
        (int)target->way, prologue ? prologue : "");
}

struct stream *agent_pool_find(struct agent_pool *pool, const struct ssh_target *target, const char *prologue)
{
    char *key = new_key(target, prologue);
    struct stream *stream = pool->first;
    while (stream && (strcmp(stream->key, key) != 0 || stream->reason.status != STATUS_OK))
        stream = stream->next;
    free(key);
    return stream;
}

void agent_pool_add(struct agent_pool *pool, struct stream *stream, const struct ssh_target *target)
{
    stream->key = new_key(target, stream->prologue);
    stream->pool = pool;
    stream->next = pool->first;
    pool->first = stream;
}

bool agent_pool_leads_to(struct agent_pool *pool, const struct ssh_target *target, const char *prologue)
{
    const struct stream *stream = agent_pool_find(pool, target, prologue);
    return stream && stream->state == AGENT_READY;
}

struct agent_pool_listener *agent_pool_listen(struct agent_pool *pool, loop_function *function, void *argument)
{
    struct agent_pool_listener *listener = memory_new(sizeof *listener);
    *listener = (struct agent_pool_listener){pool, pool->listeners, function, argument};
    pool->listeners = listener;
    return listener;
}

void agent_pool_listener_free(struct agent_pool_listener *listener)
{
    if (!listener)
        return;
    struct agent_pool_listener **link = &listener->pool->listeners;
    while (*link != listener)
        link = &(*link)->next;
    *link = listener->next;
    free(listener);
}

void agent_pool_tell(const struct stream *stream)
{
    const struct agent_pool_listener *listener = stream->pool ? stream->pool->listeners : NULL;
    for (; listener; listener = listener->next)
        listener->function(listener->argument);
}

void agent_pool_forget(struct stream *stream)
{
    if (!stream->pool)
        return;
    struct stream **link = &stream->pool->first;
    while (*link != stream)
        link = &(*link)->next;
    *link = stream->next;
    stream->pool = NULL;
}

struct loop *agent_pool_loop(struct agent_pool *pool)
{
    return pool->loop;
}

struct ssh_gate *agent_pool_gate(struct agent_pool *pool)
{
    return pool->gate;
}
