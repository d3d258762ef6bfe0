/* SPDX-License-Identifier: Apache-2.0 */
/* The checksum of POSIX cksum(1), the one that every host can compute: for seeing change, not for security. */
#ifndef DAGTOP_BASE_CHECKSUM_H
#define DAGTOP_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

enum { CHECKSUM_TEXT_SIZE = 40 };

struct checksum {
    uint32_t remainder;
    uint64_t length;
};

/* Starts, feeds and finishes a checksum (POSIX.1-2017, cksum, CRC of ISO/IEC 8802-3 with the length appended). */
void checksum_init(struct checksum *checksum);
void checksum_add(struct checksum *checksum, const void *bytes, size_t length);
uint32_t checksum_finish(const struct checksum *checksum);

/* "CRC-LENGTH", both decimal as cksum prints them, with '-' between. Returns buffer. */
char *checksum_text(const struct checksum *checksum, char buffer[CHECKSUM_TEXT_SIZE]);

#endif
