/* SPDX-License-Identifier: Apache-2.0 */
/* Starts: what runs is read from this machine, staged and launched, several nodes in one request. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_private.h"
#include "content.h"
#include "stage.h"

#include "dagtop/base/memory.h"
#include "dagtop/base/random.h"

/* Seconds between TERM and KILL when an attempt is cancelled or its time has run out. */
#define GRACE "10"

/* Milliseconds that one start of many may take on a slow host. */
enum { LIMIT_START = 100 };

struct start_row {
    size_t node;
    unsigned attempt;
    char *name;
    char *refusal;               /* why it was not sent, or NULL */
    struct staged_start *staged; /* what waits for its files, until they are on their way; or NULL */
    bool answered;               /* or somebody else will */
};

/* Several starts in one request. */
struct start_batch {
    struct request request;
    struct start_row *rows;
    size_t count;
    unsigned jobs;  /* how many may run on the host then; 0: no limit */
    bool is_broken; /* the host has told that it could not go on */
    agent_start_function *answered;
    void *argument;
};

/* A start whose files are on their way. */
struct staged_start {
    struct agent *agent;
    struct stage *stage;
    struct text add, place; /* the words of its start, to be sent when they have arrived */
    struct start_row row;
    agent_start_function *answered;
    void *argument;
};

static void answer(struct start_batch *batch, struct start_row *row, const struct error *error)
{
    row->answered = true;
    batch->answered(batch->argument, row->node, row->attempt, error);
}

static void start_record(struct request *request, const char *key, const char *field, const char *value)
{
    struct start_batch *batch = (struct start_batch *)request;
    struct start_row *row = NULL;
    batch->is_broken |= strcmp(field, "broken") == 0;
    for (size_t i = 0; i < batch->count && !row; i++)
        if (!batch->rows[i].answered && !batch->rows[i].refusal && strcmp(batch->rows[i].name, key) == 0)
            row = &batch->rows[i];
    if (!row || strcmp(field, "start") != 0)
        return;
    struct error error = {.status = STATUS_OK};
    if (strncmp(value, "started", 7) != 0) {
        char *refusal = agent_refusal(value);
        error_set(&error, strncmp(value, "later ", 6) == 0 ? STATUS_BUSY : STATUS_REFUSED, "%s", refusal);
        free(refusal);
    }
    answer(batch, row, &error);
}

/* Tells of those of which the host has said nothing. */
static void start_finish(struct request *request, const struct error *result)
{
    struct start_batch *batch = (struct start_batch *)request;
    bool ends_with_agent = agent_is_freed(request->agent);
    for (size_t i = 0; i < batch->count && agent_is_freed(request->agent) == ends_with_agent; i++) {
        struct start_row *row = &batch->rows[i];
        struct error error = *result;
        if (row->refusal)
            error_set(&error, STATUS_REFUSED, "%s", row->refusal);
        else if (result->status == STATUS_OK || batch->is_broken)
            error_set(&error, STATUS_PROTOCOL, "the host has not answered this start");
        if (!row->answered)
            answer(batch, row, &error);
    }
}

static void free_staged(struct staged_start *staged)
{
    text_release(&staged->add);
    text_release(&staged->place);
    free(staged->row.name);
    free(staged);
}

static void start_release(struct request *request)
{
    struct start_batch *batch = (struct start_batch *)request;
    for (size_t i = 0; i < batch->count; i++) {
        free(batch->rows[i].name);
        free(batch->rows[i].refusal);
        if (batch->rows[i].staged) {
            stage_free(batch->rows[i].staged->stage);
            free_staged(batch->rows[i].staged);
        }
    }
    free(batch->rows);
}

static const struct request_operations start_operations = {
    .record = start_record, .finish = start_finish, .release = start_release};

static struct start_batch *batch_new(size_t count, agent_start_function *answered, void *argument)
{
    struct start_batch *batch = memory_new(sizeof *batch);
    batch->request.operations = &start_operations;
    batch->rows = memory_new_array(count, sizeof *batch->rows);
    batch->count = count;
    batch->answered = answered;
    batch->argument = argument;
    return batch;
}

/* Sends the queued starts. text holds them; place its words. */
static enum status batch_submit(
    struct agent *agent, struct start_batch *batch, struct text *text, const char *place, struct error *error)
{
    agent_append_request(agent, text, "start");
    text_append_string(text, place);
    return agent_submit(agent, &batch->request, text, LIMIT_LONG + (int64_t)batch->count * LIMIT_START, error);
}

