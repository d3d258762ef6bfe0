/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hosts over ssh cost. Prints one line:
 *     ssh_bench connect HOST...                              until all are ready, and the memory of it
 *     ssh_bench poll HOST BASE NODES CHANGED ROUNDS SERVER   polls of NODES live nodes, whose logs lie in BASE on this
 *                                                            machine too; CHANGED of them get a status line each time.
 *                                                            SERVER: the process of sshd, whose children are counted
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dagtop/agent/agent.h"
#include "dagtop/base/memory.h"

#include "../integration/processor_wait.h"

struct bench {
    struct loop *loop;
    struct agent_pool *pool;
    size_t ready, failed;
    struct agent *agent;
    struct workflow *workflow;
    struct observation *observations;
    size_t updates;
    bool done;
    struct error error;
    double last, last_waited, late, held;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1000 + (double)time.tv_nsec / 1e6;
}

/* How late a timer of a millisecond comes is how long the loop was held, but for what others kept the processors. */
static void tick(void *argument)
{
    struct bench *bench = argument;
    double time = now(), wait = processor_wait(), late = time - bench->last - 1;
    if (bench->last > 0 && late > bench->late)
        bench->late = late;
    if (bench->last > 0 && late - (wait - bench->last_waited) > bench->held)
        bench->held = late - (wait - bench->last_waited);
    bench->last = time;
    bench->last_waited = wait;
}

static void call_ready(void *argument)
{
    ((struct bench *)argument)->ready++;
}

static void call_closed(void *argument, const struct error *reason)
{
    ((struct bench *)argument)->failed++;
    fprintf(stderr, "%s\n", reason->message);
}

