/* SPDX-License-Identifier: Apache-2.0 */
#include "graph_text.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"
#include "dagtop/draw/reader.h"
#include "dagtop/model/job_kind.h"
#include "output.h"

/* The arrays of a draw_graph and what a box shows. */
struct picture {
    const struct graph_drawing *drawing;
    struct draw_graph graph;
    uint32_t *sources, *targets, *kinds;
    uint16_t *widths;
    char **names; /* safe for a terminal */
    struct layout *layout;
};

static size_t state_cells(const struct picture *picture)
{
    return picture->drawing->snapshot ? 2 : 0;
}

static void picture_init(struct picture *picture, const struct graph_drawing *drawing)
{
    const struct workflow *workflow = drawing->workflow;
    *picture = (struct picture){.drawing = drawing};
    picture->sources = memory_new_array(workflow->edge_count, sizeof *picture->sources);
    picture->targets = memory_new_array(workflow->edge_count, sizeof *picture->targets);
    picture->kinds = memory_new_array(workflow->node_count, sizeof *picture->kinds);
    picture->widths = memory_new_array(workflow->node_count, sizeof *picture->widths);
    picture->names = memory_new_array(workflow->node_count, sizeof *picture->names);
    size_t edge = 0;
    job_kind_fill(workflow, picture->kinds);
    for (size_t i = 0; i < workflow->node_count; i++) {
        const struct node *node = &workflow->nodes[i];
        struct text safe;
        text_init(&safe, 0);
        utf8_append_safe(&safe, node->name, strlen(node->name));
        picture->names[i] = text_take(&safe);
        picture->widths[i] = (uint16_t)(utf8_width(picture->names[i]) + state_cells(picture));
        for (size_t j = 0; j < node->child_count; j++, edge++) {
            picture->sources[edge] = (uint32_t)i;
            picture->targets[edge] = (uint32_t)node->children[j];
        }
    }
    picture->graph = (struct draw_graph){.node_count = workflow->node_count,
        .edge_count = edge,
        .sources = picture->sources,
        .targets = picture->targets,
        .line_widths = picture->widths,
        .kinds = picture->kinds};
}

static void picture_release(struct picture *picture)
{
    for (size_t i = 0; i < picture->graph.node_count; i++)
        free(picture->names[i]);
    free(picture->names);
    free(picture->widths);
    free(picture->kinds);
    free(picture->targets);
    free(picture->sources);
    layout_free(picture->layout);
}

static const enum node_state trouble_first[STATE_COUNT] = {STATE_FAILED, STATE_LOST, STATE_CANCELLED, STATE_RUNNING,
    STATE_QUEUED, STATE_SUBMITTED, STATE_HELD, STATE_READY, STATE_WAITING, STATE_SKIPPED, STATE_DONE};

static void count_states(
    const struct snapshot *snapshot, const uint32_t *members, size_t count, size_t counts[STATE_COUNT])
{
    memset(counts, 0, STATE_COUNT * sizeof *counts);
    for (size_t i = 0; i < count; i++)
        counts[snapshot->views[members[i]].state]++;
}

/* What a box says: its node's name, or "train_1 x60" and with states "train_1 x60 [3F 16w 41D]". The caller frees it.
 */
static char *box_title(const struct picture *picture, const uint32_t *members, size_t count)
{
    struct text text;
    size_t counts[STATE_COUNT];
    const char *gap = " [";
    text_init(&text, 0);
    text_append_string(&text, picture->names[members[0]]);
    if (count > 1)
        text_append_format(&text, " x%zu", count);
    if (count > 1 && picture->drawing->snapshot) {
        count_states(picture->drawing->snapshot, members, count, counts);
        for (int i = 0; i < STATE_COUNT; i++) {
            if (counts[trouble_first[i]] == 0)
                continue;
            text_append_format(&text, "%s%zu%c", gap, counts[trouble_first[i]], state_letter(trouble_first[i]));
            gap = " ";
        }
        text_append_byte(&text, ']');
    }
    return text_take(&text);
}

static void measure(
    void *context, const uint32_t *members, size_t count, enum layout_box box, unsigned *width, unsigned *height)
{
    const struct picture *picture = context;
    char *title = box_title(picture, members, count);
    (void)box;
    *width = (unsigned)(utf8_width(title) + state_cells(picture));
    *height = 1;
    free(title);
}

