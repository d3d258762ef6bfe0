/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The workflow's file may change while it is shown: that is seen, said, and taken in when a person asks for it. Threads
 * touch the file, since it may lie on a disk that does not answer.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dagtop/base/memory.h"
#include "dagtop/load/workflow_file.h"
#include "ui_private.h"

enum { LOOK_TICKS = 3, SETTLE_STEP = 20, WINDOW_STEP = 200, SETTLE_PATIENCE = 10000, NAMES_SHOWN = 20 };

/* A file whose identity is the same has the same bytes; replaced by a new one, it has another. */
struct file_identity {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
};

/* What a thread finds out. */
struct reload_job {
    struct ui *ui; /* only for the loop's thread */
    char *path;
    bool reads;                    /* the whole workflow; else only whether the file is another */
    struct file_identity identity; /* as last seen; then as it is now */
    struct settings settings;      /* the part that reading needs */
    bool is_gone;
    char *checksum; /* NULL: it was not looked into */
    struct workflow *workflow;
    struct error_list errors;
};

struct reload {
    struct loop_work *work;
    struct reload_job *job; /* it belongs to work */
    struct loop_timer *timer;
    struct file_identity identity;
    enum { FILE_SAME, FILE_CHANGED, FILE_GONE } state;
    unsigned fault;        /* line of the file's first mistake, 0: none is known */
    bool away;             /* nobody looks at the screen */
    unsigned ticks;        /* since the last look */
    struct workflow *next; /* waits for an answer, or for hosts to answer; NULL: nothing does */
    bool adopt, settling;
    int64_t patience; /* that is left of settling */
};

static void job_free(void *argument)
{
    struct reload_job *job = argument;
    attributes_release(&job->settings.defaults);
    error_list_release(&job->errors);
    workflow_free(job->workflow);
    free(job->checksum);
    free(job->path);
    free(job);
}

static bool identities_equal(const struct file_identity *one, const struct file_identity *other)
{
    return one->device == other->device && one->inode == other->inode && one->size == other->size &&
           one->modified.tv_sec == other->modified.tv_sec && one->modified.tv_nsec == other->modified.tv_nsec;
}

static void job_run(void *argument)
{
    struct reload_job *job = argument;
    struct error error;
    struct stat status;
    struct file_identity before = job->identity;
    bool is_there = stat(job->path, &status) == 0;
    job->is_gone = !is_there && (errno == ENOENT || errno == ENOTDIR);
    if (is_there)
        job->identity = (struct file_identity){status.st_dev, status.st_ino, status.st_size, status.st_mtim};
    if (job->reads) {
        enum status result = workflow_file_load(job->path, &job->settings, &job->workflow, &job->errors, NULL);
        if (result != STATUS_OK && job->errors.count == 0)
            error_list_add(&job->errors, result, job->path, 0, 0, "it cannot be read");
    } else if (!job->is_gone && !identities_equal(&before, &job->identity)) {
        job->checksum = workflow_file_sum(job->path, &error);
    }
}

static void say_fault(struct ui *ui, const struct error_list *errors)
{
    const struct error *error = &errors->errors[0];
    char words[480], place[30] = "", more[40] = "";
    const char *slash = strrchr(error->file, '/');
    if (error->line)
        snprintf(place, sizeof place, ":%u:%u", error->line, error->column);
    if (errors->count + errors->overflow > 1)
        snprintf(more, sizeof more, " (and %u more)", errors->count + errors->overflow - 1);
    snprintf(words, sizeof words, "Not read anew: %.100s%s: %.280s%s", slash ? slash + 1 : error->file, place,
        error->message, more);
    ui_show_message(ui, true, words);
}

static size_t count_missing(const struct workflow *from, const struct workflow *in)
{
    size_t count = 0;
    for (size_t i = 0; i < from->node_count; i++)
        count += !workflow_find(in, from->nodes[i].name, NULL);
    return count;
}

/* Nodes that live and that the file names no more: they are shown nowhere from now on. */
static size_t count_left_alone(const struct ui *ui, const struct workflow *next, const char **name)
{
    const struct workflow *workflow = ui->snapshot->workflow;
    size_t count = 0;
    for (size_t i = 0; i < workflow->node_count; i++) {
        if (!state_is_live(ui->snapshot->views[i].state) || workflow_find(next, workflow->nodes[i].name, NULL))
            continue;
        *name = workflow->nodes[i].name;
        count++;
    }
    return count;
}

static void append_count(struct text *text, size_t count, const char *what)
{
    if (count == 0)
        text_append_format(text, "no node is %s", what);
    else
        text_append_format(text, "%zu node%s %s", count, count == 1 ? " is" : "s are", what);
}

static void append_summary(const struct ui *ui, const struct workflow *next, struct text *text)
{
    const char *name = "";
    size_t left = count_left_alone(ui, next, &name);
    append_count(text, count_missing(next, ui->snapshot->workflow), "new");
    text_append_string(text, ", ");
    append_count(text, count_missing(ui->snapshot->workflow, next), "gone");
    if (left == 1)
        text_append_format(text, "; the run of %s goes on, not shown", name);
    else if (left > 1)
        text_append_format(text, "; %zu runs of those go on, not shown", left);
}

