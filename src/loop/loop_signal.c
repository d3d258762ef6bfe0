/* SPDX-License-Identifier: Apache-2.0 */
#include "loop_private.h"

#include "dagtop/base/memory.h"

struct loop_signal {
    uv_signal_t uv;
    struct loop *loop;
    loop_function *function;
    void *argument;
};

static void call_signal(uv_signal_t *uv, int number)
{
    (void)number;
    struct loop_signal *watched = uv->data;
    watched->function(watched->argument);
}

struct loop_signal *loop_signal_new(struct loop *loop, int signal, loop_function *function, void *argument)
{
    struct loop_signal *watched = memory_new(sizeof *watched);
    watched->loop = loop;
    watched->function = function;
    watched->argument = argument;
    loop_must(uv_signal_init(&loop->uv, &watched->uv), "uv_signal_init");
    loop_adopt(loop, &watched->uv, watched);
    loop_must(uv_signal_start(&watched->uv, call_signal, signal), "uv_signal_start");
    return watched;
}

void loop_signal_free(struct loop_signal *signal)
{
    if (signal)
        loop_release(signal->loop, &signal->uv);
}
