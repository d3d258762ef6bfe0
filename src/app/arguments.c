/* SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/selector.h"
#include "tables.h"

const char *command_word(enum command command)
{
    return command_rows[command].word;
}

const char *option_word(enum option option)
{
    return option_rows[option].word;
}

bool option_is_for(enum option option, enum command command)
{
    return option_rows[option].commands >> command & 1u;
}

static bool find_command(const char *word, enum command *command)
{
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(command_rows[i].word, word) == 0) {
            *command = (enum command)i;
            return true;
        }
    return false;
}

static bool find_option(const char *word, size_t length, enum option *option)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++)
        if (strlen(option_rows[i].word) == length && strncmp(option_rows[i].word, word, length) == 0) {
            *option = (enum option)i;
            return true;
        }
    return false;
}

/* The option of this command that is spelled most like word, or NULL. */
static const char *nearest_option(enum command command, const char *word)
{
    const char *best = NULL;
    unsigned least = 3;
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        unsigned distance = selector_distance(word, option_rows[i].word, least);
        if (option_is_for((enum option)i, command) && distance < least) {
            least = distance;
            best = option_rows[i].word;
        }
    }
    return best;
}

static enum status unknown_option(enum command command, const char *word, struct error *error)
{
    const char *nearest = nearest_option(command, word);
    if (nearest)
        return error_set(error, STATUS_INVALID, "unknown option --%s; did you mean --%s?", word, nearest);
    return error_set(error, STATUS_INVALID, "unknown option --%s; see dagtop %s --help", word, command_word(command));
}

/* One "--word", "--word=value" or "--word value"; *index moves past what was used. */
static enum status parse_option(
    struct arguments *arguments, int count, char *const *values, int *index, struct error *error)
{
    const char *word = values[*index] + 2, *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    enum option option;
    if (!find_option(word, length, &option)) {
        char *name = memory_copy_span(word, length);
        unknown_option(arguments->command, name, error);
        free(name);
        return STATUS_INVALID;
    }
    if (!option_is_for(option, arguments->command))
        return error_set(error, STATUS_INVALID, "%s does not take --%s; see dagtop %s --help",
            command_word(arguments->command), option_word(option), command_word(arguments->command));
    arguments->given[option] = true;
    if (!option_rows[option].argument)
        return equals ? error_set(error, STATUS_INVALID, "--%s takes no argument", option_word(option)) : STATUS_OK;
    if (!equals && *index + 1 >= count)
        return error_set(
            error, STATUS_INVALID, "--%s needs an argument: %s", option_word(option), option_rows[option].argument);
    arguments->value[option] = equals ? equals + 1 : values[++*index];
    return STATUS_OK;
}

static bool looks_like_a_file(const char *word)
{
    return strchr(word, '/') || strchr(word, '.');
}

/* A first word that is neither a command nor like a file is a misspelt command. */
static enum status unknown_command(const char *word, struct error *error)
{
    const char *best = NULL;
    unsigned least = 3;
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        unsigned distance = selector_distance(word, command_rows[i].word, least);
        if (distance < least) {
            least = distance;
            best = command_rows[i].word;
        }
    }
    if (best)
        return error_set(error, STATUS_INVALID, "unknown command \"%s\"; did you mean %s?", word, best);
    return error_set(
        error, STATUS_INVALID, "\"%s\" is neither a command nor a workflow file (see dagtop --help)", word);
}

enum status arguments_parse(struct arguments *arguments, int count, char *const *values, struct error *error)
{
    *arguments = (struct arguments){.command = COMMAND_dashboard};
    arguments->words = memory_new_array((size_t)count + 1, sizeof *arguments->words);
    int first = 1;
    if (count > 1 && find_command(values[1], &arguments->command)) {
        arguments->command_given = true;
        first = 2;
    }
    bool only_words = false;
    enum status status = STATUS_OK;
    for (int i = first; i < count && status == STATUS_OK; i++) {
        if (!only_words && strcmp(values[i], "--") == 0)
            only_words = true;
        else if (!only_words && strncmp(values[i], "--", 2) == 0)
            status = parse_option(arguments, count, values, &i, error);
        else if (!only_words && values[i][0] == '-' && values[i][1])
            status = error_set(error, STATUS_INVALID, "unknown option %s; see dagtop --help", values[i]);
        else
            arguments->words[arguments->word_count++] = values[i];
    }
    if (status == STATUS_OK && !arguments->command_given && arguments->word_count > 0 &&
        !looks_like_a_file(arguments->words[0]))
        status = unknown_command(arguments->words[0], error);
    return status;
}

void arguments_release(struct arguments *arguments)
{
    free(arguments->words);
    arguments->words = NULL;
}

enum status arguments_number(const struct arguments *arguments, enum option option, long minimum, long maximum,
    long *number, struct error *error)
{
    if (!arguments->given[option])
        return STATUS_OK;
    const char *value = arguments->value[option];
    char *end;
    errno = 0;
    long read = strtol(value, &end, 10);
    if (errno || *end || end == value || read < minimum || read > maximum)
        return error_set(error, STATUS_INVALID, "--%s is \"%s\", expected a whole number from %ld to %ld",
            option_word(option), value, minimum, maximum);
    *number = read;
    return STATUS_OK;
}
