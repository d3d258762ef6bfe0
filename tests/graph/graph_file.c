/* SPDX-License-Identifier: Apache-2.0 */
#include "graph_file.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/canvas.h"
#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"

void graph_file_init(struct graph_file *graph)
{
    *graph = (struct graph_file){0};
}

void graph_file_release(struct graph_file *graph)
{
    for (size_t i = 0; i < graph->node_count; i++)
        free(graph->names[i]);
    free(graph->names);
    free(graph->sources);
    free(graph->targets);
    free(graph->kinds);
    free(graph->widths);
    graph_file_init(graph);
}

uint32_t graph_file_add_node(struct graph_file *graph, const char *name)
{
    memory_grow(&graph->names, &graph->node_capacity, graph->node_count + 1, sizeof *graph->names);
    graph->names[graph->node_count] = memory_copy_text(name);
    return (uint32_t)graph->node_count++;
}

void graph_file_add_edge(struct graph_file *graph, uint32_t source, uint32_t target)
{
    memory_grow(&graph->sources, &graph->source_capacity, graph->edge_count + 1, sizeof *graph->sources);
    memory_grow(&graph->targets, &graph->target_capacity, graph->edge_count + 1, sizeof *graph->targets);
    graph->sources[graph->edge_count] = source;
    graph->targets[graph->edge_count++] = target;
}

void graph_file_finish(struct graph_file *graph)
{
    struct map *kinds = map_new();
    graph->kinds = memory_new_array(graph->node_count, sizeof *graph->kinds);
    graph->widths = memory_new_array(graph->node_count, sizeof *graph->widths);
    for (size_t i = 0; i < graph->node_count; i++) {
        char *kind = memory_copy_text(graph->names[i]), *end = kind;
        uintptr_t number = map_count(kinds);
        for (const char *byte = kind; *byte; byte++)
            if (!isdigit((unsigned char)*byte))
                *end++ = *byte;
        *end = '\0';
        if (!map_get(kinds, kind, &number))
            map_set(kinds, kind, number);
        graph->kinds[i] = (uint32_t)number;
        graph->widths[i] = (uint16_t)utf8_width(graph->names[i]);
        free(kind);
    }
    map_free(kinds);
}

static uint32_t find_or_add(struct graph_file *graph, struct map *index, const char *name)
{
    uintptr_t node;
    if (!map_get(index, name, &node)) {
        node = graph_file_add_node(graph, name);
        map_set(index, name, node);
    }
    return (uint32_t)node;
}

bool graph_file_read(struct graph_file *graph, const char *path)
{
    char line[4096];
    FILE *file = fopen(path, "re");
    if (!file) {
        perror(path);
        return false;
    }
    struct map *index = map_new();
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *target = strchr(line, '\t');
        if (target)
            *target++ = '\0';
        if (!*line)
            continue;
        uint32_t source = find_or_add(graph, index, line);
        if (target)
            graph_file_add_edge(graph, source, find_or_add(graph, index, target));
    }
    map_free(index);
    fclose(file);
    graph_file_finish(graph);
    return true;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

void graph_file_make_random(struct graph_file *graph, uint64_t seed, uint32_t node_limit)
{
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
    for (unsigned i = 0; i < 8; i++)
        next_random(&state);
    uint32_t nodes = 1 + (uint32_t)(next_random(&state) % node_limit);
    uint32_t reach = 1 + (uint32_t)(next_random(&state) % nodes), stages = 1 + (uint32_t)(next_random(&state) % 6);
    uint32_t density = 1 + (uint32_t)(next_random(&state) % 5), style = (uint32_t)(next_random(&state) % 3);
    for (uint32_t i = 0; i < nodes; i++) {
        char name[64];
        static const char *const middles[] = {"", "_x", "_node", " two words ", "日本", "-", "_e\xcc\x81"};
        snprintf(name, sizeof name, "n%s%u", middles[next_random(&state) % 7], i);
        graph_file_add_node(graph, name);
    }
    for (uint32_t i = 0; style < 2 && i < nodes * density / 2; i++) {
        uint32_t a = (uint32_t)(next_random(&state) % nodes), b = a + 1 + (uint32_t)(next_random(&state) % reach);
        if (b < nodes)
            graph_file_add_edge(graph, a, b);
    }
    /* Stages: whole or ragged bicliques between neighbouring blocks of nodes. */
    for (uint32_t a = 0; style >= 1 && a < nodes; a++)
        for (uint32_t b = a + 1; b < nodes && graph->edge_count < 40000; b++)
            if (b * stages / nodes == a * stages / nodes + 1 && next_random(&state) % 5 < density)
                graph_file_add_edge(graph, a, b);
    graph_file_finish(graph);
}

struct draw_graph graph_file_view(const struct graph_file *graph)
{
    return (struct draw_graph){.node_count = graph->node_count,
        .edge_count = graph->edge_count,
        .sources = graph->sources,
        .targets = graph->targets,
        .line_widths = graph->widths,
        .kinds = graph->kinds};
}

struct naming {
    const struct graph_file *graph;
    const struct layout *layout;
};

static void put_name(void *context, size_t box, struct canvas *canvas, int row, int column, int height, int width)
{
    const struct naming *naming = context;
    size_t count;
    const uint32_t *members = layout_members(naming->layout, box, &count);
    if (height > 0)
        canvas_put_text(canvas, row, column, width, naming->graph->names[members[0]], 0);
}

void graph_file_draw(const struct graph_file *graph, const struct layout *layout, struct text *text)
{
    struct naming naming = {graph, layout};
    struct layout_view view = {.content = put_name, .context = &naming};
    struct canvas canvas;
    canvas_init(&canvas, layout_width(layout), layout_height(layout));
    layout_draw(layout, &canvas, &view);
    canvas_print(&canvas, text);
    canvas_release(&canvas);
}
