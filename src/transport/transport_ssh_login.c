/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "transport_ssh_login.h"

#include <libssh/libssh.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

bool ssh_login_goes_on(struct ssh_login *login)
{
    pthread_mutex_lock(&login->mutex);
    bool goes_on = !login->is_abandoned;
    pthread_mutex_unlock(&login->mutex);
    if (goes_on && now() > login->deadline) {
        error_set(&login->error, STATUS_TIMEOUT, "the login takes too long");
        goes_on = false;
    }
    return goes_on;
}

void ssh_login_wipe(char **answer)
{
    if (*answer)
        explicit_bzero(*answer, strlen(*answer));
    free(*answer);
    *answer = NULL;
}

/* Waits for the answer; the loop limits how long. */
static char *wait_for_answer(struct ssh_login *login)
{
    while (!login->is_answered && !login->is_abandoned)
        pthread_cond_wait(&login->changed, &login->mutex);
    char *answer = login->answer;
    login->answer = NULL;
    return answer;
}

char *ssh_login_ask(struct ssh_login *login, enum ssh_question_kind kind, const char *format, ...)
{
    struct text text;
    char *answer = NULL;
    va_list list;
    if (!login->can_ask)
        return NULL;
    text_init(&text, 0);
    va_start(list, format);
    text_append_format_list(&text, format, list);
    va_end(list);
    int64_t begin = now();
    pthread_mutex_lock(&login->mutex);
    free(login->question);
    login->question = text_take(&text);
    login->kind = kind;
    login->is_answered = login->is_withdrawn = false;
    if (login->async)
        loop_async_send(login->async);
    if (kind != SSH_QUESTION_NOTICE)
        answer = wait_for_answer(login);
    pthread_mutex_unlock(&login->mutex);
    login->deadline += now() - begin;
    return answer;
}

void ssh_login_withdraw(struct ssh_login *login)
{
    pthread_mutex_lock(&login->mutex);
    login->is_withdrawn = true;
    if (login->async)
        loop_async_send(login->async);
    pthread_mutex_unlock(&login->mutex);
}

enum status ssh_login_broken(struct ssh_login *login, const char *what)
{
    struct text text;
    if (login->error.status != STATUS_OK)
        return login->error.status;
    const char *words = ssh_get_error(login->session);
    bool is_refusal = strstr(words, "Too many authentication failures") != NULL;
    text_init(&text, 400);
    utf8_append_safe(&text, words, strlen(words));
    enum status status =
        error_set(&login->error, is_refusal ? STATUS_REFUSED : STATUS_DISCONNECTED, "%s: %s", what, text.data);
    text_release(&text);
    return status;
}

/* ---- the connection ---- */

/* Keeps the descriptor where the loop can shut it down. False when the loop has gone. */
static bool publish(struct ssh_login *login, int descriptor)
{
    pthread_mutex_lock(&login->mutex);
    login->descriptor = descriptor;
    bool goes_on = !login->is_abandoned;
    pthread_mutex_unlock(&login->mutex);
    return goes_on;
}

