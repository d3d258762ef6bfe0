/* SPDX-License-Identifier: Apache-2.0 */
/* workflow.yaml and experiments.json of a generation. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "generation_private.h"

/* "      files: [NODE/./config.yaml, NODE/./code]" */
static void append_files(struct text *text, const char *folder, const struct name_list *names, const char *first)
{
    if (!first && !names->count)
        return;
    text_append_string(text, "      files: [");
    if (first) {
        char *path = memory_format("%s/./%s", folder, first);
        configuration_append_quoted(text, path);
        free(path);
    }
    for (size_t i = 0; i < names->count; i++) {
        char *path = memory_format("%s/./%s", folder, names->names[i]);
        text_append_string(text, first || i ? ", " : "");
        configuration_append_quoted(text, path);
        free(path);
    }
    text_append_string(text, "]\n");
}

static void append_script(struct text *text, const char *folder, const char *script)
{
    char *path = memory_format("%s/%s", folder, script);
    text_append_string(text, "      script: ");
    configuration_append_scalar(text, path, false);
    text_append_byte(text, '\n');
    free(path);
}

static void append_name(struct text *text, const char *name)
{
    text_append_string(text, "    ");
    configuration_append_scalar(text, name, false);
    text_append_string(text, ":\n");
}

static void append_entry(struct text *text, const char *key, const char *value)
{
    text_append_format(text, "      %s: ", key);
    configuration_append_scalar(text, value, false);
    text_append_byte(text, '\n');
}

/* All attributes but those that are made here. Words without a dot are those of labels. */
static enum status append_attributes(
    struct generation *generation, const struct setting *node, struct text *text, struct error_list *errors)
{
    enum status status = STATUS_OK;
    generation->substitution.dotted = true;
    for (size_t i = 0; node && i < node->count && status == STATUS_OK; i++) {
        const struct setting one = {.kind = SETTING_MAP, .items = &node->items[i], .count = 1};
        if (strcmp(node->items[i].key, "script") != 0 && strcmp(node->items[i].key, "files") != 0)
            status = generation_append_members(generation, &one, 6, text, errors);
    }
    generation->substitution.dotted = false;
    return status;
}

static enum status append_extra(
    struct generation *generation, const struct extra_nodes *extra, struct text *text, struct error_list *errors)
{
    enum status status = STATUS_OK;
    struct parameter_space *space = (struct parameter_space *)generation->substitution.space;
    generation->substitution.space = NULL;
    for (size_t i = 0; i < extra->count && status == STATUS_OK; i++) {
        const struct extra_node *node = &extra->nodes[i];
        const char *name = node->setting->key;
        struct name_list files = node->copied.tops;
        append_name(text, name);
        if (node->setting->count == 0)
            text_append_string(text, "      kind: local\n");
        if (node->script) {
            append_script(text, name, node->script);
            files.names++;
            files.count--;
        }
        append_files(text, name, &files, NULL);
        status = append_attributes(generation, node->setting, text, errors);
    }
    generation->substitution.space = space;
    return status;
}

static enum status append_permutation(
    struct generation *generation, size_t permutation, struct text *text, struct error_list *errors)
{
    const struct parameter_space *space = &generation->space;
    const char *name = generation->identifiers[permutation], *kind = plan_of_nodes_kind(generation, permutation);
    const char *host = plan_of_nodes_host(generation, permutation);
    append_name(text, name);
    append_script(text, name, generation->script_name);
    append_files(text, name, &generation->copied.tops, "config.yaml");
    if (strcmp(kind, "local") != 0)
        append_entry(text, "kind", kind);
    if (host)
        append_entry(text, "host", host);
    if (generation->plan.array)
        append_entry(text, "array", "sweep");
    text_append_string(text, "      sweep: {");
    for (size_t i = 0; i < space->parameter_count; i++) {
        const struct parameter_value *value = parameter_space_value(space, permutation, i);
        text_append_string(text, i ? ", " : "");
        configuration_append_quoted(text, space->parameters[i].name);
        text_append_string(text, ": ");
        configuration_append_scalar(text, value->text, value->plain);
    }
    text_append_string(text, "}\n");
    if (!generation->plan.node)
        return STATUS_OK;
    enum status status = generation_turn_to(generation, permutation, errors);
    return status == STATUS_OK ? append_attributes(generation, generation->plan.node, text, errors) : status;
}

static void append_listed(struct text *text, const char *separator, const char *name)
{
    text_append_string(text, separator);
    configuration_append_quoted(text, name);
}

