/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layered graph as it will be drawn: each net is an item of its own in a layer between its upper and its lower
 * items. Crossings of its links are those of the lines, where a bundle counts once for all the links that it stands
 * for.
 */
#ifndef DAGTOP_DRAW_NET_GRAPH_H
#define DAGTOP_DRAW_NET_GRAPH_H

#include "net.h"

/* Layer i of layered becomes layer 2 i, the nets below it layer 2 i + 1. Items keep their numbers, nets follow. */
void net_graph_init(struct layered *net_graph, const struct layered *layered, const struct nets *nets);

/* Copies an order of the net graph without its nets: the items by layer of layered. */
void net_graph_extract(
    const struct layered *layered, const struct layered *net_graph, const uint32_t *from, uint32_t *items);

#endif
