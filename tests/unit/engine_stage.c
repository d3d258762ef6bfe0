/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"

static void add_parents(struct workflow *workflow, size_t node, char *parents)
{
    for (char *parent; (parent = strsep(&parents, ",")) != NULL;) {
        size_t index;
        assert_true(workflow_find(workflow, parent, &index));
        assert_int_equal(workflow_add_edge(workflow, index, node), STATUS_OK);
    }
}

struct workflow *stage_workflow(const char *description)
{
    struct workflow *workflow = workflow_new();
    char *copy = memory_copy_text(description), *rest = copy;
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        size_t index, length = strcspn(word, ":=");
        bool milestone = word[length] == '=';
        char *parents = word[length] != '\0' ? word + length + 1 : NULL;
        word[length] = '\0';
        assert_int_equal(workflow_add_node(workflow, word, &index), STATUS_OK);
        struct node *node = &workflow->nodes[index];
        node->work = milestone ? NODE_WORK_MILESTONE : NODE_WORK_COMMAND;
        node->exec = milestone ? NULL : memory_copy_text("true");
        if (parents != NULL && parents[0] != '\0')
            add_parents(workflow, index, parents);
    }
    free(copy);
    struct error error;
    free(workflow->name);
    workflow->name = memory_copy_text("test");
    assert_int_equal(workflow_finish(workflow, NULL, NULL, &error), STATUS_OK);
    return workflow;
}

static void changed(void *argument, unsigned changes)
{
    struct stage *stage = argument;
    stage->changes |= changes;
    const char *message = engine_snapshot(stage->engine)->message;
    size_t length = strlen(stage->messages);
    if ((changes & ENGINE_CHANGED_MESSAGE) != 0 && message != NULL)
        snprintf(stage->messages + length, sizeof stage->messages - length, "%s\n", message);
}

void stage_open(struct stage *stage, const char *description)
{
    stage_open_workflow(stage, stage_workflow(description));
}

void stage_open_workflow(struct stage *stage, struct workflow *workflow)
{
    stage->loop = loop_new();
    stage->options.changed = changed;
    stage->options.argument = stage;
    stage->engine = engine_new(stage->loop, workflow, &stage->options);
    stage_turn_until(stage, stage_is_complete);
}

void stage_close(struct stage *stage)
{
    engine_free(stage->engine);
    loop_free(stage->loop);
}

static void do_nothing(void *argument)
{
    (void)argument;
}

void stage_turn_until(struct stage *stage, stage_condition *condition)
{
    int64_t end = clock_monotonic() + 10000;
    /* Wakes the loop, so that the deadline is kept where nothing else would. */
    struct loop_timer *timer = loop_timer_new(stage->loop, do_nothing, NULL);
    loop_timer_start(timer, 20, 20);
    while (!condition(stage)) {
        if (clock_monotonic() > end)
            fail_msg("time ran out: states %s, messages: %s", stage_states(stage), stage->messages);
        loop_run_once(stage->loop, true);
    }
    loop_timer_free(timer);
}

bool stage_is_complete(struct stage *stage)
{
    return engine_snapshot(stage->engine)->complete;
}

bool stage_is_idle(struct stage *stage)
{
    return !engine_is_busy(stage->engine);
}

bool stage_is_idle_without_pauses(struct stage *stage)
{
    if (engine_snapshot(stage->engine)->hosts[0].state == HOST_BACKING_OFF)
        engine_refresh(stage->engine);
    return stage_is_idle(stage);
}

bool stage_has_answer(struct stage *stage)
{
    return stage->answers > 0;
}

const char *stage_states(struct stage *stage)
{
    static char letters[64];
    const struct snapshot *snapshot = engine_snapshot(stage->engine);
    size_t count = snapshot->workflow->node_count;
    for (size_t i = 0; i < count && i < sizeof letters - 1; i++) {
        letters[i] = state_letter(snapshot->views[i].state);
        letters[i + 1] = '\0';
    }
    return letters;
}

bool *stage_set(struct stage *stage, const char *names)
{
    const struct workflow *workflow = engine_snapshot(stage->engine)->workflow;
    bool *set = memory_new_array(workflow->node_count, sizeof *set);
    char *copy = memory_copy_text(names), *rest = copy;
    for (size_t i = 0; names == NULL && i < workflow->node_count; i++)
        set[i] = true;
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        size_t index;
        assert_true(workflow_find(workflow, word, &index));
        set[index] = true;
    }
    free(copy);
    return set;
}

static void answered(void *argument, const struct error *error)
{
    struct stage *stage = argument;
    stage->answers++;
    stage->answer = *error;
}

enum status stage_act(struct stage *stage, enum action action, const char *names, unsigned flags)
{
    struct plan *plan;
    bool *set = stage_set(stage, names);
    stage->answers = 0;
    memset(&stage->answer, 0, sizeof stage->answer);
    enum status status = engine_plan(stage->engine, action, set, flags, &plan, &stage->answer);
    free(set);
    if (status != STATUS_OK)
        return status;
    engine_execute(stage->engine, plan, answered, stage);
    plan_free(plan);
    assert_int_equal(stage->answers, 0);
    stage_turn_until(stage, stage_has_answer);
    assert_int_equal(stage->answers, 1);
    return stage->answer.status;
}
