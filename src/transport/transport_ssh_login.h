/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A login through libssh on a thread of its own, where libssh may block: connection, host key, authentication, channel.
 * The session then goes over to the loop's thread. One thread uses a session at a time.
 */
#ifndef DAGTOP_TRANSPORT_SSH_LOGIN_H
#define DAGTOP_TRANSPORT_SSH_LOGIN_H

#include <pthread.h>

#include "ssh_front.h"

struct ssh_session_struct;
struct ssh_channel_struct;

/* Milliseconds: for the connection and each answer of the server, and for all of it but the questions. */
enum { LOGIN_STEP_LIMIT = 8000, LOGIN_LIMIT = 120000 };

struct ssh_login {
    /* Fixed when the thread begins. */
    struct ssh_config config;
    char *name, *home;
    bool can_ask;
    void *way; /* not for the thread */
    atomic_uint *threads;

    /* Guarded by the mutex. */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct loop_async *async; /* NULL: the loop has gone */
    bool is_abandoned;
    int descriptor; /* of the connection, -1: none */
    char *question; /* that the loop has not taken yet, or NULL */
    enum ssh_question_kind kind;
    bool is_withdrawn; /* the notice that was shown is over */
    char *answer;
    bool is_answered;

    /* The thread's until it ends, then the loop's. */
    struct ssh_session_struct *session;
    struct ssh_channel_struct *channel; /* NULL: the login has failed, as error says */
    struct error error;
    int64_t deadline;
};

/* The thread's work, and the end of a login that nobody needs any more. Both are given a struct ssh_login. */
void ssh_login_run(void *argument);
void ssh_login_release(void *argument);

/* For the thread: false once the loop has gone or the time is over. */
bool ssh_login_goes_on(struct ssh_login *login);

/*
 * Asks and waits. NULL where there is no answer: the login ends. The answer is the caller's, to be freed with
 * ssh_login_wipe. A notice is only shown: NULL.
 */
char *ssh_login_ask(struct ssh_login *login, enum ssh_question_kind kind, const char *format, ...)
    FORMAT_LIKE_PRINTF(3, 4);
void ssh_login_withdraw(struct ssh_login *login);
void ssh_login_wipe(char **answer);

/* Sets error from what libssh says last. */
enum status ssh_login_broken(struct ssh_login *login, const char *what);

/* The steps; the first that fails fills login->error. */
enum status ssh_login_check_server(struct ssh_login *login) MUST_CHECK;
enum status ssh_login_authenticate(struct ssh_login *login) MUST_CHECK;

#endif
