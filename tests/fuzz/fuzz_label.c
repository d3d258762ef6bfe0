/* SPDX-License-Identifier: Apache-2.0 */
/* Labels: the pattern is the input; the node has a value for every word. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/label.h"
#include "fuzz.h"

enum { LABEL_LIMIT = 4096 };

static const char *echo(const char *name, void *argument)
{
    (void)argument;
    return strlen(name) % 2 ? name : NULL;
}

static struct workflow *make_workflow(void)
{
    struct workflow *workflow = workflow_new();
    size_t index;
    if (workflow_add_node(workflow, "train", &index) != STATUS_OK)
        broken("the name train");
    attributes_set(&workflow->nodes[0].other, "shape", "box");
    return workflow;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *pattern = memory_copy_span((const char *)data, size);
    struct workflow *workflow = make_workflow();
    struct observation observation;
    struct node_view view;
    struct text text;
    observation_init(&observation);
    observation_attempt(&observation, 1)->requested = 1795208582000;
    attributes_set(&observation.report.metrics, "accuracy", "0.91");
    node_view_init(&view);
    view.started = 1795208582000;
    view.ended = 1795308582000;
    struct label_context context = {.workflow = workflow,
        .view = &view,
        .observation = &observation,
        .now = 1795408582000,
        .workflow_first_start = 1,
        .workflow_end = INT64_MAX,
        .environment = echo,
        .variable = echo};
    text_init(&text, 0);
    label_expand(pattern, &context, &text);
    if (text.length > LABEL_LIMIT)
        broken("a label of %zu bytes", text.length);
    text_release(&text);
    observation_release(&observation);
    workflow_free(workflow);
    free(pattern);
    return 0;
}
