/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory that is filled by one program and used by others: files are written whole, what is the same is left
 * alone, and what somebody else has written is never overwritten. DIR/.dagtop/deposit lists the checksum and name of
 * all that was ever written here, so that it is known again.
 */
#ifndef DAGTOP_SWEEP_DEPOSIT_H
#define DAGTOP_SWEEP_DEPOSIT_H

#include <sys/types.h>

#include "dagtop/base/status.h"
#include "dagtop/base/text.h"

struct map;

struct deposit {
    char *folder;
    struct map *known;   /* "CHECKSUM NAME" of what was written by this program at any time */
    struct map *handled; /* names of this time */
    struct text before;  /* the list as it was */
    struct text list;    /* that of this time */
    int lock, list_descriptor;
    size_t created, changed, unchanged, left; /* left: files of earlier times that are not wanted any more */
    char **kept;                              /* names that hold somebody else's bytes */
    size_t kept_count, kept_capacity;
};

/* Makes the folder where it is missing. STATUS_REFUSED where another program fills it now. */
enum status deposit_open(struct deposit *deposit, const char *folder, struct error *error) MUST_CHECK;

/*
 * Puts a file there, name relative to the folder; folders on its way are made. STATUS_OK also where something else is
 * kept: see deposit->kept.
 */
enum status deposit_put(struct deposit *deposit, const char *name, const char *bytes, size_t length, mode_t mode,
    struct error *error) MUST_CHECK;

/* Writes the list of what is there now. */
enum status deposit_finish(struct deposit *deposit, struct error *error) MUST_CHECK;

/* Lets go of the folder. */
void deposit_release(struct deposit *deposit);

#endif
