/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dagtop/base/memory.h"
#include "generation_private.h"

enum { FOLDERS_DEPTH = 16 };

void copied_files_release(struct copied_files *copied)
{
    for (size_t i = 0; i < copied->count; i++) {
        free(copied->files[i].target);
        free(copied->files[i].bytes);
    }
    free(copied->files);
    name_list_release(&copied->tops);
    *copied = (struct copied_files){0};
}

static enum status add_file(struct copied_files *copied, const char *path, const char *target, mode_t mode,
    const struct setting *at, struct error_list *errors)
{
    struct text bytes;
    struct error error;
    text_init(&bytes, GENERATION_COPY_LIMIT - copied->bytes + 1);
    if (text_read_file(&bytes, path, &error) != STATUS_OK) {
        text_release(&bytes);
        return setting_error(errors, at, "%s", error.message);
    }
    copied->bytes += bytes.length;
    memory_grow(&copied->files, &copied->capacity, copied->count + 1, sizeof *copied->files);
    struct copied_file *file = &copied->files[copied->count++];
    *file = (struct copied_file){.target = memory_copy_text(target), .length = bytes.length, .mode = mode & 0777};
    file->bytes = text_take(&bytes);
    if (copied->bytes > GENERATION_COPY_LIMIT || copied->count > GENERATION_COPIED_FILES_LIMIT)
        return setting_error(errors, at, "what is copied comes to over %d MiB or %d files, expected less: %s",
            GENERATION_COPY_LIMIT >> 20, GENERATION_COPIED_FILES_LIMIT, path);
    return STATUS_OK;
}

static enum status add(struct copied_files *copied, const char *path, const char *target, unsigned depth,
    const struct setting *at, struct error_list *errors);

static enum status add_folder(struct copied_files *copied, const char *path, const char *target, unsigned depth,
    const struct setting *at, struct error_list *errors)
{
    struct dirent **entries;
    int count = depth ? scandir(path, &entries, NULL, alphasort) : -1;
    enum status status = STATUS_OK;
    if (count < 0)
        return setting_error(errors, at, "cannot read %s: %s", path, depth ? strerror(errno) : "folders lie too deep");
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (status == STATUS_OK && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
            char *inner_path = memory_format("%s/%s", path, name), *inner_target = memory_format("%s/%s", target, name);
            status = add(copied, inner_path, inner_target, depth - 1, at, errors);
            free(inner_path);
            free(inner_target);
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

static enum status add(struct copied_files *copied, const char *path, const char *target, unsigned depth,
    const struct setting *at, struct error_list *errors)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return setting_error(errors, at, "cannot copy %s: %s", path, strerror(errno));
    if (S_ISDIR(info.st_mode))
        return add_folder(copied, path, target, depth, at, errors);
    if (!S_ISREG(info.st_mode))
        return setting_error(errors, at, "cannot copy %s: it is neither a file nor a folder", path);
    if (strpbrk(target, "\n\r"))
        return setting_error(errors, at, "cannot copy %s: its name holds a newline", path);
    return add_file(copied, path, target, info.st_mode, at, errors);
}

enum status copied_files_add(struct copied_files *copied, const char *path, const char *target,
    const struct setting *at, struct error_list *errors)
{
    char *slashed = memory_format("/%s/", target);
    bool is_odd =
        strstr(slashed, "/../") || strstr(slashed, "/./") || strstr(slashed, "//") || strstr(slashed, "/.dagtop/");
    free(slashed);
    if (is_odd)
        return setting_error(errors, at, "cannot copy %s: \"%s\" is no name of a file", path, target);
    for (size_t i = 0; i < copied->tops.count; i++)
        if (strcmp(copied->tops.names[i], target) == 0)
            return setting_error(errors, at, "cannot copy %s: \"%s\" is copied already", path, target);
    name_list_add(&copied->tops, target);
    return add(copied, path, target, FOLDERS_DEPTH, at, errors);
}
