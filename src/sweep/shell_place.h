/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in a shell script one stands: in quotes, a comment, a here-document or none of them; so that a value can be put
 * there as text and never as code (POSIX.1-2017, Shell Command Language, 2.2 Quoting and 2.7.4 Here-Document).
 */
#ifndef DAGTOP_SWEEP_SHELL_PLACE_H
#define DAGTOP_SWEEP_SHELL_PLACE_H

#include "dagtop/base/text.h"

enum { SHELL_PLACE_DEPTH = 32, SHELL_PLACE_WORD = 64 };

enum shell_quoting { SHELL_UNQUOTED, SHELL_SINGLE, SHELL_DOUBLE, SHELL_ANSI, SHELL_BACKQUOTED, SHELL_COMMENT };

struct shell_place {
    struct {
        enum shell_quoting quoting;
        unsigned parentheses; /* open ones in a command substitution */
    } stack[SHELL_PLACE_DEPTH];
    unsigned depth;
    char before;                                             /* the byte before, 0 at the beginning of a line */
    bool escaped;                                            /* by a backslash */
    bool unsure;                                             /* nested too deep to follow */
    bool in_document, document_is_quoted, document_has_tabs; /* a here-document */
    char word[SHELL_PLACE_WORD];                             /* that ends it; "" where none is announced */
    enum { WORD_NONE, WORD_DASH, WORD_BEGINS, WORD_GOES_ON } word_state;
    char line[SHELL_PLACE_WORD]; /* the line of the here-document so far */
    size_t line_length, word_length;
    unsigned less_than, arithmetic;
};

/* The beginning of a script: all zeros. */
void shell_place_init(struct shell_place *place);

/* Goes on over one byte of the script. */
void shell_place_step(struct shell_place *place, char byte);

/* Appends a value so that a shell reads it as it is at this place; where that cannot be, what is special becomes '-'.
 */
void shell_place_append(const struct shell_place *place, struct text *text, const char *value);

#endif
