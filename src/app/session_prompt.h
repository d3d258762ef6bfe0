/* SPDX-License-Identifier: Apache-2.0 */
/* What hosts ask while a command logs in, asked on the terminal: one question at a time, nothing typed is kept. */
#ifndef DAGTOP_APP_SESSION_PROMPT_H
#define DAGTOP_APP_SESSION_PROMPT_H

#include "session.h"

struct session_prompt;

/* NULL where there is no terminal to ask on, or this program is not in its foreground. */
struct session_prompt *session_prompt_new(struct session *session);

/* Puts the terminal back as it was; NULL is fine. */
void session_prompt_free(struct session_prompt *prompt);

/* After each change of the engine. */
void session_prompt_update(struct session_prompt *prompt);

/* A question stands on the terminal; false for NULL. */
bool session_prompt_is_open(const struct session_prompt *prompt);

#endif
