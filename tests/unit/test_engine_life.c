/* SPDX-License-Identifier: Apache-2.0 */
/* Connections, ownership, driving and refusals, against an agent in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "engine_stage.h"
#include "fake_agent.h"

static char localhost[] = "localhost";

static int set_up(void **state)
{
    fake_host_reset();
    *state = memory_new(sizeof(struct stage));
    return 0;
}

static int tear_down(void **state)
{
    stage_close(*state);
    free(*state);
    fake_host_reset();
    return 0;
}

static void test_drives_to_the_end(void **state)
{
    struct stage *stage = *state;
    fake_host.exit_codes[4] = 3;
    stage_open(stage, "a b:a c:a d:b,c f:a g:f");
    assert_string_equal(stage_states(stage), "rwwwww");
    assert_false(engine_is_busy(stage->engine));
    engine_set_driving(stage->engine, true);
    assert_true(engine_is_busy(stage->engine));
    stage_turn_until(stage, stage_is_idle);
    assert_string_equal(stage_states(stage), "DDDDFw");
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(fake_host.runs[i], i < 5);
    const struct snapshot *snapshot = engine_snapshot(stage->engine);
    assert_int_equal(snapshot->state, WORKFLOW_FAILED);
    assert_int_equal(snapshot->blocked, 1);
    assert_int_equal(snapshot->driver, DRIVER_SELF);
    assert_non_null(strstr(stage->messages, "node f failed: exit 3"));
    assert_int_equal(fake_host.driver_process, getpid());
    /* b, c and f are ready at the same time: one request. */
    assert_int_equal(fake_host.start_requests, 3);
    engine_set_driving(stage->engine, false);
    stage_turn_until(stage, stage_is_idle);
    assert_int_equal(engine_snapshot(stage->engine)->driver, DRIVER_NONE);
}

static void test_watching_starts_nothing(void **state)
{
    struct stage *stage = *state;
    stage_open(stage, "a b:a");
    for (int i = 0; i < 20; i++)
        loop_run_once(stage->loop, false);
    assert_string_equal(fake_host.log, "");
    assert_string_equal(fake_host.owner_node_set, "");
}

static void test_retries_until_none_is_left(void **state)
{
    struct stage *stage = *state;
    fake_host.exit_codes[0] = 1;
    stage->options = (struct engine_options){0};
    stage_open(stage, "a");
    ((struct node *)engine_snapshot(stage->engine)->workflow->nodes)->retries = 2;
    engine_set_driving(stage->engine, true);
    stage_turn_until(stage, stage_is_idle);
    assert_int_equal(fake_host.runs[0], 3);
    assert_string_equal(fake_host.log, "claim;start a 1;start a 2;start a 3;");
}

static bool runs(struct stage *stage)
{
    return strcmp(stage_states(stage), "R") == 0;
}

static void test_a_broken_connection_comes_back(void **state)
{
    struct stage *stage = *state;
    fake_host.keeps_running = true;
    stage_open(stage, "a");
    assert_int_equal(stage_act(stage, ACTION_START, "a", 0), STATUS_OK);
    stage_turn_until(stage, runs);
    fake_host_disconnect();
    while (engine_snapshot(stage->engine)->hosts[0].state == HOST_READY)
        loop_run_once(stage->loop, true);
    const struct host_view *host = engine_snapshot(stage->engine)->hosts;
    assert_int_equal(host->state, HOST_BACKING_OFF);
    assert_string_equal(host->trouble, "the connection broke");
    assert_in_range(host->retry_in, 0, 550);
    /* What was seen stays in sight. */
    assert_string_equal(stage_states(stage), "R");
    observation_attempt(&fake_host.records[0], 1)->exited = true;
    engine_refresh(stage->engine);
    stage_turn_until(stage, stage_is_idle);
    assert_string_equal(stage_states(stage), "D");
    assert_int_equal(fake_host.connections, 2);
}

static void test_a_lost_answer_starts_nothing_twice(void **state)
{
    struct stage *stage = *state;
    stage_open(stage, "a b:a");
    engine_set_driving(stage->engine, true);
    while (fake_host.start_requests == 0)
        loop_run_once(stage->loop, true);
    fake_host_disconnect();
    stage_turn_until(stage, stage_is_idle_without_pauses);
    assert_string_equal(stage_states(stage), "DD");
    assert_int_equal(fake_host.runs[0], 1);
    assert_int_equal(fake_host.runs[1], 1);
}

