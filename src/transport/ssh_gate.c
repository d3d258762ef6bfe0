/* SPDX-License-Identifier: Apache-2.0 */
#include "ssh_gate.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dagtop/base/memory.h"

/* How long threads are waited for: 200 times a millisecond. One that waits for a name server may take longer. */
enum { WAITS = 200, WAIT_MICROSECONDS = 1000 };

struct ssh_ticket {
    struct ssh_gate *gate;
    struct ssh_ticket *next;
    const char *name;
    loop_function *passed;
    void *argument;
    bool has_passed;
};

struct ssh_gate {
    struct loop_hook *hook;
    struct ssh_ticket *first; /* in the order of asking */
    atomic_uint *threads;     /* left behind where one is still busy at the end */
};

static bool may_pass(const struct ssh_gate *gate, const struct ssh_ticket *ticket)
{
    unsigned all = 0, same = 0;
    for (const struct ssh_ticket *other = gate->first; other; other = other->next) {
        all += other->has_passed;
        same += other->has_passed && strcmp(other->name, ticket->name) == 0;
    }
    return !ticket->has_passed && all < SSH_GATE_LIMIT && same < SSH_GATE_LIMIT_OF_HOST;
}

/* One a turn: passing may free tickets. */
static void open_gate(void *argument)
{
    struct ssh_gate *gate = argument;
    struct ssh_ticket *ticket = gate->first;
    while (ticket && !may_pass(gate, ticket))
        ticket = ticket->next;
    if (!ticket)
        return;
    ticket->has_passed = true;
    loop_hook_ask(gate->hook);
    ticket->passed(ticket->argument);
}

struct ssh_gate *ssh_gate_new(struct loop *loop)
{
    struct ssh_gate *gate = memory_new(sizeof *gate);
    gate->hook = loop_hook_new(loop, open_gate, gate);
    gate->threads = memory_new(sizeof *gate->threads);
    atomic_init(gate->threads, 0);
    return gate;
}

void ssh_gate_free(struct ssh_gate *gate)
{
    if (!gate)
        return;
    if (gate->first)
        broken("a connection outlives the gate that it passed");
    for (unsigned i = 0; i < WAITS && atomic_load(gate->threads); i++)
        usleep(WAIT_MICROSECONDS);
    if (atomic_load(gate->threads) == 0)
        free(gate->threads);
    loop_hook_free(gate->hook);
    free(gate);
}

atomic_uint *ssh_gate_threads(struct ssh_gate *gate)
{
    return gate->threads;
}

struct ssh_ticket *ssh_ticket_new(struct ssh_gate *gate, const char *name, loop_function *passed, void *argument)
{
    struct ssh_ticket *ticket = memory_new(sizeof *ticket);
    *ticket = (struct ssh_ticket){.gate = gate, .name = name, .passed = passed, .argument = argument};
    struct ssh_ticket **last = &gate->first;
    while (*last)
        last = &(*last)->next;
    *last = ticket;
    loop_hook_ask(gate->hook);
    return ticket;
}

void ssh_ticket_free(struct ssh_ticket *ticket)
{
    if (!ticket)
        return;
    struct ssh_ticket **place = &ticket->gate->first;
    while (*place != ticket)
        place = &(*place)->next;
    *place = ticket->next;
    loop_hook_ask(ticket->gate->hook);
    free(ticket);
}
