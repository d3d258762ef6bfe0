/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep_stage.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dagtop/base/memory.h"

void stage_open(struct stage *stage)
{
    const char *base = getenv("TMPDIR");
    stage->folder = memory_format("%s/dagtop-sweep-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(stage->folder))
        broken("no temporary directory");
    configuration_init(&stage->configuration);
    error_list_init(&stage->errors);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info, (void)kind, (void)walk;
    return remove(path);
}

void stage_close(struct stage *stage)
{
    configuration_release(&stage->configuration);
    error_list_release(&stage->errors);
    nftw(stage->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(stage->folder);
}

char *stage_path(const struct stage *stage, const char *name)
{
    return memory_format("%s/%s", stage->folder, name);
}

void stage_write(const struct stage *stage, const char *name, const char *content)
{
    char *path = stage_path(stage, name);
    for (char *slash = strchr(path + strlen(stage->folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    if (!file || fputs(content, file) < 0 || fclose(file) != 0)
        broken("cannot write %s", path);
    free(path);
}

char *stage_read(const struct stage *stage, const char *name)
{
    struct text text;
    struct error error;
    char *path = stage_path(stage, name);
    text_init(&text, 0);
    enum status status = text_read_file(&text, path, &error);
    free(path);
    if (status == STATUS_OK)
        return text_take(&text);
    text_release(&text);
    return NULL;
}

enum status stage_configure(struct stage *stage, const char *name, const char *yaml)
{
    stage_write(stage, name, yaml);
    char *path = stage_path(stage, name);
    enum status status = configuration_add_file(&stage->configuration, path, &stage->errors);
    free(path);
    return status;
}

bool stage_complains(const struct stage *stage, const char *text)
{
    bool found = stage->errors.count && strstr(stage->errors.errors[0].message, text);
    if (!found)
        fprintf(stderr, "%u mistakes, first: %s\n", stage->errors.count,
            stage->errors.count ? stage->errors.errors[0].message : "none");
    return found;
}
