/* SPDX-License-Identifier: Apache-2.0 */
/* Directives in scripts: "#SBATCH --array=1-9", "#SBATCH -a 1-9", up to the first line that is a command. */
#include <stdlib.h>
#include <string.h>

#include "batch_private.h"
#include "dagtop/base/memory.h"

static const char blanks[] = " \t\r";

/* The next word of a directive, with quotes taken off; NULL: there is none. The caller frees it. */
static char *next_word(const char **line)
{
    struct text word;
    *line += strspn(*line, blanks);
    if (!**line || **line == '#')
        return NULL;
    text_init(&word, 0);
    char quote = '\0';
    for (; **line && (quote || !strchr(blanks, **line)); (*line)++) {
        if (**line == quote)
            quote = '\0';
        else if (!quote && (**line == '"' || **line == '\''))
            quote = **line;
        else
            text_append_byte(&word, **line);
    }
    return text_take(&word);
}

static char letter_of(const struct batch_system *system, const char *option)
{
    for (size_t i = 0; i < system->option_count; i++)
        if (strcmp(system->options[i].option, option) == 0)
            return system->options[i].letter;
    return '\0';
}

/* What the words of one directive set the option to; NULL: nothing. */
static char *find_in_directive(const char *line, const char *option, char letter)
{
    char *found = NULL, *word;
    size_t length = strlen(option);
    while ((word = next_word(&line))) {
        bool is_long = strncmp(word, "--", 2) == 0 && strncmp(word + 2, option, length) == 0;
        const char *value = NULL;
        bool is_next = false;
        if (is_long && word[2 + length] == '=')
            value = word + 3 + length;
        else if (letter && word[0] == '-' && word[1] == letter && word[2])
            value = word + 2;
        else
            is_next = (is_long && !word[2 + length]) || (letter && word[0] == '-' && word[1] == letter);
        if (value || is_next) {
            free(found);
            found = is_next ? next_word(&line) : memory_copy_text(value);
            if (!found)
                found = memory_copy_text("");
        }
        free(word);
    }
    return found;
}

/* The next line for the scheduler, from *script on, without the word it begins with; NULL: there is none up to the
 * first command. The caller frees it. */
static char *next_directive(const struct batch_system *system, const char **script)
{
    size_t length = strlen(system->directive);
    while (**script) {
        const char *line = *script;
        size_t size = strcspn(line, "\n");
        if (size > strspn(line, blanks) && line[strspn(line, blanks)] != '#')
            return NULL;
        *script += size + (line[size] == '\n');
        if (size > length && strncmp(line, system->directive, length) == 0 && strchr(blanks, line[length]))
            return memory_copy_span(line + length, size - length);
    }
    return NULL;
}

char *batch_script_option(const struct batch_system *system, const char *script, const char *option)
{
    char *found = NULL, *directive;
    char letter = letter_of(system, option);
    while ((directive = next_directive(system, &script))) {
        char *value = find_in_directive(directive, option, letter);
        free(directive);
        if (value) {
            free(found);
            found = value;
        }
    }
    return found;
}

void batch_append_directives(const struct batch_system *system, const char *script, struct text *lines)
{
    char *directive;
    while ((directive = next_directive(system, &script))) {
        text_append_format(lines, "%s%s\n", system->directive, directive);
        free(directive);
    }
}
