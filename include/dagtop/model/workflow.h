/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A workflow as its file describes it: nodes and edges, nothing of what has happened.
 *
 * Nodes are numbered in the order of the file and never move; an index names a node everywhere in the program.
 * Invariants after workflow_finish: no cycle, no edge twice, parents and children agree.
 */
#ifndef DAGTOP_MODEL_WORKFLOW_H
#define DAGTOP_MODEL_WORKFLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dagtop/base/status.h"
#include "dagtop/model/attributes.h"

struct map;

enum { WORKFLOW_EDGE_LIMIT = 4000000 };

/* KIND(name, word): where a node runs. */
#define NODE_KIND_TABLE(KIND)                                                                                          \
    KIND(LOCAL, "local") KIND(SSH, "ssh") KIND(SLURM, "slurm") KIND(WSL, "wsl") KIND(LSF, "lsf")

enum node_kind {
#define NODE_KIND_ENUM(name, word) NODE_KIND_##name,
    NODE_KIND_TABLE(NODE_KIND_ENUM)
#undef NODE_KIND_ENUM
};

/* What a node runs (dagtop-workflow(5)): found by the loader, who looks for the files. */
enum node_work {
    NODE_WORK_MILESTONE, /* nothing: done as soon as its parents are */
    NODE_WORK_SCRIPT,    /* script, possibly missing: see script_missing */
    NODE_WORK_COMMAND,   /* exec by /bin/sh -c */
    NODE_WORK_WATCHED,   /* only a statusfile: watched, never started */
    NODE_WORK_NOTHING    /* nothing to run though it should: starting is an error */
};

struct node {
    char *name;
    enum node_kind kind;
    char *kind_text; /* as written, where it differs from the kind's word; else NULL */
    char *host;      /* "localhost" where none is given */
    char *user;      /* NULL where none is given; so are the following */
    char *label, *script, *exec, *venv, *statusfile, *logfile, *directory;
    char *array;       /* batch jobs of nodes with the same word may be submitted as one array; or NULL */
    char *script_path; /* absolute path of the script on this machine, for NODE_WORK_SCRIPT */
    char *note;        /* status line shown until there is something better ("declared only in dependencies") */
    enum node_work work;
    bool script_missing; /* the script does not exist on this machine */
    bool status_done;    /* `status: done` that counts: skipped by the file's word */
    bool only_in_dependencies;
    unsigned gpus, retries, retries_lost;
    int64_t timeout; /* milliseconds, 0: none */
    struct attributes env, slurm, sweep;
    struct attributes other; /* unknown and graphviz words */
    char **files;
    size_t file_count;
    size_t *parents, *children; /* indices, ascending */
    size_t parent_count, parent_capacity, child_count, child_capacity;
    unsigned line, column;
};

struct workflow {
    char *name;
    char *file;      /* absolute path, or NULL */
    char *folder;    /* folder of the file, absolute */
    char *checksum;  /* of the file's bytes as they were read (base/checksum.h), or NULL */
    char *directory; /* `directory:` as written, or NULL: base of run directories on every host */
    unsigned jobs;   /* 0: not given */
    struct attributes colors;
    struct node *nodes;
    size_t node_count, node_capacity;
    size_t edge_count;
    size_t *order;       /* node indices, parents before children, ties in file order; after workflow_finish */
    unsigned *layer;     /* longest path from a root; after workflow_finish */
    struct map *by_name; /* name -> index */
};

/* A workflow without nodes. */
struct workflow *workflow_new(void);

/* Frees it with all that it holds; NULL is fine. */
void workflow_free(struct workflow *workflow);

/* The word of a kind ("slurm"), and back; false where there is none. */
const char *node_kind_word(enum node_kind kind);
bool node_kind_from_word(const char *word, enum node_kind *kind);

/*
 * Adds a node of kind local on localhost; returns its index. STATUS_EXISTS when the name is taken (*index is then that
 * node's), STATUS_INVALID when the name is unsafe as a directory (node_name_check).
 */
enum status workflow_add_node(struct workflow *workflow, const char *name, size_t *index) MUST_CHECK;

/*
 * STATUS_OK for a name that can be a directory and a shell word: not empty, no '/', no leading '.' or '-', no control
 * characters, valid UTF-8, at most 240 bytes; else STATUS_INVALID and a sentence that says which.
 */
enum status node_name_check(const char *name, struct error *error);

/*
 * Adds the edge parent -> child; an edge twice is kept once (after workflow_finish). STATUS_INVALID for an edge of a
 * node to itself, STATUS_TOO_LARGE beyond WORKFLOW_EDGE_LIMIT.
 */
enum status workflow_add_edge(struct workflow *workflow, size_t parent, size_t child) MUST_CHECK;

/* The index (may be NULL) of the node with that name; false where there is none. */
bool workflow_find(const struct workflow *workflow, const char *name, size_t *index);

/*
 * Sorts the edges, computes order and layer. STATUS_INVALID on a cycle: the sentence shows it as a path "a -> b -> a";
 * cycle (may be NULL) then gets the indices of that path, each node once, which the caller frees, and *cycle_length
 * their number; else neither is touched.
 */
enum status workflow_finish(
    struct workflow *workflow, size_t **cycle, size_t *cycle_length, struct error *error) MUST_CHECK;

/* The hash of the set of node names, 16 hex digits and NUL: the same names in any order give the same text. */
void workflow_node_set_hash(const struct workflow *workflow, char hash[17]);

#endif
