/* SPDX-License-Identifier: Apache-2.0 */
#include "session_prompt.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"

enum { ANSWER_LIMIT = 1024 };

struct session_prompt {
    struct session *session;
    int terminal;
    struct loop_watch *watch;
    struct termios usual;
    bool silent, open;
    size_t host;
    uint64_t number;
    char answer[ANSWER_LIMIT];
    size_t length;
};

static void show(struct session_prompt *prompt, const char *text, const char *end)
{
    struct text safe;
    text_init(&safe, 64 << 10);
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        utf8_append_safe(&safe, line, length);
        line += length;
        if (*line == '\n') {
            text_append_byte(&safe, '\n');
            line++;
        }
    }
    text_append_string(&safe, end);
    ssize_t written = write(prompt->terminal, safe.data, safe.length);
    (void)written;
    text_release(&safe);
}

static void set_silent(struct session_prompt *prompt, bool silent)
{
    struct termios modes = prompt->usual;
    if (silent == prompt->silent)
        return;
    prompt->silent = silent;
    if (silent) {
        modes.c_lflag &= ~(tcflag_t)ECHO;
        modes.c_lflag |= ECHONL;
    }
    tcsetattr(prompt->terminal, TCSAFLUSH, &modes);
}

static void close_question(struct session_prompt *prompt)
{
    prompt->open = false;
    prompt->length = 0;
    explicit_bzero(prompt->answer, sizeof prompt->answer);
    set_silent(prompt, false);
    loop_watch_set(prompt->watch, 0);
}

/* The answer is forgotten here before the engine has it: what it needs it copies and wipes. */
static void take_answer(struct session_prompt *prompt, bool given)
{
    char answer[ANSWER_LIMIT];
    size_t host = prompt->host;
    memcpy(answer, prompt->answer, sizeof answer);
    answer[prompt->length] = '\0';
    close_question(prompt);
    engine_answer(prompt->session->engine, host, given ? answer : NULL);
    explicit_bzero(answer, sizeof answer);
}

static void readable(void *argument, int events)
{
    struct session_prompt *prompt = argument;
    char *place = prompt->answer + prompt->length;
    (void)events;
    ssize_t count = read(prompt->terminal, place, ANSWER_LIMIT - 1 - prompt->length);
    if (!prompt->open || count < 0)
        return;
    if (count == 0) {
        take_answer(prompt, false);
        return;
    }
    prompt->length += (size_t)count;
    char *newline = memchr(prompt->answer, '\n', prompt->length);
    if (newline || prompt->length == ANSWER_LIMIT - 1) {
        prompt->length = newline ? (size_t)(newline - prompt->answer) : prompt->length;
        take_answer(prompt, true);
    }
}

struct session_prompt *session_prompt_new(struct session *session)
{
    int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios usual;
    if (terminal < 0)
        return NULL;
    if (tcgetpgrp(terminal) != getpgrp() || tcgetattr(terminal, &usual) != 0) {
        close(terminal);
        return NULL;
    }
    struct session_prompt *prompt = memory_new(sizeof *prompt);
    *prompt = (struct session_prompt){.session = session, .terminal = terminal, .usual = usual};
    prompt->watch = loop_watch_new(session->loop, terminal, readable, prompt);
    return prompt;
}

void session_prompt_free(struct session_prompt *prompt)
{
    if (!prompt)
        return;
    close_question(prompt);
    loop_watch_free(prompt->watch);
    close(prompt->terminal);
    free(prompt);
}

static void ask(struct session_prompt *prompt, size_t host, const struct host_view *view)
{
    const struct host_question *question = view->question;
    if (question->kind == HOST_QUESTION_NOTICE) {
        if (prompt->host != host || prompt->number != question->number) {
            show(prompt, view->name, ": ");
            show(prompt, question->text, "\n");
        }
        prompt->host = host;
        prompt->number = question->number;
        return;
    }
    prompt->host = host;
    prompt->number = question->number;
    prompt->open = true;
    set_silent(prompt, question->kind == HOST_QUESTION_SECRET);
    show(prompt, view->name, ": ");
    show(prompt, question->text, question->kind == HOST_QUESTION_YES_NO ? " (yes/no) " : " ");
    loop_watch_set(prompt->watch, LOOP_READABLE);
}

void session_prompt_update(struct session_prompt *prompt)
{
    const struct snapshot *snapshot = engine_snapshot(prompt->session->engine);
    if (prompt->open) {
        const struct host_question *question = snapshot->hosts[prompt->host].question;
        if (question && question->number == prompt->number)
            return;
        show(prompt, "", "(too late)\n");
        close_question(prompt);
    }
    for (size_t i = 0; i < snapshot->host_count && !prompt->open; i++) {
        if (snapshot->hosts[i].question)
            ask(prompt, i, &snapshot->hosts[i]);
    }
}

bool session_prompt_is_open(const struct session_prompt *prompt)
{
    return prompt && prompt->open;
}
