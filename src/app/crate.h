/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An archive of a workflow for publication: what it is made of, what happened, and an RO-Crate description
 * (https://w3id.org/ro/crate/1.1). Files are put together in a folder of links, which tar(1) then follows.
 */
#ifndef DAGTOP_APP_CRATE_H
#define DAGTOP_APP_CRATE_H

#include <jansson.h>

#include "session.h"

struct crate {
    const struct session *session;
    char *folder;       /* temporary; holds one folder, that of the archive */
    char *top;          /* of the archive: folder/NAME */
    json_t *files;      /* paths below top, once each, in their order: path -> description */
    struct error error; /* the first thing that went wrong */
};

/* Makes the folder. STATUS_SYSTEM where it cannot. */
enum status crate_open(struct crate *crate, const struct session *session, struct error *error) MUST_CHECK;

/* Removes it with all that is in it, but nothing that was linked. */
void crate_close(struct crate *crate);

/* Lets path stand under target. A file that is not there is passed over: false. */
bool crate_link(struct crate *crate, const char *path, const char *target, const char *description);

/* Writes an object as a file; takes the object. */
void crate_write(struct crate *crate, const char *target, json_t *object, const char *description);

/* What is known of a node's current attempt, of its host and of what ran: its record as JSON. */
json_t *crate_record(const struct crate *crate, size_t node);

/* The RO-Crate metadata of all that is in the crate so far. */
json_t *crate_metadata(const struct crate *crate);

#endif
