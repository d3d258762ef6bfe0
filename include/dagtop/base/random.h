/* SPDX-License-Identifier: Apache-2.0 */
/* Unpredictable tokens. */
#ifndef DAGTOP_BASE_RANDOM_H
#define DAGTOP_BASE_RANDOM_H

enum { RANDOM_TOKEN_LENGTH = 32 };

/* 128 random bits from the kernel as 32 hex digits and a NUL. */
void random_token(char token[RANDOM_TOKEN_LENGTH + 1]);

#endif
