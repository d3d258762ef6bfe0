/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attempt protocol (docs/attempts.md) as a small model: two starters with a wrapper for each attempt, a canceller,
 * voiders and judges of lost, over a file system whose mkdir, exclusive create and link are atomic. Every interleaving
 * of their steps is explored, with every process dying at every step. Then the rules are broken one by one, to see that
 * the model notices. test_array_simulation.c is the same for job arrays.
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
    STARTERS = 2,
    ROUNDS = 2,                   /* attempts that the starters try to make */
    ATTEMPTS = ROUNDS + 1,        /* and one that a fresh client makes at the end */
    WRAPPERS = STARTERS * ROUNDS, /* wrapper i belongs to starter i / ROUNDS and attempt i % ROUNDS */
    FRESH_WRAPPER = WRAPPERS,
};

enum go { GO_NONE, GO_VOID, GO_CANCELLED, GO_RUN /* + the number of the wrapper */ };
enum starter_step { START_CHECK, START_MKDIR, START_RESERVE, START_LAUNCH, START_END };
enum wrapper_step { WRAP_NONE, WRAP_PID, WRAP_CLAIM, WRAP_READ_BACK, WRAP_RUN, WRAP_WAIT, WRAP_EXIT, WRAP_END };
enum cancel_step { CANCEL_MARK, CANCEL_CLAIM, CANCEL_SIGNAL, CANCEL_END };
enum judge_step { JUDGE_OBSERVE, JUDGE_LOOK_AGAIN, JUDGE_RECORD, JUDGE_END };

struct attempt_files {
    uint8_t directory, request, go, exited, lost, cancelled;
    uint8_t runs;    /* how often the script was started: no file, what is asserted */
    uint8_t running; /* the script lives */
};

struct world {
    struct attempt_files attempts[ATTEMPTS];
    uint8_t starter_step[STARTERS], starter_round[STARTERS];
    uint8_t wrapper_step[WRAPPERS];
    uint8_t cancel_step;
    uint8_t voided[ROUNDS]; /* the voider of the attempt has done its step */
    uint8_t judge_step[ROUNDS];
};

/* The rules of the protocol that can be broken to see what they are for. */
struct rules {
    bool link_first_wins;
    bool wrapper_reads_back;
    bool next_needs_final;
    bool lost_needs_empty_group;
    bool anyone_may_void;
    bool reserve_exclusive;
};

static const struct rules all_rules = {true, true, true, true, true, true};

static const struct rules *rules_of(const struct explorer *explorer)
{
    return explorer->rules;
}

static bool attempt_is_final(const struct attempt_files *attempt)
{
    return attempt->exited || attempt->lost || attempt->go == GO_VOID || attempt->go == GO_CANCELLED;
}

static void claim(const struct rules *rules, struct attempt_files *attempt, unsigned decision)
{
    if (attempt->go == GO_NONE || !rules->link_first_wins)
        attempt->go = (uint8_t)decision;
}

static bool wrapper_lives(const struct world *world, unsigned wrapper)
{
    return world->wrapper_step[wrapper] != WRAP_NONE && world->wrapper_step[wrapper] != WRAP_END;
}

/* What kill -0 on the process group says: the wrapper that go names, or the script. */
static bool group_lives(const struct world *world, unsigned attempt)
{
    unsigned go = world->attempts[attempt].go;
    if (world->attempts[attempt].running)
        return true;
    return go >= GO_RUN && go - GO_RUN < WRAPPERS && wrapper_lives(world, go - GO_RUN);
}

static void script_begins(struct explorer *explorer, struct world *world, unsigned attempt)
{
    struct attempt_files *files = &world->attempts[attempt];
    files->runs++;
    files->running = 1;
    if (files->runs > 1)
        explorer->violation = "a script ran twice in one attempt";
    for (unsigned other = 0; other < ATTEMPTS; other++)
        if (other != attempt && world->attempts[other].running)
            explorer->violation = "two attempts ran at once";
}

static bool starter_may_begin(const struct rules *rules, const struct world *world, unsigned attempt)
{
    const struct attempt_files *files = &world->attempts[attempt];
    if (files->request || files->go != GO_NONE)
        return false;
    if (attempt == 0)
        return true;
    return world->attempts[attempt - 1].directory &&
           (!rules->next_needs_final || attempt_is_final(&world->attempts[attempt - 1]));
}

