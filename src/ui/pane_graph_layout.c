/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts are made at once where they are small, by a thread where they are large, and bettered by a thread while
 * nobody presses keys. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/job_kind.h"
#include "pane_graph_input.h"
#include "ui_private.h"

enum {
    AT_ONCE_MOST = 32, /* nodes and edges that are laid out in the loop: six milliseconds at worst */
    FOLD_FIRST = 1000, /* nodes from which the folded drawing is shown before any other */
    CELLS_A_NODE = 4,  /* that an unfolded drawing needs at the very least */
    IDLE_MILLISECONDS = 1000,
    REFINE_ROUNDS = 60,
    REFINE_WORK = 1000000
};

/* What a thread makes; the pane reads layout when it is done. */
struct graph_job {
    struct ui *ui; /* only for the loop's thread */
    struct graph_wish wish;
    struct graph_input *input;
    struct layout *layout;
    bool refine;
    bool may_turn; /* the other direction may be taken where this one makes the boxes smaller or folds them: */
    enum layout_box box_before;
    bool folded_before;
    atomic_bool abandoned; /* nobody waits any more */
};

static struct graph_job *job_new(struct ui *ui, const struct graph_wish *wish, struct graph_input *input, bool refine)
{
    struct graph_job *job = memory_new(sizeof *job);
    job->ui = ui;
    job->wish = *wish;
    job->input = input;
    job->refine = refine;
    atomic_init(&job->abandoned, false);
    return job;
}

static void job_free(void *argument)
{
    struct graph_job *job = argument;
    graph_input_release(job->input);
    layout_free(job->layout);
    free(job);
}

/* The same layout once more, in the best order that some time finds; none where that is not better. */
static void refine(struct graph_job *job)
{
    bool better = false;
    uint64_t before = layout_drawn_crossings(job->layout);
    int64_t cells = (int64_t)layout_width(job->layout) * layout_height(job->layout);
    for (int i = 0; i < REFINE_ROUNDS && !atomic_load(&job->abandoned); i++)
        better = layout_refine(job->layout, REFINE_WORK);
    if (better && !atomic_load(&job->abandoned))
        layout_adopt(job->layout);
    uint64_t after = layout_drawn_crossings(job->layout);
    if (after < before || (after == before && (int64_t)layout_width(job->layout) * layout_height(job->layout) < cells))
        return;
    layout_free(job->layout);
    job->layout = NULL;
}

/* Smaller boxes, or folded ones, where there were none before the file was read anew. */
static bool is_poorer(const struct layout *layout, enum layout_box box, bool folded)
{
    return layout_box(layout) > box || (layout_is_folded(layout) && !folded);
}

/* The direction was kept so that nodes stay where they are; where that costs what the boxes show, it may be turned. */
static void turn(struct graph_job *job, struct layout_options *options)
{
    options->direction = LAYOUT_DIRECTION_AUTO;
    options->before = NULL;
    struct layout *other = layout_new(&job->input->graph, options);
    if (other && is_poorer(job->layout, layout_box(other), layout_is_folded(other))) {
        layout_free(job->layout);
        job->layout = other;
    } else {
        layout_free(other);
    }
}

static void job_run(void *argument)
{
    struct graph_job *job = argument;
    struct layout_options options = job->input->options;
    options.stop = &job->abandoned;
    job->layout = layout_new(&job->input->graph, &options);
    if (job->layout && job->may_turn && is_poorer(job->layout, job->box_before, job->folded_before))
        turn(job, &options);
    if (job->refine && job->layout)
        refine(job);
}

static void forget_layout(struct graph_pane *graph)
{
    layout_free(graph->layout);
    layout_free(graph->better);
    graph_input_release(graph->input);
    free(graph->members);
    free(graph->first_member);
    free(graph->styles);
    free(graph->passed);
    free(graph->marked);
    graph->layout = graph->better = NULL;
    graph->input = NULL;
    graph->members = NULL;
    graph->first_member = NULL;
    graph->styles = NULL;
    graph->passed = graph->marked = NULL;
}

static void abandon_work(struct graph_pane *graph)
{
    if (graph->job)
        atomic_store(&graph->job->abandoned, true);
    loop_work_free(graph->work);
    graph->work = NULL;
    graph->job = NULL;
}

void pane_graph_release(struct ui *ui)
{
    struct graph_pane *graph = &ui->graph;
    abandon_work(graph);
    forget_layout(graph);
    if (graph->idle)
        loop_timer_free(graph->idle);
    free(graph->kinds);
    free(graph->open);
    free(graph->colours);
    free(graph->memory.ranks);
    *graph = (struct graph_pane){0};
}

