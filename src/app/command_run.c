/* SPDX-License-Identifier: Apache-2.0 */
/* run: write down what is wanted again, drive, print the changes, end when nothing is live and nothing can start. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "background.h"
#include "changes.h"
#include "command.h"
#include "dagtop/base/memory.h"
#include "dagtop/model/graph.h"
#include "output.h"

enum { PROGRESS_LINE_PERIOD = 500 };

/* Its answer may come as late as when the session is closed. */
struct hand_over {
    bool ended;
    struct error error;
};

struct run {
    struct session session;
    struct changes *changes;
    bool on_terminal;
    bool *named; /* NULL: no NODE was given */
    bool can_be_scoped;
    struct hand_over hand_over;
};

/* The nodes that the options want again. */
static bool is_wanted_again(const struct run *run, const struct snapshot *snapshot, size_t node)
{
    const struct arguments *arguments = run->session.arguments;
    const struct node_view *view = &snapshot->views[node];
    if (run->named && !run->named[node])
        return false;
    if (!state_is_ended(view->state))
        return false;
    if (view->state == STATE_CANCELLED)
        return run->named != NULL || arguments->given[OPTION_again];
    if (arguments->given[OPTION_again] || (view->outdated && arguments->given[OPTION_outdated]))
        return true;
    return (view->state == STATE_FAILED || view->state == STATE_LOST) &&
           (arguments->given[OPTION_failed] || run->named != NULL);
}

/* A cancelled node is run again only when it is named itself, also with --again. */
static enum status plan_again(struct run *run, struct plan **plan, struct error *error)
{
    const struct snapshot *snapshot = engine_snapshot(run->session.engine);
    size_t count = snapshot->workflow->node_count, wanted = 0;
    bool *set = memory_new_array(count, sizeof *set);
    for (size_t i = 0; i < count; i++)
        if (is_wanted_again(run, snapshot, i)) {
            set[i] = true;
            wanted++;
        }
    enum status status = wanted ? engine_plan(run->session.engine, ACTION_RESUBMIT, set, 0, plan, error) : STATUS_OK;
    free(set);
    return status;
}

static void changed(struct session *session, unsigned changes, void *argument)
{
    struct run *run = argument;
    (void)session;
    (void)changes;
    changes_print(run->changes);
    if (run->on_terminal)
        changes_show_progress_line(run->changes);
}

static void tick(void *argument)
{
    struct run *run = argument;
    changes_show_progress_line(run->changes);
}

static bool is_over(struct session *session)
{
    return !engine_is_busy(session->engine);
}

/* What a person must know when the run has ended: what failed, what is held, what is blocked by whom. */
static void print_remains(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->workflow->node_count; i++) {
        const struct node_view *view = &snapshot->views[i];
        if (state_lets_children_start(view->state))
            continue;
        fputs("  ", stdout);
        output_print_safe(snapshot->workflow->nodes[i].name);
        printf(": %s", state_word(view->state));
        if (view->reason) {
            fputs(", ", stdout);
            output_print_safe(view->reason);
        } else if (view->blocked_by_count) {
            fputs(", blocked by ", stdout);
            output_print_safe(snapshot->workflow->nodes[view->blocked_by[0]].name);
        }
        putchar('\n');
    }
}

static enum exit_code summary(const struct run *run)
{
    const struct snapshot *snapshot = engine_snapshot(run->session.engine);
    bool well = true, reachable = true;
    for (size_t i = 0; i < snapshot->workflow->node_count; i++)
        if ((!run->named || run->named[i]) && !state_lets_children_start(snapshot->views[i].state))
            well = false;
    for (size_t i = 0; i < snapshot->host_count; i++)
        reachable &= snapshot->hosts[i].state == HOST_READY;
    struct text counts;
    text_init(&counts, 0);
    output_counts(snapshot, &counts);
    printf("%s: %s\n", snapshot->workflow->name, counts.data);
    text_release(&counts);
    if (well)
        return EXIT_CODE_FINE;
    print_remains(snapshot);
    return reachable ? EXIT_CODE_NODES : EXIT_CODE_HOST;
}

static enum exit_code interrupted(const struct run *run)
{
    const struct snapshot *snapshot = engine_snapshot(run->session.engine);
    size_t live = snapshot->counts[STATE_RUNNING] + snapshot->counts[STATE_SUBMITTED] + snapshot->counts[STATE_QUEUED];
    if (live)
        complain(
            "interrupted; %zu job%s run on. Go on: dagtop run %s. Cancel them: dagtop cancel %s @running @submitted",
            live, live == 1 ? "" : "s", run->session.arguments->words[0], run->session.arguments->words[0]);
    return EXIT_CODE_INTERRUPTED;
}

static enum exit_code drive(struct run *run)
{
    struct session *session = &run->session;
    run->changes = changes_new(session, false);
    run->on_terminal = isatty(STDOUT_FILENO) && getenv("TERM") && strcmp(getenv("TERM"), "dumb") != 0;
    struct loop_timer *timer = loop_timer_new(session->loop, tick, run);
    if (run->on_terminal)
        loop_timer_start(timer, PROGRESS_LINE_PERIOD, PROGRESS_LINE_PERIOD);
    session->on_change = changed;
    session->on_change_argument = run;
    engine_set_driving(session->engine, true);
    session_wait(session, is_over, -1);
    changes_print(run->changes);
    changes_clear_progress_line(run->changes);
    session->on_change = NULL;
    loop_timer_free(timer);
    changes_free(run->changes);
    return session->interrupted ? interrupted(run) : summary(run);
}

