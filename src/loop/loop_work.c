/* SPDX-License-Identifier: Apache-2.0 */
#include "loop_private.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "dagtop/base/memory.h"

/* Enough for the resolver and for signing with a large key. */
enum { STACK_SIZE = 512 << 10 };

/* Shared by the thread and the loop; the one that leaves last frees it. */
struct loop_work {
    pthread_mutex_t mutex;
    struct loop_async *async; /* NULL: the loop has left */
    bool ended;               /* the thread has left */
    loop_function *run, *done, *release;
    void *argument;
};

static void destroy(struct loop_work *work)
{
    if (work->release)
        work->release(work->argument);
    pthread_mutex_destroy(&work->mutex);
    free(work);
}

static void *run_thread(void *argument)
{
    struct loop_work *work = argument;
    work->run(work->argument);
    pthread_mutex_lock(&work->mutex);
    work->ended = true;
    bool is_last = !work->async;
    if (!is_last)
        loop_async_send(work->async);
    pthread_mutex_unlock(&work->mutex);
    if (is_last)
        destroy(work);
    return NULL;
}

static void call_done(void *argument)
{
    struct loop_work *work = argument;
    work->done(work->argument);
}

/* Signals are for the loop's thread. */
static int start_thread(struct loop_work *work)
{
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&thread, &attributes, run_thread, work);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failure;
}

enum status loop_work_new(struct loop *loop, loop_function *run, loop_function *done, loop_function *release,
    void *argument, struct loop_work **result, struct error *error)
{
    struct loop_work *work = memory_new(sizeof *work);
    *work = (struct loop_work){.run = run, .done = done, .release = release, .argument = argument};
    pthread_mutex_init(&work->mutex, NULL);
    work->async = loop_async_new(loop, call_done, work);
    int failure = start_thread(work);
    if (failure) {
        loop_async_free(work->async);
        destroy(work);
        return error_set_errno(error, failure, "cannot start a thread");
    }
    *result = work;
    return STATUS_OK;
}

void loop_work_free(struct loop_work *work)
{
    if (!work)
        return;
    pthread_mutex_lock(&work->mutex);
    loop_async_free(work->async);
    work->async = NULL;
    bool is_last = work->ended;
    pthread_mutex_unlock(&work->mutex);
    if (is_last)
        destroy(work);
}
