/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draw_file FILE.tsv [lr|tb] [full|line|dot] [fold] [ascii] [COLSxROWS]: prints the drawing of an edge list and, on
 * stderr, its figures. For people who work on the drawing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "graph_file.h"

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void read_option(struct layout_options *options, const char *word)
{
    if (!strcmp(word, "lr"))
        options->direction = LAYOUT_LEFT_TO_RIGHT;
    else if (!strcmp(word, "tb"))
        options->direction = LAYOUT_TOP_TO_BOTTOM;
    else if (!strcmp(word, "full"))
        options->box = LAYOUT_BOX_FULL;
    else if (!strcmp(word, "line"))
        options->box = LAYOUT_BOX_LINE;
    else if (!strcmp(word, "dot"))
        options->box = LAYOUT_BOX_DOT;
    else if (!strcmp(word, "fold"))
        options->fold = LAYOUT_FOLD_ALL;
    else if (!strcmp(word, "ascii"))
        options->ascii = true;
    else if (!strcmp(word, "separate"))
        options->separate_edges = true;
    else if (sscanf(word, "%dx%d", &options->width, &options->height) != 2)
        fprintf(stderr, "draw_file: unknown word %s\n", word);
}

int main(int count, char **words)
{
    struct graph_file graph;
    struct layout_options options = {0};
    struct text text;
    if (count < 2)
        return 2;
    for (int i = 2; i < count; i++)
        read_option(&options, words[i]);
    graph_file_init(&graph);
    text_init(&text, 1u << 30);
    if (!graph_file_read(&graph, words[1]))
        return 1;
    struct draw_graph view = graph_file_view(&graph);
    double start = milliseconds();
    struct layout *layout = layout_new(&view, &options);
    double made = milliseconds();
    if (!layout)
        return 1;
    graph_file_draw(&graph, layout, &text);
    fputs(text.data, stdout);
    fprintf(stderr, "%zu boxes %dx%d layered %llu drawn %llu layout %.2f ms drawing %.2f ms\n",
        layout_box_count(layout), layout_width(layout), layout_height(layout),
        (unsigned long long)layout_layered_crossings(layout), (unsigned long long)layout_drawn_crossings(layout),
        made - start, milliseconds() - made);
    layout_free(layout);
    text_release(&text);
    graph_file_release(&graph);
    return 0;
}
