/* SPDX-License-Identifier: Apache-2.0 */
/* What sweep: says of the nodes: where they run, and what runs before and after them. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"
#include "generation_private.h"

static const struct setting *sweep_setting(const struct generation *generation, const char *key)
{
    const struct setting *setting = setting_get(setting_get(&generation->configuration->root, "sweep"), key);
    return setting && setting->kind != SETTING_NULL ? setting : NULL;
}

static void release_extra(struct extra_nodes *extra)
{
    for (size_t i = 0; i < extra->count; i++) {
        free(extra->nodes[i].script);
        copied_files_release(&extra->nodes[i].copied);
    }
    free(extra->nodes);
    *extra = (struct extra_nodes){0};
}

void plan_of_nodes_release(struct plan_of_nodes *plan)
{
    release_extra(&plan->before);
    release_extra(&plan->after);
    name_list_release(&plan->hosts);
    free(plan->host_of);
    *plan = (struct plan_of_nodes){0};
}

static enum status read_kind(struct generation *generation, struct error_list *errors)
{
    const struct setting *setting = sweep_setting(generation, "kind");
    enum node_kind kind;
    if (!setting)
        return STATUS_OK;
    if (setting->kind != SETTING_TEXT || !node_kind_from_word(setting->text, &kind))
        return setting_error(errors, setting, "kind is not one of local, ssh, slurm, wsl, lsf");
    generation->plan.kind = node_kind_word(kind);
    return STATUS_OK;
}

static enum status add_host(struct generation *generation, const struct setting *setting, struct error_list *errors)
{
    struct error error;
    if (setting->kind != SETTING_TEXT || !*setting->text || *setting->text == '-')
        return setting_error(errors, setting, "a host is no name");
    if (host_list_expand(setting->text, &generation->plan.hosts, &error) != STATUS_OK)
        return setting_error(errors, setting, "hosts: %s", error.message);
    return STATUS_OK;
}

static enum status read_hosts(struct generation *generation, struct error_list *errors)
{
    const struct setting *host = sweep_setting(generation, "host"), *hosts = sweep_setting(generation, "hosts");
    enum status status = STATUS_OK;
    if (host && hosts)
        return setting_error(errors, host, "there is host and hosts, expected one of them");
    hosts = host ? host : hosts;
    if (hosts && hosts->kind == SETTING_TEXT)
        return add_host(generation, hosts, errors);
    if (hosts && (hosts->kind != SETTING_LIST || hosts->count == 0))
        return setting_error(errors, hosts, "hosts is no list of names");
    for (size_t i = 0; hosts && i < hosts->count && status == STATUS_OK; i++)
        status = add_host(generation, &hosts->items[i], errors);
    return status;
}

/* The text "true" or "false" of a key of sweep:, false where it is not given. */
static enum status read_truth(struct generation *generation, const char *key, bool *truth, struct error_list *errors)
{
    const struct setting *setting = sweep_setting(generation, key);
    const char *word = setting && setting->kind == SETTING_TEXT ? setting->text : setting ? "" : "false";
    *truth = strcmp(word, "true") == 0;
    if (!*truth && strcmp(word, "false") != 0)
        return setting_error(errors, setting, "%s is neither true nor false", key);
    return STATUS_OK;
}

static enum status read_array(struct generation *generation, struct error_list *errors)
{
    struct plan_of_nodes *plan = &generation->plan;
    enum status status = read_truth(generation, "array", &plan->array, errors);
    plan->array |= generation->options->array;
    if (status != STATUS_OK || !plan->array)
        return status;
    if (!plan->kind)
        plan->kind = node_kind_word(NODE_KIND_SLURM);
    if (strcmp(plan->kind, node_kind_word(NODE_KIND_SLURM)) != 0)
        return setting_error(errors, sweep_setting(generation, "kind"),
            "the kind is %s, but only Slurm takes permutations as job arrays: leave array out, or make it slurm",
            plan->kind);
    if (plan->sequential)
        return setting_error(errors, sweep_setting(generation, "sequential"), "an array is not sequential");
    return STATUS_OK;
}

