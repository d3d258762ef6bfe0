/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/base/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "dagtop/base/memory.h"

/* Open addressing with linear probing; a removed entry leaves a grave that the next growth clears away. */
struct entry {
    char *key; /* NULL: free, or a grave */
    uint64_t hash;
    uintptr_t value;
    bool grave;
};

struct map {
    struct entry *entries;
    size_t capacity; /* a power of two, or 0 */
    size_t count, used;
};

static uint64_t seed;
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

static void make_seed(void)
{
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed)
        seed = (uint64_t)(uintptr_t)&seed ^ 0x9e3779b97f4a7c15u;
}

uint64_t map_hash(const void *bytes, size_t length)
{
    pthread_once(&seed_once, make_seed);
    const unsigned char *byte = bytes;
    uint64_t hash = seed ^ 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ byte[i]) * 0x100000001b3u;
        hash ^= hash >> 29;
    }
    hash *= 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

struct map *map_new(void)
{
    return memory_new(sizeof(struct map));
}

void map_free(struct map *map)
{
    if (!map)
        return;
    for (size_t i = 0; i < map->capacity; i++)
        free(map->entries[i].key);
    free(map->entries);
    free(map);
}

/* The entry of key, or the free one where it would go. There is always a free one. */
static struct entry *find(const struct map *map, const char *key, uint64_t hash)
{
    size_t mask = map->capacity - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct entry *entry = &map->entries[i];
        if (!entry->key && !entry->grave)
            return entry;
        if (entry->key && entry->hash == hash && strcmp(entry->key, key) == 0)
            return entry;
    }
}

static void rehash(struct map *map)
{
    struct entry *old = map->entries;
    size_t old_capacity = map->capacity;
    map->capacity = 16;
    while (map->capacity < map->count * 2 + 2)
        map->capacity *= 2;
    map->entries = memory_new_array(map->capacity, sizeof *map->entries);
    map->used = map->count;
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].key)
            *find(map, old[i].key, old[i].hash) = old[i];
    free(old);
}

void map_set(struct map *map, const char *key, uintptr_t value)
{
    if ((map->used + 1) * 4 > map->capacity * 3)
        rehash(map);
    uint64_t hash = map_hash(key, strlen(key));
    struct entry *entry = find(map, key, hash);
    if (!entry->key) {
        *entry = (struct entry){.key = memory_copy_text(key), .hash = hash};
        map->count++;
        map->used++;
    }
    entry->value = value;
}

bool map_get(const struct map *map, const char *key, uintptr_t *value)
{
    if (!map || !map->capacity)
        return false;
    const struct entry *entry = find(map, key, map_hash(key, strlen(key)));
    if (entry->key && value)
        *value = entry->value;
    return entry->key != NULL;
}

bool map_remove(struct map *map, const char *key)
{
    if (!map->capacity)
        return false;
    struct entry *entry = find(map, key, map_hash(key, strlen(key)));
    if (!entry->key)
        return false;
    free(entry->key);
    *entry = (struct entry){.grave = true};
    map->count--;
    return true;
}

size_t map_count(const struct map *map)
{
    return map ? map->count : 0;
}
