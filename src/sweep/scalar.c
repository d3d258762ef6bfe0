/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars of YAML and strings of JSON, as they are written. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/utf8.h"
#include "dagtop/sweep/configuration.h"

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

static bool is_word_of_yaml(const char *text)
{
    static const char *const words[] = {
        "", "~", "null", "true", "false", "yes", "no", "on", "off", ".inf", "-.inf", "+.inf", ".nan", "y", "n"};
    char lower[8] = "";
    size_t length = strlen(text);
    if (length >= sizeof lower)
        return false;
    for (size_t i = 0; i < length; i++)
        lower[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(lower, words[i]) == 0)
            return true;
    return false;
}

bool setting_is_typed(const char *text)
{
    if (is_word_of_yaml(text))
        return true;
    const char *first = text + (*text == '+' || *text == '-');
    if (!(*first >= '0' && *first <= '9') && !(*first == '.' && first[1] >= '0' && first[1] <= '9'))
        return false;
    char *end;
    strtod(text, &end);
    return !*end;
}

void configuration_append_quoted(struct text *text, const char *string)
{
    size_t length = strlen(string);
    text_append_byte(text, '"');
    while (length) {
        char bytes[4];
        uint32_t code_point;
        size_t taken = utf8_read(string, length, &code_point);
        if (code_point == '"' || code_point == '\\')
            text_append_format(text, "\\%c", (char)code_point);
        else if (code_point == '\n')
            text_append_string(text, "\\n");
        else if (code_point == '\t')
            text_append_string(text, "\\t");
        else if (code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0) || code_point == 0x2028 ||
                 code_point == 0x2029 || code_point == 0xfeff || (code_point >= 0xfffe && code_point <= 0xffff))
            text_append_format(text, "\\u%04x", (unsigned)code_point);
        else
            text_append(text, bytes, utf8_write(code_point, bytes));
        string += taken;
        length -= taken;
    }
    text_append_byte(text, '"');
}

/* Letters, digits and a few signs that have no meaning to YAML wherever they stand. */
static bool needs_no_quotes(const char *string)
{
    static const char signs[] = "0123456789_./+-";
    if (!*string || (!strchr(letters, *string) && !strchr("0123456789_./+-", *string)) ||
        strncmp(string, "---", 3) == 0)
        return false;
    if (*string == '-' && !(string[1] >= '0' && string[1] <= '9') && string[1] != '.')
        return false;
    for (const char *at = string; *at; at++)
        if (!strchr(letters, *at) && !strchr(signs, *at))
            return false;
    return true;
}

void configuration_append_scalar(struct text *text, const char *string, bool plain)
{
    if (needs_no_quotes(string) && (plain || !setting_is_typed(string)))
        text_append_string(text, string);
    else
        configuration_append_quoted(text, string);
}
