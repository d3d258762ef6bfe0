/* SPDX-License-Identifier: Apache-2.0 */
#include "ssh_command.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "dagtop/base/memory.h"

enum { OUTPUT_LIMIT = 256 << 10, TROUBLE_LIMIT = 4 << 10 };

struct ssh_command {
    struct loop_child *child;
    struct loop_watch *output_watch, *trouble_watch;
    struct loop_timer *timer;
    struct text output, trouble;
    ssh_command_function *done;
    void *argument;
};

void ssh_words_add(struct ssh_words *words, const char *word)
{
    if (words->count + 1 >= sizeof words->words / sizeof *words->words)
        broken("a command line of ssh has too many words");
    words->words[words->count++] = memory_copy_text(word);
}

void ssh_words_add_format(struct ssh_words *words, const char *format, ...)
{
    struct text text;
    va_list list;
    text_init(&text, 0);
    va_start(list, format);
    text_append_format_list(&text, format, list);
    va_end(list);
    ssh_words_add(words, text.data);
    text_release(&text);
}

void ssh_words_release(struct ssh_words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->words[i]);
    *words = (struct ssh_words){0};
}

void ssh_words_add_target(struct ssh_words *words, const struct ssh_target *target)
{
    if (target->user) {
        ssh_words_add(words, "-l");
        ssh_words_add(words, target->user);
    }
    if (target->port)
        ssh_words_add_format(words, "-p%u", target->port);
    ssh_words_add(words, "--");
    ssh_words_add(words, target->name);
}

bool ssh_command_drain(int descriptor, struct text *text)
{
    char bytes[4096];
    for (;;) {
        ssize_t length = read(descriptor, bytes, sizeof bytes);
        if (length > 0)
            text_append(text, bytes, (size_t)length);
        else if (length == 0 || errno != EINTR)
            return length < 0 && errno == EAGAIN;
    }
}

static void call_output(void *argument, int events)
{
    (void)events;
    struct ssh_command *command = argument;
    if (!ssh_command_drain(loop_child_stdout(command->child), &command->output))
        loop_watch_set(command->output_watch, 0);
}

static void call_trouble(void *argument, int events)
{
    (void)events;
    struct ssh_command *command = argument;
    if (!ssh_command_drain(loop_child_stderr(command->child), &command->trouble))
        loop_watch_set(command->trouble_watch, 0);
}

static void call_exited(void *argument, int exit_status, int signal)
{
    struct ssh_command *command = argument;
    call_output(command, 0);
    call_trouble(command, 0);
    command->done(command->argument, signal ? -1 : exit_status, &command->output, &command->trouble);
}

static void call_late(void *argument)
{
    struct ssh_command *command = argument;
    loop_child_kill(command->child, SIGKILL);
}

enum status ssh_command_new(struct loop *loop, const struct ssh_words *words, int64_t limit, ssh_command_function *done,
    void *argument, struct ssh_command **result, struct error *error)
{
    struct ssh_command *command = memory_new(sizeof *command);
    struct loop_child_options options = {
        .arguments = words->words, .detached = true, .want_stdout = true, .want_stderr = true};
    enum status status = loop_child_new(loop, &options, call_exited, command, &command->child, error);
    if (status != STATUS_OK) {
        free(command);
        return status;
    }
    text_init(&command->output, OUTPUT_LIMIT);
    text_init(&command->trouble, TROUBLE_LIMIT);
    command->done = done;
    command->argument = argument;
    command->output_watch = loop_watch_new(loop, loop_child_stdout(command->child), call_output, command);
    command->trouble_watch = loop_watch_new(loop, loop_child_stderr(command->child), call_trouble, command);
    command->timer = loop_timer_new(loop, call_late, command);
    loop_watch_set(command->output_watch, LOOP_READABLE);
    loop_watch_set(command->trouble_watch, LOOP_READABLE);
    loop_timer_start(command->timer, limit, 0);
    *result = command;
    return STATUS_OK;
}

void ssh_command_free(struct ssh_command *command)
{
    if (!command)
        return;
    loop_child_kill(command->child, SIGKILL);
    loop_watch_free(command->output_watch);
    loop_watch_free(command->trouble_watch);
    loop_timer_free(command->timer);
    loop_child_free(command->child);
    text_release(&command->output);
    text_release(&command->trouble);
    free(command);
}
