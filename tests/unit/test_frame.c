/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/text.h"
#include "src/agent/frame.h"

#define TOKEN "0123456789abcdef0123456789abcdef"
#define MARK "@@" TOKEN

/* Writes down what the parser tells, one line each. */
struct record {
    struct frame_parser parser;
    struct text told;
    bool refuse, stop;
};

static bool begin(void *argument, uint64_t id)
{
    struct record *record = argument;
    text_append_format(&record->told, "begin %u\n", (unsigned)id);
    return !record->refuse;
}

static void tell_record(void *argument, const char *key, const char *field, const char *value)
{
    struct record *record = argument;
    text_append_format(&record->told, "record [%s] [%s] [%s]\n", key, field, value);
    if (record->stop)
        frame_parser_stop(&record->parser);
}

static void data(void *argument, const char *bytes, size_t length)
{
    struct record *record = argument;
    for (size_t i = 0; i < length; i++)
        text_append_format(&record->told, "%02x", (unsigned char)bytes[i]);
}

static void end(void *argument, unsigned code)
{
    text_append_format(&((struct record *)argument)->told, "end %u\n", code);
}

static int setup(void **state)
{
    struct record *record = calloc(1, sizeof *record);
    struct frame_events events = {begin, tell_record, data, end, record};
    frame_parser_init(&record->parser, TOKEN, &events);
    text_init(&record->told, 0);
    *state = record;
    return 0;
}

static int teardown(void **state)
{
    struct record *record = *state;
    frame_parser_release(&record->parser);
    text_release(&record->told);
    free(record);
    return 0;
}

static enum status feed(struct record *record, const char *bytes, size_t length)
{
    struct error error;
    return frame_parser_feed(&record->parser, bytes, length, &error);
}

static enum status feed_text(struct record *record, const char *text)
{
    return feed(record, text, strlen(text));
}

static const char conversation[] =
    "Welcome to login1\n@@not ours 0 begin\n\xff\x01\n\n" MARK " 0 begin\n-\tprotocol\t1\n"
    "a%25b\tmetric\tnote=tab%09 and\ttab\nx\theld\t\n" MARK " 0 end 0 3\n"
    "bash: no job control\n\n" MARK " 12 begin\n" MARK " 12 data 4\n\0\n@@\n" MARK " 12 data 0\n\n" MARK
    " 12 end 1 -\n";
static const char told[] = "begin 0\nrecord [-] [protocol] [1]\nrecord [a%b] [metric] [note=tab\t and\ttab]\n"
                           "record [x] [held] []\nend 0\nbegin 12\n000a4040end 1\n";

static void test_conversation_in_one_piece(void **state)
{
    struct record *record = *state;
    assert_int_equal(feed(record, conversation, sizeof conversation - 1), STATUS_OK);
    assert_string_equal(record->told.data, told);
}

static void test_conversation_byte_by_byte(void **state)
{
    struct record *record = *state;
    for (size_t i = 0; i < sizeof conversation - 1; i++)
        assert_int_equal(feed(record, conversation + i, 1), STATUS_OK);
    assert_string_equal(record->told.data, told);
}

static void test_what_does_not_fit_the_format(void **state)
{
    (void)state;
    static const char *const rows[] = {
        MARK " begin\n",
        MARK " x begin\n",
        MARK " 1 end 0 0\n",
        MARK " 1 beginning\n",
        MARK " 1234567890123456 begin\n",
        MARK " 1 begin\nno record\n",
        MARK " 1 begin\none\ttab\n",
        MARK " 1 begin\nkey\tFIELD\tvalue\n",
        MARK " 1 begin\nkey\t\tvalue\n",
        MARK " 1 begin\nkey\tfield\t%0\n",
        MARK " 1 begin\nkey\tfield\t%\n",
        MARK " 1 begin\nkey\tfield\t%0a\n",
        MARK " 1 begin\n%00\tfield\tvalue\n",
        MARK " 1 begin\n@@fedcba9876543210fedcba9876543210 1 end 0 0\n",
        MARK " 1 begin\n" MARK " 2 end 0 0\n",
        MARK " 1 begin\n" MARK " 1 end 0 1\n",
        MARK " 1 begin\n" MARK " 1 end 0\n",
        MARK " 1 begin\n" MARK " 1 end 256 0\n",
        MARK " 1 begin\n" MARK " 1 end -1 0\n",
        MARK " 1 begin\n" MARK " 1 begin\n",
        MARK " 1 begin\n" MARK " 1 data\n",
        MARK " 1 begin\n" MARK " 1 data -1\n",
        MARK " 1 begin\n" MARK " 1 data 1048577\n",
        MARK " 1 begin\n" MARK " 1 data 99999999999999999999\n",
        MARK " 1 begin\n" MARK " 1 data 2\nabc\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *fresh;
        setup(&fresh);
        struct record *record = fresh;
        if (feed_text(record, rows[i]) != STATUS_PROTOCOL)
            fail_msg("taken for good: %s", rows[i]);
        size_t before = record->told.length;
        assert_int_equal(feed_text(record, "\n" MARK " 1 begin\n"), STATUS_OK);
        assert_int_equal(record->told.length, before);
        teardown(&fresh);
    }
}