/* The state that a folded box shows: the one that a person must see first. */
static enum node_state worst_state(const struct snapshot *snapshot, const uint32_t *members, size_t count)
{
    size_t counts[STATE_COUNT];
    count_states(snapshot, members, count, counts);
    for (int i = 0; i < STATE_COUNT; i++)
        if (counts[trouble_first[i]] > 0)
            return trouble_first[i];
    return STATE_WAITING;
}

static void draw_box(void *context, size_t box, struct canvas *canvas, int row, int column, int height, int width)
{
    const struct picture *picture = context;
    size_t count;
    const uint32_t *members = layout_members(picture->layout, box, &count);
    char *title = box_title(picture, members, count);
    (void)height;
    unsigned style = 0;
    int used = 0;
    if (picture->drawing->snapshot) {
        enum node_state state = worst_state(picture->drawing->snapshot, members, count);
        char letter[3] = {state_letter(state), ' ', '\0'};
        style = 1 + (unsigned)state;
        used = canvas_put_text(canvas, row, column, width, letter, style);
    }
    canvas_put_text(canvas, row, column + used, width - used, title, style);
    free(title);
}

static void print_canvas(const struct canvas *canvas, bool colour)
{
    static const char *const colours[] = {"0", "2", "37", "36", "36", "1;34", "32", "1;31", "35", "33", "2;32", "1;35"};
    struct text text;
    text_init(&text, SIZE_MAX / 2);
    if (!colour)
        canvas_print(canvas, &text);
    for (int row = 0; colour && row < canvas->height; row++) {
        unsigned style = 0;
        for (int column = 0; column < canvas->width; column++) {
            const struct cell *cell = canvas_at(canvas, row, column);
            char bytes[4];
            if (cell->style != style)
                text_append_format(&text, "\033[0;%sm", colours[style = cell->style]);
            if (cell->width)
                text_append(&text, bytes, utf8_write(cell->code_point, bytes));
        }
        text_append_string(&text, style ? "\033[0m\n" : "\n");
    }
    fwrite(text.data, 1, text.length, stdout);
    text_release(&text);
}

static void lay_out(struct picture *picture)
{
    const struct graph_drawing *drawing = picture->drawing;
    const struct layout_options options = {
        .direction = drawing->direction,
        .box = LAYOUT_BOX_LINE,
        .fold = drawing->fold,
        .width = drawing->width,
        .ascii = drawing->format == GRAPH_ASCII,
        .measure = measure,
        .measure_context = picture,
    };
    picture->layout = layout_new(&picture->graph, &options);
}

static void draw(struct picture *picture, struct canvas *canvas)
{
    canvas_init(canvas, layout_width(picture->layout), layout_height(picture->layout));
    const struct layout_view view = {.content = draw_box, .context = picture};
    layout_draw(picture->layout, canvas, &view);
}

static void print_cells(const struct graph_drawing *drawing)
{
    struct picture picture;
    struct canvas canvas;
    picture_init(&picture, drawing);
    lay_out(&picture);
    draw(&picture, &canvas);
    print_canvas(&canvas, drawing->colour && drawing->snapshot);
    if (layout_is_folded(picture.layout))
        printf("(%zu nodes in %zu boxes: xN stands for N nodes of one kind; --fold=none draws all)\n",
            drawing->workflow->node_count, layout_box_count(picture.layout));
    canvas_release(&canvas);
    picture_release(&picture);
}

/* The edges between the boxes as the file has them; the ends are freed by the caller. */
static size_t edges_of_boxes(const struct picture *picture, uint32_t **sources, uint32_t **targets)
{
    size_t edges = 0;
    *sources = memory_new_array(picture->graph.edge_count + 1, sizeof **sources);
    *targets = memory_new_array(picture->graph.edge_count + 1, sizeof **targets);
    for (size_t i = 0; i < picture->graph.edge_count; i++) {
        (*sources)[edges] = (uint32_t)layout_box_of_node(picture->layout, picture->sources[i]);
        (*targets)[edges] = (uint32_t)layout_box_of_node(picture->layout, picture->targets[i]);
        edges++;
    }
    return edges;
}

static int compare_numbers(const void *one, const void *other)
{
    uint64_t left = *(const uint64_t *)one, right = *(const uint64_t *)other;
    return left < right ? -1 : left > right;
}

