/* SPDX-License-Identifier: Apache-2.0 */
#include "workflow_dependencies.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/host_list.h"
#include "dagtop/model/selector.h"
#include "workflow_nodes.h"

enum { NAMES_LIMIT = 4000000 };

/* Where an edge was written, to show one of a cycle's lines. */
struct edge_place {
    uint32_t parent, child;
    struct place place;
};

/* A step: nodes that stand side by side. */
struct step {
    size_t *nodes;
    size_t count, capacity;
};

struct chains {
    struct reading *reading;
    struct workflow *workflow;
    bool declared;
    bool full; /* a limit was passed: told once */
    struct edge_place *edges;
    size_t edge_count, edge_capacity;
    unsigned *seen; /* of each node: the round in which it was met last */
    size_t seen_capacity;
    unsigned round;
    size_t name_count;
};

static void tell_full(struct chains *chains, struct place place, const char *what, int limit)
{
    if (!chains->full)
        reading_error(chains->reading, place, "there are over %d %s, expected fewer", limit, what);
    chains->full = true;
}

static void add_edge(struct chains *chains, size_t parent, size_t child, struct place place)
{
    const struct node *nodes = chains->workflow->nodes;
    enum status status = workflow_add_edge(chains->workflow, parent, child);
    if (status == STATUS_TOO_LARGE) {
        tell_full(chains, place, "dependencies", WORKFLOW_EDGE_LIMIT);
    } else if (status != STATUS_OK) {
        reading_error(chains->reading, place, "node %s depends on itself, expected another node before it",
            quote(nodes[child].name).bytes);
    } else {
        memory_grow(&chains->edges, &chains->edge_capacity, chains->edge_count + 1, sizeof *chains->edges);
        chains->edges[chains->edge_count++] = (struct edge_place){(uint32_t)parent, (uint32_t)child, place};
    }
}

/* A node that is declared and has nearly this name, other digits apart; NULL where there is none. */
static const char *nearest_declared(const struct workflow *workflow, const char *name)
{
    for (size_t i = 0; i < workflow->node_count; i++) {
        const struct node *node = &workflow->nodes[i];
        size_t same = 0;
        while (node->name[same] && node->name[same] == name[same])
            same++;
        bool differ_in_digits = strspn(node->name + same, "0123456789") || strspn(name + same, "0123456789");
        if (!node->only_in_dependencies && !differ_in_digits && selector_distance(node->name, name, 1) == 1)
            return node->name;
    }
    return NULL;
}

static void warn_undeclared(struct chains *chains, const char *name, struct place place)
{
    const struct error_list *warnings = chains->reading->warnings;
    if (!warnings || warnings->count == ERROR_LIST_LIMIT) {
        reading_warn(chains->reading, place, "only dependencies name it");
        return;
    }
    const char *nearest = strlen(name) < 4 ? NULL : nearest_declared(chains->workflow, name);
    if (nearest)
        reading_warn(chains->reading, place, "node %s is declared only in dependencies, did you mean %s?",
            quote(name).bytes, quote(nearest).bytes);
    else
        reading_warn(chains->reading, place, "node %s is declared only in dependencies", quote(name).bytes);
}

/* The node of that name, made where there is none yet. False and told where it cannot be one. */
static bool find_node(struct chains *chains, const char *name, struct place place, size_t *index)
{
    struct workflow *workflow = chains->workflow;
    struct error error;
    if (workflow_find(workflow, name, index))
        return true;
    if (workflow->node_count == WORKFLOW_NODES_LIMIT) {
        tell_full(chains, place, "nodes", WORKFLOW_NODES_LIMIT);
        return false;
    }
    if (node_name_check(name, &error) != STATUS_OK || workflow_add_node(workflow, name, index) != STATUS_OK) {
        reading_error(chains->reading, place, "%s is no name of a node: %s", quote(name).bytes, error.message);
        return false;
    }
    struct node *node = &workflow->nodes[*index];
    node->only_in_dependencies = true;
    node->note = memory_copy_text("declared only in dependencies");
    node->line = place.line;
    node->column = place.column;
    if (chains->declared)
        warn_undeclared(chains, name, place);
    return true;
}

/* True for the first time in this round. */
static bool see(struct chains *chains, size_t node)
{
    memory_grow(&chains->seen, &chains->seen_capacity, node + 1, sizeof *chains->seen);
    bool first = chains->seen[node] != chains->round;
    chains->seen[node] = chains->round;
    return first;
}

/* Appends the node of that name to step, unless it is there already. */
static void add_name(struct chains *chains, const char *name, struct place place, const char *where, struct step *step)
{
    size_t node;
    if (!find_node(chains, name, place, &node))
        return;
    if (see(chains, node)) {
        memory_grow(&step->nodes, &step->capacity, step->count + 1, sizeof *step->nodes);
        step->nodes[step->count++] = node;
    } else {
        reading_warn(
            chains->reading, place, "node %s stands twice in one %s, the first counts", quote(name).bytes, where);
    }
}

static void add_names(struct chains *chains, const struct value *text, const char *where, struct step *step)
{
    struct name_list list;
    struct error error = {0};
    name_list_init(&list);
    if (host_list_expand(text->text, &list, &error) == STATUS_OK) {
        chains->name_count += list.count;
        if (chains->name_count > NAMES_LIMIT)
            tell_full(chains, text->place, "names in dependencies", NAMES_LIMIT);
        for (size_t i = 0; i < list.count && !chains->full; i++)
            add_name(chains, list.names[i], text->place, where, step);
    } else {
        struct place place = text->place;
        if (text->exact && error.column)
            place.column = text->text_column + error.column - 1;
        reading_error(chains->reading, place, "%s is no list of names: %s", quote(text->text).bytes, error.message);
    }
    name_list_release(&list);
}

