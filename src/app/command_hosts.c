/* SPDX-License-Identifier: Apache-2.0 */
/* Connects to every host of a workflow and prints what it found there. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "dagtop/agent/agent.h"
#include "dagtop/base/utf8.h"

static const char *const state_words[] = {[HOST_CONNECTING] = "connecting",
    [HOST_NEEDS_LOGIN] = "needs login",
    [HOST_READY] = "ready",
    [HOST_BACKING_OFF] = "backing off",
    [HOST_REFUSED] = "refused",
    [HOST_AWAY] = "away"};

static void print_safe(const char *label, const char *text)
{
    struct text safe;
    if (!text || !*text)
        return;
    text_init(&safe, 0);
    utf8_append_safe(&safe, text, strlen(text));
    printf("  %-10s %s\n", label, safe.data);
    text_release(&safe);
}

static void append_tools(const struct agent_facts *facts, struct text *text)
{
    const struct {
        const char *word;
        bool there;
    } tools[] = {{"sbatch", facts->has_sbatch}, {"setsid", facts->has_setsid}, {"perl", facts->has_perl},
        {"python3", facts->has_python}};
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
        if (tools[i].there)
            text_append_format(text, "%s%s", text->length ? " " : "", tools[i].word);
    }
}

static void print_facts(const struct agent_facts *facts)
{
    struct text tools;
    text_init(&tools, 0);
    append_tools(facts, &tools);
    print_safe("machine", facts->machine);
    print_safe("home", facts->home);
    printf("  %-10s %u\n", "processors", facts->processors);
    print_safe("tools", tools.data);
    printf("  %-10s %+.3f s\n", "clock", (double)facts->clock_difference / 1000);
    if (!facts->hard_links)
        print_safe("attention", "no hard links in the base folder: nothing can be started there");
    if (facts->unwritable)
        print_safe("attention", "nothing can be written in the base folder, or the disk is full");
    text_release(&tools);
}

static void print_host(const struct host_view *host)
{
    char trip[48] = "";
    if (host->round_trip >= 0)
        snprintf(trip, sizeof trip, ", round trip %lld ms", (long long)host->round_trip);
    struct text name;
    text_init(&name, 0);
    utf8_append_safe(&name, host->name, strlen(host->name));
    printf("%s: %s%s\n", name.data, state_words[host->state], trip);
    text_release(&name);
    print_safe("user", host->user);
    print_safe("way", host->way);
    print_safe("trouble", host->trouble);
    if (host->facts)
        print_facts(host->facts);
}

static json_t *text_or_null(const char *text)
{
    json_t *value = text && *text ? json_string(text) : NULL;
    return value ? value : json_null();
}

static json_t *describe(const struct host_view *host)
{
    json_t *object = json_object();
    const struct agent_facts *facts = host->facts;
    json_object_set_new(object, "name", text_or_null(host->name));
    json_object_set_new(object, "state", json_string(state_words[host->state]));
    json_object_set_new(object, "user", text_or_null(host->user));
    json_object_set_new(object, "way", text_or_null(host->way));
    json_object_set_new(object, "trouble", text_or_null(host->trouble));
    json_object_set_new(object, "round_trip", host->round_trip >= 0 ? json_integer(host->round_trip) : json_null());
    json_object_set_new(object, "live", json_integer(host->live_nodes));
    json_object_set_new(object, "machine", text_or_null(facts ? facts->machine : NULL));
    json_object_set_new(object, "home", text_or_null(facts ? facts->home : NULL));
    json_object_set_new(object, "processors", facts ? json_integer(facts->processors) : json_null());
    json_object_set_new(object, "clock_difference", facts ? json_integer(facts->clock_difference) : json_null());
    json_object_set_new(object, "sbatch", facts ? json_boolean(facts->has_sbatch) : json_null());
    json_object_set_new(object, "perl", facts ? json_boolean(facts->has_perl) : json_null());
    json_object_set_new(object, "python3", facts ? json_boolean(facts->has_python) : json_null());
    json_object_set_new(object, "hard_links", facts ? json_boolean(facts->hard_links) : json_null());
    json_object_set_new(object, "writable", facts ? json_boolean(!facts->unwritable) : json_null());
    return object;
}

static void print_json(const struct snapshot *snapshot)
{
    json_t *root = json_object(), *hosts = json_array();
    for (size_t i = 0; i < snapshot->host_count; i++)
        json_array_append_new(hosts, describe(&snapshot->hosts[i]));
    json_object_set_new(root, "format", json_integer(1));
    json_object_set_new(root, "workflow", text_or_null(snapshot->workflow->name));
    json_object_set_new(root, "hosts", hosts);
    json_dumpf(root, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    putchar('\n');
    json_decref(root);
}

enum exit_code command_hosts(const struct arguments *arguments)
{
    const char *format = arguments->given[OPTION_format] ? arguments->value[OPTION_format] : "table";
    bool json = strcmp(format, "json") == 0;
    if (!json && strcmp(format, "table") != 0) {
        complain("--format is \"%s\", expected table or json", format);
        return EXIT_CODE_USAGE;
    }
    struct session session;
    enum exit_code code = session_open(&session, arguments);
    if (code != EXIT_CODE_FINE)
        return code;
    if (!session_wait_complete(&session))
        code = EXIT_CODE_HOST;
    const struct snapshot *snapshot = engine_snapshot(session.engine);
    if (session.interrupted)
        code = EXIT_CODE_INTERRUPTED;
    else if (json)
        print_json(snapshot);
    for (size_t i = 0; !json && !session.interrupted && i < snapshot->host_count; i++)
        print_host(&snapshot->hosts[i]);
    session_close(&session);
    return code;
}
