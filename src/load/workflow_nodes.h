/* SPDX-License-Identifier: Apache-2.0 */
/* The attributes of nodes: the table of what they may be, and the defaults of a workflow and of a person. */
#ifndef DAGTOP_LOAD_WORKFLOW_NODES_H
#define DAGTOP_LOAD_WORKFLOW_NODES_H

#include "schema.h"
#include "dagtop/model/settings.h"
#include "dagtop/model/workflow.h"

enum { WORKFLOW_NODES_LIMIT = 200000 };

/* All that the reading of nodes needs; borrowed but for files. */
struct node_reader {
    struct reading *reading;
    struct workflow *workflow;
    const struct value *defaults;    /* the workflow's own, or NULL */
    const struct settings *settings; /* a person's, or NULL */
    bool saved;                      /* cloudmesh-cc saved the file: `status: done` means nothing */
    struct map *files;               /* path -> is there; see workflow_work.h */
};

/* Adds the nodes of the section `nodes`: their own attributes, then defaults, then what they run. */
void workflow_nodes_read(struct node_reader *reader, const struct value *nodes);

/*
 * Completes the nodes that only dependencies name: with defaults, but for those that say what runs where, so that a
 * misspelt name never runs something on a cluster.
 */
void workflow_nodes_complete_others(struct node_reader *reader);

/* Tells the mistakes of the workflow's defaults; false where there are any. */
bool workflow_nodes_check_defaults(struct reading *reading, const struct value *defaults);

/* The same for the defaults of a config file, which also go to attributes: key -> text, nested keys joined by '.'. */
void workflow_nodes_read_defaults(struct reading *reading, const struct value *defaults, struct attributes *attributes);

#endif
