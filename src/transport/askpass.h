/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions of ssh(1): it runs this program as its askpass program, which asks over a socket in a directory that only
 * this user can enter.
 */
#ifndef DAGTOP_ASKPASS_H
#define DAGTOP_ASKPASS_H

#include "dagtop/transport/transport_ssh.h"

struct askpass;

struct askpass_events {
    void (*asked)(void *argument, enum ssh_question_kind kind, const char *text); /* text is raw */
    void (*withdrawn)(void *argument);                                            /* whoever asked has gone */
    void *argument;
};

enum status askpass_new(
    struct loop *loop, const struct askpass_events *events, struct askpass **askpass, struct error *error) MUST_CHECK;
void askpass_free(struct askpass *askpass);

/* Answers the question that was asked last; NULL refuses it. */
void askpass_answer(struct askpass *askpass, const char *text);

/*
 * The environment for ssh(1): this process's, with what makes it ask here (askpass NULL: nothing is ever asked).
 */
struct askpass_environment {
    char **strings; /* NULL-terminated */
    char *own[4];
};
void askpass_environment_init(struct askpass_environment *environment, const struct askpass *askpass);
void askpass_environment_release(struct askpass_environment *environment);

#endif
