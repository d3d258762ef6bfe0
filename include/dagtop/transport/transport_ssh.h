/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A byte stream to a POSIX shell on another host, through ssh. What ssh_config(5) says of the host counts, as ssh(1)
 * itself reads it. Two ways lead there: libssh inside this program, and ssh(1) as a child.
 *
 * The contract of transport.h holds. The reason of `closed` says what to do next:
 *   STATUS_OK           it was asked for
 *   STATUS_REFUSED      the login or the host's key was refused: only a person may try again
 *   STATUS_CANCELLED    a question was not answered: only a person may try again
 *   STATUS_INVALID      such a host cannot be asked for
 *   STATUS_UNSUPPORTED  what answers is no shell (a forced command), or this way cannot log in there
 *   anything else       the network, the host: it may come back
 */
#ifndef DAGTOP_TRANSPORT_TRANSPORT_SSH_H
#define DAGTOP_TRANSPORT_TRANSPORT_SSH_H

#include "dagtop/transport/transport.h"

/* Which way; the words are those of the config file: auto, libssh, openssh. */
enum ssh_way { SSH_WAY_AUTO, SSH_WAY_LIBSSH, SSH_WAY_OPENSSH };

/* False where there is no such word; NULL is auto. */
bool ssh_way_from_word(const char *word, enum ssh_way *way);

/* Copied by transport_open_ssh. */
struct ssh_target {
    const char *name; /* as ssh(1) would take it */
    const char *user; /* NULL: as ssh_config(5) says */
    unsigned port;    /* 0: as ssh_config(5) says */
    enum ssh_way way;
};

/*
 * Whether name and user may stand on a command line of ssh(1): not empty, no leading '-', no blank or control
 * character. STATUS_INVALID with a sentence where not.
 */
enum status ssh_target_check(const struct ssh_target *target, struct error *error) MUST_CHECK;

/* Lets only some handshakes happen at once: 4 in all, 2 of one host name. Outlives its transports. */
struct ssh_gate;
struct ssh_gate *ssh_gate_new(struct loop *loop);
void ssh_gate_free(struct ssh_gate *gate);

enum ssh_question_kind {
    SSH_QUESTION_SECRET, /* a password, a passphrase: not shown while it is typed */
    SSH_QUESTION_OPEN,   /* shown while it is typed */
    SSH_QUESTION_YES_NO, /* the answer is "yes" or "no" */
    SSH_QUESTION_NOTICE  /* nothing to answer: shown until it is withdrawn (touch the security key) */
};

/* What a host asks while somebody logs in. Everything in it is text: UTF-8 without control characters but newlines. */
struct ssh_question {
    const char *host; /* the name of the target */
    const char *text;
    enum ssh_question_kind kind;
    uint64_t number; /* rises with each question of a transport */
};

/* A question waits for transport_answer. question NULL: the one before is withdrawn (answered, too late, or lost). */
typedef void ssh_ask_function(void *argument, const struct ssh_question *question);

/* How long a question waits for its answer, in milliseconds: sshd(8) waits 120 seconds. */
enum { SSH_QUESTION_LIMIT = 110 * 1000 };

/*
 * Opens a shell on a host. asked (NULL: nobody can answer, every question counts as cancelled) is called with the
 * argument of events; one question at a time. Nothing here blocks.
 */
enum status transport_open_ssh(struct loop *loop, struct ssh_gate *gate, const struct ssh_target *target,
    const struct transport_events *events, ssh_ask_function *asked, struct transport **transport,
    struct error *error) MUST_CHECK;

/* Answers the question that waits, NULL cancels; no effect where none waits. text is copied and wiped after use. */
void transport_answer(struct transport *transport, const char *text);

/* Which way was taken and why: "libssh", "openssh, because ProxyJump is set"; never NULL. */
const char *transport_description(const struct transport *transport);

/*
 * ssh(1) runs this program to ask its questions: where the environment variable ASKPASS_VARIABLE is set, main calls
 * this with its arguments and returns what it returns.
 */
#define ASKPASS_VARIABLE "DAGTOP_ASKPASS_SOCKET"
int askpass_main(int count, char **values);

#endif
