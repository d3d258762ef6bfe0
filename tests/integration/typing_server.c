/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ssh server that is logged in to by typing, with several rounds: typing_server HOST_KEY. Prints its port. Whoever
 * gets in has a /bin/sh. Its users:
 *     menu      keyboard-interactive: password "first", then a menu that is answered with 1, then a round that asks
 * nothing both      the same, and then the password "second" password  only the password "second"
 */
#include <libssh/libssh.h>
#include <libssh/server.h>

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

struct login {
    ssh_session session;
    char user[64];
    int round;
    bool is_in;
};

static void ask_round(struct login *login, ssh_message message)
{
    static const char *const password[] = {"Password: "};
    static const char *const menu[] = {"Passcode or option (1-1): "};
    char hidden[] = {0}, shown[] = {1};
    if (login->round == 1)
        ssh_message_auth_interactive_request(
            message, "Test\033[31m site", "Who are you?", 1, (const char **)password, hidden);
    else if (login->round == 2)
        ssh_message_auth_interactive_request(
            message, "", "Two factors for you\n\n 1. Push to a phone\n", 1, (const char **)menu, shown);
    else
        ssh_message_auth_interactive_request(message, "", "Pushed. Logging you in", 0, NULL, NULL);
}

static void deny(struct login *login, ssh_message message, int methods)
{
    login->round = 0;
    ssh_message_auth_set_methods(message, methods);
    ssh_message_reply_default(message);
}

static int methods_of(const struct login *login)
{
    return strcmp(login->user, "password") == 0 ? SSH_AUTH_METHOD_PASSWORD : SSH_AUTH_METHOD_INTERACTIVE;
}

static void take_answers(struct login *login, ssh_message message)
{
    static const char *const right[] = {"", "first", "1"};
    int wanted = login->round < 3 ? 1 : 0;
    bool is_right = ssh_userauth_kbdint_getnanswers(login->session) == wanted;
    if (is_right && wanted) {
        const char *answer = ssh_userauth_kbdint_getanswer(login->session, 0);
        is_right = answer && strcmp(answer, right[login->round]) == 0;
    }
    if (!is_right) {
        deny(login, message, methods_of(login));
        return;
    }
    if (login->round++ < 3) {
        ask_round(login, message);
        return;
    }
    bool is_partial = strcmp(login->user, "both") == 0;
    login->is_in = !is_partial;
    login->round = 0;
    if (is_partial)
        ssh_message_auth_set_methods(message, SSH_AUTH_METHOD_PASSWORD);
    ssh_message_auth_reply_success(message, is_partial);
}

static void take_authentication(struct login *login, ssh_message message)
{
    snprintf(login->user, sizeof login->user, "%s", ssh_message_auth_user(message));
    switch (ssh_message_subtype(message)) {
    case SSH_AUTH_METHOD_INTERACTIVE:
        if (ssh_message_auth_kbdint_is_response(message)) {
            take_answers(login, message);
        } else {
            login->round = 1;
            ask_round(login, message);
        }
        break;
    case SSH_AUTH_METHOD_PASSWORD:
        login->is_in = strcmp(ssh_message_auth_password(message), "second") == 0;
        if (login->is_in)
            ssh_message_auth_reply_success(message, 0);
        else
            deny(login, message, SSH_AUTH_METHOD_PASSWORD);
        break;
    default:
        deny(login, message, methods_of(login));
    }
}

/* Moves bytes between the channel and a shell until one of them ends. */
static void serve_shell(ssh_session session, ssh_channel channel)
{
    int to[2], from[2], status = 0;
    char bytes[16384];
    if (pipe(to) || pipe(from))
        return;
    pid_t shell = fork();
    if (shell == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        close(to[1]);
        close(from[0]);
        execl("/bin/sh", "sh", (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    for (;;) {
        struct pollfd ready[] = {{.fd = ssh_get_fd(session), .events = POLLIN}, {.fd = from[0], .events = POLLIN}};
        poll(ready, 2, 50);
        int got = ssh_channel_read_nonblocking(channel, bytes, sizeof bytes, 0);
        if (got > 0 && write(to[1], bytes, (size_t)got) != got)
            break;
        if (got < 0 || ssh_channel_is_eof(channel) || !ssh_is_connected(session))
            break;
        ssize_t said = ready[1].revents ? read(from[0], bytes, sizeof bytes) : 1;
        if (said == 0)
            break;
        if (ready[1].revents && ssh_channel_write(channel, bytes, (uint32_t)said) < 0)
            break;
    }
    close(to[1]);
    waitpid(shell, &status, 0);
    ssh_channel_request_send_exit_status(channel, WEXITSTATUS(status));
    ssh_channel_send_eof(channel);
    ssh_channel_close(channel);
    ssh_blocking_flush(session, 1000);
}

static void serve(ssh_session session)
{
    struct login login = {.session = session};
    ssh_channel channel = NULL;
    if (ssh_handle_key_exchange(session) != SSH_OK)
        return;
    for (ssh_message message; (message = ssh_message_get(session));) {
        bool is_exec = false;
        if (ssh_message_type(message) == SSH_REQUEST_AUTH) {
            take_authentication(&login, message);
        } else if (login.is_in && ssh_message_type(message) == SSH_REQUEST_CHANNEL_OPEN) {
            channel = ssh_message_channel_request_open_reply_accept(message);
        } else if (channel && ssh_message_type(message) == SSH_REQUEST_CHANNEL &&
                   ssh_message_subtype(message) == SSH_CHANNEL_REQUEST_EXEC) {
            ssh_message_channel_request_reply_success(message);
            is_exec = true;
        } else {
            ssh_message_reply_default(message);
        }
        ssh_message_free(message);
        if (is_exec) {
            serve_shell(session, channel);
            return;
        }
    }
}

int main(int count, char **values)
{
    ssh_bind listener = ssh_bind_new();
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    unsigned port = 0;
    if (count != 2)
        return 2;
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    ssh_bind_options_set(listener, SSH_BIND_OPTIONS_BINDADDR, "127.0.0.1");
    ssh_bind_options_set(listener, SSH_BIND_OPTIONS_BINDPORT, &port);
    ssh_bind_options_set(listener, SSH_BIND_OPTIONS_HOSTKEY, values[1]);
    if (ssh_bind_listen(listener) < 0) {
        fprintf(stderr, "%s\n", ssh_get_error(listener));
        return 1;
    }
    getsockname(ssh_bind_get_fd(listener), (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        ssh_session session = ssh_new();
        if (ssh_bind_accept(listener, session) == SSH_OK && fork() == 0) {
            serve(session);
            ssh_disconnect(session);
            _exit(0);
        }
        ssh_free(session);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
    }
}
