/* SPDX-License-Identifier: Apache-2.0 */
/* Explores all worlds of a small model that can be reached from an empty one. */
#ifndef DAGTOP_TESTS_EXPLORER_H
#define DAGTOP_TESTS_EXPLORER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct explorer;

/* A model: worlds are bytes only, so that they are compared and hashed as memory. */
struct explorer_model {
    size_t world_size;
    unsigned actions;
    /* Takes an action if it is possible in this world. */
    bool (*act)(struct explorer *explorer, void *world, unsigned action);
    /* Judges a world, which it may change. */
    void (*judge)(struct explorer *explorer, void *world);
};

struct explorer {
    const struct explorer_model *model;
    const void *rules;     /* the model's own */
    const char *violation; /* what went wrong first, or NULL */
    uint8_t *seen, *used;
    size_t capacity, count;
};

/* Explores all worlds; returns the violation found, or NULL. */
const char *explorer_run(const struct explorer_model *model, const void *rules);

#endif
