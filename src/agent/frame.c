/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include <stdio.h>
#include <string.h>

/* Of a line of noise no more is kept than a mark needs. */
enum { NOISE_KEPT = 128 };

void frame_parser_init(struct frame_parser *parser, const char *token, const struct frame_events *events)
{
    *parser = (struct frame_parser){.events = *events};
    snprintf(parser->mark, sizeof parser->mark, "@@%.*s ", RANDOM_TOKEN_LENGTH, token);
    text_init(&parser->line, FRAME_LINE_LIMIT);
}

void frame_parser_release(struct frame_parser *parser)
{
    text_release(&parser->line);
}

void frame_parser_stop(struct frame_parser *parser)
{
    parser->stopped = true;
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

bool frame_decode(char *text)
{
    char *out = strchr(text, '%');
    if (!out)
        return true;
    for (const char *in = out; *in; in++) {
        if (*in != '%') {
            *out++ = *in;
            continue;
        }
        int high = hex_digit(in[1]);
        int low = high < 0 ? -1 : hex_digit(in[2]);
        if (low < 0 || high + low == 0)
            return false;
        *out++ = (char)(high << 4 | low);
        in += 2;
    }
    *out = '\0';
    return true;
}

static enum status break_off(struct frame_parser *parser, struct error *error, const char *what)
{
    parser->stopped = true;
    return error_set(error, STATUS_PROTOCOL, "the host's answer cannot be read: %s", what);
}

/* Reads a decimal number of at most 15 digits and steps over it and the given byte behind it. */
static bool read_number(const char **text, char behind, uint64_t *number)
{
    const char *digit = *text;
    *number = 0;
    while (*digit >= '0' && *digit <= '9' && digit - *text < 15)
        *number = *number * 10 + (uint64_t)(*digit++ - '0');
    if (digit == *text || *digit != behind)
        return false;
    *text = digit + (behind != '\0');
    return true;
}

/* A complete line outside answers: the beginning of one, or noise. */
static enum status read_noise(struct frame_parser *parser, struct error *error)
{
    const char *text = parser->line.data;
    if (parser->line_is_cut || strncmp(text, parser->mark, strlen(parser->mark)) != 0)
        return STATUS_OK;
    text += strlen(parser->mark);
    if (!read_number(&text, ' ', &parser->id) || strcmp(text, "begin") != 0)
        return break_off(parser, error, "a mark out of place");
    parser->state = FRAME_BODY;
    parser->records = 0;
    if (!parser->events.begin(parser->events.argument, parser->id))
        return break_off(parser, error, "an answer to no question");
    return STATUS_OK;
}

static enum status read_end(struct frame_parser *parser, const char *text, struct error *error)
{
    uint64_t code, records = parser->records;
    if (!read_number(&text, ' ', &code) || code > 255)
        return break_off(parser, error, "an end without a code");
    if (strcmp(text, "-") != 0 && (!read_number(&text, '\0', &records) || records != parser->records))
        return break_off(parser, error, "records are missing");
    parser->state = FRAME_NOISE;
    parser->noise = 0;
    parser->events.end(parser->events.argument, (unsigned)code);
    return STATUS_OK;
}

/* A marked line within an answer: its end or a data block. */
static enum status read_mark(struct frame_parser *parser, struct error *error)
{
    const char *text = parser->line.data + strlen(parser->mark);
    uint64_t id, length;
    if (!read_number(&text, ' ', &id) || id != parser->id)
        return break_off(parser, error, "a mark of another answer");
    if (strncmp(text, "end ", 4) == 0)
        return read_end(parser, text + 4, error);
    if (strncmp(text, "data ", 5) != 0)
        return break_off(parser, error, "an unknown mark");
    text += 5;
    if (!read_number(&text, '\0', &length) || length > FRAME_DATA_LIMIT)
        return break_off(parser, error, "a data block without a good length");
    parser->remaining = (size_t)length;
    parser->state = length ? FRAME_DATA : FRAME_DATA_END;
    return STATUS_OK;
}

static bool is_field(const char *field)
{
    return *field && field[strspn(field, "abcdefghijklmnopqrstuvwxyz.")] == '\0';
}

/* A complete line within an answer. */
static enum status read_body(struct frame_parser *parser, struct error *error)
{
    char *key = parser->line.data;
    if (strncmp(key, parser->mark, strlen(parser->mark)) == 0)
        return read_mark(parser, error);
    char *field = strchr(key, '\t');
    char *value = field ? strchr(field + 1, '\t') : NULL;
    if (!value || strlen(key) != parser->line.length)
        return break_off(parser, error, "a line that is no record");
    *field++ = *value++ = '\0';
    if (!is_field(field) || !frame_decode(key) || !frame_decode(value))
        return break_off(parser, error, "a malformed record");
    parser->records++;
    parser->events.record(parser->events.argument, key, field, value);
    return STATUS_OK;
}

static enum status read_line(struct frame_parser *parser, struct error *error)
{
    enum status status = parser->state == FRAME_NOISE ? read_noise(parser, error) : read_body(parser, error);
    text_clear(&parser->line);
    parser->line_is_cut = false;
    return status;
}

/* Takes a piece of a line, and reads the line when its newline is there. Returns how many bytes were taken. */
static size_t take_line(
    struct frame_parser *parser, const char *bytes, size_t length, enum status *status, struct error *error)
{
    const char *newline = memchr(bytes, '\n', length);
    size_t piece = newline ? (size_t)(newline - bytes) : length;
    size_t taken = piece + (newline != NULL);
    if (parser->state == FRAME_NOISE) {
        parser->noise += taken;
        size_t room = NOISE_KEPT - parser->line.length;
        parser->line_is_cut = parser->line_is_cut || piece > room;
        text_append(&parser->line, bytes, piece < room ? piece : room);
        if (parser->noise > FRAME_NOISE_LIMIT)
            *status = break_off(parser, error, "too much of something else before it");
    } else if (text_append(&parser->line, bytes, piece) != STATUS_OK) {
        *status = break_off(parser, error, "a line that is too long");
    }
    if (newline && *status == STATUS_OK)
        *status = read_line(parser, error);
    return taken;
}

static size_t take_data(struct frame_parser *parser, const char *bytes, size_t length)
{
    size_t piece = length < parser->remaining ? length : parser->remaining;
    parser->remaining -= piece;
    if (parser->remaining == 0)
        parser->state = FRAME_DATA_END;
    parser->events.data(parser->events.argument, bytes, piece);
    return piece;
}

enum status frame_parser_feed(struct frame_parser *parser, const char *bytes, size_t length, struct error *error)
{
    enum status status = STATUS_OK;
    while (length && status == STATUS_OK && !parser->stopped) {
        size_t taken = 1;
        if (parser->state == FRAME_DATA)
            taken = take_data(parser, bytes, length);
        else if (parser->state != FRAME_DATA_END)
            taken = take_line(parser, bytes, length, &status, error);
        else if (*bytes == '\n')
            parser->state = FRAME_BODY;
        else
            status = break_off(parser, error, "a data block longer than it said");
        bytes += taken;
        length -= taken;
    }
    return status;
}
