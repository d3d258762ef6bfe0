/* SPDX-License-Identifier: Apache-2.0 */
/* Scan, poll and the list of attempts: requests whose answers describe nodes. */
#include <stdlib.h>
#include <string.h>

#include "agent_private.h"
#include "record.h"
#include "watch_list.h"

#include "dagtop/base/memory.h"

/* Records of one node that stand together are read at once, so that nobody sees half of them. */
enum { RUN_LIMIT = 4 << 20 };

struct look {
    struct request request;
    struct agent_observer observer;
    const struct workflow *workflow; /* scan, attempts: names of nodes; the caller's */
    size_t *nodes;                   /* what was asked for */
    size_t count;
    size_t *by_number; /* poll: by_number[i] is node + 1 of number i + 1, 0: none */
    size_t numbers;
    bool *asked, *told; /* scan: by node */
    bool is_list;       /* attempts: older ones follow newer ones, nothing else is known */
    struct text run;    /* FIELD NUL VALUE NUL ... of run_key */
    char *run_key;
};

static bool find_number(const struct look *look, const char *key, size_t *node)
{
    char *end;
    unsigned long long number = strtoull(key, &end, 10);
    if (*end || number == 0 || number > look->numbers || !look->by_number[number - 1])
        return false;
    *node = look->by_number[number - 1] - 1;
    return true;
}

/* The node that a key means; false: none that was asked for. */
static bool find_node(const struct look *look, const char *key, size_t *node)
{
    if (look->by_number)
        return find_number(look, key, node);
    if (!workflow_find(look->workflow, key, node))
        return false;
    return look->asked ? look->asked[*node] : *node == look->nodes[0];
}

static void touch(struct observation *observation, wall_time now)
{
    observation->known = true;
    observation->from_cache = false;
    observation->observed = now;
}

int64_t agent_clock_difference(const struct agent *agent)
{
    int64_t difference = agent_facts(agent)->clock_difference;
    return difference > -CLOCK_TOLERANCE && difference < CLOCK_TOLERANCE ? 0 : difference;
}

/* Reads the records that were kept, and tells. */
static void end_run(struct look *look)
{
    size_t node;
    if (look->run_key && !agent_is_freed(look->request.agent) && find_node(look, look->run_key, &node)) {
        struct observation *observation = look->observer.find(look->observer.argument, node);
        struct record_reader reader = {.observation = observation,
            .newest_only = look->by_number,
            .now = clock_wall(),
            .clock_difference = agent_clock_difference(look->request.agent)};
        if (look->told && !look->told[node])
            record_forget(observation);
        for (const char *field = look->run.data; field < look->run.data + look->run.length;) {
            const char *value = field + strlen(field) + 1;
            record_read(&reader, field, value);
            field = value + strlen(value) + 1;
        }
        if (look->told)
            look->told[node] = true;
        touch(observation, reader.now);
        look->observer.update(look->observer.argument, node);
    }
    free(look->run_key);
    look->run_key = NULL;
    text_clear(&look->run);
}

static void look_record(struct request *request, const char *key, const char *field, const char *value)
{
    struct look *look = (struct look *)request;
    size_t needed = strlen(field) + strlen(value) + 2;
    if (!look->run_key || strcmp(look->run_key, key) != 0)
        end_run(look);
    if (!look->run_key)
        look->run_key = memory_copy_text(key);
    if (look->run.limit - look->run.length < needed)
        return;
    text_append(&look->run, field, strlen(field) + 1);
    text_append(&look->run, value, strlen(value) + 1);
}

/* Nodes of which a scan has said nothing have no records; of a poll, nothing new. */
static void tell_rest(struct look *look)
{
    wall_time now = clock_wall();
    for (size_t i = 0; i < look->count && !agent_is_freed(look->request.agent); i++) {
        struct observation *observation = look->observer.find(look->observer.argument, look->nodes[i]);
        bool is_empty = look->told && !look->told[look->nodes[i]];
        if (is_empty)
            record_forget(observation);
        touch(observation, now);
        if (is_empty)
            look->observer.update(look->observer.argument, look->nodes[i]);
    }
}

