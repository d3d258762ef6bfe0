/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a workflow's name is on a host, and who drives it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dagtop/base/memory.h"
#include "engine_private.h"

enum {
    HEARTBEAT_EVERY = 15 * 1000,
    HEARTBEAT_LIMIT = 60 * 1000, /* a driver that was silent for longer is gone */
    READ_PAUSE = 200,            /* a record is written in several steps: read once after them */
    CLAIM_TRIES = 3,
    CLAIM_PAUSE = 2000
};

static void set_obstacle(struct host *host, char *sentence)
{
    free(host->obstacle);
    host->obstacle = sentence;
    engine_note(host->engine, ENGINE_CHANGED_HOSTS);
    engine_observations_changed(host->engine);
}

/* Decides anew why nothing may be started on a host. */
static void judge(struct host *host)
{
    const struct engine *engine = host->engine;
    const char *name = engine->workflow->name;
    const struct agent_facts *facts = host->state == HOST_READY ? agent_facts(host->agent) : NULL;
    char *sentence = NULL;
    /* Local nodes alone belong to one machine. */
    host->elsewhere =
        host->kind == NODE_KIND_LOCAL && host->home_machine != NULL && strcmp(host->home_machine, engine->machine) != 0;
    if (host->elsewhere)
        sentence = memory_format("on %s", host->home_machine);
    else if (host->ownership == OWNERSHIP_FOREIGN)
        sentence = memory_format("another set of nodes has the name %s on %s: --adopt takes it over", name, host->name);
    else if (host->claim_failures >= CLAIM_TRIES)
        sentence = memory_format("nothing can be started: %s", host->claim_words);
    else if (facts != NULL && !facts->hard_links)
        sentence = memory_format("nothing is started in %s: hard links cannot be made there", host->base);
    else if (facts != NULL && !facts->has_setsid && !facts->has_perl && !facts->has_python)
        sentence = memory_format("nothing is started: %s has neither setsid nor perl nor python3", host->name);
    bool same = host->obstacle == NULL ? sentence == NULL : sentence != NULL && strcmp(host->obstacle, sentence) == 0;
    if (same)
        free(sentence);
    else
        set_obstacle(host, sentence);
}

const char *owner_obstacle(const struct host *host)
{
    return host->state == HOST_REFUSED ? host->trouble : host->obstacle;
}

static bool is_this_process(const struct engine *engine, const char *machine, int64_t process)
{
    return strcmp(machine, engine->machine) == 0 && process == getpid();
}

/* Takes in the driver record: somebody else's counts while its heartbeat is young and, here, its process is there. */
static void judge_driver(struct host *host, const struct agent_owner *owner)
{
    struct engine *engine = host->engine;
    struct driver_record *other = &engine->other;
    int64_t age = clock_wall() - owner->driver_heartbeat;
    bool drives = owner->driver_machine[0] != '\0' && age < HEARTBEAT_LIMIT &&
                  !is_this_process(engine, owner->driver_machine, owner->driver_process);
    if (drives && strcmp(owner->driver_machine, engine->machine) == 0)
        drives = kill((pid_t)owner->driver_process, 0) == 0 || errno != ESRCH;
    if (!drives && other->told_by != host)
        return;
    other->told_by = host;
    if (drives != (other->until > 0) || other->process != owner->driver_process)
        engine_note(engine, ENGINE_CHANGED_DRIVER);
    other->until = drives ? loop_now(engine->loop) + HEARTBEAT_LIMIT - (age > 0 ? age : 0) : 0;
    other->process = owner->driver_process;
    other->since = owner->driver_since;
    snprintf(other->machine, sizeof other->machine, "%s", owner->driver_machine);
}

static void owner_answered(void *argument, const struct agent_owner *owner, const struct error *error)
{
    struct host *host = argument;
    struct engine *engine = host->engine;
    host->reading_owner = false;
    if (engine->closing)
        return;
    if (owner == NULL || (error != NULL && error->status != STATUS_OK)) {
        /* The claim will tell. */
        if (host->ownership == OWNERSHIP_UNKNOWN)
            host->ownership = OWNERSHIP_FREE;
    } else {
        bool same = owner->node_set[0] == '\0' || strcmp(owner->node_set, engine->node_set) == 0;
        if (!same && !(engine->options.adopt && host->ownership != OWNERSHIP_OURS))
            host->ownership = OWNERSHIP_FOREIGN;
        else if (host->ownership != OWNERSHIP_OURS)
            host->ownership = OWNERSHIP_FREE;
        host->recorded = same && owner->node_set[0] != '\0';
        bool adopts = engine->options.adopt && host->ownership == OWNERSHIP_FREE;
        free(host->home_machine);
        host->home_machine = memory_copy_text(owner->machine[0] != '\0' && !adopts ? owner->machine : engine->machine);
        judge_driver(host, owner);
    }
    judge(host);
    engine_ask_turn(engine);
    if (host->owner_wanted)
        owner_read(host);
}

