/* SPDX-License-Identifier: Apache-2.0 */
/* The actions on nodes: plan, show the plan, ask, do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "dagtop/base/memory.h"
#include "output.h"

static unsigned flags_from(const struct arguments *arguments)
{
    return (arguments->given[OPTION_downstream] ? PLAN_DOWNSTREAM : 0u) |
           (arguments->given[OPTION_upstream] ? PLAN_UPSTREAM : 0u) |
           (arguments->given[OPTION_failed] ? PLAN_FAILED : 0u) | (arguments->given[OPTION_force] ? PLAN_FORCE : 0u) |
           (arguments->given[OPTION_requeue] ? PLAN_REQUEUE : 0u);
}

static enum exit_code carry_out(struct session *session, enum action action, const struct plan *plan)
{
    const struct arguments *arguments = session->arguments;
    bool quiet = arguments->given[OPTION_yes] && !arguments->given[OPTION_dry_run];
    if (!quiet || plan->effective == 0)
        output_print_plan(plan, session->workflow);
    if (arguments->given[OPTION_dry_run])
        return EXIT_CODE_FINE;
    if (plan->effective == 0)
        return EXIT_CODE_NODES;
    fflush(stdout);
    char question[128];
    snprintf(question, sizeof question, "%s %zu node%s?", action_word(action), plan->effective,
        plan->effective == 1 ? "" : "s");
    if (!arguments->given[OPTION_yes] && (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))) {
        complain("there is no terminal to ask; give --yes to go on without a question");
        return EXIT_CODE_USAGE;
    }
    if (!session_confirm(session, question)) {
        complain("nothing was done");
        return EXIT_CODE_NODES;
    }
    enum exit_code code = session_execute(session, plan);
    if (quiet && code == EXIT_CODE_FINE)
        output_print_plan(plan, session->workflow);
    return code;
}

static enum exit_code act(
    const struct arguments *arguments, enum action action, bool all_when_none, const struct job_wish *wish)
{
    struct session session;
    enum exit_code code = session_open(&session, arguments);
    if (code != EXIT_CODE_FINE)
        return code;
    bool *set = memory_new_array(session.workflow->node_count, sizeof *set);
    struct plan *plan = NULL;
    struct error error;
    bool all_hosts = session_wait_complete(&session);
    code = session.interrupted ? EXIT_CODE_INTERRUPTED : session_select(&session, 1, all_when_none, set);
    if (code == EXIT_CODE_FINE && wish->tasks)
        session_look_at_jobs(&session, set);
    if (code == EXIT_CODE_FINE) {
        if (engine_plan_jobs(session.engine, action, set, flags_from(arguments), wish, &plan, &error) == STATUS_OK) {
            code = carry_out(&session, action, plan);
            if (code == EXIT_CODE_NODES && !all_hosts)
                code = EXIT_CODE_HOST;
        } else {
            complain("%s", error.message);
            code = all_hosts ? EXIT_CODE_USAGE : EXIT_CODE_HOST;
        }
    }
    plan_free(plan);
    free(set);
    session_close(&session);
    return code;
}

enum exit_code command_act(const struct arguments *arguments, enum action action, bool all_when_none)
{
    const struct job_wish wish = {.tasks = arguments->value[OPTION_task], .signal = arguments->value[OPTION_signal]};
    return act(arguments, action, all_when_none, &wish);
}

/* The last words are settings, NAME=VALUE; what stands before them names nodes. */
enum exit_code command_change(const struct arguments *arguments)
{
    struct attributes changes = {0};
    const struct job_wish wish = {.changes = &changes, .tasks = arguments->value[OPTION_task]};
    struct arguments nodes = *arguments;
    for (const char *equals; nodes.word_count > 1 && (equals = strchr(nodes.words[nodes.word_count - 1], '='));
         nodes.word_count--) {
        const char *word = nodes.words[nodes.word_count - 1];
        char *name = memory_copy_span(word, (size_t)(equals - word));
        if (!attributes_get(&changes, name))
            attributes_set(&changes, name, equals + 1);
        free(name);
    }
    enum exit_code code = EXIT_CODE_USAGE;
    if (changes.count > 0)
        code = act(&nodes, ACTION_CHANGE, false, &wish);
    else
        complain("change needs a setting: dagtop change WORKFLOW.yaml NODE... time=02:00:00");
    attributes_release(&changes);
    return code;
}

enum exit_code command_start(const struct arguments *arguments)
{
    return command_act(arguments, ACTION_START, false);
}

enum exit_code command_cancel(const struct arguments *arguments)
{
    return command_act(arguments, ACTION_CANCEL, false);
}

enum exit_code command_resubmit(const struct arguments *arguments)
{
    return command_act(arguments, ACTION_RESUBMIT, false);
}

enum exit_code command_hold(const struct arguments *arguments)
{
    return command_act(arguments, ACTION_HOLD, false);
}

enum exit_code command_release(const struct arguments *arguments)
{
    return command_act(arguments, ACTION_RELEASE, false);
}

enum exit_code command_skip(const struct arguments *arguments)
{
    return command_act(arguments, ACTION_SKIP, false);
}

enum exit_code command_clean(const struct arguments *arguments)
{
    return command_act(arguments, ACTION_CLEAN, true);
}
