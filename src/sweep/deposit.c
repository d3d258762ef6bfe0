/* SPDX-License-Identifier: Apache-2.0 */
#include "deposit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dagtop/base/checksum.h"
#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"

enum { LIST_LIMIT = 512 << 20 };

/* Makes a folder and those above it. */
static enum status make_folder(const char *folder, struct error *error)
{
    struct stat info;
    if (mkdir(folder, 0777) == 0 || (errno == EEXIST && stat(folder, &info) == 0 && S_ISDIR(info.st_mode)))
        return STATUS_OK;
    int reason = errno;
    const char *slash = strrchr(folder, '/');
    if (reason == ENOENT && slash && slash > folder) {
        char *parent = memory_copy_span(folder, (size_t)(slash - folder));
        enum status status = make_folder(parent, error);
        free(parent);
        if (status != STATUS_OK || mkdir(folder, 0777) == 0)
            return status;
        reason = errno;
    }
    return error_set_errno(error, reason, "cannot make the directory %s", folder);
}

/* Each line of the list is a name and its checksum that are known. */
static void read_list(struct deposit *deposit)
{
    for (char *line = deposit->before.data, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        map_set(deposit->known, line, 1);
        *end = '\n';
    }
}

static enum status lock(struct deposit *deposit, const char *path, struct error *error)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    deposit->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (deposit->lock < 0)
        return error_set_errno(error, errno, "cannot write %s", path);
    if (fcntl(deposit->lock, F_SETLK, &whole) != 0 && (errno == EACCES || errno == EAGAIN))
        return error_set(error, STATUS_REFUSED, "another dagtop sweep writes %s now", deposit->folder);
    return STATUS_OK;
}