static size_t count_different(const uint32_t *sources, const uint32_t *targets, size_t count)
{
    uint64_t *edges = memory_new_array(count + 1, sizeof *edges);
    size_t different = 0;
    for (size_t i = 0; i < count; i++)
        edges[i] = (uint64_t)sources[i] << 32 | targets[i];
    qsort(edges, count, sizeof *edges, compare_numbers);
    for (size_t i = 0; i < count; i++)
        different += i == 0 || edges[i] != edges[i - 1];
    free(edges);
    return different;
}

static char **titles_of_boxes(const struct picture *picture)
{
    size_t boxes = layout_box_count(picture->layout), count;
    char **titles = memory_new_array(boxes + 1, sizeof *titles);
    for (size_t box = 0; box < boxes; box++) {
        const uint32_t *members = layout_members(picture->layout, box, &count);
        titles[box] = box_title(picture, members, count);
    }
    return titles;
}

/* Compares what was read with the edges between boxes, and says so. */
static bool report_edges(const struct picture *picture, const struct reader_result *result)
{
    uint32_t *sources, *targets;
    size_t missing, false_edges, edges = edges_of_boxes(picture, &sources, &targets);
    size_t boxes = layout_box_count(picture->layout);
    reader_compare(result, sources, targets, edges, &missing, &false_edges);
    printf("%zu edges, %zu missing, %zu false", count_different(sources, targets, edges), missing, false_edges);
    if (layout_is_folded(picture->layout))
        printf(" (%zu nodes folded into %zu boxes)", picture->graph.node_count, boxes);
    if (result->boxes_missing || result->loose_ends)
        printf(" (%zu boxes missing, %zu loose ends)", result->boxes_missing, result->loose_ends);
    putchar('\n');
    free(sources);
    free(targets);
    return missing == 0 && false_edges == 0 && result->boxes_missing == 0 && result->loose_ends == 0;
}

static bool read_back(const struct picture *picture, const char *drawn)
{
    struct reader_result result;
    struct error error;
    bool right = layout_direction(picture->layout) == LAYOUT_LEFT_TO_RIGHT, true_drawing = false;
    size_t boxes = layout_box_count(picture->layout);
    char **titles = titles_of_boxes(picture);
    if (reader_read(drawn, (const char *const *)titles, boxes, right ? READER_LEFT_TO_RIGHT : READER_TOP_TO_BOTTOM,
            &result, &error) == STATUS_OK) {
        true_drawing = report_edges(picture, &result);
        reader_result_release(&result);
    } else {
        printf("the drawing cannot be read back: %s\n", error.message);
    }
    for (size_t i = 0; i < boxes; i++)
        free(titles[i]);
    free(titles);
    return true_drawing;
}

bool graph_text_verify(const struct graph_drawing *drawing)
{
    struct picture picture;
    struct canvas canvas;
    struct text text;
    struct graph_drawing plain = *drawing;
    plain.snapshot = NULL;
    picture_init(&picture, &plain);
    lay_out(&picture);
    draw(&picture, &canvas);
    text_init(&text, SIZE_MAX / 2);
    canvas_print(&canvas, &text);
    bool true_drawing = read_back(&picture, text.data);
    text_release(&text);
    canvas_release(&canvas);
    picture_release(&picture);
    return true_drawing;
}

static void print_quoted(const char *string, bool html)
{
    putchar('"');
    for (; *string; string++) {
        if (html && (*string == '"' || *string == '<' || *string == '>' || *string == '#' || *string == '&'))
            printf("#%d;", *string);
        else if (!html && (*string == '"' || *string == '\\'))
            printf("\\%c", *string);
        else
            putchar(*string);
    }
    putchar('"');
}

static void print_dot(const struct graph_drawing *drawing)
{
    const struct workflow *workflow = drawing->workflow;
    fputs("digraph ", stdout);
    print_quoted(workflow->name, false);
    printf(" {\n  rankdir=%s;\n  node [shape=box];\n", drawing->direction == LAYOUT_TOP_TO_BOTTOM ? "TB" : "LR");
    for (size_t i = 0; i < workflow->node_count; i++) {
        const struct node *node = &workflow->nodes[i];
        fputs("  ", stdout);
        print_quoted(node->name, false);
        const char *color =
            drawing->snapshot ? attributes_get(&workflow->colors, state_word(drawing->snapshot->views[i].state)) : NULL;
        if (color) {
            fputs(" [style=filled, fillcolor=", stdout);
            print_quoted(color, false);
            fputs("]", stdout);
        }
        puts(";");
        for (size_t j = 0; j < node->child_count; j++) {
            fputs("  ", stdout);
            print_quoted(node->name, false);
            fputs(" -> ", stdout);
            print_quoted(workflow->nodes[node->children[j]].name, false);
            puts(";");
        }
    }
    puts("}");
}