static void handed_over(void *argument, const struct error *error)
{
    struct hand_over *hand_over = argument;
    hand_over->ended = true;
    hand_over->error = *error;
}

static bool is_handed_over(struct session *session)
{
    return ((struct hand_over *)session->on_change_argument)->ended;
}

static void ignore_change(struct session *session, unsigned changes, void *argument)
{
    (void)session;
    (void)changes;
    (void)argument;
}

/* --detach-to-slurm: ends when all jobs are in the queue. */
static enum exit_code detach(struct run *run)
{
    struct session *session = &run->session;
    struct hand_over *hand_over = &run->hand_over;
    struct error error = {0};
    if (engine_detach(session->engine, handed_over, hand_over, &error) != STATUS_OK) {
        complain("%s", error.message);
        return EXIT_CODE_USAGE;
    }
    session->on_change = ignore_change;
    session->on_change_argument = hand_over;
    session_wait(session, is_handed_over, -1);
    session->on_change = NULL;
    if (session->interrupted)
        return interrupted(run);
    if (hand_over->error.status != STATUS_OK) {
        complain("%s", hand_over->error.message);
        return EXIT_CODE_NODES;
    }
    printf("%s is in the hands of Slurm: dagtop status %s shows how it goes on\n", session->workflow->name,
        session->arguments->words[0]);
    return EXIT_CODE_FINE;
}

/* Restricts driving to the named nodes and what they need. */
static enum exit_code select_nodes(struct run *run)
{
    const struct workflow *workflow = run->session.workflow;
    if (run->session.arguments->word_count < 2)
        return EXIT_CODE_FINE;
    run->named = memory_new_array(workflow->node_count, sizeof *run->named);
    enum exit_code code = session_select(&run->session, 1, false, run->named);
    if (code != EXIT_CODE_FINE)
        return code;
    bool *scope = memory_new_array(workflow->node_count, sizeof *scope);
    memcpy(scope, run->named, workflow->node_count * sizeof *scope);
    graph_add_upstream(workflow, scope);
    engine_set_scope(run->session.engine, scope);
    free(scope);
    return EXIT_CODE_FINE;
}

/* --dry-run: what would be wanted again, and then what could start. */
static enum exit_code print_dry_run(struct run *run, const struct plan *again)
{
    struct plan *plan = NULL;
    struct error error;
    const struct workflow *workflow = run->session.workflow;
    if (again)
        output_print_plan(again, workflow);
    bool *set = memory_new_array(workflow->node_count, sizeof *set);
    for (size_t i = 0; i < workflow->node_count; i++)
        set[i] = engine_snapshot(run->session.engine)->views[i].state == STATE_READY && (!run->named || run->named[i]);
    if (engine_plan(run->session.engine, ACTION_START, set, 0, &plan, &error) == STATUS_OK)
        output_print_plan(plan, workflow);
    else if (!again)
        complain("%s", error.message);
    plan_free(plan);
    free(set);
    return EXIT_CODE_FINE;
}

static enum exit_code print_hand_over(struct run *run)
{
    struct plan *plan = NULL;
    struct error error;
    if (engine_detach_plan(run->session.engine, &plan, &error) != STATUS_OK) {
        complain("%s", error.message);
        return EXIT_CODE_USAGE;
    }
    output_print_plan(plan, run->session.workflow);
    plan_free(plan);
    return EXIT_CODE_FINE;
}

static enum exit_code run_workflow(struct run *run)
{
    struct plan *again = NULL;
    struct error error;
    session_wait_complete(&run->session);
    if (run->session.interrupted)
        return EXIT_CODE_INTERRUPTED;
    enum exit_code code = select_nodes(run);
    if (code == EXIT_CODE_FINE && plan_again(run, &again, &error) != STATUS_OK) {
        complain("%s", error.message);
        code = EXIT_CODE_USAGE;
    }
    bool dry = run->session.arguments->given[OPTION_dry_run];
    if (code == EXIT_CODE_FINE && dry && run->session.arguments->given[OPTION_detach_to_slurm])
        code = print_hand_over(run);
    else if (code == EXIT_CODE_FINE && dry)
        code = print_dry_run(run, again);
    else if (code == EXIT_CODE_FINE) {
        if (again)
            code = session_execute(&run->session, again);
        if (code == EXIT_CODE_FINE)
            code = run->session.arguments->given[OPTION_detach_to_slurm] ? detach(run) : drive(run);
    }
    plan_free(again);
    return code;
}

enum exit_code command_run(const struct arguments *arguments)
{
    struct run run = {0};
    enum exit_code code = session_load(&run.session, arguments);
    if (code != EXIT_CODE_FINE)
        return code;
    if (arguments->given[OPTION_background] && !background_begin(run.session.workflow->name, &code)) {
        session_close(&run.session);
        return code;
    }
    session_begin(&run.session);
    code = run_workflow(&run);
    session_close(&run.session);
    free(run.named);
    return code;
}
