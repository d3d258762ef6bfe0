/* SPDX-License-Identifier: Apache-2.0 */
#include "pane_graph_input.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"
#include "dagtop/model/workflow.h"
#include "graph_group.h"

enum { FULL_WIDTH_LEAST = 12, MATRIX_COLUMNS_MOST = 40, MATRIX_ROWS_MOST = 60 };

static unsigned larger(unsigned one, unsigned other)
{
    return one > other ? one : other;
}

static unsigned name_cells(const char *name, unsigned most)
{
    size_t cells = utf8_width(name);
    return cells < most ? (unsigned)cells : most;
}

/* As square as cells look: twice as many columns as rows, and at least as wide as the title. */
static void measure_matrix(size_t count, unsigned *width, unsigned *height)
{
    size_t columns = *width, rows;
    while (columns < MATRIX_COLUMNS_MOST && columns * columns < 2 * count)
        columns++;
    rows = (count + columns - 1) / columns;
    *width = (unsigned)columns;
    *height = 1 + (rows < MATRIX_ROWS_MOST ? (unsigned)rows : MATRIX_ROWS_MOST);
}

/* A group needs room for its name, its counts and one member's name, whatever the states will be. */
static void measure_group(
    void *context, const uint32_t *members, size_t count, enum layout_box box, unsigned *width, unsigned *height)
{
    const struct graph_input *input = context;
    struct text name;
    text_init(&name, 0);
    graph_group_name((const char *const *)input->names, members, count, GROUP_NAME_MOST, &name);
    unsigned title = GRAPH_SIGNS + (unsigned)utf8_width(name.data), counts = graph_group_counts_width(count) + 2;
    text_release(&name);
    if (box != LAYOUT_BOX_FULL) {
        *width = title + 1 + (box == LAYOUT_BOX_BAR ? counts : GRAPH_PERCENT);
        *height = 1;
    } else if (input->matrix) {
        *width = title;
        measure_matrix(count, width, height);
    } else {
        unsigned member = 0;
        for (size_t i = 0; i < count; i++)
            member = larger(member, name_cells(input->names[members[i]], GRAPH_NAME_LINE_MOST));
        *width = larger(larger(title, counts), larger(2 + member, FULL_WIDTH_LEAST));
        *height = 4;
    }
}

/* Marks what lies at most steps steps from the center along the edges, one way. */
static void mark_near(
    const struct workflow *workflow, size_t center, unsigned steps, bool down, size_t *queue, bool *chosen)
{
    size_t begin = 0, end = 1, level_end = 1;
    bool *seen = memory_new_array(workflow->node_count, sizeof *seen);
    queue[0] = center;
    seen[center] = chosen[center] = true;
    while (begin < end && steps > 0) {
        const struct node *node = &workflow->nodes[queue[begin++]];
        size_t count = down ? node->child_count : node->parent_count;
        for (size_t i = 0; i < count; i++) {
            size_t other = down ? node->children[i] : node->parents[i];
            if (seen[other])
                continue;
            seen[other] = chosen[other] = true;
            queue[end++] = other;
        }
        if (begin == level_end) {
            level_end = end;
            steps--;
        }
    }
    free(seen);
}

static void choose_nodes(struct graph_input *input, const struct workflow *workflow, const struct graph_wish *wish)
{
    size_t count = workflow->node_count;
    bool *chosen = memory_new_array(count + 1, sizeof *chosen), some = wish->steps > 0 && wish->center < count;
    if (some) {
        size_t *queue = memory_new_array(count, sizeof *queue);
        mark_near(workflow, wish->center, wish->steps, true, queue, chosen);
        mark_near(workflow, wish->center, wish->steps, false, queue, chosen);
        free(queue);
    }
    input->nodes = memory_new_array(count + 1, sizeof *input->nodes);
    input->place_of = memory_new_array(count + 1, sizeof *input->place_of);
    for (size_t i = 0; i < count; i++) {
        input->place_of[i] = UINT32_MAX;
        if (some && !chosen[i])
            continue;
        input->place_of[i] = (uint32_t)input->graph.node_count;
        input->nodes[input->graph.node_count++] = (uint32_t)i;
    }
    free(chosen);
}

static void copy_names(struct graph_input *input, const struct workflow *workflow)
{
    size_t bytes = 0, count = input->graph.node_count;
    for (size_t i = 0; i < count; i++)
        bytes += strlen(workflow->nodes[input->nodes[i]].name) + 1;
    input->names = memory_new_array(count + 1, sizeof *input->names);
    input->name_bytes = memory_new_array(bytes + 1, 1);
    char *place = input->name_bytes;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(workflow->nodes[input->nodes[i]].name) + 1;
        input->names[i] = memcpy(place, workflow->nodes[input->nodes[i]].name, length);
        place += length;
    }
}

