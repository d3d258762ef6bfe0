/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of a crate: records of nodes, and the description of the whole by RO-Crate 1.1. */
#include <config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "crate.h"
#include "dagtop/agent/agent.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "output_value.h"

/* An empty text is not known either. */
static json_t *text_or_null(const char *string)
{
    return output_value_text(string && *string ? string : NULL);
}

static json_t *texts(const struct attributes *attributes)
{
    json_t *object = json_object();
    for (size_t i = 0; i < attributes->count; i++)
        json_object_set_new_nocheck(object, attributes->items[i].key, text_or_null(attributes->items[i].value));
    return object;
}

/* What a node's attempt ran on, as its wrapper has written down. */
static json_t *recorded_versions(const struct node_view *view)
{
    struct attributes facts;
    attributes_init(&facts);
    if (view->current)
        attempt_read_facts(view->current, &facts);
    json_t *object = facts.count ? texts(&facts) : NULL;
    attributes_release(&facts);
    return object;
}

/* What runs nodes of this machine now. Of other hosts it is not known. */
static json_t *local_versions(void)
{
    struct utsname name;
    const char *modules = getenv("LOADEDMODULES");
    json_t *object = json_object();
    if (uname(&name) == 0) {
        json_object_set_new(object, "system", text_or_null(name.sysname));
        json_object_set_new(object, "kernel", text_or_null(name.release));
        json_object_set_new(object, "processor", text_or_null(name.machine));
    }
    json_object_set_new(object, "modules", text_or_null(modules));
    return object;
}

/* The host of a node as it answered just now, or NULL. */
static const struct host_view *find_host(const struct snapshot *snapshot, const struct node *node)
{
    for (size_t i = 0; i < snapshot->host_count; i++) {
        const struct host_view *host = &snapshot->hosts[i];
        bool is_local = host->way && strcmp(host->way, "local") == 0;
        if (node->kind == NODE_KIND_LOCAL ? is_local : strcmp(host->name, node->host) == 0)
            return host->facts ? host : NULL;
    }
    return NULL;
}

/* What the host has said of itself. */
static json_t *host_object(const struct snapshot *snapshot, const struct node *node)
{
    const struct host_view *host = find_host(snapshot, node);
    if (!host)
        return json_null();
    json_t *object = json_object();
    json_object_set_new(object, "machine", text_or_null(host->facts->machine));
    json_object_set_new(object, "user", text_or_null(host->facts->user));
    json_object_set_new(object, "processors", json_integer(host->facts->processors));
    json_object_set_new(object, "slurm", json_boolean(host->facts->has_sbatch));
    json_object_set_new(object, "reached", text_or_null(host->way));
    return object;
}

static void add_attempt(json_t *object, const struct attempt *attempt)
{
    json_object_set_new(object, "checksum", text_or_null(attempt->checksum));
    json_object_set_new(object, "command", text_or_null(attempt->command));
    json_object_set_new(object, "machine", text_or_null(attempt->machine));
    json_object_set_new(object, "jobid", text_or_null(attempt->jobid));
    json_object_set_new(object, "who", text_or_null(attempt->who));
    json_object_set_new(object, "from", text_or_null(attempt->from));
    json_object_set_new(object, "parents", text_or_null(attempt->parents));
    json_object_set_new(object, "requested", output_value_time(attempt->requested));
    json_object_set_new(
        object, "exit", attempt->exited && !attempt->signal ? json_integer(attempt->exit_code) : json_null());
    json_object_set_new(object, "signal", attempt->signal ? json_integer(attempt->signal) : json_null());
}

