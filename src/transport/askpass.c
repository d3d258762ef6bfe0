/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "askpass.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"

extern char **environ;

/* A question: one letter for its kind, then its text; an answer: '+' and the answer, or nothing. */
enum { QUESTION_LIMIT = 8 << 10, ANSWER_SIZE = 1024 };

struct askpass {
    struct loop *loop;
    struct askpass_events events;
    char *directory;
    struct sockaddr_un address;
    int listener, client; /* client -1: nobody asks */
    struct loop_watch *listener_watch, *client_watch;
    struct text question;
    bool was_asked;
    char kind;
};

/* ---- the side of this program ---- */

static void drop_client(struct askpass *askpass)
{
    loop_watch_free(askpass->client_watch);
    askpass->client_watch = NULL;
    if (askpass->client >= 0)
        close(askpass->client);
    askpass->client = -1;
    text_clear(&askpass->question);
    askpass->was_asked = false;
    if (askpass->listener_watch)
        loop_watch_set(askpass->listener_watch, LOOP_READABLE);
}

static enum ssh_question_kind kind_of(char letter, const char *text)
{
    if (letter == 'n')
        return SSH_QUESTION_NOTICE;
    /* OpenSSH, sshconnect.c: the only questions that are to be answered with yes or no. */
    bool is_yes_no = letter == 'c' || strstr(text, "(yes/no") || strncmp(text, "Please type 'yes'", 17) == 0;
    return is_yes_no ? SSH_QUESTION_YES_NO : SSH_QUESTION_SECRET;
}

/* The whole question is here, up to the newline-free end that the asker marks by a NUL. */
static void tell(struct askpass *askpass)
{
    askpass->was_asked = true;
    askpass->kind = askpass->question.data[0];
    const char *text = askpass->question.data + 1;
    askpass->events.asked(askpass->events.argument, kind_of(askpass->kind, text), text);
}

static void call_client(void *argument, int events)
{
    (void)events;
    struct askpass *askpass = argument;
    char bytes[1024];
    ssize_t length = read(askpass->client, bytes, sizeof bytes);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    bool was_asked = askpass->was_asked;
    if (length <= 0 || askpass->question.overflowed) {
        drop_client(askpass);
        if (was_asked)
            askpass->events.withdrawn(askpass->events.argument);
        return;
    }
    text_append(&askpass->question, bytes, (size_t)length);
    if (!was_asked && askpass->question.length > 1 && memchr(askpass->question.data, 0, askpass->question.length))
        tell(askpass);
}

/* Only this user's processes can enter the directory; root could, and is let go. */
static bool is_own(int descriptor)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == getuid();
}

static void call_listener(void *argument, int events)
{
    (void)events;
    struct askpass *askpass = argument;
    int client = accept4(askpass->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0)
        return;
    if (!is_own(client)) {
        close(client);
        return;
    }
    /* One question at a time: others wait in the queue of the socket. */
    loop_watch_set(askpass->listener_watch, 0);
    askpass->client = client;
    askpass->client_watch = loop_watch_new(askpass->loop, client, call_client, askpass);
    loop_watch_set(askpass->client_watch, LOOP_READABLE);
}

static bool make_directory(struct askpass *askpass, const char *parent)
{
    if (!parent || *parent != '/' || strlen(parent) > 60)
        return false;
    free(askpass->directory);
    askpass->directory = memory_format("%s/dagtop-XXXXXX", parent);
    return mkdtemp(askpass->directory) != NULL;
}

static bool listen_there(struct askpass *askpass)
{
    askpass->address.sun_family = AF_UNIX;
    snprintf(askpass->address.sun_path, sizeof askpass->address.sun_path, "%s/askpass", askpass->directory);
    askpass->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const struct sockaddr *address = (const struct sockaddr *)&askpass->address;
    return askpass->listener >= 0 && bind(askpass->listener, address, sizeof askpass->address) == 0 &&
           listen(askpass->listener, 4) == 0;
}

enum status askpass_new(
    struct loop *loop, const struct askpass_events *events, struct askpass **result, struct error *error)
{
    struct askpass *askpass = memory_new(sizeof *askpass);
    *askpass = (struct askpass){.loop = loop, .events = *events, .listener = -1, .client = -1};
    text_init(&askpass->question, QUESTION_LIMIT);
    bool is_made = make_directory(askpass, getenv("XDG_RUNTIME_DIR")) || make_directory(askpass, getenv("TMPDIR")) ||
                   make_directory(askpass, "/tmp");
    if (!is_made || !listen_there(askpass)) {
        int number = errno;
        askpass_free(askpass);
        return error_set_errno(error, number, "cannot make a socket for the questions of ssh");
    }
    askpass->listener_watch = loop_watch_new(loop, askpass->listener, call_listener, askpass);
    loop_watch_set(askpass->listener_watch, LOOP_READABLE);
    *result = askpass;
    return STATUS_OK;
}

