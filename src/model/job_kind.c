/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/model/job_kind.h"

#include <string.h>

#include "dagtop/base/map.h"
#include "dagtop/base/text.h"

/* Programs that say nothing about the job: the first word after them and their options does. */
static const char *const fronts[] = {"awk", "bash", "dash", "env", "exec", "java", "julia", "ksh", "lua", "mpiexec",
    "mpirun", "nice", "node", "nohup", "perl", "python", "python2", "python3", "Rscript", "ruby", "sh", "srun", "time",
    "zsh"};

static const char *base_name(const char *path, size_t *length)
{
    for (size_t i = *length; i > 0; i--) {
        if (path[i - 1] == '/') {
            *length -= i;
            return path + i;
        }
    }
    return path;
}

static bool is_front(const char *word, size_t length)
{
    word = base_name(word, &length);
    for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++) {
        if (strlen(fronts[i]) == length && memcmp(fronts[i], word, length) == 0)
            return true;
    }
    return false;
}

/* Options and settings (A=b) stand between a front and the program. */
static bool is_option(const char *word, size_t length)
{
    return length > 0 && (word[0] == '-' || memchr(word, '=', length));
}

/* The word of a command that tells what is done. */
static const char *program_of(const char *exec, size_t *length)
{
    const char *first = exec + strspn(exec, " \t"), *word = first;
    size_t first_length = *length = strcspn(first, " \t\n");
    while (*word && (is_front(word, *length) || is_option(word, *length))) {
        word += *length;
        word += strspn(word, " \t");
        *length = strcspn(word, " \t\n");
    }
    if (*length > 0)
        return word;
    *length = first_length;
    return first;
}

static size_t root_of(uint32_t *kinds, size_t node)
{
    while (kinds[node] != node) {
        kinds[node] = kinds[kinds[node]];
        node = kinds[node];
    }
    return node;
}

/* The node is of the kind of the first one with the same key; the smaller number stands for a kind. */
static void join(struct map *firsts, const char *key, size_t node, uint32_t *kinds)
{
    uintptr_t first;
    if (!map_get(firsts, key, &first)) {
        map_set(firsts, key, node);
        return;
    }
    size_t one = root_of(kinds, first), other = root_of(kinds, node);
    if (one < other)
        kinds[other] = (uint32_t)one;
    else
        kinds[one] = (uint32_t)other;
}

static void begin_key(struct text *key, const struct node *node, char rule)
{
    char kind[3] = {(char)('0' + (int)node->kind), rule, '\0'};
    text_clear(key);
    text_append(key, kind, 2);
}

static void append_name(struct text *key, const char *name)
{
    bool in_number = false;
    for (; *name; name++) {
        bool digit = *name >= '0' && *name <= '9';
        if (!digit || !in_number)
            text_append_byte(key, digit ? '#' : *name);
        in_number = digit;
    }
}

static void join_node(
    struct map *firsts, const struct workflow *workflow, size_t index, struct text *key, uint32_t *kinds)
{
    const struct node *node = &workflow->nodes[index];
    bool works = node->work == NODE_WORK_SCRIPT || node->work == NODE_WORK_COMMAND;
    const char *what = works ? node->script ? node->script : node->exec : NULL;
    begin_key(key, node, works ? 'n' : (char)('A' + (int)node->work));
    append_name(key, node->name);
    join(firsts, key->data, index, kinds);
    if (!what)
        return;
    size_t length = strlen(what);
    const char *program = node->script ? what : program_of(what, &length);
    begin_key(key, node, node->script ? 's' : 'e');
    text_append(key, program, length);
    join(firsts, key->data, index, kinds);
    if (node->sweep.count == 0)
        return;
    begin_key(key, node, 'p');
    program = base_name(program, &length);
    text_append(key, program, length);
    for (size_t i = 0; i < node->sweep.count; i++)
        text_append_format(key, "\n%s", node->sweep.items[i].key);
    join(firsts, key->data, index, kinds);
}

void job_kind_fill(const struct workflow *workflow, uint32_t *kinds)
{
    struct map *firsts = map_new();
    struct text key;
    text_init(&key, 0);
    for (size_t i = 0; i < workflow->node_count; i++) {
        kinds[i] = (uint32_t)i;
        join_node(firsts, workflow, i, &key, kinds);
    }
    for (size_t i = 0; i < workflow->node_count; i++)
        kinds[i] = (uint32_t)root_of(kinds, i);
    text_release(&key);
    map_free(firsts);
}
