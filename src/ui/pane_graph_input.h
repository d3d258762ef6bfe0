/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of what a layout is made from: never changed once it is made, so that threads may share it. */
#ifndef DAGTOP_UI_PANE_GRAPH_INPUT_H
#define DAGTOP_UI_PANE_GRAPH_INPUT_H

#include <stdatomic.h>

#include "pane_graph.h"

struct graph_input {
    atomic_uint holders;
    struct draw_graph graph; /* its arrays belong to the input */
    struct layout_options options;
    uint32_t *colours;  /* of options, or NULL */
    uint32_t *nodes;    /* the workflow's node of each drawn one */
    uint32_t *place_of; /* the other way; UINT32_MAX: not drawn */
    char **names;
    char *name_bytes;
    bool matrix;
};

/* The part of the pane's workflow that a wish asks for. before (may be NULL): one earlier rank a node of the workflow.
 */
struct graph_input *graph_input_new(
    const struct graph_pane *graph, const struct graph_wish *wish, bool ascii, const int32_t *before);

/* One more holder; the last one that releases it frees it (NULL is fine). */
struct graph_input *graph_input_hold(struct graph_input *input);
void graph_input_release(struct graph_input *input);

#endif
