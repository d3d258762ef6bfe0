/* SPDX-License-Identifier: Apache-2.0 */
/* MLPerf logging lines (":::MLLOG {json}", mlperf_logging 1.0): the part of status_line.c that needs a JSON reader. */
#ifndef DAGTOP_MODEL_STATUS_LINE_MLLOG_H
#define DAGTOP_MODEL_STATUS_LINE_MLLOG_H

#include "dagtop/model/status_line.h"

/*
 * Reads the object after the marker: "key" with "value" becomes a metric, so does "epoch_num" (at the top or in
 * "metadata"). False, and report unchanged, where it is no object with a key.
 */
bool status_line_mllog_read(struct report *report, const char *json, size_t length);

#endif
