/* SPDX-License-Identifier: Apache-2.0 */
/* Checksums of what done nodes would run now, so that changed scripts are seen. Read in slices: files may be many. */
#include <stdlib.h>

#include "dagtop/base/memory.h"
#include "engine_private.h"

enum { SLICE = 5, PAUSE = 1 }; /* milliseconds */

const char *checksum_of_node(struct engine *engine, size_t node)
{
    char *(*compute)(const struct workflow *, size_t) = engine->options.checksum;
    free(engine->checksums[node]);
    engine->checksums[node] = compute != NULL ? compute(engine->workflow, node) : NULL;
    return engine->checksums[node] != NULL ? engine->checksums[node] : "";
}

static void compute_slice(void *argument)
{
    struct engine *engine = argument;
    int64_t end = clock_monotonic() + SLICE;
    while (engine->checksum_next < engine->workflow->node_count && clock_monotonic() < end) {
        size_t node = engine->checksum_next++;
        if (engine->views[node].state == STATE_DONE && engine->checksums[node] == NULL)
            (void)checksum_of_node(engine, node);
    }
    if (engine->checksum_next < engine->workflow->node_count) {
        loop_timer_start(engine->checksum_timer, PAUSE, 0);
        return;
    }
    engine->checksums_known = true;
    engine->dirty = true;
    engine_ask_turn(engine);
}

static void checksum_begin(struct engine *engine)
{
    if (engine->closing)
        return;
    if (engine->checksum_timer == NULL)
        engine->checksum_timer = loop_timer_new(engine->loop, compute_slice, engine);
    engine->checksum_next = 0;
    loop_timer_start(engine->checksum_timer, PAUSE, 0);
}

bool checksum_is_known(struct engine *engine)
{
    if (engine->options.checksum == NULL)
        return true;
    if (engine->checksum_timer == NULL)
        checksum_begin(engine);
    return engine->checksums_known;
}

void checksum_refresh(struct engine *engine)
{
    if (engine->options.checksum == NULL)
        return;
    for (size_t i = 0; i < engine->workflow->node_count; i++) {
        free(engine->checksums[i]);
        engine->checksums[i] = NULL;
    }
    checksum_begin(engine);
}

void checksum_release(struct engine *engine)
{
    for (size_t i = 0; i < engine->workflow->node_count; i++)
        free(engine->checksums[i]);
    free(engine->checksums);
    if (engine->checksum_timer != NULL)
        loop_timer_free(engine->checksum_timer);
}
