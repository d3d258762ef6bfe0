/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the engine, shared by its files: engine.c turns answers into a snapshot, engine_host.c keeps
 * connections, engine_observe.c looks, engine_watch.c sees files change, engine_drive.c starts, engine_plan.c tells
 * what an action would do, engine_act.c does it, engine_convoy.c makes arrays, engine_listing.c reads
 * what a queue lists, engine_cache.c remembers, engine_checksum.c knows what would run, engine_successor.c takes over.
 */
#ifndef DAGTOP_ENGINE_ENGINE_PRIVATE_H
#define DAGTOP_ENGINE_ENGINE_PRIVATE_H

#include "dagtop/agent/agent.h"
#include "dagtop/batch/batch.h"
#include "dagtop/engine/engine.h"
#include "journal.h"
#include "reconcile.h"

enum {
    ENGINE_CANCEL_GRACE = 10 * 1000, /* between TERM and KILL */
    ENGINE_START_TRIES = 3           /* refusals of a start before a driver gives up on a node */
};

/* Whose a workflow's name is on a host. */
enum ownership {
    OWNERSHIP_UNKNOWN, /* not read yet */
    OWNERSHIP_FREE,    /* nobody's, or this set of nodes' but not claimed in this session */
    OWNERSHIP_OURS,    /* claimed */
    OWNERSHIP_FOREIGN  /* another set of nodes has this name */
};

struct host {
    struct engine *engine;
    char *name; /* as shown: "lab1", "gregor@lab1" */
    enum node_kind kind;
    char *address; /* as the workflow names it */
    char *user;    /* NULL: as ssh_config(5) says */
    size_t *nodes; /* that run there, in topological order */
    size_t node_count, node_capacity;
    char *base;            /* of run directories, as asked for: "~/experiment" */
    char *workflow_folder; /* absolute path on this machine of the workflow's run directories; NULL: not known */

    enum host_state state;
    struct agent *agent; /* NULL: not connected */
    bool waits;          /* looks at live nodes wait there for a change, instead of coming often */
    char *way;           /* how it was last reached, or NULL */
    struct host_question question;
    char *question_text; /* of question; NULL: none waits */
    struct loop_timer *retry;
    char *trouble;     /* of the connection, or why nothing may be started; NULL: none */
    unsigned failures; /* connections that failed in a row */
    int64_t retry_at;  /* monotonic */
    bool scanned;      /* answered for every node on this connection */
    bool rescan;       /* directories were moved: the next look is for everything */
    bool answered;     /* for every node, ever */

    enum ownership ownership;
    char *home_machine; /* where the workflow's local nodes belong; NULL: not known yet */
    bool elsewhere;     /* that is not this machine */
    bool recorded;      /* the name is there this set of nodes' */
    char *obstacle;     /* why nothing may be started, or NULL */
    bool reading_owner, owner_wanted, claiming;
    int64_t owner_read_at; /* read then (monotonic); 0: when somebody asks */
    unsigned claim_failures;
    int64_t claim_not_before;
    char *claim_words;      /* why the last one failed, or NULL */
    size_t claim_entry;     /* in the journal */
    unsigned start_batches; /* requests without a whole answer */
    char *queue_calls;      /* for its view, or NULL */
    char *crowd;            /* why ready nodes wait though nothing of this workflow runs there, or NULL */
    unsigned crowded;       /* starts put off in a row */

    struct {
        int64_t time;
        uint64_t requests, bytes;
    } traffic[2]; /* two samples, half a minute apart: rates are counted from the older one */
};

/* What is watched of a node on this machine: its live attempt's directory, or else where the next would be made. */
struct node_watch {
    struct host *host;
    size_t node;
    unsigned attempt;
    bool live;
    struct loop_file_watch *watch;
};

/* What of a view was last told to the caller: changes are seen against it. */
struct shown {
    enum node_state state;
    unsigned attempt;
    bool outdated, stale, known, from_cache;
    size_t blocked_by_count;
};

/* Refusals of starts. */
struct refusal {
    unsigned attempt, tries;
    char *words; /* why nothing is started, or NULL */
};

