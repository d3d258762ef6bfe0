/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "command.h"
#include "dagtop/base/memory.h"

struct waited {
    bool *set;
};

/* A node that nothing will change by itself: ended, skipped, held, or kept waiting by such a one. */
static bool is_settled(const struct node_view *view)
{
    return state_is_ended(view->state) || view->state == STATE_SKIPPED || view->state == STATE_HELD ||
           view->blocked_by_count > 0;
}

static bool all_settled(struct session *session)
{
    const struct snapshot *snapshot = engine_snapshot(session->engine);
    const struct waited *waited = session->on_change_argument;
    for (size_t i = 0; i < snapshot->workflow->node_count; i++)
        if (waited->set[i] && !is_settled(&snapshot->views[i]))
            return false;
    return snapshot->complete;
}

static bool all_well(const struct snapshot *snapshot, const bool *set)
{
    for (size_t i = 0; i < snapshot->workflow->node_count; i++)
        if (set[i] && !state_lets_children_start(snapshot->views[i].state))
            return false;
    return true;
}

/* Why it was not waited for, or not for good: the first node of which that is so. */
static void tell(const struct snapshot *snapshot, const bool *set, enum exit_code code)
{
    size_t i = 0;
    if (code != EXIT_CODE_TIME && code != EXIT_CODE_NODES)
        return;
    while (i + 1 < snapshot->workflow->node_count && (!set[i] || state_lets_children_start(snapshot->views[i].state)))
        i++;
    const struct node_view *view = &snapshot->views[i];
    complain("%s%s is %s%s%s", code == EXIT_CODE_TIME ? "time ran out: " : "", snapshot->workflow->nodes[i].name,
        state_word(view->state), view->reason ? ", " : "", view->reason ? view->reason : "");
}

enum exit_code command_wait(const struct arguments *arguments)
{
    int64_t timeout = -1;
    if (arguments->given[OPTION_timeout] && !clock_parse_duration(arguments->value[OPTION_timeout], &timeout)) {
        complain("--timeout is \"%s\", expected a time such as 90s, 15m or 2h", arguments->value[OPTION_timeout]);
        return EXIT_CODE_USAGE;
    }
    struct session session;
    enum exit_code code = session_open(&session, arguments);
    if (code != EXIT_CODE_FINE)
        return code;
    session_wait_complete(&session);
    struct waited waited = {memory_new_array(session.workflow->node_count, sizeof *waited.set)};
    code = session_select(&session, 1, true, waited.set);
    if (code == EXIT_CODE_FINE) {
        session.on_change_argument = &waited;
        session_wait(&session, all_settled, timeout);
        if (session.interrupted)
            code = EXIT_CODE_INTERRUPTED;
        else if (session.timed_out)
            code = EXIT_CODE_TIME;
        else if (!all_well(engine_snapshot(session.engine), waited.set))
            code = EXIT_CODE_NODES;
        tell(engine_snapshot(session.engine), waited.set, code);
    }
    session_close(&session);
    free(waited.set);
    return code;
}