/* A starter that is refused turns to the next attempt; at the last one it ends. */
static void starter_goes_on(struct world *world, unsigned starter)
{
    if (++world->starter_round[starter] == ROUNDS)
        world->starter_step[starter] = START_END;
    else
        world->starter_step[starter] = START_CHECK;
}

static bool step_starter(struct explorer *explorer, struct world *world, unsigned starter)
{
    unsigned attempt = world->starter_round[starter];
    if (world->starter_step[starter] == START_END)
        return false;
    struct attempt_files *files = &world->attempts[attempt];
    switch (world->starter_step[starter]) {
    case START_CHECK:
        if (!starter_may_begin(rules_of(explorer), world, attempt)) {
            starter_goes_on(world, starter);
            return true;
        }
        break;
    case START_MKDIR:
        files->directory = 1;
        break;
    case START_RESERVE:
        if (files->request && rules_of(explorer)->reserve_exclusive) {
            starter_goes_on(world, starter);
            return true;
        }
        files->request = 1;
        break;
    default:
        world->wrapper_step[starter * ROUNDS + attempt] = WRAP_PID;
        starter_goes_on(world, starter);
        return true;
    }
    world->starter_step[starter]++;
    return true;
}

static bool step_wrapper(struct explorer *explorer, struct world *world, unsigned wrapper)
{
    unsigned attempt = wrapper % ROUNDS;
    struct attempt_files *files = &world->attempts[attempt];
    if (!wrapper_lives(world, wrapper))
        return false;
    switch (world->wrapper_step[wrapper]) {
    case WRAP_CLAIM:
        claim(rules_of(explorer), files, GO_RUN + wrapper);
        break;
    case WRAP_READ_BACK:
        if (rules_of(explorer)->wrapper_reads_back && files->go != GO_RUN + wrapper) {
            world->wrapper_step[wrapper] = WRAP_END;
            return true;
        }
        break;
    case WRAP_RUN:
        script_begins(explorer, world, attempt);
        break;
    case WRAP_WAIT:
        if (files->running)
            return false;
        break;
    case WRAP_EXIT:
        files->exited = 1;
        break;
    default:
        break;
    }
    world->wrapper_step[wrapper]++;
    return true;
}

/* The canceller acts on the first attempt. TERM ends the script; the wrapper lives on and writes exit. */
static bool step_canceller(struct explorer *explorer, struct world *world)
{
    struct attempt_files *files = &world->attempts[0];
    switch (world->cancel_step) {
    case CANCEL_MARK:
        if (!files->directory || attempt_is_final(files))
            return false;
        files->cancelled = 1;
        break;
    case CANCEL_CLAIM:
        claim(rules_of(explorer), files, GO_CANCELLED);
        break;
    case CANCEL_SIGNAL:
        if (files->go >= GO_RUN)
            files->running = 0;
        break;
    default:
        return false;
    }
    world->cancel_step++;
    return true;
}

/* The sixty seconds are courtesy: in the model the voider may come at any moment. */
static bool step_voider(struct explorer *explorer, struct world *world, unsigned attempt)
{
    struct attempt_files *files = &world->attempts[attempt];
    if (world->voided[attempt] || !files->directory || !rules_of(explorer)->anyone_may_void)
        return false;
    if (files->go != GO_NONE && rules_of(explorer)->link_first_wins)
        return false;
    claim(rules_of(explorer), files, GO_VOID);
    world->voided[attempt] = 1;
    return true;
}

static bool step_judge(struct explorer *explorer, struct world *world, unsigned attempt)
{
    struct attempt_files *files = &world->attempts[attempt];
    switch (world->judge_step[attempt]) {
    case JUDGE_OBSERVE:
        if (files->go < GO_RUN || files->exited ||
            (rules_of(explorer)->lost_needs_empty_group && group_lives(world, attempt)))
            return false;
        break;
    case JUDGE_LOOK_AGAIN:
        if (files->exited) {
            world->judge_step[attempt] = JUDGE_END;
            return true;
        }
        break;
    case JUDGE_RECORD:
        files->lost = 1;
        break;
    default:
        return false;
    }
    world->judge_step[attempt]++;
    return true;
}

static bool end_script(struct world *world, unsigned attempt)
{
    if (!world->attempts[attempt].running)
        return false;
    world->attempts[attempt].running = 0;
    return true;
}

/* A process dies: from now on it takes no step. */
static bool kill_process(uint8_t *step, unsigned none, unsigned end)
{
    if (*step == none || *step == end)
        return false;
    *step = (uint8_t)end;
    return true;
}

