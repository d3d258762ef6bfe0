/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens one ssh transport, answers what is asked with the words given, runs one line there and prints what happened:
 *     ssh_probe [-n] [-u USER] NAME auto|libssh|openssh LINE [ANSWER]...
 * -n: nobody can answer. An ANSWER '-' cancels; when there are no more, the question waits. Lines that are printed:
 *     question KIND TEXT     newlines as |
 *     withdrawn
 *     opened DESCRIPTION
 *     output TEXT            of the shell there, line by line
 *     bytes COUNT            that were received
 *     closed STATUS TEXT
 *     held MILLISECONDS      the longest time that the loop was not turning, but for what others kept the processors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dagtop/base/text.h"
#include "dagtop/transport/transport_ssh.h"

#include "processor_wait.h"

struct probe {
    struct transport *transport;
    struct loop *loop;
    const char *line;
    char **answers;
    struct text output;
    double last, last_waited, held;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1000 + (double)time.tv_nsec / 1e6;
}

static void tick(void *argument)
{
    struct probe *probe = argument;
    double time = now(), waited = processor_wait(), held = time - probe->last - 1 - (waited - probe->last_waited);
    if (probe->last > 0 && held > probe->held)
        probe->held = held;
    probe->last = time;
    probe->last_waited = waited;
}

static void opened(void *argument)
{
    struct probe *probe = argument;
    printf("opened %s\n", transport_description(probe->transport));
    fflush(stdout);
    if (transport_write(probe->transport, probe->line, strlen(probe->line)) != STATUS_OK ||
        transport_write(probe->transport, "\nexit 0\n", 8) != STATUS_OK)
        puts("not written");
}

static void received(void *argument, const char *bytes, size_t length)
{
    struct probe *probe = argument;
    text_append(&probe->output, bytes, length);
    for (;;) {
        char *end = probe->output.length ? memchr(probe->output.data, '\n', probe->output.length) : NULL;
        if (!end)
            break;
        if (end - probe->output.data < 200)
            printf("output %.*s\n", (int)(end - probe->output.data), probe->output.data);
        text_consume(&probe->output, (size_t)(end + 1 - probe->output.data));
    }
    fflush(stdout);
}

static void closed(void *argument, const struct error *reason)
{
    struct probe *probe = argument;
    uint64_t sent, got;
    transport_traffic(probe->transport, &sent, &got);
    printf("bytes %llu\n", (unsigned long long)got);
    printf("closed %s: %s\n", status_text(reason->status), reason->message);
    loop_stop(probe->loop);
}

static void asked(void *argument, const struct ssh_question *question)
{
    static const char *const kinds[] = {"secret", "open", "yes-no", "notice"};
    struct probe *probe = argument;
    if (!question) {
        puts("withdrawn");
        return;
    }
    printf("question %s ", kinds[question->kind]);
    for (const char *byte = question->text; *byte; byte++)
        putchar(*byte == '\n' ? '|' : *byte);
    putchar('\n');
    fflush(stdout);
    if (question->kind == SSH_QUESTION_NOTICE || !*probe->answers)
        return;
    const char *answer = *probe->answers++;
    transport_answer(probe->transport, strcmp(answer, "-") == 0 ? NULL : answer);
}

int main(int count, char **values)
{
    struct probe probe = {0};
    struct ssh_target target = {0};
    struct error error;
    bool is_mute = false;
    if (getenv(ASKPASS_VARIABLE))
        return askpass_main(count, values);
    for (int option; (option = getopt(count, values, "nu:")) != -1;) {
        if (option == 'n')
            is_mute = true;
        else
            target.user = optarg;
    }
    if (count - optind < 3 || !ssh_way_from_word(values[optind + 1], &target.way))
        return 2;
    target.name = values[optind];
    probe.line = values[optind + 2];
    probe.answers = values + optind + 3;
    probe.loop = loop_new();
    text_init(&probe.output, 0);
    struct ssh_gate *gate = ssh_gate_new(probe.loop);
    struct loop_timer *timer = loop_timer_new(probe.loop, tick, &probe);
    loop_timer_start(timer, 1, 1);
    const struct transport_events events = {opened, received, closed, &probe};
    if (transport_open_ssh(probe.loop, gate, &target, &events, is_mute ? NULL : asked, &probe.transport, &error) ==
        STATUS_OK)
        loop_run(probe.loop);
    else
        printf("closed %s: %s\n", status_text(error.status), error.message);
    printf("held %.0f\n", probe.held);
    transport_free(probe.transport);
    loop_timer_free(timer);
    ssh_gate_free(gate);
    loop_free(probe.loop);
    text_release(&probe.output);
    return 0;
}
