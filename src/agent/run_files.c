/* SPDX-License-Identifier: Apache-2.0 */
/* What lies in a run directory: one directory of it at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_private.h"

#include "dagtop/base/memory.h"

enum { FILE_LIMIT = 4000 }; /* entries of one answer; the host tells fewer */

struct run_files {
    struct request request;
    struct agent_file *files;
    size_t count, capacity, more;
    agent_files_function *answered;
    void *argument;
};

static bool find_kind(char letter, enum agent_file_kind *kind)
{
    static const char letters[] = "-dl";
    const char *place = letter ? strchr(letters, letter) : NULL;
    if (place)
        *kind = (enum agent_file_kind)(place - letters);
    return place;
}

/* "KIND SIZE CHANGED" */
static void add_file(struct run_files *list, const char *path, const char *value)
{
    struct agent_file file = {0};
    char *end;
    if (list->count == FILE_LIMIT || !find_kind(value[0], &file.kind) || value[1] != ' ')
        return;
    file.size = strtoll(value + 2, &end, 10);
    if (file.size < 0 || *end != ' ')
        return;
    snprintf(file.changed, sizeof file.changed, "%s", end + 1);
    file.path = memory_copy_text(path);
    memory_grow(&list->files, &list->capacity, list->count + 1, sizeof *list->files);
    list->files[list->count++] = file;
}

static void read_file(struct request *request, const char *key, const char *field, const char *value)
{
    struct run_files *list = (struct run_files *)request;
    struct agent_file *last = list->count > 0 ? &list->files[list->count - 1] : NULL;
    if (strcmp(field, "file") == 0)
        add_file(list, key, value);
    else if (strcmp(field, "target") == 0 && last && !last->target && strcmp(last->path, key) == 0)
        last->target = memory_copy_text(value);
    else if (strcmp(field, "more") == 0)
        list->more += strtoul(value, NULL, 10);
    else if (strcmp(field, "files") == 0 && !request->refusal)
        request->refusal = agent_refusal(value);
}

static void finish(struct request *request, const struct error *result)
{
    const struct run_files *list = (struct run_files *)request;
    list->answered(list->argument, list->files, list->count, list->more, result);
}

static void release(struct request *request)
{
    struct run_files *list = (struct run_files *)request;
    for (size_t i = 0; i < list->count; i++) {
        free((char *)list->files[i].path);
        free((char *)list->files[i].target);
    }
    free(list->files);
}

static const struct request_operations operations = {.record = read_file, .finish = finish, .release = release};

enum status agent_list_files(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, unsigned attempt, const char *directory, agent_files_function *answered, void *argument,
    struct error *error)
{
    if (directory[strcspn(directory, "\n")])
        return error_set(error, STATUS_INVALID, "the directory's name holds a line break");
    struct run_files *list = memory_new(sizeof *list);
    struct text text;
    list->request.operations = &operations;
    list->answered = answered;
    list->argument = argument;
    agent_text_init(&text);
    agent_append_request(agent, &text, "files");
    agent_append_place(&text, place);
    agent_append_word(&text, workflow->nodes[node].name);
    text_append_format(&text, " %u", attempt);
    agent_append_word(&text, directory);
    return agent_submit(agent, &list->request, &text, LIMIT_REQUEST, error);
}
