/* SPDX-License-Identifier: Apache-2.0 */
/* The filter that all text from outside passes on its way to the terminal. */
#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"
#include "fuzz.h"

static void check(const struct text *text)
{
    for (size_t i = 0; i < text->length;) {
        uint32_t code_point;
        size_t taken = utf8_read(text->data + i, text->length - i, &code_point);
        if (code_point == 0xfffd && taken == 1)
            broken("the byte %zu of the result is not valid UTF-8", i);
        if (code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0))
            broken("the result holds the control character %X", code_point);
        if ((code_point >= 0x202a && code_point <= 0x202e) || (code_point >= 0x2066 && code_point <= 0x2069))
            broken("the result holds the direction control U+%04X", code_point);
        i += taken;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text;
    text_init(&text, 0);
    utf8_append_safe(&text, (const char *)data, size);
    check(&text);
    text_release(&text);
    return 0;
}