enum {
    /* Submissions under way at once: one that is refused stops those behind it. More with each that is accepted. */
    QUEUE_SUBMITTING = 16,
    QUEUE_SUBMITTING_MOST = 256,
    QUEUE_CALLS = 64 /* that are counted in a minute */
};

/* The queue of one cluster, as seen from one host. */
struct queue {
    struct host *host;
    const struct batch_system *system;
    char *cluster;  /* NULL: the default one */
    char *prologue; /* shell text before each command, or NULL */
    size_t node_count;
    bool asking, asking_accounting;
    bool tried;         /* asked once, with whatever success */
    bool no_accounting; /* the cluster keeps none */
    int64_t asked_at, last_at, next_at, last_change, census_at;
    unsigned failures; /* of lists, in a row */
    unsigned accounting_failures;
    struct listing *listing; /* a list that is being read, or NULL */
    char *trouble;           /* why the last list failed, or NULL */
    size_t others;           /* jobs of others on the cluster, about */
    size_t tasks_most;       /* of an array; 0: not known yet */
    bool asking_tasks;
    unsigned limit_failures; /* questions for it that were not answered, */
    int64_t limit_at;        /* and when it is asked again */
    bool array_limited;      /* an array was not taken as a whole: its refusals are just being read */

    size_t live;        /* jobs of this workflow */
    size_t window;      /* most submissions under way at once now */
    size_t ceiling;     /* most of them that the scheduler has accepted; SIZE_MAX: no limit is known */
    int64_t more_at;    /* one more is tried then */
    int64_t not_before; /* nothing is submitted before */
    unsigned postponed; /* submissions in a row that the scheduler did not answer */

    int64_t calls[QUEUE_CALLS]; /* when commands were sent */
    size_t call_count;
};

/* Nodes that may be tasks of one job. */
struct array {
    size_t queue;
    bool pending; /* some of them are being submitted */
};

/* What the engine remembers of a node's job. */
struct batch_node {
    size_t queue;             /* its number plus one; 0: it is no batch job */
    size_t array;             /* the nodes that it may be submitted with, a number plus one; 0: none */
    bool listed;              /* in the last list */
    bool asked;               /* of the accounting */
    bool history_asked;       /* it is a live array, whose first tasks the queue may have forgotten */
    int64_t unknown_since;    /* neither list nor accounting knows it; 0: they do */
    int64_t over_since;       /* it is over, and its end is not written down yet; 0: otherwise */
    unsigned submitted;       /* attempts of which this was noted: its job id, */
    unsigned refused;         /* its refusal, */
    unsigned ended;           /* its end was written down, */
    unsigned cancelled;       /* it was taken out of the queue after a cancel */
    char *tasks, *unfinished; /* of the attempt that is being started, or NULL */
    char *requeues;           /* the job that runs again for that attempt, or NULL */
    unsigned moves;           /* attempt whose job the jobs of its children are to wait for; 0: none */
    size_t moving;            /* answers that are still to come about that */
    int64_t moves_until;      /* then it is given up (monotonic) */
    bool handed_over;         /* it belongs to what is handed over to the batch system, */
    bool held_first;          /* and waits for no other job: it is released last */
};

/* The record of another driver. */
struct driver_record {
    int64_t until; /* counts as driving until then (monotonic); 0: nobody else drives */
    int64_t process;
    wall_time since;
    char machine[256];
    const struct host *told_by;
};

/* A graph that is being handed over to the batch system. */
struct detach {
    bool under_way;
    size_t releasing; /* answers to come, plus one while they are asked for */
    struct error error;
    agent_done_function *done;
    void *argument;
};

struct execution;

struct engine {
    struct loop *loop;
    struct workflow *workflow;
    struct engine_options options;
    char *cache_directory;
    char node_set[17];
    char machine[256], user[128];
    struct observation *observations;
    struct node_view *views;
    struct shown *shown;
    struct refusal *refusals;
    struct host *hosts;
    struct host_view *host_views;
    struct agent_pool *pool;
    struct agent_pool_listener *listener; /* what another engine has logged in to is tried again */
    struct reconcile reconcile;
    struct snapshot snapshot;
    struct loop_hook *hook;
    struct loop_timer *timer;
    unsigned changes; /* not yet told */
    bool dirty;       /* observations changed: derive */
    bool derived;     /* views changed since the last turn */
    int64_t stale_at; /* a live node becomes stale then; 0: not known */
    bool driving, watched, closing;
    bool settling;      /* nothing is begun: another engine is to take over */
    int64_t busy_until; /* a person acts or reads: nothing may wait behind a look that waits (monotonic) */
    char *message;
    struct journal journal;

