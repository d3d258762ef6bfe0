/* SPDX-License-Identifier: Apache-2.0 */
#include "shell_place.h"

#include <string.h>

static const char special[] = " \t\n\r\"'`$\\;&|<>()*?[]#~!{}";

void shell_place_init(struct shell_place *place)
{
    *place = (struct shell_place){0};
}

static enum shell_quoting *quoting(struct shell_place *place)
{
    return &place->stack[place->depth].quoting;
}

static void push(struct shell_place *place, enum shell_quoting quoting)
{
    if (place->depth + 1 == SHELL_PLACE_DEPTH) {
        place->unsure = true;
        return;
    }
    place->depth++;
    place->stack[place->depth].quoting = quoting;
    place->stack[place->depth].parentheses = 0;
}

static void pop(struct shell_place *place)
{
    if (place->depth)
        place->depth--;
}

/* Reads the word behind "<<" that will end a here-document. */
static void step_word(struct shell_place *place, char byte)
{
    bool is_quote = byte == '\'' || byte == '"' || byte == '\\';
    if (place->word_state == WORD_DASH && byte == '-') {
        place->document_has_tabs = true;
        place->word_state = WORD_BEGINS;
    } else if (place->word_state != WORD_GOES_ON && (byte == ' ' || byte == '\t')) {
        place->word_state = WORD_BEGINS;
    } else if (is_quote) {
        place->document_is_quoted = true;
        place->word_state = WORD_GOES_ON;
    } else if (strchr(" \t\n;&|<>()", byte)) {
        place->word_state = WORD_NONE;
    } else {
        place->word_state = WORD_GOES_ON;
        if (place->word_length + 1 < SHELL_PLACE_WORD)
            place->word[place->word_length++] = byte;
        else
            place->unsure = true;
        place->word[place->word_length] = '\0';
    }
}

/* Finds "<<" that is neither "<<<" nor a shift in "(( ))". */
static void find_document(struct shell_place *place, char byte)
{
    if (byte == '<') {
        place->less_than++;
        if (place->less_than == 3)
            place->word_state = WORD_NONE;
        else if (place->less_than == 2 && !place->arithmetic) {
            place->unsure = place->unsure || place->word_length; /* two in one line are not followed */
            place->word_state = WORD_DASH;
            place->document_has_tabs = place->document_is_quoted = false;
        }
    } else {
        place->less_than = 0;
    }
}

static void step_unquoted(struct shell_place *place, char byte)
{
    bool begins_word = !place->before || strchr(" \t;&|()", place->before);
    if (byte == '(' && place->before == '(')
        place->arithmetic++;
    if (byte == ')' && place->before == ')' && place->arithmetic)
        place->arithmetic--;
    if (byte == '#' && begins_word && !place->arithmetic)
        push(place, SHELL_COMMENT);
    else if (byte == '\'')
        push(place, place->before == '$' ? SHELL_ANSI : SHELL_SINGLE);
    else if (byte == '"')
        push(place, SHELL_DOUBLE);
    else if (byte == '`' && *quoting(place) == SHELL_BACKQUOTED)
        pop(place);
    else if (byte == '`')
        push(place, SHELL_BACKQUOTED);
    else if (byte == '(' && place->before == '$')
        push(place, SHELL_UNQUOTED);
    else if (byte == '(')
        place->stack[place->depth].parentheses++;
    else if (byte == ')' && place->stack[place->depth].parentheses)
        place->stack[place->depth].parentheses--;
    else if (byte == ')')
        pop(place);
}

static void step_double(struct shell_place *place, char byte)
{
    if (byte == '"')
        pop(place);
    else if (byte == '`')
        push(place, SHELL_BACKQUOTED);
    else if (byte == '(' && place->before == '$')
        push(place, SHELL_UNQUOTED);
}