static enum status read_spread(struct generation *generation, struct error_list *errors)
{
    const struct setting *spread = sweep_setting(generation, "spread");
    const char *word = spread && spread->kind == SETTING_TEXT ? spread->text : spread ? "" : "robin";
    if (strcmp(word, "robin") != 0 && strcmp(word, "capacity") != 0)
        return setting_error(errors, spread, "spread is neither robin nor capacity");
    generation->plan.by_capacity = strcmp(word, "capacity") == 0;
    return read_truth(generation, "sequential", &generation->plan.sequential, errors);
}

/* How many jobs a host takes at once, by the config file. */
static size_t capacity(const struct generation *generation, size_t host)
{
    const struct settings *settings = generation->options->settings;
    const char *name = generation->plan.hosts.names[host];
    const struct host_settings *found = settings ? settings_host(settings, name) : NULL;
    return generation->plan.by_capacity && found && found->jobs ? found->jobs : 1;
}

/* Each host in turn; by capacity, the host whose share is most behind (smooth weighted round robin). */
static void spread(struct generation *generation)
{
    struct plan_of_nodes *plan = &generation->plan;
    size_t hosts = plan->hosts.count;
    if (!hosts)
        return;
    plan->host_of = memory_new_array(generation->space.permutation_count, sizeof *plan->host_of);
    long long *behind = memory_new_array(hosts, sizeof *behind), total = 0;
    for (size_t i = 0; i < hosts; i++)
        total += (long long)capacity(generation, i);
    for (size_t i = 0; i < generation->space.permutation_count; i++) {
        size_t best = 0;
        for (size_t host = 0; host < hosts; host++) {
            behind[host] += (long long)capacity(generation, host);
            best = behind[host] > behind[best] ? host : best;
        }
        behind[best] -= total;
        plan->host_of[i] = best;
    }
    free(behind);
}

static bool is_local(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "local") == 0;
}

const char *plan_of_nodes_host(const struct generation *generation, size_t permutation)
{
    const struct plan_of_nodes *plan = &generation->plan;
    return plan->host_of ? plan->hosts.names[plan->host_of[permutation]] : NULL;
}

const char *plan_of_nodes_kind(const struct generation *generation, size_t permutation)
{
    const char *host = plan_of_nodes_host(generation, permutation);
    if (generation->plan.kind)
        return generation->plan.kind;
    return host && !is_local(host) ? "ssh" : "local";
}

static enum status check_node(const struct setting *node, struct error_list *errors)
{
    static const char *const made[] = {"name", "script", "exec", "files", "sweep", "kind", "host", "status"};
    enum status status = STATUS_OK;
    if (!node)
        return STATUS_OK;
    if (node->kind != SETTING_MAP)
        return setting_error(errors, node, "node is no map of attributes");
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        const struct setting *found = setting_get(node, made[i]);
        if (found)
            status = setting_error(errors, found, "%s cannot be given for all permutations here", made[i]);
    }
    return status;
}

/* Below a node's folder a file lies as it was named, or by its own name where it lies above or outside. */
static const char *target_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *marker = strstr(path, "/./");
    if (marker)
        return marker + 3;
    if (strchr("/~", *path) || strncmp(path, "../", 3) == 0 || strstr(path, "/../"))
        return slash ? slash + 1 : path;
    return strncmp(path, "./", 2) == 0 ? path + 2 : path;
}

static enum status copy_file(struct extra_node *node, const struct setting *setting, struct error_list *errors)
{
    if (setting->kind != SETTING_TEXT || !*setting->text)
        return setting_error(errors, setting, "files holds what is no name of a file");
    char *trimmed = memory_copy_text(setting->text);
    size_t length = strlen(trimmed);
    while (length > 1 && trimmed[length - 1] == '/')
        trimmed[--length] = '\0';
    char *path = generation_path(setting, trimmed);
    enum status status = copied_files_add(&node->copied, path, target_of(trimmed), setting, errors);
    free(path);
    free(trimmed);
    return status;
}

