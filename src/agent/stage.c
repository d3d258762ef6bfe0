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

#include "dagtop/base/checksum.h"
#include "dagtop/base/memory.h"

/*
 * Pieces that are sent ahead of the answers; bytes that are read for a checksum in one turn; files and bytes of one
 * question whether they are there.
 */
enum { WINDOW = 8, TURN_LIMIT = 2 << 20, ASKED_FILES = 200, ASKED_BYTES = 48 << 10 };

/* Files of one start that go with it. */
enum { SMALL_FILES = 16, SMALL_BYTES = 32 << 10 };

struct stage_file {
    char *source, *target;
    size_t size; /* when it was added */
    bool is_folder, is_executable;
    char checksum[CHECKSUM_TEXT_SIZE];
    bool is_there; /* the host has it: as it should be, or as it was sent */
};

/* What is done with all files, one step after the other. Each goes on when the host has answered. */
enum step {
    STEP_HASH,  /* checksums of the files here */
    STEP_ASK,   /* which of them are there unchanged */
    STEP_SEND,  /* the others */
    STEP_CHECK, /* whether these have arrived as they are here */
    STEP_END
};

struct stage {
    struct agent *agent;
    struct text words; /* BASE WORKFLOW NODE, quoted */
    struct stage_file *files;
    size_t count, capacity;
    enum step step;
    size_t next;              /* the file that comes next in this step */
    int descriptor;           /* of it, or -1 */
    struct checksum checksum; /* of what was read of it */
    size_t in_flight;
    struct error error; /* status OK: none */
    agent_done_function *done;
    void *argument;
};

