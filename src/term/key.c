/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/term/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dagtop/base/utf8.h"

static const struct {
    uint32_t code;
    const char *word;
} special_keys[] = {
#define SPECIAL_KEY_ROW(name, word) {SPECIAL_KEY_##name, word},
    SPECIAL_KEY_TABLE(SPECIAL_KEY_ROW)
#undef SPECIAL_KEY_ROW
};

enum { SPECIAL_KEY_COUNT = sizeof special_keys / sizeof special_keys[0] };

char *key_format(struct key key, char buffer[KEY_TEXT_SIZE])
{
    const char *control = key.modifiers & KEY_CONTROL ? "Ctrl-" : "", *alt = key.modifiers & KEY_ALT ? "Alt-" : "";
    for (size_t i = 0; i < SPECIAL_KEY_COUNT; i++) {
        if (special_keys[i].code == key.code) {
            snprintf(buffer, KEY_TEXT_SIZE, "%s%s%s", control, alt, special_keys[i].word);
            return buffer;
        }
    }
    if (key.code >= SPECIAL_KEY_F1 && key.code <= SPECIAL_KEY_F12) {
        snprintf(buffer, KEY_TEXT_SIZE, "%s%sF%u", control, alt, key.code - SPECIAL_KEY_F1 + 1);
        return buffer;
    }
    char bytes[5] = "?";
    if (key.code < SPECIAL_KEY_FIRST)
        bytes[utf8_write(key.code, bytes)] = '\0';
    snprintf(buffer, KEY_TEXT_SIZE, "%s%s%s", control, alt, bytes);
    return buffer;
}

static bool parse_code(const char *text, uint32_t *code)
{
    size_t length = strlen(text);
    if (length == 0)
        return false;
    if (utf8_read(text, length, code) == length && *code != ' ' && *code != 0xfffd)
        return true;
    for (size_t i = 0; i < SPECIAL_KEY_COUNT; i++) {
        if (strcasecmp(special_keys[i].word, text) == 0) {
            *code = special_keys[i].code;
            return true;
        }
    }
    char *end;
    long number = (text[0] == 'F' || text[0] == 'f') ? strtol(text + 1, &end, 10) : 0;
    if (number < 1 || number > 12 || *end)
        return false;
    *code = SPECIAL_KEY_F1 + (uint32_t)number - 1;
    return true;
}

bool key_parse(const char *text, struct key *key)
{
    *key = (struct key){0};
    for (;;) {
        if (strncasecmp(text, "Ctrl-", 5) == 0 && text[5]) {
            key->modifiers |= KEY_CONTROL;
            text += 5;
        } else if (strncasecmp(text, "Alt-", 4) == 0 && text[4]) {
            key->modifiers |= KEY_ALT;
            text += 4;
        } else {
            break;
        }
    }
    if (!parse_code(text, &key->code))
        return false;
    if (key->modifiers & KEY_CONTROL && key->code >= 'A' && key->code <= 'Z')
        key->code += 'a' - 'A';
    return true;
}

bool key_equal(struct key one, struct key other)
{
    return one.code == other.code && one.modifiers == other.modifiers;
}