static void test_a_host_that_never_answers_ends_the_waiting(void **state)
{
    struct stage *stage = *state;
    fake_host.refuses_connection = true;
    stage->loop = loop_new();
    stage->engine = engine_new(stage->loop, stage_workflow("a"), &stage->options);
    engine_set_driving(stage->engine, true);
    assert_true(engine_is_busy(stage->engine));
    stage_turn_until(stage, stage_is_idle_without_pauses);
    assert_int_equal(fake_host.connections, 3);
    assert_string_equal(engine_snapshot(stage->engine)->hosts[0].trouble, "no shell today");
    assert_false(engine_snapshot(stage->engine)->views[0].known);
}

static void test_another_set_of_nodes_is_respected(void **state)
{
    struct stage *stage = *state;
    struct plan *plan;
    struct error error = {0};
    strcpy(fake_host.owner_node_set, "0123456789abcdef");
    stage_open(stage, "a");
    engine_set_driving(stage->engine, true);
    stage_turn_until(stage, stage_is_idle);
    assert_string_equal(fake_host.log, "");
    assert_non_null(strstr(engine_snapshot(stage->engine)->hosts[0].trouble, "--adopt"));
    assert_non_null(strstr(engine_snapshot(stage->engine)->views[0].reason, "--adopt"));
    bool set = true;
    assert_int_equal(engine_plan(stage->engine, ACTION_START, &set, 0, &plan, &error), STATUS_REFUSED);
    assert_non_null(strstr(error.message, "--adopt"));
}

static void test_adopting_takes_the_name_over(void **state)
{
    struct stage *stage = *state;
    strcpy(fake_host.owner_node_set, "0123456789abcdef");
    strcpy(fake_host.owner_machine, "another-machine");
    stage->options.adopt = true;
    stage_open(stage, "a");
    assert_int_equal(stage_act(stage, ACTION_START, "a", 0), STATUS_OK);
    assert_string_equal(fake_host.log, "adopt;start a 1;");
}

static void test_local_nodes_belong_to_their_machine(void **state)
{
    struct stage *stage = *state;
    strcpy(fake_host.owner_machine, "laptop-a");
    stage_open(stage, "a b:a");
    engine_set_driving(stage->engine, true);
    stage_turn_until(stage, stage_is_idle);
    assert_string_equal(stage_states(stage), "rw");
    assert_string_equal(engine_snapshot(stage->engine)->views[0].reason, "on laptop-a");
    assert_string_equal(fake_host.log, "");
}

static void test_file_systems_without_hard_links_start_nothing(void **state)
{
    struct stage *stage = *state;
    fake_host.no_hard_links = true;
    stage_open(stage, "a");
    engine_set_driving(stage->engine, true);
    stage_turn_until(stage, stage_is_idle);
    assert_string_equal(fake_host.log, "");
    assert_non_null(strstr(engine_snapshot(stage->engine)->hosts[0].trouble, "hard links"));
}

static void test_refused_starts_are_given_up(void **state)
{
    struct stage *stage = *state;
    fake_host.refuses_starts = "missing-script there is no script to run";
    stage_open(stage, "a b:a");
    assert_int_equal(stage_act(stage, ACTION_START, "a", 0), STATUS_REFUSED);
    assert_non_null(strstr(stage->answer.message, "a: missing-script"));
    assert_non_null(strstr(engine_snapshot(stage->engine)->views[0].reason, "missing-script"));
    /* The way is free again: asking again works. */
    fake_host.refuses_starts = NULL;
    assert_int_equal(stage_act(stage, ACTION_START, "a", 0), STATUS_OK);
}

