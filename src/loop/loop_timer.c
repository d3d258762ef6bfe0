/* SPDX-License-Identifier: Apache-2.0 */
#include "loop_private.h"

#include "dagtop/base/memory.h"

struct loop_timer {
    uv_timer_t uv;
    struct loop *loop;
    loop_function *function;
    void *argument;
};

struct loop_timer *loop_timer_new(struct loop *loop, loop_function *function, void *argument)
{
    struct loop_timer *timer = memory_new(sizeof *timer);
    timer->loop = loop;
    timer->function = function;
    timer->argument = argument;
    loop_must(uv_timer_init(&loop->uv, &timer->uv), "uv_timer_init");
    loop_adopt(loop, &timer->uv, timer);
    return timer;
}

static void call_timer(uv_timer_t *uv)
{
    struct loop_timer *timer = uv->data;
    timer->function(timer->argument);
}

void loop_timer_start(struct loop_timer *timer, int64_t delay, int64_t repeat)
{
    /* A timer that is due at once, started anew by its own callback, would let nothing else run. */
    uint64_t first = delay > 1 ? (uint64_t)delay : 1;
    uint64_t then = repeat > 0 ? (uint64_t)repeat : 0;
    loop_must(uv_timer_start(&timer->uv, call_timer, first, then), "uv_timer_start");
}

void loop_timer_stop(struct loop_timer *timer)
{
    uv_timer_stop(&timer->uv);
}

bool loop_timer_is_active(const struct loop_timer *timer)
{
    return uv_is_active((const uv_handle_t *)&timer->uv);
}

void loop_timer_free(struct loop_timer *timer)
{
    if (timer)
        loop_release(timer->loop, &timer->uv);
}
