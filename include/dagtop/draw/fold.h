/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding: nodes that play the same part in a graph become one class.
 *
 * Two-way colour refinement (Paige and Tarjan's coarsest stable partition, computed round by round): nodes start with
 * their kind as colour and are told apart by the sets of colours before and after them until nothing changes. On a
 * graph without cycles the graph of the classes has no cycle and no self loop.
 */
#ifndef DAGTOP_DRAW_FOLD_H
#define DAGTOP_DRAW_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include "dagtop/draw/draw_graph.h"

struct fold; /* opaque, immutable */

/*
 * The classes of a graph. open (one byte a node, may be NULL): a node whose byte is not 0 stands alone, and tells no
 * other nodes apart by that. A graph without kinds has nothing to fold: every node stands alone.
 */
struct fold *fold_new(const struct draw_graph *graph, const uint8_t *open);

/*
 * What is the same whatever is open: one colour a node below node_count, equal for nodes of one class, so that the fold
 * of a graph that was folded before needs no refinement. The graph has kinds; the caller frees the colours.
 */
uint32_t *fold_colours(const struct draw_graph *graph);

/* As fold_new with colours of that graph (NULL: every node stands alone), which are read only during this call. */
struct fold *fold_new_coloured(size_t node_count, const uint32_t *colours, const uint8_t *open);

/* Frees a fold (may be NULL). */
void fold_free(struct fold *fold);

/* How many classes there are; they are numbered by their first member. */
size_t fold_class_count(const struct fold *fold);

/* The class of a node below the graph's node_count. */
size_t fold_class_of(const struct fold *fold, size_t node);

/* The members of a class, ascending, count of them; they belong to the fold. */
const uint32_t *fold_members(const struct fold *fold, size_t class_index, size_t *count);

#endif