static void forget_next(struct reload *reload)
{
    workflow_free(reload->next);
    reload->next = NULL;
    reload->adopt = reload->settling = false;
}

static void apply(struct ui *ui)
{
    struct reload *reload = ui->reload;
    struct workflow *next = reload->next;
    struct text words;
    const char *name = "";
    ui->snapshot = engine_snapshot(ui->options.engine);
    bool adopt = reload->adopt, warns = count_left_alone(ui, next, &name) > 0;
    text_init(&words, 480);
    text_append_string(&words, "Read anew: ");
    append_summary(ui, next, &words);
    reload->next = NULL;
    forget_next(reload);
    reload->state = FILE_SAME;
    reload->identity = (struct file_identity){0};
    ui->options.renew(ui->options.argument, next, adopt);
    ui_record(ui, "the workflow's file was read anew");
    ui_show_message(ui, warns, words.data);
    text_release(&words);
}

/* Something is open that is about nodes as they are now. */
static bool is_in_use(const struct ui *ui)
{
    return ui->handover || ui->layer_count > 0 || ui->prompt.open || ui->fetch || ui->executions;
}

/* Names that one workflow has and the other has not. */
static void add_names(struct layer *layer, const char *label, const struct workflow *from, const struct workflow *in)
{
    size_t shown = 0, count = count_missing(from, in);
    for (size_t i = 0; i < from->node_count && shown < NAMES_SHOWN; i++) {
        if (!workflow_find(in, from->nodes[i].name, NULL))
            layer_add(layer, shown++ == 0 ? label : "", STYLE_DIM, from->nodes[i].name, STYLE_TEXT);
    }
    if (count > shown)
        layer_add_format(layer, "", "and %zu more", count - shown);
}

static void ask(struct ui *ui)
{
    const struct workflow *next = ui->reload->next, *workflow = ui->snapshot->workflow;
    bool drives = ui->snapshot->driver == DRIVER_SELF;
    struct layer *layer =
        layer_new(LAYER_RELOAD, drives ? "Drive on with the changed file?" : "Read the changed file anew?");
    struct text words;
    text_init(&words, 0);
    append_summary(ui, next, &words);
    layer_add(layer, NULL, STYLE_TEXT, words.data, STYLE_TEXT);
    text_release(&words);
    layer_add(layer, NULL, STYLE_TEXT,
        drives ? "This set of nodes takes the workflow's name over, as with --adopt, and what is ready starts."
               : "This set of nodes takes the workflow's name over, as with --adopt; nothing starts by itself.",
        STYLE_TEXT);
    add_names(layer, "new", next, workflow);
    add_names(layer, "gone", workflow, next);
    layer->hint = "y yes  n no";
    ui_open_layer(ui, layer);
}

static void give_up(struct ui *ui, const char *why)
{
    char words[480];
    engine_settle(ui->options.engine, false);
    forget_next(ui->reload);
    snprintf(words, sizeof words, "Not read anew: %.400s", why);
    ui_show_message(ui, true, words);
}

static void wait_on(struct ui *ui, int64_t milliseconds)
{
    struct reload *reload = ui->reload;
    if (reload->timer)
        loop_timer_start(reload->timer, milliseconds, 0);
    else
        give_up(ui, "something is open that is about the nodes as they are now");
}

/* A driver goes on while a window is open; whether the file may be taken is looked at in the very turn that takes it.
 */
static void settle(void *argument)
{
    struct ui *ui = argument;
    struct reload *reload = ui->reload;
    struct error error;
    bool adopts;
    if (is_in_use(ui)) {
        engine_settle(ui->options.engine, false);
        wait_on(ui, WINDOW_STEP);
    } else if (engine_check_successor(ui->options.engine, reload->next, &adopts, &error) != STATUS_OK) {
        give_up(ui, error.message);
    } else if (adopts && !reload->adopt) {
        engine_settle(ui->options.engine, false);
        reload->settling = false;
        ask(ui);
    } else if (engine_settle(ui->options.engine, true)) {
        apply(ui);
    } else if ((reload->patience -= SETTLE_STEP) > 0) {
        ui_show_message(ui, false, "Reading anew\u2026");
        wait_on(ui, SETTLE_STEP);
    } else {
        give_up(ui, "something that was asked of a host is not answered yet");
    }
}

static void begin_settling(struct ui *ui)
{
    ui->reload->settling = true;
    ui->reload->patience = SETTLE_PATIENCE;
    settle(ui);
}

void reload_answer(struct ui *ui, bool yes)
{
    struct reload *reload = ui->reload;
    if (!yes || !reload->next) {
        forget_next(reload);
        return;
    }
    reload->adopt = true;
    begin_settling(ui);
}

static bool is_known(const struct ui *ui, const char *checksum)
{
    const char *known = ui->snapshot->workflow->checksum;
    return known && checksum && strcmp(checksum, known) == 0;
}

