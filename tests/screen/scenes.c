/* SPDX-License-Identifier: Apache-2.0 */
#include "scenes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "dagtop/load/workflow_file.h"

/* What one attempt of a node came to. */
enum outcome { STILL_RUNNING, ENDED_WELL, ENDED_BADLY, ENDED_LOST, NOT_CONFIRMED, WAS_CANCELLED };

static const char cloudmask[] = "workflow:\n"
                                "  name: cloudmask\n"
                                "  nodes:\n"
                                "    start: {kind: local}\n"
                                "    fetch-data: {exec: ./fetch-data --tiles 64}\n"
                                "    prepare: {exec: ./prepare}\n"
                                "    train-1: {exec: ./train 0.1 1, label: 'epoch {epoch} loss {loss}\\nsecond line'}\n"
                                "    train-2: {exec: ./train 0.1 2, label: 'epoch {epoch} loss {loss}'}\n"
                                "    train-3: {exec: ./train 0.01 1, label: 'epoch {epoch} loss {loss}', retries: 1}\n"
                                "    train-4: {exec: ./train 0.01 2, host: gpu-node-17, kind: ssh, user: gregor}\n"
                                "    inference: {exec: ./inference}\n"
                                "    analyze: {exec: ./analyze, env: {OUTPUT: results.csv}}\n"
                                "    end: {kind: local}\n"
                                "  dependencies:\n"
                                "    - [start, fetch-data, prepare, 'train-[1-4]', inference, analyze, end]\n";

static const char strange[] =
    "workflow:\n"
    "  name: \"strange names \\u96f2\\u3068\\u7a7a\"\n"
    "  nodes:\n"
    "    \"\\u6570\\u636e\\u51c6\\u5907\": {exec: 'true', label: \"\\u96f2\\u306e\\u30de\\u30b9\\u30af \\e[31mred\"}\n"
    "    \"na\\u0308ive cafe\\u0301\": {exec: 'true', kind: ssh, host: h}\n"
    "    epoch_1_x_1_card_name_a100_gpu_count_1_cpu_num_6_mem_64GB_repeat_1_learning_rate_0.001_seed_17_batch_32_"
    "optimizer_adam_schedule_cosine_warmup_500_dropout_0.1_layers_12_heads_8_width_512: {exec: 'true'}\n"
    "    plain: {exec: 'true', label: \"bell \\a and \\u202e turned\"}\n"
    "  dependencies:\n"
    "    - [\"\\u6570\\u636e\\u51c6\\u5907\", plain]\n";

static struct engine *parse(const char *yaml, const wall_time *now)
{
    struct workflow *workflow = NULL;
    struct error_list errors, warnings;
    error_list_init(&errors);
    error_list_init(&warnings);
    if (workflow_file_parse(yaml, strlen(yaml), "scene.yaml", NULL, &workflow, &errors, &warnings))
        broken("a scene cannot be read: line %u: %s", errors.count ? errors.errors[0].line : 0,
            errors.count ? errors.errors[0].message : "?");
    error_list_release(&errors);
    error_list_release(&warnings);
    return fake_engine_new(workflow, now);
}

/* Gives a node an attempt that started and ended so many seconds before now. */
static struct attempt *attempt(
    struct engine *engine, const char *node, unsigned number, enum outcome outcome, int64_t started, int64_t ended)
{
    struct observation *observation = fake_engine_observation(engine, node);
    struct attempt *attempt = observation_attempt(observation, number);
    wall_time now = fake_engine_snapshot(engine)->now;
    attempt->decision = outcome == NOT_CONFIRMED ? DECISION_NONE : DECISION_RUN;
    attempt->requested = now - started * 1000 - 500;
    attempt->who = memory_copy_text("gregor");
    attempt->from = memory_copy_text("laptop");
    if (outcome == NOT_CONFIRMED)
        return attempt;
    attempt->started = now - started * 1000;
    attempt->machine = memory_copy_text("laptop");
    attempt->pid = 4711 + (int64_t)number;
    attempt->heartbeat = now - 4000;
    attempt->cancelled = outcome == WAS_CANCELLED;
    attempt->exited = outcome == ENDED_WELL || outcome == ENDED_BADLY || outcome == WAS_CANCELLED;
    attempt->lost = outcome == ENDED_LOST;
    attempt->exit_code = outcome == ENDED_BADLY ? 3 : 0;
    attempt->signal = outcome == WAS_CANCELLED ? 15 : 0;
    if (outcome != STILL_RUNNING)
        attempt->ended = now - ended * 1000;
    return attempt;
}

