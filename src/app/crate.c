/* SPDX-License-Identifier: Apache-2.0 */
#include "crate.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dagtop/base/memory.h"

enum { OPEN_FOLDERS = 16 };

enum status crate_open(struct crate *crate, const struct session *session, struct error *error)
{
    const char *base = getenv("TMPDIR");
    *crate = (struct crate){.session = session, .files = json_object()};
    crate->folder = memory_format("%s/dagtop-export-XXXXXX", base && *base ? base : "/tmp");
    crate->top = NULL;
    if (!mkdtemp(crate->folder)) {
        enum status status = error_set_errno(error, errno, "cannot make the directory %s", crate->folder);
        free(crate->folder);
        json_decref(crate->files);
        return status;
    }
    crate->top = memory_format("%s/%s", crate->folder, engine_snapshot(session->engine)->workflow->name);
    if (mkdir(crate->top, 0700) == 0)
        return STATUS_OK;
    error_set_errno(error, errno, "cannot make the directory %s", crate->top);
    crate_close(crate);
    return STATUS_SYSTEM;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info, (void)kind, (void)walk;
    return remove(path);
}

void crate_close(struct crate *crate)
{
    nftw(crate->folder, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    free(crate->folder);
    free(crate->top);
    json_decref(crate->files);
}

static void fail(struct crate *crate, const char *what, const char *path)
{
    if (crate->error.status == STATUS_OK)
        error_set_errno(&crate->error, errno, "cannot %s %s", what, path);
}

/* The path of a target in the temporary folder, the folders above it made. The caller frees it. */
static char *place(struct crate *crate, const char *target)
{
    char *path = memory_format("%s/%s", crate->top, target);
    for (char *slash = strchr(path + strlen(crate->top) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            fail(crate, "make", path);
        *slash = '/';
    }
    return path;
}

/* True for a target that stays below the top. */
static bool is_inside(const char *target)
{
    char *slashed = memory_format("/%s/", target);
    bool inside = *target && *target != '/' && !strstr(slashed, "/../") && !strstr(slashed, "//");
    free(slashed);
    return inside;
}

static void remember(struct crate *crate, const char *target, const char *description)
{
    if (json_object_set_new(crate->files, target, json_string(description)) != 0 && crate->error.status == STATUS_OK)
        error_set(&crate->error, STATUS_INVALID, "the name of a file is no UTF-8");
}

bool crate_link(struct crate *crate, const char *path, const char *target, const char *description)
{
    struct stat info;
    if (!is_inside(target) || json_object_get(crate->files, target) || stat(path, &info) != 0)
        return false;
    char *absolute = realpath(path, NULL), *link = place(crate, target);
    if (!absolute || symlink(absolute, link) != 0)
        fail(crate, "link", path);
    else
        remember(crate, target, description);
    free(absolute);
    free(link);
    return true;
}

void crate_write(struct crate *crate, const char *target, json_t *object, const char *description)
{
    char *path = place(crate, target);
    if (json_dump_file(object, path, JSON_INDENT(2) | JSON_REAL_PRECISION(10)) != 0)
        fail(crate, "write", path);
    else if (description)
        remember(crate, target, description);
    json_decref(object);
    free(path);
}
