/* SPDX-License-Identifier: Apache-2.0 */
#include "glyph.h"

uint32_t glyph_line(unsigned sides, bool ascii)
{
    static const uint32_t unicode[16] = {
        ' ', 0x2502, 0x2500, 0x2514, 0x2502, 0x2502, 0x250c, 0x251c,    /* none N E NE S NS ES NES */
        0x2500, 0x2518, 0x2500, 0x2534, 0x2510, 0x2524, 0x252c, 0x254b, /* W NW EW NEW SW NSW ESW all */
    };
    static const char plain[16] = {' ', '|', '-', '`', '|', '|', '.', '*', '-', '\'', '-', '*', ',', '*', '*', '*'};
    return ascii ? (uint32_t)plain[sides & 15] : unicode[sides & 15];
}

uint32_t glyph_crossing(bool ascii)
{
    return ascii ? '+' : 0x253c;
}

uint32_t glyph_arrow(bool to_right, bool ascii)
{
    if (ascii)
        return to_right ? '>' : 'v';
    return to_right ? 0x25ba : 0x25bc;
}

uint32_t glyph_dot(bool first, bool wide, bool ascii)
{
    if (first)
        return ascii ? 'o' : 0x25cf;
    if (ascii)
        return wide ? '=' : ':';
    return wide ? 0x2501 : 0x2503;
}