/* A here-document goes on to the line that is its word. */
static void step_document(struct shell_place *place, char byte)
{
    if (byte != '\n') {
        if (byte == '\t' && place->document_has_tabs && place->line_length == 0)
            return;
        if (place->line_length + 1 < SHELL_PLACE_WORD)
            place->line[place->line_length] = byte;
        place->line_length++;
        return;
    }
    bool ends = place->line_length == place->word_length && memcmp(place->line, place->word, place->word_length) == 0;
    place->line_length = 0;
    if (ends) {
        place->in_document = false;
        place->word_length = 0;
        place->word[0] = '\0';
    }
}

static void end_line(struct shell_place *place)
{
    if (*quoting(place) == SHELL_COMMENT)
        pop(place);
    place->in_document = place->word_length > 0 && *quoting(place) != SHELL_SINGLE;
    place->word_state = WORD_NONE;
    place->line_length = 0;
    place->arithmetic = 0;
}

void shell_place_step(struct shell_place *place, char byte)
{
    enum shell_quoting now = *quoting(place);
    bool was_escaped = place->escaped;
    place->escaped = false;
    if (place->in_document) {
        place->escaped = byte == '\\' && !was_escaped && !place->document_is_quoted;
        step_document(place, byte);
        place->before = byte == '\n' ? 0 : byte;
        return;
    }
    bool is_unquoted = now == SHELL_UNQUOTED || now == SHELL_BACKQUOTED;
    if (place->word_state != WORD_NONE && is_unquoted)
        step_word(place, byte);
    else if (byte == '\\' && !was_escaped && now != SHELL_SINGLE && now != SHELL_COMMENT)
        place->escaped = true;
    else if (was_escaped)
        ;
    else if (is_unquoted)
        step_unquoted(place, byte);
    else if (now == SHELL_DOUBLE)
        step_double(place, byte);
    else if ((now == SHELL_SINGLE || now == SHELL_ANSI) && byte == '\'')
        pop(place);
    if (is_unquoted && !was_escaped)
        find_document(place, byte);
    if (byte == '\n' && !(was_escaped && is_unquoted))
        end_line(place);
    place->before = byte == '\n' ? 0 : was_escaped ? 'x' : byte;
}

/* Appends a value with what stands in bytes changed: escaped by a backslash, or replaced. */
static void append_changed(struct text *text, const char *value, const char *bytes, char replacement)
{
    for (; *value; value++) {
        bool found = strchr(bytes, *value) != NULL;
        if (found && !replacement)
            text_append_byte(text, '\\');
        text_append_byte(text, found && replacement ? replacement : *value);
    }
}

/* A here-document ends at a line, so a value may not make one. */
static void append_to_document(const struct shell_place *place, struct text *text, const char *value)
{
    for (; *value; value++) {
        if (strchr("\\$`", *value) && !place->document_is_quoted)
            text_append_byte(text, '\\');
        text_append_byte(text, *value == '\n' || *value == '\r' ? ' ' : *value);
    }
}

void shell_place_append(const struct shell_place *place, struct text *text, const char *value)
{
    enum shell_quoting now = place->stack[place->depth].quoting;
    bool is_special =
        value[strcspn(value, special)] != '\0' || (!*value && now == SHELL_UNQUOTED && place->before == '=');
    bool in_backquotes = false;
    for (unsigned i = 0; i <= place->depth; i++)
        in_backquotes = in_backquotes || place->stack[i].quoting == SHELL_BACKQUOTED;
    if (!is_special)
        text_append_string(text, value);
    else if (now == SHELL_COMMENT && !place->in_document)
        append_changed(text, value, "\n\r", ' ');
    else if (place->unsure || place->escaped || place->before == '$' || in_backquotes || now == SHELL_ANSI)
        append_changed(text, value, special, '-');
    else if (place->in_document)
        append_to_document(place, text, value);
    else if (now == SHELL_DOUBLE)
        append_changed(text, value, "\\$`\"", '\0');
    else
        for (text_append_string(text, now == SHELL_UNQUOTED ? "'" : ""); *value || now == SHELL_UNQUOTED; value++) {
            if (!*value) {
                text_append_byte(text, '\'');
                break;
            }
            text_append_string(text, *value == '\'' ? "'\\''" : (char[]){*value, '\0'});
        }
}
