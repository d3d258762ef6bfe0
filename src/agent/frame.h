/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser of what a host answers (docs/agent.md 3): bytes in, whatever their pieces; answers, records and data out.
 *
 * Everything that comes in is hostile: lines, data and noise are capped, and what does not fit the format is
 * STATUS_PROTOCOL. Records come decoded and hold no NUL; they may hold control characters and invalid UTF-8.
 */
#ifndef DAGTOP_FRAME_H
#define DAGTOP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dagtop/base/random.h"
#include "dagtop/base/text.h"

enum {
    FRAME_LINE_LIMIT = 64 << 10,
    FRAME_NOISE_LIMIT = 1 << 20, /* between two answers */
    FRAME_DATA_LIMIT = 1 << 20   /* of one data block */
};

/* What was read; texts and bytes are valid during the call. Any of them may call frame_parser_stop. */
struct frame_events {
    bool (*begin)(void *argument, uint64_t id); /* false: not the answer that is expected */
    void (*record)(void *argument, const char *key, const char *field, const char *value);
    void (*data)(void *argument, const char *bytes, size_t length); /* a piece of a data block */
    void (*end)(void *argument, unsigned code);
    void *argument;
};

enum frame_state { FRAME_NOISE, FRAME_BODY, FRAME_DATA, FRAME_DATA_END };

struct frame_parser {
    struct frame_events events;
    char mark[2 + RANDOM_TOKEN_LENGTH + 2]; /* "@@TOKEN " */
    enum frame_state state;
    struct text line; /* what is there of the current line */
    bool line_is_cut; /* noise longer than any line that matters */
    size_t noise;     /* bytes since the last answer */
    uint64_t id, records;
    size_t remaining; /* bytes of the data block */
    bool stopped;
};

void frame_parser_init(struct frame_parser *parser, const char *token, const struct frame_events *events);
void frame_parser_release(struct frame_parser *parser);

/* Reads bytes and calls the events. After an error, or after frame_parser_stop, it reads no more. */
enum status frame_parser_feed(
    struct frame_parser *parser, const char *bytes, size_t length, struct error *error) MUST_CHECK;

/* No event comes any more. */
void frame_parser_stop(struct frame_parser *parser);

/* Decodes %XX in place. False where it is malformed or gives NUL. */
bool frame_decode(char *text);

#endif
