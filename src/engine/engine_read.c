/* SPDX-License-Identifier: Apache-2.0 */
/* Files of run directories beside the logs: what there is, pieces of them, and which one holds the standard error. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "engine_private.h"

enum status engine_read_file(struct engine *engine, size_t node, const char *path, int64_t offset, size_t maximum,
    agent_log_function *answered, void *argument, struct error *error)
{
    struct host *host = engine_host_of(engine, node);
    struct agent_place place = engine_place(host);
    engine_be_quick(engine);
    if (host->state != HOST_READY)
        return error_set(error, STATUS_DISCONNECTED, "%s is not connected", host->name);
    return agent_read_file(
        host->agent, &place, engine->workflow, node, path, offset, maximum, answered, argument, error);
}

enum status engine_list_files(struct engine *engine, size_t node, unsigned attempt, const char *directory,
    agent_files_function *answered, void *argument, struct error *error)
{
    struct host *host = engine_host_of(engine, node);
    struct agent_place place = engine_place(host);
    engine_be_quick(engine);
    if (host->state != HOST_READY)
        return error_set(error, STATUS_DISCONNECTED, "%s is not connected", host->name);
    return agent_list_files(host->agent, &place, engine->workflow, node, attempt, directory, answered, argument, error);
}

/* What the node, or else its script, sets an option of the batch system to; NULL: neither does. */
static char *batch_option(const struct engine *engine, size_t node, const char *name)
{
    const struct batch_system *system = queue_system_of(engine, node);
    const char *own = attributes_get(&engine->workflow->nodes[node].slurm, name);
    struct text script;
    if (system == NULL || own != NULL)
        return memory_copy_text(own);
    batch_read_script(engine, node, &script);
    char *option = batch_script_option(system, script.data, name);
    text_release(&script);
    return option;
}

/* The pattern of a file name as sbatch(1) fills it in; false where it asks for what is not known here. */
static bool expand_pattern(struct text *path, const char *pattern, const char *job, const char *name)
{
    for (; *pattern; pattern++) {
        if (*pattern != '%') {
            text_append_byte(path, *pattern);
            continue;
        }
        const char *value = *++pattern == 'j' || *pattern == 'A' ? job
                            : *pattern == 'x'                    ? name
                            : *pattern == '%'                    ? "%"
                                                                 : NULL;
        if (value == NULL)
            return false;
        text_append_string(path, value);
    }
    return true;
}

static const char *job_of_attempt(const struct observation *observation, unsigned number)
{
    for (size_t i = 0; i < observation->attempt_count; i++) {
        if (observation->attempts[i].number == number)
            return observation->attempts[i].jobid;
    }
    return NULL;
}

char *engine_error_file(struct engine *engine, size_t index, unsigned attempt)
{
    const struct node *node = &engine->workflow->nodes[index];
    char *pattern = batch_option(engine, index, "error"), *folder = batch_option(engine, index, "chdir");
    char *usual = memory_format("%s.%s", engine->workflow->name, node->name),
         *name = batch_option(engine, index, "job-name");
    struct text path;
    text_init(&path, 0);
    bool is_below = pattern != NULL && *pattern != '\0' && *pattern != '/' && folder == NULL && node->directory == NULL;
    bool good = is_below && expand_pattern(&path, pattern, job_of_attempt(&engine->observations[index], attempt),
                                name != NULL ? name : usual);
    free(pattern);
    free(folder);
    free(usual);
    free(name);
    if (good && path.length > 0)
        return text_take(&path);
    text_release(&path);
    return NULL;
}
