/* SPDX-License-Identifier: Apache-2.0 */
/* An engine on a small workflow, and turns of its loop until something holds. */
#ifndef DAGTOP_TESTS_ENGINE_STAGE_H
#define DAGTOP_TESTS_ENGINE_STAGE_H

#include "dagtop/engine/engine.h"

struct stage {
    struct loop *loop;
    struct engine *engine;
    struct engine_options options;
    unsigned changes; /* all that were told */
    char messages[4096];
    unsigned answers; /* how often stage_answered was called */
    struct error answer;
};

/* "a b:a c:a d:b,c": nodes with their parents, all of them commands ("true"); "m=a": m is a milestone. */
struct workflow *stage_workflow(const char *description);

/* A loop and an engine on that workflow; options may be set before. Waits for the first picture. */
void stage_open(struct stage *stage, const char *description);
void stage_open_workflow(struct stage *stage, struct workflow *workflow); /* which it takes */
void stage_close(struct stage *stage);

/* Turns the loop until the condition holds; fails the test after ten seconds. */
typedef bool stage_condition(struct stage *stage);
void stage_turn_until(struct stage *stage, stage_condition *condition);
bool stage_is_complete(struct stage *stage);
bool stage_is_idle(struct stage *stage);                /* not busy */
bool stage_is_idle_without_pauses(struct stage *stage); /* no pause between two connections is waited for */
bool stage_has_answer(struct stage *stage);

/* States as letters in the order of the file: "DRw". */
const char *stage_states(struct stage *stage);

/* Plans an action for the nodes named (NULL: all) and executes it; returns how it ended. */
enum status stage_act(struct stage *stage, enum action action, const char *names, unsigned flags);

/* The set of nodes named, one bool a node; the caller frees it. */
bool *stage_set(struct stage *stage, const char *names);

#endif
