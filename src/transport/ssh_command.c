/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* POSIX_SPAWN_SETSID, pipe2 */
#include "ssh_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dagtop/base/memory.h"

enum { OUTPUT_LIMIT = 256 << 10, TROUBLE_LIMIT = 4 << 10 };

/* What the thread has: starting a process takes longer than a turn of the loop may. */
struct query {
    struct ssh_words words;
    int64_t limit;
    pthread_mutex_t mutex;
    pid_t process;   /* that may be killed; 0: none */
    bool is_stopped; /* nobody waits for it */
    int pipes[2];    /* its output and its trouble; negative: at its end */
    struct text output, trouble;
    int exit_status;
    ssh_command_function *done; /* called by the loop */
    void *argument;
};

struct ssh_command {
    struct loop_work *work;
    struct query *query; /* until the work is freed */
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

/* ---- on the thread ---- */

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* In a session of its own, so that it asks nothing at our terminal. */
static int spawn(struct query *query, const int *ends, pid_t *process)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    int failure = posix_spawnp(process, query->words.words[0], &actions, &attributes, query->words.words, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failure;
}

/* A pipe of which the reading end does not block; an error number where there is none. */
static int open_pipe(int *reading, int *writing)
{
    int both[2];
    if (pipe2(both, O_CLOEXEC) < 0)
        return errno;
    *reading = both[0];
    *writing = both[1];
    return fcntl(both[0], F_SETFL, O_NONBLOCK) < 0 ? errno : 0;
}

/* Begins it; an error number where that fails. */
static int begin(struct query *query)
{
    int ends[2] = {-1, -1}, failure = 0;
    pid_t process = 0;
    for (int i = 0; i < 2 && !failure; i++)
        failure = open_pipe(&query->pipes[i], &ends[i]);
    if (!failure)
        failure = spawn(query, ends, &process);
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    pthread_mutex_lock(&query->mutex);
    query->process = failure ? 0 : process;
    if (query->is_stopped && query->process > 0)
        kill(-query->process, SIGKILL);
    pthread_mutex_unlock(&query->mutex);
    return failure;
}

static void stop(struct query *query)
{
    pthread_mutex_lock(&query->mutex);
    query->is_stopped = true;
    if (query->process > 0)
        kill(-query->process, SIGKILL);
    pthread_mutex_unlock(&query->mutex);
}

/* Reads both pipes to their ends, or until its time has run out. */
static void read_all(struct query *query)
{
    int64_t end = now() + query->limit;
    struct text *const texts[] = {&query->output, &query->trouble};
    while (query->pipes[0] >= 0 || query->pipes[1] >= 0) {
        struct pollfd waits[2] = {{.fd = query->pipes[0], .events = POLLIN}, {.fd = query->pipes[1], .events = POLLIN}};
        int64_t left = end - now();
        if (left <= 0 || (poll(waits, 2, (int)left) < 0 && errno != EINTR))
            return;
        for (int i = 0; i < 2; i++)
            if (query->pipes[i] >= 0 && waits[i].revents && !ssh_command_drain(query->pipes[i], texts[i])) {
                close(query->pipes[i]);
                query->pipes[i] = -1;
            }
    }
}

/* Waits until it has ended, and has it ended where it takes longer than its pipes. */
static void reap(struct query *query)
{
    int status = 0;
    siginfo_t info;
    pid_t process = query->process;
    if (query->pipes[0] >= 0 || query->pipes[1] >= 0)
        stop(query);
    while (waitid(P_PID, (id_t)process, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
        continue;
    /* Its number is still its own: nobody else is killed. */
    pthread_mutex_lock(&query->mutex);
    query->process = 0;
    pthread_mutex_unlock(&query->mutex);
    while (waitpid(process, &status, 0) < 0 && errno == EINTR)
        continue;
    query->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void run(void *argument)
{
    struct query *query = argument;
    int failure = begin(query);
    if (failure) {
        query->exit_status = 127;
        text_append_format(
            &query->trouble, "it cannot be run (%s): is the OpenSSH client installed?", strerror(failure));
        return;
    }
    read_all(query);
    reap(query);
}

static void release(void *argument)
{
    struct query *query = argument;
    for (int i = 0; i < 2; i++)
        if (query->pipes[i] >= 0)
            close(query->pipes[i]);
    ssh_words_release(&query->words);
    text_release(&query->output);
    text_release(&query->trouble);
    pthread_mutex_destroy(&query->mutex);
    free(query);
}

/* ---- on the loop's ---- */

static void call_done(void *argument)
{
    const struct query *query = argument;
    query->done(query->argument, query->exit_status, &query->output, &query->trouble);
}

enum status ssh_command_new(struct loop *loop, const struct ssh_words *words, int64_t limit, ssh_command_function *done,
    void *argument, struct ssh_command **result, struct error *error)
{
    struct ssh_command *command = memory_new(sizeof *command);
    struct query *query = memory_new(sizeof *query);
    *query = (struct query){.limit = limit, .pipes = {-1, -1}, .done = done, .argument = argument};
    for (size_t i = 0; i < words->count; i++)
        ssh_words_add(&query->words, words->words[i]);
    pthread_mutex_init(&query->mutex, NULL);
    text_init(&query->output, OUTPUT_LIMIT);
    text_init(&query->trouble, TROUBLE_LIMIT);
    command->query = query;
    enum status status = loop_work_new(loop, run, call_done, release, query, &command->work, error);
    if (status == STATUS_OK)
        *result = command;
    else
        free(command);
    return status;
}

void ssh_command_free(struct ssh_command *command)
{
    if (!command)
        return;
    stop(command->query);
    loop_work_free(command->work);
    free(command);
}