/* A peer that has gone silent is found within fifteen seconds; small requests are not held back. */
static void set_options(int descriptor)
{
    const struct {
        int level, name, value;
    } options[] = {{IPPROTO_TCP, TCP_NODELAY, 1}, {SOL_SOCKET, SO_KEEPALIVE, 1}, {IPPROTO_TCP, TCP_KEEPIDLE, 15},
        {IPPROTO_TCP, TCP_KEEPINTVL, 5}, {IPPROTO_TCP, TCP_KEEPCNT, 3}, {IPPROTO_TCP, TCP_USER_TIMEOUT, 15000}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        setsockopt(descriptor, options[i].level, options[i].name, &options[i].value, sizeof options[i].value);
}

/* Connects to one address within the limit; an errno, 0: connected. */
static int connect_to(struct ssh_login *login, const struct addrinfo *address, int64_t limit)
{
    int descriptor = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return errno;
    int failure = connect(descriptor, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
    int64_t end = now() + limit;
    while (failure == EINPROGRESS && ssh_login_goes_on(login)) {
        struct pollfd ready = {.fd = descriptor, .events = POLLOUT};
        socklen_t size = sizeof failure;
        if (poll(&ready, 1, 200) > 0)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size);
        else if (now() > end)
            failure = ETIMEDOUT;
    }
    if (failure == 0 && publish(login, descriptor)) {
        set_options(descriptor);
        return 0;
    }
    close(descriptor);
    return failure ? failure : ECANCELED;
}

static enum status connect_host(struct ssh_login *login)
{
    const char *host = ssh_config_value(&login->config, "hostname"), *port = ssh_config_value(&login->config, "port");
    const char *family = ssh_config_value(&login->config, "addressfamily");
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *addresses = NULL;
    if (family && strcmp(family, "any") != 0)
        hints.ai_family = strcmp(family, "inet6") == 0 ? AF_INET6 : AF_INET;
    int failure = getaddrinfo(host, port ? port : "22", &hints, &addresses);
    if (failure)
        return error_set(
            &login->error, STATUS_DISCONNECTED, "the name %s does not resolve: %s", host, gai_strerror(failure));
    int64_t limit = 1000 * (int64_t)ssh_config_number(&login->config, "connecttimeout", LOGIN_STEP_LIMIT / 1000);
    failure = EHOSTUNREACH;
    for (const struct addrinfo *address = addresses; address && failure && ssh_login_goes_on(login);
         address = address->ai_next)
        failure = connect_to(login, address, address->ai_next && limit > 4000 ? 4000 : limit);
    freeaddrinfo(addresses);
    if (failure == 0)
        return STATUS_OK;
    error_set_errno(&login->error, failure, "no connection to %s port %s", host, port ? port : "22");
    return login->error.status = STATUS_DISCONNECTED;
}

/* ---- the session ---- */

/* What libssh shall use of the algorithms that the configuration names; it leaves out what it does not know. */
static void set_algorithms(struct ssh_login *login)
{
    static const struct {
        const char *keyword;
        enum ssh_options_e options[2];
    } lists[] = {{"kexalgorithms", {SSH_OPTIONS_KEY_EXCHANGE, SSH_OPTIONS_KEY_EXCHANGE}},
        {"ciphers", {SSH_OPTIONS_CIPHERS_C_S, SSH_OPTIONS_CIPHERS_S_C}},
        {"macs", {SSH_OPTIONS_HMAC_C_S, SSH_OPTIONS_HMAC_S_C}},
        {"hostkeyalgorithms", {SSH_OPTIONS_HOSTKEYS, SSH_OPTIONS_HOSTKEYS}},
        {"pubkeyacceptedalgorithms", {SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES}}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const char *value = ssh_config_value(&login->config, lists[i].keyword);
        for (size_t k = 0; value && k < 2; k++)
            ssh_options_set(login->session, lists[i].options[k], value);
    }
}

/* The first file of a list: there is never a second one with content here. */
static void set_known_hosts(struct ssh_login *login, enum ssh_options_e option, const char *keyword)
{
    const char *list = ssh_config_value(&login->config, keyword);
    char *path = NULL;
    while (list && *list) {
        size_t length = strcspn(list, " ");
        char *word = memory_copy_span(list, length), *candidate = ssh_config_path(word, login->home);
        if (!path || (access(path, R_OK) < 0 && access(candidate, R_OK) == 0)) {
            free(path);
            path = candidate;
        } else {
            free(candidate);
        }
        free(word);
        list += length + (list[length] != 0);
    }
    ssh_options_set(login->session, option, path ? path : "/dev/null");
    free(path);
}

static enum status begin_session(struct ssh_login *login)
{
    ssh_session session = login->session = ssh_new();
    if (!session)
        broken("libssh has no memory");
    long limit = LOGIN_STEP_LIMIT / 1000;
    unsigned port = ssh_config_number(&login->config, "port", 22);
    bool no = false;
    int yes = 1, descriptor = login->descriptor;
    /* Nothing is taken from libssh's own reading of ssh_config, and a changed key is never let pass. */
    ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &no);
    ssh_options_set(session, SSH_OPTIONS_HOST, ssh_config_value(&login->config, "hostname"));
    ssh_options_set(session, SSH_OPTIONS_PORT, &port);
    ssh_options_set(session, SSH_OPTIONS_USER, ssh_config_value(&login->config, "user"));
    ssh_options_set(session, SSH_OPTIONS_STRICTHOSTKEYCHECK, &yes);
    ssh_options_set(session, SSH_OPTIONS_TIMEOUT, &limit);
    ssh_options_set(session, SSH_OPTIONS_FD, &descriptor);
    if (ssh_config_is_on(&login->config, "compression"))
        ssh_options_set(session, SSH_OPTIONS_COMPRESSION, "yes");
    set_known_hosts(login, SSH_OPTIONS_KNOWNHOSTS, "userknownhostsfile");
    set_known_hosts(login, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "globalknownhostsfile");
    set_algorithms(login);
    if (ssh_connect(session) != SSH_OK)
        return ssh_login_broken(login, "no ssh session");
    return ssh_login_goes_on(login) ? STATUS_OK : STATUS_CANCELLED;
}

static enum status open_channel(struct ssh_login *login)
{
    ssh_channel channel = ssh_channel_new(login->session);
    int result = channel ? ssh_channel_open_session(channel) : SSH_ERROR;
    while (result == SSH_AGAIN && ssh_login_goes_on(login))
        result = ssh_channel_open_session(channel);
    if (result == SSH_OK)
        result = ssh_channel_request_exec(channel, "exec /bin/sh");
    if (result != SSH_OK) {
        enum status status = ssh_login_broken(login, "no shell");
        if (channel)
            ssh_channel_free(channel);
        return status;
    }
    login->channel = channel;
    return STATUS_OK;
}

void ssh_login_run(void *argument)
{
    struct ssh_login *login = argument;
    login->deadline = now() + LOGIN_LIMIT;
    enum status status = connect_host(login);
    if (status == STATUS_OK)
        status = begin_session(login);
    if (status == STATUS_OK)
        status = ssh_login_check_server(login);
    if (status == STATUS_OK)
        status = ssh_login_authenticate(login);
    if (status == STATUS_OK)
        status = open_channel(login);
    if (status != STATUS_OK && login->error.status == STATUS_OK)
        error_set(&login->error, status, "the login has ended");
}

/* The socket is libssh's only where an error made it close it; else it stays ours. */
static void close_session(struct ssh_login *login)
{
    int descriptor = login->descriptor;
    if (login->session) {
        descriptor = ssh_get_fd(login->session);
        if (login->channel)
            ssh_channel_free(login->channel);
        ssh_disconnect(login->session);
        ssh_free(login->session);
    }
    if (descriptor >= 0)
        close(descriptor);
}

void ssh_login_release(void *argument)
{
    struct ssh_login *login = argument;
    close_session(login);
    ssh_login_wipe(&login->answer);
    free(login->question);
    free(login->name);
    free(login->home);
    ssh_config_release(&login->config);
    pthread_cond_destroy(&login->changed);
    pthread_mutex_destroy(&login->mutex);
    atomic_uint *threads = login->threads;
    free(login);
    atomic_fetch_sub(threads, 1);
}
