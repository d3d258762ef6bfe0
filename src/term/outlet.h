/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What curses writes, brought to the terminal without ever waiting long for it: a terminal may take a part of a screen
 * and then nothing (a dead line), and curses itself would wait for it for ever.
 *
 * Curses writes to a descriptor. While it draws, that is a file in memory; what it holds then goes to the terminal as
 * far as that takes it, and the rest later.
 */
#ifndef DAGTOP_OUTLET_H
#define DAGTOP_OUTLET_H

#include "dagtop/base/text.h"

struct outlet {
    int number;   /* the descriptor that curses writes to */
    int terminal; /* what it is otherwise */
    int own;      /* the terminal, opened anew: writing to it does not wait; -1: there is none, all goes directly */
    int memory;
    struct text waiting; /* what the terminal has not taken yet */
    bool is_slow;        /* it has not taken all of that in a moment */
};

void outlet_init(struct outlet *outlet, int number);
void outlet_release(struct outlet *outlet);

/* Around everything that draws. */
void outlet_begin(struct outlet *outlet);
void outlet_end(struct outlet *outlet);

/* Sends bytes behind what waits. */
void outlet_send(struct outlet *outlet, const char *bytes, size_t length);

/* Sends what waits; false while the terminal does not take it all. One that is just being read is given five
 * milliseconds, so that a screen goes out whole. */
bool outlet_flush(struct outlet *outlet);

/* Before others write to the terminal: what waits is sent within half a second or dropped, and so is what a terminal
 * that does not read holds itself. */
void outlet_settle(struct outlet *outlet);

#endif
