/* SPDX-License-Identifier: Apache-2.0 */
/* The way through libssh: a login on a thread, and then the session on the loop, where nothing blocks. */
#include "transport_ssh_login.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "dagtop/base/memory.h"

/* One write; the pause after which a session is looked at without a cause: it may hold what poll does not tell. */
enum { WRITE_LIMIT = 32 << 10, TICK = 1000, EOF_TICK = 300, INPUT_LIMIT = 4 << 20 };

struct ssh_channel_way {
    struct ssh_front *front;
    struct ssh_login *login; /* owned by the work */
    struct loop_work *work;
    struct loop_async *async;
    bool is_adopted, is_pumping;
    ssh_event event;
    struct loop_watch *watch;
    struct loop_timer *tick;
    struct loop_hook *pumper;
    struct ssh_channel_callbacks_struct callbacks;
    struct text input; /* what the callbacks of libssh have got: nothing is freed within them */
    bool at_eof, at_end;
    int exit_status; /* negative: none was told */
};

/* ---- the session on the loop ---- */

static int on_data(ssh_session session, ssh_channel channel, void *data, uint32_t length, int is_stderr, void *argument)
{
    struct ssh_channel_way *way = argument;
    (void)session;
    (void)channel;
    if (!is_stderr)
        text_append(&way->input, data, length);
    return (int)length;
}

/* The exit code follows, and then the close; but not where something there keeps the stream. */
static void on_eof(ssh_session session, ssh_channel channel, void *argument)
{
    struct ssh_channel_way *way = argument;
    (void)session;
    (void)channel;
    if (!way->at_eof)
        loop_timer_start(way->tick, EOF_TICK, EOF_TICK);
    way->at_eof = true;
}

static void on_end(ssh_session session, ssh_channel channel, void *argument)
{
    struct ssh_channel_way *way = argument;
    (void)session;
    (void)channel;
    way->at_end = true;
}

static void on_exit_status(ssh_session session, ssh_channel channel, int exit_status, void *argument)
{
    struct ssh_channel_way *way = argument;
    (void)session;
    (void)channel;
    way->exit_status = exit_status;
}

static bool is_broken(const struct ssh_channel_way *way)
{
    return ssh_get_fd(way->login->session) < 0;
}

static void end_broken(struct ssh_channel_way *way)
{
    struct error reason;
    ssh_login_broken(way->login, "the connection is lost");
    reason = way->login->error;
    ssh_front_ended(way->front, &reason, false);
}

static void end_well(struct ssh_channel_way *way)
{
    struct error reason;
    if (way->exit_status >= 0)
        error_set(&reason, STATUS_DISCONNECTED, "the shell there has ended with exit code %d", way->exit_status);
    else
        error_set(&reason, STATUS_DISCONNECTED, "the shell there has ended");
    ssh_front_ended(way->front, &reason, true);
}

/* Hands over what has arrived. False where the way is gone. */
static bool deliver(struct ssh_channel_way *way)
{
    if (way->input.length == 0)
        return true;
    struct text input = way->input;
    text_init(&way->input, INPUT_LIMIT);
    bool goes_on = ssh_front_received(way->front, input.data, input.length);
    text_release(&input);
    return goes_on;
}

/*
 * Moves everything that can be moved. Reading channel by channel would lose wake-ups: one call may take all bytes off
 * the socket and keep those of the other stream, so the callbacks take them all.
 */
static void pump(struct ssh_channel_way *way)
{
    int result = ssh_event_dopoll(way->event, 0);
    bool overflowed = way->input.overflowed;
    if (!deliver(way))
        return;
    if (result == SSH_ERROR || is_broken(way) || overflowed) {
        end_broken(way);
        return;
    }
    if (way->at_end) {
        end_well(way);
        return;
    }
    way->is_pumping = true;
    transport_flush(&way->front->transport);
    way->is_pumping = false;
    if (is_broken(way)) {
        end_broken(way);
        return;
    }
    bool has_more = ssh_get_poll_flags(way->login->session) & SSH_WRITE_PENDING;
    loop_watch_set(way->watch, LOOP_READABLE | (has_more ? LOOP_WRITABLE : 0));
}

static void call_watch(void *argument, int events)
{
    (void)events;
    pump(argument);
}

/* 0 while keys are exchanged or the window is full: the queue of the transport keeps the rest. */
static size_t write_some(void *argument, const char *bytes, size_t length)
{
    struct ssh_channel_way *way = argument;
    if (!way->is_adopted || is_broken(way))
        return 0;
    int written =
        ssh_channel_write(way->login->channel, bytes, (uint32_t)(length < WRITE_LIMIT ? length : WRITE_LIMIT));
    if (!way->is_pumping)
        loop_hook_ask(way->pumper);
    return written > 0 ? (size_t)written : 0;
}

/* What came while the thread waited for the answer to its last request. */
static void take_early(struct ssh_channel_way *way)
{
    char bytes[4096];
    ssh_channel channel = way->login->channel;
    for (int is_stderr = 1; is_stderr >= 0; is_stderr--) {
        int length = 1;
        while (length > 0) {
            length = ssh_channel_read_nonblocking(channel, bytes, sizeof bytes, is_stderr);
            if (length > 0 && !is_stderr)
                text_append(&way->input, bytes, (size_t)length);
        }
    }
    way->at_end = ssh_channel_is_eof(channel) || ssh_channel_is_closed(channel);
    way->exit_status = way->at_end ? ssh_channel_get_exit_status(channel) : -1;
}