static double resident_megabytes(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static struct agent *open_host(struct bench *bench, const char *name, const char *base)
{
    struct agent *agent = NULL;
    struct error error;
    const struct agent_events events = {.ready = call_ready, .closed = call_closed, .argument = bench};
    const struct ssh_target target = {.name = name};
    if (agent_open_ssh(bench->pool, &target, base, NULL, &events, &agent, &error) != STATUS_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
    return agent;
}

static void bench_connect(struct bench *bench, char **names, size_t count)
{
    struct agent **agents = memory_new_array(count, sizeof(struct agent *));
    double begin = now();
    for (size_t i = 0; i < count; i++)
        agents[i] = open_host(bench, names[i], NULL);
    while (bench->ready + bench->failed < count)
        loop_run_once(bench->loop, true);
    printf(
        "%zu hosts: ready in %.0f ms (%zu failed), %.1f MB resident, the loop held %.1f ms at most (%.1f ms late with "
        "what others kept the processors)\n",
        count, now() - begin, bench->failed, resident_megabytes(), bench->held, bench->late);
    for (size_t i = 0; i < count; i++)
        agent_free(agents[i]);
    free(agents);
}

/* Ticks of a process's children, and of theirs, waited for or not. */
static unsigned long ticks_below(long process)
{
    unsigned long sum = 0;
    DIR *directory = opendir("/proc");
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        char path[300], name[64];
        long parent = 0;
        unsigned long ticks[4] = {0};
        long number = strtol(entry->d_name, NULL, 10);
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *file = number ? fopen(path, "r") : NULL;
        if (file &&
            fscanf(file, "%*d (%63[^)]) %*c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu", name, &parent,
                ticks, ticks + 1, ticks + 2, ticks + 3) == 6 &&
            parent == process)
            sum += ticks[0] + ticks[1] + ticks[2] + ticks[3] + ticks_below(number);
        if (file)
            fclose(file);
    }
    if (directory)
        closedir(directory);
    return sum;
}

static struct observation *find(void *argument, size_t node)
{
    return &((struct bench *)argument)->observations[node];
}

static void update(void *argument, size_t node)
{
    (void)node;
    ((struct bench *)argument)->updates++;
}

static void done(void *argument, const struct error *error)
{
    struct bench *bench = argument;
    bench->done = true;
    bench->error = *error;
}

static void poll_once(struct bench *bench, const struct agent_place *place, const size_t *nodes, size_t count)
{
    const struct agent_observer observer = {find, update, done, bench};
    struct error error;
    bench->done = false;
    if (agent_poll(bench->agent, place, bench->workflow, nodes, count, &observer, &error) != STATUS_OK)
        exit(1);
    while (!bench->done)
        loop_run_once(bench->loop, true);
    if (bench->error.status != STATUS_OK)
        fprintf(stderr, "%s\n", bench->error.message);
}

static void append_status(const char *base, const struct node *node, unsigned round)
{
    char *path = memory_format("%s/bench/%s/.dagtop/1/log", base, node->name);
    FILE *file = fopen(path, "a");
    if (file) {
        fprintf(
            file, "# cloudmesh status=running progress=%u pid=4711 msg='epoch %u' accuracy=0.91\n", round % 100, round);
        fclose(file);
    }
    free(path);
}

static void make_workflow(struct bench *bench, size_t count)
{
    struct error error;
    bench->workflow = workflow_new();
    bench->observations = memory_new_array(count, sizeof *bench->observations);
    for (size_t i = 0; i < count; i++) {
        char name[32];
        size_t index;
        snprintf(name, sizeof name, "n%zu", i + 1);
        if (workflow_add_node(bench->workflow, name, &index) != STATUS_OK)
            exit(1);
        observation_init(&bench->observations[i]);
    }
    free(bench->workflow->name);
    bench->workflow->name = memory_copy_text("bench");
    if (workflow_finish(bench->workflow, NULL, NULL, &error) != STATUS_OK)
        exit(1);
}

static void bench_poll(struct bench *bench, char **words)
{
    const char *base = words[1];
    size_t count = strtoul(words[2], NULL, 10), changed = strtoul(words[3], NULL, 10);
    unsigned rounds = (unsigned)strtoul(words[4], NULL, 10);
    long server = strtol(words[5], NULL, 10);
    struct agent_place place = {base, "bench"};
    size_t *nodes = memory_new_array(count, sizeof *nodes);
    uint64_t requests, sent[2], received[2];
    int64_t trip;
    make_workflow(bench, count);
    for (size_t i = 0; i < count; i++)
        nodes[i] = i;
    bench->agent = open_host(bench, words[0], base);
    while (bench->ready + bench->failed == 0)
        loop_run_once(bench->loop, true);
    /* What is measured is every day's poll: neither the first ones nor those of directories that are seconds old. */
    for (double begin = now(); now() - begin < 5000;)
        poll_once(bench, &place, nodes, count);
    agent_traffic(bench->agent, &requests, &sent[0], &received[0], &trip);
    unsigned long ticks = ticks_below(server);
    double wall = 0;
    bench->updates = 0;
    for (unsigned round = 0; round < rounds; round++) {
        for (size_t i = 0; i < changed; i++)
            append_status(
                base, &bench->workflow->nodes[(i * (count / (changed ? changed : 1)) + round) % count], round);
        double begin = now();
        poll_once(bench, &place, nodes, count);
        wall += now() - begin;
    }
    agent_traffic(bench->agent, &requests, &sent[1], &received[1], &trip);
    ticks = ticks_below(server) - ticks;
    printf("a poll of %zu live nodes, %zu changed: %.1f ms, %.0f bytes out, %.0f in, %.1f ms CPU there, %.0f updates\n",
        count, changed, wall / rounds, (double)(sent[1] - sent[0]) / rounds,
        (double)(received[1] - received[0]) / rounds, (double)ticks * 1000 / (double)sysconf(_SC_CLK_TCK) / rounds,
        (double)bench->updates / rounds);
    agent_free(bench->agent);
    for (size_t i = 0; i < count; i++)
        observation_release(&bench->observations[i]);
    free(bench->observations);
    free(nodes);
    workflow_free(bench->workflow);
}

int main(int count, char **values)
{
    struct bench bench = {.loop = loop_new()};
    bench.pool = agent_pool_new(bench.loop);
    struct loop_timer *timer = loop_timer_new(bench.loop, tick, &bench);
    loop_timer_start(timer, 1, 1);
    if (count > 2 && strcmp(values[1], "connect") == 0)
        bench_connect(&bench, values + 2, (size_t)count - 2);
    else if (count == 8 && strcmp(values[1], "poll") == 0)
        bench_poll(&bench, values + 2);
    loop_timer_free(timer);
    agent_pool_free(bench.pool);
    loop_free(bench.loop);
    return 0;
}
