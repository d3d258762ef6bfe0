/* SPDX-License-Identifier: Apache-2.0 */
/* Files that results are read from: what a job leaves in its folder, and tables that dagtop results has printed. */
#ifndef DAGTOP_SWEEP_RESULT_FILES_H
#define DAGTOP_SWEEP_RESULT_FILES_H

#include "dagtop/model/status_line.h"
#include "dagtop/sweep/result_table.h"

enum { RESULT_FILE_LIMIT = 16 << 20 };

/*
 * Adds what results.json (a map; nested keys are joined by dots) or results.csv (the last line, named by the first) of
 * a folder say to the metrics of report. False where there is neither, or what there is cannot be read: then *trouble
 * (may be NULL) is a sentence that the caller frees, or NULL.
 */
bool result_files_read(const char *folder, struct report *report, char **trouble);

/* Adds the status lines of the logs *.out and *.log in a folder, in the order of their names; false without any. */
bool result_files_read_logs(const char *folder, struct report *report);

/* Adds the rows of a table that dagtop results --format=json has printed. */
enum status result_files_add_table(struct result_table *table, const char *path, struct error_list *errors) MUST_CHECK;

#endif
