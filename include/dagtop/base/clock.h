/* SPDX-License-Identifier: Apache-2.0 */
/* Times: wall clock in milliseconds since 1970 UTC, monotonic milliseconds, and their texts. Below engine nothing reads
 * a clock. */
#ifndef DAGTOP_BASE_CLOCK_H
#define DAGTOP_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Milliseconds since 1970-01-01 UTC; 0 means not known. */
typedef int64_t wall_time;

/* The wall clock now. */
wall_time clock_wall(void);

/* Milliseconds of the monotonic clock, for deadlines and ages. */
int64_t clock_monotonic(void);

/* "2026-11-20T21:03:02Z" (RFC 3339, seconds, UTC) into buffer of at least 32 bytes; "" for 0. Returns buffer. */
char *clock_format_utc(wall_time time, char *buffer, size_t size);

/* Reads RFC 3339 with Z or an offset, with or without fractions. False and 0 where it is none. */
bool clock_parse_utc(const char *text, wall_time *time);

/* "5s", "3m07s", "2h14m", "3d04h" (at most 6 columns) for a duration in milliseconds; "-" for negative. Returns buffer.
 */
char *clock_format_duration(int64_t milliseconds, char *buffer, size_t size);

/* Reads "90", "90s", "15m", "2h", "1d", "1h30m" into milliseconds. False where it is none or negative. */
bool clock_parse_duration(const char *text, int64_t *milliseconds);

#endif
