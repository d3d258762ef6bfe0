/* SPDX-License-Identifier: Apache-2.0 */
/* How long this thread was ready to run and got no processor: what others did is no fault of a loop that comes late. */
#ifndef DAGTOP_TESTS_PROCESSOR_WAIT_H
#define DAGTOP_TESTS_PROCESSOR_WAIT_H

#include <stdio.h>

/* So far, in milliseconds; 0 where the system does not tell. */
static inline double processor_wait(void)
{
    double run = 0, wait = 0;
    FILE *file = fopen("/proc/thread-self/schedstat", "r");
    if (file && fscanf(file, "%lf %lf", &run, &wait) != 2)
        wait = 0;
    if (file)
        fclose(file);
    return wait / 1e6;
}

#endif
