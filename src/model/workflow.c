/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/model/workflow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "dagtop/base/utf8.h"

enum { NAME_LIMIT = 240, CYCLE_NAMES_SHOWN = 12 };

static const char *const kind_words[] = {
#define NODE_KIND_WORD(name, word) [NODE_KIND_##name] = word,
    NODE_KIND_TABLE(NODE_KIND_WORD)
#undef NODE_KIND_WORD
};

const char *node_kind_word(enum node_kind kind)
{
    return kind_words[kind];
}

bool node_kind_from_word(const char *word, enum node_kind *kind)
{
    for (size_t i = 0; i < sizeof kind_words / sizeof *kind_words; i++) {
        if (strcmp(kind_words[i], word) == 0) {
            *kind = (enum node_kind)i;
            return true;
        }
    }
    return false;
}

struct workflow *workflow_new(void)
{
    struct workflow *workflow = memory_new(sizeof *workflow);
    workflow->by_name = map_new();
    return workflow;
}

static void node_release(struct node *node)
{
    char *const texts[] = {node->name, node->kind_text, node->host, node->user, node->label, node->script, node->exec,
        node->venv, node->statusfile, node->logfile, node->directory, node->array, node->script_path, node->note};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    attributes_release(&node->env);
    attributes_release(&node->slurm);
    attributes_release(&node->sweep);
    attributes_release(&node->other);
    for (size_t i = 0; i < node->file_count; i++)
        free(node->files[i]);
    free(node->files);
    free(node->parents);
    free(node->children);
}

void workflow_free(struct workflow *workflow)
{
    if (!workflow)
        return;
    for (size_t i = 0; i < workflow->node_count; i++)
        node_release(&workflow->nodes[i]);
    free(workflow->nodes);
    free(workflow->name);
    free(workflow->file);
    free(workflow->folder);
    free(workflow->checksum);
    free(workflow->directory);
    attributes_release(&workflow->colors);
    free(workflow->order);
    free(workflow->layer);
    map_free(workflow->by_name);
    free(workflow);
}

static bool is_plain_utf8(const char *name, size_t length)
{
    for (size_t i = 0; i < length;) {
        uint32_t code_point;
        size_t taken = utf8_read(name + i, length - i, &code_point);
        if (code_point == 0xfffd && taken == 1)
            return false;
        i += taken;
    }
    return true;
}

static bool has_control(const char *name, size_t length)
{
    for (size_t i = 0; i < length;) {
        uint32_t code_point;
        i += utf8_read(name + i, length - i, &code_point);
        if (code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0))
            return true;
    }
    return false;
}

enum status node_name_check(const char *name, struct error *error)
{
    size_t length = strlen(name);
    const char *problem = NULL;
    if (length == 0)
        problem = "a node's name is empty";
    else if (length > NAME_LIMIT)
        problem = "a node's name is over 240 bytes (it becomes a directory)";
    else if (name[0] == '.' || name[0] == '-')
        problem = "a node's name begins with '.' or '-'";
    else if (strchr(name, '/'))
        problem = "a node's name holds a '/' (it becomes a directory)";
    else if (!is_plain_utf8(name, length))
        problem = "a node's name is not valid UTF-8";
    else if (has_control(name, length))
        problem = "a node's name holds a control character";
    return problem ? error_set(error, STATUS_INVALID, "%s", problem) : STATUS_OK;
}

enum status workflow_add_node(struct workflow *workflow, const char *name, size_t *index)
{
    if (workflow_find(workflow, name, index))
        return STATUS_EXISTS;
    if (node_name_check(name, NULL) != STATUS_OK)
        return STATUS_INVALID;
    *index = workflow->node_count;
    memory_grow(&workflow->nodes, &workflow->node_capacity, workflow->node_count + 1, sizeof *workflow->nodes);
    workflow->nodes[workflow->node_count++] =
        (struct node){.name = memory_copy_text(name), .host = memory_copy_text("localhost")};
    map_set(workflow->by_name, name, *index);
    return STATUS_OK;
}

bool workflow_find(const struct workflow *workflow, const char *name, size_t *index)
{
    uintptr_t value;
    if (!map_get(workflow->by_name, name, &value))
        return false;
    if (index)
        *index = (size_t)value;
    return true;
}

enum status workflow_add_edge(struct workflow *workflow, size_t parent, size_t child)
{
    if (parent == child)
        return STATUS_INVALID;
    if (workflow->edge_count == WORKFLOW_EDGE_LIMIT)
        return STATUS_TOO_LARGE;
    struct node *above = &workflow->nodes[parent], *below = &workflow->nodes[child];
    if (above->child_count && above->children[above->child_count - 1] == child)
        return STATUS_OK;
    memory_grow(&above->children, &above->child_capacity, above->child_count + 1, sizeof *above->children);
    memory_grow(&below->parents, &below->parent_capacity, below->parent_count + 1, sizeof *below->parents);
    above->children[above->child_count++] = child;
    below->parents[below->parent_count++] = parent;
    workflow->edge_count++;
    return STATUS_OK;
}

/* Sorts the lists of edges and drops what stands twice, in linear time: reading the parents' lists in the order of the
 * children fills the children's lists in ascending order, and the same the other way round. */