static void print_mermaid(const struct graph_drawing *drawing)
{
    const struct workflow *workflow = drawing->workflow;
    printf("flowchart %s\n", drawing->direction == LAYOUT_TOP_TO_BOTTOM ? "TD" : "LR");
    for (size_t i = 0; i < workflow->node_count; i++) {
        printf("  n%zu[", i);
        print_quoted(workflow->nodes[i].name, true);
        puts("]");
    }
    for (size_t i = 0; i < workflow->node_count; i++)
        for (size_t j = 0; j < workflow->nodes[i].child_count; j++)
            printf("  n%zu --> n%zu\n", i, workflow->nodes[i].children[j]);
}

/* How many members are in which state. */
static json_t *states_object(const struct snapshot *snapshot, const uint32_t *members, size_t count)
{
    size_t counts[STATE_COUNT];
    json_t *object = json_object();
    count_states(snapshot, members, count, counts);
    for (int state = 0; state < STATE_COUNT; state++)
        if (counts[state] > 0)
            json_object_set_new(object, state_word((enum node_state)state), json_integer((json_int_t)counts[state]));
    return object;
}

static json_t *box_object(const struct picture *picture, size_t box)
{
    struct layout_rectangle place = layout_rectangle(picture->layout, box);
    size_t count;
    const uint32_t *members = layout_members(picture->layout, box, &count);
    json_t *object = json_object(), *names = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(names, json_string(picture->drawing->workflow->nodes[members[i]].name));
    json_object_set_new(object, "nodes", names);
    json_object_set_new(object, "row", json_integer(place.row));
    json_object_set_new(object, "column", json_integer(place.column));
    json_object_set_new(object, "height", json_integer(place.height));
    json_object_set_new(object, "width", json_integer(place.width));
    if (picture->drawing->snapshot)
        json_object_set_new(object, "states", states_object(picture->drawing->snapshot, members, count));
    json_object_set_new(object, "layer", json_integer(layout_layer(picture->layout, box)));
    return object;
}

static json_t *edge_object(const struct picture *picture, size_t edge)
{
    size_t source, target, count = layout_route(picture->layout, edge, NULL, 0);
    struct layout_point *points = memory_new_array(count + 1, sizeof *points);
    layout_route(picture->layout, edge, points, count);
    json_t *object = json_object(), *route = json_array();
    layout_edge(picture->layout, edge, &source, &target);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(route, json_pack("[i,i]", points[i].row, points[i].column));
    json_object_set_new(object, "source", json_integer((json_int_t)source));
    json_object_set_new(object, "target", json_integer((json_int_t)target));
    json_object_set_new(object, "route", route);
    free(points);
    return object;
}

static void print_json(const struct graph_drawing *drawing)
{
    struct picture picture;
    picture_init(&picture, drawing);
    lay_out(&picture);
    json_t *object = json_object(), *boxes = json_array(), *edges = json_array();
    for (size_t i = 0; i < layout_box_count(picture.layout); i++)
        json_array_append_new(boxes, box_object(&picture, i));
    for (size_t i = 0; i < layout_edge_count(picture.layout); i++)
        json_array_append_new(edges, edge_object(&picture, i));
    json_object_set_new(object, "format", json_integer(1));
    json_object_set_new(object, "workflow", json_string(drawing->workflow->name));
    json_object_set_new(object, "width", json_integer(layout_width(picture.layout)));
    json_object_set_new(object, "height", json_integer(layout_height(picture.layout)));
    json_object_set_new(
        object, "direction", json_string(layout_direction(picture.layout) == LAYOUT_LEFT_TO_RIGHT ? "lr" : "tb"));
    json_object_set_new(object, "boxes", boxes);
    json_object_set_new(object, "edges", edges);
    json_dumpf(object, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(object);
    picture_release(&picture);
}

void graph_text_print(const struct graph_drawing *drawing)
{
    switch (drawing->format) {
    case GRAPH_UNICODE:
    case GRAPH_ASCII:
        print_cells(drawing);
        break;
    case GRAPH_DOT:
        print_dot(drawing);
        break;
    case GRAPH_MERMAID:
        print_mermaid(drawing);
        break;
    case GRAPH_JSON:
        print_json(drawing);
        break;
    }
}
