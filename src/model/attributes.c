/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/model/attributes.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"

void attributes_init(struct attributes *attributes)
{
    *attributes = (struct attributes){0};
}

void attributes_release(struct attributes *attributes)
{
    for (size_t i = 0; i < attributes->count; i++) {
        free(attributes->items[i].key);
        free(attributes->items[i].value);
    }
    free(attributes->items);
    attributes_init(attributes);
}

static struct attribute *find(const struct attributes *attributes, const char *key)
{
    for (size_t i = 0; i < attributes->count; i++)
        if (strcmp(attributes->items[i].key, key) == 0)
            return &attributes->items[i];
    return NULL;
}

static struct attribute *append(struct attributes *attributes, const char *key)
{
    memory_grow(&attributes->items, &attributes->capacity, attributes->count + 1, sizeof *attributes->items);
    struct attribute *item = &attributes->items[attributes->count++];
    *item = (struct attribute){.key = memory_copy_text(key)};
    return item;
}

void attributes_set(struct attributes *attributes, const char *key, const char *value)
{
    attributes_set_at(attributes, key, value, 0, 0);
}

void attributes_set_at(
    struct attributes *attributes, const char *key, const char *value, unsigned line, unsigned column)
{
    struct attribute *item = find(attributes, key);
    if (!item)
        item = append(attributes, key);
    /* What is observed again and again is mostly as it was. */
    if (!item->value || !value || strcmp(item->value, value) != 0) {
        char *copy = memory_copy_text(value ? value : "");
        free(item->value);
        item->value = copy;
    }
    item->line = line;
    item->column = column;
}

const char *attributes_get(const struct attributes *attributes, const char *key)
{
    const struct attribute *item = find(attributes, key);
    return item ? item->value : NULL;
}

void attributes_add_missing(struct attributes *target, const struct attributes *source)
{
    for (size_t i = 0; i < source->count; i++) {
        const struct attribute *item = &source->items[i];
        if (!find(target, item->key))
            attributes_set_at(target, item->key, item->value, item->line, item->column);
    }
}

void attributes_copy(struct attributes *target, const struct attributes *source)
{
    attributes_init(target);
    attributes_add_missing(target, source);
}

bool attributes_equal(const struct attributes *one, const struct attributes *other)
{
    if (one->count != other->count)
        return false;
    for (size_t i = 0; i < one->count; i++)
        if (strcmp(one->items[i].key, other->items[i].key) != 0 ||
            strcmp(one->items[i].value, other->items[i].value) != 0)
            return false;
    return true;
}