static enum status copy_files(struct extra_node *node, const struct setting *files, struct error_list *errors)
{
    enum status status = STATUS_OK;
    if (files && files->kind == SETTING_TEXT)
        return copy_file(node, files, errors);
    if (files && files->kind == SETTING_MAP)
        return setting_error(errors, files, "files is a map, expected a list");
    for (size_t i = 0; files && i < files->count && status == STATUS_OK; i++)
        status = copy_file(node, &files->items[i], errors);
    return status;
}

static enum status read_extra_node(struct generation *generation, struct extra_node *node,
    const struct setting *setting, const struct map *taken, struct error_list *errors)
{
    struct error error;
    const struct setting *script = setting_get(setting, "script");
    node->setting = setting;
    if (node_name_check(setting->key, &error) != STATUS_OK)
        return setting_error(errors, setting, "%s cannot be a node: %s", quote(setting->key).bytes, error.message);
    if (strpbrk(setting->key, "[],\n") || map_get(taken, setting->key, NULL))
        return setting_error(errors, setting, "the node %s has the name of another, or one with brackets or commas",
            quote(setting->key).bytes);
    if (setting->kind != SETTING_MAP && setting->kind != SETTING_NULL)
        return setting_error(errors, setting, "the node %s is no map of attributes", quote(setting->key).bytes);
    if (script && script->kind != SETTING_TEXT)
        return setting_error(errors, script, "script is no name of a file");
    if (script) {
        const char *slash = strrchr(script->text, '/');
        char *path = generation_path(script, script->text);
        node->script = memory_copy_text(slash ? slash + 1 : script->text);
        enum status status = copied_files_add(&node->copied, path, node->script, script, errors);
        free(path);
        if (status != STATUS_OK)
            return status;
    }
    (void)generation;
    return copy_files(node, setting_get(setting, "files"), errors);
}

static enum status read_extra(struct generation *generation, const char *key, struct extra_nodes *extra,
    struct map *taken, struct error_list *errors)
{
    const struct setting *map = sweep_setting(generation, key);
    enum status status = STATUS_OK;
    if (!map)
        return STATUS_OK;
    if (map->kind != SETTING_MAP)
        return setting_error(errors, map, "%s is no map of nodes", key);
    extra->nodes = memory_new_array(map->count, sizeof *extra->nodes);
    extra->count = map->count;
    for (size_t i = 0; i < map->count; i++) {
        if (read_extra_node(generation, &extra->nodes[i], &map->items[i], taken, errors) != STATUS_OK)
            status = STATUS_INVALID;
        map_set(taken, map->items[i].key, 1);
    }
    return status;
}

enum status plan_of_nodes_read(struct generation *generation, struct error_list *errors)
{
    struct map *taken = map_new();
    map_set(taken, GENERATION_SOURCES, 1);
    for (size_t i = 0; i < generation->space.permutation_count; i++)
        map_set(taken, generation->identifiers[i], 1);
    generation->plan.node = sweep_setting(generation, "node");
    enum status status = read_kind(generation, errors);
    if (status == STATUS_OK)
        status = read_hosts(generation, errors);
    if (status == STATUS_OK)
        status = read_spread(generation, errors);
    if (status == STATUS_OK)
        status = read_array(generation, errors);
    if (status == STATUS_OK)
        status = check_node(generation->plan.node, errors);
    if (status == STATUS_OK)
        status = read_extra(generation, "before", &generation->plan.before, taken, errors);
    if (status == STATUS_OK)
        status = read_extra(generation, "after", &generation->plan.after, taken, errors);
    if (status == STATUS_OK)
        spread(generation);
    map_free(taken);
    return status;
}
