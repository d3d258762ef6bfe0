/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_engine.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "dagtop/model/graph.h"

struct fake_log {
    char *bytes;
    size_t length;
};

struct fake_file {
    size_t node;
    struct agent_file file;
    char *bytes;
};

struct log_question {
    size_t node;
    char *path; /* of another file, or of the directory that is to be listed; NULL: the log */
    agent_files_function *listed;
    int64_t offset;
    size_t maximum;
    agent_log_function *answered;
    void *argument;
};

struct done_question {
    agent_done_function *done;
    void *argument;
};

struct engine {
    struct workflow *workflow;
    const wall_time *now;
    struct observation *observations;
    struct node_view *views;
    struct fake_log *logs;
    struct snapshot snapshot;
    struct log_question *questions;
    size_t question_count, question_capacity;
    struct done_question *dones;
    size_t done_count, done_capacity;
    struct text journal, told;
    bool driving;
    struct host_view *hosts;
    struct fake_file *files;
    size_t file_count, file_capacity;
};

struct engine *fake_engine_new(struct workflow *workflow, const wall_time *now)
{
    struct engine *engine = memory_new(sizeof *engine);
    size_t count = workflow->node_count;
    engine->workflow = workflow;
    engine->now = now;
    engine->observations = memory_new_array(count + 1, sizeof *engine->observations);
    engine->views = memory_new_array(count + 1, sizeof *engine->views);
    engine->logs = memory_new_array(count + 1, sizeof *engine->logs);
    text_init(&engine->journal, 0);
    text_init(&engine->told, 0);
    for (size_t i = 0; i < count; i++) {
        observation_init(&engine->observations[i]);
        engine->observations[i].known = true;
        engine->observations[i].observed = *now - 2000;
        engine->observations[i].log_size = -1;
        node_view_init(&engine->views[i]);
    }
    fake_engine_update(engine);
    return engine;
}

void engine_free(struct engine *engine)
{
    while (fake_engine_pump(engine))
        continue;
    for (size_t i = 0; i < engine->workflow->node_count; i++) {
        observation_release(&engine->observations[i]);
        node_view_release(&engine->views[i]);
        free(engine->logs[i].bytes);
    }
    free(engine->observations);
    free(engine->views);
    free(engine->logs);
    free(engine->questions);
    for (size_t i = 0; i < engine->file_count; i++) {
        free((char *)engine->files[i].file.path);
        free((char *)engine->files[i].file.target);
        free(engine->files[i].bytes);
    }
    free(engine->files);
    free(engine->dones);
    free(engine->hosts);
    text_release(&engine->journal);
    text_release(&engine->told);
    workflow_free(engine->workflow);
    free(engine);
}

struct observation *fake_engine_observation(struct engine *engine, const char *node)
{
    size_t index;
    if (!workflow_find(engine->workflow, node, &index))
        broken("the scene has no node %s", node);
    return &engine->observations[index];
}

struct snapshot *fake_engine_snapshot(struct engine *engine)
{
    return &engine->snapshot;
}

static void take_times(struct snapshot *snapshot, const struct node_view *view)
{
    if (view->started && (!snapshot->first_start || view->started < snapshot->first_start))
        snapshot->first_start = view->started;
    if (view->ended > snapshot->last_end)
        snapshot->last_end = view->ended;
    if (state_is_live(view->state) && (!snapshot->oldest_live || view->observed < snapshot->oldest_live))
        snapshot->oldest_live = view->observed;
}

void fake_engine_update(struct engine *engine)
{
    struct snapshot *snapshot = &engine->snapshot;
    size_t count = engine->workflow->node_count;
    struct derive_options options = {.now = *engine->now, .stale_after = 30000, .driving = engine->driving};
    derive_views(engine->workflow, engine->observations, NULL, &options, engine->views);
    snapshot->workflow = engine->workflow;
    snapshot->views = engine->views;
    snapshot->observations = engine->observations;
    snapshot->complete = true;
    snapshot->now = *engine->now;
    snapshot->driver = engine->driving ? DRIVER_SELF : DRIVER_NONE;
    snapshot->first_start = snapshot->last_end = snapshot->oldest_live = 0;
    snapshot->stale = snapshot->blocked = 0;
    double progress = 0;
    for (size_t i = 0; i < count; i++) {
        const struct node_view *view = &engine->views[i];
        take_times(snapshot, view);
        snapshot->stale += view->stale;
        snapshot->blocked += view->blocked_by_count > 0;
        progress += state_lets_children_start(view->state) ? 100 : view->progress > 0 ? view->progress : 0;
    }
    derive_counts(engine->views, count, snapshot->counts);
    snapshot->progress = count > 0 ? progress / (double)count : 100;
    snapshot->state = derive_workflow_state(engine->views, count, engine->driving);
    snapshot->end = snapshot->state == WORKFLOW_DONE || snapshot->state == WORKFLOW_FAILED ? snapshot->last_end : 0;
    snapshot->revision++;
}

