/* SPDX-License-Identifier: Apache-2.0 */
/* A small seeded generator of random numbers, so that equal input gives an equal layout. */
#ifndef DAGTOP_DRAW_GENERATOR_H
#define DAGTOP_DRAW_GENERATOR_H

#include <stdint.h>

struct generator {
    uint64_t state;
};

/* The next 64 random bits (splitmix64, Steele, Lea and Flood 2014). */
static inline uint64_t generator_next(struct generator *generator)
{
    uint64_t z = generator->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* A number from 0 to limit - 1 (limit > 0). */
static inline uint32_t generator_below(struct generator *generator, uint32_t limit)
{
    return (uint32_t)((generator_next(generator) >> 32) * limit >> 32);
}

/* A number from -1 to 1. */
static inline float generator_unit(struct generator *generator)
{
    return (float)(generator_next(generator) >> 40) * (2.0f / 16777216.0f) - 1.0f;
}

#endif
