/* SPDX-License-Identifier: Apache-2.0 */
/* log: a node's output, fetched in pieces; a terminal gets it as harmless text, a pipe gets the bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"

enum { PIECE = 256 * 1024, FOLLOW_PERIOD = 1000 };

struct log_reader {
    struct session session;
    size_t node;
    unsigned attempt;
    const char *task; /* of an array, or NULL */
    int64_t offset;   /* of the next byte to print; negative: not known yet */
    int64_t size;
    long lines; /* how many last lines; negative: all */
    bool answered, safe;
    struct error error;
    struct text piece;
    int64_t piece_offset;
};

static void answered(void *argument, const struct agent_log *log, const struct error *error)
{
    struct log_reader *reader = argument;
    text_clear(&reader->piece);
    reader->error.status = STATUS_OK;
    if (error && error->status != STATUS_OK) {
        reader->error = *error;
    } else {
        text_append(&reader->piece, log->bytes, log->length);
        reader->piece_offset = log->offset;
        reader->size = log->size;
    }
    reader->answered = true;
    loop_stop(reader->session.loop);
}

/* Fetches one piece and waits for it. False when interrupted or refused. */
static bool fetch(struct log_reader *reader, int64_t offset)
{
    struct session *session = &reader->session;
    reader->answered = false;
    if (engine_read_log(session->engine, reader->node, reader->attempt, reader->task, offset, PIECE, answered, reader,
            &reader->error) != STATUS_OK)
        return false;
    while (!reader->answered && !session->interrupted)
        loop_run(session->loop);
    return reader->answered && reader->error.status == STATUS_OK;
}

static void print_bytes(const struct log_reader *reader, const char *bytes, size_t length)
{
    if (!reader->safe) {
        fwrite(bytes, 1, length, stdout);
        return;
    }
    while (length) {
        const char *newline = memchr(bytes, '\n', length);
        size_t line = newline ? (size_t)(newline - bytes) : length;
        struct text text;
        text_init(&text, 0);
        utf8_append_safe(&text, bytes, line);
        fwrite(text.data, 1, text.length, stdout);
        text_release(&text);
        if (newline)
            putchar('\n');
        line += newline ? 1 : 0;
        bytes += line;
        length -= line;
    }
}

/* Where the last `lines` lines of the piece begin; -1 when the piece has fewer. */
static int64_t start_of_last_lines(const struct text *piece, long lines)
{
    size_t at = piece->length;
    long left = lines;
    if (at && piece->data[at - 1] == '\n')
        at--;
    while (at > 0) {
        if (piece->data[at - 1] == '\n' && --left == 0)
            return (int64_t)at;
        at--;
    }
    return -1;
}

/* Finds the offset at which the last lines begin, going back piece by piece. */
static bool find_start(struct log_reader *reader)
{
    reader->offset = 0;
    if (reader->lines < 0)
        return true;
    long left = reader->lines;
    int64_t end = -1;
    for (;;) {
        int64_t from = end < 0 ? -PIECE : end > PIECE ? end - PIECE : 0;
        if (!fetch(reader, from))
            return false;
        if (end >= 0)
            text_truncate(&reader->piece, (size_t)(end - reader->piece_offset));
        if (left == 0) {
            reader->offset = reader->size;
            return true;
        }
        int64_t start = start_of_last_lines(&reader->piece, left);
        if (start >= 0 || reader->piece_offset == 0) {
            reader->offset = reader->piece_offset + (start >= 0 ? start : 0);
            return true;
        }
        for (size_t i = 0; i + 1 < reader->piece.length; i++)
            left -= reader->piece.data[i] == '\n';
        end = reader->piece_offset;
    }
}

/* Prints from offset to the end as it is now. A log that became shorter is printed from its beginning. */
static bool print_rest(struct log_reader *reader)
{
    do {
        if (!fetch(reader, reader->offset))
            return false;
        if (reader->size < reader->offset) {
            reader->offset = 0;
            continue;
        }
        print_bytes(reader, reader->piece.data, reader->piece.length);
        reader->offset = reader->piece_offset + (int64_t)reader->piece.length;
    } while (reader->piece.length && reader->offset < reader->size);
    fflush(stdout);
    return !ferror(stdout);
}