static void test_missing_scripts_are_told_without_asking(void **state)
{
    struct stage *stage = *state;
    stage_open(stage, "a b:a c");
    struct node *node = (struct node *)engine_snapshot(stage->engine)->workflow->nodes;
    node->work = NODE_WORK_SCRIPT;
    node->script_path = memory_copy_text("/nonexistent/a.sh");
    engine_set_driving(stage->engine, true);
    stage_turn_until(stage, stage_is_idle);
    assert_string_equal(stage_states(stage), "rwD");
    assert_string_equal(fake_host.log, "claim;start c 1;");
    assert_non_null(strstr(engine_snapshot(stage->engine)->views[0].reason, "/nonexistent/a.sh does not exist"));
}

static void test_another_driver_is_shown(void **state)
{
    struct stage *stage = *state;
    strcpy(fake_host.driver_machine, "login1");
    fake_host.driver_process = 4711;
    fake_host.driver_heartbeat = clock_wall() - 1000;
    stage_open(stage, "a");
    stage_turn_until(stage, stage_is_idle);
    for (int i = 0; i < 20; i++)
        loop_run_once(stage->loop, false);
    const struct snapshot *snapshot = engine_snapshot(stage->engine);
    assert_int_equal(snapshot->driver, DRIVER_OTHER);
    assert_string_equal(snapshot->driver_text, "login1, process 4711");
}

static void test_a_silent_driver_is_gone(void **state)
{
    struct stage *stage = *state;
    strcpy(fake_host.driver_machine, "login1");
    fake_host.driver_process = 4711;
    fake_host.driver_heartbeat = clock_wall() - 61000;
    stage_open(stage, "a");
    for (int i = 0; i < 20; i++)
        loop_run_once(stage->loop, false);
    assert_int_equal(engine_snapshot(stage->engine)->driver, DRIVER_NONE);
}

static void test_kinds_that_are_not_supported_are_only_shown(void **state)
{
    struct stage *stage = *state;
    stage->loop = loop_new();
    struct workflow *workflow = stage_workflow("a b:a c");
    workflow->nodes[1].kind = NODE_KIND_WSL;
    workflow->nodes[2].kind = NODE_KIND_WSL;
    stage->engine = engine_new(stage->loop, workflow, &stage->options);
    stage_turn_until(stage, stage_is_complete);
    engine_set_driving(stage->engine, true);
    stage_turn_until(stage, stage_is_idle);
    assert_string_equal(stage_states(stage), "Drr");
    const struct snapshot *snapshot = engine_snapshot(stage->engine);
    assert_int_equal(snapshot->host_count, 2);
    assert_int_equal(snapshot->hosts[1].state, HOST_REFUSED);
    assert_string_equal(snapshot->views[2].reason, "hosts of kind wsl are not supported by this version");
    assert_string_equal(fake_host.log, "claim;start a 1;");
}

static bool is_stale(struct stage *stage)
{
    return engine_snapshot(stage->engine)->stale == 1;
}

static bool is_fresh(struct stage *stage)
{
    if (engine_snapshot(stage->engine)->hosts[0].state == HOST_BACKING_OFF)
        engine_refresh(stage->engine);
    return engine_snapshot(stage->engine)->stale == 0;
}

static void test_live_nodes_of_a_silent_host_become_stale(void **state)
{
    struct stage *stage = *state;
    static struct host_settings host = {.name = localhost, .interval = 20};
    static struct settings settings = {.hosts = &host, .host_count = 1};
    stage->options.settings = &settings;
    fake_host.keeps_running = true;
    stage_open(stage, "a");
    assert_int_equal(stage_act(stage, ACTION_START, "a", 0), STATUS_OK);
    stage_turn_until(stage, runs);
    assert_int_equal(engine_snapshot(stage->engine)->stale, 0);
    fake_host.refuses_connection = true;
    fake_host_disconnect();
    stage_turn_until(stage, is_stale);
    assert_true(runs(stage));
    fake_host.refuses_connection = false;
    stage_turn_until(stage, is_fresh);
}

static unsigned polls_before;

static bool was_asked_again(struct stage *stage)
{
    (void)stage;
    return fake_host.polls > polls_before;
}

static void a_while_passed(void *argument)
{
    loop_stop(argument);
}

static void pass(struct stage *stage, unsigned milliseconds)
{
    struct loop_timer *timer = loop_timer_new(stage->loop, a_while_passed, stage->loop);
    loop_timer_start(timer, milliseconds, 0);
    loop_run(stage->loop);
    loop_timer_free(timer);
}