void fake_engine_set_log(struct engine *engine, const char *node, const char *bytes, size_t length)
{
    size_t index = (size_t)(fake_engine_observation(engine, node) - engine->observations);
    free(engine->logs[index].bytes);
    engine->logs[index] = (struct fake_log){memory_copy_span(bytes, length), length};
    engine->observations[index].log_size = (int64_t)length;
}

void fake_engine_add_file(struct engine *engine, const char *node, const struct agent_file *file, const char *bytes)
{
    memory_grow(&engine->files, &engine->file_capacity, engine->file_count + 1, sizeof *engine->files);
    struct fake_file *added = &engine->files[engine->file_count++];
    *added = (struct fake_file){.file = *file, .bytes = memory_copy_text(bytes)};
    added->node = (size_t)(fake_engine_observation(engine, node) - engine->observations);
    added->file.path = memory_copy_text(file->path);
    added->file.target = memory_copy_text(file->target);
    if (bytes)
        added->file.size = (int64_t)strlen(bytes);
}

static bool is_in_directory(const char *path, const char *directory)
{
    size_t length = strlen(directory);
    if (length == 0 && strncmp(path, ".dagtop/", 8) == 0)
        return true;
    if (strncmp(path, directory, length) != 0 || (length > 0 && path[length] != '/'))
        return false;
    return strchr(path + length + (length > 0), '/') == NULL;
}

static void answer_listing(struct engine *engine, const struct log_question *question)
{
    struct agent_file *files = memory_new_array(engine->file_count + 1, sizeof *files);
    struct error error = {.status = STATUS_OK};
    size_t count = 0;
    for (size_t i = 0; i < engine->file_count; i++) {
        const struct fake_file *file = &engine->files[i];
        if (file->node == question->node && is_in_directory(file->file.path, question->path))
            files[count++] = file->file;
    }
    question->listed(question->argument, files, count, 0, &error);
    free(files);
}

/* Links lead out. */
static void find_file(
    const struct engine *engine, const struct log_question *question, struct fake_log *log, struct error *error)
{
    for (size_t i = 0; i < engine->file_count; i++) {
        const struct fake_file *file = &engine->files[i];
        if (file->node != question->node || strcmp(file->file.path, question->path) != 0)
            continue;
        *log = (struct fake_log){file->bytes, (size_t)file->file.size};
        if (file->file.kind == AGENT_FILE_LINK)
            error_set(error, STATUS_REFUSED, "this leads out of the run directory and is not read");
        return;
    }
    error_set(error, STATUS_REFUSED, "there is no such file");
}

static void answer_log(struct engine *engine, const struct log_question *question)
{
    struct fake_log held = engine->logs[question->node];
    const struct fake_log *log = &held;
    struct error error = {.status = STATUS_OK};
    if (question->path)
        find_file(engine, question, &held, &error);
    int64_t size = (int64_t)log->length, offset = question->offset;
    if (offset < 0)
        offset = size + offset > 0 ? size + offset : 0;
    struct agent_log answer = {.offset = offset, .size = size, .attempt = engine->views[question->node].attempt};
    if (error.status == STATUS_OK && offset < size) {
        answer.bytes = log->bytes + offset;
        answer.length = (size_t)(size - offset) < question->maximum ? (size_t)(size - offset) : question->maximum;
    }
    question->answered(question->argument, &answer, &error);
}

bool fake_engine_pump(struct engine *engine)
{
    struct error error = {.status = STATUS_OK};
    if (engine->question_count > 0) {
        struct log_question question = engine->questions[0];
        engine->question_count--;
        memmove(engine->questions, engine->questions + 1, engine->question_count * sizeof question);
        if (question.listed)
            answer_listing(engine, &question);
        else
            answer_log(engine, &question);
        free(question.path);
        return true;
    }
    if (engine->done_count > 0) {
        struct done_question question = engine->dones[--engine->done_count];
        question.done(question.argument, &error);
        return true;
    }
    return false;
}