static void list_members(struct graph_pane *graph)
{
    size_t boxes = layout_box_count(graph->layout), place = 0, count;
    graph->members = memory_new_array(graph->input->graph.node_count + 1, sizeof *graph->members);
    graph->first_member = memory_new_array(boxes + 1, sizeof *graph->first_member);
    for (size_t box = 0; box < boxes; box++) {
        const uint32_t *members = layout_members(graph->layout, box, &count);
        graph->first_member[box] = place;
        for (size_t i = 0; i < count; i++)
            graph->members[place++] = graph->input->nodes[members[i]];
    }
}

/* Whether what is shown says something about the layout of a wish: the same boxes, or most of them, the same way. */
static bool goes_on(const struct graph_pane *graph, const struct graph_wish *next)
{
    if (!graph->layout)
        return false;
    enum layout_fold now = layout_is_folded(graph->layout) ? LAYOUT_FOLD_ALL : LAYOUT_FOLD_NONE;
    bool same_fold = next->fold == graph->shown_wish.fold || next->fold == now;
    return same_fold &&
           (next->direction == graph->shown_wish.direction || next->direction == layout_direction(graph->layout));
}

/* The view is to be the one that has the cursor where it is now, or, where there is none, in the middle. */
static void hold_cursor(struct ui *ui)
{
    struct graph_pane *graph = &ui->graph;
    graph->held = pane_graph_cursor(ui, &graph->held_row, &graph->held_column);
}

/* Which nodes play the same part is found out once. */
static void keep_colours(struct graph_pane *graph)
{
    const uint32_t *colours = layout_colours(graph->layout);
    size_t count = graph->workflow->node_count;
    if (!colours || graph->colours || graph->input->graph.node_count != count)
        return;
    graph->colours = memory_new_array(count + 1, sizeof *graph->colours);
    memcpy(graph->colours, colours, count * sizeof *colours);
}

/* The pane shows what a job has made. */
static void take(struct ui *ui, struct graph_job *job)
{
    struct graph_pane *graph = &ui->graph;
    graph->held = false;
    if (goes_on(graph, &job->wish) && graph->shown_wish.width == job->wish.width &&
        graph->shown_wish.height == job->wish.height)
        hold_cursor(ui);
    if (!graph->layout && graph->memory.held) {
        graph->held = true;
        graph->held_row = graph->memory.row;
        graph->held_column = graph->memory.column;
    }
    forget_layout(graph);
    graph->layout = job->layout;
    graph->input = graph_input_hold(job->input);
    graph->shown_wish = job->wish;
    /* What was turned stays so. */
    if (job->may_turn && graph->wish.direction == job->wish.direction)
        graph->wish.direction = graph->shown_wish.direction = layout_direction(graph->layout);
    job->layout = NULL;
    keep_colours(graph);
    size_t boxes = layout_box_count(graph->layout);
    list_members(graph);
    graph->styles = memory_new_array(boxes + 1, sizeof *graph->styles);
    graph->passed = memory_new_array(boxes + 1, sizeof *graph->passed);
    graph->marked = memory_new_array(boxes + 1, sizeof *graph->marked);
    graph->shown = (size_t)NO_NODE;
    if (graph->idle)
        loop_timer_start(graph->idle, IDLE_MILLISECONDS, 0);
}

static void job_done(void *argument)
{
    struct graph_job *job = argument;
    struct ui *ui = job->ui;
    struct graph_pane *graph = &ui->graph;
    if (!job->refine) {
        take(ui, job);
    } else if (job->layout) {
        layout_free(graph->better);
        graph->better = job->layout;
        job->layout = NULL;
    }
    graph->job = NULL;
    loop_work_free(graph->work);
    graph->work = NULL;
    ui_mark_dirty(ui);
}

/* By a thread; where none can be had, at once. */
static void start(struct ui *ui, struct graph_job *job)
{
    struct graph_pane *graph = &ui->graph;
    struct graph_input *input = graph_input_hold(job->input);
    struct graph_wish wish = job->wish;
    bool is_refining = job->refine;
    abandon_work(graph);
    graph->job = job;
    if (loop_work_new(ui->options.loop, job_run, job_done, job_free, job, &graph->work, NULL) != STATUS_OK) {
        graph->job = NULL;
        graph->work = NULL;
        if (!is_refining) {
            job = job_new(ui, &wish, graph_input_hold(input), false);
            job_run(job);
            take(ui, job);
            job_free(job);
        }
    }
    graph_input_release(input);
}

static void look_for_better(void *argument)
{
    struct ui *ui = argument;
    struct graph_pane *graph = &ui->graph;
    if (!graph->layout || graph->work || graph->better || layout_layered_crossings(graph->layout) == 0)
        return;
    start(ui, job_new(ui, &graph->shown_wish, graph_input_hold(graph->input), true));
}