json_t *crate_record(const struct crate *crate, size_t index)
{
    const struct snapshot *snapshot = engine_snapshot(crate->session->engine);
    const struct node *node = &snapshot->workflow->nodes[index];
    const struct node_view *view = &snapshot->views[index];
    json_t *object = json_object();
    json_object_set_new(object, "name", text_or_null(node->name));
    json_object_set_new(object, "kind", json_string(node_kind_word(node->kind)));
    json_object_set_new(object, "host", text_or_null(node->host));
    json_object_set_new(object, "script", text_or_null(node->script));
    json_object_set_new(object, "exec", text_or_null(node->exec));
    json_object_set_new(object, "parameters", texts(&node->sweep));
    json_object_set_new(object, "state", json_string(state_word(view->state)));
    json_object_set_new(object, "reason", text_or_null(view->reason));
    json_object_set_new(object, "attempt", json_integer(view->attempt));
    json_object_set_new(object, "started", output_value_time(view->started));
    json_object_set_new(object, "ended", output_value_time(view->ended));
    json_object_set_new(object, "metrics", texts(&snapshot->observations[index].report.metrics));
    if (view->current)
        add_attempt(object, view->current);
    json_object_set_new(object, "facts", host_object(snapshot, node));
    json_t *versions = recorded_versions(view);
    if (!versions)
        versions = node->kind == NODE_KIND_LOCAL ? local_versions() : json_null();
    json_object_set_new(object, "versions", versions);
    return object;
}

/* A path as a relative reference (RFC 3986): all but unreserved letters and '/' percent-encoded. */
static char *reference(const char *path)
{
    static const char kept[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
    struct text text;
    text_init(&text, 0);
    for (; *path; path++)
        if (strchr(kept, *path))
            text_append_byte(&text, *path);
        else
            text_append_format(&text, "%%%02X", (unsigned char)*path);
    return text_take(&text);
}

static json_t *link_to(const char *id)
{
    json_t *object = json_object();
    json_object_set_new(object, "@id", json_string(id));
    return object;
}

static json_t *entity(const char *id, const char *type, const char *name)
{
    json_t *object = link_to(id);
    json_object_set_new(object, "@type", json_string(type));
    if (name)
        json_object_set_new(object, "name", text_or_null(name));
    return object;
}

static const char *format_of(const char *path)
{
    static const char *const formats[][2] = {{".json", "application/json"}, {".yaml", "application/yaml"},
        {".csv", "text/csv"}, {".sh", "application/x-sh"}, {".py", "text/x-python"}, {".log", "text/plain"}};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof formats / sizeof *formats; i++)
        if (strcmp(dot, formats[i][0]) == 0)
            return formats[i][1];
    return NULL;
}

/* The entity of a file or folder, and its place among the parts of the whole. */
static void add_file(const struct crate *crate, json_t *graph, json_t *parts, const char *path, const char *description)
{
    struct stat info;
    char *place = memory_format("%s/%s", crate->top, path), *id = reference(path);
    bool is_folder = stat(place, &info) == 0 && S_ISDIR(info.st_mode);
    char *whole = memory_format("%s%s", id, is_folder ? "/" : "");
    json_t *file = entity(whole, is_folder ? "Dataset" : "File", path);
    json_object_set_new(file, "description", json_string(description));
    if (!is_folder && format_of(path))
        json_object_set_new(file, "encodingFormat", json_string(format_of(path)));
    if (!is_folder)
        json_object_set_new(file, "contentSize", json_integer((json_int_t)info.st_size));
    json_array_append_new(graph, file);
    json_array_append_new(parts, link_to(whole));
    free(place);
    free(id);
    free(whole);
}

/* A name and its value as an entity, once for all who have it; returns a link to it. */
static json_t *property(json_t *graph, json_t *known, const char *name, const char *value)
{
    char *words = memory_format("%s=%s", name, value), *encoded = reference(words), *id = memory_format("#%s", encoded);
    if (!json_object_get(known, id)) {
        json_t *object = entity(id, "PropertyValue", name);
        json_object_set_new(object, "value", text_or_null(value));
        json_array_append_new(graph, object);
        json_object_set_new_nocheck(known, id, json_true());
    }
    json_t *link = link_to(id);
    free(words);
    free(encoded);
    free(id);
    return link;
}

