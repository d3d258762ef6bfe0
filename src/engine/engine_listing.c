/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of a queue, read and folded into what is known of its nodes. That of a large array is read on a thread, and
 * folded a part in each turn of the loop, so that nobody waits for it.
 */
#include <stdlib.h>

#include "dagtop/base/memory.h"
#include "engine_private.h"

/* Bytes that are read, and nodes that are folded, in one turn. */
enum { READ_AT_ONCE = 64 << 10, FOLDED_AT_ONCE = 1000 };

struct listing {
    struct queue *queue;
    struct loop *loop;
    const struct batch_system *system; /* the queue may be gone when a thread reads to its end */
    char *answer;
    size_t length, next; /* the node that is folded next */
    wall_time seen, began;
    struct batch_list *list;
    bool is_read, fine;
    struct error error;
    struct loop_work *work;   /* that reads; NULL: none was needed */
    struct loop_timer *timer; /* folds the next part; NULL: all are folded at once */
};

static void discard(void *argument)
{
    batch_list_release(argument);
    free(argument);
}

static void empty_list(void *argument)
{
    batch_list_release(argument);
}

static void do_nothing(void *argument)
{
    (void)argument;
}

/* Freeing takes about as long as reading. */
static void free_list(struct loop *loop, struct batch_list *list, bool is_long)
{
    struct loop_work *work;
    struct error error;
    if (!is_long)
        discard(list);
    else if (loop_work_new(loop, empty_list, do_nothing, discard, list, &work, &error) == STATUS_OK)
        loop_work_free(work);
}

static void release(void *argument)
{
    struct listing *listing = argument;
    if (listing->list != NULL)
        discard(listing->list);
    free(listing->answer);
    free(listing);
}

void listing_cancel(struct queue *queue)
{
    struct listing *listing = queue->listing;
    queue->listing = NULL;
    if (listing == NULL)
        return;
    if (listing->timer != NULL)
        loop_timer_free(listing->timer);
    if (listing->is_read) {
        free_list(listing->loop, listing->list, listing->work != NULL);
        listing->list = NULL;
    }
    /* Where a thread still reads, it releases in the end. */
    if (listing->work != NULL)
        loop_work_free(listing->work);
    else
        release(listing);
}

static void fold_some(void *argument)
{
    struct listing *listing = argument;
    struct queue *queue = listing->queue;
    struct engine *engine = queue->host->engine;
    size_t count = engine->workflow->node_count;
    size_t end =
        listing->work != NULL && count - listing->next > FOLDED_AT_ONCE ? listing->next + FOLDED_AT_ONCE : count;
    for (; listing->fine && listing->next < end; listing->next++)
        queue_read_listed(queue, listing->next, listing->list, listing->seen);
    if (listing->fine && listing->next < count) {
        loop_timer_start(listing->timer, 1, 0);
        return;
    }
    if (!listing->fine)
        queue_set_trouble(queue, listing->error.message);
    queue_take_list(queue, listing->fine ? listing->list : NULL, listing->began);
    listing_cancel(queue);
}

static void read_answer(void *argument)
{
    struct listing *listing = argument;
    listing->fine =
        batch_read_list(listing->system, listing->answer, listing->length, listing->list, &listing->error) == STATUS_OK;
}

static void reading_done(void *argument)
{
    struct listing *listing = argument;
    listing->is_read = true;
    fold_some(listing);
}

void listing_begin(struct queue *queue, const struct agent_errand_answer *answer, wall_time seen)
{
    struct loop *loop = queue->host->engine->loop;
    struct listing *listing = queue->listing = memory_new(sizeof *listing);
    struct error error;
    *listing = (struct listing){.queue = queue,
        .loop = loop,
        .system = queue->system,
        .length = answer->length,
        .seen = seen,
        .began = answer->began};
    listing->answer = memory_copy_span(answer->output, answer->length);
    listing->list = memory_new(sizeof *listing->list);
    batch_list_init(listing->list);
    if (listing->length > READ_AT_ONCE) {
        struct loop_work *work;
        if (loop_work_new(loop, read_answer, reading_done, release, listing, &work, &error) == STATUS_OK) {
            listing->work = work;
            listing->timer = loop_timer_new(loop, fold_some, listing);
            return;
        }
        /* It was released: there are no threads, and the next list may fare better. The timer is its own. */
        queue->listing = NULL;
        queue_set_trouble(queue, error.message);
        queue_take_list(queue, NULL, 0);
        return;
    }
    read_answer(listing);
    reading_done(listing);
}
