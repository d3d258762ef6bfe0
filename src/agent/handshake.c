/* SPDX-License-Identifier: Apache-2.0 */
#include "handshake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"

struct handshake {
    struct request request;
    struct agent_facts facts;
    bool protocol_known, is_shell;
    handshake_function *done;
    void *argument;
};

static void read_fact(struct request *request, const char *key, const char *field, const char *value)
{
    (void)key;
    struct handshake *handshake = (struct handshake *)request;
    struct agent_facts *facts = &handshake->facts;
    bool yes = strcmp(value, "yes") == 0;
    const struct {
        const char *name;
        char *text;
        size_t size;
    } texts[] = {
        {"machine", facts->machine, sizeof facts->machine},
        {"boot", facts->boot, sizeof facts->boot},
        {"user", facts->user, sizeof facts->user},
        {"home", facts->home, sizeof facts->home},
    };
    const struct {
        const char *name;
        bool *flag, value;
    } flags[] = {
        {"protocol", &handshake->protocol_known, strcmp(value, "1") == 0},
        {"answer", &handshake->is_shell, strcmp(value, "42") == 0},
        /* Where nothing could be written, nobody knows: a start will tell. */
        {"links", &facts->hard_links, strcmp(value, "no") != 0},
        {"links", &facts->unwritable, strcmp(value, "unwritable") == 0},
        {"sbatch", &facts->has_sbatch, yes},
        {"perl", &facts->has_perl, yes},
        {"python", &facts->has_python, yes},
        {"session", &facts->has_setsid, strcmp(value, "setsid") == 0},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(field, texts[i].name) == 0)
            snprintf(texts[i].text, texts[i].size, "%s", value);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(field, flags[i].name) == 0)
            *flags[i].flag = flags[i].value;
    /* The host tells whole seconds: on average half a second has passed since. */
    if (strcmp(field, "clock") == 0)
        facts->clock_difference = strtoll(value, NULL, 10) % 1000000000000 * 1000 + 500 - clock_wall();
    else if (strcmp(field, "processors") == 0)
        facts->processors = (unsigned)strtoul(value, NULL, 10);
}

static void end_handshake(struct request *request, const struct error *result)
{
    const struct handshake *handshake = (struct handshake *)request;
    struct error error = *result;
    if (result->status == STATUS_OK && !handshake->is_shell)
        error_set(&error, STATUS_PROTOCOL, "what answers is no POSIX shell");
    else if (result->status == STATUS_OK && !handshake->protocol_known)
        error_set(&error, STATUS_PROTOCOL, "the agent speaks another version of the protocol");
    handshake->done(handshake->argument, &handshake->facts, &error);
}

static const struct request_operations operations = {.record = read_fact, .finish = end_handshake};

struct request *handshake_new(handshake_function *done, void *argument)
{
    struct handshake *handshake = memory_new(sizeof *handshake);
    handshake->request.operations = &operations;
    handshake->done = done;
    handshake->argument = argument;
    return &handshake->request;
}

bool handshake_is(const struct request *request)
{
    return request->operations == &operations;
}
