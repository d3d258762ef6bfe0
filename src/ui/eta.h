/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long it may still take, as a range: from a node's progress, its earlier attempts, and nodes that run the same.
 * Never sure: it is called rough where it rests on little.
 */
#ifndef DAGTOP_UI_ETA_H
#define DAGTOP_UI_ETA_H

#include "dagtop/base/text.h"
#include "dagtop/engine/snapshot.h"

struct eta {
    bool known, rough;
    bool open;         /* of some nodes nothing is known: it takes longer than low, nobody knows how much */
    int64_t low, high; /* milliseconds from now */
};

/*
 * Estimates of all nodes (an array of node_count) and of the whole workflow: its longest chain, as if nothing had to
 * wait for a place to run. A node that has ended takes no more time; one of which nothing is known makes the whole
 * open.
 */
void eta_estimate(const struct snapshot *snapshot, wall_time now, struct eta *nodes, struct eta *whole);

/* How long the attempt of a node that ended, or may take in all: the durations of graph_critical_path. */
int64_t eta_duration(const struct snapshot *snapshot, wall_time now, const struct eta *nodes, size_t node);

/* "~3m", "3m-5m", "2m-9m (rough)", or ">3m" where it is open, into text. */
void eta_append(const struct eta *eta, struct text *text);

#endif