static void test_nul_in_a_record(void **state)
{
    struct record *record = *state;
    static const char bytes[] = MARK " 1 begin\nkey\tfield\tva\0lue\n";
    assert_int_equal(feed(record, bytes, sizeof bytes - 1), STATUS_PROTOCOL);
    assert_string_equal(record->told.data, "begin 1\n");
}

static void test_answer_that_nobody_asked_for(void **state)
{
    struct record *record = *state;
    record->refuse = true;
    assert_int_equal(feed_text(record, MARK " 7 begin\n-\ta\tb\n"), STATUS_PROTOCOL);
    assert_string_equal(record->told.data, "begin 7\n");
}

static void test_wrong_token_is_noise(void **state)
{
    struct record *record = *state;
    assert_int_equal(feed_text(record, "@@0123456789abcdef0123456789abcdee 0 begin\n-\ta\tb\n"), STATUS_OK);
    assert_int_equal(feed_text(record, " " MARK " 0 begin\n"), STATUS_OK);
    assert_string_equal(record->told.data, "");
}

static enum status feed_many(struct record *record, size_t count, char byte)
{
    char block[4096];
    enum status status = STATUS_OK;
    memset(block, byte, sizeof block);
    for (; count && status == STATUS_OK; count -= count < sizeof block ? count : sizeof block)
        status = feed(record, block, count < sizeof block ? count : sizeof block);
    return status;
}

static void test_noise_has_an_end(void **state)
{
    struct record *record = *state;
    assert_int_equal(feed_many(record, FRAME_NOISE_LIMIT - 100, 'x'), STATUS_OK);
    assert_true(record->parser.line.capacity < 1024);
    assert_int_equal(feed_text(record, "\n" MARK " 0 begin\n" MARK " 0 end 0 0\n"), STATUS_OK);
    assert_string_equal(record->told.data, "begin 0\nend 0\n");
    assert_int_equal(feed_many(record, FRAME_NOISE_LIMIT, '\n'), STATUS_OK);
    assert_int_equal(feed_many(record, 1, '\n'), STATUS_PROTOCOL);
}

static void test_line_has_an_end(void **state)
{
    struct record *record = *state;
    assert_int_equal(feed_text(record, MARK " 0 begin\nkey\tfield\t"), STATUS_OK);
    assert_int_equal(feed_many(record, FRAME_LINE_LIMIT - 10, 'x'), STATUS_OK);
    assert_int_equal(feed_text(record, "\nkey\tfield\t"), STATUS_OK);
    assert_int_equal(feed_many(record, FRAME_LINE_LIMIT, 'x'), STATUS_PROTOCOL);
}

static void test_stop_is_at_once(void **state)
{
    struct record *record = *state;
    record->stop = true;
    assert_int_equal(feed_text(record, MARK " 0 begin\n-\ta\tb\n-\tc\td\n" MARK " 0 end 0 2\n"), STATUS_OK);
    assert_string_equal(record->told.data, "begin 0\nrecord [-] [a] [b]\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_conversation_in_one_piece),
        TEST(test_conversation_byte_by_byte),
        cmocka_unit_test(test_what_does_not_fit_the_format),
        TEST(test_nul_in_a_record),
        TEST(test_answer_that_nobody_asked_for),
        TEST(test_wrong_token_is_noise),
        TEST(test_noise_has_an_end),
        TEST(test_line_has_an_end),
        TEST(test_stop_is_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
