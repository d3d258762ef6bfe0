/* SPDX-License-Identifier: Apache-2.0 */
/* Filters that a person types: a filter and its opposite, word by word, never both fit. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "fuzz.h"
#include "../../src/ui/filter.h"

enum { TYPED_LIMIT = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *word = memory_copy_span((const char *)data, size < TYPED_LIMIT ? size : TYPED_LIMIT);
    struct node node = {.name = (char *)"train-17", .host = (char *)"gpu-7"};
    struct node_view view = {.state = STATE_FAILED, .progress = 40, .attempt = 2};
    struct observation observation;
    struct filter filter = {0}, opposite = {0};
    observation_init(&observation);
    attributes_set(&observation.report.metrics, "loss", "0.25");
    const struct filter_subject subject = {&node, &view, &observation, 5000, false};
    filter_compile(&filter, word);
    bool fits = filter_fits(&filter, &subject);
    if (!strchr(word, ' ') && filter.count == 1) {
        char *inverse = memory_format("!%s", word);
        filter_compile(&opposite, inverse);
        if (opposite.count == 1 && filter_fits(&opposite, &subject) == fits)
            broken("'%s' and its opposite are the same", word);
        free(inverse);
    }
    filter_release(&filter);
    filter_release(&opposite);
    observation_release(&observation);
    free(word);
    return 0;
}
