/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What jobs report (dagtop-workflow(5)): "# cloudmesh status=running progress=30 msg='epoch 3' accuracy=0.91", anywhere
 * in a line, and MLPerf logging lines ":::MLLOG {json}".
 */
#ifndef DAGTOP_MODEL_STATUS_LINE_H
#define DAGTOP_MODEL_STATUS_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "dagtop/model/attributes.h"

enum { STATUS_LINE_LIMIT = 4096, REPORT_METRIC_LIMIT = 256 };

/* What is known of a node from its lines so far: the last status wins, metrics merge. Texts are valid UTF-8. */
struct report {
    bool any;                          /* a well-formed status line was seen */
    char *status;                      /* the word of the last status line, or NULL */
    double progress;                   /* 0 to 100; negative: never given */
    char *pid, *time, *host, *message; /* or NULL */
    struct attributes metrics;
};

void report_init(struct report *report);
void report_release(struct report *report);
void report_copy(struct report *target, const struct report *source);
bool report_equal(const struct report *one, const struct report *other);

/*
 * Sets one metric. Ignored: a name that is none (a letter or '_', then letters, digits and _ . / : @ -, at most 64
 * bytes), a value over STATUS_LINE_LIMIT, a new name beyond REPORT_METRIC_LIMIT.
 */
void report_set_metric(struct report *report, const char *key, const char *value);

/*
 * Reads one line (without its newline, any bytes; cut at STATUS_LINE_LIMIT) and merges it into report. False where it
 * is no well-formed status or MLLOG line; report is then unchanged. Well-formed: the marker, a blank, and at least one
 * key=value whose value can be one (progress a finite number, clamped to 0 to 100; other words are passed over). A line
 * that begins with a blank and holds nothing but key=value continues a status line: continued says that the line before
 * was one.
 */
bool report_add_line(struct report *report, const char *line, size_t length, bool continued);

#endif