static bool has_control(const char *text)
{
    return text && text[strcspn(text, "\n\r")];
}

static bool is_variable(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return *name && (*name < '0' || *name > '9') && !name[strspn(name, letters)];
}

static const char *script_name(const struct node *node)
{
    const char *slash = strrchr(node->script_path, '/');
    return slash ? slash + 1 : node->script_path;
}

/* What can be seen from here that a start would fail for. */
static enum status check_start(const struct node *node, const struct agent_start *start, struct error *error)
{
    if (node->work != NODE_WORK_SCRIPT && node->work != NODE_WORK_COMMAND)
        return error_set(error, STATUS_REFUSED, "there is nothing to run");
    if (node->work == NODE_WORK_SCRIPT && (!node->script_path || strchr("-.", *script_name(node))))
        return error_set(error, STATUS_REFUSED, "the script's name is not one that can be staged");
    if (has_control(node->directory) || has_control(node->venv) || has_control(node->logfile))
        return error_set(error, STATUS_REFUSED, "a path holds a line break");
    if (has_control(start->prologue))
        return error_set(error, STATUS_REFUSED, "prologue holds a line break");
    for (size_t i = 0; i < node->env.count; i++) {
        if (!is_variable(node->env.items[i].key))
            return error_set(error, STATUS_REFUSED, "env: %s is no name of a variable", node->env.items[i].key);
        if (has_control(node->env.items[i].value))
            return error_set(error, STATUS_REFUSED, "env: %s holds a line break", node->env.items[i].key);
    }
    return STATUS_OK;
}

/* A command of several lines becomes one that prints and evaluates them: the request has one line for each value. */
static void append_command(struct text *text, const char *command)
{
    struct text line;
    if (!has_control(command)) {
        content_append_line(text, "command", command);
        return;
    }
    text_init(&line, 0);
    text_append_string(&line, "eval \"$(printf %b '");
    for (const char *byte = command; *byte; byte++) {
        const char *written = *byte == '\\' ? "\\\\" : *byte == '\n' ? "\\n" : *byte == '\r' ? "\\r" : NULL;
        if (*byte == '\'')
            written = "'\\''";
        text_append(&line, written ? written : byte, written ? strlen(written) : 1);
    }
    text_append_string(&line, "')\"");
    content_append_line(text, "command", line.data);
    text_release(&line);
}

static void append_environment(struct text *text, const struct attributes *environment)
{
    for (size_t i = 0; i < environment->count; i++) {
        char *name = memory_format("env%zu", i + 1);
        char *value = memory_format("%s=%s", environment->items[i].key, environment->items[i].value);
        content_append_line(text, name, value);
        free(name);
        free(value);
    }
}

/* The content `request` of docs/agent.md 5. */
static void append_start_request(
    struct text *text, const struct agent_place *place, const struct node *node, const struct agent_start *start)
{
    char nonce[RANDOM_TOKEN_LENGTH + 16];
    char *folder = memory_format("%s/%s/%s", agent_base(place), place->workflow, node->name);
    if (start->nonce)
        snprintf(nonce, sizeof nonce, "%s", start->nonce);
    else
        random_token(nonce);
    const struct {
        const char *name, *value;
        bool is_path;
    } lines[] = {
        {"nonce", nonce, false},
        {"kind", node_kind_word(node->kind), false},
        {"checksum", start->checksum, false},
        {"prologue", start->prologue, false},
        {"parents", start->parents, false},
        {"who", start->who, false},
        {"host", start->from, false},
        {"gpus", start->gpus, false},
        {"tasks", start->tasks, false},
        {"unfinished", start->unfinished, false},
        {"handover", start->handed_over ? "yes" : NULL, false},
        {"requeued", start->requeues, false},
        {"grace", GRACE, false},
        {"facts", node->sweep.count ? "yes" : NULL, false},
        {"script", node->work == NODE_WORK_SCRIPT ? script_name(node) : NULL, false},
        {"directory", node->directory, true},
        {"venv", node->venv, true},
        {"logfile", node->logfile, true},
    };
    content_open(text);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (lines[i].value && lines[i].is_path)
            content_append_path_line(text, lines[i].name, folder, lines[i].value);
        else if (lines[i].value)
            content_append_line(text, lines[i].name, lines[i].value);
    }
    if (node->timeout > 0) {
        char *seconds = memory_format("%lld", (long long)((node->timeout + 999) / 1000));
        content_append_line(text, "timeout", seconds);
        free(seconds);
    }
    if (node->work == NODE_WORK_COMMAND)
        append_command(text, node->exec);
    append_environment(text, &node->env);
    content_close(text);
    free(folder);
}

