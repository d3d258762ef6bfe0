/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"

struct fake_host fake_host;

/* One request that waits for its answer. */
struct question {
    struct question *next;
    struct agent_observer observer;
    size_t *nodes;
    unsigned *attempts;
    size_t count;
    enum { LOOK, START, OWNER, ERRAND, OTHER } kind;
    agent_errand_function *errand;
    agent_done_function *done;
    agent_start_function *started;
    agent_owner_function *owner;
    void *argument;
    struct error error;
};

struct agent {
    struct loop *loop;
    struct agent_events events;
    struct agent_facts facts;
    struct loop_timer *timer;
    struct question *questions;
    enum agent_state state;
    bool broken, asks;
    enum status refused; /* the login has ended so */
    uint64_t requests;
};

void fake_host_reset(void)
{
    for (size_t i = 0; i < FAKE_NODES; i++)
        observation_release(&fake_host.records[i]);
    memset(&fake_host, 0, sizeof fake_host);
    for (size_t i = 0; i < FAKE_NODES; i++)
        observation_init(&fake_host.records[i]);
}

void fake_host_disconnect(void)
{
    for (size_t i = 0; i < 8; i++) {
        if (fake_host.agents[i] == NULL)
            continue;
        fake_host.agents[i]->broken = true;
        loop_timer_start(fake_host.agents[i]->timer, 0, 0);
    }
}

static void note(const char *what, const struct workflow *workflow, size_t node, unsigned attempt)
{
    size_t length = strlen(fake_host.log);
    snprintf(
        fake_host.log + length, sizeof fake_host.log - length, "%s %s %u;", what, workflow->nodes[node].name, attempt);
}

static void copy_record(struct observation *target, const struct observation *source)
{
    struct observation copy;
    struct batch_observation queued = target->batch;
    observation_copy(&copy, source);
    /* What a queue has told is not the host's. */
    batch_observation_release(&copy.batch);
    copy.batch = queued;
    target->batch = (struct batch_observation){0};
    observation_release(target);
    *target = copy;
}

static void answer(struct question *question, const struct error *error)
{
    bool fine = error->status == STATUS_OK;
    switch (question->kind) {
    case LOOK:
        for (size_t i = 0; fine && i < question->count && !fake_host.nothing_new; i++) {
            size_t node = question->nodes[i];
            copy_record(question->observer.find(question->observer.argument, node), &fake_host.records[node]);
            question->observer.update(question->observer.argument, node);
        }
        question->observer.done(question->observer.argument, error);
        break;
    case START:
        for (size_t i = 0; i < question->count; i++)
            question->started(question->argument, question->nodes[i], question->attempts[i], error);
        break;
    case OWNER: {
        struct agent_owner owner = {.id = "",
            .file = "",
            .machine = fake_host.owner_machine,
            .node_set = fake_host.owner_node_set,
            .driver_machine = fake_host.driver_machine,
            .driver_process = fake_host.driver_process,
            .driver_heartbeat = fake_host.driver_heartbeat};
        question->owner(question->argument, fine ? &owner : NULL, error);
        break;
    }
    case ERRAND: {
        struct agent_errand_answer said = {.code = fake_host.errand_output != NULL ? 0 : 127,
            .output = fake_host.errand_output != NULL ? fake_host.errand_output : "",
            .errors = fake_host.errand_output != NULL ? "" : "there is no such command\n"};
        said.length = strlen(said.output);
        question->errand(question->argument, &said, error);
        break;
    }
    case OTHER:
        if (question->done != NULL)
            question->done(question->argument, error);
    }
    free(question->nodes);
    free(question->attempts);
    free(question);
}

