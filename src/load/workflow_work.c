/* SPDX-License-Identifier: Apache-2.0 */
#include "workflow_work.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"

char *workflow_work_path(const struct workflow *workflow, const char *name)
{
    const char *home = name[0] == '~' && name[1] == '/' ? getenv("HOME") : NULL;
    if (home)
        return memory_format("%s%s", home, name + 1);
    return name[0] == '/' ? memory_copy_text(name) : memory_format("%s/%s", workflow->folder, name);
}

/* Many nodes share a script: each path is looked for once. */
static bool is_file(struct node_reader *reader, const char *path)
{
    uintptr_t there;
    struct stat info;
    if (!map_get(reader->files, path, &there)) {
        there = stat(path, &info) == 0 && S_ISREG(info.st_mode);
        map_set(reader->files, path, there);
    }
    return there;
}

static bool has_script_ending(const char *name)
{
    static const char *const endings[] = {".sh", ".py", ".ipynb"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(name + length - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

/* Takes name as the node's script where it is a file, or where it must be one. */
static bool take_script(struct node_reader *reader, struct node *node, const char *name, bool must)
{
    char *path = workflow_work_path(reader->workflow, name);
    bool there = is_file(reader, path);
    if (!there && !must) {
        free(path);
        return false;
    }
    char *script = memory_copy_text(name);
    free(node->script);
    node->script = script;
    node->script_path = path;
    node->script_missing = !there;
    node->work = NODE_WORK_SCRIPT;
    return true;
}

/* cloudmesh-cc saves an exec with the name of a script that it makes from it: then the script may be missing. */
static void find_given_script(struct node_reader *reader, struct node *node, struct place place)
{
    bool there = take_script(reader, node, node->script, !node->exec);
    if (there && node->exec)
        reading_warn(reader->reading, place, "exec is not used, the script %s is", quote(node->script).bytes);
    else if (!there)
        reading_warn(reader->reading, place, "the script %s does not exist, exec is used", quote(node->script).bytes);
    else if (node->script_missing)
        reading_warn(reader->reading, place, "the script %s does not exist, expected a file at %s",
            quote(node->script).bytes, quote(node->script_path).bytes);
    if (!there)
        node->work = NODE_WORK_COMMAND;
}

static bool find_implied_script(struct node_reader *reader, struct node *node)
{
    char *name = memory_format("%s.sh", node->name);
    bool found = take_script(reader, node, name, false);
    free(name);
    return found;
}

void workflow_work_find(struct node_reader *reader, struct node *node, bool works, struct place place)
{
    if (node->script)
        find_given_script(reader, node, place);
    else if (node->exec && has_script_ending(node->exec) && take_script(reader, node, node->exec, false))
        ;
    else if (node->exec)
        node->work = NODE_WORK_COMMAND;
    else if (find_implied_script(reader, node))
        ;
    else if (node->statusfile)
        node->work = NODE_WORK_WATCHED;
    else if (works)
        node->work = NODE_WORK_NOTHING;
    else
        node->work = NODE_WORK_MILESTONE;
    if (node->work == NODE_WORK_NOTHING)
        reading_warn(
            reader->reading, place, "there is nothing to run, expected script, exec or a file %s.sh", node->name);
}
