/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about the graph of a finished workflow. Sets are arrays of node_count bools. */
#ifndef DAGTOP_MODEL_GRAPH_H
#define DAGTOP_MODEL_GRAPH_H

#include "dagtop/model/workflow.h"

/* Adds to set all descendants (or ancestors) of its members. O(nodes + edges). */
void graph_add_downstream(const struct workflow *workflow, bool *set);
void graph_add_upstream(const struct workflow *workflow, bool *set);

/* Number of layers (0 for no nodes). */
unsigned graph_layer_count(const struct workflow *workflow);

/* The nodes at the end of the longest chain of durations: marks the critical path. duration in milliseconds a node. */
void graph_critical_path(const struct workflow *workflow, const int64_t *duration, bool *on_path);

#endif
