/* SPDX-License-Identifier: Apache-2.0 */
/* What a node runs (dagtop-workflow(5), "What a node runs"): looks for the files beside the workflow file. */
#ifndef DAGTOP_LOAD_WORKFLOW_WORK_H
#define DAGTOP_LOAD_WORKFLOW_WORK_H

#include "workflow_nodes.h"

/*
 * Sets work, script_path and script_missing of a node that has all its attributes; an exec that is one script, and an
 * implied script, become script. works says that the node itself has what only work needs (env, venv, slurm, files, a
 * kind), so that it is never an implied milestone. What cannot be started is told as a warning at place.
 */
void workflow_work_find(struct node_reader *reader, struct node *node, bool works, struct place place);

/* The path on this machine of a file that the workflow file names: beside it, or in the home for ~/. The caller frees
 * it. */
char *workflow_work_path(const struct workflow *workflow, const char *name);

#endif