static void tidy_edges(struct workflow *workflow)
{
    workflow->edge_count = 0;
    for (size_t i = 0; i < workflow->node_count; i++)
        workflow->nodes[i].child_count = 0;
    for (size_t child = 0; child < workflow->node_count; child++) {
        struct node *below = &workflow->nodes[child];
        for (size_t i = 0; i < below->parent_count; i++) {
            struct node *above = &workflow->nodes[below->parents[i]];
            if (!above->child_count || above->children[above->child_count - 1] != child)
                above->children[above->child_count++] = child;
        }
        below->parent_count = 0;
    }
    for (size_t parent = 0; parent < workflow->node_count; parent++) {
        const struct node *above = &workflow->nodes[parent];
        for (size_t i = 0; i < above->child_count; i++) {
            struct node *below = &workflow->nodes[above->children[i]];
            below->parents[below->parent_count++] = parent;
        }
        workflow->edge_count += above->child_count;
    }
}

/* A depth-first walk from children to parents: the stack is the way from a node up to an ancestor. */
struct walk {
    size_t *stack, *next_parent; /* next_parent: of each node */
    size_t depth, ordered;
    enum { UNSEEN, ON_STACK, ORDERED } * mark;
};

static void walk_init(struct walk *walk, size_t node_count)
{
    walk->stack = memory_new_array(node_count, sizeof *walk->stack);
    walk->next_parent = memory_new_array(node_count, sizeof *walk->next_parent);
    walk->mark = memory_new_array(node_count, sizeof *walk->mark);
    walk->depth = walk->ordered = 0;
}

static void walk_release(struct walk *walk)
{
    free(walk->stack);
    free(walk->next_parent);
    free(walk->mark);
}

static void walk_enter(struct walk *walk, size_t node)
{
    walk->mark[node] = ON_STACK;
    walk->stack[walk->depth++] = node;
}

/* All parents of the top of the stack have their place in the order: now it gets its own. */
static void walk_leave(struct walk *walk, struct workflow *workflow)
{
    size_t node = walk->stack[--walk->depth];
    walk->mark[node] = ORDERED;
    workflow->order[walk->ordered++] = node;
    const struct node *below = &workflow->nodes[node];
    for (size_t i = 0; i < below->parent_count; i++) {
        unsigned layer = workflow->layer[below->parents[i]] + 1;
        if (layer > workflow->layer[node])
            workflow->layer[node] = layer;
    }
}

/* Orders all ancestors of start, then start. False on a cycle: *closing is then the ancestor met again. */
static bool walk_from(struct walk *walk, struct workflow *workflow, size_t start, size_t *closing)
{
    walk_enter(walk, start);
    while (walk->depth) {
        size_t node = walk->stack[walk->depth - 1];
        const struct node *below = &workflow->nodes[node];
        if (walk->next_parent[node] == below->parent_count) {
            walk_leave(walk, workflow);
            continue;
        }
        size_t parent = below->parents[walk->next_parent[node]++];
        if (walk->mark[parent] == ON_STACK) {
            *closing = parent;
            return false;
        }
        if (walk->mark[parent] == UNSEEN)
            walk_enter(walk, parent);
    }
    return true;
}

/* The cycle that closing closes, from parent to child, beginning with the node that the file names first. */
static size_t *walk_cycle(const struct walk *walk, size_t closing, size_t *length)
{
    size_t first = walk->depth - 1, smallest = 0;
    while (walk->stack[first] != closing)
        first--;
    *length = walk->depth - first;
    for (size_t i = 0; i < *length; i++)
        if (walk->stack[first + i] < walk->stack[first + smallest])
            smallest = i;
    size_t *cycle = memory_new_array(*length, sizeof *cycle);
    for (size_t i = 0; i < *length; i++)
        cycle[i] = walk->stack[first + (smallest + *length - i) % *length];
    return cycle;
}

static enum status tell_cycle(const struct workflow *workflow, const size_t *cycle, size_t length, struct error *error)
{
    struct text path;
    text_init(&path, sizeof error->message / 2);
    size_t shown = length <= CYCLE_NAMES_SHOWN ? length : CYCLE_NAMES_SHOWN;
    for (size_t i = 0; i < shown; i++)
        text_append_format(&path, "%s -> ", workflow->nodes[cycle[i]].name);
    const char *gap = shown < length || path.overflowed ? "... -> " : "";
    enum status status = error_set(
        error, STATUS_INVALID, "a cycle of %zu nodes: %s%s%s", length, path.data, gap, workflow->nodes[cycle[0]].name);
    text_release(&path);
    return status;
}

enum status workflow_finish(struct workflow *workflow, size_t **cycle, size_t *cycle_length, struct error *error)
{
    enum status status = STATUS_OK;
    struct walk walk;
    size_t closing;
    tidy_edges(workflow);
    free(workflow->order);
    free(workflow->layer);
    workflow->order = memory_new_array(workflow->node_count, sizeof *workflow->order);
    workflow->layer = memory_new_array(workflow->node_count, sizeof *workflow->layer);
    walk_init(&walk, workflow->node_count);
    for (size_t i = 0; i < workflow->node_count && status == STATUS_OK; i++) {
        if (walk.mark[i] != UNSEEN || walk_from(&walk, workflow, i, &closing))
            continue;
        size_t length, *path = walk_cycle(&walk, closing, &length);
        status = tell_cycle(workflow, path, length, error);
        if (cycle) {
            *cycle = path;
            *cycle_length = length;
        } else {
            free(path);
        }
    }
    walk_release(&walk);
    return status;
}

/* FNV-1a (Fowler, Noll, Vo), then a mixing step so that sums of hashes keep their entropy. Not keyed: the text is
 * compared across machines. */
static uint64_t hash_name(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

void workflow_node_set_hash(const struct workflow *workflow, char hash[17])
{
    uint64_t sum = workflow->node_count;
    for (size_t i = 0; i < workflow->node_count; i++)
        sum += hash_name(workflow->nodes[i].name);
    snprintf(hash, 17, "%016" PRIx64, sum);
}
