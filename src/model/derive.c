/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/model/derive.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"
#include "derive_rule.h"

enum { BLOCKED_BY_LIMIT = 16, REASON_LIMIT = 4096 };

void node_view_init(struct node_view *view)
{
    *view = (struct node_view){.state = STATE_READY, .progress = -1, .exit_code = -1};
}

void node_view_release(struct node_view *view)
{
    free(view->reason);
    free(view->blocked_by);
    node_view_init(view);
}

enum node_state derive_own_state(
    const struct node *node, const struct observation *observation, const struct attempt **current)
{
    const struct attempt *attempt;
    const struct derive_rule *rule = derive_rule_find(node, observation, &attempt);
    if (current)
        *current = attempt;
    return rule->state;
}

/* Keeps the old copy where nothing has changed: most reasons stay for long. NULL or "": none. */
static void set_reason(struct node_view *view, const char *reason)
{
    if (reason && !*reason)
        reason = NULL;
    if (view->reason && reason && strcmp(view->reason, reason) == 0)
        return;
    free(view->reason);
    view->reason = memory_copy_text(reason);
}

static void view_attempt(struct node_view *view, const struct attempt *attempt)
{
    view->current = attempt;
    view->attempt = attempt ? attempt->number : 0;
    view->submitted = attempt ? attempt->requested : 0;
    view->started = attempt ? attempt->started : 0;
    view->ended = attempt ? attempt->ended : 0;
    view->exit_code = attempt && attempt->exited && !attempt->signal ? attempt->exit_code : -1;
    view->signal = attempt && attempt->exited ? attempt->signal : 0;
}

static double own_progress(enum node_state state, const struct report *report)
{
    if (state == STATE_DONE)
        return 100;
    return state == STATE_RUNNING || state_is_ended(state) ? report->progress : -1;
}

/* All that the node's own records say; reason is a scratch text. */
static void view_own(struct node_view *view, const struct node *node, const struct observation *observation,
    const struct derive_options *options, struct text *reason)
{
    const struct attempt *attempt;
    const struct derive_rule *rule = derive_rule_find(node, observation, &attempt);
    text_clear(reason);
    derive_rule_tell(rule, attempt, observation, reason);
    view->state = rule->state;
    view->known = observation->known;
    view->from_cache = observation->from_cache;
    bool is_queued = rule->state == STATE_QUEUED && observation->batch.known;
    int64_t stale_after = is_queued ? options->queue_stale_after : options->stale_after;
    view->observed = is_queued ? observation->batch.observed : observation->observed;
    view->progress = own_progress(view->state, &observation->report);
    view->outdated = false;
    view->stale = state_is_live(view->state) && stale_after > 0 && options->now - view->observed > stale_after;
    view->blocked_by_count = 0;
    view_attempt(view, attempt);
    if (rule->state != STATE_READY) /* else explain() finds the reason */
        set_reason(view, reason->data);
}

static bool is_milestone(const struct workflow *workflow, const struct node_view *views, size_t index)
{
    return workflow->nodes[index].work == NODE_WORK_MILESTONE && !views[index].attempt;
}

/* What the parents' states make of a node that could start by its own records. */
static void apply_parents(const struct workflow *workflow, size_t index, struct node_view *views)
{
    const struct node *node = &workflow->nodes[index];
    struct node_view *view = &views[index];
    if (view->state != STATE_READY)
        return;
    for (size_t i = 0; i < node->parent_count && view->state == STATE_READY; i++)
        if (!state_lets_children_start(views[node->parents[i]].state))
            view->state = STATE_WAITING;
    if (view->state == STATE_READY && node->work == NODE_WORK_MILESTONE) {
        view->state = STATE_DONE;
        view->progress = 100;
    }
}

/* Sets of nodes that block others, a row of bits for each node; a bit is the rank of a blocking node, nearest first. */
struct blockers {
    size_t count, words;
    size_t *ranked;  /* rank -> node */
    size_t *rank_of; /* node -> rank, where it blocks */
    uint64_t *sets;  /* node * words */
};

static void add_blockers_of_parents(
    struct blockers *blockers, const struct node *node, uint64_t *set, const struct node_view *views)
{
    for (size_t i = 0; i < node->parent_count; i++) {
        size_t parent = node->parents[i];
        if (state_blocks_children(views[parent].state))
            set[blockers->rank_of[parent] / 64] |= UINT64_C(1) << blockers->rank_of[parent] % 64;
        else if (views[parent].state == STATE_WAITING)
            for (size_t word = 0; word < blockers->words; word++)
                set[word] |= blockers->sets[parent * blockers->words + word];
    }
}

static void view_blockers(struct node_view *view, const struct blockers *blockers, const uint64_t *set)
{
    for (size_t word = 0; word < blockers->words; word++) {
        for (uint64_t rest = set[word]; rest; rest &= rest - 1) {
            if (!view->blocked_by)
                view->blocked_by = memory_new_array(BLOCKED_BY_LIMIT, sizeof *view->blocked_by);
            if (view->blocked_by_count < BLOCKED_BY_LIMIT)
                view->blocked_by[view->blocked_by_count] = blockers->ranked[word * 64 + (size_t)__builtin_ctzll(rest)];
            view->blocked_by_count++;
        }
    }
}