    char **checksums; /* of what would run now; NULL: not known */
    size_t checksum_next;
    struct loop_timer *checksum_timer;
    bool checksums_known; /* the first pass is over */

    struct node_watch *node_watches; /* one a node, watch NULL: none */
    size_t watch_count;
    struct loop_file_watch *base_watch, *folder_watch, *records_watch; /* directories of this machine */

    struct queue *queues;
    size_t queue_count;
    struct batch_node *batch_nodes;
    struct array *arrays;
    size_t array_count;
    int64_t queue_wake;
    struct detach detach;

    struct execution *executions;
    uint64_t *devices; /* GPUs that each node was given by this program: a bit each */

    struct driver_record other;
    int64_t others_act_until; /* there were signs that somebody else starts nodes (monotonic) */
    bool driver_written;
    int64_t heartbeat_at;
    bool cache_changed;
    int64_t cache_saved_at;
};

/* engine.c */
void engine_ask_turn(struct engine *engine);
void engine_note(struct engine *engine, unsigned changes);
void engine_say(struct engine *engine, const char *format, ...) FORMAT_LIKE_PRINTF(2, 3);
/* Why the node itself could not run, seen from this machine: nothing to run, a missing script. */
enum status engine_node_obstacle(const struct engine *engine, size_t node, struct error *error) MUST_CHECK;
/* Shell text that runs before a node's script, or, for a batch job, before the commands of its system; NULL: none. */
const char *engine_prologue(const struct engine *engine, size_t node);
struct agent_place engine_place(const struct host *host);
struct host *engine_host_of(struct engine *engine, size_t node);
struct reconcile_host *engine_memory_of(struct host *host);
void engine_observations_changed(struct engine *engine);
/* A person acts or reads a log: looks do not wait on the host for a while. */
void engine_be_quick(struct engine *engine);

/* engine_host.c */
void host_init_all(struct engine *engine);
void host_disconnect_all(struct engine *engine); /* what waits for an answer gets STATUS_CANCELLED */
void host_release_all(struct engine *engine);
void host_connect_all(struct engine *engine);
void host_reconnect_now(struct host *host);
/* The workflow's run directories as an absolute path of the host, which is connected; NULL where the base is none. The
 * caller frees it. */
char *host_workflow_folder(const struct host *host);
bool host_may_come(const struct host *host);
/* Whether a look may wait on the host for a change: nobody else's requests would wait behind it. */
bool host_may_wait(struct host *host);
void host_fill_view(struct host *host, struct host_view *view);
void host_set_trouble(struct host *host, const char *sentence);

/* engine_observe.c */
void observe_ready(struct host *host);
void observe_look(struct host *host, enum reconcile_look look);
void observe_hurry(struct host *host, enum reconcile_look look);

/* engine_watch.c */
void watch_update(struct engine *engine);
void watch_release(struct engine *engine);

/* engine_owner.c */
void owner_read(struct host *host);
void owner_read_soon(struct host *host);
void owner_claim(struct host *host);
void owner_think(struct engine *engine, int64_t now);
void owner_stop_driving(struct engine *engine);
int64_t owner_wake(const struct engine *engine);
/* Why nothing may be started on a host; NULL: it may. */
const char *owner_obstacle(const struct host *host);

/* engine_drive.c */
void drive_think(struct engine *engine);
void drive_requests(struct engine *engine);
void drive_forget_refusal(struct engine *engine, size_t node);
/* Sends starts; answered (may be NULL) is called once for each, perhaps before this returns. jobs: how many of this
 * user may run there then; 0: no limit. */
void drive_start(struct host *host, const size_t *nodes, const unsigned *attempts, size_t count, unsigned jobs,
    agent_start_function *answered, void *argument);
/* Fills a start, of a task all but what its array gives it; refused where the node has to wait or its options are none.
 * drive_release_start frees it. */
