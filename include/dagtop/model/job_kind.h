/* SPDX-License-Identifier: Apache-2.0 */
/* Which nodes do the same job with other parameters, so that a drawing may fold them into one box. */
#ifndef DAGTOP_MODEL_JOB_KIND_H
#define DAGTOP_MODEL_JOB_KIND_H

#include "dagtop/model/workflow.h"

/*
 * Fills kinds (node_count of them) with the kind of each node's job: the number of the first node of that kind. Of one
 * kind are nodes that run on the same kind of host and have in common
 *   the parameters of their `sweep` blocks and the name of the script or program, or
 *   the script, or the program of exec whatever its arguments, or
 *   the name but for its numbers,
 * and whatever these join further. Nodes that run nothing or are only watched have their names alone. O(bytes of
 * names and commands).
 */
void job_kind_fill(const struct workflow *workflow, uint32_t *kinds);

#endif
