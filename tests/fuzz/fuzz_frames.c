/* SPDX-License-Identifier: Apache-2.0 */
/* What a host answers: the parser of frames, whole and in pieces, and the reader of records behind it. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"
#include "fuzz.h"
#include "../../src/agent/frame.h"
#include "../../src/agent/record.h"

/* Inputs are written with this token. */
#define TOKEN "0123456789abcdef0123456789abcdef"

struct reading {
    struct observation observation;
    struct record_reader reader;
    uint64_t hash;
    bool is_open;
    size_t data;
};

static void mix(struct reading *reading, const void *bytes, size_t length)
{
    reading->hash = reading->hash * 31 + map_hash(bytes, length);
}

static bool begin(void *argument, uint64_t id)
{
    struct reading *reading = argument;
    if (reading->is_open)
        broken("an answer within an answer");
    reading->is_open = true;
    mix(reading, &id, sizeof id);
    return id < 1000;
}

static void read_one(void *argument, const char *key, const char *field, const char *value)
{
    struct reading *reading = argument;
    if (!reading->is_open || !*field || strlen(value) > FRAME_LINE_LIMIT)
        broken("a record that should not be told");
    mix(reading, key, strlen(key));
    mix(reading, field, strlen(field));
    mix(reading, value, strlen(value));
    record_read(&reading->reader, field, value);
    if (reading->observation.attempt_count > RECORD_ATTEMPT_LIMIT)
        broken("%zu attempts", reading->observation.attempt_count);
}

/* Pieces differ with how the bytes came; their sum does not. */
static void data(void *argument, const char *bytes, size_t length)
{
    struct reading *reading = argument;
    if (!reading->is_open || length == 0 || length > FRAME_DATA_LIMIT)
        broken("data of %zu bytes", length);
    for (size_t i = 0; i < length; i++)
        reading->data = reading->data * 31 + (unsigned char)bytes[i];
}

static void end(void *argument, unsigned code)
{
    struct reading *reading = argument;
    reading->is_open = false;
    mix(reading, &code, sizeof code);
}

static uint64_t read_all(const char *bytes, size_t size, size_t piece)
{
    struct reading reading = {.hash = 1};
    struct frame_parser parser;
    const struct frame_events events = {begin, read_one, data, end, &reading};
    struct error error = {.status = STATUS_OK};
    observation_init(&reading.observation);
    reading.reader = (struct record_reader){.observation = &reading.observation, .newest_only = size & 1, .now = 1};
    frame_parser_init(&parser, TOKEN, &events);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < size && status == STATUS_OK; i += piece)
        status = frame_parser_feed(&parser, bytes + i, piece < size - i ? piece : size - i, &error);
    if (status != STATUS_OK && (status != STATUS_PROTOCOL || error.status != status || !error.message[0]))
        broken("a failure without its error");
    frame_parser_release(&parser);
    observation_release(&reading.observation);
    return reading.hash * 31 + reading.data * 7 + status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    /* A copy of exact size: reading past the end is seen. */
    char *copy = memory_copy_span((const char *)bytes, size);
    uint64_t whole = read_all(copy, size, size ? size : 1);
    if (read_all(copy, size, 1) != whole || read_all(copy, size, 7) != whole)
        broken("pieces are read otherwise than the whole");
    free(copy);
    return 0;
}
