/* SPDX-License-Identifier: Apache-2.0 */
/* A graph on stdout: cells (unicode, ascii), dot, mermaid, json. */
#ifndef DAGTOP_APP_GRAPH_TEXT_H
#define DAGTOP_APP_GRAPH_TEXT_H

#include "dagtop/draw/layout.h"
#include "dagtop/engine/snapshot.h"

enum graph_format { GRAPH_UNICODE, GRAPH_ASCII, GRAPH_DOT, GRAPH_MERMAID, GRAPH_JSON };

struct graph_drawing {
    const struct workflow *workflow;
    const struct snapshot *snapshot; /* NULL: no states */
    enum graph_format format;
    enum layout_direction direction;
    enum layout_fold fold;
    int width; /* columns; 0: no limit */
    bool colour;
};

void graph_text_print(const struct graph_drawing *drawing);

/*
 * Draws without states, in cells (ASCII where the format is that), reads the drawing back with draw/reader.h and prints
 * "N edges, M missing, K false". Where the drawing is folded, these are the edges between its boxes. True where the
 * drawing states exactly the edges of the file.
 */
bool graph_text_verify(const struct graph_drawing *drawing);

#endif
