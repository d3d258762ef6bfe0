/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a finished drawing back: which edges do its cells state? Shares nothing with the code that draws, so that it
 * can tell whether a drawing is true.
 */
#ifndef DAGTOP_DRAW_READER_H
#define DAGTOP_DRAW_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dagtop/base/status.h"

struct reader_edge {
    uint32_t source, target; /* indices into the names */
};

/* What a text states; reader_result_release frees it. */
struct reader_result {
    struct reader_edge *edges; /* sorted by source, target; each once */
    size_t edge_count;
    size_t boxes_missing; /* names that no box shows */
    size_t loose_ends;    /* sides of lines that lead nowhere: 0 in a whole drawing */
};

enum reader_flow { READER_LEFT_TO_RIGHT, READER_TOP_TO_BOTTOM };

/*
 * Finds the box of every name ([name] or a box with border whose first line is the name) in a text of UTF-8 lines,
 * follows the lines between them and fills result. ASCII or Unicode is told from the text. STATUS_TOO_LARGE for a
 * drawing of over 16 million cells or statements. Names must be unique and not empty; control characters and malformed
 * bytes in them are expected as U+FFFD, as a canvas shows them.
 */
enum status reader_read(const char *text, const char *const *names, size_t name_count, enum reader_flow flow,
    struct reader_result *result, struct error *error) MUST_CHECK;

void reader_result_release(struct reader_result *result);

/* Edges of the input that result lacks, and edges of result that are not in the input (repeated edges count once). */
void reader_compare(const struct reader_result *result, const uint32_t *sources, const uint32_t *targets,
    size_t edge_count, size_t *missing, size_t *false_edges);

#endif