/* A node that runs and changes nothing: its host is asked at the plain interval while a person looks, seldom while
 * nobody does, and at once when the person is back. */
static void test_a_person_who_looks_brings_the_intervals_back(void **state)
{
    struct stage *stage = *state;
    static struct host_settings host = {.name = localhost, .interval = 50};
    static struct settings settings = {.hosts = &host, .host_count = 1};
    stage->options.settings = &settings;
    fake_host.keeps_running = true;
    stage_open(stage, "a");
    assert_int_equal(stage_act(stage, ACTION_START, "a", 0), STATUS_OK);
    stage_turn_until(stage, runs);
    polls_before = fake_host.polls + 3;
    stage_turn_until(stage, was_asked_again);
    engine_set_watched(stage->engine, false);
    pass(stage, 200);
    polls_before = fake_host.polls;
    pass(stage, 500);
    assert_int_equal(fake_host.polls, polls_before);
    engine_set_watched(stage->engine, true);
    stage_turn_until(stage, was_asked_again);
}

/* A look that finds nothing new is a look: the age that is shown begins again with each. */
static void test_what_was_looked_at_is_fresh(void **state)
{
    struct stage *stage = *state;
    static struct host_settings host = {.name = localhost, .interval = 100};
    static struct settings settings = {.hosts = &host, .host_count = 1};
    stage->options.settings = &settings;
    fake_host.keeps_running = true;
    stage_open(stage, "a");
    assert_int_equal(stage_act(stage, ACTION_START, "a", 0), STATUS_OK);
    stage_turn_until(stage, runs);
    fake_host.nothing_new = true;
    for (int round = 0; round < 5; round++) {
        wall_time before = clock_wall();
        /* The first of two more was asked after that, and was answered. */
        polls_before = fake_host.polls + 1;
        stage_turn_until(stage, was_asked_again);
        assert_true(engine_snapshot(stage->engine)->oldest_live >= before);
    }
}

static void test_jobs_limit_what_runs_at_once(void **state)
{
    struct stage *stage = *state;
    static struct host_settings host = {.name = localhost, .jobs = 2};
    static struct settings settings = {.hosts = &host, .host_count = 1};
    stage->options.settings = &settings;
    fake_host.keeps_running = true;
    stage_open(stage, "a b c d");
    /* Driven or by hand. */
    assert_int_equal(stage_act(stage, ACTION_START, "a b c", 0), STATUS_OK);
    assert_string_equal(fake_host.log, "claim;start a 1;start b 1;");
    engine_set_driving(stage->engine, true);
    for (int i = 0; i < 20; i++)
        loop_run_once(stage->loop, false);
    assert_int_equal(fake_host.runs[2] + fake_host.runs[3], 0);
    fake_host.keeps_running = false;
    for (size_t i = 0; i < 2; i++)
        observation_attempt(&fake_host.records[i], 1)->exited = true;
    engine_refresh(stage->engine);
    stage_turn_until(stage, stage_is_idle);
    assert_string_equal(stage_states(stage), "DDDD");
}

static bool waits_for_others(struct stage *stage)
{
    const char *reason = engine_snapshot(stage->engine)->views[0].reason;
    return fake_host.start_requests >= 3 && reason != NULL && strstr(reason, "jobs of this user") != NULL;
}

static void test_jobs_of_other_workflows_count(void **state)
{
    struct stage *stage = *state;
    static struct host_settings host = {.name = localhost, .jobs = 2};
    static struct settings settings = {.hosts = &host, .host_count = 1};
    stage->options.settings = &settings;
    fake_host.jobs_of_others = 2;
    stage_open(stage, "a b:a");
    assert_int_equal(stage_act(stage, ACTION_START, "a", 0), STATUS_BUSY);
    engine_set_driving(stage->engine, true);
    stage_turn_until(stage, waits_for_others);
    assert_string_equal(stage_states(stage), "rw");
    /* No failure to be told, nothing given up. */
    assert_null(engine_snapshot(stage->engine)->message);
    fake_host.jobs_of_others = 0;
    stage_turn_until(stage, stage_is_idle);
    assert_string_equal(stage_states(stage), "DD");
    assert_int_equal(fake_host.runs[0], 1);
}

