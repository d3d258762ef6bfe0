/* SPDX-License-Identifier: Apache-2.0 */
#include "loop_private.h"

#include <fcntl.h>

#include "dagtop/base/memory.h"

struct loop_watch {
    union {
        uv_poll_t poll;
        uv_idle_t idle; /* for what cannot be polled and is always ready: regular files, /dev/null */
    } uv;
    struct loop *loop;
    loop_watch_function *function;
    void *argument;
    int events;
    bool always_ready;
};

struct loop_watch *loop_watch_new(struct loop *loop, int descriptor, loop_watch_function *function, void *argument)
{
    struct loop_watch *watch = memory_new(sizeof *watch);
    watch->loop = loop;
    watch->function = function;
    watch->argument = argument;
    /* uv_poll_init makes the descriptor non-blocking, and with a terminal everybody's; it does not need that. */
    int flags = fcntl(descriptor, F_GETFL);
    watch->always_ready = uv_poll_init(&loop->uv, &watch->uv.poll, descriptor) == UV_EPERM;
    if (flags >= 0)
        fcntl(descriptor, F_SETFL, flags);
    if (watch->always_ready)
        loop_must(uv_idle_init(&loop->uv, &watch->uv.idle), "uv_idle_init");
    loop_adopt(loop, &watch->uv, watch);
    return watch;
}

static void call_poll(uv_poll_t *uv, int status, int events)
{
    struct loop_watch *watch = uv->data;
    int ready = (events & UV_READABLE ? LOOP_READABLE : 0) | (events & UV_WRITABLE ? LOOP_WRITABLE : 0);
    /* An error is found by whoever reads or writes. */
    watch->function(watch->argument, status < 0 ? watch->events : ready);
}

static void call_idle(uv_idle_t *uv)
{
    struct loop_watch *watch = uv->data;
    watch->function(watch->argument, watch->events);
}

void loop_watch_set(struct loop_watch *watch, int events)
{
    if (events == watch->events)
        return;
    watch->events = events;
    if (watch->always_ready) {
        loop_must(events ? uv_idle_start(&watch->uv.idle, call_idle) : uv_idle_stop(&watch->uv.idle), "uv_idle");
        return;
    }
    int wanted = (events & LOOP_READABLE ? UV_READABLE : 0) | (events & LOOP_WRITABLE ? UV_WRITABLE : 0);
    loop_must(wanted ? uv_poll_start(&watch->uv.poll, wanted, call_poll) : uv_poll_stop(&watch->uv.poll), "uv_poll");
}

void loop_watch_free(struct loop_watch *watch)
{
    if (watch)
        loop_release(watch->loop, &watch->uv);
}