void askpass_free(struct askpass *askpass)
{
    if (!askpass)
        return;
    loop_watch_free(askpass->listener_watch);
    askpass->listener_watch = NULL;
    drop_client(askpass);
    if (askpass->listener >= 0)
        close(askpass->listener);
    if (askpass->address.sun_path[0])
        unlink(askpass->address.sun_path);
    if (askpass->directory)
        rmdir(askpass->directory);
    free(askpass->directory);
    text_release(&askpass->question);
    free(askpass);
}

void askpass_answer(struct askpass *askpass, const char *text)
{
    if (!askpass->was_asked)
        return;
    bool is_no = !text || (askpass->kind == 'c' && strcmp(text, "yes") != 0);
    size_t length = text ? strnlen(text, ANSWER_SIZE) : 0;
    if (!is_no) {
        char answer[ANSWER_SIZE + 1] = "+";
        memcpy(answer + 1, text, length);
        /* A socket takes that much at once. */
        ssize_t sent = send(askpass->client, answer, length + 1, MSG_NOSIGNAL);
        (void)sent;
        explicit_bzero(answer, sizeof answer);
    }
    drop_client(askpass);
}

static bool is_replaced(const char *string)
{
    static const char *const names[] = {
        ASKPASS_VARIABLE "=", "SSH_ASKPASS=", "SSH_ASKPASS_REQUIRE=", "SSH_ASKPASS_PROMPT=", "DISPLAY="};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(string, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

void askpass_environment_init(struct askpass_environment *environment, const struct askpass *askpass)
{
    char program[4096];
    size_t count = 0, kept = 0;
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = 0;
    while (environ[count])
        count++;
    environment->strings = memory_new_array(count + 5, sizeof *environment->strings);
    for (size_t i = 0; i < count; i++)
        if (!is_replaced(environ[i]))
            environment->strings[kept++] = environ[i];
    environment->own[0] = memory_format("SSH_ASKPASS=%s", program);
    environment->own[1] = memory_format("SSH_ASKPASS_REQUIRE=%s", askpass ? "force" : "never");
    /* Older ones ask there only where a display seems to be. */
    environment->own[2] = memory_copy_text("DISPLAY=dagtop:0");
    environment->own[3] = memory_format("%s=%s", ASKPASS_VARIABLE, askpass ? askpass->address.sun_path : "");
    for (size_t i = 0; i < (askpass ? 4 : 2); i++)
        environment->strings[kept++] = environment->own[i];
}

void askpass_environment_release(struct askpass_environment *environment)
{
    for (size_t i = 0; i < sizeof environment->own / sizeof *environment->own; i++)
        free(environment->own[i]);
    free(environment->strings);
}

/* ---- the side of ssh(1) ---- */

static bool send_all(int descriptor, const char *bytes, size_t length)
{
    while (length) {
        ssize_t sent = send(descriptor, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return -1;
    memcpy(address.sun_path, path, strlen(path));
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0 && connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0)
        return descriptor;
    if (descriptor >= 0)
        close(descriptor);
    return -1;
}

int askpass_main(int count, char **values)
{
    const char *hint = getenv("SSH_ASKPASS_PROMPT"), *path = getenv(ASKPASS_VARIABLE);
    const char letter = !hint ? 'p' : strcmp(hint, "confirm") == 0 ? 'c' : strcmp(hint, "none") == 0 ? 'n' : 'p';
    const char *text = count > 1 ? values[1] : "";
    char answer[ANSWER_SIZE + 2] = "";
    size_t length = 0;
    int descriptor = path ? connect_to(path) : -1;
    bool asked = descriptor >= 0 && send_all(descriptor, &letter, 1) && send_all(descriptor, text, strlen(text) + 1);
    while (asked && length < ANSWER_SIZE) {
        ssize_t got = read(descriptor, answer + length, ANSWER_SIZE - length);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    bool is_answered = length > 0 && answer[0] == '+';
    answer[length] = '\n';
    if (is_answered && write(STDOUT_FILENO, answer + 1, length) != (ssize_t)length)
        is_answered = false;
    explicit_bzero(answer, sizeof answer);
    return is_answered || letter == 'n' ? 0 : 1;
}
