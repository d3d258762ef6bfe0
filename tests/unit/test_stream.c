/* SPDX-License-Identifier: Apache-2.0 */
/* Several agents on one stream, each of another workflow and base, against real shells: their answers stay apart. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dagtop/agent/agent.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "src/agent/agent_private.h"

enum { CLIENTS = 3, NODES = 3, DEADLINE = 60000 };

struct stage;

/* One client: its workflow has nodes of the same names, and so the same numbers, as the others'. */
struct client {
    struct stage *stage;
    struct agent *agent;
    struct workflow *workflow;
    struct agent_place place;
    struct observation observations[NODES];
    unsigned ready, closed, updates;
    enum status reason;
};

struct stage {
    struct loop *loop;
    struct loop_timer *deadline, *tick;
    struct client clients[CLIENTS];
    char home[64], shell[96];
    unsigned waiting;
    struct error error;
};

static const char *const bases[CLIENTS] = {"~/experiment", "~/other base", "~/experiment"};

static void late(void *argument)
{
    (void)argument;
    fail_msg("the test took too long");
}

static void call_stop(void *argument)
{
    loop_stop(((struct stage *)argument)->loop);
}

static void is_ready(void *argument)
{
    ((struct client *)argument)->ready++;
}

static void has_closed(void *argument, const struct error *reason)
{
    struct client *client = argument;
    client->closed++;
    client->reason = reason->status;
    loop_stop(client->stage->loop);
}

static void done(void *argument, const struct error *error)
{
    struct stage *stage = ((struct client *)argument)->stage;
    if (error->status != STATUS_OK)
        stage->error = *error;
    if (--stage->waiting == 0)
        loop_stop(stage->loop);
}

static void started(void *argument, size_t node, unsigned attempt, const struct error *error)
{
    (void)node, (void)attempt;
    done(argument, error);
}

static struct observation *find(void *argument, size_t node)
{
    return &((struct client *)argument)->observations[node];
}

static void update(void *argument, size_t node)
{
    (void)node;
    ((struct client *)argument)->updates++;
}

static struct agent_observer observer(struct client *client)
{
    return (struct agent_observer){.find = find, .update = update, .done = done, .argument = client};
}

static void await(struct stage *stage, enum status sent)
{
    assert_int_equal(sent, STATUS_OK);
    stage->error.status = STATUS_OK;
    stage->waiting = 1;
    loop_run(stage->loop);
}

static void pause_briefly(struct stage *stage)
{
    loop_timer_start(stage->tick, 10, 0);
    loop_run(stage->loop);
}

static void join(struct stage *stage, size_t number)
{
    struct client *client = &stage->clients[number];
    const struct agent_events events = {.ready = is_ready, .closed = has_closed, .argument = client};
    if (number == 0)
        assert_int_equal(
            agent_open_local(stage->loop, stage->shell, bases[0], &events, &client->agent, &stage->error), STATUS_OK);
    else
        assert_int_equal(
            agent_join(stage->clients[0].agent, bases[number], &events, &client->agent, &stage->error), STATUS_OK);
}

/* Each node says whose it is. */
static void init_client(struct stage *stage, size_t number)
{
    static const char *const names[] = {"a", "b", "c"};
    struct client *client = &stage->clients[number];
    client->stage = stage;
    client->workflow = workflow_new();
    client->workflow->name = memory_format("flow-%zu", number);
    client->workflow->folder = memory_copy_text(stage->home);
    client->place = (struct agent_place){.base = bases[number], .workflow = client->workflow->name};
    for (size_t i = 0; i < NODES; i++) {
        size_t index;
        assert_int_equal(workflow_add_node(client->workflow, names[i], &index), STATUS_OK);
        struct node *node = &client->workflow->nodes[index];
        node->work = NODE_WORK_COMMAND;
        node->exec = memory_format("echo '# cloudmesh status=running progress=%zu%zu'; exit %zu", number, i, number);
        observation_init(&client->observations[i]);
    }
}

