/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nodes that the agent of a host watches, by number: sent once, and later only what is new. One workflow at a time.
 */
#ifndef DAGTOP_WATCH_LIST_H
#define DAGTOP_WATCH_LIST_H

#include "dagtop/agent/request.h"
#include "dagtop/base/text.h"

enum { WATCH_LIMIT = 99999 }; /* the highest number of docs/agent.md */

/* What a number stands for. */
struct watch {
    size_t node;
    bool used;
    bool stale;      /* the next answer is to be a first one */
    uint64_t wanted; /* round in which it was last wanted */
};

struct watch_list {
    char *base, *workflow;
    struct watch *watches; /* watches[i] is number i + 1 */
    size_t count, capacity;
    size_t *numbers; /* by node; 0: not watched */
    size_t node_count;
    size_t *free_numbers;
    size_t free_count, free_capacity;
    uint64_t round;
};

void watch_list_init(struct watch_list *list);
void watch_list_release(struct watch_list *list);

/*
 * Makes the given nodes the watched ones: appends what the agent must be told. STATUS_TOO_LARGE: more than WATCH_LIMIT
 * nodes.
 */
enum status watch_list_set(struct watch_list *list, const struct agent_place *place, const struct workflow *workflow,
    const size_t *nodes, size_t count, struct text *text) MUST_CHECK;

/* What the agent has said is not known here: the next answer for every node is to be a first one. */
void watch_list_forget(struct watch_list *list);

#endif
