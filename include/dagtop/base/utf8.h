/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8: reading code points, their width in cells, and the filter that turns what a host sent into harmless text. */
#ifndef DAGTOP_BASE_UTF8_H
#define DAGTOP_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dagtop/base/text.h"

/*
 * Reads one code point of at most length bytes (length > 0) and returns how many bytes it took. Malformed, overlong,
 * surrogate or cut sequences give U+FFFD and take one byte. Unicode 15, table 3-7.
 */
size_t utf8_read(const char *bytes, size_t length, uint32_t *code_point);

/* Writes a code point (1 to 4 bytes, no NUL) and returns the number of bytes. */
size_t utf8_write(uint32_t code_point, char bytes[4]);

/* Cells that a code point takes: 0 (combining), 1 or 2; control characters and unassigned ones count 1. No locale is
 * used. */
unsigned utf8_code_point_width(uint32_t code_point);

/* Cells of a whole string. */
size_t utf8_width(const char *string);

/* Bytes of the longest beginning of string that takes at most cells columns. */
size_t utf8_bytes_for_width(const char *string, size_t cells);

/*
 * Appends bytes as text that is safe in a terminal: tab becomes blanks to the next multiple of 8 columns (columns
 * counted from the start of this call), control characters become ^A or <9B>, DEL ^?, invalid bytes U+FFFD,
 * bidirectional and other invisible format controls <U+202E>. '\n' and '\r' become ^J and ^M. Combining characters
 * beyond four in a row are dropped.
 */
void utf8_append_safe(struct text *text, const char *bytes, size_t length);

#endif