enum { ACTIONS = 2 * STARTERS + 2 * WRAPPERS + 2 + ROUNDS + 2 * ROUNDS + ROUNDS };

/* Takes action number `action` if it is possible in this world. */
static bool act(struct explorer *explorer, struct world *world, unsigned action)
{
    if (action < STARTERS)
        return step_starter(explorer, world, action);
    action -= STARTERS;
    if (action < STARTERS)
        return kill_process(&world->starter_step[action], START_END, START_END);
    action -= STARTERS;
    if (action < WRAPPERS)
        return step_wrapper(explorer, world, action);
    action -= WRAPPERS;
    if (action < WRAPPERS)
        return kill_process(&world->wrapper_step[action], WRAP_NONE, WRAP_END);
    action -= WRAPPERS;
    if (action == 0)
        return step_canceller(explorer, world);
    if (action == 1)
        return kill_process(&world->cancel_step, CANCEL_END, CANCEL_END);
    action -= 2;
    if (action < ROUNDS)
        return step_voider(explorer, world, action);
    action -= ROUNDS;
    if (action < ROUNDS)
        return step_judge(explorer, world, action);
    action -= ROUNDS;
    if (action < ROUNDS)
        return kill_process(&world->judge_step[action], JUDGE_OBSERVE, JUDGE_END);
    return end_script(world, action - ROUNDS);
}

/*
 * Everything dies at once; then a fresh client comes, with an agent on the same machine: it says void or lost where it
 * must, and makes the next attempt, which runs. Whatever the world, that has to succeed.
 */
static void fresh_client_goes_on(struct explorer *explorer, struct world world)
{
    unsigned next = 0;
    for (unsigned i = 0; i < ATTEMPTS; i++)
        world.attempts[i].running = 0;
    memset(world.wrapper_step, WRAP_END, sizeof world.wrapper_step);
    while (next < ATTEMPTS && world.attempts[next].directory)
        next++;
    if (next > 0) {
        struct attempt_files *files = &world.attempts[next - 1];
        if (files->go == GO_NONE && rules_of(explorer)->anyone_may_void)
            claim(rules_of(explorer), files, GO_VOID);
        if (files->go >= GO_RUN && !files->exited && !group_lives(&world, next - 1))
            files->lost = 1;
    }
    if (!starter_may_begin(rules_of(explorer), &world, next)) {
        explorer->violation = "a fresh client cannot go on";
        return;
    }
    claim(rules_of(explorer), &world.attempts[next], GO_RUN + FRESH_WRAPPER);
    script_begins(explorer, &world, next);
}

static bool act_on(struct explorer *explorer, void *world, unsigned action)
{
    return act(explorer, world, action);
}

static void judge(struct explorer *explorer, void *world)
{
    fresh_client_goes_on(explorer, *(struct world *)world);
}

/* Explores all worlds under these rules; returns the violation found, or NULL. */
static const char *violation_under(struct rules rules)
{
    static const struct explorer_model model = {sizeof(struct world), ACTIONS, act_on, judge};
    return explorer_run(&model, &rules);
}

static void test_protocol_holds_in_every_interleaving(void **state)
{
    (void)state;
    assert_null(violation_under(all_rules));
}

static void test_safety_does_not_rest_on_the_reservation(void **state)
{
    (void)state;
    struct rules rules = all_rules;
    rules.reserve_exclusive = false;
    assert_null(violation_under(rules));
}

static void test_every_other_rule_is_needed(void **state)
{
    (void)state;
    struct rules rules = all_rules;
    rules.link_first_wins = false;
    assert_string_equal(violation_under(rules), "two attempts ran at once");
    rules = all_rules;
    rules.wrapper_reads_back = false;
    assert_string_equal(violation_under(rules), "two attempts ran at once");
    rules = all_rules;
    rules.next_needs_final = false;
    assert_string_equal(violation_under(rules), "two attempts ran at once");
    rules = all_rules;
    rules.lost_needs_empty_group = false;
    assert_string_equal(violation_under(rules), "two attempts ran at once");
    rules = all_rules;
    rules.anyone_may_void = false;
    assert_string_equal(violation_under(rules), "a fresh client cannot go on");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_protocol_holds_in_every_interleaving),
        cmocka_unit_test(test_safety_does_not_rest_on_the_reservation),
        cmocka_unit_test(test_every_other_rule_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