/* Appends the line that queues a start. script: its text, empty where it is uploaded or there is none. */
static void append_add(struct text *text, const struct agent_place *place, const struct node *node,
    const struct agent_start *start, const struct text *script)
{
    text_append_string(text, "dagtop_add");
    agent_append_word(text, node->name);
    text_append_format(text, " %u ", start->attempt);
    append_start_request(text, place, node, start);
    agent_append_word(text, node->work == NODE_WORK_SCRIPT ? script_name(node) : "");
    text_append_byte(text, ' ');
    content_open(text);
    content_append(text, script->data, script->length);
    content_close(text);
    if (start->system) {
        agent_append_word(text, start->system);
        text_append_byte(text, ' ');
        content_open(text);
        content_append(text, start->submit, strlen(start->submit));
        content_close(text);
    }
    text_append_byte(text, '\n');
}

/* Adds one of a node's `files` to what is uploaded: by its path behind "/./" where it has one (as rsync --relative), by
 * its name where it lies above or outside the workflow's folder. */
static enum status stage_one(
    struct stage *stage, const struct workflow *workflow, const char *file, struct error *error)
{
    char *trimmed = memory_copy_text(file);
    size_t length = strlen(trimmed);
    while (length > 1 && trimmed[length - 1] == '/')
        trimmed[--length] = '\0';
    const char *home = getenv("HOME");
    char *source = *trimmed == '/'                          ? memory_copy_text(trimmed)
                   : strncmp(trimmed, "~/", 2) == 0 && home ? memory_format("%s%s", home, trimmed + 1)
                                                            : memory_format("%s/%s", workflow->folder, trimmed);
    const char *target = strncmp(trimmed, "./", 2) == 0 ? trimmed + 2 : trimmed;
    if (strchr("/~", *trimmed) || strncmp(target, "../", 3) == 0 || strstr(target, "/../"))
        target = strrchr(trimmed, '/') + 1;
    const char *marker = strstr(trimmed, "/./");
    if (marker)
        target = marker + 3;
    enum status status = stage_add(stage, source, target, error);
    free(source);
    free(trimmed);
    return status;
}

/* What is to be uploaded for a node; *stage is NULL where nothing is. */
static enum status stage_node(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const struct node *node, bool with_script, struct stage **stage, struct error *error)
{
    enum status status = STATUS_OK;
    *stage = node->file_count || with_script ? stage_new(agent, place, node) : NULL;
    if (with_script)
        status = stage_add(*stage, node->script_path, script_name(node), error);
    for (size_t i = 0; i < node->file_count && status == STATUS_OK; i++)
        status = stage_one(*stage, workflow, node->files[i], error);
    if (status != STATUS_OK) {
        stage_free(*stage);
        *stage = NULL;
    }
    return status;
}

/* The files are there, or not. */
static void staged_done(void *argument, const struct error *result)
{
    struct staged_start *staged = argument;
    struct error error = *result;
    if (error.status == STATUS_OK) {
        struct start_batch *batch = batch_new(1, staged->answered, staged->argument);
        batch->rows[0] = staged->row;
        batch->rows[0].name = memory_copy_text(staged->row.name);
        error.status = batch_submit(staged->agent, batch, &staged->add, staged->place.data, &error);
    }
    if (error.status != STATUS_OK)
        staged->answered(staged->argument, staged->row.node, staged->row.attempt, &error);
    free_staged(staged);
}

/* Appends the words of dagtop_start. */
static void append_place(
    struct text *text, const struct agent_place *place, unsigned jobs, const struct agent_array *array)
{
    agent_append_place(text, place);
    text_append_format(text, " %u", jobs);
    if (!array)
        return;
    agent_append_word(text, array->nonce);
    text_append_byte(text, ' ');
    content_open(text);
    content_append(text, array->submit, strlen(array->submit));
    content_close(text);
}

