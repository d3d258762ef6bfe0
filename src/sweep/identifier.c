/* SPDX-License-Identifier: Apache-2.0 */
/* The names of permutations. */
#include <string.h>

#include "dagtop/base/utf8.h"
#include "dagtop/sweep/parameter_space.h"

enum { IDENTIFIER_LIMIT = 240 };

uint64_t parameter_space_checksum(uint64_t before, const char *bytes, size_t length)
{
    uint64_t checksum = before ? before : 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++)
        checksum = (checksum ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return checksum;
}

/* True for what can stand in a directory name, a shell word and a host list. */
static bool is_safe(uint32_t code_point)
{
    if (code_point >= 0x80)
        return code_point >= 0xa0 && code_point != 0xfffd && code_point != 0xfeff &&
               !(code_point >= 0x2000 && code_point <= 0x206f) && code_point != 0x3000 && code_point != 0xa0;
    return (code_point >= '0' && code_point <= '9') || (code_point >= 'a' && code_point <= 'z') ||
           (code_point >= 'A' && code_point <= 'Z') || (code_point && strchr("._+=@%:-", (int)code_point));
}

static void append_mapped(struct text *text, const char *string)
{
    for (size_t length = strlen(string); length;) {
        uint32_t code_point;
        size_t taken = utf8_read(string, length, &code_point);
        if (is_safe(code_point))
            text_append(text, string, taken);
        else
            text_append_byte(text, '-');
        string += taken;
        length -= taken;
    }
}

static bool varies(const struct parameter_space *space, size_t parameter)
{
    return space->parameters[parameter].count > 1;
}

static void append_pairs(const struct parameter_space *space, size_t permutation, bool only_varying, struct text *text)
{
    size_t start = text->length;
    for (size_t i = 0; i < space->parameter_count; i++) {
        if (only_varying && !varies(space, i))
            continue;
        if (text->length > start)
            text_append_byte(text, '_');
        append_mapped(text, space->parameters[i].name);
        text_append_byte(text, '_');
        append_mapped(text, parameter_space_value(space, permutation, i)->text);
    }
    if (text->length > start && strchr(".-", text->data[start]))
        text->data[start] = '_';
}

/* Cuts between code points. */
static void cut(struct text *text, size_t length)
{
    while (length && ((unsigned char)text->data[length] & 0xc0) == 0x80)
        length--;
    text_truncate(text, length);
}

void parameter_space_identify(const struct parameter_space *space, size_t permutation, struct text *text)
{
    enum { CHECKSUM_LENGTH = 17 };
    size_t start = text->length;
    append_pairs(space, permutation, false, text);
    if (text->length - start <= IDENTIFIER_LIMIT)
        return;
    uint64_t checksum = parameter_space_checksum(0, text->data + start, text->length - start);
    text_truncate(text, start);
    append_pairs(space, permutation, true, text);
    if (text->length - start > IDENTIFIER_LIMIT - CHECKSUM_LENGTH)
        cut(text, start + IDENTIFIER_LIMIT - CHECKSUM_LENGTH);
    text_append_format(text, "%s%016llx", text->length > start ? "_" : "", (unsigned long long)checksum);
}

void parameter_space_describe(
    const struct parameter_space *space, size_t permutation, const char *separator, struct text *text)
{
    for (size_t i = 0; i < space->parameter_count; i++)
        text_append_format(text, "%s%s=%s", i ? separator : "", space->parameters[i].name,
            parameter_space_value(space, permutation, i)->text);
}