/* Ranks the blocking nodes by layer, the deepest (nearest to those that wait) first, in linear time. */
static void rank_blockers(struct blockers *blockers, const struct workflow *workflow, const struct node_view *views)
{
    size_t *first = memory_new_array(workflow->node_count + 1, sizeof *first);
    for (size_t i = 0; i < workflow->node_count; i++)
        if (state_blocks_children(views[i].state)) {
            first[workflow->layer[i]]++;
            blockers->count++;
        }
    size_t below = 0;
    for (size_t layer = workflow->node_count; layer-- > 0;) {
        size_t here = first[layer];
        first[layer] = below;
        below += here;
    }
    for (size_t i = 0; i < workflow->node_count; i++) {
        if (!state_blocks_children(views[i].state))
            continue;
        blockers->rank_of[i] = first[workflow->layer[i]]++;
        blockers->ranked[blockers->rank_of[i]] = i;
    }
    free(first);
}

static void find_blockers(const struct workflow *workflow, struct node_view *views)
{
    struct blockers blockers = {0};
    blockers.ranked = memory_new_array(workflow->node_count, sizeof *blockers.ranked);
    blockers.rank_of = memory_new_array(workflow->node_count, sizeof *blockers.rank_of);
    rank_blockers(&blockers, workflow, views);
    blockers.words = (blockers.count + 63) / 64;
    blockers.sets = memory_new_array(workflow->node_count * blockers.words, sizeof *blockers.sets);
    for (size_t i = 0; i < workflow->node_count && blockers.count; i++) {
        size_t index = workflow->order[i];
        uint64_t *set = &blockers.sets[index * blockers.words];
        if (views[index].state != STATE_WAITING)
            continue;
        add_blockers_of_parents(&blockers, &workflow->nodes[index], set, views);
        view_blockers(&views[index], &blockers, set);
    }
    free(blockers.ranked);
    free(blockers.rank_of);
    free(blockers.sets);
}

/*
 * Which of the attempts that a done node has used are not the newest any more. recorded[i] and seen[i] hold for node i
 * where their stamp is the round's.
 */
struct comparison {
    const struct workflow *workflow;
    const struct node_view *views;
    unsigned *recorded; /* attempt of each parent as the request wrote it down */
    size_t *recorded_stamp, *seen_stamp, *stack;
    size_t stamp;
    const struct node *last; /* siblings mostly share parents and records: the last answer is kept */
    const char *last_record;
    bool last_answer;
};

/* "%41" and the like; anything else as it is. In place. */
static void percent_decode(char *text)
{
    char *to = text;
    for (; *text; text++) {
        char digits[3] = {text[0] == '%' ? text[1] : '\0', text[0] == '%' && text[1] ? text[2] : '\0', '\0'};
        char *end;
        long value = strtol(digits, &end, 16);
        bool encoded = digits[1] && !*end && value > 0;
        *to++ = encoded ? (char)value : *text;
        text += encoded ? 2 : 0;
    }
    *to = '\0';
}

/* Cuts "name=attempt" (or "name:attempt") behind the name; returns the attempt, or NULL where the word is neither. */
static const char *split_record(char *word)
{
    char *number = word + strlen(word);
    while (number > word && number[-1] >= '0' && number[-1] <= '9')
        number--;
    if (number == word || (number[-1] != '=' && number[-1] != ':'))
        return NULL;
    number[-1] = '\0';
    return number;
}

/* Notes what a request says of the parents. */
static void note_record(struct comparison *comparison, const char *record)
{
    char *copy = memory_copy_text(record), *rest = copy;
    for (char *word; (word = strsep(&rest, " "));) {
        const char *number = split_record(word);
        size_t index;
        if (!number)
            continue;
        percent_decode(word);
        if (!workflow_find(comparison->workflow, word, &index))
            continue;
        comparison->recorded[index] = (unsigned)strtoul(number, NULL, 10);
        comparison->recorded_stamp[index] = comparison->stamp;
    }
    free(copy);
}

static bool is_newer(const struct comparison *comparison, size_t parent)
{
    const struct node_view *view = &comparison->views[parent];
    bool noted = comparison->recorded_stamp[parent] == comparison->stamp;
    return view->state == STATE_DONE && view->attempt > (noted ? comparison->recorded[parent] : 0);
}

/* Looks at all parents, through milestones. */
static bool any_newer(struct comparison *comparison, const struct node *node)
{
    size_t depth = 0;
    for (;;) {
        for (size_t i = 0; i < node->parent_count; i++) {
            size_t parent = node->parents[i];
            if (comparison->seen_stamp[parent] == comparison->stamp)
                continue;
            comparison->seen_stamp[parent] = comparison->stamp;
            if (is_milestone(comparison->workflow, comparison->views, parent))
                comparison->stack[depth++] = parent;
            else if (is_newer(comparison, parent))
                return true;
        }
        if (depth == 0)
            return false;
        node = &comparison->workflow->nodes[comparison->stack[--depth]];
    }
}

