/* SPDX-License-Identifier: Apache-2.0 */
#include "loop_private.h"

#include "dagtop/base/memory.h"

struct loop_file_watch {
    uv_fs_event_t uv;
    struct loop *loop;
    loop_function *function;
    void *argument;
};

static void call_file_watch(uv_fs_event_t *uv, const char *name, int events, int status)
{
    (void)name, (void)events, (void)status;
    struct loop_file_watch *watch = uv->data;
    watch->function(watch->argument);
}

struct loop_file_watch *loop_file_watch_new(
    struct loop *loop, const char *path, loop_function *function, void *argument)
{
    struct loop_file_watch *watch = memory_new(sizeof *watch);
    watch->loop = loop;
    watch->function = function;
    watch->argument = argument;
    loop_must(uv_fs_event_init(&loop->uv, &watch->uv), "uv_fs_event_init");
    loop_adopt(loop, &watch->uv, watch);
    if (uv_fs_event_start(&watch->uv, call_file_watch, path, 0) < 0) {
        loop_file_watch_free(watch);
        return NULL;
    }
    return watch;
}

void loop_file_watch_free(struct loop_file_watch *watch)
{
    if (watch)
        loop_release(watch->loop, &watch->uv);
}