static void work(void *argument)
{
    struct agent *agent = argument;
    if (agent->broken) {
        struct error lost = {0};
        (void)error_set(&lost, STATUS_DISCONNECTED, "the connection broke");
        agent->state = AGENT_CLOSED;
        while (agent->questions != NULL) {
            struct question *question = agent->questions;
            agent->questions = question->next;
            answer(question, &lost);
        }
        agent->events.closed(agent->events.argument, &lost);
        return;
    }
    if (agent->refused != STATUS_OK) {
        struct error refused = {0};
        (void)error_set(&refused, agent->refused, "no login");
        agent->events.closed(agent->events.argument, &refused);
        return;
    }
    if (agent->asks && agent->events.asked == NULL) {
        agent->refused = STATUS_CANCELLED;
        loop_timer_start(agent->timer, 0, 0);
        return;
    }
    if (agent->asks) {
        const struct ssh_question question = {"there", "Password", SSH_QUESTION_SECRET, 1};
        agent->events.asked(agent->events.argument, &question);
        return;
    }
    if (agent->state == AGENT_CONNECTING) {
        agent->state = AGENT_READY;
        agent->events.ready(agent->events.argument);
    }
    if (agent->questions == NULL)
        return;
    struct question *question = agent->questions;
    agent->questions = question->next;
    if (agent->questions != NULL)
        loop_timer_start(agent->timer, 0, 0);
    answer(question, &question->error);
}

static struct question *ask(struct agent *agent, const size_t *nodes, const unsigned *attempts, size_t count)
{
    struct question *question = memory_new(sizeof *question);
    question->nodes = memory_new_array(count + 1, sizeof *nodes);
    question->attempts = memory_new_array(count + 1, sizeof *attempts);
    question->count = count;
    if (nodes != NULL)
        memcpy(question->nodes, nodes, count * sizeof *nodes);
    if (attempts != NULL)
        memcpy(question->attempts, attempts, count * sizeof *attempts);
    struct question **link = &agent->questions;
    while (*link != NULL)
        link = &(*link)->next;
    *link = question;
    agent->requests++;
    loop_timer_start(agent->timer, 0, 0);
    if (fake_host.loses_next) {
        fake_host.loses_next = false;
        agent->broken = true;
    }
    return question;
}

enum status agent_open_local(struct loop *loop, const char *shell, const char *base, const struct agent_events *events,
    struct agent **agent, struct error *error)
{
    (void)shell;
    (void)base;
    fake_host.connections++;
    if (fake_host.refuses_connection)
        return error_set(error, STATUS_SYSTEM, "no shell today");
    *agent = memory_new(sizeof **agent);
    **agent = (struct agent){.loop = loop, .events = *events};
    (*agent)->facts = (struct agent_facts){.machine = "here",
        .home = "/nonexistent",
        .processors = 4,
        .has_setsid = true,
        .hard_links = !fake_host.no_hard_links};
    (*agent)->timer = loop_timer_new(loop, work, *agent);
    loop_timer_start((*agent)->timer, 0, 0);
    for (size_t i = 0; i < 8; i++) {
        if (fake_host.agents[i] == NULL) {
            fake_host.agents[i] = *agent;
            break;
        }
    }
    return STATUS_OK;
}

struct agent_pool {
    struct loop *loop;
};

struct agent_pool *agent_pool_new(struct loop *loop)
{
    struct agent_pool *pool = memory_new(sizeof *pool);
    pool->loop = loop;
    return pool;
}

void agent_pool_free(struct agent_pool *pool)
{
    free(pool);
}

struct agent_pool_listener *agent_pool_listen(struct agent_pool *pool, loop_function *function, void *argument)
{
    (void)pool, (void)function, (void)argument;
    return NULL;
}

void agent_pool_listener_free(struct agent_pool_listener *listener)
{
    (void)listener;
}

bool agent_pool_leads_to(struct agent_pool *pool, const struct ssh_target *target, const char *prologue)
{
    (void)pool, (void)target, (void)prologue;
    return false;
}

bool agent_is_shared(const struct agent *agent)
{
    (void)agent;
    return false;
}

enum status agent_open_here(struct agent_pool *pool, const char *shell, const char *base,
    const struct agent_events *events, struct agent **agent, struct error *error)
{
    return agent_open_local(pool->loop, shell, base, events, agent, error);
}