static void look_finish(struct request *request, const struct error *result)
{
    struct look *look = (struct look *)request;
    struct agent *agent = request->agent;
    if (result->status == STATUS_OK) {
        end_run(look);
        tell_rest(look);
    } else if (look->by_number) {
        /* What the host has told, or will tell to nobody, it would not tell again. */
        watch_list_forget(agent_watches(agent));
    }
    if (!agent_is_freed(agent) || result->status == STATUS_CANCELLED)
        look->observer.done(look->observer.argument, result);
}

static void look_release(struct request *request)
{
    struct look *look = (struct look *)request;
    text_release(&look->run);
    free(look->run_key);
    free(look->nodes);
    free(look->by_number);
    free(look->asked);
    free(look->told);
}

static const struct request_operations look_operations = {
    .record = look_record, .finish = look_finish, .release = look_release};

static struct look *look_new(
    const struct workflow *workflow, const size_t *nodes, size_t count, const struct agent_observer *observer)
{
    struct look *look = memory_new(sizeof *look);
    look->request.operations = &look_operations;
    look->observer = *observer;
    look->workflow = workflow;
    look->nodes = memory_new_array(count, sizeof *nodes);
    look->count = count;
    memcpy(look->nodes, nodes, count * sizeof *nodes);
    text_init(&look->run, RUN_LIMIT);
    return look;
}

enum status agent_scan(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const size_t *nodes, size_t count, const struct agent_observer *observer, struct error *error)
{
    struct look *look = look_new(workflow, nodes, count, observer);
    look->asked = memory_new_array(workflow->node_count, sizeof *look->asked);
    look->told = memory_new_array(workflow->node_count, sizeof *look->told);
    for (size_t i = 0; i < count; i++)
        look->asked[nodes[i]] = true;
    /* A scan says less of live nodes than polls have said: the next one says it again. */
    watch_list_forget(agent_watches(agent));
    struct text text;
    agent_text_init(&text);
    agent_append_request(agent, &text, "scan");
    agent_append_place(&text, place);
    return agent_submit(agent, &look->request, &text, LIMIT_LONG, error);
}

/* What the numbers stand for now: later they may be given to others. */
static void copy_numbers(struct look *look, const struct watch_list *watches)
{
    look->numbers = watches->count;
    look->by_number = memory_new_array(watches->count + 1, sizeof *look->by_number);
    for (size_t i = 0; i < watches->count; i++)
        look->by_number[i] = watches->watches[i].used ? watches->watches[i].node + 1 : 0;
}

/* A poll, or with seconds a wait. */
static enum status send_poll(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const size_t *nodes, size_t count, unsigned seconds, const struct agent_observer *observer, struct error *error)
{
    struct watch_list *watches = agent_watches(agent);
    struct text text;
    agent_text_init(&text);
    agent_open_eyes(agent, &text);
    agent_append_group(agent, &text);
    enum status status = watch_list_set(watches, place, workflow, nodes, count, &text);
    if (status != STATUS_OK)
        return error_set(error, status, "too many nodes to watch on one host: %zu", count);
    struct look *look = look_new(workflow, nodes, count, observer);
    copy_numbers(look, watches);
    agent_append_request(agent, &text, seconds ? "wait" : "poll");
    if (seconds)
        text_append_format(&text, " %u", seconds);
    look->request.waits = seconds > 0;
    status = agent_submit(agent, &look->request, &text, LIMIT_REQUEST + 1000 * (int64_t)seconds, error);
    if (status != STATUS_OK)
        watch_list_forget(watches);
    return status;
}

enum status agent_poll(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const size_t *nodes, size_t count, const struct agent_observer *observer, struct error *error)
{
    return send_poll(agent, place, workflow, nodes, count, 0, observer, error);
}

enum status agent_wait(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const size_t *nodes, size_t count, unsigned seconds, const struct agent_observer *observer, struct error *error)
{
    if (agent_is_shared(agent))
        seconds = 0;
    else if (seconds == 0)
        seconds = 1;
    return send_poll(agent, place, workflow, nodes, count, seconds, observer, error);
}

enum status agent_list_attempts(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, const struct agent_observer *observer, struct error *error)
{
    struct look *look = look_new(workflow, &node, 1, observer);
    struct text text;
    agent_text_init(&text);
    agent_append_request(agent, &text, "attempts");
    agent_append_place(&text, place);
    agent_append_word(&text, workflow->nodes[node].name);
    return agent_submit(agent, &look->request, &text, LIMIT_REQUEST, error);
}
