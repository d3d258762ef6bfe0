/* SPDX-License-Identifier: Apache-2.0 */
/* A fuzz target is one file with this function: it feeds one input to a parser and calls broken() (base/memory.h) where
 * a promise does not hold. */
#ifndef DAGTOP_TESTS_FUZZ_H
#define DAGTOP_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Returns 0. The name is libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
