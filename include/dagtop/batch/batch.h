/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batch systems (Slurm, LSF): which commands ask for what, and what the answers mean. Text in, text out: nothing is
 * run here. Commands are lines for a POSIX shell in which every word is quoted.
 */
#ifndef DAGTOP_BATCH_BATCH_H
#define DAGTOP_BATCH_BATCH_H

#include "dagtop/base/text.h"
#include "dagtop/model/observation.h"
#include "dagtop/model/workflow.h"

struct map;
struct batch_system; /* one row of the table of systems */

/* The system of a kind of node; NULL where jobs of that kind are no batch jobs. */
const struct batch_system *batch_system_of(enum node_kind kind);

/* Its word ("slurm"), its name for people ("Slurm"), and the program that submits ("sbatch"). */
const char *batch_system_word(const struct batch_system *system);
const char *batch_system_name(const struct batch_system *system);
const char *batch_system_program(const struct batch_system *system);

/* ---- submitting ---- */

/* What is to be submitted. Paths are absolute paths of the host. */
struct batch_submission {
    const char *workflow, *node, *nonce;
    unsigned attempt;
    bool is_array;                    /* many nodes as one array: node is its name, attempt has no meaning */
    const char *file;                 /* what is submitted: directives, then the wrapper */
    const char *log;                  /* where its output goes where nobody says otherwise; of an array, the folder in
                                         which each task has one of its own */
    const char *directory;            /* its working directory, NULL: as the script says, else the file's folder */
    const char *script;               /* text of the script or its beginning, for its directives; NULL: none */
    const char *dependency;           /* ":12:13": jobs that must end well before; "": it is held; NULL: neither */
    const struct attributes *options; /* long options of the submit command; "" or "true": without a value */
    const char *requeues;             /* a job that has ended, which runs again for this attempt; NULL: a new job */
    const char *ended_log, *cluster;  /* of that job: the log of its last attempt, and where it is, or NULL */
};

/*
 * Appends the command that submits. STATUS_REFUSED with a sentence where an option is one that dagtop must give itself
 * or none at all, and where a job that has ended is to run again in a system that cannot do so.
 */
enum status batch_append_submit(const struct batch_system *system, const struct batch_submission *submission,
    struct text *command, struct error *error) MUST_CHECK;

/*
 * Whether the system takes arrays of many nodes. The text that submits one finds the numbers of its tasks in its first
 * argument, "0-4,7". batch_can_be_task: nothing in the node's own words makes it an array already.
 */
bool batch_has_arrays(const struct batch_system *system);
bool batch_can_be_task(const struct batch_system *system, const struct batch_submission *submission);

/* Whether the system runs a job again that has ended. */
bool batch_can_requeue(const struct batch_system *system);

/* Appends a command that prints how many tasks an array may have; false where the system has none. */
bool batch_append_array_limit(const struct batch_system *system, const char *cluster, struct text *command);

/* Appends the lines of a script that the scheduler reads. */
void batch_append_directives(const struct batch_system *system, const char *script, struct text *lines);

/* How a refused submission is to be taken. */
enum batch_refusal {
    BATCH_REFUSAL_NEVER, /* it would be refused again: a wrong option, an account that does not exist */
    BATCH_REFUSAL_LIMIT, /* there is no room for one more job now */
    BATCH_REFUSAL_LATER  /* the scheduler did not answer in time */
};

/* Judges the words with which a submission was refused. */
enum batch_refusal batch_judge_refusal(const struct batch_system *system, const char *words);

/* What a directive of a script sets a long option to ("#SBATCH --array=1-9", "-a 1-9"); NULL: nothing does. The caller
 * frees it. */
char *batch_script_option(const struct batch_system *system, const char *script, const char *option);

/* The cluster that a node's job goes to: from its options, else its script's directives; NULL: the default one. The
 * caller frees it. */
char *batch_cluster_of(const struct batch_system *system, const struct attributes *options, const char *script);

/* What the array option of a node's job says, likewise ("1-100%20"); NULL: it is no array. The caller frees it. */
char *batch_array_of(const struct batch_system *system, const struct attributes *options, const char *script);

/* ---- looking ---- */

enum { BATCH_SEPARATOR_LENGTH = 9 };

/* One row of a scheduler's list: a job, or a task of an array, or several that wait together. */
struct batch_job {
    char *id;   /* that all tasks of an array share */
    char *task; /* "7", "3-6%2"; NULL: no array */
    char *state, *reason, *comment;
    int exit_code, signal; /* negative: not told */
    struct attributes details;
};

struct batch_list {
    struct batch_job *jobs;
    size_t count, capacity;
    struct map *rows; /* "12_7" -> the row of that task, "12" -> the first row of the job; NULL: empty */
};

void batch_list_init(struct batch_list *list);
void batch_list_release(struct batch_list *list);

/*
 * Appends the command that lists the user's jobs in every state. Its answer begins with the separator of its fields,
 * random, so that no name of a job can hold it. cluster: NULL for the default one.
 */
void batch_append_queue(const struct batch_system *system, const char *cluster, const char *user, struct text *command);