void owner_read(struct host *host)
{
    host->owner_wanted = host->reading_owner;
    if (host->reading_owner || host->state != HOST_READY)
        return;
    struct agent_place place = engine_place(host);
    struct error error = {0};
    host->reading_owner = true;
    if (agent_read_owner(host->agent, &place, owner_answered, host, &error) != STATUS_OK)
        owner_answered(host, NULL, &error);
}

void owner_read_soon(struct host *host)
{
    if (host->owner_read_at == 0)
        host->owner_read_at = loop_now(host->engine->loop) + READ_PAUSE;
    engine_ask_turn(host->engine);
}

static void claim_answered(void *argument, const struct error *error)
{
    struct host *host = argument;
    struct engine *engine = host->engine;
    host->claiming = false;
    if (engine->closing)
        return;
    journal_result(&engine->journal, host->claim_entry, error);
    if (error == NULL || error->status == STATUS_OK) {
        host->ownership = OWNERSHIP_OURS;
        host->claim_failures = 0;
    } else {
        host->claim_failures++;
        host->claim_not_before = loop_now(engine->loop) + CLAIM_PAUSE;
        free(host->claim_words);
        host->claim_words = memory_copy_text(error->message);
    }
    /* Whose the name is now, and where its home. */
    owner_read(host);
    judge(host);
    if (host->obstacle != NULL && engine->driving)
        engine_say(engine, "%s", host->obstacle);
    bool ours = host->ownership == OWNERSHIP_OURS;
    act_claimed(host, host->obstacle != NULL || ours ? host->obstacle : host->claim_words);
    engine_ask_turn(engine);
}

void owner_claim(struct host *host)
{
    struct engine *engine = host->engine;
    if (host->claiming)
        return;
    struct agent_place place = engine_place(host);
    struct error error = {0};
    const char *file = engine->workflow->file != NULL ? engine->workflow->file : "";
    host->claiming = true;
    host->claim_entry = journal_add(
        &engine->journal, clock_wall(), host->name, "claim the name %s in %s", engine->workflow->name, host->base);
    enum status status = agent_claim_owner(
        host->agent, &place, file, engine->node_set, engine->options.adopt, claim_answered, host, &error);
    if (status != STATUS_OK)
        claim_answered(host, &error);
}

static void driver_answered(void *argument, const struct error *error)
{
    (void)argument;
    (void)error;
}

static void write_driver(struct host *host, int64_t process)
{
    struct agent_place place = engine_place(host);
    struct error error = {0};
    if (host->state != HOST_READY)
        return;
    enum status status =
        agent_write_driver(host->agent, &place, host->engine->machine, process, driver_answered, NULL, &error);
    host->engine->driver_written = status == STATUS_OK && process != 0;
}

static bool takes_heartbeats(const struct host *host)
{
    return host->ownership == OWNERSHIP_OURS && host->state == HOST_READY;
}

static void heartbeat(struct engine *engine, int64_t now)
{
    if (!engine->driving || engine->options.read_only || now < engine->heartbeat_at)
        return;
    for (size_t i = 0; i < engine->reconcile.host_count; i++) {
        struct host *host = &engine->hosts[i];
        if (!takes_heartbeats(host))
            continue;
        write_driver(host, getpid());
        engine->heartbeat_at = now + HEARTBEAT_EVERY;
    }
}

void owner_stop_driving(struct engine *engine)
{
    if (!engine->driver_written)
        return;
    for (size_t i = 0; i < engine->reconcile.host_count; i++)
        write_driver(&engine->hosts[i], 0);
    engine->heartbeat_at = 0;
}

void owner_think(struct engine *engine, int64_t now)
{
    struct driver_record *other = &engine->other;
    if (other->until > 0 && other->until <= now) {
        other->until = 0;
        engine_note(engine, ENGINE_CHANGED_DRIVER);
    }
    heartbeat(engine, now);
    for (size_t i = 0; i < engine->reconcile.host_count; i++) {
        struct host *host = &engine->hosts[i];
        if (host->owner_read_at == 0 || host->owner_read_at > now)
            continue;
        host->owner_read_at = 0;
        owner_read(host);
    }
}

int64_t owner_wake(const struct engine *engine)
{
    int64_t wake = engine->other.until > 0 ? engine->other.until : RECONCILE_NEVER;
    for (size_t i = 0; i < engine->reconcile.host_count; i++) {
        const struct host *host = &engine->hosts[i];
        if (engine->driver_written && engine->driving && takes_heartbeats(host) && engine->heartbeat_at < wake)
            wake = engine->heartbeat_at;
        if (host->owner_read_at > 0 && host->owner_read_at < wake)
            wake = host->owner_read_at;
        if (engine->driving && host->claim_failures > 0 && host->claim_failures < CLAIM_TRIES &&
            host->claim_not_before < wake)
            wake = host->claim_not_before;
    }
    return wake;
}
