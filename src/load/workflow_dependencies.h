/* SPDX-License-Identifier: Apache-2.0 */
/* The section `dependencies`: chains, steps with sets, and the map that cloudmesh-cc saves. */
#ifndef DAGTOP_LOAD_WORKFLOW_DEPENDENCIES_H
#define DAGTOP_LOAD_WORKFLOW_DEPENDENCIES_H

#include "schema.h"
#include "dagtop/model/workflow.h"

/*
 * Adds the edges of the section, and the nodes that only it names; then finishes the workflow. Mistakes, a cycle among
 * them, are told. declared: the file has nodes of its own, so that a new name is worth a warning.
 */
void workflow_dependencies_read(
    struct reading *reading, struct workflow *workflow, const struct value *dependencies, bool declared);

#endif