/* What a look or a reading has found. */
static void take(struct ui *ui, struct reload_job *job)
{
    struct reload *reload = ui->reload;
    reload->identity = job->is_gone ? (struct file_identity){0} : job->identity;
    if (job->is_gone)
        reload->state = FILE_GONE;
    else if (job->checksum)
        reload->state = is_known(ui, job->checksum) ? FILE_SAME : FILE_CHANGED;
    if (!job->reads) {
        reload->fault = job->checksum ? 0 : reload->fault;
        return;
    }
    if (job->workflow) {
        forget_next(reload);
        reload->next = job->workflow;
        job->workflow = NULL;
        reload->fault = 0;
        reload->state = is_known(ui, reload->next->checksum) ? FILE_SAME : FILE_CHANGED;
        begin_settling(ui);
    } else if (!job->is_gone) {
        reload->fault = job->errors.errors[0].line;
        reload->state = reload->fault ? FILE_CHANGED : reload->state;
        say_fault(ui, &job->errors);
    } else {
        ui_show_message(ui, true, "The workflow's file is gone; what it said stays");
    }
}

static void job_done(void *argument)
{
    struct reload_job *job = argument;
    struct ui *ui = job->ui;
    struct reload *reload = ui->reload;
    take(ui, job);
    reload->job = NULL;
    loop_work_free(reload->work);
    reload->work = NULL;
    ui_mark_dirty(ui);
}

static struct reload_job *job_new(struct ui *ui, bool reads)
{
    struct reload_job *job = memory_new(sizeof *job);
    const struct settings *settings = ui->options.settings;
    job->ui = ui;
    job->reads = reads;
    job->path = memory_copy_text(ui->snapshot->workflow->file);
    job->identity = ui->reload->identity;
    error_list_init(&job->errors);
    for (size_t i = 0; reads && settings && i < settings->defaults.count; i++) {
        const struct attribute *item = &settings->defaults.items[i];
        attributes_set_at(&job->settings.defaults, item->key, item->value, item->line, item->column);
    }
    return job;
}

/* One thread at a time: where a disk hangs, none follows. A reading goes before a look. */
static void start(struct ui *ui, bool reads)
{
    struct reload *reload = ui->reload;
    if (reload->job && (!reads || reload->job->reads))
        return;
    loop_work_free(reload->work);
    struct reload_job *job = reload->job = job_new(ui, reads);
    reload->work = NULL;
    if (ui->options.loop &&
        loop_work_new(ui->options.loop, job_run, job_done, job_free, job, &reload->work, NULL) == STATUS_OK)
        return;
    reload->job = NULL;
    if (ui->options.loop) {
        ui_show_message(ui, true, "The file cannot be looked at: there is no thread for it");
        return;
    }
    job_run(job);
    take(ui, job);
    job_free(job);
}

static bool is_offered(const struct ui *ui)
{
    return ui->options.renew && ui->snapshot->workflow->file;
}

void reload_init(struct ui *ui)
{
    ui->reload = memory_new(sizeof *ui->reload);
    if (ui->options.loop)
        ui->reload->timer = loop_timer_new(ui->options.loop, settle, ui);
}

void reload_release(struct ui *ui)
{
    struct reload *reload = ui->reload;
    if (reload->settling)
        engine_settle(ui->options.engine, false);
    loop_work_free(reload->work);
    loop_timer_free(reload->timer);
    workflow_free(reload->next);
    free(reload);
    ui->reload = NULL;
}

void reload_look(struct ui *ui)
{
    ui->reload->ticks = 0;
    if (is_offered(ui) && !ui->reload->next)
        start(ui, false);
}

void reload_tick(struct ui *ui)
{
    if (!ui->reload->away && ++ui->reload->ticks >= LOOK_TICKS)
        reload_look(ui);
}

void reload_focus(struct ui *ui, bool away)
{
    bool comes_back = ui->reload->away && !away;
    ui->reload->away = away;
    if (comes_back)
        reload_look(ui);
}

void reload_ask(struct ui *ui)
{
    if (!is_offered(ui))
        ui_show_message(ui, false, "There is no file to read anew here");
    else if (ui->reload->settling)
        ui_show_message(ui, false, "Reading anew\u2026");
    else if (ui->reload->job && ui->reload->job->reads)
        ui_show_message(ui, false, "Still reading the file\u2026");
    else
        start(ui, true);
}

bool reload_is_busy(const struct ui *ui)
{
    return ui->reload->job || ui->reload->settling;
}

bool reload_append_note(const struct ui *ui, struct text *text)
{
    const struct reload *reload = ui->reload;
    if (reload->state == FILE_GONE)
        text_append_string(text, "its file is gone");
    else if (reload->state == FILE_CHANGED && reload->fault > 0)
        text_append_format(text, "file changed, broken in line %u", reload->fault);
    else if (reload->state == FILE_CHANGED)
        text_append_string(text, "file changed, U reads it anew");
    return reload->state != FILE_SAME;
}
