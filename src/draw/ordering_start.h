/* SPDX-License-Identifier: Apache-2.0 */
/* First orders, from which the search for fewer crossings sets out. Each gives one key an item, to sort layers by. */
#ifndef DAGTOP_DRAW_ORDERING_START_H
#define DAGTOP_DRAW_ORDERING_START_H

#include "generator.h"
#include "layered.h"

/*
 * Layer-centred power iteration in sweeps down and up: every item moves towards the mean of its neighbours, each layer
 * keeps a mean of 0 and its spread, so that the slowest mode of the graph remains; linked items get near keys. items
 * lists the items by layer; keys holds the start and the result.
 */
void ordering_start_spectral(const struct layered *layered, const uint32_t *items, float *keys, unsigned rounds);

/* The numbers of the boxes: where crossings do not matter, boxes keep the order in which they were given. */
void ordering_start_natural(const struct layered *layered, float *keys);

/* Random keys from -1 to 1. */
void ordering_start_random(const struct layered *layered, float *keys, struct generator *generator);

/* The order in which a depth-first search along the links, both ways, meets the items. */
void ordering_start_depth_first(const struct layered *layered, float *keys);

/* Earlier ranks of boxes; other items and new boxes take the mean of their neighbours. */
void ordering_start_before(const struct layered *layered, float *keys, const int32_t *before);

#endif