static void copy_sizes(struct graph_input *input, const struct workflow *workflow)
{
    size_t count = input->graph.node_count;
    uint16_t *line = memory_new_array(count + 1, sizeof *line), *full = memory_new_array(count + 1, sizeof *full);
    uint16_t *heights = memory_new_array(count + 1, sizeof *heights);
    uint16_t *bar = memory_new_array(count + 1, sizeof *bar);
    for (size_t i = 0; i < count; i++) {
        bool works = workflow->nodes[input->nodes[i]].work != NODE_WORK_MILESTONE;
        unsigned percent = works ? 1 + GRAPH_PERCENT : 0;
        line[i] = (uint16_t)(GRAPH_SIGNS + name_cells(input->names[i], GRAPH_NAME_LINE_MOST) + percent);
        bar[i] = (uint16_t)(line[i] + (works ? 1 + GRAPH_BAR : 0));
        full[i] = (uint16_t)larger(
            GRAPH_SIGNS + name_cells(input->names[i], GRAPH_NAME_FULL_MOST), works ? FULL_WIDTH_LEAST : 8);
        heights[i] = 2;
    }
    input->graph.line_widths = line;
    input->graph.bar_widths = bar;
    input->graph.full_widths = full;
    input->graph.full_heights = heights;
}

static void copy_edges(struct graph_input *input, const struct workflow *workflow)
{
    uint32_t *sources = memory_new_array(workflow->edge_count + 1, sizeof *sources);
    uint32_t *targets = memory_new_array(workflow->edge_count + 1, sizeof *targets);
    size_t edges = 0;
    for (size_t i = 0; i < input->graph.node_count; i++) {
        const struct node *node = &workflow->nodes[input->nodes[i]];
        for (size_t j = 0; j < node->child_count && edges < workflow->edge_count; j++) {
            uint32_t target = input->place_of[node->children[j]];
            if (target == UINT32_MAX)
                continue;
            sources[edges] = (uint32_t)i;
            targets[edges++] = target;
        }
    }
    input->graph.edge_count = edges;
    input->graph.sources = sources;
    input->graph.targets = targets;
}

static void copy_numbers(struct graph_input *input, const struct graph_pane *graph, const int32_t *before)
{
    size_t count = input->graph.node_count;
    uint32_t *kinds = memory_new_array(count + 1, sizeof *kinds);
    uint8_t *open = memory_new_array(count + 1, sizeof *open);
    int32_t *ranks = before ? memory_new_array(count + 1, sizeof *ranks) : NULL;
    for (size_t i = 0; i < count; i++) {
        kinds[i] = graph->kinds[input->nodes[i]];
        open[i] = graph->open[input->nodes[i]];
        if (ranks)
            ranks[i] = before[input->nodes[i]];
    }
    if (graph->colours && count == graph->workflow->node_count)
        input->colours =
            memcpy(memory_new_array(count + 1, sizeof(uint32_t)), graph->colours, count * sizeof(uint32_t));
    input->options.colours = input->colours;
    input->graph.kinds = kinds;
    input->options.open = open;
    input->options.before = ranks;
}

struct graph_input *graph_input_new(
    const struct graph_pane *graph, const struct graph_wish *wish, bool ascii, const int32_t *before)
{
    struct graph_input *input = memory_new(sizeof *input);
    atomic_init(&input->holders, 1);
    choose_nodes(input, graph->workflow, wish);
    copy_names(input, graph->workflow);
    copy_sizes(input, graph->workflow);
    copy_edges(input, graph->workflow);
    input->options = (struct layout_options){.direction = wish->direction,
        .box = wish->box,
        .fold = wish->fold,
        .width = wish->width,
        .height = wish->height,
        .ascii = ascii,
        .measure = measure_group,
        .measure_context = input};
    copy_numbers(input, graph, before);
    input->matrix = wish->matrix;
    return input;
}

struct graph_input *graph_input_hold(struct graph_input *input)
{
    atomic_fetch_add(&input->holders, 1);
    return input;
}

void graph_input_release(struct graph_input *input)
{
    if (!input || atomic_fetch_sub(&input->holders, 1) > 1)
        return;
    free((void *)input->graph.sources);
    free((void *)input->graph.targets);
    free((void *)input->graph.line_widths);
    free((void *)input->graph.bar_widths);
    free((void *)input->graph.full_widths);
    free((void *)input->graph.full_heights);
    free((void *)input->graph.kinds);
    free((void *)input->options.open);
    free((void *)input->options.before);
    free(input->colours);
    free(input->nodes);
    free(input->place_of);
    free(input->names);
    free(input->name_bytes);
    free(input);
}
