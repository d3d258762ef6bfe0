/* SPDX-License-Identifier: Apache-2.0 */
/* An engine without hosts: it implements engine/engine.h on observations that a test writes by hand. */
#ifndef DAGTOP_FAKE_ENGINE_H
#define DAGTOP_FAKE_ENGINE_H

#include "dagtop/engine/engine.h"

/* Takes the workflow. now is read whenever the views are made. */
struct engine *fake_engine_new(struct workflow *workflow, const wall_time *now);

/* A node's observation, to be changed; fake_engine_update makes the views anew. */
struct observation *fake_engine_observation(struct engine *engine, const char *node);
void fake_engine_update(struct engine *engine);

/* The snapshot, to be changed where no observation can say it (hosts, messages). */
struct snapshot *fake_engine_snapshot(struct engine *engine);

/* What a node's log holds; the bytes are copied. */
void fake_engine_set_log(struct engine *engine, const char *node, const char *bytes, size_t length);

/* What lies in a node's run directory beside its log; everything is copied. bytes may be NULL. */
void fake_engine_add_file(struct engine *engine, const char *node, const struct agent_file *file, const char *bytes);

/* Answers what was asked; true where there was something. */
bool fake_engine_pump(struct engine *engine);

/* What was asked of it since the last call, a line each ("execute start train-1"); borrowed until the next call. */
const char *fake_engine_journal(struct engine *engine);

/* What the hosts are; the array is copied, its strings and questions are borrowed. */
void fake_engine_set_hosts(struct engine *engine, const struct host_view *hosts, size_t count);

#endif