static void report(struct engine *engine, const char *node, const char *line)
{
    report_add_line(&fake_engine_observation(engine, node)->report, line, strlen(line), false);
}

static void write_log(struct engine *engine, const char *node, unsigned lines)
{
    struct text text;
    text_init(&text, 0);
    text_append_format(&text, "training with learning rate 0.1, seed %u\n", lines);
    for (unsigned i = 1; i <= lines; i++) {
        text_append_format(&text, "epoch %2u  loss %.4f  accuracy %.3f\n", i, 0.7 / i, 1 - 0.4 / i);
        text_append_format(
            &text, "# cloudmesh status=running progress=%u epoch=%u loss=%.4f\n", i * 100 / 50, i, 0.7 / i);
    }
    fake_engine_set_log(engine, node, text.data, text.length);
    text_release(&text);
}

static struct engine *make_cloudmask(const wall_time *now)
{
    struct engine *engine = parse(cloudmask, now);
    attempt(engine, "fetch-data", 1, ENDED_WELL, 187, 150);
    attempt(engine, "prepare", 1, ENDED_WELL, 149, 140);
    attempt(engine, "train-1", 1, STILL_RUNNING, 138, 0);
    attempt(engine, "train-2", 1, STILL_RUNNING, 138, 0);
    attempt(engine, "train-3", 1, ENDED_BADLY, 138, 100);
    attempt(engine, "train-3", 2, ENDED_BADLY, 99, 60);
    attempt(engine, "train-4", 1, NOT_CONFIRMED, 1, 0);
    report(engine, "train-1", "# cloudmesh status=running progress=62 epoch=31 loss=0.0226 accuracy=0.987");
    report(engine, "train-2", "# cloudmesh status=running progress=30 epoch=15 loss=0.0467");
    report(engine, "train-3", "# cloudmesh status=running progress=14 epoch=7 loss=nan");
    write_log(engine, "train-1", 31);
    write_log(engine, "train-2", 15);
    static const char failure[] = "training with learning rate 0.01, seed 1\n"
                                  "epoch  7  loss nan\n"
                                  "Traceback (most recent call last):\n"
                                  "  File \"train.py\", line 88, in <module>\n"
                                  "ValueError: loss is not a number\n";
    fake_engine_set_log(engine, "train-3", failure, sizeof failure - 1);
    fake_engine_update(engine);
    return engine;
}

static struct engine *make_driving(const wall_time *now)
{
    struct engine *engine = make_cloudmask(now);
    engine_set_driving(engine, true);
    fake_engine_journal(engine);
    return engine;
}

static struct engine *make_fresh(const wall_time *now)
{
    return parse(cloudmask, now);
}

static struct engine *make_done(const wall_time *now)
{
    static const char *const names[] = {
        "fetch-data", "prepare", "train-1", "train-2", "train-3", "train-4", "inference", "analyze"};
    struct engine *engine = parse(cloudmask, now);
    for (int i = 0; i < 8; i++)
        attempt(engine, names[i], 1, ENDED_WELL, 400 - i * 40, 370 - i * 40);
    fake_engine_update(engine);
    return engine;
}

static struct engine *make_strange(const wall_time *now)
{
    static const char log[] = "\033[31mred\033[0m and \033]0;a title\a a bell\n"
                              "progress  10%\rprogress  50%\rprogress 100%\r\n"
                              "\xff\xfe not UTF-8, NUL: \0 and a tab:\tthere\n"
                              "\xe9\x9b\xb2\xe3\x81\xa8\xe7\xa9\xba wide, \xe2\x80\xae turned\n"
                              "a line that is longer than most screens: 0123456789 0123456789 0123456789 0123456789 "
                              "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 the end of it\n"
                              "no newline at the end";
    struct engine *engine = parse(strange, now);
    static const char name[] = "\xe6\x95\xb0\xe6\x8d\xae\xe5\x87\x86\xe5\xa4\x87";
    attempt(engine, name, 1, STILL_RUNNING, 61, 0);
    fake_engine_observation(engine, "plain")->trouble = memory_copy_text("no \033]0;route\a to host\r\nat all");
    report(engine, name, "# cloudmesh status=running progress=50 msg='\033[2J gone'");
    fake_engine_set_log(engine, name, log, sizeof log - 1);
    fake_engine_update(engine);
    return engine;
}

