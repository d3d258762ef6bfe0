/* SPDX-License-Identifier: Apache-2.0 */
/* Uploads files of this machine for a node's next start, piece by piece, a few pieces ahead of the answers. */
#ifndef DAGTOP_STAGE_H
#define DAGTOP_STAGE_H

#include "dagtop/agent/request.h"
#include "dagtop/base/text.h"

struct stage;

/* Files that one node may have staged, folders included, and how deep folders may lie. */
enum { STAGE_FILE_LIMIT = 10000, STAGE_DEPTH_LIMIT = 32 };

/* An upload for a node, empty. */
struct stage *stage_new(struct agent *agent, const struct agent_place *place, const struct node *node);
void stage_free(struct stage *stage);

/*
 * Adds a file, or a folder with all that is in it; target is its path beside the script. STATUS_SYSTEM, STATUS_INVALID
 * or STATUS_TOO_LARGE with a sentence where it cannot be staged.
 */
enum status stage_add(struct stage *stage, const char *source, const char *target, struct error *error) MUST_CHECK;

/*
 * Appends all files as lines that come before the start that they belong to, so that they need no questions and no
 * processes. False where they are too large for that or cannot be read; text is as it was then.
 */
bool stage_append_small(struct stage *stage, struct text *text);

/*
 * Begins to upload. Where it fails the stage is still the caller's; else done is called once, later, and the stage
 * frees itself.
 */
enum status stage_begin(struct stage *stage, agent_done_function *done, void *argument, struct error *error) MUST_CHECK;

#endif
