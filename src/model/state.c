/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/model/state.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *word, *glyph, *sentence;
    char letter;
} states[STATE_COUNT] = {
#define STATE(name, word_, letter_, glyph_, sentence_)                                                                 \
    [STATE_##name] = {.word = word_, .letter = letter_, .glyph = glyph_, .sentence = sentence_},
#include "dagtop/model/state.def"
#undef STATE
};

const char *state_word(enum node_state state)
{
    return states[state].word;
}

char state_letter(enum node_state state)
{
    return states[state].letter;
}

const char *state_glyph(enum node_state state)
{
    return states[state].glyph;
}

const char *state_sentence(enum node_state state)
{
    return states[state].sentence;
}

bool state_from_word(const char *word, enum node_state *state)
{
    for (unsigned i = 0; i < STATE_COUNT; i++) {
        if (strcmp(states[i].word, word) == 0) {
            *state = (enum node_state)i;
            return true;
        }
    }
    return false;
}

bool state_is_live(enum node_state state)
{
    return state == STATE_SUBMITTED || state == STATE_QUEUED || state == STATE_RUNNING;
}

bool state_is_ended(enum node_state state)
{
    return state == STATE_DONE || state == STATE_FAILED || state == STATE_CANCELLED || state == STATE_LOST;
}

bool state_lets_children_start(enum node_state state)
{
    return state == STATE_DONE || state == STATE_SKIPPED;
}

bool state_blocks_children(enum node_state state)
{
    return state == STATE_FAILED || state == STATE_CANCELLED || state == STATE_LOST || state == STATE_HELD;
}