static bool has_newer_parent(struct comparison *comparison, const struct node *node, const char *record)
{
    const struct node *last = comparison->last;
    bool same = last && strcmp(record, comparison->last_record) == 0 && node->parent_count == last->parent_count &&
                memcmp(node->parents, last->parents, node->parent_count * sizeof *node->parents) == 0;
    if (!same) {
        comparison->stamp++;
        note_record(comparison, record);
        comparison->last_answer = any_newer(comparison, node);
    }
    comparison->last = node;
    comparison->last_record = record;
    return comparison->last_answer;
}

static void find_outdated(const struct workflow *workflow, const char *const *checksums, struct node_view *views)
{
    size_t count = workflow->node_count;
    struct comparison comparison = {
        .workflow = workflow,
        .views = views,
        .recorded = memory_new_array(count, sizeof *comparison.recorded),
        .recorded_stamp = memory_new_array(count, sizeof *comparison.recorded_stamp),
        .seen_stamp = memory_new_array(count, sizeof *comparison.seen_stamp),
        .stack = memory_new_array(count, sizeof *comparison.stack),
    };
    for (size_t i = 0; i < count; i++) {
        const struct attempt *attempt = views[i].current;
        if (views[i].state != STATE_DONE || !attempt)
            continue;
        const struct node *node = &workflow->nodes[i];
        const char *checksum = checksums ? checksums[i] : NULL;
        views[i].outdated =
            (checksum && attempt->checksum && strcmp(checksum, attempt->checksum) != 0) ||
            (attempt->parents && node->parent_count && has_newer_parent(&comparison, node, attempt->parents));
    }
    free(comparison.recorded);
    free(comparison.recorded_stamp);
    free(comparison.seen_stamp);
    free(comparison.stack);
}

/* What keeps a node from starting that could start by its own records. */
static void tell_obstacle(const struct workflow *workflow, const struct observation *observation,
    const struct node *node, const struct node_view *view, struct text *reason)
{
    if (view->blocked_by_count)
        text_append_format(reason, "blocked by %s", workflow->nodes[view->blocked_by[0]].name);
    if (view->blocked_by_count > 1)
        text_append_format(reason, " and %zu more", view->blocked_by_count - 1);
    if (view->blocked_by_count)
        return;
    if (observation->trouble)
        text_append_string(reason, observation->trouble);
    else if (node->work == NODE_WORK_NOTHING)
        text_append_string(reason, "there is nothing to run: neither script nor exec");
    else if (node->script_missing)
        text_append_format(reason, "the script %s does not exist", node->script ? node->script : node->name);
    else if (node->note)
        text_append_string(reason, node->note);
}

static void explain(const struct workflow *workflow, const struct observation *observation, size_t index,
    struct node_view *view, struct text *reason)
{
    bool open = view->state == STATE_WAITING || view->state == STATE_READY;
    bool done_by_parents = view->state == STATE_DONE && !view->current;
    if (!open && !done_by_parents)
        return;
    text_clear(reason);
    if (open)
        tell_obstacle(workflow, observation, &workflow->nodes[index], view, reason);
    set_reason(view, reason->data);
}

void derive_views(const struct workflow *workflow, const struct observation *observations, const char *const *checksums,
    const struct derive_options *options, struct node_view *views)
{
    struct text reason;
    text_init(&reason, REASON_LIMIT);
    for (size_t i = 0; i < workflow->node_count; i++)
        view_own(&views[i], &workflow->nodes[i], &observations[i], options, &reason);
    for (size_t i = 0; i < workflow->node_count; i++)
        apply_parents(workflow, workflow->order[i], views);
    find_blockers(workflow, views);
    find_outdated(workflow, checksums, views);
    for (size_t i = 0; i < workflow->node_count; i++)
        explain(workflow, &observations[i], i, &views[i], &reason);
    text_release(&reason);
}

void derive_counts(const struct node_view *views, size_t count, size_t *counts)
{
    memset(counts, 0, STATE_COUNT * sizeof *counts);
    for (size_t i = 0; i < count; i++)
        counts[views[i].state]++;
}

enum workflow_state derive_workflow_state(const struct node_view *views, size_t count, bool can_start)
{
    size_t counts[STATE_COUNT];
    derive_counts(views, count, counts);
    if (can_start || counts[STATE_SUBMITTED] || counts[STATE_QUEUED] || counts[STATE_RUNNING])
        return WORKFLOW_RUNNING;
    if (counts[STATE_FAILED] || counts[STATE_LOST] || counts[STATE_CANCELLED])
        return WORKFLOW_FAILED;
    return counts[STATE_DONE] + counts[STATE_SKIPPED] == count ? WORKFLOW_DONE : WORKFLOW_READY;
}

const char *workflow_state_word(enum workflow_state state)
{
    static const char *const words[] = {"ready", "running", "failed", "done"};
    return words[state];
}
