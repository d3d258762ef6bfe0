/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every drawing is true: what the reader finds in the finished cells is what was given, for the graphs beside this file
 * and for random ones, in both directions, both alphabets, one-line and full boxes, folded and unfolded.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "dagtop/base/memory.h"
#include "dagtop/draw/reader.h"
#include "graph_file.h"

#ifdef DAGTOP_SANITIZED
enum { RANDOM_GRAPHS = 150, NODE_LIMIT = 40, LARGEST_FILE = 1200 };
#else
enum { RANDOM_GRAPHS = 2000, NODE_LIMIT = 60, LARGEST_FILE = 20000 };
#endif

struct totals {
    size_t drawings, edges, missing, false_edges, wrong, tight;
};

/* The edges and names that a drawing must show: those of the boxes. */
struct expected {
    const char **names;
    uint32_t *sources, *targets;
};

static void expect(const struct graph_file *graph, const struct layout *layout, struct expected *expected)
{
    expected->names = memory_new_array(layout_box_count(layout), sizeof *expected->names);
    expected->sources = memory_new_array(graph->edge_count, sizeof *expected->sources);
    expected->targets = memory_new_array(graph->edge_count, sizeof *expected->targets);
    for (size_t box = 0; box < layout_box_count(layout); box++) {
        size_t count;
        expected->names[box] = graph->names[layout_members(layout, box, &count)[0]];
    }
    for (size_t i = 0; i < graph->edge_count; i++) {
        expected->sources[i] = (uint32_t)layout_box_of_node(layout, graph->sources[i]);
        expected->targets[i] = (uint32_t)layout_box_of_node(layout, graph->targets[i]);
    }
}

static void check(
    const struct graph_file *graph, const struct layout_options *options, const char *label, struct totals *totals)
{
    struct draw_graph view = graph_file_view(graph);
    struct layout *layout = layout_new(&view, options);
    struct reader_result result;
    struct expected expected;
    struct error error;
    struct text text;
    size_t missing = 0, false_edges = 0;
    text_init(&text, 1u << 30);
    graph_file_draw(graph, layout, &text);
    expect(graph, layout, &expected);
    enum reader_flow flow =
        layout_direction(layout) == LAYOUT_LEFT_TO_RIGHT ? READER_LEFT_TO_RIGHT : READER_TOP_TO_BOTTOM;
    if (reader_read(text.data, expected.names, layout_box_count(layout), flow, &result, &error) != STATUS_OK) {
        printf("%s: %s\n", label, error.message);
        totals->wrong++;
    } else {
        reader_compare(&result, expected.sources, expected.targets, graph->edge_count, &missing, &false_edges);
        totals->edges += result.edge_count;
        totals->missing += missing;
        totals->false_edges += false_edges;
        if (missing || false_edges || result.boxes_missing || result.loose_ends) {
            printf(
                "%s direction=%d box=%d ascii=%d fold=%d: missing %zu, false %zu, boxes missing %zu, loose ends %zu\n",
                label, options->direction, options->box, options->ascii, options->fold, missing, false_edges,
                result.boxes_missing, result.loose_ends);
            if (totals->wrong++ < 2 && text.length < 20000)
                puts(text.data);
        }
        reader_result_release(&result);
    }
    totals->drawings++;
    free(expected.names);
    free(expected.sources);
    free(expected.targets);
    text_release(&text);
    layout_free(layout);
}

/* One cell narrower than it would be: where lines are straight, arrowheads alone are between the layers then. */
static void check_tight(
    const struct graph_file *graph, struct layout_options options, const char *label, struct totals *totals)
{
    struct draw_graph view = graph_file_view(graph);
    struct layout *layout = layout_new(&view, &options);
    int width = layout_width(layout);
    layout_free(layout);
    options.width = width > 1 ? width - 1 : 1;
    layout = layout_new(&view, &options);
    totals->tight += layout_width(layout) < width;
    layout_free(layout);
    check(graph, &options, label, totals);
}

