/* SPDX-License-Identifier: Apache-2.0 */
/* The workflow file (dagtop-workflow(5)): YAML in, a finished workflow out, or every mistake with its place. */
#ifndef DAGTOP_LOAD_WORKFLOW_FILE_H
#define DAGTOP_LOAD_WORKFLOW_FILE_H

#include "dagtop/model/settings.h"
#include "dagtop/model/workflow.h"

/*
 * Reads the file at path (at most 64 MiB). On STATUS_OK *workflow is the caller's and warnings may hold what was let
 * pass (unknown kind, missing script, a node twice in one chain). On any other status *workflow is NULL and errors says
 * all mistakes found, up to its limit, in the order of the file. settings (may be NULL) gives defaults.
 */
enum status workflow_file_load(const char *path, const struct settings *settings, struct workflow **workflow,
    struct error_list *errors, struct error_list *warnings) MUST_CHECK;

/* As workflow_file_load from length bytes in memory; name stands for the path in messages. */
enum status workflow_file_parse(const char *bytes, size_t length, const char *name, const struct settings *settings,
    struct workflow **workflow, struct error_list *errors, struct error_list *warnings) MUST_CHECK;

/* The checksum text of a file as workflow_file_load leaves it in workflow->checksum; NULL, with why, where it cannot be
 * read. The caller frees it. */
char *workflow_file_sum(const char *path, struct error *error);

/*
 * The checksum text (base/checksum.h) of what the node would run: the script's bytes or the command line, with env,
 * venv and the listed files' bytes. NULL where there is nothing to run or a file cannot be read. The caller frees it.
 */
char *workflow_file_checksum(const struct workflow *workflow, size_t node);

#endif
