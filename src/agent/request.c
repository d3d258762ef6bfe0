/* SPDX-License-Identifier: Apache-2.0 */
/* The requests that act on nodes or read a log: one call of the host's program each. */
#include "dagtop/agent/request.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent_private.h"
#include "frame.h"

#include "dagtop/base/memory.h"

/* Several requests that one caller waits for. */
struct group {
    agent_done_function *done;
    void *argument;
    size_t remaining;
    struct error error; /* the first that went wrong; status OK: none */
};

struct action {
    struct request request;
    struct group *group;
};

static struct group *group_new(agent_done_function *done, void *argument)
{
    struct group *group = memory_new(sizeof *group);
    group->done = done;
    group->argument = argument;
    return group;
}

static void action_finish(struct request *request, const struct error *result)
{
    struct group *group = ((struct action *)request)->group;
    if (result->status != STATUS_OK && group->error.status == STATUS_OK)
        group->error = *result;
    if (--group->remaining)
        return;
    group->done(group->argument, &group->error);
    free(group);
}

static const struct request_operations action_operations = {.finish = action_finish};

/*
 * Sends one more request of a group, which is freed where nothing of it is under way. A failure after the first is told
 * at the end.
 */
static enum status group_submit(struct group *group, struct agent *agent, struct text *text, struct error *error)
{
    struct action *action = memory_new(sizeof *action);
    action->request.operations = &action_operations;
    action->group = group;
    struct error failure;
    if (agent_submit(agent, &action->request, text, LIMIT_REQUEST, &failure) == STATUS_OK) {
        group->remaining++;
        return STATUS_OK;
    }
    if (error)
        *error = failure;
    if (!group->remaining)
        free(group);
    else if (group->error.status == STATUS_OK)
        group->error = failure;
    return failure.status;
}

enum status agent_submit_action(
    struct agent *agent, struct text *text, agent_done_function *done, void *argument, struct error *error)
{
    return group_submit(group_new(done, argument), agent, text, error);
}

/* Begins the text of a request about one node. */
static void append_node_request(const struct agent *agent, struct text *text, const char *function,
    const struct agent_place *place, const struct node *node)
{
    agent_text_init(text);
    agent_append_request(agent, text, function);
    agent_append_place(text, place);
    agent_append_word(text, node->name);
}

/* Appends who asks: user@machine. */
static void append_who(struct text *text)
{
    struct utsname machine;
    struct text who;
    const struct passwd *user = getpwuid(getuid());
    text_init(&who, 0);
    if (user)
        text_append_string(&who, user->pw_name);
    else
        text_append_format(&who, "%ld", (long)getuid());
    text_append_format(&who, "@%s", uname(&machine) == 0 ? machine.nodename : "");
    agent_append_word(text, who.data);
    text_release(&who);
}

enum status agent_cancel(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, unsigned attempt, int64_t grace, agent_done_function *done, void *argument, struct error *error)
{
    struct text text;
    append_node_request(agent, &text, "cancel", place, &workflow->nodes[node]);
    text_append_format(&text, " %u", attempt);
    append_who(&text);
    text_append_format(&text, " %lld", (long long)(grace > 0 ? (grace + 999) / 1000 : 0));
    return agent_submit_action(agent, &text, done, argument, error);
}

enum status agent_void(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, unsigned attempt, agent_done_function *done, void *argument, struct error *error)
{
    struct text text;
    append_node_request(agent, &text, "void", place, &workflow->nodes[node]);
    /* The caller has waited; the host takes no less than 60 seconds. */
    text_append_format(&text, " %u 60", attempt);
    return agent_submit_action(agent, &text, done, argument, error);
}

enum status agent_adopt_job(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, unsigned attempt, const char *nonce, const char *job, agent_done_function *done, void *argument,
    struct error *error)
{
    struct text text;
    append_node_request(agent, &text, "job", place, &workflow->nodes[node]);
    text_append_format(&text, " %u", attempt);
    agent_append_word(&text, nonce);
    agent_append_word(&text, job);
    return agent_submit_action(agent, &text, done, argument, error);
}

enum status agent_end_job(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, unsigned attempt, const char *job, const char *word, int code, agent_done_function *done,
    void *argument, struct error *error)
{
    struct text text;
    append_node_request(agent, &text, "end", place, &workflow->nodes[node]);
    text_append_format(&text, " %u", attempt);
    agent_append_word(&text, job);
    agent_append_word(&text, word ? word : "-");
    text_append_format(&text, " %d", code);
    return agent_submit_action(agent, &text, done, argument, error);
}

static void append_mark(const struct agent *agent, struct text *text, const struct agent_place *place,
    const struct node *node, enum agent_mark mark, unsigned attempt)
{
    static const char *const functions[] = {[AGENT_HOLD] = "hold",
        [AGENT_RELEASE] = "release",
        [AGENT_SKIP] = "skip",
        [AGENT_UNSKIP] = "unskip",
        [AGENT_WANT] = "wanted"};
    append_node_request(agent, text, functions[mark], place, node);
    if (mark == AGENT_WANT)
        text_append_format(text, " %u", attempt);
    else if (mark == AGENT_HOLD || mark == AGENT_SKIP)
        append_who(text);
}