static bool never(struct session *session)
{
    (void)session;
    return false;
}

static enum exit_code print_log(struct log_reader *reader)
{
    struct session *session = &reader->session;
    if (!find_start(reader))
        return EXIT_CODE_HOST;
    for (;;) {
        const struct node_view *view = &engine_snapshot(session->engine)->views[reader->node];
        bool live = state_is_live(view->state) && (reader->attempt == 0 || view->attempt == reader->attempt);
        if (!print_rest(reader))
            return EXIT_CODE_HOST;
        if (!session->arguments->given[OPTION_follow] || !live || session->interrupted)
            return session->interrupted ? EXIT_CODE_INTERRUPTED : EXIT_CODE_FINE;
        session_wait(session, never, FOLLOW_PERIOD);
    }
}

static enum exit_code select_node(struct log_reader *reader)
{
    struct session *session = &reader->session;
    size_t count = session->workflow->node_count, chosen = 0;
    bool *set = memory_new_array(count, sizeof *set);
    enum exit_code code = session_select(session, 1, false, set);
    for (size_t i = 0; i < count; i++)
        if (set[i]) {
            reader->node = i;
            chosen++;
        }
    free(set);
    if (code == EXIT_CODE_FINE && chosen != 1) {
        complain("log shows one node, not %zu", chosen);
        code = EXIT_CODE_USAGE;
    }
    return code;
}

/* An attempt that is not there is a mistake; a node that has not run yet is not. */
static enum exit_code check_attempt(const struct log_reader *reader)
{
    const struct node_view *view = &engine_snapshot(reader->session.engine)->views[reader->node];
    const char *name = reader->session.workflow->nodes[reader->node].name;
    if (view->attempt == 0)
        complain("%s has not run yet", name);
    if (reader->attempt <= view->attempt)
        return EXIT_CODE_FINE;
    complain("%s has no attempt %u", name, reader->attempt);
    return EXIT_CODE_USAGE;
}

static bool is_task(const char *word)
{
    size_t length = strlen(word);
    return length > 0 && length < 10 && strspn(word, "0123456789") == length;
}

enum exit_code command_log(const struct arguments *arguments)
{
    struct log_reader reader = {.lines = -1, .safe = isatty(STDOUT_FILENO)};
    struct error error;
    long attempt = 0;
    if (arguments_number(arguments, OPTION_attempt, 1, 1000000, &attempt, &error) != STATUS_OK ||
        arguments_number(arguments, OPTION_lines, 0, 1000000000, &reader.lines, &error) != STATUS_OK) {
        complain("%s", error.message);
        return EXIT_CODE_USAGE;
    }
    if (arguments->given[OPTION_task] && !is_task(arguments->value[OPTION_task])) {
        complain("--task is \"%s\", expected the number of one task", arguments->value[OPTION_task]);
        return EXIT_CODE_USAGE;
    }
    enum exit_code code = session_open(&reader.session, arguments);
    if (code != EXIT_CODE_FINE)
        return code;
    reader.attempt = (unsigned)attempt;
    reader.task = arguments->value[OPTION_task];
    text_init(&reader.piece, 2 * PIECE);
    bool reached = session_wait_complete(&reader.session);
    code = reader.session.interrupted ? EXIT_CODE_INTERRUPTED : select_node(&reader);
    if (code == EXIT_CODE_FINE && !reached && !engine_snapshot(reader.session.engine)->views[reader.node].known)
        code = EXIT_CODE_HOST;
    if (code == EXIT_CODE_FINE)
        code = check_attempt(&reader);
    if (code == EXIT_CODE_FINE)
        code = print_log(&reader);
    if (reader.error.status != STATUS_OK)
        complain("%s", reader.error.message);
    text_release(&reader.piece);
    session_close(&reader.session);
    return code;
}
