/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Job arrays in the attempt protocol (docs/attempts.md, "Arrays of many nodes") as a small model: two drivers that make
 * chunks of the same two nodes, submit each as one job and record its tasks, a scheduler that may take a job and say
 * that it has not, tasks that begin before or after that is recorded, and a viewer that finds jobs by their comment and
 * claims void. Every interleaving is explored, with everybody dying at every step. Then the rules are broken one by
 * one.
 *
 * The first node has two attempts, the second one, whose tasks end before they have begun: nodes share no file, only
 * the driver whose steps they are and the job that they are in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "explorer.h"

enum {
    DRIVERS = 2,
    NODES = 2,
    ROUNDS = 2,                      /* a chunk each */
    TRIES = 2,                       /* submissions of a chunk: one that is refused is tried again */
    JOBS = DRIVERS * ROUNDS * TRIES, /* a job's number says whose chunk and which try it is */
    ATTEMPTS = ROUNDS + 1,           /* of the first node; the last one is a fresh client's */
    FRESH = JOBS
};

enum go { GO_NONE, GO_VOID, GO_RUN /* + the number of the job */ };
enum driver_step {
    DRIVE_CHECK, /* of each node: may its next attempt be made? */
    DRIVE_RESERVE = DRIVE_CHECK + NODES,
    DRIVE_SUBMIT = DRIVE_RESERVE + NODES,
    DRIVE_RECORD = DRIVE_SUBMIT + TRIES, /* jobid, of each task */
    DRIVE_REFUSE = DRIVE_RECORD + NODES, /* void, of each task */
    DRIVE_END = DRIVE_REFUSE + NODES
};
enum task_step { TASK_NONE, TASK_QUEUED, TASK_CLAIM, TASK_RUN, TASK_EXIT, TASK_END };

struct attempt_files {
    uint8_t request; /* the number of the driver plus one: its nonce */
    uint8_t jobid;   /* the number of the job plus one */
    uint8_t go, exited;
    uint8_t runs, running; /* no files, what is asserted */
};

struct world {
    struct attempt_files attempts[NODES][ATTEMPTS];
    uint8_t driver_step[DRIVERS], driver_round[DRIVERS];
    uint8_t chunk[DRIVERS]; /* nodes that may be tasks, a bit each */
    uint8_t job[DRIVERS];   /* that it was told of */
    uint8_t task_step[JOBS][NODES];
};

/* The rules of the protocol that can be broken to see what they are for. */
struct rules {
    bool go_names_job;      /* a task whose array's nonce is in go, but another job, does not run */
    bool jobid_is_compared; /* a task that is not of the job on record ends */
    bool first_link_wins;   /* also of jobid */
    bool next_needs_final;
    bool anyone_may_void;
    bool refusal_is_void; /* what was refused is void at once, though it may be in the queue */
};

static const struct rules all_rules = {true, true, true, true, true, true};

static const struct rules *rules_of(const struct explorer *explorer)
{
    return explorer->rules;
}

static bool is_final(const struct attempt_files *attempt)
{
    return attempt->exited || attempt->go == GO_VOID;
}

static void claim(const struct rules *rules, struct attempt_files *attempt, unsigned decision)
{
    if (attempt->go == GO_NONE || !rules->first_link_wins)
        attempt->go = (uint8_t)decision;
}

static void link_job(const struct rules *rules, struct attempt_files *attempt, unsigned job)
{
    if (attempt->jobid == 0 || !rules->first_link_wins)
        attempt->jobid = (uint8_t)(job + 1);
}

static void script_begins(struct explorer *explorer, struct world *world, unsigned node, unsigned attempt, unsigned job)
{
    struct attempt_files *files = &world->attempts[node][attempt];
    files->running = 1;
    if (++files->runs > 1)
        explorer->violation = "a script ran twice in one attempt";
    else if (files->jobid != job + 1 && rules_of(explorer)->go_names_job)
        explorer->violation = "what runs is not the job on record";
    for (unsigned other = 0; other < ATTEMPTS; other++)
        if (other != attempt && world->attempts[node][other].running)
            explorer->violation = "two attempts ran at once";
}

