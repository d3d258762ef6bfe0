/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/base/checksum.h"

#include <inttypes.h>
#include <stdio.h>

enum { POLYNOMIAL = 0x04c11db7 };

static uint32_t feed(uint32_t remainder, unsigned char byte)
{
    remainder ^= (uint32_t)byte << 24;
    for (int bit = 0; bit < 8; bit++)
        remainder = remainder & 0x80000000u ? remainder << 1 ^ (uint32_t)POLYNOMIAL : remainder << 1;
    return remainder;
}

void checksum_init(struct checksum *checksum)
{
    *checksum = (struct checksum){0};
}

void checksum_add(struct checksum *checksum, const void *bytes, size_t length)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < length; i++)
        checksum->remainder = feed(checksum->remainder, byte[i]);
    checksum->length += length;
}

uint32_t checksum_finish(const struct checksum *checksum)
{
    uint32_t remainder = checksum->remainder;
    for (uint64_t length = checksum->length; length; length >>= 8)
        remainder = feed(remainder, (unsigned char)(length & 0xff));
    return ~remainder;
}

char *checksum_text(const struct checksum *checksum, char buffer[CHECKSUM_TEXT_SIZE])
{
    snprintf(buffer, CHECKSUM_TEXT_SIZE, "%" PRIu32 "-%" PRIu64, checksum_finish(checksum), checksum->length);
    return buffer;
}
