/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose a workflow is and who drives it: two records of one line each, NAME=VALUE joined by blanks, values
 * percent-encoded. Times of the driver are by the host's clock, so that every client can compare them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "agent_private.h"
#include "frame.h"

#include "dagtop/base/memory.h"
#include "dagtop/base/random.h"

/* What one or two requests bring together for one caller. */
struct owner_answer {
    agent_owner_function *answered; /* read */
    agent_done_function *done;      /* claim */
    void *argument;
    char *owner, *driver; /* the records as they came, or NULL */
    char *node_set;       /* claim: what it must be; NULL: anything */
    unsigned remaining;
    struct error error; /* the first that went wrong; status OK: none */
};

struct owner_request {
    struct request request;
    struct owner_answer *answer;
};

static void append_field(struct text *text, const char *name, const char *value)
{
    text_append_format(text, "%s%s=", text->length ? " " : "", name);
    for (const char *byte = value; *byte; byte++) {
        if ((unsigned char)*byte <= ' ' || *byte == '%' || *byte == 0x7f)
            text_append_format(text, "%%%02X", (unsigned char)*byte);
        else
            text_append_byte(text, *byte);
    }
}

/* The value of NAME= in a line (may be NULL); "" where it is missing or malformed. The caller frees it. */
static char *find_field(const char *line, const char *name)
{
    size_t length = strlen(name);
    while (line && (strncmp(line, name, length) != 0 || line[length] != '=')) {
        const char *blank = strchr(line, ' ');
        line = blank ? blank + 1 : NULL;
    }
    const char *start = line ? line + length + 1 : "";
    char *value = memory_copy_span(start, strcspn(start, " "));
    if (!frame_decode(value))
        *value = '\0';
    return value;
}

static wall_time find_time(const struct agent *agent, const char *line, const char *name)
{
    char *value = find_field(line, name);
    wall_time time;
    if (clock_parse_utc(value, &time))
        time -= agent_facts(agent)->clock_difference;
    free(value);
    return time;
}

static void tell_owner(const struct agent *agent, const struct owner_answer *answer)
{
    char *id = find_field(answer->owner, "id"), *file = find_field(answer->owner, "file");
    char *machine = find_field(answer->owner, "machine"), *node_set = find_field(answer->owner, "nodes");
    char *driver_machine = find_field(answer->driver, "machine"), *process = find_field(answer->driver, "process");
    const struct agent_owner owner = {
        .id = id,
        .file = file,
        .machine = machine,
        .node_set = node_set,
        .driver_machine = driver_machine,
        .driver_process = strtoll(process, NULL, 10),
        .driver_since = find_time(agent, answer->driver, "since"),
        .driver_heartbeat = find_time(agent, answer->driver, "heartbeat"),
    };
    answer->answered(answer->argument, &owner, &answer->error);
    char *const texts[] = {id, file, machine, node_set, driver_machine, process};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
}

/* A claim is good when what the host has now is the same set of nodes. */
static void tell_claim(struct owner_answer *answer)
{
    char *node_set = find_field(answer->owner, "nodes");
    if (answer->error.status == STATUS_OK && answer->node_set && strcmp(node_set, answer->node_set) != 0) {
        char *file = find_field(answer->owner, "file"), *machine = find_field(answer->owner, "machine");
        error_set(&answer->error, STATUS_REFUSED, "the name belongs to another set of nodes: %s on %s", file, machine);
        free(file);
        free(machine);
    }
    free(node_set);
    answer->done(answer->argument, &answer->error);
}

static void free_answer(struct owner_answer *answer)
{
    free(answer->owner);
    free(answer->driver);
    free(answer->node_set);
    free(answer);
}

static void owner_record(struct request *request, const char *key, const char *field, const char *value)
{
    (void)key;
    struct owner_answer *answer = ((struct owner_request *)request)->answer;
    char **kept = strcmp(field, "owner") == 0 ? &answer->owner : &answer->driver;
    if (strcmp(field, "reason") == 0) {
        free(request->refusal);
        request->refusal = agent_refusal(value);
    } else {
        free(*kept);
        *kept = memory_copy_text(value);
    }
}

