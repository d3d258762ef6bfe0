/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells a person who looks elsewhere that a node or the whole workflow has come to an end: by a bell, a notice of the
 * terminal (OSC 9 and OSC 777) and a command of the config file, each where that file asks for it (dagtop-config(5)).
 */
#ifndef DAGTOP_UI_NOTICES_H
#define DAGTOP_UI_NOTICES_H

#include "dagtop/engine/snapshot.h"
#include "dagtop/loop/loop.h"
#include "dagtop/model/settings.h"
#include "dagtop/term/term.h"

struct notices;

struct notices_options {
    struct loop *loop;               /* borrowed; NULL: no commands */
    struct term *term;               /* borrowed */
    const struct settings *settings; /* borrowed; NULL: nothing rings */

    /* A command could not be begun, or has taken too long. */
    void (*trouble)(void *argument, const char *sentence);

    /* A node of the snapshot is in another state than at the last look; NULL: nobody wants to know. */
    void (*told)(void *argument, const struct snapshot *snapshot, size_t node);
    void *argument;
};

/* Nothing is told of what has happened before the first update with a complete snapshot. Everything is borrowed. */
struct notices *notices_new(const struct notices_options *options);

/* Commands that still run are not waited for. NULL is fine. */
void notices_free(struct notices *notices);

/* Tells what has come to an end since the last update. A snapshot of another workflow than before is passed over until
 * notices_renew has named it. */
void notices_update(struct notices *notices, const struct snapshot *snapshot);

/* The workflow was read anew: before_of[i] is the number that its node i had before, SIZE_MAX where it is new. */
void notices_renew(struct notices *notices, const struct workflow *workflow, const size_t *before_of);

#endif
