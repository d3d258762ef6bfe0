/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of the room sweep share: configurations from text, and a directory of their own. */
#ifndef DAGTOP_TESTS_SWEEP_STAGE_H
#define DAGTOP_TESTS_SWEEP_STAGE_H

#include "dagtop/sweep/configuration.h"

struct stage {
    char *folder; /* new and empty */
    struct configuration configuration;
    struct error_list errors;
};

void stage_open(struct stage *stage);
void stage_close(struct stage *stage);

/* A path in the folder; the caller frees it. */
char *stage_path(const struct stage *stage, const char *name);

/* Writes a file in the folder, making the folders above it. */
void stage_write(const struct stage *stage, const char *name, const char *content);

/* The content of a file in the folder, or NULL; the caller frees it. */
char *stage_read(const struct stage *stage, const char *name);

/* Adds a configuration file with that text. */
enum status stage_configure(struct stage *stage, const char *name, const char *yaml);

/* True where the first mistake holds a text. */
bool stage_complains(const struct stage *stage, const char *text);

#endif
