/* SPDX-License-Identifier: Apache-2.0 */
#include "loop_private.h"

#include "dagtop/base/memory.h"

struct loop_async {
    uv_async_t uv;
    struct loop *loop;
    loop_function *function;
    void *argument;
};

static void call_async(uv_async_t *uv)
{
    struct loop_async *async = uv->data;
    async->function(async->argument);
}

struct loop_async *loop_async_new(struct loop *loop, loop_function *function, void *argument)
{
    struct loop_async *async = memory_new(sizeof *async);
    async->loop = loop;
    async->function = function;
    async->argument = argument;
    loop_must(uv_async_init(&loop->uv, &async->uv, call_async), "uv_async_init");
    loop_adopt(loop, &async->uv, async);
    return async;
}

void loop_async_send(struct loop_async *async)
{
    loop_must(uv_async_send(&async->uv), "uv_async_send");
}

void loop_async_free(struct loop_async *async)
{
    if (async)
        loop_release(async->loop, &async->uv);
}
