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

/* "train_# x60": what a folded box says. The caller frees it. */
static char *fold_title(const struct picture *picture, const uint32_t *members, size_t count)
{
    return memory_format("%s x%zu", picture->names[members[0]], count);
}

static void measure(void *context, const uint32_t *members, size_t count, bool full, unsigned *width, unsigned *height)
{
    const struct picture *picture = context;
    char *title = fold_title(picture, members, count);
    (void)full;
    *width = (unsigned)(utf8_width(title) + state_cells(picture));
    *height = 1;
    free(title);
}

/* The state that a folded box shows: the one that a person must see first. */
static enum node_state worst_state(const struct snapshot *snapshot, const uint32_t *members, size_t count)
{
    static const enum node_state ranks[] = {STATE_FAILED, STATE_LOST, STATE_CANCELLED, STATE_RUNNING, STATE_QUEUED,
        STATE_SUBMITTED, STATE_HELD, STATE_READY, STATE_WAITING, STATE_SKIPPED, STATE_DONE};
    for (size_t rank = 0; rank < sizeof ranks / sizeof *ranks; rank++)
        for (size_t i = 0; i < count; i++)
            if (snapshot->views[members[i]].state == ranks[rank])
                return ranks[rank];
    return STATE_WAITING;
}

static void draw_box(void *context, size_t box, struct canvas *canvas, int row, int column, int height, int width)
{
    const struct picture *picture = context;
    size_t count;
    const uint32_t *members = layout_members(picture->layout, box, &count);
    char *title = count > 1 ? fold_title(picture, members, count) : NULL;
    (void)height;
    unsigned style = 0;
    int used = 0;
    if (picture->drawing->snapshot) {
        enum node_state state = worst_state(picture->drawing->snapshot, members, count);
        char letter[3] = {state_letter(state), ' ', '\0'};
        style = 1 + (unsigned)state;
        used = canvas_put_text(canvas, row, column, width, letter, style);
    }
    canvas_put_text(canvas, row, column + used, width - used, title ? title : picture->names[members[0]], style);
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
                text_append_format(&text, "\033[%sm", colours[style = cell->style]);
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
        printf("(%zu nodes of one kind drawn as one box where it says xN; --fold=none draws all)\n",
            drawing->workflow->node_count);
    canvas_release(&canvas);
    picture_release(&picture);
}

bool graph_text_verify(const struct graph_drawing *drawing)
{
    struct picture picture;
    struct canvas canvas;
    struct text text;
    struct reader_result result;
    struct error error;
    struct graph_drawing plain = *drawing;
    size_t missing = 0, false_edges = 0;
    plain.snapshot = NULL;
    plain.fold = LAYOUT_FOLD_NONE;
    picture_init(&picture, &plain);
    lay_out(&picture);
    draw(&picture, &canvas);
    text_init(&text, SIZE_MAX / 2);
    canvas_print(&canvas, &text);
    enum reader_flow flow =
        layout_direction(picture.layout) == LAYOUT_LEFT_TO_RIGHT ? READER_LEFT_TO_RIGHT : READER_TOP_TO_BOTTOM;
    enum status status =
        reader_read(text.data, (const char *const *)picture.names, picture.graph.node_count, flow, &result, &error);
    if (status == STATUS_OK) {
        reader_compare(&result, picture.sources, picture.targets, picture.graph.edge_count, &missing, &false_edges);
        printf("%zu edges, %zu missing, %zu false\n", picture.graph.edge_count, missing, false_edges);
        reader_result_release(&result);
    } else {
        printf("the drawing cannot be read back: %s\n", error.message);
    }
    text_release(&text);
    canvas_release(&canvas);
    picture_release(&picture);
    return status == STATUS_OK && missing == 0 && false_edges == 0;
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
    puts(" {\n  rankdir=LR;\n  node [shape=box];");
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
    json_object_set_new(object, "layer", json_integer(layout_layer(picture->layout, box)));
    return object;
}

static json_t *edge_object(const struct picture *picture, size_t edge)
{
    struct layout_point points[64];
    size_t source, target, count = layout_route(picture->layout, edge, points, sizeof points / sizeof *points);
    json_t *object = json_object(), *route = json_array();
    layout_edge(picture->layout, edge, &source, &target);
    for (size_t i = 0; i < count && i < sizeof points / sizeof *points; i++)
        json_array_append_new(route, json_pack("[i,i]", points[i].row, points[i].column));
    json_object_set_new(object, "source", json_integer((json_int_t)source));
    json_object_set_new(object, "target", json_integer((json_int_t)target));
    json_object_set_new(object, "route", route);
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
