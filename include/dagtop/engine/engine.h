/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine of one workflow: observes its hosts, derives states, drives when asked, carries out actions.
 *
 * It holds nothing that is not on the hosts: kill it at any moment. Data goes one way round: answers come up from the
 * agents, change the snapshot and set bits; the caller reads the snapshot when `changed` says so, and asks for actions.
 */
#ifndef DAGTOP_ENGINE_ENGINE_H
#define DAGTOP_ENGINE_ENGINE_H

#include "dagtop/agent/agent.h"
#include "dagtop/engine/plan.h"
#include "dagtop/engine/snapshot.h"
#include "dagtop/loop/loop.h"

struct engine;

enum engine_changes {
    ENGINE_CHANGED_STATES = 1 << 0,  /* a view, a count, the workflow's state */
    ENGINE_CHANGED_METRICS = 1 << 1, /* progress, metrics, log sizes */
    ENGINE_CHANGED_HOSTS = 1 << 2,
    ENGINE_CHANGED_DRIVER = 1 << 3,
    ENGINE_CHANGED_MESSAGE = 1 << 4,
    ENGINE_CHANGED_COMPLETE = 1 << 5 /* the first full picture is there */
};

struct engine_options {
    const struct settings *settings; /* borrowed, outlives the engine */
    struct agent_pool *pool;         /* connections shared with other engines, which outlives it; NULL: its own */
    const char *shell;               /* shell for local agents, NULL: /bin/sh */
    const char *cache_directory;     /* where the last observations are kept; NULL: nowhere */
    /* The checksum text of what a node would run now (load/workflow_file.h), NULL: not known. NULL: nothing is
     * compared. */
    char *(*checksum)(const struct workflow *workflow, size_t node);
    bool read_only;
    bool can_answer;                                   /* somebody answers what hosts ask; else they are not reached */
    bool adopt;                                        /* start although another set of nodes owns the name */
    void (*changed)(void *argument, unsigned changes); /* at most once a turn of the loop */
    void *argument;
};

/* Takes the workflow (frees it at the end) and begins to observe. Never fails: what cannot be reached is in the
 * snapshot. */
struct engine *engine_new(struct loop *loop, struct workflow *workflow, const struct engine_options *options);

/*
 * Stops observing, lets go of the hosts; jobs are left alone. Not from within a callback of the engine. Actions without
 * an answer are answered with STATUS_CANCELLED.
 */
void engine_free(struct engine *engine);

/* What is known now; the engine owns it, and it is valid until the next turn of the loop. */
const struct snapshot *engine_snapshot(const struct engine *engine);

/* Driving: starts what is ready, keeps retries, until turned off. */
void engine_set_driving(struct engine *engine, bool driving);

/* Restricts driving to the nodes of set (copied; node_count bools): others are left alone. NULL: all nodes. */
void engine_set_scope(struct engine *engine, const bool *set);

/* True while something is live or a driver can still start something, or the first picture is not there yet. */
bool engine_is_busy(const struct engine *engine);

/* Observes again at once: all hosts, whatever the intervals say. */
void engine_refresh(struct engine *engine);

/* Answers what a host (an index into the snapshot's hosts) asks; NULL cancels. No effect where it asks nothing. */
void engine_answer(struct engine *engine, size_t host, const char *text);

/* Connects to a host now that is not connected, whatever kept it away: a person wants it. */
void engine_login(struct engine *engine, size_t host);

/* Nobody looks (focus lost): intervals drift at once; true, told at any sign of a person, brings them back. A driver's
 * intervals never drift. */
void engine_set_watched(struct engine *engine, bool watched);

/*
 * What an action would do to the given nodes (engine/plan.h). The plan is the caller's (plan_free). STATUS_REFUSED with
 * a sentence where nothing can be done at all.
 */
enum status engine_plan(struct engine *engine, enum action action, const bool *set, unsigned flags, struct plan **plan,
    struct error *error) MUST_CHECK;

/* As engine_plan, for an action that needs more words about batch jobs; wish is copied where it is kept. */
enum status engine_plan_jobs(struct engine *engine, enum action action, const bool *set, unsigned flags,
    const struct job_wish *wish, struct plan **plan, struct error *error) MUST_CHECK;

/*
 * What can be changed of a node's job: command is how the command begins ("scontrol update JobId=12"), settings how
 * they are now, in its words ("TimeLimit=10:00 Partition=gpu"); both are the caller's. STATUS_REFUSED with a sentence
 * where there is no job in a queue.
 */
enum status engine_job_settings(
    struct engine *engine, size_t node, char **command, char **settings, struct error *error) MUST_CHECK;