/* Every state that records alone can give, the flags, an old observation, and a host in trouble. */
static struct engine *make_states(const wall_time *now)
{
    static const char yaml[] = "workflow:\n"
                               "  name: states\n"
                               "  defaults: {exec: 'true'}\n"
                               "  nodes: {a-ready: {}, b-held: {}, c-skipped: {}, d-done: {}, e-failed: {},\n"
                               "    f-cancelled: {}, g-lost: {}, h-running: {}, i-submitted: {}, j-waiting: {},\n"
                               "    k-stale: {host: far}}\n"
                               "  dependencies:\n"
                               "    - [e-failed, j-waiting]\n";
    static const struct host_view hosts[] = {{.name = "localhost", .state = HOST_READY},
        {.name = "far", .state = HOST_BACKING_OFF, .trouble = "connection refused", .retry_in = 20000}};
    struct engine *engine = parse(yaml, now);
    fake_engine_observation(engine, "b-held")->held = true;
    fake_engine_observation(engine, "c-skipped")->skipped = true;
    attempt(engine, "d-done", 1, ENDED_WELL, 50, 20);
    attempt(engine, "e-failed", 1, ENDED_BADLY, 50, 30);
    attempt(engine, "f-cancelled", 1, WAS_CANCELLED, 50, 30);
    attempt(engine, "g-lost", 1, ENDED_LOST, 50, 30);
    attempt(engine, "h-running", 1, STILL_RUNNING, 50, 0);
    attempt(engine, "i-submitted", 1, NOT_CONFIRMED, 50, 0);
    attempt(engine, "k-stale", 1, STILL_RUNNING, 4000, 0);
    fake_engine_observation(engine, "k-stale")->observed = *now - 125000;
    fake_engine_update(engine);
    fake_engine_snapshot(engine)->hosts = hosts;
    fake_engine_snapshot(engine)->host_count = 2;
    return engine;
}

/* A wide sweep: 3 layers of many nodes; count of them in all, about. */
static struct engine *make_sweep(const wall_time *now, unsigned count)
{
    struct text yaml;
    text_init(&yaml, 64 << 20);
    text_append_format(&yaml, "workflow:\n  name: sweep\n  nodes:\n");
    for (unsigned i = 1; i <= count; i++)
        text_append_format(&yaml, "    run-%u: {exec: 'true'}\n", i);
    text_append_format(&yaml, "    collect: {exec: 'true'}\n  dependencies:\n    - ['run-[1-%u]', collect]\n", count);
    struct engine *engine = parse(yaml.data, now);
    text_release(&yaml);
    for (unsigned i = 1; i <= count / 2; i++) {
        char name[32];
        snprintf(name, sizeof name, "run-%u", i);
        attempt(engine, name, 1, i % 17 == 0 ? ENDED_BADLY : i % 5 == 0 ? STILL_RUNNING : ENDED_WELL, 500 + i, i);
    }
    fake_engine_update(engine);
    return engine;
}

static struct engine *make_small_sweep(const wall_time *now)
{
    return make_sweep(now, 40);
}