enum status agent_mark(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    enum agent_mark mark, const size_t *nodes, const unsigned *attempts, size_t count, agent_done_function *done,
    void *argument, struct error *error)
{
    if (count == 0)
        return agent_ping(agent, done, argument, error);
    struct group *group = group_new(done, argument);
    for (size_t i = 0; i < count; i++) {
        struct text text;
        append_mark(agent, &text, place, &workflow->nodes[nodes[i]], mark, attempts ? attempts[i] : 0);
        enum status status = group_submit(group, agent, &text, error);
        if (status != STATUS_OK)
            return i ? STATUS_OK : status;
    }
    return STATUS_OK;
}

/* Several nodes in one answer: the first refusal is told. */
static void clean_record(struct request *request, const char *key, const char *field, const char *value)
{
    (void)field;
    if (request->refusal || strcmp(value, "done") == 0)
        return;
    char *refusal = agent_refusal(value);
    request->refusal = memory_format("%s: %s", key, refusal);
    free(refusal);
}

static const struct request_operations clean_operations = {.record = clean_record, .finish = action_finish};

enum status agent_clean(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const size_t *nodes, size_t count, agent_done_function *done, void *argument, struct error *error)
{
    struct action *action = memory_new(sizeof *action);
    char stamp[RANDOM_TOKEN_LENGTH + 1];
    struct text text;
    action->request.operations = &clean_operations;
    action->group = group_new(done, argument);
    action->group->remaining = 1;
    random_token(stamp);
    agent_text_init(&text);
    agent_append_request(agent, &text, "clean");
    agent_append_place(&text, place);
    agent_append_word(&text, stamp);
    for (size_t i = 0; i < count; i++)
        agent_append_word(&text, workflow->nodes[nodes[i]].name);
    struct group *group = action->group;
    enum status status = agent_submit(agent, &action->request, &text, LIMIT_LONG, error);
    if (status != STATUS_OK)
        free(group);
    return status;
}

enum status agent_ping(struct agent *agent, agent_done_function *done, void *argument, struct error *error)
{
    struct text text;
    agent_text_init(&text);
    agent_append_request(agent, &text, "ping");
    return agent_submit_action(agent, &text, done, argument, error);
}

struct log_request {
    struct request request;
    agent_log_function *answered;
    void *argument;
    struct agent_log log;
    struct text bytes;
};

static void log_record(struct request *request, const char *key, const char *field, const char *value)
{
    (void)key;
    struct agent_log *log = &((struct log_request *)request)->log;
    int64_t number = *value == '-' ? 0 : strtoll(value, NULL, 10);
    if (strcmp(field, "size") == 0)
        log->size = number;
    else if (strcmp(field, "offset") == 0)
        log->offset = number;
    else if (strcmp(field, "attempt") == 0)
        log->attempt = (unsigned)number;
    else if (strcmp(field, "read") == 0 && !request->refusal)
        request->refusal = agent_refusal(value);
}

static void log_data(struct request *request, const char *bytes, size_t length)
{
    text_append(&((struct log_request *)request)->bytes, bytes, length);
}

static void log_finish(struct request *request, const struct error *result)
{
    struct log_request *reading = (struct log_request *)request;
    reading->log.bytes = reading->bytes.data;
    reading->log.length = reading->bytes.length;
    reading->answered(reading->argument, &reading->log, result);
}

static void log_release(struct request *request)
{
    text_release(&((struct log_request *)request)->bytes);
}

static const struct request_operations log_operations = {
    .record = log_record, .data = log_data, .finish = log_finish, .release = log_release};

static struct log_request *log_new(agent_log_function *answered, void *argument)
{
    struct log_request *reading = memory_new(sizeof *reading);
    reading->request.operations = &log_operations;
    reading->answered = answered;
    reading->argument = argument;
    text_init(&reading->bytes, FRAME_DATA_LIMIT);
    return reading;
}

static void append_piece(struct text *text, int64_t offset, size_t maximum)
{
    text_append_format(
        text, " %lld %zu", (long long)offset, maximum < FRAME_DATA_LIMIT ? maximum : (size_t)FRAME_DATA_LIMIT);
}

enum status agent_read_log(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, unsigned attempt, const char *task, int64_t offset, size_t maximum, agent_log_function *answered,
    void *argument, struct error *error)
{
    struct log_request *reading = log_new(answered, argument);
    reading->log.attempt = attempt;
    struct text text;
    append_node_request(agent, &text, "read", place, &workflow->nodes[node]);
    text_append_format(&text, " %u", attempt);
    append_piece(&text, offset, maximum);
    if (task)
        agent_append_word(&text, task);
    return agent_submit(agent, &reading->request, &text, LIMIT_REQUEST, error);
}

enum status agent_read_file(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, const char *path, int64_t offset, size_t maximum, agent_log_function *answered, void *argument,
    struct error *error)
{
    if (path[strcspn(path, "\n")])
        return error_set(error, STATUS_INVALID, "the file's name holds a line break");
    struct text text;
    append_node_request(agent, &text, "read_file", place, &workflow->nodes[node]);
    agent_append_word(&text, path);
    append_piece(&text, offset, maximum);
    return agent_submit(agent, &log_new(answered, argument)->request, &text, LIMIT_REQUEST, error);
}