static void test_devices_are_shared_out(void **state)
{
    struct stage *stage = *state;
    static struct host_settings host = {.name = localhost, .jobs = 8, .gpus = 2};
    static struct settings settings = {.hosts = &host, .host_count = 1};
    stage->options.settings = &settings;
    fake_host.keeps_running = true;
    stage->loop = loop_new();
    struct workflow *workflow = stage_workflow("a b c");
    for (size_t i = 0; i < 3; i++)
        workflow->nodes[i].gpus = 1;
    stage->engine = engine_new(stage->loop, workflow, &stage->options);
    stage_turn_until(stage, stage_is_complete);
    engine_set_driving(stage->engine, true);
    while (strcmp(stage_states(stage), "RRr") != 0)
        loop_run_once(stage->loop, true);
    assert_string_equal(fake_host.devices[0], "0");
    assert_string_equal(fake_host.devices[1], "1");
    observation_attempt(&fake_host.records[1], 1)->exited = true;
    engine_refresh(stage->engine);
    while (strcmp(stage_states(stage), "RDR") != 0)
        loop_run_once(stage->loop, true);
    assert_string_equal(fake_host.devices[2], "1");
}

/* Freed in the middle of everything: nothing is left, nobody is called. */
static void test_freed_while_answers_are_under_way(void **state)
{
    struct stage *stage = *state;
    struct plan *plan;
    struct error error;
    stage_open(stage, "a b c");
    bool *set = stage_set(stage, NULL);
    assert_int_equal(engine_plan(stage->engine, ACTION_START, set, 0, &plan, &error), STATUS_OK);
    engine_execute(stage->engine, plan, NULL, NULL);
    plan_free(plan);
    free(set);
    engine_set_driving(stage->engine, true);
    loop_run_once(stage->loop, false);
}

static bool is_settled(struct stage *stage)
{
    return engine_settle(stage->engine, true);
}

/* Another engine of the workflow goes on in the place of the stage's. */
static void take_over(struct stage *stage, const char *description)
{
    struct engine *before = stage->engine;
    stage->engine = engine_new(stage->loop, stage_workflow(description), &stage->options);
    engine_take_over(stage->engine, before);
    engine_free(before);
}

/* It begins nothing more, and waits for the answer to what it has begun; who goes on starts nothing twice. */
static void test_another_engine_takes_over(void **state)
{
    struct stage *stage = *state;
    struct error error;
    bool adopts = false;
    fake_host.keeps_running = true;
    stage_open(stage, "a b");
    engine_set_driving(stage->engine, true);
    while (!strstr(fake_host.log, "start a 1"))
        loop_run_once(stage->loop, true);
    struct workflow *next = stage_workflow("a b c");
    assert_int_equal(engine_check_successor(stage->engine, next, &adopts, &error), STATUS_OK);
    assert_true(adopts);
    workflow_free(next);
    stage_turn_until(stage, is_settled);
    assert_int_equal(fake_host.runs[0], 1);
    stage->options.adopt = true;
    take_over(stage, "a b c");
    assert_true(engine_snapshot(stage->engine)->views[0].from_cache);
    assert_int_equal(engine_snapshot(stage->engine)->driver, DRIVER_SELF);
    while (strcmp(stage_states(stage), "RRR") != 0)
        loop_run_once(stage->loop, true);
    for (int i = 0; i < 3; i++)
        assert_int_equal(fake_host.runs[i], 1);
    assert_int_equal(fake_host.driver_process, getpid());
    assert_false(engine_snapshot(stage->engine)->views[0].from_cache);
}

/* What is ready meanwhile waits for the next engine. */
static void test_a_settled_engine_starts_nothing(void **state)
{
    struct stage *stage = *state;
    stage_open(stage, "a b");
    engine_settle(stage->engine, true);
    engine_set_driving(stage->engine, true);
    for (int i = 0; i < 20; i++)
        loop_run_once(stage->loop, false);
    assert_string_equal(fake_host.log, "");
    take_over(stage, "a b");
    stage_turn_until(stage, stage_is_idle);
    assert_string_equal(stage_states(stage), "DD");
}