/* Permutations of an experiment: epochs by rates, count each, twice; the last ones have not ended. */
static struct engine *make_permutations(const wall_time *now, unsigned count)
{
    struct text yaml;
    text_init(&yaml, 64 << 20);
    text_append_string(&yaml, "workflow:\n  name: experiment\n  nodes:\n    prepare: {exec: 'true'}\n");
    for (unsigned i = 0; i < count * count * 2; i++)
        text_append_format(&yaml,
            "    p-%u: {exec: 'true', sweep: {epoch: %u, rate: 0.%02u, optimizer: adam, repeat: %u}}\n", i,
            (i / 2 / count + 1) * 10, i / 2 % count + 1, i % 2 + 1);
    struct engine *engine = parse(yaml.data, now);
    text_release(&yaml);
    attempt(engine, "prepare", 1, ENDED_WELL, 900, 890);
    for (unsigned i = 0; i + 4 < count * count * 2; i++) {
        char name[32], line[120];
        snprintf(name, sizeof name, "p-%u", i);
        bool live = i + 6 >= count * count * 2;
        attempt(engine, name, 1, live ? STILL_RUNNING : i == 3 ? ENDED_BADLY : ENDED_WELL, 800, 100);
        snprintf(line, sizeof line, "# cloudmesh status=running progress=%u loss=%.3f accuracy=%.4f", live ? 40 : 100,
            1.0 / (i / 2 + 2), 0.5 + 0.4 * (i % 7) / 7 + 0.001 * i / (count * count));
        if (i != 3)
            report(engine, name, line);
        fake_engine_observation(engine, name)->attempts[0].facts =
            memory_copy_text("kernel=6.1.0-18\ngpu=NVIDIA A100-SXM4-40GB\nmodules=gcc/12:cuda/12.1");
    }
    fake_engine_update(engine);
    return engine;
}

static struct engine *make_grid(const wall_time *now)
{
    return make_permutations(now, 4);
}

static struct engine *make_large_grid(const wall_time *now)
{
    return make_permutations(now, 100);
}

static struct engine *make_large_sweep(const wall_time *now)
{
    return make_sweep(now, 9999);
}

/* Nodes of one kind, each after up to two of the last ones before it; reach 1: one chain. */
static struct engine *make_tangle(const wall_time *now, unsigned count, unsigned reach)
{
    struct text yaml;
    uint32_t seed = 1;
    text_init(&yaml, 64 << 20);
    text_append_string(&yaml, "workflow:\n  name: tangle\n  nodes:\n");
    for (unsigned i = 0; i < count; i++)
        text_append_format(&yaml, "    run-%u: {exec: 'true'}\n", i);
    text_append_string(&yaml, "  dependencies:\n");
    for (unsigned i = 1; i < count; i++) {
        for (unsigned k = 0; k < (reach > 1 ? 2 : 1); k++) {
            seed = seed * 1664525 + 1013904223;
            unsigned back = 1 + (seed >> 8) % reach;
            text_append_format(&yaml, "    - [run-%u, run-%u]\n", back < i ? i - back : 0, i);
        }
    }
    struct engine *engine = parse(yaml.data, now);
    text_release(&yaml);
    fake_engine_update(engine);
    return engine;
}

static struct engine *make_large_tangle(const wall_time *now)
{
    return make_tangle(now, 10000, 400);
}

static struct engine *make_small_tangle(const wall_time *now)
{
    return make_tangle(now, 80, 20);
}

static struct engine *make_large_chain(const wall_time *now)
{
    return make_tangle(now, 10000, 1);
}

/* A log of some megabytes, so that it must be read in pieces. */
static struct engine *make_long_log(const wall_time *now)
{
    struct engine *engine = make_cloudmask(now);
    struct text text;
    text_init(&text, 0);
    for (unsigned i = 1; i <= 200000; i++)
        text_append_format(&text, "line %06u of a long log%s\n", i, i == 199900 ? " with a needle" : "");
    fake_engine_set_log(engine, "train-1", text.data, text.length);
    text_release(&text);
    fake_engine_update(engine);
    return engine;
}

