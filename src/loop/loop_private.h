/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the room loop share. Each handle's uv part comes first and its data points at the whole. */
#ifndef DAGTOP_LOOP_PRIVATE_H
#define DAGTOP_LOOP_PRIVATE_H

#include <uv.h>

#include "dagtop/loop/loop.h"

struct loop {
    uv_loop_t uv;
    size_t handles; /* that somebody still holds */
    bool running;
};

/* Counts a new handle, which libuv has initialised, and remembers what is to be freed with it. */
void loop_adopt(struct loop *loop, void *uv_handle, void *owner);

/* Lets go of a handle: it never calls back again and is freed when libuv has done with it. */
void loop_release(struct loop *loop, void *uv_handle);

/* As loop_release, for a handle that is counted no more. */
void loop_close_handle(void *uv_handle);

/* Aborts when a call that cannot fail on a valid handle did. */
void loop_must(int result, const char *what);

#endif