/* ---- drivers ---- */

static bool may_begin(const struct rules *rules, const struct world *world, unsigned node, unsigned attempt)
{
    const struct attempt_files *files = world->attempts[node];
    if (files[attempt].request || files[attempt].go != GO_NONE)
        return false;
    return attempt == 0 || (files[attempt - 1].request && (!rules->next_needs_final || is_final(&files[attempt - 1])));
}

static unsigned job_of(const struct world *world, unsigned driver, unsigned try)
{
    return (driver * ROUNDS + world->driver_round[driver]) * TRIES + try;
}

static void next_round(struct world *world, unsigned driver)
{
    /* The first driver makes one chunk, the second one two. */
    world->driver_step[driver] = ++world->driver_round[driver] > driver ? DRIVE_END : DRIVE_CHECK;
    world->chunk[driver] = world->job[driver] = 0;
}

static void put_into_queue(struct world *world, unsigned driver, unsigned job)
{
    for (unsigned node = 0; node < NODES; node++)
        if (world->chunk[driver] >> node & 1)
            world->task_step[job][node] = node == 0 ? TASK_QUEUED : TASK_END;
}

/* What sbatch does and what it says. */
enum answer { ANSWER_TAKEN, ANSWER_TAKEN_BUT_REFUSED, ANSWER_REFUSED, ANSWERS };

static bool submit(struct world *world, unsigned driver, enum answer answer)
{
    unsigned step = world->driver_step[driver];
    if (step < DRIVE_SUBMIT || step >= DRIVE_RECORD)
        return false;
    unsigned job = job_of(world, driver, step - DRIVE_SUBMIT);
    if (answer != ANSWER_REFUSED)
        put_into_queue(world, driver, job);
    if (answer == ANSWER_TAKEN) {
        world->job[driver] = (uint8_t)job;
        world->driver_step[driver] = DRIVE_RECORD;
    } else {
        /* Of the second chunk one try is enough. */
        bool again = step + 1 < DRIVE_RECORD && world->driver_round[driver] == 0;
        world->driver_step[driver] = (uint8_t)(again ? step + 1 : DRIVE_REFUSE);
    }
    return true;
}

static void reserve(struct world *world, unsigned driver, unsigned node)
{
    struct attempt_files *files = &world->attempts[node][world->driver_round[driver]];
    if (files->request)
        world->chunk[driver] &= (uint8_t) ~(1u << node);
    else if (world->chunk[driver] >> node & 1)
        files->request = (uint8_t)(driver + 1);
}

static bool step_driver(struct explorer *explorer, struct world *world, unsigned driver)
{
    const struct rules *rules = rules_of(explorer);
    unsigned step = world->driver_step[driver], round = world->driver_round[driver];
    if (step == DRIVE_END || (step >= DRIVE_SUBMIT && step < DRIVE_RECORD && world->chunk[driver]))
        return false;
    if (step < DRIVE_RESERVE) {
        /* The second node has one attempt only. */
        unsigned node = step - DRIVE_CHECK;
        if ((node == 0 || round == 0) && may_begin(rules, world, node, round))
            world->chunk[driver] |= (uint8_t)(1u << node);
    } else if (step < DRIVE_SUBMIT) {
        reserve(world, driver, step - DRIVE_RESERVE);
    } else if (step < DRIVE_RECORD) {
        next_round(world, driver);
        return true;
    } else if (step < DRIVE_REFUSE) {
        if (world->chunk[driver] >> (step - DRIVE_RECORD) & 1)
            link_job(rules, &world->attempts[step - DRIVE_RECORD][round], world->job[driver]);
    } else if (world->chunk[driver] >> (step - DRIVE_REFUSE) & 1 && rules->refusal_is_void) {
        claim(rules, &world->attempts[step - DRIVE_REFUSE][round], GO_VOID);
    }
    world->driver_step[driver]++;
    if (step + 1 == DRIVE_REFUSE || step + 1 == DRIVE_END)
        next_round(world, driver);
    return true;
}