/* A shell that writes down that it began: there is to be one. */
static void write_shell(struct stage *stage, const char *shell)
{
    snprintf(stage->shell, sizeof stage->shell, "%s/shell", stage->home);
    FILE *file = fopen(stage->shell, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\necho begun >>'%s/shells'\nexec %s\n", stage->home, shell);
    fclose(file);
    chmod(stage->shell, 0700);
}

static unsigned shells(const struct stage *stage)
{
    char *path = memory_format("%s/shells", stage->home);
    FILE *file = fopen(path, "r");
    unsigned count = 0;
    for (int byte; file && (byte = fgetc(file)) != EOF;)
        count += byte == '\n';
    if (file)
        fclose(file);
    free(path);
    return count;
}

/* state comes in as the name of a shell. */
static int setup(void **state)
{
    struct stage *stage = memory_new(sizeof *stage);
    const char *shell = *state;
    strcpy(stage->home, "/tmp/dagtop-stream-XXXXXX");
    if (!mkdtemp(stage->home))
        return -1;
    setenv("HOME", stage->home, 1);
    unsetenv("XDG_STATE_HOME");
    write_shell(stage, shell);
    stage->loop = loop_new();
    stage->deadline = loop_timer_new(stage->loop, late, NULL);
    stage->tick = loop_timer_new(stage->loop, call_stop, stage);
    loop_timer_start(stage->deadline, DEADLINE, 0);
    for (size_t i = 0; i < CLIENTS; i++)
        init_client(stage, i);
    *state = stage;
    return 0;
}

static int remove_one(const char *path, const struct stat *found, int flag, struct FTW *walk)
{
    (void)found, (void)flag, (void)walk;
    return remove(path);
}

static int teardown(void **state)
{
    struct stage *stage = *state;
    for (size_t i = 0; i < CLIENTS; i++) {
        agent_free(stage->clients[i].agent);
        for (size_t k = 0; k < NODES; k++)
            observation_release(&stage->clients[i].observations[k]);
        workflow_free(stage->clients[i].workflow);
    }
    for (struct stat found; lstat(stage->home, &found) == 0; pause_briefly(stage))
        nftw(stage->home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    loop_timer_free(stage->deadline);
    loop_timer_free(stage->tick);
    loop_free(stage->loop);
    free(stage);
    return 0;
}

static void start(struct client *client, size_t node)
{
    const struct agent_start start = {.node = node, .attempt = 1, .who = "o'neil", .from = "laptop"};
    await(client->stage, agent_start(client->agent, &client->place, client->workflow, &start, 1, 0, started, client,
                             &client->stage->error));
    if (client->stage->error.status != STATUS_OK)
        fail_msg("not started: %s", client->stage->error.message);
}

static enum status send_poll(struct client *client)
{
    static const size_t nodes[NODES] = {0, 1, 2};
    const struct agent_observer seen = observer(client);
    return agent_poll(client->agent, &client->place, client->workflow, nodes, NODES, &seen, &client->stage->error);
}

static void poll(struct client *client)
{
    await(client->stage, send_poll(client));
    assert_int_equal(client->stage->error.status, STATUS_OK);
}

/* All clients ask at once, and ask again, until each has seen all its nodes end. */
static bool have_all_ended(const struct stage *stage)
{
    for (size_t i = 0; i < CLIENTS; i++) {
        for (size_t k = 0; k < NODES; k++) {
            const struct attempt *attempt = observation_newest(&stage->clients[i].observations[k]);
            if (!attempt || !attempt->exited || stage->clients[i].observations[k].log_size <= 0)
                return false;
        }
    }
    return true;
}

static void test_each_sees_its_own(void **state)
{
    struct stage *stage = *state;
    for (size_t i = 0; i < CLIENTS; i++)
        join(stage, i);
    assert_true(agent_is_shared(stage->clients[0].agent));
    for (size_t i = 0; i < CLIENTS; i++)
        for (size_t k = 0; k < NODES; k++)
            start(&stage->clients[i], k);
    while (!have_all_ended(stage)) {
        stage->waiting = CLIENTS;
        for (size_t i = 0; i < CLIENTS; i++)
            assert_int_equal(send_poll(&stage->clients[i]), STATUS_OK);
        loop_run(stage->loop);
        pause_briefly(stage);
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        assert_int_equal(stage->clients[i].ready, 1);
        for (size_t k = 0; k < NODES; k++) {
            const struct observation *observation = &stage->clients[i].observations[k];
            assert_int_equal(observation_newest(observation)->exit_code, i);
            assert_true(observation->report.progress == (double)(10 * i + k));
        }
    }
    /* What is told to one is news to the others no less, and after that to nobody. */
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < CLIENTS; i++) {
            stage->clients[i].updates = 0;
            poll(&stage->clients[i]);
        }
    }
    for (size_t i = 0; i < CLIENTS; i++)
        assert_int_equal(stage->clients[i].updates, 0);
    assert_int_equal(shells(stage), 1);
    char *other = memory_format("%s/other base/flow-1/c/.dagtop/1/exit", stage->home);
    assert_int_equal(access(other, R_OK), 0);
    free(other);
}

