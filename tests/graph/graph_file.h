/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs for tests and figures: edge lists from files, random ones, and their drawings as text. */
#ifndef DAGTOP_TESTS_GRAPH_FILE_H
#define DAGTOP_TESTS_GRAPH_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dagtop/base/text.h"
#include "dagtop/draw/layout.h"

/* A graph with names; its arrays belong to it. */
struct graph_file {
    size_t node_count, edge_count;
    size_t node_capacity, source_capacity, target_capacity;
    char **names;
    uint32_t *sources, *targets;
    uint32_t *kinds;
    uint16_t *widths;
};

void graph_file_init(struct graph_file *graph);
void graph_file_release(struct graph_file *graph);

/* Adds a node and returns its index; name is copied. */
uint32_t graph_file_add_node(struct graph_file *graph, const char *name);
void graph_file_add_edge(struct graph_file *graph, uint32_t source, uint32_t target);

/* Widths by the names, kinds by the names without their digits: once all nodes are there. */
void graph_file_finish(struct graph_file *graph);

/* Reads "source<TAB>target" or "name" lines and finishes. False, with a message on stderr, where that fails. */
bool graph_file_read(struct graph_file *graph, const char *path);

/* A random acyclic graph with names of random lengths. Equal seeds give equal graphs. */
void graph_file_make_random(struct graph_file *graph, uint64_t seed, uint32_t node_limit);

/* The graph as the library takes it; the arrays stay the graph's. */
struct draw_graph graph_file_view(const struct graph_file *graph);

/* Appends the whole drawing, every box with its name. */
void graph_file_draw(const struct graph_file *graph, const struct layout *layout, struct text *text);

#endif