enum status drive_prepare_start(struct host *host, size_t node, unsigned attempt, bool as_task,
    struct agent_start *start, struct error *error) MUST_CHECK;
void drive_release_start(const struct agent_start *start);
/* Sends prepared starts in one request; answered (may be NULL) is called once for each. The tasks of an array count as
 * being started until they are submitted: where their start went well, the caller says when that is over. */
void drive_send(struct host *host, const struct agent_start *starts, size_t count, unsigned jobs,
    agent_start_function *answered, void *argument);

/* A job was refused: postpone says that it may be taken later. */
void drive_refuse_job(struct engine *engine, size_t node, unsigned attempt, const char *words, bool postpone);

/* engine_queue.c */
void queue_init_all(struct engine *engine);
void queue_release_all(struct engine *engine);
void queue_think(struct engine *engine, int64_t now);
void queue_hurry(struct queue *queue);
void queue_attend(struct queue *queue);
/* What the accounting says of a node's job that was asked about apart from its end. */
void queue_take_history(struct queue *queue, size_t node, const struct batch_list *list);
void queue_count_call(struct queue *queue);
/* Whether the end of a job is still to be written down. */
bool queue_is_settling(struct engine *engine);
/* Whether each queue that matters was asked once. */
bool queue_all_tried(const struct engine *engine);
void queue_forget_connection(struct host *host);
/* Milliseconds between two lists now. */
int64_t queue_interval(const struct queue *queue, int64_t now);
/* The queue and the system of a node; NULL: it is no batch job. */
struct queue *queue_of(struct engine *engine, size_t node);
const struct batch_system *queue_system_of(const struct engine *engine, size_t node);
unsigned queue_calls_a_minute(const struct host *host);
/* The same in words, for each cluster; NULL: it has no queue. The caller frees it. */
char *queue_tell_calls(const struct host *host);
const char *queue_trouble(const struct host *host);

/* Sends a command of the queue's scheduler, which is taken. share: NULL, or as that of an errand. */
enum status queue_send(struct queue *queue, struct text *command, const char *share, agent_errand_function *answered,
    struct error *error) MUST_CHECK;

void queue_set_trouble(struct queue *queue, const char *words);
/* What a list says of one node, and, when it was told of all, that it has come; NULL: it failed. began: by the host's
 * clock. */
void queue_read_listed(struct queue *queue, size_t node, const struct batch_list *list, wall_time seen);
void queue_take_list(struct queue *queue, const struct batch_list *list, wall_time began);

/* engine_listing.c */
void listing_begin(struct queue *queue, const struct agent_errand_answer *answer, wall_time seen);
void listing_cancel(struct queue *queue);

/* engine_array.c */
void array_init_all(struct engine *engine);
void array_count_room(struct engine *engine, int64_t now);
/* The scheduler has not taken a whole array: what has a job now is what it takes. */
void array_note_limit(struct engine *engine, struct queue *queue);
/* How many tasks an array with this node may have. */
size_t array_tasks_most(struct engine *engine, size_t node);
/* Nodes of which this is the same may be tasks of one job. The caller frees it; NULL: it is a job of its own. */
char *array_likeness(struct engine *engine, size_t node);
/* Appends what submits the node as a task: with the array's nonce and folder, or "" for both to compare it with others.
 */
bool array_append_text(struct engine *engine, size_t node, const char *nonce, const char *folder, struct text *text);
/*
 * Appends the command that cancels the job of the first of these nodes that is a task, and behind it the jobs of others
 * of the same queue, so many that one command takes them; *count becomes how many nodes were looked at. False: none is.
 */
bool array_append_cancel(
    struct engine *engine, const size_t *nodes, size_t *count, size_t *first, struct text *command);
/* Whether the node's job is a task of an array of many nodes. */
bool array_has_task(const struct engine *engine, size_t node);

/* engine_convoy.c */
/* As drive_start, for many nodes that may be tasks of arrays: made ready in slices, between which others are answered,
 * then submitted. */
void convoy_start(struct host *host, const size_t *nodes, const unsigned *attempts, size_t count,
    agent_start_function *answered, void *argument);

/* engine_batch.c */
/* Appends the text that submits a node as the submission says, which gets its options, its directives and its
 * dependency. */