/* All combinations; for random graphs (quick) with the least effort and one combination of fold only. */
static void check_all(
    const struct graph_file *graph, const char *label, bool fold, unsigned effort, struct totals *totals)
{
    for (unsigned i = 0; i < 8; i++) {
        struct layout_options options = {.direction = i & 1 ? LAYOUT_LEFT_TO_RIGHT : LAYOUT_TOP_TO_BOTTOM,
            .box = i & 2 ? LAYOUT_BOX_LINE : LAYOUT_BOX_FULL,
            .ascii = (i & 4) != 0,
            .effort = effort};
        check(graph, &options, label, totals);
        if (fold && options.direction == LAYOUT_LEFT_TO_RIGHT)
            check_tight(graph, options, label, totals);
        options.fold = LAYOUT_FOLD_ALL;
        if (fold)
            check(graph, &options, label, totals);
    }
}

/* Lines cross little more than the edges must: bundles save crossings, and tracks add few. */
static void check_crossings(const struct graph_file *graph, const char *label, struct totals *totals)
{
    struct draw_graph view = graph_file_view(graph);
    struct layout_options options = {.direction = LAYOUT_LEFT_TO_RIGHT, .box = LAYOUT_BOX_LINE};
    struct layout *drawn = layout_new(&view, &options);
    options.separate_edges = true;
    struct layout *separate = layout_new(&view, &options);
    uint64_t cells = layout_drawn_crossings(drawn), layered = layout_layered_crossings(separate);
    if (10 * (cells + 1) > 12 * (layered + 1)) {
        printf(
            "%s: %llu crosses drawn, %llu crossings\n", label, (unsigned long long)cells, (unsigned long long)layered);
        totals->wrong++;
    }
    layout_free(drawn);
    layout_free(separate);
}

static void check_files(const char *directory, struct totals *totals)
{
    DIR *folder = opendir(directory);
    const struct dirent *entry;
    size_t files = 0;
    while (folder && (entry = readdir(folder))) {
        struct graph_file graph;
        size_t length = strlen(entry->d_name);
        if (length < 4 || strcmp(entry->d_name + length - 4, ".tsv") != 0)
            continue;
        char *path = memory_format("%s/%s", directory, entry->d_name);
        graph_file_init(&graph);
        if (!graph_file_read(&graph, path)) {
            totals->wrong++;
        } else if (graph.edge_count <= LARGEST_FILE) {
            check_all(&graph, entry->d_name, true, 0, totals);
            check_crossings(&graph, entry->d_name, totals);
            files++;
        }
        graph_file_release(&graph);
        free(path);
    }
    if (folder)
        closedir(folder);
    if (files < 10) {
        printf("only %zu graphs in %s\n", files, directory);
        totals->wrong++;
    }
}

static void check_random(uint64_t first, uint64_t count, struct totals *totals)
{
    for (uint64_t seed = first; seed < first + count; seed++) {
        struct graph_file graph;
        char label[64];
        snprintf(label, sizeof label, "random %llu", (unsigned long long)seed);
        graph_file_init(&graph);
        graph_file_make_random(&graph, seed, NODE_LIMIT);
        check_all(&graph, label, seed % 4 == 0, 1, totals);
        graph_file_release(&graph);
    }
}

/* test_round_trip [FIRST_SEED COUNT]: with numbers, only those random graphs. */
int main(int count, char **words)
{
    struct totals totals = {0};
    const char *top = getenv("top_srcdir");
    if (count == 3) {
        check_random(strtoull(words[1], NULL, 10), strtoull(words[2], NULL, 10), &totals);
    } else {
        char *directory = memory_format("%s/tests/graph", top ? top : ".");
        check_files(directory, &totals);
        check_random(1, RANDOM_GRAPHS, &totals);
        free(directory);
    }
    printf("%zu drawings (%zu tight), %zu edges, %zu missing, %zu false, %zu wrong drawings\n", totals.drawings,
        totals.tight, totals.edges, totals.missing, totals.false_edges, totals.wrong);
    return totals.wrong || !totals.tight ? 1 : 0;
}
