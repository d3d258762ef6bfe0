/* SPDX-License-Identifier: Apache-2.0 */
#include "loop_private.h"

#include <signal.h>
#include <stdlib.h>

#include "dagtop/base/memory.h"

struct loop_hook {
    uv_idle_t uv;
    struct loop *loop;
    loop_function *function;
    void *argument;
};

void loop_must(int result, const char *what)
{
    if (result < 0)
        broken("%s: %s", what, uv_strerror(result));
}

void loop_adopt(struct loop *loop, void *uv_handle, void *owner)
{
    uv_handle_set_data(uv_handle, owner);
    loop->handles++;
}

static void free_owner(uv_handle_t *handle)
{
    free(uv_handle_get_data(handle));
}

void loop_close_handle(void *uv_handle)
{
    uv_close(uv_handle, free_owner);
}

void loop_release(struct loop *loop, void *uv_handle)
{
    loop->handles--;
    loop_close_handle(uv_handle);
}

struct loop *loop_new(void)
{
    struct loop *loop = memory_new(sizeof *loop);
    loop_must(uv_loop_init(&loop->uv), "uv_loop_init");
    /* A peer that has gone is told by the result of write. */
    signal(SIGPIPE, SIG_IGN);
    return loop;
}

/* After the last handle was released only forgotten children are left. */
static void close_forgotten(uv_handle_t *handle, void *argument)
{
    (void)argument;
    if (!uv_is_closing(handle))
        loop_close_handle(handle);
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    if (loop->handles)
        broken("%zu handles of the event loop were never freed", loop->handles);
    uv_walk(&loop->uv, close_forgotten, NULL);
    /* A stop that nobody took yet makes one run return at once. */
    while (uv_run(&loop->uv, UV_RUN_DEFAULT) != 0)
        continue;
    loop_must(uv_loop_close(&loop->uv), "uv_loop_close");
    free(loop);
}

static void run(struct loop *loop, uv_run_mode mode)
{
    if (loop->running)
        broken("the event loop was run from within one of its callbacks");
    loop->running = true;
    uv_run(&loop->uv, mode);
    loop->running = false;
}

void loop_run(struct loop *loop)
{
    run(loop, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

void loop_run_once(struct loop *loop, bool wait)
{
    run(loop, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

int64_t loop_now(const struct loop *loop)
{
    return (int64_t)uv_now(&loop->uv);
}

/* An idle handle is called right before the loop waits, and while one is started the loop does not wait. */
struct loop_hook *loop_hook_new(struct loop *loop, loop_function *function, void *argument)
{
    struct loop_hook *hook = memory_new(sizeof *hook);
    hook->loop = loop;
    hook->function = function;
    hook->argument = argument;
    loop_must(uv_idle_init(&loop->uv, &hook->uv), "uv_idle_init");
    loop_adopt(loop, &hook->uv, hook);
    return hook;
}

static void call_hook(uv_idle_t *uv)
{
    struct loop_hook *hook = uv->data;
    uv_idle_stop(uv);
    hook->function(hook->argument);
}

void loop_hook_ask(struct loop_hook *hook)
{
    loop_must(uv_idle_start(&hook->uv, call_hook), "uv_idle_start");
}

void loop_hook_free(struct loop_hook *hook)
{
    if (hook)
        loop_release(hook->loop, &hook->uv);
}
