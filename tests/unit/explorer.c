/* SPDX-License-Identifier: Apache-2.0 */
#include "explorer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WORLD_LIMIT = 256 };

static uint64_t hash_of(const uint8_t *bytes, size_t size)
{
    uint64_t hash = 14695981039346656037ull; /* FNV-1a */
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 1099511628211ull;
    return hash ^ hash >> 32;
}

/* Says whether the world is new, and remembers it. */
static bool remember(struct explorer *explorer, const uint8_t *world)
{
    size_t size = explorer->model->world_size;
    size_t slot = hash_of(world, size) & (explorer->capacity - 1);
    while (explorer->used[slot]) {
        if (memcmp(explorer->seen + slot * size, world, size) == 0)
            return false;
        slot = (slot + 1) & (explorer->capacity - 1);
    }
    assert_true(explorer->count < explorer->capacity / 2);
    explorer->used[slot] = 1;
    memcpy(explorer->seen + slot * size, world, size);
    explorer->count++;
    return true;
}

/* Depth first; as deep as all processes have steps together, some sixty. */
static void explore(struct explorer *explorer, const uint8_t *world)
{
    uint8_t next[WORLD_LIMIT];
    if (explorer->violation || !remember(explorer, world))
        return;
    memcpy(next, world, explorer->model->world_size);
    explorer->model->judge(explorer, next);
    for (unsigned action = 0; action < explorer->model->actions && !explorer->violation; action++) {
        memcpy(next, world, explorer->model->world_size);
        if (explorer->model->act(explorer, next, action))
            explore(explorer, next);
    }
}

const char *explorer_run(const struct explorer_model *model, const void *rules)
{
    struct explorer explorer = {.model = model, .rules = rules, .capacity = (size_t)1 << 22};
    uint8_t world[WORLD_LIMIT] = {0};
    assert_true(model->world_size <= WORLD_LIMIT);
    explorer.seen = calloc(explorer.capacity, model->world_size);
    explorer.used = calloc(explorer.capacity, 1);
    assert_non_null(explorer.seen);
    assert_non_null(explorer.used);
    explore(&explorer, world);
    print_message("%zu worlds: %s\n", explorer.count, explorer.violation ? explorer.violation : "nothing wrong");
    free(explorer.seen);
    free(explorer.used);
    return explorer.violation;
}
