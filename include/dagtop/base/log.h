/* SPDX-License-Identifier: Apache-2.0 */
/* The diagnostic log (--log=FILE): for bug reports, never for users' results. Nothing is written where none is open. */
#ifndef DAGTOP_BASE_LOG_H
#define DAGTOP_BASE_LOG_H

#include "dagtop/base/status.h"

/* Opens the log for appending, mode 0600. */
enum status log_open(const char *path, struct error *error) MUST_CHECK;

/* Closes it; harmless where none is open. */
void log_close(void);

/* Writes one line with time and module ("agent", "engine"). */
void log_write(const char *module, const char *format, ...) FORMAT_LIKE_PRINTF(2, 3);

#endif
