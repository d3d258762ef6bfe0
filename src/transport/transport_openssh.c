/* SPDX-License-Identifier: Apache-2.0 */
/* The way through ssh(1): a child in a session of its own, whose questions come through its askpass program. */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "askpass.h"
#include "child_stream.h"
#include "ssh_front.h"

#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"

enum { TROUBLE_LIMIT = 8 << 10, LOGIN_LIMIT = 45000, EXIT_OF_SSH = 255 };

struct openssh {
    struct ssh_front *front;
    struct child_stream stream;
    struct loop_watch *trouble_watch;
    struct loop_timer *timer; /* of the login, while nothing is asked */
    struct askpass *askpass;  /* NULL: nobody can answer */
    struct text trouble;
    bool has_spoken;
};

/* ---- bytes ---- */

static size_t write_some(void *way, const char *bytes, size_t length)
{
    return child_stream_write(&((struct openssh *)way)->stream, bytes, length);
}

static bool take(void *argument, const char *bytes, size_t length)
{
    struct openssh *openssh = argument;
    if (!openssh->has_spoken)
        loop_timer_stop(openssh->timer);
    openssh->has_spoken = true;
    return ssh_front_received(openssh->front, bytes, length);
}

/* What it says last counts: the beginning is dropped. */
static void call_trouble(void *argument, int events)
{
    (void)events;
    struct openssh *openssh = argument;
    if (openssh->trouble.length > TROUBLE_LIMIT / 2)
        text_consume(&openssh->trouble, openssh->trouble.length - TROUBLE_LIMIT / 2);
    if (!ssh_command_drain(loop_child_stderr(openssh->stream.child), &openssh->trouble))
        loop_watch_set(openssh->trouble_watch, 0);
}

/* ---- questions ---- */

static void call_asked(void *argument, enum ssh_question_kind kind, const char *text)
{
    struct openssh *openssh = argument;
    loop_timer_stop(openssh->timer);
    ssh_front_ask(openssh->front, kind, text);
}

static void call_withdrawn(void *argument)
{
    struct openssh *openssh = argument;
    loop_timer_start(openssh->timer, LOGIN_LIMIT, 0);
    ssh_front_withdraw(openssh->front);
}

static void answer(void *way, const char *text)
{
    struct openssh *openssh = way;
    loop_timer_start(openssh->timer, LOGIN_LIMIT, 0);
    askpass_answer(openssh->askpass, text);
}

/* ---- the end ---- */

static bool says(const struct openssh *openssh, const char *words)
{
    return strstr(openssh->trouble.data, words) != NULL;
}

/* The last line that it said, without its name, cleaned. */
static void append_last_line(const struct openssh *openssh, struct text *line)
{
    const char *data = openssh->trouble.data;
    size_t end = strlen(data);
    while (end && strchr("\r\n ", data[end - 1]))
        end--;
    size_t begin = end;
    while (begin && data[begin - 1] != '\n')
        begin--;
    if (strncmp(data + begin, "ssh: ", 5) == 0)
        begin += 5;
    utf8_append_safe(line, data + begin, end - begin);
}

/* What ssh(1) has said decides whether it may be tried again. */
static void judge(const struct openssh *openssh, struct error *reason)
{
    const struct ssh_front *front = openssh->front;
    struct text line;
    char *entry = ssh_config_known_name(&front->config);
    text_init(&line, 600);
    append_last_line(openssh, &line);
    bool is_key = says(openssh, "Host key verification failed") || says(openssh, "marked as revoked");
    bool is_login = says(openssh, "Permission denied") || says(openssh, "Too many authentication failures") ||
                    says(openssh, "No supported authentication methods");
    if (says(openssh, "REMOTE HOST IDENTIFICATION HAS CHANGED"))
        error_set(reason, STATUS_REFUSED,
            "the key of %s has changed, or somebody listens in. If the change is right: ssh-keygen -R '%s'",
            front->target.name, entry);
    else if ((is_key || is_login) && !ssh_front_can_ask(front))
        error_set(reason, STATUS_CANCELLED, "a login is needed, and nobody can answer here: %s", line.data);
    else if (is_key || is_login)
        error_set(reason, STATUS_REFUSED, "%s", line.data);
    else
        error_set(reason, STATUS_DISCONNECTED, "%s", line.length ? line.data : "ssh has ended without a word");
    text_release(&line);
    free(entry);
}

static void call_exited(void *argument, int exit_status, int signal)
{
    struct openssh *openssh = argument;
    call_trouble(openssh, 0);
    if (!child_stream_finish(&openssh->stream))
        return;
    struct error reason;
    if (signal)
        error_set(&reason, STATUS_DISCONNECTED, "ssh was ended by signal %d (%s)", signal, strsignal(signal));
    else if (exit_status == EXIT_OF_SSH)
        judge(openssh, &reason);
    else
        error_set(&reason, STATUS_DISCONNECTED, "the shell there has ended with exit code %d", exit_status);
    ssh_front_ended(openssh->front, &reason, !signal && exit_status != EXIT_OF_SSH);
}