static void test_what_cannot_take_over(void **state)
{
    struct stage *stage = *state;
    struct error error;
    bool adopts;
    fake_host.keeps_running = true;
    stage_open(stage, "a b");
    assert_int_equal(stage_act(stage, ACTION_START, "a", 0), STATUS_OK);
    while (strcmp(stage_states(stage), "Rr") != 0)
        loop_run_once(stage->loop, true);
    struct workflow *next = stage_workflow("b a");
    assert_int_equal(engine_check_successor(stage->engine, next, &adopts, &error), STATUS_OK);
    assert_false(adopts);
    next->nodes[0].kind = NODE_KIND_SSH;
    assert_int_equal(engine_check_successor(stage->engine, next, &adopts, &error), STATUS_OK);
    next->nodes[1].kind = NODE_KIND_SSH;
    assert_int_equal(engine_check_successor(stage->engine, next, &adopts, &error), STATUS_REFUSED);
    assert_non_null(strstr(error.message, "a has a run on localhost"));
    next->nodes[1].kind = NODE_KIND_LOCAL;
    next->directory = memory_copy_text("elsewhere");
    assert_int_equal(engine_check_successor(stage->engine, next, &adopts, &error), STATUS_REFUSED);
    workflow_free(next);
}

/* An engine whose only host is reached through ssh and asks for a password. */
static struct host_view open_asking(struct stage *stage, bool can_answer)
{
    stage->loop = loop_new();
    fake_host.password = "secret";
    stage->options.can_answer = can_answer;
    struct workflow *workflow = stage_workflow("a");
    workflow->nodes[0].kind = NODE_KIND_SSH;
    stage->engine = engine_new(stage->loop, workflow, &stage->options);
    while (engine_snapshot(stage->engine)->hosts[0].state == HOST_CONNECTING)
        loop_run_once(stage->loop, true);
    return engine_snapshot(stage->engine)->hosts[0];
}

static bool has_left_the_login(struct stage *stage)
{
    const struct host_view *host = engine_snapshot(stage->engine)->hosts;
    return host->question == NULL && host->state != HOST_CONNECTING;
}

static void test_a_question_is_answered(void **state)
{
    struct stage *stage = *state;
    struct host_view host = open_asking(stage, true);
    assert_int_equal(host.state, HOST_NEEDS_LOGIN);
    assert_non_null(host.question);
    assert_string_equal(host.question->text, "Password");
    assert_int_equal(host.question->kind, HOST_QUESTION_SECRET);
    assert_true(engine_is_busy(stage->engine));
    engine_answer(stage->engine, 7, "secret");
    assert_int_equal(fake_host.logins, 0);
    engine_answer(stage->engine, 0, "secret");
    stage_turn_until(stage, stage_is_complete);
    assert_int_equal(engine_snapshot(stage->engine)->hosts[0].state, HOST_READY);
    assert_null(engine_snapshot(stage->engine)->hosts[0].question);
}

static void test_what_was_refused_is_not_tried_again(void **state)
{
    struct stage *stage = *state;
    open_asking(stage, true);
    engine_answer(stage->engine, 0, "wrong");
    stage_turn_until(stage, has_left_the_login);
    assert_int_equal(engine_snapshot(stage->engine)->hosts[0].state, HOST_REFUSED);
    assert_true(engine_snapshot(stage->engine)->hosts[0].retry_in < 0);
    engine_refresh(stage->engine);
    stage_turn_until(stage, stage_is_complete);
    for (int i = 0; i < 20; i++)
        loop_run_once(stage->loop, false);
    assert_int_equal(fake_host.connections, 1);
    /* A person wants it. */
    engine_login(stage->engine, 0);
    while (engine_snapshot(stage->engine)->hosts[0].question == NULL)
        loop_run_once(stage->loop, true);
    assert_int_equal(fake_host.connections, 2);
    engine_answer(stage->engine, 0, NULL);
    stage_turn_until(stage, has_left_the_login);
    assert_int_equal(engine_snapshot(stage->engine)->hosts[0].state, HOST_NEEDS_LOGIN);
    assert_false(engine_is_busy(stage->engine));
}

