/* SPDX-License-Identifier: Apache-2.0 */
/* Where on the side of its box each net meets it. */
#include <stdlib.h>

#include "dagtop/base/memory.h"
#include "isotonic.h"
#include "placement.h"

enum { ROUNDS = 2 };

struct pinner {
    struct placement *placement;
    struct wish *wishes;
    int32_t *fitted;
    double *wished; /* by pin */
};

/* The middle of the other side of a pin's net. */
static double opposite_place(const struct nets *nets, uint32_t pin)
{
    const struct net *net = &nets->nets[nets->pins[pin].net];
    uint32_t first = pin < net->middle ? net->middle : net->first, end = pin < net->middle ? net->end : net->middle;
    uint32_t middle = first + (end - first) / 2;
    if ((end - first) % 2)
        return nets->pins[middle].place;
    return (nets->pins[middle - 1].place + nets->pins[middle].place) / 2.0;
}

static void sort_by_wish(uint32_t *pins, uint32_t count, const double *wished)
{
    for (uint32_t gap = count / 2; gap > 0; gap /= 2) {
        for (uint32_t i = gap; i < count; i++) {
            uint32_t pin = pins[i], k = i;
            for (; k >= gap && (wished[pins[k - gap]] > wished[pin] ||
                                   (wished[pins[k - gap]] == wished[pin] && pins[k - gap] > pin));
                 k -= gap)
                pins[k] = pins[k - gap];
            pins[k] = pin;
        }
    }
}

/* The pins of one side of one box: near their wishes, in their order, each in a cell of its own. */
static void place_side(struct pinner *pinner, uint32_t item, struct adjacency *adjacency)
{
    struct placement *placement = pinner->placement;
    struct nets *nets = &placement->nets;
    uint32_t *pins = adjacency->items + adjacency->start[item], count = adjacency_degree(adjacency, item);
    int32_t inset = placement->box == LAYOUT_BOX_FULL && item < placement->layered->box_count ? 1 : 0;
    int32_t room = placement->size[item] - 2 * inset - (int32_t)count;
    for (uint32_t i = 0; i < count; i++)
        pinner->wished[pins[i]] = opposite_place(nets, pins[i]);
    sort_by_wish(pins, count, pinner->wished);
    for (uint32_t i = 0; i < count; i++) {
        double offset = pinner->wished[pins[i]] - placement->start[item] - inset;
        /* Straight where that can be, else in the middle. */
        if (offset < 0 || offset >= placement->size[item] - 2 * inset)
            offset = (placement->size[item] - 2 * inset - 1) / 2;
        pinner->wishes[i] = (struct wish){.value = offset - (double)i, .weight = 1};
    }
    isotonic_fit(pinner->wishes, count, 0, room, pinner->fitted);
    for (uint32_t i = 0; i < count; i++) {
        struct pin *pin = &nets->pins[pins[i]];
        pin->offset = inset + pinner->fitted[i] + (int32_t)i;
        pin->place = placement->start[item] + pin->offset;
    }
}

static void place_layer(struct pinner *pinner, uint32_t layer, struct adjacency *adjacency)
{
    const struct layered *layered = pinner->placement->layered;
    for (uint32_t i = layered->layer_start[layer]; i < layered->layer_start[layer + 1]; i++)
        place_side(pinner, pinner->placement->order.items[i], adjacency);
}

/* Pins side by side in the middle of their box. */
static void centre_side(struct placement *placement, uint32_t item, const struct adjacency *adjacency)
{
    uint32_t count = adjacency_degree(adjacency, item);
    int32_t first = (placement->size[item] - (int32_t)count) / 2;
    for (uint32_t i = 0; i < count; i++) {
        struct pin *pin = &placement->nets.pins[adjacency->items[adjacency->start[item] + i]];
        pin->offset = first + (int32_t)i;
        pin->place = placement->start[item] + pin->offset;
    }
}

void pin_centre(struct placement *placement)
{
    for (uint32_t item = 0; item < placement->layered->item_count; item++) {
        centre_side(placement, item, &placement->nets.lower_pins);
        centre_side(placement, item, &placement->nets.upper_pins);
    }
}

void pin_assign(struct placement *placement)
{
    struct nets *nets = &placement->nets;
    uint32_t layers = placement->layered->layer_count;
    struct pinner pinner = {.placement = placement, .wished = memory_new_array(nets->pin_count, sizeof(double))};
    pinner.wishes = memory_new_array(nets->pin_count, sizeof *pinner.wishes);
    pinner.fitted = memory_new_array(nets->pin_count, sizeof *pinner.fitted);
    pin_centre(placement);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (uint32_t layer = 0; layer + 1 < layers; layer++) {
            place_layer(&pinner, layer, &nets->lower_pins);
            place_layer(&pinner, layer + 1, &nets->upper_pins);
        }
    }
    free(pinner.wished);
    free(pinner.wishes);
    free(pinner.fitted);
}
