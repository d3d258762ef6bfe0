/* SPDX-License-Identifier: Apache-2.0 */
#include "eta.h"

#include <stdlib.h>

#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"

/* Durations of attempts that ended well, of one kind of work. */
struct sample {
    int64_t least, most;
    unsigned count;
};

static void take_sample(struct sample *sample, int64_t duration)
{
    if (sample->count == 0 || duration < sample->least)
        sample->least = duration;
    if (duration > sample->most)
        sample->most = duration;
    sample->count++;
}

/* What nodes that run the same have in common. */
static const char *work_of(const struct node *node)
{
    return node->script_path ? node->script_path : node->exec ? node->exec : NULL;
}

static void take_attempts(const struct observation *observation, struct sample *own, struct sample *shared)
{
    for (size_t i = 0; i < observation->attempt_count; i++) {
        const struct attempt *attempt = &observation->attempts[i];
        bool well = attempt->exited && attempt->exit_code == 0 && attempt->signal == 0;
        if (!well || !attempt->started || attempt->ended < attempt->started)
            continue;
        take_sample(own, attempt->ended - attempt->started);
        if (shared)
            take_sample(shared, attempt->ended - attempt->started);
    }
}

/* From the progress: what is left takes as long as what is done did, give or take more the less is done. */
static struct eta from_progress(int64_t elapsed, double progress)
{
    double left = (double)elapsed * (100 - progress) / progress, doubt = progress < 20   ? 0.5
                                                                         : progress < 60 ? 0.25
                                                                                         : 0.1;
    return (struct eta){.known = true,
        .rough = progress < 20,
        .low = (int64_t)(left * (1 - doubt)),
        .high = (int64_t)(left * (1 + doubt))};
}

static struct eta from_sample(const struct sample *sample, int64_t elapsed, bool own)
{
    struct eta eta = {.known = sample->count > 0, .rough = !own || sample->count < 2};
    eta.low = sample->least > elapsed ? sample->least - elapsed : 0;
    eta.high = sample->most > elapsed ? sample->most - elapsed : 0;
    return eta;
}

static struct eta estimate_node(
    const struct snapshot *snapshot, wall_time now, size_t index, const struct sample *own, const struct sample *shared)
{
    const struct node_view *view = &snapshot->views[index];
    const struct node *node = &snapshot->workflow->nodes[index];
    if (state_is_ended(view->state) || view->state == STATE_SKIPPED || node->work == NODE_WORK_MILESTONE)
        return (struct eta){.known = true};
    int64_t elapsed = view->state == STATE_RUNNING && view->started && now > view->started ? now - view->started : 0;
    if (view->state == STATE_RUNNING && view->progress >= 1 && elapsed > 0)
        return from_progress(elapsed, view->progress < 100 ? view->progress : 100);
    if (own->count > 0)
        return from_sample(own, elapsed, true);
    return shared ? from_sample(shared, elapsed, false) : (struct eta){0};
}

/* The longest chain: each node after the last of its parents. */
static void estimate_whole(const struct snapshot *snapshot, const struct eta *nodes, struct eta *whole)
{
    const struct workflow *workflow = snapshot->workflow;
    struct eta *ends = memory_new_array(workflow->node_count + 1, sizeof *ends);
    *whole = (struct eta){.known = false};
    for (size_t i = 0; i < workflow->node_count; i++) {
        size_t index = workflow->order[i];
        const struct node *node = &workflow->nodes[index];
        struct eta end = {0};
        for (size_t j = 0; j < node->parent_count; j++) {
            const struct eta *parent = &ends[node->parents[j]];
            end.low = parent->low > end.low ? parent->low : end.low;
            end.high = parent->high > end.high ? parent->high : end.high;
        }
        end.low += nodes[index].low;
        end.high += nodes[index].high;
        ends[index] = end;
        whole->low = end.low > whole->low ? end.low : whole->low;
        whole->high = end.high > whole->high ? end.high : whole->high;
        whole->rough = whole->rough || nodes[index].rough;
        whole->open = whole->open || !nodes[index].known;
        whole->known = whole->known || nodes[index].high > 0;
    }
    free(ends);
}

void eta_estimate(const struct snapshot *snapshot, wall_time now, struct eta *nodes, struct eta *whole)
{
    const struct workflow *workflow = snapshot->workflow;
    struct sample *own = memory_new_array(workflow->node_count + 1, sizeof *own);
    struct sample *shared = memory_new_array(workflow->node_count + 1, sizeof *shared);
    struct map *works = map_new();
    uintptr_t place;
    for (size_t i = 0; i < workflow->node_count; i++) {
        const char *work = work_of(&workflow->nodes[i]);
        if (work && !map_get(works, work, &place)) {
            place = i;
            map_set(works, work, place);
        }
        take_attempts(&snapshot->observations[i], &own[i], work ? &shared[place] : NULL);
    }
    for (size_t i = 0; i < workflow->node_count; i++) {
        const char *work = work_of(&workflow->nodes[i]);
        bool known = work && map_get(works, work, &place);
        nodes[i] = estimate_node(snapshot, now, i, &own[i], known ? &shared[place] : NULL);
    }
    estimate_whole(snapshot, nodes, whole);
    map_free(works);
    free(own);
    free(shared);
}

int64_t eta_duration(const struct snapshot *snapshot, wall_time now, const struct eta *nodes, size_t node)
{
    const struct node_view *view = &snapshot->views[node];
    int64_t left = (nodes[node].low + nodes[node].high) / 2;
    if (!view->started)
        return left;
    wall_time end = state_is_live(view->state) || !view->ended ? now : view->ended;
    return (end > view->started ? end - view->started : 0) + left;
}

void eta_append(const struct eta *eta, struct text *text)
{
    char low[32], high[32];
    if (!eta->known)
        return;
    clock_format_duration(eta->low, low, sizeof low);
    if (eta->open) {
        text_append_format(text, "over %s", low);
        return;
    }
    clock_format_duration(eta->high, high, sizeof high);
    if (eta->high - eta->low < 2000)
        text_append_format(text, "~%s", high);
    else
        text_append_format(text, "%s\u2013%s", low, high);
    if (eta->rough)
        text_append_string(text, " (rough)");
}
