/* SPDX-License-Identifier: Apache-2.0 */
/* An ordered list of keys and values, each with the place where it was written: env, slurm, sweep, metrics, graphviz
 * words. */
#ifndef DAGTOP_MODEL_ATTRIBUTES_H
#define DAGTOP_MODEL_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>

struct attribute {
    char *key, *value;     /* owned; value is never NULL ("" for null) */
    unsigned line, column; /* 0 where it comes from no file */
};

struct attributes {
    struct attribute *items;
    size_t count, capacity;
};

/* An empty list is all zeros. */
void attributes_init(struct attributes *attributes);
void attributes_release(struct attributes *attributes);

/* Sets key to value: replaces in place, else appends. Copies both. */
void attributes_set(struct attributes *attributes, const char *key, const char *value);

/* As attributes_set, with the place in the file. */
void attributes_set_at(
    struct attributes *attributes, const char *key, const char *value, unsigned line, unsigned column);

/* The value of key, or NULL. Borrowed until the list changes. */
const char *attributes_get(const struct attributes *attributes, const char *key);

/* Appends to target each item of source whose key target lacks. */
void attributes_add_missing(struct attributes *target, const struct attributes *source);

/* A copy of all items into an empty or released target. */
void attributes_copy(struct attributes *target, const struct attributes *source);

/* Same keys and values in the same order. */
bool attributes_equal(const struct attributes *one, const struct attributes *other);

#endif