static void owner_finish(struct request *request, const struct error *result)
{
    struct owner_answer *answer = ((struct owner_request *)request)->answer;
    if (result->status != STATUS_OK && answer->error.status == STATUS_OK)
        answer->error = *result;
    if (--answer->remaining)
        return;
    if (answer->answered)
        tell_owner(request->agent, answer);
    else
        tell_claim(answer);
    free_answer(answer);
}

static const struct request_operations owner_operations = {.record = owner_record, .finish = owner_finish};

/* Sends one request about the records: FUNCTION BASE WORKFLOW TEXT MODE; mode NULL: none. */
static enum status submit(struct agent *agent, struct owner_answer *answer, const struct agent_place *place,
    const char *function, const char *line, const char *mode, struct error *error)
{
    struct owner_request *request = memory_new(sizeof *request);
    struct text text;
    request->request.operations = &owner_operations;
    request->answer = answer;
    agent_text_init(&text);
    agent_append_request(agent, &text, function);
    agent_append_place(&text, place);
    agent_append_word(&text, line);
    if (mode)
        agent_append_word(&text, mode);
    enum status status = agent_submit(agent, &request->request, &text, LIMIT_REQUEST, error);
    answer->remaining += status == STATUS_OK;
    return status;
}

enum status agent_read_owner(struct agent *agent, const struct agent_place *place, agent_owner_function *answered,
    void *argument, struct error *error)
{
    struct owner_answer *answer = memory_new(sizeof *answer);
    answer->answered = answered;
    answer->argument = argument;
    enum status status = submit(agent, answer, place, "owner", "", "read", error);
    if (status != STATUS_OK)
        free_answer(answer);
    else if (submit(agent, answer, place, "driver", "", NULL, &answer->error) != STATUS_OK)
        return STATUS_OK; /* told with the answer of the first */
    return status;
}

enum status agent_claim_owner(struct agent *agent, const struct agent_place *place, const char *file,
    const char *node_set, bool adopt, agent_done_function *done, void *argument, struct error *error)
{
    struct owner_answer *answer = memory_new(sizeof *answer);
    struct utsname machine;
    char id[RANDOM_TOKEN_LENGTH + 1];
    struct text line;
    answer->done = done;
    answer->argument = argument;
    answer->node_set = adopt ? NULL : memory_copy_text(node_set);
    random_token(id);
    text_init(&line, 0);
    append_field(&line, "id", id);
    append_field(&line, "nodes", node_set);
    append_field(&line, "machine", uname(&machine) == 0 ? machine.nodename : "");
    append_field(&line, "file", file);
    enum status status = submit(agent, answer, place, "owner", line.data, adopt ? "adopt" : "create", error);
    if (status != STATUS_OK)
        free_answer(answer);
    text_release(&line);
    return status;
}

static void append_time(const struct agent *agent, struct text *line, const char *name, wall_time time)
{
    char buffer[32];
    append_field(line, name, clock_format_utc(time + agent_facts(agent)->clock_difference, buffer, sizeof buffer));
}

enum status agent_write_driver(struct agent *agent, const struct agent_place *place, const char *machine,
    int64_t process, agent_done_function *done, void *argument, struct error *error)
{
    wall_time now = clock_wall(), *since = agent_driver_since(agent);
    char number[32];
    struct text line, text;
    text_init(&line, 0);
    if (process == 0) {
        *since = 0;
        text_append_string(&line, "-");
    } else {
        *since = *since ? *since : now;
        snprintf(number, sizeof number, "%lld", (long long)process);
        append_field(&line, "machine", machine);
        append_field(&line, "process", number);
        append_time(agent, &line, "since", *since);
        append_time(agent, &line, "heartbeat", now);
    }
    agent_text_init(&text);
    agent_append_request(agent, &text, "driver");
    agent_append_place(&text, place);
    agent_append_word(&text, line.data);
    text_release(&line);
    return agent_submit_action(agent, &text, done, argument, error);
}
