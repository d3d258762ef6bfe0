/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/model/graph.h"

#include <stdlib.h>

#include "dagtop/base/memory.h"

static void add_all(bool *set, const size_t *nodes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        set[nodes[i]] = true;
}

void graph_add_downstream(const struct workflow *workflow, bool *set)
{
    for (size_t i = 0; i < workflow->node_count; i++) {
        const struct node *node = &workflow->nodes[workflow->order[i]];
        if (set[workflow->order[i]])
            add_all(set, node->children, node->child_count);
    }
}

void graph_add_upstream(const struct workflow *workflow, bool *set)
{
    for (size_t i = workflow->node_count; i-- > 0;) {
        const struct node *node = &workflow->nodes[workflow->order[i]];
        if (set[workflow->order[i]])
            add_all(set, node->parents, node->parent_count);
    }
}

unsigned graph_layer_count(const struct workflow *workflow)
{
    unsigned count = 0;
    for (size_t i = 0; i < workflow->node_count; i++)
        if (workflow->layer[i] >= count)
            count = workflow->layer[i] + 1;
    return count;
}

void graph_critical_path(const struct workflow *workflow, const int64_t *duration, bool *on_path)
{
    enum { NOBODY = -1 };
    int64_t *length = memory_new_array(workflow->node_count, sizeof *length);
    ptrdiff_t *before = memory_new_array(workflow->node_count, sizeof *before), last = NOBODY;
    for (size_t i = 0; i < workflow->node_count; i++) {
        size_t index = workflow->order[i];
        const struct node *node = &workflow->nodes[index];
        before[index] = NOBODY;
        for (size_t j = 0; j < node->parent_count; j++)
            if (before[index] == NOBODY || length[node->parents[j]] > length[before[index]])
                before[index] = (ptrdiff_t)node->parents[j];
        length[index] =
            (before[index] == NOBODY ? 0 : length[before[index]]) + (duration[index] > 0 ? duration[index] : 0);
        if (last == NOBODY || length[index] > length[last])
            last = (ptrdiff_t)index;
        on_path[index] = false;
    }
    for (; last != NOBODY; last = before[last])
        on_path[last] = true;
    free(length);
    free(before);
}
