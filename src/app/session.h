/* SPDX-License-Identifier: Apache-2.0 */
/* What every command needs: the settings, the workflow, the loop and the engine, and waiting for something to become
 * true. */
#ifndef DAGTOP_APP_SESSION_H
#define DAGTOP_APP_SESSION_H

#include "arguments.h"
#include "dagtop/engine/engine.h"
#include "dagtop/model/settings.h"

/* dagtop(1). */
enum exit_code {
    EXIT_CODE_FINE = 0,
    EXIT_CODE_NODES = 1,
    EXIT_CODE_USAGE = 2,
    EXIT_CODE_HOST = 3,
    EXIT_CODE_TIME = 4,
    EXIT_CODE_INTERRUPTED = 130
};

/* How long a command waits for its hosts before it goes on with what it has. */
enum { HOST_PATIENCE = 10000 };

struct session {
    const struct arguments *arguments;
    struct settings settings;
    struct workflow *workflow; /* owned by the engine once there is one */
    struct loop *loop;
    struct loop *shared_loop; /* NULL: session_begin makes one */
    struct agent_pool *pool;  /* connections shared with other sessions of that loop, or NULL */
    struct engine *engine;
    unsigned jobs; /* of --jobs; 0: not given */
    char *cache_directory;
    bool interrupted, timed_out;
    unsigned changes; /* engine_changes since they were last taken */
    bool (*until)(struct session *session);
    void (*on_change)(struct session *session, unsigned changes, void *argument);
    void *on_change_argument;
    bool execution_ended; /* of session_execute */
    struct error execution_error;
    size_t jobs_asked; /* answers that session_look_at_jobs waits for */
    struct loop_timer *deadline;
    struct loop_signal *interrupt, *terminate, *hangup;
    bool handed_over;              /* the terminal belongs to another program: Ctrl-C is meant for that */
    bool can_answer;               /* somebody answers what hosts ask, other than session_prompt */
    struct session_prompt *prompt; /* asks on the terminal what hosts ask, or NULL */
};

/*
 * Reads config and workflow file (the first word of the arguments), printing every mistake to stderr. EXIT_CODE_FINE,
 * or the code to exit with; then nothing needs to be released.
 */
enum exit_code session_load(struct session *session, const struct arguments *arguments);

/* The file in the state directory that keeps how a person looks at this workflow; NULL without a home. The caller frees
 * it. */
char *session_memory_path(const struct session *session);

/* Makes the loop and the engine; SIGINT, SIGTERM and SIGHUP (not under nohup) end session_wait. */
void session_begin(struct session *session);

/* As session_load and session_begin. */
enum exit_code session_open(struct session *session, const struct arguments *arguments);

/*
 * The workflow's file was read anew: another engine goes on with it (engine_take_over). Returns the one before, which
 * the caller frees once nothing points at it. adopt: its set of nodes takes the name over.
 */
struct engine *session_renew(struct session *session, struct workflow *workflow, bool adopt);

/* Frees everything; jobs are left alone. */
void session_close(struct session *session);

/*
 * Turns the loop until `until` is true, the time (milliseconds; negative: none) is over (timed_out), or a signal came
 * (interrupted). on_change, when set, is called after each change of the engine's snapshot.
 */
void session_wait(struct session *session, bool (*until)(struct session *session), int64_t milliseconds);

/* Waits for the first full picture, HOST_PATIENCE at most. False where a host could not be reached: told on stderr. */
bool session_wait_complete(struct session *session);

/* Asks the batch systems all about the jobs of these nodes and waits for the answers; what is not answered stays as it
 * is. */
void session_look_at_jobs(struct session *session, const bool *set);

/* Carries out a plan and waits for its end. EXIT_CODE_FINE, or EXIT_CODE_NODES with the refusal on stderr. */
enum exit_code session_execute(struct session *session, const struct plan *plan);

/* The nodes that words from number first on name; all nodes where there are none and all_when_none. EXIT_CODE_USAGE
 * told. */
enum exit_code session_select(struct session *session, size_t first, bool all_when_none, bool *set);

/* Asks a y/N question on the terminal. True with --yes; false, told on stderr, where there is no terminal to ask. */
bool session_confirm(struct session *session, const char *question);

/* Prints "dagtop: FORMAT" with a newline to stderr. */
void complain(const char *format, ...) FORMAT_LIKE_PRINTF(1, 2);

/* Prints errors (or warnings) as "file:line:column: kind: message" to stderr. */
void complain_list(const struct error_list *list, const char *kind);

#endif
