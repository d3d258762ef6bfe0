/* SPDX-License-Identifier: Apache-2.0 */
/* What a box of the graph shows that stands for several nodes which play the same part. */
#ifndef DAGTOP_UI_GRAPH_GROUP_H
#define DAGTOP_UI_GRAPH_GROUP_H

#include "dagtop/engine/snapshot.h"

struct text;

/* Cells of a group's name at most. */
enum { GROUP_NAME_MOST = 16 };

/* Cells that the counts of so many members get: room for four states. */
unsigned graph_group_counts_width(size_t count);

/* The state that a group shows: the first among its members' in the order of trouble, life, what may come, what is
 * over. */
enum node_state graph_group_state(const struct snapshot *snapshot, const uint32_t *members, size_t count);

/* Appends what the members' names have in common and how many there are ("train ×4"), at most cells wide. */
void graph_group_name(const char *const *names, const uint32_t *members, size_t count, size_t cells, struct text *text);

/* Appends how many members are in which state ("1F 2R 1D"), as many as fit in so many cells. */
void graph_group_counts(
    const struct snapshot *snapshot, const uint32_t *members, size_t count, size_t cells, struct text *text);

#endif