enum status agent_open_ssh(struct agent_pool *pool, const struct ssh_target *target, const char *base,
    const char *prologue, const struct agent_events *events, struct agent **agent, struct error *error)
{
    (void)target;
    (void)prologue;
    enum status status = agent_open_local(pool->loop, NULL, base, events, agent, error);
    if (status == STATUS_OK)
        (*agent)->asks = fake_host.password != NULL;
    return status;
}

void agent_answer(struct agent *agent, const char *text)
{
    if (!agent->asks || agent->refused != STATUS_OK)
        return;
    fake_host.logins++;
    agent->asks = false;
    if (text == NULL || strcmp(text, fake_host.password) != 0)
        agent->refused = text != NULL ? STATUS_REFUSED : STATUS_CANCELLED;
    agent->events.asked(agent->events.argument, NULL);
    loop_timer_start(agent->timer, 0, 0);
}

const char *agent_description(const struct agent *agent)
{
    (void)agent;
    return "fake";
}

enum agent_state agent_state(const struct agent *agent)
{
    return agent->state;
}

const struct agent_facts *agent_facts(const struct agent *agent)
{
    return &agent->facts;
}

int64_t agent_clock_difference(const struct agent *agent)
{
    return agent->facts.clock_difference;
}

void agent_traffic(
    const struct agent *agent, uint64_t *requests, uint64_t *sent, uint64_t *received, int64_t *round_trip)
{
    *requests = agent->requests;
    *sent = *received = 100 * agent->requests;
    *round_trip = 1;
}

size_t agent_pending(const struct agent *agent)
{
    return agent->questions != NULL;
}

void agent_close(struct agent *agent)
{
    agent->broken = true;
    loop_timer_start(agent->timer, 0, 0);
}

void agent_free(struct agent *agent)
{
    struct error cancelled = {0};
    if (agent == NULL)
        return;
    (void)error_set(&cancelled, STATUS_CANCELLED, "closed");
    while (agent->questions != NULL) {
        struct question *question = agent->questions;
        agent->questions = question->next;
        answer(question, &cancelled);
    }
    for (size_t i = 0; i < 8; i++) {
        if (fake_host.agents[i] == agent)
            fake_host.agents[i] = NULL;
    }
    loop_timer_free(agent->timer);
    free(agent);
}

enum status agent_scan(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const size_t *nodes, size_t count, const struct agent_observer *observer, struct error *error)
{
    (void)place, (void)workflow, (void)error;
    fake_host.scans++;
    struct question *question = ask(agent, nodes, NULL, count);
    question->observer = *observer;
    return STATUS_OK;
}

enum status agent_poll(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const size_t *nodes, size_t count, const struct agent_observer *observer, struct error *error)
{
    enum status status = agent_scan(agent, place, workflow, nodes, count, observer, error);
    fake_host.scans--;
    fake_host.polls++;
    return status;
}

enum status agent_wait(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const size_t *nodes, size_t count, unsigned seconds, const struct agent_observer *observer, struct error *error)
{
    (void)seconds;
    return agent_poll(agent, place, workflow, nodes, count, observer, error);
}

enum status agent_list_attempts(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, const struct agent_observer *observer, struct error *error)
{
    return agent_poll(agent, place, workflow, &node, 1, observer, error);
}

static void make_attempt(size_t node, unsigned number)
{
    struct attempt *attempt = observation_attempt(&fake_host.records[node], number);
    attempt->decision = DECISION_RUN;
    attempt->exited = !fake_host.keeps_running;
    attempt->exit_code = fake_host.exit_codes[node];
    attempt->pid = 4711;
    fake_host.runs[node]++;
}

