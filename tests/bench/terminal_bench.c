/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures the dashboard on a pseudo terminal: terminal_bench COLUMNS ROWS KEYS SECONDS -- DAGTOP ARGUMENTS...
 *
 * Prints the time from exec to the first whole frame (the footer is there), the time from a key to the last byte that
 * it brings to the terminal (median, 99 %, most), and then, after SECONDS of idling, CPU, wake-ups and memory of the
 * process and its children. One figure a line: name, value, unit.
 */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Nothing more comes for so long: the frame is finished. */
enum { QUIET = 15, FIRST_FRAME_LIMIT = 20000, KEY_LIMIT = 2000 };

static double now_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/*
 * Reads until nothing has come for quiet milliseconds, but no longer than limit: a clock on the screen ticks for ever.
 * Returns the time of the last byte, 0 where none came. marker (may be NULL) must have come first.
 */
static double read_burst(int terminal, int limit, int quiet, const char *marker, size_t *bytes)
{
    static char seen[1 << 20];
    size_t length = 0;
    double last = 0, start = now_milliseconds();
    bool marked = marker == NULL;
    for (;;) {
        struct pollfd poller = {.fd = terminal, .events = POLLIN};
        int left = (int)(start + limit - now_milliseconds());
        int wait = last > 0 && marked && quiet < left ? quiet : left;
        if (wait <= 0 || poll(&poller, 1, wait) <= 0)
            break;
        if (length > sizeof seen / 2) {
            memmove(seen, seen + length - 4096, 4096);
            length = 4096;
        }
        ssize_t got = read(terminal, seen + length, sizeof seen - 1 - length);
        if (got <= 0)
            break;
        length += (size_t)got;
        seen[length] = '\0';
        *bytes += (size_t)got;
        last = now_milliseconds();
        marked = marked || memmem(seen, length, marker, strlen(marker)) != NULL;
    }
    return marked ? last : 0;
}

static int compare(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

/* CPU ticks, context switches asked for and resident kilobytes of a process, added up. */
struct cost {
    unsigned long ticks, switches, resident;
};

static void add_cost(long process, struct cost *cost)
{
    char path[64], line[512];
    unsigned long user, system, number;
    snprintf(path, sizeof path, "/proc/%ld/stat", process);
    FILE *file = fopen(path, "r");
    if (file && fgets(line, sizeof line, file)) {
        const char *rest = strrchr(line, ')');
        if (rest && sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) == 2)
            cost->ticks += user + system;
    }
    if (file)
        fclose(file);
    snprintf(path, sizeof path, "/proc/%ld/status", process);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "VmRSS: %lu", &number) == 1)
            cost->resident += number;
        if (sscanf(line, "voluntary_ctxt_switches: %lu", &number) == 1)
            cost->switches += number;
    }
    if (file)
        fclose(file);
}

/* The process and its direct children. */
static struct cost cost_of(long process, struct cost *own)
{
    struct cost cost = {0};
    *own = (struct cost){0};
    add_cost(process, own);
    cost = *own;
    char path[64];
    long child;
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", process, process);
    FILE *file = fopen(path, "r");
    while (file && fscanf(file, "%ld", &child) == 1)
        add_cost(child, &cost);
    if (file)
        fclose(file);
    return cost;
}

static void measure_keys(int terminal, int count)
{
    double *times = calloc((size_t)count + 1, sizeof *times);
    size_t measured = 0, bytes = 0, all_bytes = 0;
    /* From the top, wherever the cursor was. */
    if (write(terminal, "g", 1) == 1)
        read_burst(terminal, KEY_LIMIT, 5 * QUIET, NULL, &bytes);
    for (int i = 0; i < count; i++) {
        /* Every key moves the cursor: twenty down, twenty up, to the end and back. */
        const char *key = i % 42 < 20 ? "j" : i % 42 < 40 ? "k" : i % 42 == 40 ? "G" : "g";
        double start = now_milliseconds();
        bytes = 0;
        if (write(terminal, key, 1) != 1)
            break;
        double last = read_burst(terminal, KEY_LIMIT, QUIET, NULL, &bytes);
        if (last > 0)
            times[measured++] = last - start;
        all_bytes += bytes;
    }
    if (measured) {
        qsort(times, measured, sizeof *times, compare);
        printf("key_median %.2f ms\nkey_99_percent %.2f ms\nkey_most %.2f ms\nbytes_a_key %zu bytes\n",
            times[measured / 2], times[measured * 99 / 100], times[measured - 1], all_bytes / measured);
    }
    free(times);
}

static void measure_idle(pid_t process, int terminal, int seconds)
{
    struct cost own_before, own_after;
    size_t bytes = 0;
    struct cost before = cost_of(process, &own_before);
    double start = now_milliseconds();
    while (now_milliseconds() - start < seconds * 1e3)
        read_burst(terminal, (int)(seconds * 1e3 - (now_milliseconds() - start)) + 1, QUIET, NULL, &bytes);
    struct cost after = cost_of(process, &own_after);
    double passed = (now_milliseconds() - start) / 1e3, ticks = (double)sysconf(_SC_CLK_TCK);
    printf("idle_cpu %.3f %%\nidle_wakeups %.2f a second\nidle_bytes %.0f a second\nresident %lu "
           "KB\nresident_with_agent %lu KB\n",
        (double)(after.ticks - before.ticks) / ticks / passed * 100,
        (double)(after.switches - before.switches) / passed, (double)bytes / passed, own_after.resident,
        after.resident);
}

int main(int count, char **values)
{
    if (count < 7 || strcmp(values[5], "--") != 0) {
        fputs("usage: terminal_bench COLUMNS ROWS KEYS SECONDS -- PROGRAM ARGUMENTS...\n", stderr);
        return 2;
    }
    struct winsize size = {.ws_col = (unsigned short)atol(values[1]), .ws_row = (unsigned short)atol(values[2])};
    int terminal;
    size_t bytes = 0;
    double start = now_milliseconds();
    pid_t process = forkpty(&terminal, NULL, NULL, &size);
    if (process == 0) {
        setenv("TERM", "xterm-256color", 1);
        execvp(values[6], values + 6);
        _exit(127);
    }
    double first = read_burst(terminal, FIRST_FRAME_LIMIT, 0, "Help", &bytes);
    printf("first_frame %.1f ms\n", first - start);
    read_burst(terminal, 3000, 900, NULL, &bytes);
    measure_keys(terminal, (int)atol(values[3]));
    if (atol(values[4]) > 0)
        measure_idle(process, terminal, (int)atol(values[4]));
    kill(process, SIGTERM);
    while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
        continue;
    return first > 0 ? 0 : 1;
}