static void read_chain(struct chains *chains, const struct value *text)
{
    struct step step = {0};
    chains->round++;
    add_names(chains, text, "chain", &step);
    for (size_t i = 1; i < step.count && !chains->full; i++)
        add_edge(chains, step.nodes[i - 1], step.nodes[i], text->place);
    free(step.nodes);
}

/* Appends the nodes of one step: a text, or a list of such (a set). */
static void add_step(struct chains *chains, const struct value *value, struct step *step)
{
    if (value->kind == VALUE_TEXT)
        add_names(chains, value, "step", step);
    else if (value->kind != VALUE_LIST)
        reading_error(chains->reading, value->place, "a step is %s, expected names of nodes or a list of them",
            value_describe(value).bytes);
    for (size_t i = 0; value->kind == VALUE_LIST && i < value->count; i++)
        add_step(chains, value->items[i].value, step);
}

/* Every member of a step depends on every member of the step before. */
static void read_steps(struct chains *chains, const struct value *list)
{
    struct step before = {0}, step = {0};
    for (size_t i = 0; i < list->count && !chains->full; i++) {
        const struct value *value = list->items[i].value;
        step.count = 0;
        chains->round++;
        add_step(chains, value, &step);
        for (size_t parent = 0; parent < before.count && !chains->full; parent++)
            for (size_t child = 0; child < step.count && !chains->full; child++)
                add_edge(chains, before.nodes[parent], step.nodes[child], value->place);
        struct step swap = before;
        before = step;
        step = swap;
    }
    free(before.nodes);
    free(step.nodes);
}

static void read_list(struct chains *chains, const struct value *list)
{
    for (size_t i = 0; i < list->count && !chains->full; i++) {
        const struct value *value = list->items[i].value;
        if (value->kind == VALUE_TEXT)
            read_chain(chains, value);
        else if (value->kind == VALUE_LIST)
            read_steps(chains, value);
        else
            reading_error(chains->reading, value->place,
                "a dependency is %s, expected a chain like a,b,c or a list of steps", value_describe(value).bytes);
    }
}

/* One item of the map that cloudmesh-cc saves. */
struct saved_edge {
    char *source, *destination;
};

static void read_saved_edge(struct chains *chains, const struct value_item *item)
{
    static const struct schema_row rows[] = {
        {"source", SCHEMA_TEXT, .required = true, .offset = offsetof(struct saved_edge, source)},
        {"destination", SCHEMA_TEXT, .required = true, .offset = offsetof(struct saved_edge, destination)},
    };
    static const struct schema schema = {rows, sizeof rows / sizeof *rows, schema_ignore};
    struct saved_edge edge = {0};
    size_t parent, child;
    reading_about(chains->reading, "dependency", item->key->text);
    if (item->value->kind == VALUE_MAP)
        schema_apply(chains->reading, &schema, &edge, item->value);
    else
        reading_error(chains->reading, item->value->place, "it is %s, expected a map with source and destination",
            value_describe(item->value).bytes);
    if (edge.source && edge.destination && find_node(chains, edge.source, item->value->place, &parent) &&
        find_node(chains, edge.destination, item->value->place, &child))
        add_edge(chains, parent, child, item->value->place);
    free(edge.source);
    free(edge.destination);
}

/* The first place in the file at which an edge of the cycle stands. */
static struct place place_of_cycle(const struct chains *chains, const size_t *cycle, size_t length)
{
    size_t *next = memory_new_array(chains->workflow->node_count, sizeof *next);
    struct place place = {0};
    for (size_t i = 0; i < length; i++)
        next[cycle[i]] = cycle[(i + 1) % length] + 1;
    for (size_t i = 0; i < chains->edge_count && !place.line; i++)
        if (next[chains->edges[i].parent] == chains->edges[i].child + (size_t)1)
            place = chains->edges[i].place;
    free(next);
    return place;
}

static void finish(struct chains *chains)
{
    size_t *cycle = NULL, length = 0;
    struct error error;
    if (workflow_finish(chains->workflow, &cycle, &length, &error) != STATUS_OK)
        reading_error(chains->reading, place_of_cycle(chains, cycle, length), "%s, expected no node to wait for itself",
            error.message);
    free(cycle);
}

void workflow_dependencies_read(
    struct reading *reading, struct workflow *workflow, const struct value *dependencies, bool declared)
{
    struct chains chains = {.reading = reading, .workflow = workflow, .declared = declared};
    if (dependencies->kind == VALUE_LIST) {
        read_list(&chains, dependencies);
    } else if (dependencies->kind == VALUE_MAP) {
        for (size_t i = 0; i < dependencies->count && !chains.full; i++)
            read_saved_edge(&chains, &dependencies->items[i]);
        reading_about(reading, NULL, NULL);
    } else if (dependencies->kind == VALUE_TEXT) {
        reading_error(reading, dependencies->place, "dependencies is %s, expected a list of chains",
            quote(dependencies->text).bytes);
    }
    finish(&chains);
    free(chains.edges);
    free(chains.seen);
}