/* A start that waits for its files; takes the stage and the text of its add. */
static struct staged_start *new_staged(struct agent *agent, const struct agent_place *place, struct start_batch *batch,
    const struct start_row *row, const struct agent_array *array, struct stage *stage, struct text *add)
{
    struct staged_start *staged = memory_new(sizeof *staged);
    staged->agent = agent;
    staged->stage = stage;
    staged->row = (struct start_row){.node = row->node, .attempt = row->attempt, .name = memory_copy_text(row->name)};
    staged->answered = batch->answered;
    staged->argument = batch->argument;
    staged->add = *add;
    agent_text_init(add);
    text_init(&staged->place, 0);
    append_place(&staged->place, place, batch->jobs, array);
    return staged;
}

/* Prepares one start: into text, or as a start that waits for its files. */
static enum status prepare(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const struct agent_start *start, struct start_batch *batch, struct start_row *row, struct text *text,
    struct error *error)
{
    const struct node *node = &workflow->nodes[start->node];
    struct text script, add;
    struct stage *stage = NULL;
    agent_text_init(&add);
    text_init(&script, CONTENT_LIMIT);
    enum status status = check_start(node, start, error);
    if (status == STATUS_OK && node->work == NODE_WORK_SCRIPT)
        status = text_read_file(&script, node->script_path, error);
    bool is_uploaded = status == STATUS_TOO_LARGE || (node->work == NODE_WORK_SCRIPT && script.length == 0);
    if (is_uploaded)
        text_clear(&script);
    if (status == STATUS_OK || status == STATUS_TOO_LARGE)
        status = stage_node(agent, place, workflow, node, is_uploaded, &stage, error);
    if (status == STATUS_OK && stage && stage_append_small(stage, text)) {
        stage_free(stage);
        stage = NULL;
    }
    if (status == STATUS_OK)
        append_add(stage ? &add : text, place, node, start, &script);
    if (stage)
        row->staged = new_staged(agent, place, batch, row, start->array, stage, &add);
    text_release(&script);
    text_release(&add);
    return status;
}

/* Begins the uploads; each of these starts answers for itself from then on. */
static void begin_staged(struct start_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct start_row *row = &batch->rows[i];
        struct error error;
        if (!row->staged)
            continue;
        bool begun = stage_begin(row->staged->stage, staged_done, row->staged, &error) == STATUS_OK;
        row->answered = begun;
        if (!begun) {
            row->refusal = memory_copy_text(error.message);
            stage_free(row->staged->stage);
            free_staged(row->staged);
        }
        row->staged = NULL;
    }
}

/* The texts of all starts that can go now, and uploads for the others. */
static void prepare_all(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const struct agent_start *starts, struct start_batch *batch, struct text *text)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct start_row *row = &batch->rows[i];
        struct error refusal;
        row->node = starts[i].node;
        row->attempt = starts[i].attempt;
        row->name = memory_copy_text(workflow->nodes[starts[i].node].name);
        if (prepare(agent, place, workflow, &starts[i], batch, row, text, &refusal) != STATUS_OK)
            row->refusal = memory_copy_text(refusal.message);
    }
}

enum status agent_start(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const struct agent_start *starts, size_t count, unsigned jobs, agent_start_function *answered, void *argument,
    struct error *error)
{
    struct start_batch *batch = batch_new(count, answered, argument);
    const struct agent_array *array = count > 0 ? starts[0].array : NULL;
    batch->jobs = jobs;
    struct text text, words;
    agent_text_init(&text);
    text_init(&words, 0);
    append_place(&words, place, jobs, array);
    prepare_all(agent, place, workflow, starts, batch, &text);
    enum status status = batch_submit(agent, batch, &text, words.data, error);
    if (status == STATUS_OK)
        begin_staged(batch);
    text_release(&words);
    return status;
}

enum status agent_submit_array(struct agent *agent, const struct agent_place *place, const struct agent_array *array,
    size_t count, agent_done_function *done, void *argument, struct error *error)
{
    struct text text;
    agent_text_init(&text);
    agent_append_request(agent, &text, "submit");
    agent_append_place(&text, place);
    agent_append_word(&text, array->nonce);
    agent_append_word(&text, array->system);
    text_append_format(&text, " %zu", count);
    return agent_submit_action(agent, &text, done, argument, error);
}