/* Appends the command that tells how jobs ended that are in the queue no more: one for all of them. */
void batch_append_accounting(
    const struct batch_system *system, const char *cluster, const char *const *ids, size_t count, struct text *command);

/*
 * Reads what either of them printed. Rows that are none are passed over. STATUS_PROTOCOL where the answer is cut or
 * none at all: then nothing is known, least of all that a job is gone.
 */
enum status batch_read_list(const struct batch_system *system, const char *answer, size_t length,
    struct batch_list *list, struct error *error) MUST_CHECK;

/* Whether the words in which the accounting command failed say that there is no accounting at all. */
bool batch_has_no_accounting(const struct batch_system *system, const char *words);

/*
 * Appends a command that prints how many jobs the cluster knows of, anybody's, as a number; false where the system has
 * none that is cheap.
 */
bool batch_append_census(const struct batch_system *system, const char *cluster, struct text *command);

/* The row that tells of a job ("12": the first of its rows) or of one task of an array ("12_7"), which may stand in it
 * with others; NULL: none does. */
const struct batch_job *batch_list_find(const struct batch_list *list, const char *id);

/*
 * The id of the job that was submitted with a nonce, from the rows' comments; of a task ("NONCE.7") only where its row
 * is there. NULL: none was. The caller frees it.
 */
char *batch_list_find_nonce(const struct batch_list *list, const char *nonce);

/* What the rows of one job come to, merged into what was known of it: ended tasks that are listed no more stay. */
void batch_fold(
    const struct batch_list *list, const char *id, wall_time observed, struct batch_observation *observation);

/* Takes over from an accounting's rows how tasks of an array ended that the queue has forgotten; what is known stays.
 */
void batch_fold_ended(const struct batch_list *list, const char *id, struct batch_observation *observation);

/* Appends the command that tells everything of one job, for people; false where the system has none. */
bool batch_append_details(const struct batch_system *system, const char *cluster, const char *id, struct text *command);

/* Reads what it printed; what says nothing leaves the details as they are. */
void batch_read_details(const struct batch_system *system, const char *answer, struct attributes *details);

/* The nonce in a row's comment ("dagtop:workflow/node/3/nonce"); NULL: it is no job of dagtop. Borrowed. */
const char *batch_job_nonce(const struct batch_job *job);

/* How many tasks a list of them names: "3-6%2" is 4, "1,3,5-9:2" is 5; 1 for NULL. */
unsigned batch_count_tasks(const char *task);

/* Whether a text is such a list ("7", "3-6,9"), written by a person. */
bool batch_is_tasks(const char *tasks);

/* Whether a list (NULL: none) has a task, or all tasks of another list. */
bool batch_has_task(const char *tasks, unsigned task);
bool batch_has_all_tasks(const char *tasks, const char *wanted);

/*
 * Appends the tasks of an array that have ended, but not well, and those of before (a list, or NULL), without the
 * chosen ones. False where it is not known how every task ended, or they are too many.
 */
bool batch_append_unfinished(
    const struct batch_observation *batch, const char *before, const char *chosen, struct text *unfinished);

/* ---- acting ---- */

enum batch_control {
    BATCH_CANCEL,
    BATCH_HOLD,
    BATCH_RELEASE,
    BATCH_REQUEUE,
    BATCH_REQUEUE_HELD, /* it waits until it is released */
    BATCH_SET_DEPENDENCY,
    BATCH_SIGNAL
};

/*
 * Appends the command that does it to a job ("12", "12_7"). value: what is set, or the signal; else NULL. False where
 * the system has no command for it.
 */
bool batch_append_control(const struct batch_system *system, enum batch_control control, const char *cluster,
    const char *id, const char *value, struct text *command);

/* What can be changed of a job in the queue. */
struct batch_setting {
    const char *name;   /* as an option of the submit command: "time" */
    const char *word;   /* as the command that changes it calls it: "TimeLimit" */
    const char *detail; /* under which an observation has it: "time limit"; NULL: nothing tells it */
    bool while_running; /* it can be tried with a job that runs */
    bool (*is_value)(const char *value);
};

/* The settings of a system, count of them. */
const struct batch_setting *batch_settings(const struct batch_system *system, size_t *count);

/* The setting of that name or word, in any case; NULL, with a sentence that names all of them, where there is none. */
const struct batch_setting *batch_find_setting(
    const struct batch_system *system, const char *name, struct error *error);

/*
 * Appends the command that changes a job ("12", "12_7"): changes are names or words of settings with their new values.
 * STATUS_INVALID with a sentence for what is no setting, no value for it, or cannot be changed of a job that runs.
 */
enum status batch_append_change(const struct batch_system *system, const char *cluster, const char *id,
    const struct attributes *changes, bool is_running, struct text *command, struct error *error) MUST_CHECK;

/* The beginning of that command, up to the first setting. */
void batch_append_change_start(
    const struct batch_system *system, const char *cluster, const char *id, struct text *command);

/* ---- telling ---- */

/* A scheduler's reason in plain words ("Resources": "the resources that it asks for are in use"); the reason itself
 * where it has none here. Borrowed. */
const char *batch_reason_words(const char *reason);

#endif