struct piece {
    struct request request;
    struct stage *stage;
    size_t *asked; /* files of a question, or NULL */
    size_t asked_count;
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
        .size = (size_t)found.st_size,
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

static void piece_release(struct request *request)
{
    free(((struct piece *)request)->asked);
}

/* The host names the files that it has by their place in the question. */
static void have_record(struct request *request, const char *key, const char *field, const char *value)
{
    (void)key;
    const struct piece *piece = (struct piece *)request;
    unsigned long number = strtoul(value, NULL, 10);
    if (strcmp(field, "have") == 0 && number >= 1 && number <= piece->asked_count)
        piece->stage->files[piece->asked[number - 1]].is_there = true;
}

static const struct request_operations piece_operations = {.finish = piece_finish, .release = piece_release};
static const struct request_operations have_operations = {
    .record = have_record, .finish = piece_finish, .release = piece_release};

static struct piece *piece_new(
    struct stage *stage, const struct request_operations *operations, const char *function, struct text *text)
{
    struct piece *piece = memory_new(sizeof *piece);
    piece->request.operations = operations;
    piece->stage = stage;
    agent_text_init(text);
    agent_append_request(stage->agent, text, function);
    return piece;
}

static void submit(struct stage *stage, struct piece *piece, struct text *text)
{
    if (agent_submit(stage->agent, &piece->request, text, LIMIT_LONG, &stage->error) == STATUS_OK)
        stage->in_flight++;
}

/* Opens the file that comes next, if it is not open yet. False on an error, which is kept. */
static bool open_next(struct stage *stage)
{
    const struct stage_file *file = &stage->files[stage->next];
    if (stage->descriptor < 0) {
        stage->descriptor = open(file->source, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        checksum_init(&stage->checksum);
    }
    if (stage->descriptor < 0)
        error_set_errno(&stage->error, errno, "cannot read %s", file->source);
    return stage->descriptor >= 0;
}

static void close_next(struct stage *stage)
{
    close(stage->descriptor);
    stage->descriptor = -1;
    stage->next++;
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

/* ---- small files ---- */

static bool is_small(const struct stage *stage)
{
    size_t bytes = 0;
    for (size_t i = 0; i < stage->count; i++) {
        const struct stage_file *file = &stage->files[i];
        if (file->is_folder || file->size >= SMALL_BYTES)
            return false;
        bytes += file->size;
    }
    return stage->count <= SMALL_FILES && bytes < SMALL_BYTES;
}

static bool append_brought(const struct stage_file *file, struct text *text)
{
    struct text bytes;
    text_init(&bytes, CONTENT_LIMIT);
    bool fine = text_read_file(&bytes, file->source, NULL) == STATUS_OK;
    if (fine) {
        text_append_string(text, "dagtop_bring");
        agent_append_word(text, file->target);
        text_append_string(text, file->is_executable ? " new-x " : " new ");
        content_open(text);
        content_append(text, bytes.data, bytes.length);
        content_close(text);
        text_append_byte(text, '\n');
    }
    text_release(&bytes);
    return fine;
}

bool stage_append_small(struct stage *stage, struct text *text)
{
    size_t length = text->length;
    bool fine = is_small(stage);
    for (size_t i = 0; i < stage->count && fine; i++)
        fine = append_brought(&stage->files[i], text);
    if (!fine)
        text_truncate(text, length);
    return fine;
}

/* ---- the steps ---- */

/* Reads so many bytes that nobody notices, and goes on when the host has answered a ping. */
static void hash_some(struct stage *stage)
{
    char bytes[CONTENT_LIMIT];
    size_t total = 0, length;
    while (stage->next < stage->count && total < TURN_LIMIT) {
        struct stage_file *file = &stage->files[stage->next];
        if (file->is_folder) {
            stage->next++;
            continue;
        }
        if (!open_next(stage) || !read_piece(stage, bytes, &length))
            return;
        checksum_add(&stage->checksum, bytes, length);
        total += length + 1024;
        if (length < CONTENT_LIMIT) {
            checksum_text(&stage->checksum, file->checksum);
            close_next(stage);
        }
    }
    struct text text;
    struct piece *piece = piece_new(stage, &piece_operations, "ping", &text);
    submit(stage, piece, &text);
}

static bool is_asked(const struct stage *stage, const struct stage_file *file)
{
    return !file->is_folder && !(stage->step == STEP_CHECK && file->is_there);
}

/* Asks for some files at once: lines as cksum(1) prints them. */
static void ask_some(struct stage *stage)
{
    struct text text, lines;
    struct piece *piece = piece_new(stage, &have_operations, "compare", &text);
    piece->asked = memory_new_array(ASKED_FILES, sizeof *piece->asked);
    text_init(&lines, CONTENT_LIMIT);
    for (; stage->next < stage->count && piece->asked_count < ASKED_FILES && lines.length < ASKED_BYTES;
         stage->next++) {
        const struct stage_file *file = &stage->files[stage->next];
        if (!is_asked(stage, file))
            continue;
        piece->asked[piece->asked_count++] = stage->next;
        size_t crc = strcspn(file->checksum, "-");
        text_append_format(&lines, "%.*s %s %s\n", (int)crc, file->checksum, file->checksum + crc + 1, file->target);
    }
    text_append(&text, stage->words.data, stage->words.length);
    agent_append_word(&text, stage->step == STEP_ASK ? "staged" : "uploaded");
    text_append_byte(&text, ' ');
    content_open(&text);
    content_append(&text, lines.data, lines.length);
    content_close(&text);
    text_release(&lines);
    submit(stage, piece, &text);
}

static void send_piece(struct stage *stage, const char *mode, const char *bytes, size_t length)
{
    struct text text;
    struct piece *piece = piece_new(stage, &piece_operations, "upload", &text);
    text_append(&text, stage->words.data, stage->words.length);
    agent_append_word(&text, stage->files[stage->next].target);
    agent_append_word(&text, mode);
    text_append_byte(&text, ' ');
    content_open(&text);
    content_append(&text, bytes, length);
    content_close(&text);
    submit(stage, piece, &text);
}

/* Sends the next piece of the file at hand; a file that ended with the piece before has none. */
static void send_some(struct stage *stage)
{
    const struct stage_file *file = &stage->files[stage->next];
    if (file->is_there || file->is_folder) {
        if (file->is_folder)
            send_piece(stage, "directory", "", 0);
        stage->next++;
        return;
    }
    bool is_first = stage->descriptor < 0;
    char bytes[CONTENT_LIMIT];
    size_t length;
    if (!open_next(stage) || !read_piece(stage, bytes, &length))
        return;
    if (is_first || length)
        send_piece(stage, !is_first ? "append" : file->is_executable ? "new-x" : "new", bytes, length);
    if (length < CONTENT_LIMIT)
        close_next(stage);
}

/* What the host has not got right, once all was sent and checked. */
static void judge(struct stage *stage)
{
    for (size_t i = 0; i < stage->count && stage->error.status == STATUS_OK; i++)
        if (!stage->files[i].is_folder && !stage->files[i].is_there)
            error_set(&stage->error, STATUS_PROTOCOL, "%s has changed while it was sent", stage->files[i].source);
}

/* A step begins when all answers of the one before are there. */
static void begin_step(struct stage *stage)
{
    bool all_there = true;
    for (size_t i = 0; i < stage->count; i++)
        all_there &= stage->files[i].is_folder || stage->files[i].is_there;
    stage->next = 0;
    stage->step++;
    if (stage->step == STEP_CHECK && all_there)
        stage->step = STEP_END;
    if (stage->step == STEP_END)
        judge(stage);
}

static void pump(struct stage *stage)
{
    while (stage->error.status == STATUS_OK && stage->step != STEP_END) {
        if (stage->next == stage->count && stage->in_flight)
            return;
        if (stage->next == stage->count) {
            begin_step(stage);
        } else if (stage->step == STEP_HASH) {
            if (stage->in_flight)
                return;
            hash_some(stage);
        } else if (stage->in_flight == WINDOW) {
            return;
        } else if (stage->step == STEP_SEND) {
            send_some(stage);
        } else {
            ask_some(stage);
        }
    }
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
