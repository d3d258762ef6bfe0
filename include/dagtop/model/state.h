/* SPDX-License-Identifier: Apache-2.0 */
/* The states of a node: model/state.def is the table. */
#ifndef DAGTOP_MODEL_STATE_H
#define DAGTOP_MODEL_STATE_H

#include <stdbool.h>

enum node_state {
#define STATE(name, word, letter, glyph, sentence) STATE_##name,
#include "dagtop/model/state.def"
#undef STATE
    STATE_COUNT
};

/* The full word ("running"), the letter ('R'), the glyph (UTF-8, one cell) and what the state means. */
const char *state_word(enum node_state state);
char state_letter(enum node_state state);
const char *state_glyph(enum node_state state);
const char *state_sentence(enum node_state state);

/* The state with that word; false where there is none. */
bool state_from_word(const char *word, enum node_state *state);

/* Live: submitted, queued or running. Ended: done, failed, cancelled or lost. */
bool state_is_live(enum node_state state);
bool state_is_ended(enum node_state state);

/* Children may start: done or skipped. */
bool state_lets_children_start(enum node_state state);

/* Children wait for a person: failed, cancelled, lost or held. */
bool state_blocks_children(enum node_state state);

#endif
