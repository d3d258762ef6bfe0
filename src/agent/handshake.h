/* SPDX-License-Identifier: Apache-2.0 */
/* The greeting of a host: the first answer of a stream, and that of an agent which joins it with another base. */
#ifndef DAGTOP_HANDSHAKE_H
#define DAGTOP_HANDSHAKE_H

#include "agent_private.h"

/* How it went; facts and error are valid during the call. STATUS_PROTOCOL: it is no shell, or speaks otherwise. */
typedef void handshake_function(void *argument, const struct agent_facts *facts, const struct error *error);

/* A request whose answer holds the facts of a host. done is called once. */
struct request *handshake_new(handshake_function *done, void *argument);

/* Whether a request is one. */
bool handshake_is(const struct request *request);

#endif
