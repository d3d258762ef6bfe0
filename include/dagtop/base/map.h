/* SPDX-License-Identifier: Apache-2.0 */
/* A hash map from strings to numbers (indices into arrays) or pointers. Keys are copied. */
#ifndef DAGTOP_BASE_MAP_H
#define DAGTOP_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map; /* opaque */

/* An empty map; map_free releases it with its keys, never what its values mean. map_free(NULL) does nothing. */
struct map *map_new(void);
void map_free(struct map *map);

/* Stores value under key, replacing what was there. */
void map_set(struct map *map, const char *key, uintptr_t value);

/* True and *value where key is there. value may be NULL. A NULL map holds nothing. */
bool map_get(const struct map *map, const char *key, uintptr_t *value);

/* Removes key; false where it was not there. */
bool map_remove(struct map *map, const char *key);

/* How many keys it holds. */
size_t map_count(const struct map *map);

/* A 64-bit hash of bytes, keyed per process so that hostile names cannot make a map slow. */
uint64_t map_hash(const void *bytes, size_t length);

#endif
