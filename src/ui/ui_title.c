/* SPDX-License-Identifier: Apache-2.0 */
/* The title of the terminal: how the workflow stands, for whoever sees only the list of windows. */
#include <stdio.h>
#include <string.h>

#include "ui_private.h"

void ui_title_update(struct ui *ui)
{
    char title[200];
    const struct snapshot *snapshot = ui->snapshot;
    const size_t *counts = snapshot->counts;
    size_t failed = counts[STATE_FAILED] + counts[STATE_LOST], live = counts[STATE_RUNNING] + counts[STATE_QUEUED];
    size_t done = counts[STATE_DONE] + counts[STATE_SKIPPED];
    if (!snapshot->complete)
        return;
    if (ui->options.settings && ui->options.settings->title && strcmp(ui->options.settings->title, "no") == 0)
        return;
    int length = snprintf(title, sizeof title, "%.80s: ", snapshot->workflow->name);
    if (failed > 0)
        length += snprintf(title + length, sizeof title - (size_t)length, "%zu failed, ", failed);
    if (live > 0)
        length += snprintf(title + length, sizeof title - (size_t)length, "%zu live, ", live);
    snprintf(title + length, sizeof title - (size_t)length, "%zu of %zu done", done, snapshot->workflow->node_count);
    if (strcmp(title, ui->title) == 0)
        return;
    snprintf(ui->title, sizeof ui->title, "%s", title);
    term_set_title(ui->options.term, title);
}
