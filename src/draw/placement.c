/* SPDX-License-Identifier: Apache-2.0 */
#include "placement.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "twin.h"

bool placement_is_line(enum layout_box box)
{
    return box == LAYOUT_BOX_LINE || box == LAYOUT_BOX_BAR;
}

int32_t placement_border_along(const struct placement *placement)
{
    if (placement_is_line(placement->box))
        return placement->left_to_right ? 1 : 0;
    return placement->box == LAYOUT_BOX_FULL ? 1 : 0;
}

int32_t placement_border_across(const struct placement *placement)
{
    if (placement_is_line(placement->box))
        return placement->left_to_right ? 0 : 1;
    return placement->box == LAYOUT_BOX_FULL ? 1 : 0;
}

int32_t placement_separation(const struct placement *placement)
{
    return placement->left_to_right ? 0 : 1;
}

int32_t placement_lead(const struct placement *placement)
{
    return placement->left_to_right || placement->ascii ? 1 : 0;
}

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* Boxes take their content, and across the flow at least as much as their pins need. */
static void measure(struct placement *placement, const struct box_size *sizes)
{
    const struct layered *layered = placement->layered;
    int32_t along = 2 * placement_border_along(placement), across = 2 * placement_border_across(placement);
    /* Pins keep off the corners of a border, not off the brackets of a one-line box. */
    int32_t corners = placement->box == LAYOUT_BOX_FULL ? 2 : 0;
    for (uint32_t item = 0; item < layered->item_count; item++) {
        placement->size[item] = 1;
        if (item >= layered->box_count)
            continue;
        int32_t width = 1, height = 1;
        if (placement_is_line(placement->box)) {
            width = placement->box == LAYOUT_BOX_BAR ? sizes[item].bar_width : sizes[item].line_width;
        } else if (placement->box == LAYOUT_BOX_FULL) {
            width = sizes[item].full_width;
            height = sizes[item].full_height;
        }
        int32_t pins = larger((int32_t)adjacency_degree(&placement->nets.lower_pins, item),
            (int32_t)adjacency_degree(&placement->nets.upper_pins, item));
        int32_t content_across = placement->left_to_right ? height : width;
        placement->size[item] = larger(content_across + across, pins + corners);
        placement->length[item] = (placement->left_to_right ? width : height) + along;
    }
    for (uint32_t item = 0; item < layered->box_count; item++) {
        int32_t *length = &placement->layer_length[layered->layer[item]];
        *length = larger(*length, placement->length[item]);
    }
    for (uint32_t i = 0; i < layered->layer_count; i++)
        placement->layer_length[i] = larger(placement->layer_length[i], 1);
}

struct placement *placement_new(const struct layered *layered, const uint32_t *items, const int32_t *before,
    const struct box_size *sizes, bool left_to_right, enum layout_box box, bool ascii)
{
    struct placement *placement = memory_new(sizeof *placement);
    size_t count = layered->item_count;
    *placement = (struct placement){.layered = layered,
        .left_to_right = left_to_right,
        .ascii = ascii,
        .box = box,
        .order = {.items = memory_new_array(count, sizeof(uint32_t)),
            .position = memory_new_array(count, sizeof(uint32_t))},
        .start = memory_new_array(count, sizeof(int32_t)),
        .size = memory_new_array(count, sizeof(int32_t)),
        .length = memory_new_array(layered->box_count, sizeof(int32_t)),
        .layer_flow = memory_new_array((size_t)layered->layer_count + 1, sizeof(int32_t)),
        .layer_length = memory_new_array((size_t)layered->layer_count + 1, sizeof(int32_t))};
    memcpy(placement->order.items, items, count * sizeof *items);
    for (uint32_t layer = 0; layer < layered->layer_count; layer++)
        for (uint32_t i = layered->layer_start[layer]; i < layered->layer_start[layer + 1]; i++)
            placement->order.position[items[i]] = i - layered->layer_start[layer];
    twin_sort(layered, before, &placement->order);
    nets_init(&placement->nets, layered, &placement->order);
    measure(placement, sizes);
    coordinate_assign(placement);
    channel_route(placement);
    return placement;
}

void placement_tighten(struct placement *placement, int32_t cells)
{
    int32_t *flow = placement->layer_flow, saved = 0;
    uint32_t layers = placement->layered->layer_count;
    /* Two cells between layers: a piece of line and the arrowhead. */
    for (uint32_t i = 0; i + 1 < layers; i++)
        saved += flow[i + 1] - flow[i] - placement->layer_length[i] == 2;
    if (!placement->left_to_right || placement->flow_size <= cells || placement->flow_size - saved > cells)
        return;
    placement->tight = true;
    placement->flow_size -= saved;
    saved = 0;
    for (uint32_t i = 0; i < layers; i++) {
        bool is_straight = i + 1 < layers && flow[i + 1] - flow[i] - placement->layer_length[i] == 2;
        flow[i] -= saved;
        saved += is_straight;
    }
    flow[layers] -= saved;
}

void placement_free(struct placement *placement)
{
    if (!placement)
        return;
    nets_release(&placement->nets);
    free(placement->order.items);
    free(placement->order.position);
    free(placement->start);
    free(placement->size);
    free(placement->length);
    free(placement->layer_flow);
    free(placement->layer_length);
    free(placement);
}
