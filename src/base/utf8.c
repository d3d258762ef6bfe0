/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/base/utf8.h"

enum { REPLACEMENT = 0xfffd, TAB_COLUMNS = 8, COMBINING_LIMIT = 4 };

struct range {
    uint32_t first, last;
};

/* Combining marks, joiners and variation selectors: no cell of their own. */
static const struct range zero_width[] = {
    {0x0300, 0x036f},
    {0x0483, 0x0489},
    {0x0591, 0x05bd},
    {0x05bf, 0x05bf},
    {0x05c1, 0x05c2},
    {0x05c4, 0x05c5},
    {0x0610, 0x061a},
    {0x064b, 0x065f},
    {0x0670, 0x0670},
    {0x06d6, 0x06dc},
    {0x06df, 0x06e4},
    {0x06e7, 0x06e8},
    {0x06ea, 0x06ed},
    {0x0711, 0x0711},
    {0x0730, 0x074a},
    {0x07a6, 0x07b0},
    {0x07eb, 0x07f3},
    {0x0816, 0x082d},
    {0x0859, 0x085b},
    {0x08d3, 0x08ff},
    {0x0900, 0x0902},
    {0x093a, 0x093a},
    {0x093c, 0x093c},
    {0x0941, 0x0948},
    {0x094d, 0x094d},
    {0x0951, 0x0957},
    {0x0981, 0x0981},
    {0x09bc, 0x09bc},
    {0x09c1, 0x09c4},
    {0x09cd, 0x09cd},
    {0x0a01, 0x0a02},
    {0x0a3c, 0x0a51},
    {0x0abc, 0x0abc},
    {0x0ac1, 0x0ac8},
    {0x0acd, 0x0acd},
    {0x0b3c, 0x0b3c},
    {0x0bc0, 0x0bc0},
    {0x0bcd, 0x0bcd},
    {0x0c3e, 0x0c40},
    {0x0c46, 0x0c56},
    {0x0e31, 0x0e31},
    {0x0e34, 0x0e3a},
    {0x0e47, 0x0e4e},
    {0x0eb1, 0x0eb1},
    {0x0eb4, 0x0ebc},
    {0x0ec8, 0x0ece},
    {0x0f18, 0x0f19},
    {0x0f71, 0x0f84},
    {0x1160, 0x11ff},
    {0x135d, 0x135f},
    {0x1ab0, 0x1ace},
    {0x1dc0, 0x1dff},
    {0x200b, 0x200f},
    {0x2060, 0x2064},
    {0x20d0, 0x20f0},
    {0x2cef, 0x2cf1},
    {0x302a, 0x302d},
    {0x3099, 0x309a},
    {0xa66f, 0xa67d},
    {0xa6f0, 0xa6f1},
    {0xfb1e, 0xfb1e},
    {0xfe00, 0xfe0f},
    {0xfe20, 0xfe2f},
    {0xfeff, 0xfeff},
    {0x1d165, 0x1d169},
    {0xe0100, 0xe01ef},
};

/* East Asian wide and full width (Unicode UAX 11), and pictographs that terminals draw two cells wide. */
static const struct range double_width[] = {
    {0x1100, 0x115f},
    {0x231a, 0x231b},
    {0x2329, 0x232a},
    {0x23e9, 0x23ec},
    {0x23f0, 0x23f0},
    {0x23f3, 0x23f3},
    {0x25fd, 0x25fe},
    {0x2614, 0x2615},
    {0x2648, 0x2653},
    {0x267f, 0x267f},
    {0x2693, 0x2693},
    {0x26a1, 0x26a1},
    {0x26aa, 0x26ab},
    {0x26bd, 0x26be},
    {0x26c4, 0x26c5},
    {0x26ce, 0x26ce},
    {0x26d4, 0x26d4},
    {0x26ea, 0x26ea},
    {0x26f2, 0x26f3},
    {0x26f5, 0x26f5},
    {0x26fa, 0x26fa},
    {0x26fd, 0x26fd},
    {0x2705, 0x2705},
    {0x270a, 0x270b},
    {0x2728, 0x2728},
    {0x274c, 0x274c},
    {0x274e, 0x274e},
    {0x2753, 0x2755},
    {0x2757, 0x2757},
    {0x2795, 0x2797},
    {0x27b0, 0x27b0},
    {0x27bf, 0x27bf},
    {0x2b1b, 0x2b1c},
    {0x2b50, 0x2b50},
    {0x2b55, 0x2b55},
    {0x2e80, 0x303e},
    {0x3041, 0x33ff},
    {0x3400, 0x4dbf},
    {0x4e00, 0x9fff},
    {0xa000, 0xa4cf},
    {0xa960, 0xa97f},
    {0xac00, 0xd7a3},
    {0xf900, 0xfaff},
    {0xfe30, 0xfe6f},
    {0xff00, 0xff60},
    {0xffe0, 0xffe6},
    {0x16fe0, 0x18aff},
    {0x1b000, 0x1b2ff},
    {0x1f004, 0x1f004},
    {0x1f0cf, 0x1f0cf},
    {0x1f18e, 0x1f18e},
    {0x1f191, 0x1f19a},
    {0x1f200, 0x1f320},
    {0x1f32d, 0x1f335},
    {0x1f337, 0x1f37c},
    {0x1f37e, 0x1f393},
    {0x1f3a0, 0x1f3ca},
    {0x1f3cf, 0x1f3d3},
    {0x1f3e0, 0x1f3f0},
    {0x1f3f4, 0x1f3f4},
    {0x1f3f8, 0x1f43e},
    {0x1f440, 0x1f440},
    {0x1f442, 0x1f4fc},
    {0x1f4ff, 0x1f53d},
    {0x1f54b, 0x1f567},
    {0x1f57a, 0x1f57a},
    {0x1f595, 0x1f596},
    {0x1f5a4, 0x1f5a4},
    {0x1f5fb, 0x1f64f},
    {0x1f680, 0x1f6c5},
    {0x1f6cc, 0x1f6cc},
    {0x1f6d0, 0x1f6d2},
    {0x1f6d5, 0x1f6df},
    {0x1f6eb, 0x1f6ec},
    {0x1f6f4, 0x1f6ff},
    {0x1f7e0, 0x1f7eb},
    {0x1f90c, 0x1f9ff},
    {0x1fa70, 0x1faff},
    {0x20000, 0x3fffd},
};

