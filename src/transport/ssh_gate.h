/* SPDX-License-Identifier: Apache-2.0 */
/* Tickets for handshakes: whoever wants to connect waits until few enough others do. */
#ifndef DAGTOP_SSH_GATE_H
#define DAGTOP_SSH_GATE_H

#include <stdatomic.h>

#include "dagtop/transport/transport_ssh.h"

/* Handshakes at once: of all hosts, and of one. More are dropped by many servers (MaxStartups of sshd_config(5)). */
enum { SSH_GATE_LIMIT = 4, SSH_GATE_LIMIT_OF_HOST = 2 };

struct ssh_ticket;

/*
 * Logins on threads. ssh_gate_free waits a moment for those that nobody needs any more: a program that ends takes away
 * from under them what they use. ssh_gate_threads gives their number, to be counted up and, on any thread, down.
 */
atomic_uint *ssh_gate_threads(struct ssh_gate *gate);

/* Asks for a ticket for a host; passed is called when it counts, in a later turn. name outlives it. */
struct ssh_ticket *ssh_ticket_new(struct ssh_gate *gate, const char *name, loop_function *passed, void *argument);

/* Gives the ticket back, whether it was passed or not. */
void ssh_ticket_free(struct ssh_ticket *ticket);

#endif
