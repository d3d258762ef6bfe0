/* SPDX-License-Identifier: Apache-2.0 */
/* From a workflow's records and what its jobs left to rows of results. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/sweep/result_files.h"
#include "results.h"

char *results_run_directory(const struct session *session, const struct node *node)
{
    const struct workflow *workflow = engine_snapshot(session->engine)->workflow;
    const struct host_settings *own = settings_host(&session->settings, "localhost");
    const char *home = getenv("HOME"), *base = workflow->directory ? workflow->directory
                                               : own && own->base  ? own->base
                                                                   : "~/experiment";
    if (node->kind != NODE_KIND_LOCAL || (*base != '/' && !home))
        return NULL;
    if (*base == '/')
        return memory_format("%s/%s/%s", base, workflow->name, node->name);
    return memory_format(
        "%s/%s/%s/%s", home, strncmp(base, "~/", 2) == 0 ? base + 2 : base, workflow->name, node->name);
}

/* The folder that dagtop sweep has made for the node: that of its script. The caller frees it. */
static char *sweep_directory(const struct node *node)
{
    const char *slash = node->script_path ? strrchr(node->script_path, '/') : NULL;
    return slash ? memory_copy_span(node->script_path, (size_t)(slash - node->script_path)) : NULL;
}

static bool read_files(const char *folder, struct report *report)
{
    char *trouble;
    bool found = result_files_read(folder, report, &trouble);
    if (trouble)
        complain("%s", trouble);
    free(trouble);
    return found;
}

/* A permutation without an attempt may have been run without dagtop, in its own folder. */
static void read_folder(struct result_row *row, const char *folder, struct report *report)
{
    bool logs = result_files_read_logs(folder, report), files = read_files(folder, report);
    if (!logs && !files)
        return;
    row->source = memory_copy_text(folder);
    row->progress = report->progress;
    if (!report->status || !state_from_word(report->status, &row->state))
        row->state = files ? STATE_DONE : row->state;
}

/* What the cluster has measured counts as a metric, unless the job tells of its energy itself. */
static void add_energy(struct result_row *row)
{
    const char *energy = attributes_get(&row->versions, "energy");
    if (energy && !attributes_get(&row->metrics, "energy"))
        attributes_set(&row->metrics, "energy", energy);
}

static void fill_row(const struct session *session, size_t index, struct result_row *row)
{
    const struct snapshot *snapshot = engine_snapshot(session->engine);
    const struct node *node = &snapshot->workflow->nodes[index];
    const struct node_view *view = &snapshot->views[index];
    struct report report;
    report_copy(&report, &snapshot->observations[index].report);
    *row = (struct result_row){.name = memory_copy_text(node->name),
        .state = view->state,
        .kind = memory_copy_text(node_kind_word(node->kind)),
        .host = memory_copy_text(node->host),
        .jobid = memory_copy_text(view->current ? view->current->jobid : NULL),
        .reason = memory_copy_text(view->reason),
        .attempt = view->attempt,
        .progress = view->progress,
        .started = view->started,
        .ended = view->ended};
    attributes_copy(&row->parameters, &node->sweep);
    char *own = results_run_directory(session, node), *folder = sweep_directory(node);
    if (view->attempt && own)
        read_files(own, &report);
    else if (!view->attempt && folder)
        read_folder(row, folder, &report);
    attributes_copy(&row->metrics, &report.metrics);
    if (view->current)
        attempt_read_facts(view->current, &row->versions);
    add_energy(row);
    report_release(&report);
    free(own);
    free(folder);
}

size_t results_gather(struct session *session, struct result_table *table)
{
    const struct workflow *workflow = engine_snapshot(session->engine)->workflow;
    size_t count = 0;
    for (size_t i = 0; i < workflow->node_count; i++)
        if (workflow->nodes[i].sweep.count) {
            struct result_row row;
            fill_row(session, i, &row);
            result_table_add(table, &row);
            count++;
        }
    return count;
}
