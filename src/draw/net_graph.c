/* SPDX-License-Identifier: Apache-2.0 */
#include "net_graph.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"

/* Items of layered, then nets, each in its layer. */
static void add_items(struct layered *net_graph, const struct layered *layered, const struct nets *nets)
{
    size_t count = net_graph->item_count;
    net_graph->layer = memory_new_array(count, sizeof *net_graph->layer);
    net_graph->owner = memory_new_array(count, sizeof *net_graph->owner);
    net_graph->kind = memory_new_array(count, sizeof *net_graph->kind);
    net_graph->layer_start = memory_new_array((size_t)net_graph->layer_count + 1, sizeof *net_graph->layer_start);
    for (uint32_t item = 0; item < layered->item_count; item++) {
        net_graph->layer[item] = 2 * layered->layer[item];
        net_graph->owner[item] = layered->owner[item];
    }
    for (uint32_t i = 0; i < nets->net_count; i++) {
        uint32_t first = nets->pins[nets->nets[i].first].item, item = layered->item_count + i;
        net_graph->layer[item] = 2 * layered->layer[first] + 1;
        net_graph->owner[item] = layered->owner[first];
        net_graph->kind[item] = ITEM_SINGLE;
    }
    for (uint32_t item = 0; item < count; item++)
        net_graph->layer_start[net_graph->layer[item] + 1]++;
    for (uint32_t i = 0; i < net_graph->layer_count; i++)
        net_graph->layer_start[i + 1] += net_graph->layer_start[i];
}

void net_graph_init(struct layered *net_graph, const struct layered *layered, const struct nets *nets)
{
    uint32_t *from = memory_new_array(nets->pin_count, sizeof *from);
    uint32_t *to = memory_new_array(nets->pin_count, sizeof *to);
    *net_graph = (struct layered){.box_count = layered->item_count,
        .item_count = layered->item_count + (uint32_t)nets->net_count,
        .layer_count = layered->layer_count ? 2 * layered->layer_count - 1 : 0,
        .link_count = nets->pin_count,
        .stop = layered->stop};
    add_items(net_graph, layered, nets);
    for (uint32_t i = 0; i < nets->net_count; i++) {
        for (uint32_t k = nets->nets[i].first; k < nets->nets[i].end; k++) {
            bool upper = k < nets->nets[i].middle;
            from[k] = upper ? nets->pins[k].item : layered->item_count + i;
            to[k] = upper ? layered->item_count + i : nets->pins[k].item;
        }
    }
    adjacency_init(&net_graph->down, net_graph->item_count, nets->pin_count);
    adjacency_init(&net_graph->up, net_graph->item_count, nets->pin_count);
    adjacency_fill(&net_graph->down, net_graph->item_count, from, to, nets->pin_count);
    adjacency_fill(&net_graph->up, net_graph->item_count, to, from, nets->pin_count);
    free(from);
    free(to);
}

void net_graph_extract(
    const struct layered *layered, const struct layered *net_graph, const uint32_t *from, uint32_t *items)
{
    for (uint32_t layer = 0; layer < layered->layer_count; layer++) {
        uint32_t first = layered->layer_start[layer], size = layered->layer_start[layer + 1] - first;
        if (size)
            memcpy(items + first, from + net_graph->layer_start[2 * layer], size * sizeof *items);
    }
}