static bool wishes_equal(const struct graph_wish *one, const struct graph_wish *other)
{
    return one->width == other->width && one->height == other->height && one->direction == other->direction &&
           one->box == other->box && one->fold == other->fold && one->matrix == other->matrix &&
           one->opened == other->opened && one->steps == other->steps &&
           (one->steps == 0 || one->center == other->center);
}

/* From before the file was read anew; NULL where these say nothing about the next layout. */
static int32_t *remembered_ranks(const struct graph_pane *graph, const struct graph_wish *next)
{
    const struct graph_memory *memory = &graph->memory;
    size_t count = graph->workflow->node_count;
    bool fits = memory->ranks && next->direction == memory->direction &&
                (next->fold == memory->fold || next->fold == LAYOUT_FOLD_AUTO);
    if (!fits)
        return NULL;
    int32_t *ranks = memory_new_array(count + 1, sizeof *ranks);
    memcpy(ranks, memory->ranks, count * sizeof *ranks);
    return ranks;
}

/* The ranks of the shown layout, or of the better one that was waiting; NULL where these say nothing about the next. */
static int32_t *earlier_ranks(const struct graph_pane *graph, const struct graph_wish *next)
{
    const struct layout *layout = graph->better ? graph->better : graph->layout;
    if (!goes_on(graph, next))
        return remembered_ranks(graph, next);
    int32_t *ranks = memory_new_array(graph->workflow->node_count + 1, sizeof *ranks);
    for (size_t i = 0; i < graph->workflow->node_count; i++) {
        uint32_t place = graph->input->place_of[i];
        ranks[i] = place == UINT32_MAX ? -1 : layout_rank(layout, layout_box_of_node(layout, place));
    }
    return ranks;
}

void pane_graph_init(struct ui *ui)
{
    struct graph_pane *graph = &ui->graph;
    const struct workflow *workflow = ui->snapshot->workflow;
    graph->workflow = workflow;
    graph->shown = (size_t)NO_NODE;
    graph->kinds = memory_new_array(workflow->node_count + 1, sizeof *graph->kinds);
    graph->open = memory_new_array(workflow->node_count + 1, sizeof *graph->open);
    graph->wish.fold = LAYOUT_FOLD_AUTO;
    job_kind_fill(workflow, graph->kinds);
    if (ui->options.loop)
        graph->idle = loop_timer_new(ui->options.loop, look_for_better, ui);
}

/* How the shown layout is, for the next one. */
static void remember_shape(struct ui *ui)
{
    struct graph_memory *memory = &ui->graph.memory;
    const struct layout *layout = ui->graph.layout;
    memory->direction = layout_direction(layout);
    memory->box = layout_box(layout);
    memory->fold = layout_is_folded(layout) ? LAYOUT_FOLD_ALL : LAYOUT_FOLD_NONE;
    memory->held = pane_graph_cursor(ui, &memory->row, &memory->column);
}

/* The ranks of nodes that were drawn and are still there; where nothing is drawn, those that were remembered before. */
static void remember_layout(struct ui *ui, size_t count, const size_t *before_of)
{
    struct graph_pane *graph = &ui->graph;
    struct graph_memory *memory = &graph->memory;
    int32_t *ranks = graph->layout ? earlier_ranks(graph, &graph->shown_wish) : memory->ranks;
    if (graph->layout && ranks)
        remember_shape(ui);
    if (graph->layout)
        free(memory->ranks);
    memory->ranks = ranks ? memory_new_array(count + 1, sizeof *memory->ranks) : NULL;
    for (size_t i = 0; ranks && i < count; i++)
        memory->ranks[i] = before_of[i] == (size_t)NO_NODE ? -1 : ranks[before_of[i]];
    free(ranks);
}

void pane_graph_renew(struct ui *ui, const struct workflow *workflow, const size_t *now_of, const size_t *before_of)
{
    struct graph_pane *graph = &ui->graph;
    size_t count = workflow->node_count;
    uint8_t *open = memory_new_array(count + 1, sizeof *open);
    for (size_t i = 0; i < count; i++)
        open[i] = before_of[i] != (size_t)NO_NODE && graph->open[before_of[i]];
    free(graph->open);
    graph->open = open;
    if (graph->layout)
        graph->wish.direction = layout_direction(graph->layout);
    remember_layout(ui, count, before_of);
    abandon_work(graph);
    forget_layout(graph);
    graph->workflow = workflow;
    free(graph->colours);
    graph->colours = NULL;
    free(graph->kinds);
    graph->kinds = memory_new_array(count + 1, sizeof *graph->kinds);
    job_kind_fill(workflow, graph->kinds);
    graph->shown = (size_t)NO_NODE;
    size_t from = graph->path ? now_of[graph->path_from] : (size_t)NO_NODE;
    graph->path = from != (size_t)NO_NODE;
    graph->path_from = graph->path ? from : 0;
    size_t center = graph->wish.steps > 0 ? now_of[graph->wish.center] : (size_t)NO_NODE;
    graph->wish.steps = center == (size_t)NO_NODE ? 0 : graph->wish.steps;
    graph->wish.center = center == (size_t)NO_NODE ? 0 : center;
}

