/* SPDX-License-Identifier: Apache-2.0 */
/* Small windows into the engine for people: the journal, where a node's records are, options of the batch system. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "engine_private.h"

bool engine_journal(const struct engine *engine, size_t age, struct journal_view *view)
{
    const struct journal_entry *entry = journal_entry(&engine->journal, age);
    if (entry == NULL)
        return false;
    *view = (struct journal_view){entry->time, entry->host, entry->text, entry->result};
    return true;
}

char *engine_run_directory(const struct engine *engine, size_t node)
{
    const struct host *host = &engine->hosts[engine->reconcile.nodes[node].host];
    return memory_format("%s/%s/%s", host->base, engine->workflow->name, engine->workflow->nodes[node].name);
}

static bool is_option(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > 60 || !isalpha((unsigned char)name[0]))
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == length;
}

enum status engine_set_batch_option(
    struct engine *engine, size_t index, const char *name, const char *value, struct error *error)
{
    static const char *const locked[] = {"output", "error", "comment", "job-name", "chdir", "parsable", "wrap", "array",
        "wait", "test-only", "export-file", "uid", "gid", "help", "version", "open-mode", "input"};
    struct node *node = &engine->workflow->nodes[index];
    if (!is_option(name))
        return error_set(error, STATUS_INVALID, "%.60s is no long option of sbatch", name);
    for (size_t i = 0; i < sizeof locked / sizeof *locked; i++) {
        if (strcmp(name, locked[i]) == 0)
            return error_set(error, STATUS_INVALID, "%s is dagtop's own option", name);
    }
    for (const char *byte = value; byte != NULL && *byte != '\0'; byte++) {
        if ((unsigned char)*byte < ' ' || *byte == 0x7f)
            return error_set(error, STATUS_INVALID, "the value of %s has a control character", name);
    }
    if (value != NULL) {
        attributes_set(&node->slurm, name, value);
        return STATUS_OK;
    }
    struct attributes kept;
    attributes_init(&kept);
    for (size_t i = 0; i < node->slurm.count; i++) {
        const struct attribute *item = &node->slurm.items[i];
        if (strcmp(item->key, name) != 0)
            attributes_set_at(&kept, item->key, item->value, item->line, item->column);
    }
    attributes_release(&node->slurm);
    node->slurm = kept;
    return STATUS_OK;
}