static void test_nobody_can_answer(void **state)
{
    struct stage *stage = *state;
    struct host_view host = open_asking(stage, false);
    assert_int_equal(host.state, HOST_NEEDS_LOGIN);
    assert_null(host.question);
    assert_string_equal(host.trouble, "no login");
    assert_int_equal(fake_host.connections, 1);
}

static void test_users_of_one_machine_are_several_hosts(void **state)
{
    struct stage *stage = *state;
    stage->loop = loop_new();
    struct workflow *workflow = stage_workflow("a b c");
    for (size_t i = 0; i < 3; i++)
        workflow->nodes[i].kind = NODE_KIND_SSH;
    workflow->nodes[1].user = memory_copy_text("gregor");
    stage->engine = engine_new(stage->loop, workflow, &stage->options);
    const struct snapshot *snapshot = engine_snapshot(stage->engine);
    assert_int_equal(snapshot->host_count, 2);
    assert_string_equal(snapshot->hosts[0].name, "localhost");
    assert_string_equal(snapshot->hosts[1].name, "gregor@localhost");
}

static void assert_error_file(struct stage *stage, const char *option, const char *expected)
{
    struct node *node = &((struct workflow *)engine_snapshot(stage->engine)->workflow)->nodes[0];
    node->kind = NODE_KIND_SLURM;
    if (option != NULL)
        attributes_set(&node->slurm, "error", option);
    char *path = engine_error_file(stage->engine, 0, 1);
    if (expected == NULL)
        assert_null(path);
    else
        assert_string_equal(path, expected);
    free(path);
}

/* Where standard error goes is told by the options of the job, as far as that can be known. */
static void test_standard_error_has_a_file(void **state)
{
    struct stage *stage = *state;
    observation_attempt(&fake_host.records[0], 1)->jobid = memory_copy_text("4711");
    stage_open(stage, "a");
    assert_error_file(stage, NULL, NULL);
    assert_error_file(stage, "errors.txt", "errors.txt");
    assert_error_file(stage, "e-%j-%x-100%%.txt", "e-4711-test.a-100%.txt");
    assert_error_file(stage, "e-%N.txt", NULL);
    assert_error_file(stage, "e-%", NULL);
    assert_error_file(stage, "/var/log/errors", NULL);
    struct node *node = &((struct workflow *)engine_snapshot(stage->engine)->workflow)->nodes[0];
    attributes_set(&node->slurm, "chdir", "/elsewhere");
    assert_error_file(stage, "errors.txt", NULL);
}

int main(void)
{
#define LIFE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        LIFE(test_drives_to_the_end),
        LIFE(test_watching_starts_nothing),
        LIFE(test_retries_until_none_is_left),
        LIFE(test_a_broken_connection_comes_back),
        LIFE(test_a_lost_answer_starts_nothing_twice),
        LIFE(test_a_host_that_never_answers_ends_the_waiting),
        LIFE(test_another_set_of_nodes_is_respected),
        LIFE(test_adopting_takes_the_name_over),
        LIFE(test_local_nodes_belong_to_their_machine),
        LIFE(test_file_systems_without_hard_links_start_nothing),
        LIFE(test_refused_starts_are_given_up),
        LIFE(test_missing_scripts_are_told_without_asking),
        LIFE(test_another_driver_is_shown),
        LIFE(test_a_silent_driver_is_gone),
        LIFE(test_kinds_that_are_not_supported_are_only_shown),
        LIFE(test_live_nodes_of_a_silent_host_become_stale),
        LIFE(test_a_person_who_looks_brings_the_intervals_back),
        LIFE(test_what_was_looked_at_is_fresh),
        LIFE(test_jobs_limit_what_runs_at_once),
        LIFE(test_jobs_of_other_workflows_count),
        LIFE(test_devices_are_shared_out),
        LIFE(test_freed_while_answers_are_under_way),
        LIFE(test_another_engine_takes_over),
        LIFE(test_a_settled_engine_starts_nothing),
        LIFE(test_what_cannot_take_over),
        LIFE(test_a_question_is_answered),
        LIFE(test_what_was_refused_is_not_tried_again),
        LIFE(test_nobody_can_answer),
        LIFE(test_users_of_one_machine_are_several_hosts),
        LIFE(test_standard_error_has_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