/* What is made next on the way to the wish: of a large graph first the folded drawing. */
static struct graph_wish next_wish(const struct graph_pane *graph)
{
    struct graph_wish wish = graph->wish;
    size_t count = graph->workflow->node_count;
    if (count <= FOLD_FIRST || wish.steps > 0)
        return wish;
    if (wish.fold == LAYOUT_FOLD_AUTO && count * CELLS_A_NODE > (size_t)wish.width * (size_t)wish.height)
        wish.fold = LAYOUT_FOLD_ALL;
    if (!graph->layout)
        wish.fold = LAYOUT_FOLD_ALL;
    return wish;
}

bool pane_graph_is_busy(const struct ui *ui)
{
    return ui->graph.job && !ui->graph.job->refine;
}

void pane_graph_lay_out(struct ui *ui)
{
    struct graph_pane *graph = &ui->graph;
    graph->wish.width = graph->width;
    graph->wish.height = graph->height;
    if (graph->wish.steps > 0 && graph->input && ui->selected < graph->workflow->node_count &&
        graph->input->place_of[ui->selected] == UINT32_MAX)
        graph->wish.center = ui->selected;
    struct graph_wish wish = next_wish(graph);
    if (graph->layout && wishes_equal(&wish, &graph->shown_wish)) {
        if (pane_graph_is_busy(ui))
            abandon_work(graph);
        return;
    }
    if (pane_graph_is_busy(ui) && wishes_equal(&wish, &graph->job->wish))
        return;
    int32_t *before = earlier_ranks(graph, &wish);
    struct graph_input *input = graph_input_new(graph, &wish, ui->ascii, before);
    struct graph_job *job = job_new(ui, &wish, input, false);
    free(before);
    job->may_turn = !graph->layout && graph->memory.ranks && graph->chosen == LAYOUT_DIRECTION_AUTO;
    job->box_before = graph->memory.box;
    job->folded_before = graph->memory.fold == LAYOUT_FOLD_ALL;
    if (ui->options.loop && input->graph.node_count + input->graph.edge_count > AT_ONCE_MOST) {
        start(ui, job);
        return;
    }
    abandon_work(graph);
    job_run(job);
    take(ui, job);
    job_free(job);
}

void pane_graph_adopt(struct ui *ui)
{
    struct graph_pane *graph = &ui->graph;
    if (!ui->options.loop && !graph->better && graph->layout) {
        struct graph_job *job = job_new(ui, &graph->shown_wish, graph_input_hold(graph->input), true);
        job_run(job);
        graph->better = job->layout;
        job->layout = NULL;
        job_free(job);
    }
    if (!graph->better) {
        ui_show_message(ui, false, "No better drawing is known");
        return;
    }
    hold_cursor(ui);
    layout_free(graph->layout);
    graph->layout = graph->better;
    graph->better = NULL;
    graph->shown = (size_t)NO_NODE;
}

const uint32_t *pane_graph_members(const struct graph_pane *graph, size_t box, size_t *count)
{
    layout_members(graph->layout, box, count);
    return graph->members + graph->first_member[box];
}

const char *const *pane_graph_names(const struct graph_pane *graph)
{
    return (const char *const *)graph->input->names;
}

const uint32_t *pane_graph_drawn_members(const struct graph_pane *graph, size_t box, size_t *count)
{
    return layout_members(graph->layout, box, count);
}

bool pane_graph_cursor(const struct ui *ui, int *row, int *column)
{
    const struct graph_pane *graph = &ui->graph;
    size_t box;
    if (graph->shown != ui->selected || !pane_graph_box_of(graph, ui->selected, &box))
        return false;
    struct layout_rectangle place = layout_rectangle(graph->layout, box);
    *row = place.row + place.height / 2 - graph->row;
    *column = place.column + place.width / 2 - graph->column;
    return true;
}

bool pane_graph_box_of(const struct graph_pane *graph, size_t node, size_t *box)
{
    if (!graph->layout || node >= graph->workflow->node_count || graph->input->place_of[node] == UINT32_MAX)
        return false;
    *box = layout_box_of_node(graph->layout, graph->input->place_of[node]);
    return true;
}
