/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an ssh transport and its two ways share. The front asks ssh(1) for the configuration, chooses the way, waits for
 * its turn, passes questions on and proves that a shell answers; a way logs in and moves bytes.
 */
#ifndef DAGTOP_SSH_FRONT_H
#define DAGTOP_SSH_FRONT_H

#include "ssh_choice.h"
#include "ssh_command.h"
#include "ssh_gate.h"
#include "transport_private.h"

#include "dagtop/base/random.h"

struct ssh_front;

struct ssh_way_operations {
    /* Begins to log in: reports ssh_front_connected or ssh_front_ended later, never at once. */
    enum status (*open)(struct ssh_front *front, void **way, struct error *error);
    size_t (*write)(void *way, const char *bytes, size_t length); /* as transport_operations.write */
    void (*answer)(void *way, const char *text);                  /* of the question that was asked last */
    void (*free)(void *way);
};

struct ssh_front {
    struct transport transport;
    struct ssh_target target; /* copies */
    char *home;
    ssh_ask_function *asked;
    struct ssh_gate *gate;
    struct ssh_ticket *ticket;
    struct ssh_command *command;
    struct loop_work *work;
    struct ssh_config config;
    struct ssh_surroundings surroundings;
    const struct ssh_way_operations *operations;
    void *way;                /* NULL: none yet */
    struct loop_timer *timer; /* of the step that is under way */
    struct loop_hook *hook;   /* hands an answer over */
    struct ssh_question question;
    char *question_text, *answer; /* NULL: none waits; no answer yet, or cancelled */
    bool is_answered, is_late;
    uint64_t questions;
    char token[RANDOM_TOKEN_LENGTH + 1];
    struct text noise; /* what came before the shell's proof */
    bool is_connected, is_proved;
    char description[160];
};

extern const struct ssh_way_operations ssh_way_libssh, ssh_way_openssh;

/* What a shell is asked first, and what a way writes as its first bytes. */
void ssh_front_append_probe(const struct ssh_front *front, struct text *text);

/* Reports of a way. Where they answer false the front is gone or has ended. */
void ssh_front_connected(struct ssh_front *front); /* logged in; the first bytes that are received say so too */
bool ssh_front_received(struct ssh_front *front, const char *bytes, size_t length);
/* has_ended_well: the host itself closed the stream. */
void ssh_front_ended(struct ssh_front *front, const struct error *reason, bool has_ended_well);
/* Asks; the answer follows, NULL where it is refused or late. text is cleaned here. */
bool ssh_front_ask(struct ssh_front *front, enum ssh_question_kind kind, const char *text);
/* The question that waits is not asked any more. */
bool ssh_front_withdraw(struct ssh_front *front);

/* Whether anybody can answer. */
bool ssh_front_can_ask(const struct ssh_front *front);

#endif