enum status agent_start(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const struct agent_start *starts, size_t count, unsigned jobs, agent_start_function *answered, void *argument,
    struct error *error)
{
    (void)place, (void)error;
    size_t nodes[FAKE_NODES];
    unsigned attempts[FAKE_NODES];
    bool busy = jobs > 0 && fake_host.jobs_of_others + count > jobs;
    for (size_t i = 0; i < count; i++) {
        nodes[i] = starts[i].node;
        attempts[i] = starts[i].attempt;
        note("start", workflow, nodes[i], attempts[i]);
        snprintf(
            fake_host.devices[nodes[i]], sizeof *fake_host.devices, "%s", starts[i].gpus != NULL ? starts[i].gpus : "");
        if (fake_host.refuses_starts == NULL && !busy)
            make_attempt(nodes[i], attempts[i]);
    }
    fake_host.start_requests++;
    struct question *question = ask(agent, nodes, attempts, count);
    question->kind = START;
    question->started = answered;
    question->argument = argument;
    if (fake_host.refuses_starts != NULL)
        (void)error_set(&question->error, STATUS_REFUSED, "%s", fake_host.refuses_starts);
    else if (busy)
        (void)error_set(&question->error, STATUS_BUSY, "%u jobs of this user run there", fake_host.jobs_of_others);
    return STATUS_OK;
}

static enum status ask_other(struct agent *agent, agent_done_function *done, void *argument)
{
    struct question *question = ask(agent, NULL, NULL, 0);
    question->kind = OTHER;
    question->done = done;
    question->argument = argument;
    return STATUS_OK;
}

enum status agent_submit_array(struct agent *agent, const struct agent_place *place, const struct agent_array *array,
    size_t count, agent_done_function *done, void *argument, struct error *error)
{
    (void)place, (void)array, (void)error;
    fake_host.arrays++;
    fake_host.tasks += count;
    return ask_other(agent, done, argument);
}

enum status agent_cancel(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, unsigned attempt, int64_t grace, agent_done_function *done, void *argument, struct error *error)
{
    (void)place, (void)grace, (void)error;
    note("cancel", workflow, node, attempt);
    struct attempt *record = observation_attempt(&fake_host.records[node], attempt);
    record->cancelled = record->exited = true;
    record->signal = 15;
    return ask_other(agent, done, argument);
}

enum status agent_run_errand(struct agent *agent, const struct agent_errand *errand, agent_errand_function *answered,
    void *argument, struct error *error)
{
    (void)error;
    snprintf(fake_host.last_errand, sizeof fake_host.last_errand, "%s", errand->text);
    fake_host.errands++;
    struct question *question = ask(agent, NULL, NULL, 0);
    question->kind = ERRAND;
    question->errand = answered;
    question->argument = argument;
    return STATUS_OK;
}

enum status agent_adopt_job(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, unsigned attempt, const char *nonce, const char *job, agent_done_function *done, void *argument,
    struct error *error)
{
    struct attempt *record = observation_attempt(&fake_host.records[node], attempt);
    (void)place, (void)nonce, (void)error;
    note("adopt", workflow, node, attempt);
    free(record->jobid);
    record->jobid = memory_copy_text(job);
    return ask_other(agent, done, argument);
}

enum status agent_end_job(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, unsigned attempt, const char *job, const char *word, int code, agent_done_function *done,
    void *argument, struct error *error)
{
    struct attempt *record = observation_attempt(&fake_host.records[node], attempt);
    (void)place, (void)job, (void)error;
    note(word != NULL ? word : "lost", workflow, node, attempt);
    record->decision = DECISION_RUN;
    record->lost = word == NULL;
    record->exited = word != NULL;
    record->exit_code = code;
    return ask_other(agent, done, argument);
}

enum status agent_void(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, unsigned attempt, agent_done_function *done, void *argument, struct error *error)
{
    (void)place, (void)error;
    note("void", workflow, node, attempt);
    observation_attempt(&fake_host.records[node], attempt)->decision = DECISION_VOID;
    return ask_other(agent, done, argument);
}

