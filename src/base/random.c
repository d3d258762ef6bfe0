/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/base/random.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#include "dagtop/base/memory.h"

void random_token(char token[RANDOM_TOKEN_LENGTH + 1])
{
    unsigned char bytes[RANDOM_TOKEN_LENGTH / 2];
    size_t have = 0;
    while (have < sizeof bytes) {
        ssize_t got = getrandom(bytes + have, sizeof bytes - have, 0);
        if (got > 0)
            have += (size_t)got;
        else if (errno != EINTR)
            broken("the kernel gives no random numbers");
    }
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(token + 2 * i, 3, "%02x", bytes[i]);
}
