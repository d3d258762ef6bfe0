/* SPDX-License-Identifier: Apache-2.0 */
/* A log brought into a file here, piece by piece: to save it, or to look at it with a pager or an editor. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dagtop/base/memory.h"
#include "ui_private.h"

/* A pager gets at most the last LOOK_LIMIT bytes: nobody reads more, and a disk may be small. */
enum { FETCH_STEP = 1 << 20, LOOK_LIMIT = 64 << 20 };

struct log_fetch {
    struct ui *ui; /* NULL: the dashboard has ended */
    enum fetch_purpose purpose;
    char *path;
    int file;
    size_t node;
    unsigned attempt;
    char task[16]; /* of an array, or "" */
    char *source;  /* another file of the run directory; NULL: the log */
    int64_t offset, first;
    bool cut;
};

static void fetch_free(struct log_fetch *fetch)
{
    if (fetch->file >= 0)
        close(fetch->file);
    free(fetch->path);
    free(fetch->source);
    free(fetch);
}

static void looked(struct ui *ui, void *argument, int status)
{
    struct log_fetch *fetch = argument;
    (void)status;
    (void)ui;
    unlink(fetch->path);
    fetch_free(fetch);
}

static void finish(struct ui *ui, struct log_fetch *fetch)
{
    char words[400];
    ui->fetch = NULL;
    close(fetch->file);
    fetch->file = -1;
    if (fetch->purpose == FETCH_SAVE) {
        snprintf(
            words, sizeof words, "Saved %lld bytes to %.300s", (long long)(fetch->offset - fetch->first), fetch->path);
        ui_show_message(ui, false, words);
        fetch_free(fetch);
        return;
    }
    bool pager = fetch->purpose == FETCH_PAGER;
    char **arguments = handover_arguments(pager ? "PAGER" : "EDITOR", pager ? "less" : "vi", fetch->path);
    if (fetch->cut)
        ui_show_message(ui, false, "Only the last 64 MiB of the log were opened");
    handover_run(ui, arguments, looked, fetch);
    handover_free_arguments(arguments);
}

static void fail(struct ui *ui, struct log_fetch *fetch, const char *words)
{
    char message[400];
    snprintf(message, sizeof message, "The log could not be fetched: %.300s", words);
    ui->fetch = NULL;
    ui_show_message(ui, true, message);
    if (fetch->purpose != FETCH_SAVE)
        unlink(fetch->path);
    fetch_free(fetch);
}

static void next_piece(struct log_fetch *fetch);

static void piece_came(void *argument, const struct agent_log *log, const struct error *error)
{
    struct log_fetch *fetch = argument;
    struct ui *ui = fetch->ui;
    if (!ui) {
        fetch_free(fetch);
        return;
    }
    if (error->status) {
        fail(ui, fetch, error->message);
        return;
    }
    if (fetch->first < 0) {
        fetch->first = fetch->offset = log->offset;
        fetch->cut = log->offset > 0;
    }
    for (size_t done = 0; done < log->length;) {
        ssize_t written = write(fetch->file, log->bytes + done, log->length - done);
        if (written < 0) {
            fail(ui, fetch, strerror(errno));
            return;
        }
        done += (size_t)written;
    }
    fetch->offset += (int64_t)log->length;
    if (log->length == 0 || fetch->offset >= log->size)
        finish(ui, fetch);
    else
        next_piece(fetch);
}

static void next_piece(struct log_fetch *fetch)
{
    struct error error;
    char words[120];
    struct ui *ui = fetch->ui;
    int64_t from = fetch->first < 0 ? -LOOK_LIMIT : fetch->offset;
    if (fetch->offset - fetch->first >= 4 * FETCH_STEP) {
        snprintf(words, sizeof words, "Fetching the log: %lld MiB", (long long)(fetch->offset - fetch->first) >> 20);
        ui_show_message(ui, false, words);
    }
    struct engine *engine = ui->options.engine;
    const char *task = fetch->task[0] ? fetch->task : NULL;
    enum status status =
        fetch->source
            ? engine_read_file(engine, fetch->node, fetch->source, from, FETCH_STEP, piece_came, fetch, &error)
            : engine_read_log(engine, fetch->node, fetch->attempt, task, from, FETCH_STEP, piece_came, fetch, &error);
    if (status != STATUS_OK)
        fail(ui, fetch, error.message);
}

static int open_temporary(char **path)
{
    const char *folder = getenv("TMPDIR");
    *path = memory_format("%s/dagtop-log-XXXXXX", folder && folder[0] == '/' ? folder : "/tmp");
    return mkostemp(*path, O_CLOEXEC);
}

void log_fetch_start(struct ui *ui, enum fetch_purpose purpose, const char *path)
{
    bool is_there = ui->log.node < ui->rows.node_count && (ui->log.attempt > 0 || ui->log.file);
    if (!is_there || ui->fetch) {
        ui_show_message(ui, true, ui->fetch ? "A log is being fetched already" : "There is no log");
        return;
    }
    struct log_fetch *fetch = memory_new(sizeof *fetch);
    *fetch = (struct log_fetch){.ui = ui, .purpose = purpose, .node = ui->log.node, .attempt = ui->log.attempt};
    snprintf(fetch->task, sizeof fetch->task, "%s", ui->log.task);
    fetch->source = memory_copy_text(ui->log.file);
    fetch->first = purpose == FETCH_SAVE ? 0 : -1;
    if (purpose == FETCH_SAVE) {
        const char *home = getenv("HOME");
        bool at_home = path[0] == '~' && path[1] == '/' && home;
        fetch->path = at_home ? memory_format("%s%s", home, path + 1) : memory_copy_text(path);
        /* Never over a file that is there. */
        fetch->file = open(fetch->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    } else {
        fetch->file = open_temporary(&fetch->path);
    }
    if (fetch->file < 0) {
        char words[400];
        snprintf(words, sizeof words, "%.300s: %s", fetch->path, strerror(errno));
        ui_show_message(ui, true, words);
        fetch_free(fetch);
        return;
    }
    ui->fetch = fetch;
    next_piece(fetch);
}

void log_fetch_release(struct ui *ui)
{
    if (ui->fetch)
        ui->fetch->ui = NULL;
    ui->fetch = NULL;
}
