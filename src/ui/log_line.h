/* SPDX-License-Identifier: Apache-2.0 */
/* What can be told of a line of a log without knowing who wrote it. */
#ifndef DAGTOP_UI_LOG_LINE_H
#define DAGTOP_UI_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a time at the beginning ("2026-11-20 21:03:02,123 ", "[21:03:02] "), 0 where there is none. */
size_t log_line_time(const char *line);

/* Whether it looks like the first word of trouble: error, traceback, fatal, killed... */
bool log_line_is_error(const char *line);

/* Whether it has the words in it; words that begin with ! for the opposite. "" fits every line. */
bool log_line_fits(const char *line, const char *words);

#endif
