/* SPDX-License-Identifier: Apache-2.0 */
/* The checksum of what a node would run: workflow_file_checksum. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dagtop/base/checksum.h"
#include "dagtop/base/memory.h"
#include "dagtop/load/workflow_file.h"
#include "workflow_work.h"

enum { FOLDER_DEPTH_LIMIT = 16, FOLDER_ENTRIES_LIMIT = 10000 };

/* A text with its NUL, so that where one ends and the next begins counts. */
static void add_text(struct checksum *checksum, const char *text)
{
    checksum_add(checksum, text, strlen(text) + 1);
}

static void add_words(struct checksum *checksum, const char *what, const struct attributes *words)
{
    add_text(checksum, what);
    for (size_t i = 0; i < words->count; i++) {
        add_text(checksum, words->items[i].key);
        add_text(checksum, words->items[i].value);
    }
}

static bool add_bytes(struct checksum *checksum, int descriptor)
{
    char chunk[32768];
    ssize_t got;
    while ((got = read(descriptor, chunk, sizeof chunk)) != 0) {
        if (got > 0)
            checksum_add(checksum, chunk, (size_t)got);
        else if (errno != EINTR)
            return false;
    }
    return true;
}

static bool add_path(struct checksum *checksum, const char *path, const char *name, int depth, size_t *entries);

static int compare_entries(const void *one, const void *other)
{
    return strcmp((*(struct dirent *const *)one)->d_name, (*(struct dirent *const *)other)->d_name);
}

/* All entries of a folder, in the order of their names' bytes. */
static bool add_folder(struct checksum *checksum, const char *path, int depth, size_t *entries)
{
    struct dirent **list;
    int count = scandir(path, &list, NULL, NULL);
    if (count < 0)
        return false;
    qsort(list, (size_t)count, sizeof *list, compare_entries);
    bool fine = depth < FOLDER_DEPTH_LIMIT;
    for (int i = 0; i < count; i++) {
        const char *name = list[i]->d_name;
        if (fine && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
            char *inner = memory_format("%s/%s", path, name);
            fine = add_path(checksum, inner, name, depth + 1, entries);
            free(inner);
        }
        free(list[i]);
    }
    free(list);
    return fine;
}

/* The name of a file or folder, then its bytes or entries. */
static bool add_path(struct checksum *checksum, const char *path, const char *name, int depth, size_t *entries)
{
    struct stat info;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool fine = descriptor >= 0 && fstat(descriptor, &info) == 0 && ++*entries <= FOLDER_ENTRIES_LIMIT;
    add_text(checksum, name);
    if (fine && S_ISDIR(info.st_mode))
        fine = add_folder(checksum, path, depth, entries);
    else if (fine)
        fine = S_ISREG(info.st_mode) && add_bytes(checksum, descriptor);
    if (descriptor >= 0)
        close(descriptor);
    return fine;
}

static bool add_files(struct checksum *checksum, const struct workflow *workflow, const struct node *node)
{
    bool fine = true;
    size_t entries = 0;
    for (size_t i = 0; i < node->file_count && fine; i++) {
        char *path = workflow_work_path(workflow, node->files[i]);
        fine = add_path(checksum, path, node->files[i], 0, &entries);
        free(path);
    }
    return fine;
}

char *workflow_file_checksum(const struct workflow *workflow, size_t index)
{
    const struct node *node = &workflow->nodes[index];
    struct checksum checksum;
    char buffer[CHECKSUM_TEXT_SIZE];
    size_t entries = 0;
    bool fine = false;
    checksum_init(&checksum);
    if (node->work == NODE_WORK_SCRIPT) {
        fine = add_path(&checksum, node->script_path, "script", 0, &entries);
    } else if (node->work == NODE_WORK_COMMAND) {
        add_text(&checksum, "exec");
        add_text(&checksum, node->exec);
        fine = true;
    }
    add_words(&checksum, "env", &node->env);
    add_text(&checksum, node->venv ? node->venv : "");
    if (!fine || !add_files(&checksum, workflow, node))
        return NULL;
    return memory_copy_text(checksum_text(&checksum, buffer));
}