static void call_late(void *argument)
{
    struct openssh *openssh = argument;
    struct error reason;
    error_set(&reason, STATUS_TIMEOUT, "the login has taken longer than %d seconds", LOGIN_LIMIT / 1000);
    ssh_front_ended(openssh->front, &reason, false);
}

/* ---- the beginning ---- */

static void add_options(struct ssh_words *words, const struct ssh_front *front)
{
    static const char *const options[] = {"LogLevel=ERROR", "ControlMaster=no", "ClearAllForwardings=yes",
        "PermitLocalCommand=no", "RemoteCommand=none", "RequestTTY=no", "EscapeChar=none", "StdinNull=no",
        "ForkAfterAuthentication=no", "ServerAliveInterval=15", "ServerAliveCountMax=3"};
    ssh_words_add(words, "ssh");
    ssh_words_add(words, "-T");
    ssh_words_add(words, "-x");
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        ssh_words_add_format(words, "-o%s", options[i]);
    if (!ssh_config_value(&front->config, "connecttimeout"))
        ssh_words_add(words, "-oConnectTimeout=8");
    if (!ssh_front_can_ask(front))
        ssh_words_add(words, "-oBatchMode=yes");
    /* "no" would let a changed key pass. */
    const char *policy = ssh_config_value(&front->config, "stricthostkeychecking");
    if (policy && (strcmp(policy, "false") == 0 || strcmp(policy, "no") == 0 || strcmp(policy, "off") == 0))
        ssh_words_add(words, "-oStrictHostKeyChecking=accept-new");
    /* Where the master dies at this very moment, ssh(1) would log in anew, which may mean another push to a phone. */
    ssh_words_add(words, front->surroundings.has_master ? "-oProxyCommand=false" : "-oControlPath=none");
}

static enum status spawn(struct openssh *openssh, struct error *error)
{
    struct ssh_words words = {0};
    struct askpass_environment environment;
    add_options(&words, openssh->front);
    ssh_words_add_target(&words, &openssh->front->target);
    ssh_words_add(&words, "exec /bin/sh");
    askpass_environment_init(&environment, openssh->askpass);
    struct loop_child_options options = {.arguments = words.words,
        .environment = environment.strings,
        .detached = true,
        .want_stdin = true,
        .want_stdout = true,
        .want_stderr = true};
    enum status status =
        loop_child_new(openssh->front->transport.loop, &options, call_exited, openssh, &openssh->stream.child, error);
    askpass_environment_release(&environment);
    ssh_words_release(&words);
    return status;
}

static void free_way(void *way)
{
    struct openssh *openssh = way;
    loop_watch_free(openssh->trouble_watch);
    loop_timer_free(openssh->timer);
    if (openssh->stream.child)
        loop_child_kill(openssh->stream.child, SIGTERM);
    child_stream_release(&openssh->stream);
    askpass_free(openssh->askpass);
    text_release(&openssh->trouble);
    free(openssh);
}

static void begin(struct openssh *openssh)
{
    struct loop *loop = openssh->front->transport.loop;
    struct text probe;
    openssh->stream.transport = &openssh->front->transport;
    openssh->stream.received = take;
    openssh->stream.argument = openssh;
    child_stream_init(&openssh->stream);
    openssh->trouble_watch = loop_watch_new(loop, loop_child_stderr(openssh->stream.child), call_trouble, openssh);
    openssh->timer = loop_timer_new(loop, call_late, openssh);
    child_stream_listen(&openssh->stream);
    loop_watch_set(openssh->trouble_watch, LOOP_READABLE);
    loop_timer_start(openssh->timer, LOGIN_LIMIT, 0);
    /* It waits in the pipe until the login is done: nothing else tells when that is. */
    ssh_front_append_probe(openssh->front, &probe);
    write_some(openssh, probe.data, probe.length);
    text_release(&probe);
}

static enum status open_way(struct ssh_front *front, void **way, struct error *error)
{
    struct openssh *openssh = memory_new(sizeof *openssh);
    const struct askpass_events events = {call_asked, call_withdrawn, openssh};
    enum status status = STATUS_OK;
    openssh->front = front;
    text_init(&openssh->trouble, TROUBLE_LIMIT);
    if (ssh_front_can_ask(front))
        status = askpass_new(front->transport.loop, &events, &openssh->askpass, error);
    if (status == STATUS_OK)
        status = spawn(openssh, error);
    if (status != STATUS_OK) {
        free_way(openssh);
        return status;
    }
    begin(openssh);
    *way = openssh;
    return STATUS_OK;
}

const struct ssh_way_operations ssh_way_openssh = {
    .open = open_way, .write = write_some, .answer = answer, .free = free_way};
