/* SPDX-License-Identifier: Apache-2.0 */
/* Site files: what a cluster wants to be told, host -> directive -> options of sbatch. */
#ifndef DAGTOP_SWEEP_SITE_FILE_H
#define DAGTOP_SWEEP_SITE_FILE_H

#include "dagtop/sweep/configuration.h"

/* Reads a file, or all files *.yaml of a folder in the order of their names; a folder that is missing holds none. */
enum status site_file_load(struct configuration *sites, const char *path, struct error_list *errors) MUST_CHECK;

/*
 * Appends "#SBATCH --key=value" lines for a directive of a host, then those of its directive "defaults" that it lacks.
 * asking is the setting that wants them, for messages.
 */
enum status site_file_append_sbatch(const struct configuration *sites, const char *host, const char *directive,
    const struct setting *asking, struct text *text, struct error_list *errors) MUST_CHECK;

#endif
