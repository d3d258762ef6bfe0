/* SPDX-License-Identifier: Apache-2.0 */
/* How often a scheduler is asked: fixed by who is on the cluster, who drives, what changes, and what fails. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "src/engine/engine_private.h"

enum { SECOND = 1000, NOW = 10000 * SECOND };

struct row {
    size_t others;     /* jobs of others */
    int64_t own;       /* the interval of the config file, seconds; 0: none */
    bool driving;      /* this program drives */
    bool watched;      /* somebody looks */
    int64_t quiet;     /* seconds since something has changed */
    unsigned failures; /* lists that failed in a row */
    int64_t expected;  /* seconds */
};

static const struct row rows[] = {
    {0, 0, true, true, 0, 0, 15},
    {1000, 0, true, true, 0, 0, 15},
    {1001, 0, true, true, 0, 0, 30},
    {5000, 20, true, true, 0, 0, 20},
    {0, 1, true, true, 0, 0, 10},
    {0, 40, true, true, 0, 0, 40},
    /* Who drives does not drift, however long nothing changes, and whether somebody looks or not. */
    {0, 0, true, false, 3600, 0, 15},
    {0, 0, false, true, 60, 0, 15},
    {0, 0, false, true, 120, 0, 30},
    {0, 0, false, true, 180, 0, 45},
    {0, 0, false, true, 3600, 0, 60},
    {0, 0, false, false, 0, 0, 60},
    {5000, 0, false, true, 3600, 0, 60},
    {0, 90, false, true, 3600, 0, 90},
    /* What fails is asked less and less, up to five minutes. */
    {0, 0, true, true, 0, 1, 15},
    {0, 0, true, true, 0, 2, 30},
    {0, 0, true, true, 0, 4, 120},
    {0, 0, true, true, 0, 99, 300},
};

static int64_t interval_of(const struct row *row)
{
    static char name[] = "lab";
    static struct host_settings host;
    static struct settings settings;
    host = (struct host_settings){.name = name, .queue_interval = row->own * SECOND};
    settings = (struct settings){.hosts = &host, .host_count = 1};
    struct engine engine = {.driving = row->driving, .watched = row->watched};
    struct host place = {.engine = &engine, .name = name, .address = name};
    struct queue queue = {
        .host = &place, .others = row->others, .failures = row->failures, .last_change = NOW - row->quiet * SECOND};
    engine.options.settings = &settings;
    return queue_interval(&queue, NOW);
}

static void test_intervals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t interval = interval_of(&rows[i]);
        if (interval != rows[i].expected * SECOND)
            fail_msg("row %zu: %lld ms", i, (long long)interval);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_intervals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
