/* SPDX-License-Identifier: Apache-2.0 */
/* The lines in which two texts differ. */
#ifndef DAGTOP_UI_LINE_DIFF_H
#define DAGTOP_UI_LINE_DIFF_H

#include <stddef.h>

/*
 * Calls tell for each line of the shortest way from one text to the other, in order: sign is '-' for a line only in
 * old, '+' for one only in new, ' ' for one in both. Texts of more than LINE_DIFF_LIMIT differing lines are told as
 * wholly different (longest common subsequence by dynamic programming between equal beginnings and ends).
 */
enum { LINE_DIFF_LIMIT = 2000 };
typedef void line_diff_function(void *argument, char sign, const char *line, size_t length);
void line_diff(const char *old, const char *new, line_diff_function *tell, void *argument);

/*
 * The lines that differ, each behind its sign and a blank, with LINE_DIFF_CONTEXT equal ones around them; a line "..."
 * stands for those that are left out between. "" where the texts are the same. The caller frees it.
 */
enum { LINE_DIFF_CONTEXT = 2, LINE_DIFF_SHOWN = 400 };
char *line_diff_summary(const char *old, const char *new);

#endif