const char *fake_engine_journal(struct engine *engine)
{
    text_clear(&engine->told);
    text_append(&engine->told, engine->journal.data, engine->journal.length);
    text_clear(&engine->journal);
    return engine->told.data;
}

const struct snapshot *engine_snapshot(const struct engine *engine)
{
    return &engine->snapshot;
}

void engine_set_driving(struct engine *engine, bool driving)
{
    text_append_format(&engine->journal, "driving %s\n", driving ? "on" : "off");
    engine->driving = driving;
    fake_engine_update(engine);
}

bool engine_is_busy(const struct engine *engine)
{
    return engine->snapshot.state == WORKFLOW_RUNNING;
}

void engine_refresh(struct engine *engine)
{
    text_append_string(&engine->journal, "refresh\n");
}

void engine_set_watched(struct engine *engine, bool watched)
{
    (void)engine;
    (void)watched;
}

enum status engine_check_successor(
    const struct engine *engine, const struct workflow *next, bool *adopts, struct error *error)
{
    (void)engine;
    (void)next;
    (void)error;
    *adopts = false;
    return STATUS_OK;
}

bool engine_settle(struct engine *engine, bool settling)
{
    text_append_string(&engine->journal, settling ? "settle\n" : "go on\n");
    return true;
}

const char *action_word(enum action action)
{
    static const char *const words[] = {"start", "cancel", "resubmit", "hold", "release", "skip", "clean", "change"};
    return words[action];
}

bool action_from_word(const char *word, enum action *action)
{
    for (int i = ACTION_START; i <= ACTION_CHANGE; i++) {
        if (strcmp(word, action_word((enum action)i)) == 0) {
            *action = (enum action)i;
            return true;
        }
    }
    return false;
}

void engine_set_scope(struct engine *engine, const bool *set)
{
    if (!set)
        return;
    text_append_string(&engine->journal, "scope");
    for (size_t i = 0; i < engine->workflow->node_count; i++) {
        if (set[i])
            text_append_format(&engine->journal, " %s", engine->workflow->nodes[i].name);
    }
    text_append_string(&engine->journal, "\n");
}

void engine_answer(struct engine *engine, size_t host, const char *text)
{
    text_append_format(&engine->journal, "answer to %s: %s\n", engine->hosts[host].name, text ? text : "(none)");
    engine->hosts[host].question = NULL;
}

void engine_login(struct engine *engine, size_t host)
{
    text_append_format(&engine->journal, "log in to %s\n", engine->hosts[host].name);
}

bool engine_journal(const struct engine *engine, size_t age, struct journal_view *view)
{
    static const struct journal_view entries[] = {{0, "localhost", "start train attempt 2", ""},
        {0, "lab1", "cancel infer attempt 1", "done"}, {0, "lab1", "hold test", "the directory is gone"}};
    if (age >= sizeof entries / sizeof entries[0])
        return false;
    *view = entries[age];
    view->time = *engine->now - (wall_time)(age + 1) * 61000;
    return true;
}

char *engine_run_directory(const struct engine *engine, size_t node)
{
    return memory_format("~/experiment/%s/%s", engine->workflow->name, engine->workflow->nodes[node].name);
}

enum status engine_set_batch_option(
    struct engine *engine, size_t node, const char *name, const char *value, struct error *error)
{
    if (strcmp(name, "output") == 0)
        return error_set(error, STATUS_INVALID, "output is dagtop's own option");
    text_append_format(
        &engine->journal, "option of %s: %s=%s\n", engine->workflow->nodes[node].name, name, value ? value : "");
    if (value)
        attributes_set(&engine->workflow->nodes[node].slurm, name, value);
    return STATUS_OK;
}

void fake_engine_set_hosts(struct engine *engine, const struct host_view *hosts, size_t count)
{
    free(engine->hosts);
    engine->hosts = memory_new_array(count + 1, sizeof *hosts);
    memcpy(engine->hosts, hosts, count * sizeof *hosts);
    engine->snapshot.hosts = engine->hosts;
    engine->snapshot.host_count = count;
}

static void ask_done(struct engine *engine, agent_done_function *done, void *argument)
{
    memory_grow(&engine->dones, &engine->done_capacity, engine->done_count + 1, sizeof *engine->dones);
    engine->dones[engine->done_count++] = (struct done_question){done, argument};
}

