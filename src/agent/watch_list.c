/* SPDX-License-Identifier: Apache-2.0 */
#include "watch_list.h"

#include <stdlib.h>
#include <string.h>

#include "agent_private.h"

#include "dagtop/base/memory.h"

void watch_list_init(struct watch_list *list)
{
    *list = (struct watch_list){0};
}

void watch_list_release(struct watch_list *list)
{
    free(list->base);
    free(list->workflow);
    free(list->watches);
    free(list->numbers);
    free(list->free_numbers);
    watch_list_init(list);
}

void watch_list_forget(struct watch_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        list->watches[i].stale = true;
}

static void unwatch(struct watch_list *list, size_t number, struct text *text)
{
    text_append_format(text, "dagtop_unwatch %zu\n", number);
    struct watch *watch = &list->watches[number - 1];
    list->numbers[watch->node] = 0;
    watch->used = false;
    memory_grow(&list->free_numbers, &list->free_capacity, list->free_count + 1, sizeof *list->free_numbers);
    list->free_numbers[list->free_count++] = number;
}

/* Unwatches what was not wanted in this round. */
static void unwatch_others(struct watch_list *list, struct text *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->watches[i].used && list->watches[i].wanted != list->round)
            unwatch(list, i + 1, text);
}

static void append_watch(const struct agent_place *place, const struct node *node, size_t number, struct text *text)
{
    text_append_format(text, "dagtop_watch %zu", number);
    agent_append_place(text, place);
    agent_append_word(text, node->name);
    agent_append_word(text, node->statusfile ? node->statusfile : "");
    text_append_byte(text, '\n');
}

static size_t take_number(struct watch_list *list)
{
    if (list->free_count)
        return list->free_numbers[--list->free_count];
    memory_grow(&list->watches, &list->capacity, list->count + 1, sizeof *list->watches);
    return ++list->count;
}

/* Begins anew where the workflow is another. */
static void set_place(
    struct watch_list *list, const struct agent_place *place, const struct workflow *workflow, struct text *text)
{
    const char *base = agent_base(place);
    if (list->base && strcmp(list->base, base) == 0 && strcmp(list->workflow, place->workflow) == 0 &&
        list->node_count == workflow->node_count)
        return;
    unwatch_others(list, text);
    free(list->base);
    free(list->workflow);
    free(list->numbers);
    list->base = memory_copy_text(base);
    list->workflow = memory_copy_text(place->workflow);
    list->node_count = workflow->node_count;
    list->numbers = memory_new_array(list->node_count, sizeof *list->numbers);
}

enum status watch_list_set(struct watch_list *list, const struct agent_place *place, const struct workflow *workflow,
    const size_t *nodes, size_t count, struct text *text)
{
    if (count > WATCH_LIMIT)
        return STATUS_TOO_LARGE;
    list->round++;
    set_place(list, place, workflow, text);
    for (size_t i = 0; i < count; i++) {
        size_t number = list->numbers[nodes[i]];
        if (number)
            list->watches[number - 1].wanted = list->round;
    }
    /* First, so that numbers are used again. */
    unwatch_others(list, text);
    for (size_t i = 0; i < count; i++) {
        size_t number = list->numbers[nodes[i]];
        if (number && !list->watches[number - 1].stale)
            continue;
        if (!number)
            number = take_number(list);
        list->numbers[nodes[i]] = number;
        list->watches[number - 1] = (struct watch){.node = nodes[i], .used = true, .wanted = list->round};
        append_watch(place, &workflow->nodes[nodes[i]], number, text);
    }
    return STATUS_OK;
}
