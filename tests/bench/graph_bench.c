/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph_bench FILE.tsv...: figures of the drawing beside `dot -Tplain` (graphviz) on the same graphs in one run:
 * layered crossings of the first drawing and after a second of refinement, wall time of whole processes, drawn
 * crossings, sizes, and what fits usual terminals. graph_bench --draw FILE.tsv is the process that is timed: read, lay
 * out, draw 120x40.
 */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../graph/graph_file.h"
#include "dagtop/base/canvas.h"
#include "dagtop/base/memory.h"
#include "dagtop/draw/fold.h"

enum { RUNS = 20, REFINE_MILLISECONDS = 1000, TIME_FROM_NODES = 600 };

static const int panes[3][2] = {{80, 24}, {120, 40}, {200, 50}};

struct sums {
    double first, refined, worst, drawn, worst_drawn, slowest;
    double neighbours[2],
        kept[2];    /* when a node is added: of a layer, and in the same order; by whether that was known */
    double fold[2]; /* milliseconds at most: the first time, and with colours that are known */
    int graphs, fits[3], fits_folded[3];
};

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int draw_one(const char *path)
{
    struct graph_file graph;
    struct layout_options options = {
        .width = 120, .height = 40, .box = LAYOUT_BOX_LINE, .direction = LAYOUT_LEFT_TO_RIGHT};
    struct layout_view view = {0};
    struct canvas canvas;
    struct text text;
    graph_file_init(&graph);
    if (!graph_file_read(&graph, path))
        return 1;
    struct draw_graph drawn = graph_file_view(&graph);
    struct layout *layout = layout_new(&drawn, &options);
    canvas_init(&canvas, 120, 40);
    layout_draw(layout, &canvas, &view);
    text_init(&text, 0);
    canvas_print(&canvas, &text);
    fputs(text.data, stdout);
    return 0;
}

