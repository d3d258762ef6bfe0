/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a command line as a shell would take them apart, as far as dagtop itself writes such lines. */
#ifndef DAGTOP_UI_SHELL_WORDS_H
#define DAGTOP_UI_SHELL_WORDS_H

#include "dagtop/base/text.h"

/*
 * Appends the next word of *line without its quotes and moves *line behind it; false at the end. A newline ends a word
 * and counts as blank. Quotes that do not end, end with the line.
 */
bool shell_words_next(const char **line, struct text *word);

#endif