/* What an action ran on and what it used, in the words of Workflow Run RO-Crate. */
static void add_versions(json_t *graph, json_t *known, const struct node_view *view, json_t *action)
{
    struct attributes facts;
    json_t *environment = json_array(), *usage = json_array();
    attributes_init(&facts);
    if (view->current)
        attempt_read_facts(view->current, &facts);
    for (size_t i = 0; i < facts.count; i++) {
        const struct attribute *fact = &facts.items[i];
        json_t *list = strcmp(fact->key, "energy") == 0 ? usage : environment;
        json_array_append_new(list, property(graph, known, fact->key, fact->value));
    }
    if (json_array_size(environment))
        json_object_set(action, "environment", environment);
    if (json_array_size(usage))
        json_object_set(action, "resourceUsage", usage);
    json_decref(environment);
    json_decref(usage);
    attributes_release(&facts);
}

/* What a node has done: an action with its script, its times and its record. */
static void add_action(const struct crate *crate, json_t *graph, json_t *known, size_t index)
{
    const struct snapshot *snapshot = engine_snapshot(crate->session->engine);
    const struct node *node = &snapshot->workflow->nodes[index];
    const struct node_view *view = &snapshot->views[index];
    char *encoded = reference(node->name), *id = memory_format("#%s", encoded);
    char *record = memory_format("records/%s/record.json", encoded),
         *script = node->script ? reference(node->script) : NULL;
    json_t *action = entity(id, "CreateAction", node->name);
    const char *status = view->state == STATE_DONE     ? "http://schema.org/CompletedActionStatus"
                         : state_is_ended(view->state) ? "http://schema.org/FailedActionStatus"
                         : state_is_live(view->state)  ? "http://schema.org/ActiveActionStatus"
                                                       : "http://schema.org/PotentialActionStatus";
    json_object_set_new(action, "actionStatus", link_to(status));
    if (view->started)
        json_object_set_new(action, "startTime", output_value_time(view->started));
    if (view->ended)
        json_object_set_new(action, "endTime", output_value_time(view->ended));
    if (script && json_object_get(crate->files, node->script))
        json_object_set_new(action, "instrument", link_to(script));
    json_object_set_new(action, "result", link_to(record));
    add_versions(graph, known, view, action);
    json_array_append_new(graph, action);
    free(encoded);
    free(id);
    free(record);
    free(script);
}

static json_t *describe_itself(void)
{
    json_t *descriptor = entity("ro-crate-metadata.json", "CreativeWork", NULL);
    json_object_set_new(descriptor, "conformsTo", link_to("https://w3id.org/ro/crate/1.1"));
    json_object_set_new(descriptor, "about", link_to("./"));
    return descriptor;
}

json_t *crate_metadata(const struct crate *crate)
{
    const struct snapshot *snapshot = engine_snapshot(crate->session->engine);
    json_t *graph = json_array(), *parts = json_array(), *object = json_object(), *known = json_object();
    json_t *whole = entity("./", "Dataset", snapshot->workflow->name), *program, *value;
    const char *path;
    json_array_append_new(graph, describe_itself());
    json_array_append_new(graph, whole);
    json_object_set_new(whole, "description", json_string("A workflow with its scripts, records and results."));
    json_object_set_new(whole, "datePublished", output_value_time(snapshot->now));
    json_object_set_new(whole, "license", json_string("No license is stated."));
    json_object_foreach(crate->files, path, value) add_file(crate, graph, parts, path, json_string_value(value));
    json_object_set_new(whole, "hasPart", parts);
    for (size_t i = 0; i < snapshot->workflow->node_count; i++)
        if (snapshot->views[i].attempt)
            add_action(crate, graph, known, i);
    json_decref(known);
    program = entity("#dagtop", "SoftwareApplication", PACKAGE_NAME);
    json_object_set_new(program, "version", json_string(PACKAGE_VERSION));
    json_array_append_new(graph, program);
    json_object_set_new(object, "@context", json_string("https://w3id.org/ro/crate/1.1/context"));
    json_object_set_new(object, "@graph", graph);
    return object;
}