static void adopt(struct ssh_channel_way *way)
{
    struct ssh_login *login = way->login;
    struct loop *loop = way->front->transport.loop;
    int descriptor = ssh_get_fd(login->session);
    struct text probe;
    ssh_set_blocking(login->session, 0);
    /* libssh has made it blocking while it connected. */
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    way->is_adopted = true;
    take_early(way);
    way->callbacks.userdata = way;
    way->callbacks.channel_data_function = on_data;
    way->callbacks.channel_eof_function = on_eof;
    way->callbacks.channel_close_function = on_end;
    way->callbacks.channel_exit_status_function = on_exit_status;
    ssh_callbacks_init(&way->callbacks);
    ssh_set_channel_callbacks(login->channel, &way->callbacks);
    way->event = ssh_event_new();
    ssh_event_add_session(way->event, login->session);
    way->watch = loop_watch_new(loop, descriptor, call_watch, way);
    loop_watch_set(way->watch, LOOP_READABLE);
    loop_timer_start(way->tick, TICK, TICK);
    ssh_front_connected(way->front);
    ssh_front_append_probe(way->front, &probe);
    write_some(way, probe.data, probe.length);
    text_release(&probe);
    loop_hook_ask(way->pumper);
}

static void call_tick(void *argument)
{
    struct ssh_channel_way *way = argument;
    way->at_end |= way->at_eof;
    pump(way);
}

static void call_pump(void *argument)
{
    struct ssh_channel_way *way = argument;
    if (way->is_adopted)
        pump(way);
}

/* ---- the login ---- */

static void call_done(void *argument)
{
    struct ssh_login *login = argument;
    struct ssh_channel_way *way = login->way;
    if (login->channel && ssh_get_fd(login->session) >= 0) {
        adopt(way);
        return;
    }
    struct error reason = login->error;
    if (reason.status == STATUS_OK)
        error_set(&reason, STATUS_DISCONNECTED, "the connection is lost");
    ssh_front_ended(way->front, &reason, false);
}

/* The thread asks, or withdraws what it has shown. */
static void call_async(void *argument)
{
    struct ssh_channel_way *way = argument;
    struct ssh_login *login = way->login;
    pthread_mutex_lock(&login->mutex);
    char *question = login->question;
    enum ssh_question_kind kind = login->kind;
    bool is_withdrawn = login->is_withdrawn;
    login->question = NULL;
    pthread_mutex_unlock(&login->mutex);
    struct ssh_front *front = way->front;
    if (question)
        ssh_front_ask(front, kind, question);
    else if (is_withdrawn)
        ssh_front_withdraw(front);
    free(question);
}

static void answer(void *argument, const char *text)
{
    struct ssh_channel_way *way = argument;
    struct ssh_login *login = way->login;
    pthread_mutex_lock(&login->mutex);
    ssh_login_wipe(&login->answer);
    login->answer = memory_copy_text(text);
    login->is_answered = true;
    pthread_cond_signal(&login->changed);
    pthread_mutex_unlock(&login->mutex);
}

static struct ssh_login *new_login(struct ssh_front *front)
{
    struct ssh_login *login = memory_new(sizeof *login);
    login->config = front->config;
    front->config = (struct ssh_config){0};
    login->name = memory_copy_text(front->target.name);
    login->home = memory_copy_text(front->home);
    login->can_ask = ssh_front_can_ask(front);
    login->descriptor = -1;
    login->threads = ssh_gate_threads(front->gate);
    atomic_fetch_add(login->threads, 1);
    pthread_mutex_init(&login->mutex, NULL);
    pthread_cond_init(&login->changed, NULL);
    return login;
}

/* Lets the thread find out that nobody waits: it is woken where it can be. */
static void abandon(struct ssh_channel_way *way)
{
    struct ssh_login *login = way->login;
    pthread_mutex_lock(&login->mutex);
    login->is_abandoned = true;
    login->async = NULL;
    if (!way->is_adopted && login->descriptor >= 0)
        shutdown(login->descriptor, SHUT_RDWR);
    pthread_cond_signal(&login->changed);
    pthread_mutex_unlock(&login->mutex);
    loop_work_free(way->work);
}

static void free_way(void *argument)
{
    struct ssh_channel_way *way = argument;
    loop_watch_free(way->watch);
    loop_timer_free(way->tick);
    loop_hook_free(way->pumper);
    if (way->event) {
        ssh_event_remove_session(way->event, way->login->session);
        ssh_event_free(way->event);
        ssh_remove_channel_callbacks(way->login->channel, &way->callbacks);
    }
    abandon(way);
    loop_async_free(way->async);
    text_release(&way->input);
    free(way);
}

static enum status open_way(struct ssh_front *front, void **result, struct error *error)
{
    struct loop *loop = front->transport.loop;
    struct ssh_channel_way *way = memory_new(sizeof *way);
    way->front = front;
    way->exit_status = -1;
    text_init(&way->input, INPUT_LIMIT);
    way->login = new_login(front);
    way->login->way = way;
    way->tick = loop_timer_new(loop, call_tick, way);
    way->pumper = loop_hook_new(loop, call_pump, way);
    way->async = way->login->async = loop_async_new(loop, call_async, way);
    enum status status =
        loop_work_new(loop, ssh_login_run, call_done, ssh_login_release, way->login, &way->work, error);
    if (status == STATUS_OK) {
        *result = way;
        return STATUS_OK;
    }
    loop_async_free(way->async);
    loop_timer_free(way->tick);
    loop_hook_free(way->pumper);
    free(way);
    return status;
}

const struct ssh_way_operations ssh_way_libssh = {
    .open = open_way, .write = write_some, .answer = answer, .free = free_way};
