/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent_private.h"
#include "content.h"

#include "dagtop/base/memory.h"

/* Pieces that are sent ahead of the answers. */
enum { WINDOW = 8 };

struct stage_file {
    char *source, *target;
    bool is_folder, is_executable;
};

struct stage {
    struct agent *agent;
    struct text words; /* BASE WORKFLOW NODE, quoted */
    struct stage_file *files;
    size_t count, capacity;
    size_t next;    /* the file that is being sent */
    int descriptor; /* of it, or -1 */
    size_t in_flight;
    struct error error; /* status OK: none */
    agent_done_function *done;
    void *argument;
};

struct piece {
    struct request request;
    struct stage *stage;
};

struct stage *stage_new(struct agent *agent, const struct agent_place *place, const struct node *node)
{
    struct stage *stage = memory_new(sizeof *stage);
    stage->agent = agent;
    stage->descriptor = -1;
    text_init(&stage->words, 0);
    agent_append_place(&stage->words, place);
    agent_append_word(&stage->words, node->name);
    return stage;
}

void stage_free(struct stage *stage)
{
    if (!stage)
        return;
    for (size_t i = 0; i < stage->count; i++) {
        free(stage->files[i].source);
        free(stage->files[i].target);
    }
    if (stage->descriptor >= 0)
        close(stage->descriptor);
    free(stage->files);
    text_release(&stage->words);
    free(stage);
}

static enum status check_target(const char *target, struct error *error)
{
    for (const char *byte = target; *byte; byte++)
        if ((unsigned char)*byte < ' ' || *byte == 0x7f)
            return error_set(error, STATUS_INVALID, "cannot stage a file whose name holds control characters");
    char *slashed = memory_format("/%s/", target);
    bool is_ours = strstr(slashed, "/.dagtop/") || strstr(slashed, "/../") || strstr(slashed, "//");
    free(slashed);
    return is_ours ? error_set(error, STATUS_INVALID, "cannot stage a file as %s", target) : STATUS_OK;
}

static enum status add(
    struct stage *stage, const char *source, const char *target, unsigned depth, struct error *error);

static enum status add_folder(
    struct stage *stage, const char *source, const char *target, unsigned depth, struct error *error)
{
    DIR *folder = depth ? opendir(source) : NULL;
    if (!folder)
        return depth ? error_set_errno(error, errno, "cannot read %s", source)
                     : error_set(error, STATUS_TOO_LARGE, "folders lie too deep: %s", source);
    enum status status = STATUS_OK;
    for (struct dirent *entry = readdir(folder); entry && status == STATUS_OK; entry = readdir(folder)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *inner_source = memory_format("%s/%s", source, entry->d_name);
        char *inner_target = memory_format("%s/%s", target, entry->d_name);
        status = add(stage, inner_source, inner_target, depth - 1, error);
        free(inner_source);
        free(inner_target);
    }
    closedir(folder);
    return status;
}

static enum status add(struct stage *stage, const char *source, const char *target, unsigned depth, struct error *error)
{
    struct stat found;
    if (stat(source, &found) < 0)
        return error_set_errno(error, errno, "cannot stage %s", source);
    if (!S_ISDIR(found.st_mode) && !S_ISREG(found.st_mode))
        return error_set(error, STATUS_INVALID, "cannot stage %s: it is neither a file nor a folder", source);
    if (stage->count == STAGE_FILE_LIMIT)
        return error_set(error, STATUS_TOO_LARGE, "more than %d files to stage", STAGE_FILE_LIMIT);
    if (check_target(target, error) != STATUS_OK)
        return STATUS_INVALID;
    memory_grow(&stage->files, &stage->capacity, stage->count + 1, sizeof *stage->files);
    stage->files[stage->count++] = (struct stage_file){.source = memory_copy_text(source),
        .target = memory_copy_text(target),
        .is_folder = S_ISDIR(found.st_mode),
        .is_executable = found.st_mode & S_IXUSR};
    return S_ISDIR(found.st_mode) ? add_folder(stage, source, target, depth, error) : STATUS_OK;
}

enum status stage_add(struct stage *stage, const char *source, const char *target, struct error *error)
{
    return add(stage, source, target, STAGE_DEPTH_LIMIT, error);
}

static void pump(struct stage *stage);

static void piece_finish(struct request *request, const struct error *result)
{
    struct stage *stage = ((struct piece *)request)->stage;
    stage->in_flight--;
    if (result->status != STATUS_OK && stage->error.status == STATUS_OK)
        stage->error = *result;
    pump(stage);
    if (stage->in_flight)
        return;
    stage->done(stage->argument, &stage->error);
    stage_free(stage);
}

static const struct request_operations piece_operations = {.finish = piece_finish};

static void send_piece(struct stage *stage, const char *mode, const char *bytes, size_t length)
{
    struct piece *piece = memory_new(sizeof *piece);
    struct text text;
    piece->request.operations = &piece_operations;
    piece->stage = stage;
    agent_text_init(&text);
    agent_append_request(stage->agent, &text, "upload");
    text_append(&text, stage->words.data, stage->words.length);
    agent_append_word(&text, stage->files[stage->next].target);
    agent_append_word(&text, mode);
    text_append_byte(&text, ' ');
    content_open(&text);
    content_append(&text, bytes, length);
    content_close(&text);
    if (agent_submit(stage->agent, &piece->request, &text, LIMIT_LONG, &stage->error) == STATUS_OK)
        stage->in_flight++;
}

/* Reads until the buffer is full or the file ends. False on an error, which is kept. */
static bool read_piece(struct stage *stage, char *bytes, size_t *length)
{
    *length = 0;
    while (*length < CONTENT_LIMIT) {
        ssize_t got = read(stage->descriptor, bytes + *length, CONTENT_LIMIT - *length);
        if (got == 0)
            return true;
        if (got > 0)
            *length += (size_t)got;
        else if (errno != EINTR)
            break;
    }
    if (*length < CONTENT_LIMIT)
        error_set_errno(&stage->error, errno, "cannot read %s", stage->files[stage->next].source);
    return *length == CONTENT_LIMIT;
}

/* Sends the next piece of the file at hand; a file that ended with the piece before has none. */
static void send_next(struct stage *stage)
{
    const struct stage_file *file = &stage->files[stage->next];
    if (file->is_folder) {
        send_piece(stage, "directory", "", 0);
        stage->next++;
        return;
    }
    bool is_first = stage->descriptor < 0;
    if (is_first)
        stage->descriptor = open(file->source, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (stage->descriptor < 0) {
        error_set_errno(&stage->error, errno, "cannot read %s", file->source);
        return;
    }
    char bytes[CONTENT_LIMIT];
    size_t length;
    if (!read_piece(stage, bytes, &length))
        return;
    if (is_first || length)
        send_piece(stage, !is_first ? "append" : file->is_executable ? "new-x" : "new", bytes, length);
    if (length < CONTENT_LIMIT) {
        close(stage->descriptor);
        stage->descriptor = -1;
        stage->next++;
    }
}

static void pump(struct stage *stage)
{
    while (stage->error.status == STATUS_OK && stage->in_flight < WINDOW && stage->next < stage->count)
        send_next(stage);
}

enum status stage_begin(struct stage *stage, agent_done_function *done, void *argument, struct error *error)
{
    stage->done = done;
    stage->argument = argument;
    pump(stage);
    if (stage->in_flight == 0 && error)
        *error = stage->error;
    return stage->in_flight ? STATUS_OK : stage->error.status;
}
