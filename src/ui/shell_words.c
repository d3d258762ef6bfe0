/* SPDX-License-Identifier: Apache-2.0 */
#include "shell_words.h"

#include <string.h>

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n';
}

/* What stands between quotes; *line is behind the first one, and then behind the last. */
static void take_quoted(const char **line, char quote, struct text *word)
{
    while (**line && **line != quote) {
        if (quote == '"' && **line == '\\' && (*line)[1])
            (*line)++;
        text_append_byte(word, *(*line)++);
    }
    *line += **line != '\0';
}

bool shell_words_next(const char **line, struct text *word)
{
    while (is_blank(**line))
        (*line)++;
    if (!**line)
        return false;
    while (**line && !is_blank(**line)) {
        char byte = *(*line)++;
        if (byte == '\'' || byte == '"')
            take_quoted(line, byte, word);
        else if (byte == '\\' && **line)
            text_append_byte(word, *(*line)++);
        else
            text_append_byte(word, byte);
    }
    return true;
}