static bool in_ranges(const struct range *ranges, size_t count, uint32_t code_point)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code_point > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && code_point >= ranges[low].first;
}

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

size_t utf8_read(const char *bytes, size_t length, uint32_t *code_point)
{
    const unsigned char *byte = (const unsigned char *)bytes;
    uint32_t value = byte[0];
    *code_point = REPLACEMENT;
    if (value < 0x80) {
        *code_point = value;
        return 1;
    }
    size_t needed = value >= 0xf0 ? 4 : value >= 0xe0 ? 3 : 2;
    if (value < 0xc2 || value > 0xf4 || length < needed)
        return 1;
    value &= 0x7fu >> needed;
    for (size_t i = 1; i < needed; i++) {
        if (!is_continuation(byte[i]))
            return 1;
        value = value << 6 | (byte[i] & 0x3fu);
    }
    bool overlong = (needed == 3 && value < 0x800) || (needed == 4 && value < 0x10000);
    if (overlong || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 1;
    *code_point = value;
    return needed;
}

size_t utf8_write(uint32_t code_point, char bytes[4])
{
    if (code_point < 0x80) {
        bytes[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        bytes[0] = (char)(0xc0 | code_point >> 6);
        bytes[1] = (char)(0x80 | (code_point & 0x3f));
        return 2;
    }
    if (code_point < 0x10000) {
        bytes[0] = (char)(0xe0 | code_point >> 12);
        bytes[1] = (char)(0x80 | (code_point >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (code_point & 0x3f));
        return 3;
    }
    bytes[0] = (char)(0xf0 | code_point >> 18);
    bytes[1] = (char)(0x80 | (code_point >> 12 & 0x3f));
    bytes[2] = (char)(0x80 | (code_point >> 6 & 0x3f));
    bytes[3] = (char)(0x80 | (code_point & 0x3f));
    return 4;
}

unsigned utf8_code_point_width(uint32_t code_point)
{
    if (code_point < 0x300)
        return 1;
    if (in_ranges(zero_width, sizeof zero_width / sizeof *zero_width, code_point))
        return 0;
    return in_ranges(double_width, sizeof double_width / sizeof *double_width, code_point) ? 2 : 1;
}

size_t utf8_width(const char *string)
{
    size_t cells = 0;
    for (size_t i = 0; string[i];) {
        uint32_t code_point;
        size_t left = 1;
        while (left < 4 && string[i + left])
            left++;
        i += utf8_read(string + i, left, &code_point);
        cells += utf8_code_point_width(code_point);
    }
    return cells;
}

size_t utf8_bytes_for_width(const char *string, size_t cells)
{
    size_t i = 0, used = 0;
    while (string[i]) {
        uint32_t code_point;
        size_t left = 1;
        while (left < 4 && string[i + left])
            left++;
        size_t taken = utf8_read(string + i, left, &code_point);
        used += utf8_code_point_width(code_point);
        if (used > cells)
            break;
        i += taken;
    }
    return i;
}

/* Format controls that change how other text is shown, or show nothing at all. */
static bool is_invisible_control(uint32_t code_point)
{
    return code_point == 0xad || code_point == 0x61c || (code_point >= 0x200b && code_point <= 0x200f) ||
           (code_point >= 0x2028 && code_point <= 0x202e) || (code_point >= 0x2060 && code_point <= 0x206f) ||
           code_point == 0xfeff || (code_point >= 0xfff9 && code_point <= 0xfffb) ||
           (code_point >= 0xe0000 && code_point <= 0xe0fff);
}

void utf8_append_safe(struct text *text, const char *bytes, size_t length)
{
    size_t column = 0;
    unsigned combining = 0;
    for (size_t i = 0; i < length;) {
        uint32_t code_point;
        size_t before = text->length, taken = utf8_read(bytes + i, length - i, &code_point);
        unsigned width = utf8_code_point_width(code_point);
        if (code_point == '\t') {
            do
                text_append_byte(text, ' ');
            while (++column % TAB_COLUMNS);
        } else if (code_point < 0x20 || code_point == 0x7f) {
            text_append_format(text, "^%c", (char)(code_point ^ 0x40));
            column += 2;
        } else if ((code_point >= 0x80 && code_point < 0xa0) || is_invisible_control(code_point)) {
            text_append_format(text, code_point < 0xa0 ? "<%02X>" : "<U+%04X>", code_point);
            column += text->length - before;
        } else if (width || ++combining <= COMBINING_LIMIT) {
            char encoded[4];
            text_append(text, encoded, utf8_write(code_point, encoded));
            column += width;
        }
        if (width)
            combining = 0;
        i += taken;
    }
}