enum status agent_mark(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    enum agent_mark mark, const size_t *nodes, const unsigned *attempts, size_t count, agent_done_function *done,
    void *argument, struct error *error)
{
    static const char *const words[] = {"hold", "release", "skip", "unskip", "want"};
    (void)place, (void)error;
    for (size_t i = 0; i < count; i++) {
        struct observation *record = &fake_host.records[nodes[i]];
        note(words[mark], workflow, nodes[i], attempts[i]);
        if (mark == AGENT_WANT)
            record->wanted = attempts[i];
        else if (mark == AGENT_HOLD || mark == AGENT_RELEASE)
            record->held = mark == AGENT_HOLD;
        else
            record->skipped = mark == AGENT_SKIP;
    }
    return ask_other(agent, done, argument);
}

enum status agent_read_log(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, unsigned attempt, const char *task, int64_t offset, size_t maximum, agent_log_function *answered,
    void *argument, struct error *error)
{
    (void)agent, (void)place, (void)workflow, (void)node, (void)attempt, (void)task, (void)offset, (void)maximum,
        (void)answered;
    (void)argument;
    return error_set(error, STATUS_UNSUPPORTED, "there are no logs here");
}

enum status agent_read_file(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, const char *path, int64_t offset, size_t maximum, agent_log_function *answered, void *argument,
    struct error *error)
{
    (void)agent, (void)place, (void)workflow, (void)node, (void)path, (void)offset, (void)maximum, (void)answered;
    (void)argument;
    return error_set(error, STATUS_UNSUPPORTED, "there are no files here");
}

enum status agent_list_files(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, unsigned attempt, const char *directory, agent_files_function *answered, void *argument,
    struct error *error)
{
    (void)agent, (void)place, (void)workflow, (void)node, (void)attempt, (void)directory, (void)answered;
    (void)argument;
    return error_set(error, STATUS_UNSUPPORTED, "there are no files here");
}

enum status agent_read_owner(struct agent *agent, const struct agent_place *place, agent_owner_function *answered,
    void *argument, struct error *error)
{
    (void)place, (void)error;
    struct question *question = ask(agent, NULL, NULL, 0);
    question->kind = OWNER;
    question->owner = answered;
    question->argument = argument;
    return STATUS_OK;
}

enum status agent_claim_owner(struct agent *agent, const struct agent_place *place, const char *file,
    const char *node_set, bool adopt, agent_done_function *done, void *argument, struct error *error)
{
    (void)place, (void)file, (void)error;
    bool fits = fake_host.owner_node_set[0] == '\0' || strcmp(fake_host.owner_node_set, node_set) == 0 || adopt;
    strcat(fake_host.log, adopt ? "adopt;" : "claim;");
    if (fits)
        snprintf(fake_host.owner_node_set, sizeof fake_host.owner_node_set, "%s", node_set);
    (void)ask_other(agent, done, argument);
    struct question *question = agent->questions;
    while (question->next != NULL)
        question = question->next;
    if (!fits)
        (void)error_set(&question->error, STATUS_REFUSED, "another set of nodes");
    return STATUS_OK;
}

enum status agent_write_driver(struct agent *agent, const struct agent_place *place, const char *machine,
    int64_t process, agent_done_function *done, void *argument, struct error *error)
{
    (void)place, (void)error;
    snprintf(fake_host.driver_machine, sizeof fake_host.driver_machine, "%s", process != 0 ? machine : "");
    fake_host.driver_process = process;
    return ask_other(agent, done, argument);
}

enum status agent_clean(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const size_t *nodes, size_t count, agent_done_function *done, void *argument, struct error *error)
{
    (void)place, (void)error;
    for (size_t i = 0; i < count; i++) {
        note("clean", workflow, nodes[i], 0);
        observation_release(&fake_host.records[nodes[i]]);
    }
    return ask_other(agent, done, argument);
}

enum status agent_ping(struct agent *agent, agent_done_function *done, void *argument, struct error *error)
{
    (void)error;
    return ask_other(agent, done, argument);
}