enum status engine_detach_plan(struct engine *engine, struct plan **plan, struct error *error)
{
    bool *set = memory_new_array(engine->workflow->node_count + 1, sizeof *set);
    for (size_t i = 0; i < engine->workflow->node_count; i++)
        set[i] = engine->views[i].state == STATE_WAITING;
    enum status status = engine_plan(engine, ACTION_HOLD, set, 0, plan, error);
    free(set);
    for (size_t i = 0; i < (*plan)->count; i++) {
        free((*plan)->rows[i].what);
        (*plan)->rows[i].what =
            memory_copy_text("submit: runs once these have ended well: big (job 101), tiles (job 103)");
    }
    if ((*plan)->count > 0)
        return status;
    plan_free(*plan);
    return error_set(error, STATUS_REFUSED,
        "only a graph that lies on one Slurm cluster as a whole can be handed over; in the way: here (local)");
}

enum status engine_detach(struct engine *engine, agent_done_function *done, void *argument, struct error *error)
{
    (void)error;
    text_append_string(&engine->journal, "hand over\n");
    ask_done(engine, done, argument);
    return STATUS_OK;
}

char *engine_why(struct engine *engine, size_t node)
{
    const struct node_view *view = &engine->views[node];
    return memory_format("%s: it is %s%s%s", engine->workflow->nodes[node].name, state_word(view->state),
        view->reason ? ": " : "", view->reason ? view->reason : "");
}

enum status engine_job_settings(
    struct engine *engine, size_t node, char **command, char **settings, struct error *error)
{
    const struct attempt *attempt = engine->views[node].current;
    if (!attempt || !attempt->jobid || engine->views[node].state == STATE_DONE)
        return error_set(error, STATUS_REFUSED, "it has no job in the queue");
    const struct attributes *details = &engine->observations[node].batch.details;
    const char *limit = attributes_get(details, "time limit"), *partition = attributes_get(details, "partition");
    *command = memory_format("scontrol update JobId=%s", attempt->jobid);
    *settings = memory_format("TimeLimit=%s Partition=%s", limit ? limit : "", partition ? partition : "");
    return STATUS_OK;
}

static bool is_effective(enum action action, const struct node_view *view)
{
    switch (action) {
    case ACTION_START:
        return view->state == STATE_READY;
    case ACTION_CANCEL:
        return state_is_live(view->state);
    case ACTION_RESUBMIT:
        return state_is_ended(view->state);
    case ACTION_CHANGE:
        return view->current && view->current->jobid && !state_is_ended(view->state);
    default:
        return true;
    }
}

static void tell_change(struct plan_row *row, const char *job, const struct attributes *changes)
{
    struct text command;
    text_init(&command, 0);
    text_append_format(&command, "scontrol update JobId=%s", job);
    for (size_t i = 0; i < changes->count; i++)
        text_append_format(&command, " %s=%s", changes->items[i].key, changes->items[i].value);
    free(row->command);
    free(row->what);
    row->what = memory_format("change its job %s", job);
    row->command = text_take(&command);
}

static void add_row(struct engine *engine, struct plan *plan, size_t node, const struct job_wish *wish)
{
    const struct node_view *view = &engine->views[node];
    const struct node *now = &engine->workflow->nodes[node];
    bool effective = wish->tasks || is_effective(plan->action, view);
    unsigned attempt = plan->action == ACTION_CANCEL ? view->attempt : view->attempt + 1;
    memory_grow(&plan->rows, &plan->capacity, plan->count + 1, sizeof *plan->rows);
    plan->rows[plan->count++] = (struct plan_row){.node = node,
        .state = view->state,
        .attempt = attempt,
        .does_nothing = !effective,
        .host = now->host,
        .what = effective ? memory_format("%s attempt %u", action_word(plan->action), attempt)
                          : memory_format("nothing: it is %s", state_word(view->state)),
        .command = effective && now->exec ? memory_format("/bin/sh -c '%s'", now->exec) : NULL};
    if (effective && wish->tasks) {
        free(plan->rows[plan->count - 1].what);
        plan->rows[plan->count - 1].what = memory_format("%s the tasks %s", action_word(plan->action), wish->tasks);
    }
    if (effective && plan->action == ACTION_CHANGE)
        tell_change(&plan->rows[plan->count - 1], view->current->jobid, wish->changes);
    plan->effective += effective;
}