/* Runs a program with its standard output in /dev/null and its standard error in error_path. False where it fails. */
static bool run(const char *const arguments[], const char *error_path)
{
    int status = 1;
    pid_t child = fork();
    if (child == 0) {
        int out = open("/dev/null", O_WRONLY), error = open(error_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (out < 0 || error < 0 || dup2(out, 1) < 0 || dup2(error, 2) < 0)
            _exit(126);
        execvp(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int compare_times(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;
    return (first > second) - (first < second);
}

/* The median wall time of several runs, fewer where one takes long; negative where the program fails. */
static double median_time(const char *const arguments[], const char *error_path)
{
    double times[RUNS];
    int runs = 0, wanted = RUNS;
    while (runs < wanted) {
        double start = milliseconds();
        if (!run(arguments, error_path))
            return -1;
        times[runs++] = milliseconds() - start;
        if (runs == 1 && times[0] > 200)
            wanted = times[0] > 2000 ? 1 : 5;
    }
    qsort(times, (size_t)runs, sizeof *times, compare_times);
    return times[runs / 2];
}

static bool write_dot(const struct graph_file *graph, const char *path)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return false;
    fputs("digraph G {\n", file);
    for (size_t i = 0; i < graph->node_count; i++)
        fprintf(file, "n%zu [label=\"%s\"]\n", i, graph->names[i]);
    for (size_t i = 0; i < graph->edge_count; i++)
        fprintf(file, "n%u -> n%u\n", graph->sources[i], graph->targets[i]);
    fputs("}\n", file);
    return fclose(file) == 0;
}

/* The last "mincross G: N crossings" that dot -v says. */
static double read_crossings(const char *path)
{
    char line[512];
    double crossings = -1;
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        const char *found = strstr(line, "mincross G: ");
        if (found)
            crossings = strtod(found + strlen("mincross G: "), NULL);
    }
    if (file)
        fclose(file);
    return crossings;
}

static void measure_fold(
    void *context, const uint32_t *members, size_t count, enum layout_box box, unsigned *width, unsigned *height)
{
    (void)context;
    (void)members;
    (void)box;
    (void)height;
    *width += (unsigned)snprintf(NULL, 0, " x%zu", count);
}

static bool fits(const struct draw_graph *graph, int width, int height, enum layout_fold fold)
{
    struct layout_options options = {
        .width = width, .height = height, .fold = fold, .measure = measure_fold, .box = LAYOUT_BOX_LINE};
    struct layout *layout = layout_new(graph, &options);
    bool all = layout_width(layout) <= width && layout_height(layout) <= height;
    layout_free(layout);
    return all;
}

static void compare_order(const struct draw_graph *graph, double dot, struct sums *sums)
{
    struct layout_options options = {.direction = LAYOUT_LEFT_TO_RIGHT, .box = LAYOUT_BOX_LINE, .separate_edges = true};
    struct layout *layout = layout_new(graph, &options);
    double first = (double)layout_layered_crossings(layout), start = milliseconds();
    while (milliseconds() - start < REFINE_MILLISECONDS && layout_layered_crossings(layout) > 0)
        layout_refine(layout, 500000);
    layout_adopt(layout);
    double refined = (double)layout_layered_crossings(layout), ratio = (refined + 1) / (dot + 1);
    printf(" %8.0f %8.0f %5.2f %8.0f %5.2f", dot, first, (first + 1) / (dot + 1), refined, ratio);
    sums->first += log((first + 1) / (dot + 1));
    sums->refined += log(ratio);
    sums->worst = ratio > sums->worst ? ratio : sums->worst;
    layout_free(layout);
    options.separate_edges = false;
    layout = layout_new(graph, &options);
    double drawn = ((double)layout_drawn_crossings(layout) + 1) / (first + 1);
    printf(" %7.0f %5.2f %5dx%-5d", (double)layout_drawn_crossings(layout), drawn, layout_width(layout),
        layout_height(layout));
    sums->drawn += log(drawn);
    sums->worst_drawn = drawn > sums->worst_drawn ? drawn : sums->worst_drawn;
    layout_free(layout);
}

/* Of two boxes that stood side by side in a layer, how many still stand there, and how many of those in that order. */
static void compare_neighbours(
    const struct layout *first, const struct layout *second, size_t nodes, double *pairs, double *kept)
{
    int32_t *next = memory_new_array(nodes, sizeof *next);
    for (size_t i = 0; i < nodes; i++) {
        size_t box = layout_move(first, i, LAYOUT_TO_NEXT);
        next[i] = box == i || layout_layer(first, box) != layout_layer(first, i) ? -1 : (int32_t)box;
    }
    for (size_t i = 0; i < nodes; i++) {
        if (next[i] < 0 || layout_layer(second, i) != layout_layer(second, (size_t)next[i]))
            continue;
        *pairs += 1;
        *kept += layout_rank(second, i) < layout_rank(second, (size_t)next[i]);
    }
    free(next);
}

/* A node is added after the middle one: how many neighbours keep their order, with the earlier one known and without.
 */
static void measure_stability(const struct draw_graph *graph, struct sums *sums)
{
    size_t nodes = graph->node_count, edges = graph->edge_count;
    struct layout_options options = {.direction = LAYOUT_LEFT_TO_RIGHT, .box = LAYOUT_BOX_LINE};
    struct draw_graph larger = {.node_count = nodes + 1, .edge_count = edges + 1};
    uint32_t *sources = memory_new_array(edges + 1, sizeof *sources);
    uint32_t *targets = memory_new_array(edges + 1, sizeof *targets);
    uint16_t *widths = memory_new_array(nodes + 1, sizeof *widths);
    int32_t *before = memory_new_array(nodes + 1, sizeof *before);
    struct layout *first = layout_new(graph, &options);
    memcpy(sources, graph->sources, edges * sizeof *sources);
    memcpy(targets, graph->targets, edges * sizeof *targets);
    memcpy(widths, graph->line_widths, nodes * sizeof *widths);
    sources[edges] = (uint32_t)(nodes / 2);
    targets[edges] = (uint32_t)nodes;
    widths[nodes] = 8;
    larger.sources = sources;
    larger.targets = targets;
    larger.line_widths = widths;
    for (size_t i = 0; i <= nodes; i++)
        before[i] = i < nodes ? layout_rank(first, i) : -1;
    for (int known = 0; known < 2; known++) {
        options.before = known ? before : NULL;
        struct layout *second = layout_new(&larger, &options);
        compare_neighbours(first, second, nodes, &sums->neighbours[known], &sums->kept[known]);
        layout_free(second);
    }
    layout_free(first);
    free(sources);
    free(targets);
    free(widths);
    free(before);
}

/* Medians of folding a graph for the first time, and when one box is opened or closed. */
static void measure_folding(const struct draw_graph *graph, struct sums *sums)
{
    double times[2][RUNS];
    uint32_t *colours = fold_colours(graph);
    for (int i = 0; i < RUNS; i++) {
        double start = milliseconds();
        fold_free(fold_new(graph, NULL));
        times[0][i] = milliseconds() - start;
        start = milliseconds();
        fold_free(fold_new_coloured(graph->node_count, colours, NULL));
        times[1][i] = milliseconds() - start;
    }
    for (int i = 0; i < 2; i++) {
        qsort(times[i], RUNS, sizeof times[i][0], compare_times);
        sums->fold[i] = times[i][RUNS / 2] > sums->fold[i] ? times[i][RUNS / 2] : sums->fold[i];
    }
    free(colours);
}

static void bench(const char *self, const char *path, const char *scratch, struct sums *sums)
{
    struct graph_file graph;
    graph_file_init(&graph);
    if (!graph_file_read(&graph, path))
        return;
    char *dot_path = memory_format("%s/graph.dot", scratch), *said_path = memory_format("%s/said", scratch);
    const char *dot_arguments[] = {"dot", "-v", "-Tplain", dot_path, NULL};
    const char *own_arguments[] = {self, "--draw", path, NULL};
    struct draw_graph drawn = graph_file_view(&graph);
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    double dot_time = write_dot(&graph, dot_path) ? median_time(dot_arguments, said_path) : -1;
    double dot_crossings = read_crossings(said_path), own_time = median_time(own_arguments, said_path);
    printf("%-24s %5zu", name, graph.node_count);
    if (dot_time >= 0 && dot_crossings >= 0) {
        compare_order(&drawn, dot_crossings, sums);
        printf(" %8.1f %7.1f %6.1f", dot_time, own_time, dot_time / own_time);
        if (graph.node_count >= TIME_FROM_NODES && (sums->slowest <= 0 || dot_time / own_time < sums->slowest))
            sums->slowest = dot_time / own_time;
        sums->graphs++;
    }
    for (int i = 0; i < 3; i++) {
        bool whole = fits(&drawn, panes[i][0], panes[i][1], LAYOUT_FOLD_NONE);
        bool folded = whole || fits(&drawn, panes[i][0], panes[i][1], LAYOUT_FOLD_ALL);
        printf(" %s", whole ? "whole" : folded ? "fold " : "-    ");
        sums->fits[i] += whole;
        sums->fits_folded[i] += folded;
    }
    printf("\n");
    fflush(stdout);
    measure_stability(&drawn, sums);
    measure_folding(&drawn, sums);
    unlink(dot_path);
    unlink(said_path);
    free(dot_path);
    free(said_path);
    graph_file_release(&graph);
}

int main(int count, char **words)
{
    char scratch[] = "/tmp/graph_bench.XXXXXX";
    struct sums sums = {0};
    if (count == 3 && !strcmp(words[1], "--draw"))
        return draw_one(words[2]);
    if (!mkdtemp(scratch)) {
        perror(scratch);
        return 1;
    }
    printf("%-24s %5s %8s %8s %5s %8s %5s %7s %5s %11s %8s %7s %6s %s\n", "graph", "nodes", "dot", "first", "ratio",
        "refined", "ratio", "drawn", "/lay.", "LR size", "dot ms", "own ms", "times", "80x24 120x40 200x50");
    for (int i = 1; i < count; i++)
        bench(words[0], words[i], scratch, &sums);
    rmdir(scratch);
    if (sums.neighbours[0] > 0 && sums.neighbours[1] > 0)
        printf("a node is added: %.1f%% of neighbours in a layer keep their order, %.1f%% without the earlier one\n",
            100 * sums.kept[1] / sums.neighbours[1], 100 * sums.kept[0] / sums.neighbours[0]);
    printf("folding takes %.2f ms at most, %.3f ms when a box is opened or closed\n", sums.fold[0], sums.fold[1]);
    if (!sums.graphs) {
        printf("graphviz (dot) is missing: no comparison\n");
        return 0;
    }
    printf("crossings beside dot, (own+1)/(dot+1): geometric mean %.3f first, %.3f after 1 s, worst %.2f\n",
        exp(sums.first / sums.graphs), exp(sums.refined / sums.graphs), sums.worst);
    printf("drawn crossings beside layered ones: geometric mean %.2f, worst %.2f\n", exp(sums.drawn / sums.graphs),
        sums.worst_drawn);
    if (sums.slowest > 0)
        printf("time from %d nodes on: dot takes at least %.1f times as long\n", TIME_FROM_NODES, sums.slowest);
    for (int i = 0; i < 3; i++)
        printf("%dx%d: %d whole, %d with folding\n", panes[i][0], panes[i][1], sums.fits[i], sums.fits_folded[i]);
    return 0;
}