/* What comes before, then all permutations side by side, then what comes after, one after the other. */
static void append_steps(const struct generation *generation, struct text *text)
{
    const struct plan_of_nodes *plan = &generation->plan;
    if (!plan->before.count && !plan->after.count)
        return;
    text_append_string(text, "    - [");
    for (size_t i = 0; i < plan->before.count; i++)
        append_listed(text, i ? ", " : "", plan->before.nodes[i].setting->key);
    text_append_string(text, plan->before.count ? ",\n       [" : "[");
    for (size_t i = 0; i < generation->space.permutation_count; i++)
        append_listed(text, i ? ",\n        " : "", generation->identifiers[i]);
    text_append_string(text, "]");
    for (size_t i = 0; i < plan->after.count; i++)
        append_listed(text, ", ", plan->after.nodes[i].setting->key);
    text_append_string(text, "]\n");
}

/* On each host one permutation after the other. */
static void append_sequences(const struct generation *generation, struct text *text)
{
    const struct plan_of_nodes *plan = &generation->plan;
    size_t hosts = plan->hosts.count ? plan->hosts.count : 1;
    for (size_t host = 0; plan->sequential && host < hosts; host++) {
        size_t listed = 0;
        for (size_t i = 0; i < generation->space.permutation_count; i++)
            if (!plan->host_of || plan->host_of[i] == host)
                append_listed(text, listed++ ? ",\n       " : "    - [", generation->identifiers[i]);
        if (listed)
            text_append_string(text, "]\n");
    }
}

enum status generation_append_workflow(struct generation *generation, struct text *text, struct error_list *errors)
{
    const struct plan_of_nodes *plan = &generation->plan;
    text_append_string(text, "# Made by dagtop sweep: ");
    text_append_format(text, "%zu permutations.\nworkflow:\n  name: ", generation->space.permutation_count);
    configuration_append_scalar(text, generation->name, false);
    text_append_string(text, "\n  nodes:\n");
    enum status status = append_extra(generation, &plan->before, text, errors);
    for (size_t i = 0; i < generation->space.permutation_count && status == STATUS_OK; i++)
        status = append_permutation(generation, i, text, errors);
    if (status == STATUS_OK)
        status = append_extra(generation, &plan->after, text, errors);
    if (plan->before.count || plan->after.count || plan->sequential)
        text_append_string(text, "  dependencies:\n");
    append_steps(generation, text);
    append_sequences(generation, text);
    return status;
}

static void append_string_entry(struct text *text, const char *key, const char *value)
{
    text_append_format(text, "    \"%s\": ", key);
    configuration_append_quoted(text, value);
    text_append_string(text, ",\n");
}

/* True where JSON and YAML mean the same number. */
static bool is_json_number(const char *string)
{
    size_t sign = *string == '-', whole = strspn(string + sign, "0123456789");
    const char *rest = string + sign + whole;
    if (!whole || (string[sign] == '0' && whole > 1))
        return false;
    if (*rest == '.') {
        size_t digits = strspn(rest + 1, "0123456789");
        if (!digits)
            return false;
        rest += 1 + digits;
    }
    return !*rest;
}

static void append_variables(const struct generation *generation, size_t permutation, struct text *text)
{
    const struct parameter_space *space = &generation->space;
    text_append_string(text, "    \"variables\": {");
    for (size_t i = 0; i < space->parameter_count; i++) {
        const struct parameter_value *value = parameter_space_value(space, permutation, i);
        append_listed(text, i ? ", " : "", space->parameters[i].name);
        text_append_string(text, ": ");
        if (value->plain && is_json_number(value->text))
            text_append_string(text, value->text);
        else
            configuration_append_quoted(text, value->text);
    }
    text_append_string(text, "},\n");
}

void generation_append_experiments(const struct generation *generation, struct text *text)
{
    char *checksum = generation_code_checksum(generation);
    struct text pairs;
    text_init(&pairs, 0);
    text_append_string(text, "{\n");
    for (size_t i = 0; i < generation->space.permutation_count; i++) {
        const char *name = generation->identifiers[i];
        text_append_string(text, i ? ",\n  " : "  ");
        configuration_append_quoted(text, name);
        text_append_string(text, ": {\n");
        append_string_entry(text, "id", name);
        append_string_entry(text, "directory", name);
        text_clear(&pairs);
        parameter_space_describe(&generation->space, i, " ", &pairs);
        append_string_entry(text, "experiment", pairs.data);
        append_string_entry(text, "script", generation->script_name);
        append_string_entry(text, "config", "config.yaml");
        append_variables(generation, i, text);
        append_string_entry(text, "checksum", checksum);
        text_append_string(text, "    \"copycode\": [");
        for (size_t j = 0; j < generation->copied.tops.count; j++)
            append_listed(text, j ? ", " : "", generation->copied.tops.names[j]);
        text_append_string(text, "]}");
    }
    text_append_string(text, "\n}\n");
    text_release(&pairs);
    free(checksum);
}