enum status engine_plan(
    struct engine *engine, enum action action, const bool *set, unsigned flags, struct plan **plan, struct error *error)
{
    const struct job_wish nothing = {0};
    return engine_plan_jobs(engine, action, set, flags, &nothing, plan, error);
}

enum status engine_plan_jobs(struct engine *engine, enum action action, const bool *set, unsigned flags,
    const struct job_wish *wish, struct plan **plan, struct error *error)
{
    (void)error;
    *plan = memory_new(sizeof **plan);
    (*plan)->action = action;
    (*plan)->flags = flags;
    bool *wanted = memory_new_array(engine->workflow->node_count + 1, sizeof *wanted);
    memcpy(wanted, set, engine->workflow->node_count * sizeof *wanted);
    if (flags & PLAN_UPSTREAM)
        graph_add_upstream(engine->workflow, wanted);
    for (size_t i = 0; i < engine->workflow->node_count; i++) {
        size_t node = engine->workflow->order[i];
        const struct node *now = &engine->workflow->nodes[node];
        for (size_t j = 0; flags & PLAN_DOWNSTREAM && j < now->parent_count; j++)
            wanted[node] = wanted[node] || wanted[now->parents[j]];
        bool bad = engine->views[node].state == STATE_FAILED || engine->views[node].state == STATE_LOST;
        if (wanted[node] && (bad || !(flags & PLAN_FAILED)))
            add_row(engine, *plan, node, wish);
    }
    free(wanted);
    return STATUS_OK;
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->count; i++) {
        free(plan->rows[i].what);
        free(plan->rows[i].command);
    }
    free(plan->rows);
    free(plan);
}

void engine_execute(struct engine *engine, const struct plan *plan, agent_done_function *done, void *argument)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (!plan->rows[i].does_nothing)
            text_append_format(&engine->journal, "%s %s\n", action_word(plan->action),
                engine->workflow->nodes[plan->rows[i].node].name);
    }
    ask_done(engine, done, argument);
}

enum status engine_read_log(struct engine *engine, size_t node, unsigned attempt, const char *task, int64_t offset,
    size_t maximum, agent_log_function *answered, void *argument, struct error *error)
{
    (void)attempt;
    (void)task;
    (void)error;
    memory_grow(&engine->questions, &engine->question_capacity, engine->question_count + 1, sizeof *engine->questions);
    engine->questions[engine->question_count++] = (struct log_question){
        .node = node, .offset = offset, .maximum = maximum, .answered = answered, .argument = argument};
    return STATUS_OK;
}

enum status engine_look_at_job(
    struct engine *engine, size_t node, agent_done_function *done, void *argument, struct error *error)
{
    if (!engine->views[node].current || !engine->views[node].current->jobid)
        return error_set(error, STATUS_NOT_FOUND, "it has no job");
    ask_done(engine, done, argument);
    return STATUS_OK;
}

enum status engine_read_file(struct engine *engine, size_t node, const char *path, int64_t offset, size_t maximum,
    agent_log_function *answered, void *argument, struct error *error)
{
    enum status status = engine_read_log(engine, node, 0, NULL, offset, maximum, answered, argument, error);
    engine->questions[engine->question_count - 1].path = memory_copy_text(path);
    return status;
}

enum status engine_list_files(struct engine *engine, size_t node, unsigned attempt, const char *directory,
    agent_files_function *answered, void *argument, struct error *error)
{
    enum status status = engine_read_log(engine, node, attempt, NULL, 0, 0, NULL, argument, error);
    engine->questions[engine->question_count - 1].path = memory_copy_text(directory);
    engine->questions[engine->question_count - 1].listed = answered;
    return status;
}

char *engine_error_file(struct engine *engine, size_t node, unsigned attempt)
{
    (void)attempt;
    for (size_t i = 0; i < engine->file_count; i++) {
        if (engine->files[i].node == node && strncmp(engine->files[i].file.path, "errors-", 7) == 0)
            return memory_copy_text(engine->files[i].file.path);
    }
    return NULL;
}

enum status engine_list_attempts(
    struct engine *engine, size_t node, agent_done_function *done, void *argument, struct error *error)
{
    (void)node;
    (void)error;
    ask_done(engine, done, argument);
    return STATUS_OK;
}
