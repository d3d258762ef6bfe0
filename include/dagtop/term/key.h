/* SPDX-License-Identifier: Apache-2.0 */
/* Keys: what a terminal sends, and how they are written ("j", "Ctrl-d", "PgDn", "Enter"). */
#ifndef DAGTOP_TERM_KEY_H
#define DAGTOP_TERM_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SPECIAL_KEY(name, word): keys without a character of their own. */
#define SPECIAL_KEY_TABLE(SPECIAL_KEY)                                                                                 \
    SPECIAL_KEY(ENTER, "Enter")                                                                                        \
    SPECIAL_KEY(ESCAPE, "Esc")                                                                                         \
    SPECIAL_KEY(TAB, "Tab")                                                                                            \
    SPECIAL_KEY(BACK_TAB, "Shift-Tab")                                                                                 \
    SPECIAL_KEY(BACKSPACE, "Backspace")                                                                                \
    SPECIAL_KEY(DELETE, "Delete")                                                                                      \
    SPECIAL_KEY(INSERT, "Insert")                                                                                      \
    SPECIAL_KEY(UP, "Up")                                                                                              \
    SPECIAL_KEY(DOWN, "Down")                                                                                          \
    SPECIAL_KEY(LEFT, "Left")                                                                                          \
    SPECIAL_KEY(RIGHT, "Right")                                                                                        \
    SPECIAL_KEY(HOME, "Home")                                                                                          \
    SPECIAL_KEY(END, "End")                                                                                            \
    SPECIAL_KEY(PAGE_UP, "PgUp")                                                                                       \
    SPECIAL_KEY(PAGE_DOWN, "PgDn")                                                                                     \
    SPECIAL_KEY(SPACE, "Space")                                                                                        \
    SPECIAL_KEY(SHIFT_UP, "Shift-Up")                                                                                  \
    SPECIAL_KEY(SHIFT_DOWN, "Shift-Down")                                                                              \
    SPECIAL_KEY(SHIFT_LEFT, "Shift-Left")                                                                              \
    SPECIAL_KEY(SHIFT_RIGHT, "Shift-Right")

/* What came: beyond Unicode, so that a code is a character or one of these. */
enum special_key {
    SPECIAL_KEY_FIRST = 0x110000,
#define SPECIAL_KEY_ENUM(name, word) SPECIAL_KEY_##name,
    SPECIAL_KEY_TABLE(SPECIAL_KEY_ENUM)
#undef SPECIAL_KEY_ENUM
        SPECIAL_KEY_F1,
    SPECIAL_KEY_F12 = SPECIAL_KEY_F1 + 11,
    SPECIAL_KEY_PASTE,     /* text was pasted: term_paste has it */
    SPECIAL_KEY_FOCUS_IN,  /* the terminal window got the focus */
    SPECIAL_KEY_FOCUS_OUT, /* and lost it */
    SPECIAL_KEY_MOUSE,     /* a button or the wheel: term_mouse has it */
    SPECIAL_KEY_HANG_UP    /* the terminal is gone: end of file or an error */
};

enum key_modifiers { KEY_CONTROL = 1, KEY_ALT = 2 };

struct key {
    uint32_t code; /* a Unicode code point (the letter for Ctrl-letter, lower case) or an enum special_key */
    uint8_t modifiers;
};

enum { KEY_TEXT_SIZE = 32 };

/* "j", "Ctrl-d", "Alt-x", "PgDn", "F5" into buffer; returns buffer. */
char *key_format(struct key key, char buffer[KEY_TEXT_SIZE]);

/* Reads what key_format writes, any case of the words; false where it is no key. */
bool key_parse(const char *text, struct key *key);

bool key_equal(struct key one, struct key other);

#endif
