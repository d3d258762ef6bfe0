/* SPDX-License-Identifier: Apache-2.0 */
/* The programs that go to hosts, as they lay in src/agent when dagtop was built. */
#ifndef DAGTOP_AGENT_PROGRAM_H
#define DAGTOP_AGENT_PROGRAM_H

#include <stddef.h>

/** The text of agent.sh, followed by a NUL that the size does not count. docs/agent.md 2 says how it is sent. */
extern const char agent_program[];
extern const size_t agent_program_size;

/** The text of wrapper.sh, likewise. */
extern const char wrapper_program[];
extern const size_t wrapper_program_size;

/** The text of eyes.pl, likewise: it goes only where there is perl. */
extern const char eyes_program[];
extern const size_t eyes_program_size;

#endif