/* A cluster: jobs that ended for reasons of their own, several hosts in several moods. */
/* What the first training has left in its run directory. */
static void add_files(struct engine *engine)
{
    static const struct {
        struct agent_file file;
        const char *bytes;
    } files[] = {
        {{.path = ".dagtop/1/log-7", .changed = "Nov 20 19:58"}, "task 7 of the array\n"},
        {{.path = "errors-8812.txt", .changed = "Nov 20 19:58"}, "slurmstepd: error: Detected 1 oom_kill event\n"},
        {{.path = "metrics.csv", .changed = "Nov 20 19:58"}, "epoch,loss\n1,0.9\n2,0.4\n"},
        {{.path = "checkpoints", .kind = AGENT_FILE_DIRECTORY, .changed = "Nov 20 19:57"}, NULL},
        {{.path = "checkpoints/epoch-24.txt", .changed = "Nov 20 19:57"}, "weights \033[31m of \001 24\n"},
        {{.path = "data", .kind = AGENT_FILE_LINK, .changed = "Nov 20 18:49", .target = "/scratch/shared/tiles"}, NULL},
        {{.path = "train.sh", .changed = "Nov 20 18:49"}, "#!/bin/sh\n"},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        fake_engine_add_file(engine, "train-a", &files[i].file, files[i].bytes);
    static const struct {
        struct agent_file file;
        const char *bytes;
    } records[] = {
        {{.path = ".dagtop/1/script"}, "#!/bin/sh\nmodule load cuda\nset -e\n./fetch\n./train --batch 64\n./report\n"},
        {{.path = ".dagtop/2/script"},
            "#!/bin/sh\nmodule load cuda\nset -e\n./fetch\n./train --batch 32 \\\n    --half\n./report\n"},
        {{.path = ".dagtop/1/submit"}, "command -v sbatch\nsbatch --parsable --comment 'dagtop:cluster/train-c/1/ab' "
                                       "'--mem=8G' --time=1:00:00 x.job\n"},
        {{.path = ".dagtop/2/submit"}, "command -v sbatch\nsbatch --parsable --comment 'dagtop:cluster/train-c/2/cd' "
                                       "'--mem=12G' --time=1:00:00 x.job\n"},
        {{.path = ".dagtop/1/request"}, "nonce='ab'\nenv1='RATE=0.1'\nenv2='NOTE=it'\\''s'\ntimeout='60'\n"},
        {{.path = ".dagtop/2/request"}, "nonce='cd'\nenv1='RATE=0.2'\nenv2='NOTE=it'\\''s'\ntimeout='60'\n"},
    };
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++)
        fake_engine_add_file(engine, "train-c", &records[i].file, records[i].bytes);
}

static struct engine *make_cluster(const wall_time *now)
{
    static const char yaml[] =
        "workflow:\n"
        "  name: cluster\n"
        "  defaults: {exec: './step', kind: slurm, host: login1}\n"
        "  nodes: {prepare: {kind: local, host: localhost},\n"
        "    train-a: {slurm: {mem: 16G, time: '4:00:00', partition: gpu}}, train-b: {slurm: {time: '1-12:00:00'}},\n"
        "    train-c: {slurm: {mem: 8G}}, train-d: {}, merge: {}, report: {kind: ssh, host: lab1}}\n"
        "  dependencies:\n"
        "    - [prepare, [train-a, train-b, train-c, train-d], merge, report]\n";
    static const struct host_view hosts[] = {{.name = "localhost",
                                                 .state = HOST_READY,
                                                 .round_trip = 0,
                                                 .way = "local",
                                                 .retry_in = -1,
                                                 .requests_a_minute = 12,
                                                 .bytes_a_minute = 3100},
        {.name = "login1",
            .state = HOST_READY,
            .round_trip = 31,
            .way = "libssh",
            .machine = "login1.cluster",
            .retry_in = -1,
            .requests_a_minute = 6,
            .bytes_a_minute = 1234567,
            .queue_calls = "Slurm 4/m, Slurm two 2/m",
            .queue_calls_a_minute = 6,
            .live_nodes = 2},
        {.name = "gregor@lab1",
            .state = HOST_BACKING_OFF,
            .trouble = "connection refused",
            .retry_in = 23000,
            .round_trip = -1}};
    struct engine *engine = parse(yaml, now);
    attempt(engine, "prepare", 1, ENDED_WELL, 9000, 8900);
    struct attempt *memory = attempt(engine, "train-a", 1, ENDED_BADLY, 8000, 4000);
    memory->cause = memory_copy_text("OUT_OF_MEMORY");
    memory->jobid = memory_copy_text("8812");
    struct attempt *time = attempt(engine, "train-b", 1, ENDED_BADLY, 7000, 3000);
    time->cause = memory_copy_text("TIMEOUT");
    time->jobid = memory_copy_text("8813");
    struct attempt *first = attempt(engine, "train-c", 1, ENDED_LOST, 8000, 6500);
    first->jobid = memory_copy_text("8814");
    struct attempt *second = attempt(engine, "train-c", 2, STILL_RUNNING, 2000, 0);
    second->requested = *now - 5000000;
    second->jobid = memory_copy_text("8820");
    free(second->machine);
    second->machine = memory_copy_text("gpu7");
    second->command = memory_copy_text("./step --fast");
    attempt(engine, "train-d", 1, NOT_CONFIRMED, 2500, 0);
    report(engine, "train-c", "# cloudmesh status=running progress=40 loss=0.31 epoch=12");
    report(engine, "train-a", "# cloudmesh status=running progress=80 loss=0.12 epoch=24");
    static const char log[] = "[2026-11-20 19:40:01] loading 120 tiles\n[2026-11-20 19:40:09] epoch 1 loss 0.9\n"
                              "[2026-11-20 19:58:11] ERROR cannot allocate 4.2 GiB\n"
                              "[2026-11-20 19:58:11] slurmstepd: oom-kill event, some of the step was killed\n";
    fake_engine_set_log(engine, "train-a", log, sizeof log - 1);
    add_files(engine);
    fake_engine_update(engine);
    fake_engine_set_hosts(engine, hosts, 3);
    return engine;
}

