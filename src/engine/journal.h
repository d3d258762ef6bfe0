/* SPDX-License-Identifier: Apache-2.0 */
/* What this program has asked hosts to do, newest kept: never what it only looked at. */
#ifndef DAGTOP_ENGINE_JOURNAL_H
#define DAGTOP_ENGINE_JOURNAL_H

#include <stddef.h>

#include "dagtop/base/clock.h"
#include "dagtop/base/status.h"

enum { JOURNAL_LIMIT = 256 };

struct journal_entry {
    wall_time time;
    char host[64], text[192], result[192]; /* result: "" until the host has answered, then "done" or its words */
};

struct journal {
    struct journal_entry entries[JOURNAL_LIMIT]; /* a ring */
    size_t total;                                /* entries ever made; the newest is at (total - 1) % JOURNAL_LIMIT */
};

/* Notes a request; returns its number for journal_result. The text is cut to what fits. */
size_t journal_add(struct journal *journal, wall_time time, const char *host, const char *format, ...)
    FORMAT_LIKE_PRINTF(4, 5);

/* Notes how a request ended; forgotten requests are passed over. */
void journal_result(struct journal *journal, size_t number, const struct error *error);

/* The entry that was made age requests before the newest, or NULL. */
const struct journal_entry *journal_entry(const struct journal *journal, size_t age);

#endif
