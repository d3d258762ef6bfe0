/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent keeps of its errands (dagtop/agent/request.h, agent_run_errand). */
#ifndef DAGTOP_ERRAND_H
#define DAGTOP_ERRAND_H

#include "dagtop/agent/agent.h"

struct errand;

/* Ends all errands of an agent with this result: nothing more comes from its host. */
void errand_end_all(struct agent *agent, const struct error *result);

/* The list of an agent's errands, its loop, and a number that no errand of this session had. */
struct errand **agent_errands(struct agent *agent);
struct loop *agent_loop(struct agent *agent);
unsigned agent_next_errand(struct agent *agent);

#endif
