/* SPDX-License-Identifier: Apache-2.0 */
#include "isotonic.h"

static int32_t nearest_whole(double value)
{
    int32_t whole = (int32_t)(value + 0.5);
    return whole > value + 0.5 ? whole - 1 : whole;
}

void isotonic_fit(struct wish *wishes, size_t count, int32_t lowest, int32_t highest, int32_t *result)
{
    size_t blocks = 0, written = 0;
    for (size_t i = 0; i < count; i++) {
        struct wish block = {.value = wishes[i].value, .weight = wishes[i].weight, .members = 1};
        while (blocks > 0 && wishes[blocks - 1].value > block.value) {
            const struct wish *before = &wishes[--blocks];
            double weight = before->weight + block.weight;
            block.value = (before->value * before->weight + block.value * block.weight) / weight;
            block.weight = weight;
            block.members += before->members;
        }
        wishes[blocks++] = block;
    }
    for (size_t i = 0; i < blocks; i++) {
        double value = wishes[i].value;
        value = value < lowest ? lowest : value > highest ? highest : value;
        for (uint32_t k = 0; k < wishes[i].members; k++)
            result[written++] = nearest_whole(value);
    }
}
