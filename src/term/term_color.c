/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "term_backend.h"

/* In the first 16 colours bit 0 is red, bit 1 green, bit 2 blue. */
enum { WHITE = 7, BRIGHT = 8 };

/* The parts of a color of the palette, 0 to 255, as xterm has them by default; terminals differ for the first 16. */
static void color_parts(int color, int parts[3])
{
    for (int i = 0; i < 3; i++) {
        int step = color < 16 ? 0 : (color - 16) / (i == 0 ? 36 : i == 1 ? 6 : 1) % 6;
        if (color < 16)
            parts[i] = color == 7 ? 229 : color == 8 ? 127 : color & 1 << i ? (color & BRIGHT ? 255 : 205) : 0;
        else if (color < 232)
            parts[i] = step ? 55 + 40 * step : 0;
        else
            parts[i] = 8 + 10 * (color - 232);
    }
}

/* Greys must stay visible on any background: between black and white they are the terminal's own foreground. */
static int basic_grey(int level, int colors, bool background)
{
    if (level < 40)
        return 0;
    if (level >= 235)
        return colors < 16 ? WHITE : BRIGHT + WHITE;
    if (colors >= 16 && level < 140)
        return BRIGHT;
    return !background ? TERM_COLOR_DEFAULT : level < 140 ? 0 : WHITE;
}

/*
 * By hue, not by distance, which would take pale colours for white and dark ones for black: a part is on that is high
 * within the span of the three. Pale and warm colours keep their second part (orange becomes yellow).
 */
static int basic_color(const int parts[3], int colors, bool background)
{
    int least = 255, most = 0, result = 0;
    for (int i = 0; i < 3; i++) {
        least = parts[i] < least ? parts[i] : least;
        most = parts[i] > most ? parts[i] : most;
    }
    if (most - least < 25)
        return basic_grey(most, colors, background);
    int quarters = parts[0] == most || least >= 90 ? 2 : 3;
    for (int i = 0; i < 3; i++) {
        if (4 * (parts[i] - least) >= quarters * (most - least))
            result |= 1 << i;
    }
    return colors >= 16 && most == 255 ? result + BRIGHT : result;
}

int term_color_nearest(int color, int colors, bool background)
{
    int parts[3];
    if (color < 0 || color > 255)
        return TERM_COLOR_DEFAULT;
    if (color < colors)
        return color;
    color_parts(color, parts);
    return basic_color(parts, colors, background);
}
