/* SPDX-License-Identifier: Apache-2.0 */
/* One file being read: where its mistakes are told, each a sentence with its place that says what it is about. */
#ifndef DAGTOP_LOAD_READING_H
#define DAGTOP_LOAD_READING_H

#include <stdbool.h>
#include <stddef.h>

#include "dagtop/base/status.h"

struct place {
    unsigned line, column; /* from 1; 0 where not known */
};

struct reading {
    const char *file;                     /* as messages show it */
    struct error_list *errors, *warnings; /* either may be NULL */
    unsigned first_error, first_warning;  /* what the lists held before */
    bool failed;                          /* an error was told */
    const char *noun, *name;              /* what messages are about: node "train"; NULL: nothing named */
};

/* A reading of file that has found nothing yet. All three are borrowed. */
void reading_init(struct reading *reading, const char *file, struct error_list *errors, struct error_list *warnings);

/* What the next messages are about: noun and name (both may be NULL) begin the sentence as 'noun "name": '. */
void reading_about(struct reading *reading, const char *noun, const char *name);

/* Tell a mistake, or something that is let pass. The whole sentence is made safe for terminals. */
void reading_error(struct reading *reading, struct place place, const char *format, ...) FORMAT_LIKE_PRINTF(3, 4);
void reading_warn(struct reading *reading, struct place place, const char *format, ...) FORMAT_LIKE_PRINTF(3, 4);

/* Puts what was told into the order of the file; STATUS_INVALID where there was an error. */
enum status reading_finish(struct reading *reading) MUST_CHECK;

/* Text of a file within a sentence: in quotes, cut with "..." where it is long. */
struct quoted {
    char bytes[256];
};
struct quoted quote(const char *text);

#endif
