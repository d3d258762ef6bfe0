/* SPDX-License-Identifier: Apache-2.0 */
/* Labels, "{name}\nprogress={progress}" (dagtop-workflow(5)), filled in for a node. Pure: times and environment come
 * from the caller. */
#ifndef DAGTOP_MODEL_LABEL_H
#define DAGTOP_MODEL_LABEL_H

#include "dagtop/base/text.h"
#include "dagtop/model/derive.h"

struct label_context {
    const struct workflow *workflow;
    size_t node;
    const struct node_view *view;
    const struct observation *observation;
    wall_time now, modified, workflow_first_start, workflow_end;  /* 0: not known */
    const char *(*environment)(const char *name, void *argument); /* NULL result: N/A */
    const char *(*variable)(const char *name, void *argument);    /* {cm.NAME}: dagtop's config */
    void *argument;
};

/*
 * Appends the label of pattern (NULL: the node's name) to text, at most 4096 bytes. "\n" (two characters) and newlines
 * break lines as '\n' in the result; "{{" and "}}" are braces; unknown words give N/A. Attributes outrank metrics. The
 * result is not made safe for a terminal: whoever draws it does that.
 */
void label_expand(const char *pattern, const struct label_context *context, struct text *text);

#endif
