/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdint.h>

#include "term_backend.h"

/* The basic sixteen as xterm has them by default; terminals differ, which the search for the nearest can bear. */
static const uint8_t basic_colors[16][3] = {{0, 0, 0}, {205, 0, 0}, {0, 205, 0}, {205, 205, 0}, {0, 0, 238},
    {205, 0, 205}, {0, 205, 205}, {229, 229, 229}, {127, 127, 127}, {255, 0, 0}, {0, 255, 0}, {255, 255, 0},
    {92, 92, 255}, {255, 0, 255}, {0, 255, 255}, {255, 255, 255}};

static int cube_level(int step)
{
    return step ? 55 + 40 * step : 0;
}

static void color_parts(int color, int parts[3])
{
    if (color < 16) {
        for (int i = 0; i < 3; i++)
            parts[i] = basic_colors[color][i];
    } else if (color < 232) {
        parts[0] = cube_level((color - 16) / 36);
        parts[1] = cube_level((color - 16) / 6 % 6);
        parts[2] = cube_level((color - 16) % 6);
    } else {
        parts[0] = parts[1] = parts[2] = 8 + 10 * (color - 232);
    }
}

int term_color_nearest(int color, int colors)
{
    if (color < 0 || color > 255 || color < colors)
        return color > 255 ? TERM_COLOR_DEFAULT : color;
    int wanted[3], best = 0, best_distance = INT_MAX;
    color_parts(color, wanted);
    for (int i = 0; i < colors && i < 16; i++) {
        int parts[3], distance = 0;
        color_parts(i, parts);
        for (int j = 0; j < 3; j++)
            distance += (parts[j] - wanted[j]) * (parts[j] - wanted[j]);
        if (distance < best_distance) {
            best_distance = distance;
            best = i;
        }
    }
    return best;
}