/* ---- tasks ---- */

static unsigned attempt_of(unsigned job)
{
    return job / TRIES % ROUNDS;
}

static bool go_lets_run(const struct rules *rules, const struct attempt_files *files, unsigned job)
{
    /* Two tries are one array, with one nonce. */
    if (!rules->go_names_job && files->go >= GO_RUN)
        return (unsigned)(files->go - GO_RUN) / TRIES == job / TRIES;
    return files->go == GO_RUN + job;
}

/* What was linked never changes, so that reading it back is no step of its own. */
static bool step_task(struct explorer *explorer, struct world *world, unsigned job, unsigned node)
{
    const struct rules *rules = rules_of(explorer);
    struct attempt_files *files = &world->attempts[node][attempt_of(job)];
    uint8_t *step = &world->task_step[job][node];
    switch (*step) {
    case TASK_QUEUED:
        link_job(rules, files, job);
        *step = files->jobid == job + 1 || !rules->jobid_is_compared ? TASK_CLAIM : TASK_END;
        return true;
    case TASK_CLAIM:
        if (!files->exited)
            claim(rules, files, GO_RUN + job);
        *step = !files->exited && go_lets_run(rules, files, job) ? TASK_RUN : TASK_END;
        return true;
    case TASK_RUN:
        script_begins(explorer, world, node, attempt_of(job), job);
        break;
    case TASK_EXIT:
        files->running = 0;
        files->exited = 1;
        break;
    default:
        return false;
    }
    ++*step;
    return true;
}

/* The scheduler ends a task, or its node dies. What it leaves is judged by the scheduler's word. */
static bool kill_task(struct world *world, unsigned job, unsigned node)
{
    uint8_t *step = &world->task_step[job][node];
    if (*step == TASK_NONE || *step == TASK_END)
        return false;
    *step = TASK_END;
    world->attempts[node][attempt_of(job)].running = 0;
    return true;
}

/* ---- viewers ---- */

static bool in_queue(const struct world *world, unsigned job, unsigned node)
{
    return world->task_step[job][node] != TASK_NONE && world->task_step[job][node] != TASK_END;
}

/* E0: an attempt without job is found by its comment: whichever of its jobs is listed first. */
static bool adopt(struct explorer *explorer, struct world *world, unsigned job)
{
    struct attempt_files *files = &world->attempts[0][attempt_of(job)];
    if (files->jobid || files->request != job / TRIES / ROUNDS + 1 || !in_queue(world, job, 0))
        return false;
    link_job(rules_of(explorer), files, job);
    return true;
}

/* E1: the job on record is over and go is its own: the accounting says how it ended. */
static bool record_end(struct world *world, unsigned node, unsigned attempt)
{
    struct attempt_files *files = &world->attempts[node][attempt];
    unsigned job = files->jobid - 1u;
    if (files->jobid == 0 || files->exited || world->task_step[job][node] != TASK_END)
        return false;
    /* Whether it began is decided first: by the first link. */
    claim(&all_rules, files, GO_RUN + job);
    if (files->go >= GO_RUN)
        files->exited = 1;
    return true;
}

/* The sixty seconds are courtesy, as is looking for the job: in the model the voider may come at any moment. */
static bool void_attempt(struct explorer *explorer, struct world *world, unsigned attempt)
{
    struct attempt_files *files = &world->attempts[0][attempt];
    if (!files->request || files->go != GO_NONE || !rules_of(explorer)->anyone_may_void)
        return false;
    claim(rules_of(explorer), files, GO_VOID);
    return true;
}

/* ---- all together ---- */

enum { ACTIONS = DRIVERS * (2 + ANSWERS) + 3 * JOBS + 2 * ROUNDS };

static bool act_driver(struct explorer *explorer, struct world *world, unsigned driver, unsigned action)
{
    uint8_t *step = &world->driver_step[driver];
    if (action == 0)
        return step_driver(explorer, world, driver);
    if (action > 1)
        return world->chunk[driver] && submit(world, driver, action - 2);
    if (*step == DRIVE_END)
        return false;
    *step = DRIVE_END;
    return true;
}