/* Seldom changes are looked for in some rounds only: two that ask in turns must each get to see them. */
static void test_marks_are_seen_in_turns(void **state)
{
    struct stage *stage = *state;
    for (size_t i = 0; i < 2; i++) {
        struct client *client = &stage->clients[i];
        free(client->workflow->nodes[0].exec);
        client->workflow->nodes[0].exec = memory_copy_text("exec sleep 600");
        join(stage, i);
        start(client, 0);
        poll(client);
    }
    static const size_t node = 0;
    for (size_t i = 0; i < 2; i++) {
        struct client *client = &stage->clients[i];
        await(stage, agent_mark(client->agent, &client->place, client->workflow, AGENT_HOLD, &node, NULL, 1, done,
                         client, &stage->error));
    }
    unsigned rounds = 0;
    while (!stage->clients[0].observations[0].held || !stage->clients[1].observations[0].held) {
        assert_true(rounds++ < 12);
        poll(&stage->clients[0]);
        poll(&stage->clients[1]);
    }
    for (size_t i = 0; i < 2; i++) {
        struct client *client = &stage->clients[i];
        await(
            stage, agent_cancel(client->agent, &client->place, client->workflow, 0, 1, 0, done, client, &stage->error));
    }
}

/* One that goes leaves the others alone; what it has asked is answered to it at once. */
static void test_one_goes(void **state)
{
    struct stage *stage = *state;
    struct client *first = &stage->clients[0], *second = &stage->clients[1];
    join(stage, 0);
    join(stage, 1);
    start(second, 2);
    stage->waiting = 100;
    assert_int_equal(send_poll(first), STATUS_OK);
    assert_int_equal(send_poll(second), STATUS_OK);
    agent_free(first->agent);
    first->agent = NULL;
    assert_int_equal(stage->waiting, 99);
    assert_int_equal(stage->error.status, STATUS_CANCELLED);
    assert_false(agent_is_shared(second->agent));
    do {
        poll(second);
        pause_briefly(stage);
    } while (!observation_newest(&second->observations[2])->exited);
    assert_int_equal(first->updates, 0);
    assert_int_equal(first->closed + second->closed, 0);
    assert_int_equal(shells(stage), 1);
}

static void test_one_is_closed(void **state)
{
    struct stage *stage = *state;
    struct client *first = &stage->clients[0], *second = &stage->clients[1];
    join(stage, 0);
    join(stage, 1);
    agent_close(first->agent);
    assert_int_equal(agent_ping(first->agent, done, first, &stage->error), STATUS_DISCONNECTED);
    loop_run(stage->loop);
    assert_int_equal(first->closed, 1);
    assert_int_equal(first->reason, STATUS_OK);
    poll(second);
    assert_int_equal(second->closed, 0);
    agent_close(second->agent);
    loop_run(stage->loop);
    assert_int_equal(second->closed, 1);
    assert_int_equal(first->closed, 1);
}

/* All are told when the shell has gone, those too that were not ready. */
static void test_all_are_told(void **state)
{
    struct stage *stage = *state;
    write_shell(stage, "sleep 0");
    for (size_t i = 0; i < CLIENTS; i++)
        join(stage, i);
    while (stage->clients[0].closed + stage->clients[1].closed + stage->clients[2].closed < CLIENTS)
        loop_run_once(stage->loop, true);
    for (size_t i = 0; i < CLIENTS; i++) {
        assert_int_equal(stage->clients[i].ready, 0);
        assert_int_equal(stage->clients[i].closed, 1);
        assert_int_equal(stage->clients[i].reason, STATUS_DISCONNECTED);
    }
}

/* Who has opened the stream may go before it is there. */
static void test_the_first_goes_early(void **state)
{
    struct stage *stage = *state;
    for (size_t i = 0; i < CLIENTS; i++)
        join(stage, i);
    agent_free(stage->clients[0].agent);
    stage->clients[0].agent = NULL;
    poll(&stage->clients[1]);
    poll(&stage->clients[2]);
    assert_int_equal(stage->clients[0].ready, 0);
    assert_int_equal(stage->clients[1].ready, 1);
    assert_int_equal(stage->clients[2].ready, 1);
    assert_string_equal(agent_facts(stage->clients[1].agent)->home, stage->home);
}

#define TEST(name, shell)                                                                                              \
    {                                                                                                                  \
#name " (" shell ")", name, setup, teardown, (void *)(uintptr_t)(const void *)shell                            \
    }
#define TESTS_IN(shell)                                                                                                \
    TEST(test_each_sees_its_own, shell), TEST(test_marks_are_seen_in_turns, shell), TEST(test_one_goes, shell)

int main(void)
{
    const struct CMUnitTest in_sh[] = {TESTS_IN("/bin/sh"), TEST(test_one_is_closed, "/bin/sh"),
        TEST(test_all_are_told, "/bin/sh"), TEST(test_the_first_goes_early, "/bin/sh")};
    const struct CMUnitTest in_bash[] = {TESTS_IN("/bin/bash")};
    const struct CMUnitTest in_busybox[] = {TESTS_IN("/bin/busybox sh")};
    int failed = cmocka_run_group_tests(in_sh, NULL, NULL);
    if (access("/bin/bash", X_OK) == 0)
        failed += cmocka_run_group_tests(in_bash, NULL, NULL);
    if (access("/bin/busybox", X_OK) == 0)
        failed += cmocka_run_group_tests(in_busybox, NULL, NULL);
    return failed;
}