/* What a batch queue said of a node's job 30 seconds ago. */
static struct batch_observation *queue_says(
    struct engine *engine, const char *node, const char *job, const char *state, const char *reason)
{
    struct observation *observation = fake_engine_observation(engine, node);
    struct batch_observation *batch = &observation->batch;
    struct attempt *attempt = &observation->attempts[observation->attempt_count - 1];
    attempt->jobid = memory_copy_text(job);
    batch->known = true;
    batch->job = memory_copy_text(job);
    batch->state = memory_copy_text(state);
    batch->reason = memory_copy_text(reason);
    batch->observed = fake_engine_snapshot(engine)->now - 30000;
    return batch;
}

static void add_task(
    struct batch_observation *batch, const char *name, const char *state, int exit_code, unsigned count)
{
    memory_grow(&batch->tasks, &batch->task_capacity, batch->task_count + 1, sizeof *batch->tasks);
    batch->tasks[batch->task_count++] = (struct batch_task){
        .task = memory_copy_text(name), .state = memory_copy_text(state), .exit_code = exit_code, .count = count};
}

/* A batch queue with a job that waits, one that is held, and an array. */
static struct engine *make_queue(const wall_time *now)
{
    static const char yaml[] = "workflow:\n"
                               "  name: queue\n"
                               "  defaults: {exec: './step', kind: slurm, host: login1}\n"
                               "  nodes: {prepare: {}, big: {slurm: {time: '10:00'}}, later: {},\n"
                               "    tiles: {slurm: {array: '1-100%20'}}, merge: {}}\n"
                               "  dependencies:\n"
                               "    - [prepare, [big, later, tiles], merge]\n";
    struct engine *engine = parse(yaml, now);
    attempt(engine, "prepare", 1, ENDED_WELL, 9000, 8900);
    attempt(engine, "big", 1, NOT_CONFIRMED, 2500, 0);
    struct batch_observation *big = queue_says(engine, "big", "101", "PENDING", "Priority");
    attributes_set(&big->details, "submitted", "2026-11-20T19:30:00Z");
    attributes_set(&big->details, "expected start", "2026-11-20T22:30:00Z");
    attributes_set(&big->details, "time limit", "10:00");
    attributes_set(&big->details, "partition", "gpu");
    attributes_set(&big->details, "nice", "0");
    attributes_set(&big->details, "account", "lab");
    attempt(engine, "later", 1, NOT_CONFIRMED, 2500, 0);
    queue_says(engine, "later", "102", "PENDING", "JobHeldUser");
    attempt(engine, "tiles", 1, STILL_RUNNING, 2000, 0);
    struct batch_observation *tiles =
        queue_says(engine, "tiles", "103", "RUNNING", "2 done 1 failed 1 cancelled 2 running 94 queued");
    static const struct {
        const char *name, *state;
        int exit_code;
        unsigned count;
    } tasks[] = {{"1", "COMPLETED", 0, 1}, {"2", "FAILED", 3, 1}, {"3", "COMPLETED", 0, 1}, {"4", "CANCELLED", -1, 1},
        {"5", "RUNNING", -1, 1}, {"6", "RUNNING", -1, 1}, {"7-100%20", "PENDING", -1, 94}};
    for (size_t i = 0; i < sizeof tasks / sizeof tasks[0]; i++)
        add_task(tiles, tasks[i].name, tasks[i].state, tasks[i].exit_code, tasks[i].count);
    fake_engine_update(engine);
    return engine;
}