static bool act(struct explorer *explorer, void *bytes, unsigned action)
{
    struct world *world = bytes;
    if (action < DRIVERS * (2 + ANSWERS))
        return act_driver(explorer, world, action % DRIVERS, action / DRIVERS);
    action -= DRIVERS * (2 + ANSWERS);
    if (action < JOBS)
        return step_task(explorer, world, action, 0);
    action -= JOBS;
    if (action < JOBS)
        return kill_task(world, action, 0);
    action -= JOBS;
    if (action < JOBS)
        return adopt(explorer, world, action);
    action -= JOBS;
    if (action < ROUNDS)
        return record_end(world, 0, action);
    return void_attempt(explorer, world, action - ROUNDS);
}

/* The newest attempt of a node comes to its end, when nobody else does anything any more. */
static void settle(struct explorer *explorer, struct world *world, unsigned node, unsigned attempt)
{
    struct attempt_files *files = &world->attempts[node][attempt];
    if (files->jobid)
        record_end(world, node, attempt);
    else if (files->go == GO_NONE && rules_of(explorer)->anyone_may_void)
        claim(rules_of(explorer), files, GO_VOID);
}

/*
 * Everything dies at once, and no job is left in the queue; then a fresh client comes, says how each node's newest
 * attempt ended, and makes the next one, which runs. Whatever the world, that has to succeed.
 */
static void judge(struct explorer *explorer, void *bytes)
{
    struct world *world = bytes;
    for (unsigned job = 0; job < JOBS; job++)
        for (unsigned node = 0; node < NODES; node++)
            kill_task(world, job, node);
    for (unsigned node = 0; node < NODES && !explorer->violation; node++) {
        unsigned next = 0;
        while (next < ATTEMPTS - 1 && world->attempts[node][next].request)
            next++;
        if (next > 0)
            settle(explorer, world, node, next - 1);
        if (!may_begin(rules_of(explorer), world, node, next)) {
            explorer->violation = "a fresh client cannot go on";
            return;
        }
        link_job(&all_rules, &world->attempts[node][next], FRESH);
        script_begins(explorer, world, node, next, FRESH);
    }
}

/* Explores all worlds under these rules; returns the violation found, or NULL. */
static const char *violation_under(struct rules rules)
{
    static const struct explorer_model model = {sizeof(struct world), ACTIONS, act, judge};
    return explorer_run(&model, &rules);
}

static void test_arrays_hold_in_every_interleaving(void **state)
{
    (void)state;
    assert_null(violation_under(all_rules));
}

/* A refusal that is not written down only takes longer: void comes from others. That go names the job is needed only
 * where the job on record is not compared. */
static void test_two_rules_are_not_needed_alone(void **state)
{
    (void)state;
    struct rules rules = all_rules;
    rules.refusal_is_void = false;
    assert_null(violation_under(rules));
    rules = all_rules;
    rules.go_names_job = false;
    assert_null(violation_under(rules));
}

static void test_every_other_rule_is_needed(void **state)
{
    (void)state;
    struct rules rules = all_rules;
    rules.jobid_is_compared = false;
    assert_string_equal(violation_under(rules), "what runs is not the job on record");
    rules.go_names_job = false;
    assert_string_equal(violation_under(rules), "a script ran twice in one attempt");
    rules = all_rules;
    rules.first_link_wins = false;
    assert_non_null(violation_under(rules));
    rules = all_rules;
    rules.next_needs_final = false;
    assert_string_equal(violation_under(rules), "two attempts ran at once");
    rules = all_rules;
    rules.anyone_may_void = false;
    assert_string_equal(violation_under(rules), "a fresh client cannot go on");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrays_hold_in_every_interleaving),
        cmocka_unit_test(test_two_rules_are_not_needed_alone),
        cmocka_unit_test(test_every_other_rule_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
