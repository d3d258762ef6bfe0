/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the records that describe a node (docs/agent.md 4) into its observation. */
#ifndef DAGTOP_RECORD_H
#define DAGTOP_RECORD_H

#include "dagtop/model/observation.h"

/* Attempts and metrics that are kept of one node; of more attempts the newest. */
enum { RECORD_ATTEMPT_LIMIT = 1000, RECORD_METRIC_LIMIT = 256 };

/* Where a reader is in the records of one node. */
struct record_reader {
    struct observation *observation;
    unsigned attempt;         /* the one that records belong to; 0: none yet */
    bool newest_only;         /* the answer has no more than the newest attempt: newer ones are gone */
    wall_time now;            /* when the answer came */
    int64_t clock_difference; /* host minus client, milliseconds: what times in records are told by */
};

/* Reads one record. What is malformed or unknown changes nothing. */
void record_read(struct record_reader *reader, const char *field, const char *value);

/* Forgets what records have told: attempts, report, flags; keeps what others know (batch, trouble). */
void record_forget(struct observation *observation);

#endif