/*
 * Hands what remains of the workflow over to Slurm, so that it goes on without this program: done is called once all
 * jobs are in the queue, or with why they are not. STATUS_REFUSED with the nodes in the way where they do not all lie
 * on one cluster.
 */
enum status engine_detach(
    struct engine *engine, agent_done_function *done, void *argument, struct error *error) MUST_CHECK;

/* What engine_detach would submit, in its order: refused as that is. The plan is the caller's; it is not for
 * engine_execute. */
enum status engine_detach_plan(struct engine *engine, struct plan **plan, struct error *error) MUST_CHECK;

/*
 * Asks the batch system for all that it knows of a node's job (two commands); the snapshot's observation has it when
 * done is called. For when a person looks: never on a timer.
 */
enum status engine_look_at_job(
    struct engine *engine, size_t node, agent_done_function *done, void *argument, struct error *error) MUST_CHECK;

/* One sentence for people on why a node does not run: "train: its job 12 is in the queue of Slurm: ...". The caller
 * frees it. */
char *engine_why(struct engine *engine, size_t node);

/* Carries out a plan that was shown; done is called once, with the first refusal if there was one. The plan stays the
 * caller's. */
void engine_execute(struct engine *engine, const struct plan *plan, agent_done_function *done, void *argument);

/* Bytes of a node's log; attempt 0 is the current one, task one of its array's or NULL, offset as in agent_read_log. */
enum status engine_read_log(struct engine *engine, size_t node, unsigned attempt, const char *task, int64_t offset,
    size_t maximum, agent_log_function *answered, void *argument, struct error *error) MUST_CHECK;

/* As engine_read_log, of another file of the run directory; path and refusals as in agent_read_file. */
enum status engine_read_file(struct engine *engine, size_t node, const char *path, int64_t offset, size_t maximum,
    agent_log_function *answered, void *argument, struct error *error) MUST_CHECK;

/* What lies in a directory of the run directory, as agent_list_files. */
enum status engine_list_files(struct engine *engine, size_t node, unsigned attempt, const char *directory,
    agent_files_function *answered, void *argument, struct error *error) MUST_CHECK;

/*
 * The file, from the run directory on, that holds the standard error of an attempt apart from its log (option error of
 * sbatch(1)); NULL where there is none, or where it lies elsewhere. The caller frees it.
 */
char *engine_error_file(struct engine *engine, size_t node, unsigned attempt);

/* Asks for all attempts of a node; the snapshot's observation has them when done is called. */
enum status engine_list_attempts(
    struct engine *engine, size_t node, agent_done_function *done, void *argument, struct error *error) MUST_CHECK;

/* One entry of the journal: what a host was asked to do; valid until the next turn of the loop. */
struct journal_view {
    wall_time time;
    const char *host, *text, *result; /* result: "" until the host has answered, then "done" or its words */
};

/* What was asked age requests before the newest; false where there was nothing, or it is forgotten. */
bool engine_journal(const struct engine *engine, size_t age, struct journal_view *view);

/* The run directory of a node as its host names it ("~/experiment/cloudmask/train"); the caller frees it. */
char *engine_run_directory(const struct engine *engine, size_t node);

/*
 * Another option of the batch system for a node (a long option of sbatch(1) and its value; NULL takes it away), in
 * force until the engine ends: the workflow file stays as it is. STATUS_INVALID for what is no option, and for those
 * that are dagtop's own (output, error, comment, job-name, chdir, parsable, wrap, array...).
 */
enum status engine_set_batch_option(
    struct engine *engine, size_t node, const char *name, const char *value, struct error *error) MUST_CHECK;

/*
 * Whether the workflow's file, read anew as next, may take its place. STATUS_REFUSED with a sentence that
 * tells why not: it names another workflow (name, directory), or a live run belongs to another host now. *adopts: to
 * start anything, the new engine needs engine_options.adopt, since the name is that of the nodes as they were.
 */
enum status engine_check_successor(
    const struct engine *engine, const struct workflow *next, bool *adopts, struct error *error) MUST_CHECK;

/* Begins nothing by itself while settling is true. True when nothing waits for an answer to what it has asked hosts to
 * do: only then may another engine take over. */
bool engine_settle(struct engine *engine, bool settling);

/*
 * A new engine of the same loop and pool, made without a cache_directory, goes on where before was, which is to be
 * freed next: what is known of nodes with the same name and host, shown as from the cache until the hosts answer; the
 * cache; the journal; driving and its scope, to which new nodes belong where there is none.
 */
void engine_take_over(struct engine *engine, struct engine *before);

#endif
