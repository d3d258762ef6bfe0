/* SPDX-License-Identifier: Apache-2.0 */
#include "output_value.h"

#include <string.h>

#include "dagtop/base/text.h"
#include "dagtop/base/utf8.h"

json_t *output_value_text(const char *string)
{
    json_t *value = string ? json_string(string) : json_null();
    if (value)
        return value;
    struct text text;
    text_init(&text, 0);
    utf8_append_safe(&text, string, strlen(string));
    value = json_string(text.data);
    text_release(&text);
    return value;
}

json_t *output_value_time(wall_time time)
{
    char buffer[32];
    return time ? json_string(clock_format_utc(time, buffer, sizeof buffer)) : json_null();
}