enum status batch_append_start(struct engine *engine, size_t node, struct batch_submission *submission,
    struct text *text, struct error *error) MUST_CHECK;
/* Whether the node's job is to wait for those of its parents, as the graph is being handed over. */
bool batch_is_handed_over(struct engine *engine, size_t node);
/* The beginning of a node's script, empty where there is none; the caller releases it. */
void batch_read_script(const struct engine *engine, size_t node, struct text *script);
/* Fills what a start of a batch job needs; nothing for other nodes. batch_release_start frees it. */
enum status batch_prepare_start(
    struct engine *engine, size_t node, struct agent_start *start, struct error *error) MUST_CHECK;
void batch_release_start(const struct agent_start *start);
/* Takes notice of new job ids and refusals. */
void batch_note_records(struct engine *engine);
/* The command for a node's job, and carrying it out: false where there is no job or no such command; else done (may be
 * NULL) is called once. */
bool batch_append_job_control(
    struct engine *engine, size_t node, enum batch_control control, const char *value, struct text *command);
bool batch_control_job(struct engine *engine, size_t node, enum batch_control control, const char *value,
    agent_done_function *done, void *argument);
/* Runs a command of its batch system about a node's job; done (may be NULL) is called once. */
void batch_run_command(
    struct engine *engine, size_t node, const char *command, agent_done_function *done, void *argument);
/* The command that changes a node's job by the names and values of settings. */
enum status batch_append_job_change(struct engine *engine, size_t node, const struct job_wish *wish,
    struct text *command, struct error *error) MUST_CHECK;
/* Whether a node's job waits in the queue, held or not. */
bool batch_is_in_queue(const struct engine *engine, size_t node);

/* engine_task.c: of job arrays; tasks is a list such as "3-6,9", NULL for the whole job */
enum status task_check(const struct engine *engine, size_t node, const char *tasks, struct error *error) MUST_CHECK;
/* "12", "12_7", "12_[3-6,9]"; the caller frees it. */
char *task_job(const char *job, const char *tasks);
bool task_append_control(
    struct engine *engine, size_t node, enum batch_control control, const struct job_wish *wish, struct text *command);
/* The other tasks of the newest attempt that did not end well, NULL where all did; STATUS_REFUSED where that is not
 * known. The caller frees them. */
enum status task_find_unfinished(
    struct engine *engine, size_t node, const char *tasks, char **unfinished, struct error *error) MUST_CHECK;
/* What the next start of a node is for: as the row says, NULL: nothing special. */
void task_remember(struct engine *engine, size_t node, const struct plan_row *row);
/* Whether a node's own words make its job an array. */
bool task_is_array(const struct engine *engine, size_t node);
/* The array option of that start. */
void task_set_option(const struct engine *engine, size_t node, struct attributes *options);

/* engine_detach.c */
void detach_think(struct engine *engine);
void detach_release(struct engine *engine);
/* Appends ":JOB" for each job that a node has to wait for; false where one of them has no job yet. */
bool detach_dependency(struct engine *engine, size_t node, struct text *dependency);
/* A new attempt of a node is being made: where jobs of its children wait in the queue for other jobs, they are to wait
 * for its job too. */
void detach_expect_move(struct engine *engine, size_t node, unsigned attempt);
/* Whether that is still under way for a node. */
bool detach_is_moving(const struct engine *engine, size_t node);

/* engine_act.c */
void act_finish(struct engine *engine);
/* The claim of a host's name has ended; words: why it failed, or NULL. */
void act_claimed(struct host *host, const char *words);
/* What became of an attempt whose job was to run again; words: why it does not, or NULL. */
void act_requeued(struct engine *engine, size_t node, unsigned attempt, const char *words);
void act_release(struct engine *engine);

/* engine_checksum.c */
/* True when what would run is known of every done node; the first call begins to find out. */
bool checksum_is_known(struct engine *engine);
void checksum_refresh(struct engine *engine);
void checksum_release(struct engine *engine);
/* Computes it anew; "" where there is none. */
const char *checksum_of_node(struct engine *engine, size_t node);

/* engine_cache.c */
void cache_load(struct engine *engine);
void cache_save(struct engine *engine);

#endif