static struct engine *make_login(const wall_time *now)
{
    static const struct host_question password = {"Password for gregor@lab1:", HOST_QUESTION_SECRET, 7},
                                      key = {"The host key of login1 is not known.\nED25519 SHA256:abcdefgh\nTrust it?",
                                          HOST_QUESTION_YES_NO, 3};
    struct engine *engine = make_cluster(now);
    struct host_view hosts[3];
    memcpy(hosts, fake_engine_snapshot(engine)->hosts, sizeof hosts);
    hosts[1].state = hosts[2].state = HOST_NEEDS_LOGIN;
    hosts[1].question = &key;
    hosts[2].question = &password;
    hosts[1].round_trip = -1;
    hosts[2].trouble = NULL;
    fake_engine_set_hosts(engine, hosts, 3);
    return engine;
}

/* The eleven nodes of the CloudMask benchmark in the middle of their work. */
static struct engine *make_eleven(const wall_time *now)
{
    static const char yaml[] = "workflow:\n"
                               "  name: benchmark\n"
                               "  nodes:\n"
                               "    start: {}\n"
                               "    fetch-1: {exec: ./fetch 1}\n"
                               "    fetch-2: {exec: ./fetch 2}\n"
                               "    fetch-3: {exec: ./fetch 3}\n"
                               "    fetch-4: {exec: ./fetch 4}\n"
                               "    bench-a: {exec: ./bench a}\n"
                               "    bench-b: {exec: ./bench b}\n"
                               "    bench-c: {exec: ./bench c}\n"
                               "    bench-d: {exec: ./bench d}\n"
                               "    bench-e: {exec: ./bench e}\n"
                               "    end: {}\n"
                               "  dependencies:\n"
                               "    - [start, 'fetch-[1-4]', [bench-a, bench-b, bench-c, bench-d, bench-e], end]\n";
    static const char *const fetches[] = {"fetch-1", "fetch-2", "fetch-3", "fetch-4"};
    struct engine *engine = parse(yaml, now);
    for (int i = 0; i < 4; i++)
        attempt(engine, fetches[i], 1, ENDED_WELL, 187 + i, 150);
    attempt(engine, "bench-a", 1, STILL_RUNNING, 138, 0);
    attempt(engine, "bench-b", 1, STILL_RUNNING, 138, 0);
    attempt(engine, "bench-c", 1, ENDED_BADLY, 138, 100);
    attempt(engine, "bench-d", 1, NOT_CONFIRMED, 1, 0);
    report(engine, "bench-a", "# cloudmesh status=running progress=62");
    report(engine, "bench-b", "# cloudmesh status=running progress=5");
    fake_engine_update(engine);
    return engine;
}

static struct engine *make_empty(const wall_time *now)
{
    return parse("workflow:\n  name: nothing\n  nodes: {}\n", now);
}

static const struct {
    const char *name;
    struct engine *(*make)(const wall_time *now);
} scenes[] = {{"cloudmask", make_cloudmask}, {"driving", make_driving}, {"fresh", make_fresh}, {"done", make_done},
    {"strange", make_strange}, {"states", make_states}, {"grid", make_grid}, {"large-grid", make_large_grid},
    {"sweep", make_small_sweep}, {"large-sweep", make_large_sweep}, {"tangle", make_small_tangle},
    {"large-tangle", make_large_tangle}, {"large-chain", make_large_chain}, {"long-log", make_long_log},
    {"cluster", make_cluster}, {"queue", make_queue}, {"login", make_login}, {"eleven", make_eleven},
    {"empty", make_empty}};

struct engine *scene_make(const char *name, const wall_time *now)
{
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        if (strcmp(scenes[i].name, name) == 0)
            return scenes[i].make(now);
    }
    return NULL;
}