enum status deposit_open(struct deposit *deposit, const char *folder, struct error *error)
{
    *deposit = (struct deposit){.folder = memory_copy_text(folder), .lock = -1, .list_descriptor = -1};
    deposit->known = map_new();
    deposit->handled = map_new();
    text_init(&deposit->before, LIST_LIMIT);
    text_init(&deposit->list, LIST_LIMIT);
    char *records = memory_format("%s/.dagtop", folder), *list = memory_format("%s/deposit", records),
         *lock_path = memory_format("%s/deposit.lock", records);
    enum status status = make_folder(records, error);
    if (status == STATUS_OK)
        status = lock(deposit, lock_path, error);
    if (status == STATUS_OK && access(list, F_OK) == 0)
        status = text_read_file(&deposit->before, list, error);
    if (status == STATUS_OK) {
        read_list(deposit);
        deposit->list_descriptor = open(list, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (deposit->list_descriptor < 0)
            status = error_set_errno(error, errno, "cannot write %s", list);
    }
    free(records);
    free(list);
    free(lock_path);
    if (status != STATUS_OK)
        deposit_release(deposit);
    return status;
}

void deposit_release(struct deposit *deposit)
{
    if (deposit->lock >= 0)
        close(deposit->lock);
    if (deposit->list_descriptor >= 0)
        close(deposit->list_descriptor);
    for (size_t i = 0; i < deposit->kept_count; i++)
        free(deposit->kept[i]);
    free(deposit->kept);
    map_free(deposit->known);
    map_free(deposit->handled);
    text_release(&deposit->before);
    text_release(&deposit->list);
    free(deposit->folder);
    *deposit = (struct deposit){.lock = -1, .list_descriptor = -1};
}

static bool write_all(int descriptor, const char *bytes, size_t length)
{
    while (length) {
        ssize_t written = write(descriptor, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

/* A new file under a name that only whoever holds the lock uses: what lies there was left by one that was killed. */
static int open_temporary(const char *path, mode_t mode)
{
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, descriptor = open(path, flags, mode);
    if (descriptor < 0 && errno == EEXIST && unlink(path) == 0)
        descriptor = open(path, flags, mode);
    return descriptor;
}

/* Writes a file under another name and renames it: it is there whole, or as it was. */
static enum status replace_file(const char *path, const char *bytes, size_t length, mode_t mode, struct error *error)
{
    const char *slash = strrchr(path, '/');
    char *temporary = memory_format("%.*s/.dagtop-new", (int)(slash - path), path);
    int descriptor = open_temporary(temporary, mode);
    bool fine = descriptor >= 0 && write_all(descriptor, bytes, length);
    int reason = errno;
    if (descriptor >= 0 && close(descriptor) != 0 && fine) {
        reason = errno;
        fine = false;
    }
    if (fine && rename(temporary, path) != 0) {
        reason = errno;
        fine = false;
    }
    if (!fine && descriptor >= 0)
        unlink(temporary);
    free(temporary);
    return fine ? STATUS_OK : error_set_errno(error, reason, "cannot write %s", path);
}

enum found { FOUND_NOTHING, FOUND_SAME, FOUND_OURS, FOUND_OTHER };

/* What stands under a name now. */
static enum found look_at(struct deposit *deposit, const char *path, const char *name, const char *bytes, size_t length)
{
    struct stat info;
    struct text content;
    struct error error;
    struct checksum checksum;
    char checksum_buffer[CHECKSUM_TEXT_SIZE];
    if (lstat(path, &info) != 0)
        return FOUND_NOTHING;
    if (!S_ISREG(info.st_mode))
        return FOUND_OTHER;
    text_init(&content, LIST_LIMIT);
    enum found found = FOUND_OTHER;
    if (text_read_file(&content, path, &error) == STATUS_OK) {
        checksum_init(&checksum);
        checksum_add(&checksum, content.data, content.length);
        char *key = memory_format("%s %s", checksum_text(&checksum, checksum_buffer), name);
        if (content.length == length && memcmp(content.data, bytes, length) == 0)
            found = FOUND_SAME;
        else if (!content.length || map_get(deposit->known, key, NULL))
            found = FOUND_OURS; /* an empty one is what a machine that lost its power may leave */
        free(key);
    }
    text_release(&content);
    return found;
}

/* The line goes into the list before the file is there, so that whatever happens the file is known again. */
static enum status announce(struct deposit *deposit, const char *line, struct error *error)
{
    if (write_all(deposit->list_descriptor, line, strlen(line)))
        return STATUS_OK;
    return error_set_errno(error, errno, "cannot write %s/.dagtop/deposit", deposit->folder);
}

static enum status write_new(struct deposit *deposit, const char *path, const char *line, const char *bytes,
    size_t length, mode_t mode, struct error *error)
{
    char *folder = memory_copy_span(path, (size_t)(strrchr(path, '/') - path));
    enum status status = make_folder(folder, error);
    if (status == STATUS_OK)
        status = announce(deposit, line, error);
    if (status == STATUS_OK)
        status = replace_file(path, bytes, length, mode, error);
    free(folder);
    return status;
}

enum status deposit_put(
    struct deposit *deposit, const char *name, const char *bytes, size_t length, mode_t mode, struct error *error)
{
    struct checksum checksum;
    char checksum_buffer[CHECKSUM_TEXT_SIZE];
    checksum_init(&checksum);
    checksum_add(&checksum, bytes, length);
    char *path = memory_format("%s/%s", deposit->folder, name);
    char *line = memory_format("%s %s\n", checksum_text(&checksum, checksum_buffer), name);
    enum found found = look_at(deposit, path, name, bytes, length);
    enum status status = STATUS_OK;
    map_set(deposit->handled, name, 1);
    if (found == FOUND_OTHER) {
        memory_grow(&deposit->kept, &deposit->kept_capacity, deposit->kept_count + 1, sizeof *deposit->kept);
        deposit->kept[deposit->kept_count++] = memory_copy_text(name);
    } else {
        text_append_string(&deposit->list, line);
        if (found != FOUND_SAME)
            status = write_new(deposit, path, line, bytes, length, mode, error);
        if (status == STATUS_OK)
            ++*(found == FOUND_SAME   ? &deposit->unchanged
                : found == FOUND_OURS ? &deposit->changed
                                      : &deposit->created);
    }
    free(path);
    free(line);
    return status;
}

enum status deposit_finish(struct deposit *deposit, struct error *error)
{
    for (char *line = deposit->before.data, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        char *name = strchr(line, ' ');
        if (name && !map_get(deposit->handled, name + 1, NULL)) {
            map_set(deposit->handled, name + 1, 1);
            text_append_format(&deposit->list, "%s\n", line);
            char *path = memory_format("%s/%s", deposit->folder, name + 1);
            deposit->left += access(path, F_OK) == 0;
            free(path);
        }
    }
    char *path = memory_format("%s/.dagtop/deposit", deposit->folder);
    enum status status = replace_file(path, deposit->list.data, deposit->list.length, 0644, error);
    free(path);
    return status;
}
