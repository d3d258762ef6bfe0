/* SPDX-License-Identifier: Apache-2.0 */
/* The script and the resolved configuration of one permutation. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "generation_private.h"
#include "site_file.h"

/* A UUID (RFC 9562, version 8) made of what the permutation is: the same whenever it is generated. */
static void make_uuid(struct generation *generation, size_t permutation)
{
    struct text text;
    text_init(&text, 0);
    text_append_format(&text, "%s\n%s\n", generation->name, generation->identifiers[permutation]);
    parameter_space_describe(&generation->space, permutation, "\n", &text);
    unsigned long long high = parameter_space_checksum(0, text.data, text.length);
    unsigned long long low = parameter_space_checksum(high ^ 0x9e3779b97f4a7c15u, text.data, text.length);
    snprintf(generation->uuid, sizeof generation->uuid, "%08llx-%04llx-8%03llx-%04llx-%012llx", high >> 32,
        high >> 16 & 0xffff, high & 0xfff, (low >> 48 & 0x3fff) | 0x8000, low & 0xffffffffffff);
    text_release(&text);
}

/* What a parameter or else the configuration says at a path, resolved; false where neither knows it. */
static bool resolve(
    struct generation *generation, const char *path, struct text *text, struct error_list *errors, enum status *status)
{
    char *word = memory_format("{%s}", path);
    text_clear(text);
    *status = substitution_expand(&generation->substitution, word, strlen(word), "", (struct place){0}, text, errors);
    bool known = *status == STATUS_OK && strcmp(text->data, word) != 0;
    free(word);
    return known;
}

/* The card is the part of the directive before '-', where no parameter says it. */
static enum status read_card_name(struct generation *generation, struct error_list *errors)
{
    size_t parameter;
    enum status status = STATUS_OK;
    generation->substitution.card_name = NULL;
    if (parameter_space_find(&generation->space, "card_name", &parameter) ||
        !resolve(generation, "experiment.directive", &generation->card_name, errors, &status))
        return status;
    text_truncate(&generation->card_name, strcspn(generation->card_name.data, "-"));
    generation->substitution.card_name = generation->card_name.data;
    return STATUS_OK;
}

static enum status read_sbatch(struct generation *generation, struct error_list *errors)
{
    const struct setting *experiment = setting_get(&generation->configuration->root, "experiment");
    struct text host, directive;
    enum status status = STATUS_OK;
    generation->substitution.sbatch = NULL;
    if (!substitution_uses(generation->template_text.data, "slurm.sbatch") ||
        configuration_find(generation->configuration, "slurm.sbatch"))
        return STATUS_OK;
    text_init(&host, 4096);
    text_init(&directive, 4096);
    text_clear(&generation->sbatch);
    if (!resolve(generation, "system.host", &host, errors, &status) && status == STATUS_OK)
        status = setting_error(errors, NULL, "{slurm.sbatch} needs system.host, which nothing says");
    if (status == STATUS_OK && !resolve(generation, "experiment.directive", &directive, errors, &status) &&
        status == STATUS_OK && !resolve(generation, "experiment.card_name", &directive, errors, &status) &&
        status == STATUS_OK)
        status = setting_error(errors, experiment,
            "{slurm.sbatch} needs experiment.directive or experiment.card_name, which nothing says");
    if (status == STATUS_OK)
        status = site_file_append_sbatch(
            &generation->sites, host.data, directive.data, experiment, &generation->sbatch, errors);
    if (status == STATUS_OK)
        generation->substitution.sbatch = generation->sbatch.data;
    text_release(&host);
    text_release(&directive);
    return status;
}

enum status generation_turn_to(struct generation *generation, size_t permutation, struct error_list *errors)
{
    struct substitution *substitution = &generation->substitution;
    make_uuid(generation, permutation);
    substitution->permutation = permutation;
    substitution->identifier = generation->identifiers[permutation];
    substitution->uuid = generation->uuid;
    enum status status = read_card_name(generation, errors);
    return status == STATUS_OK ? read_sbatch(generation, errors) : status;
}

enum status generation_append_script(struct generation *generation, struct text *text, struct error_list *errors)
{
    struct substitution substitution = generation->substitution;
    substitution.strict = generation->options->strict;
    substitution.shell = generation->template_is_shell;
    substitution.drop_comments = true;
    return substitution_expand(&substitution, generation->template_text.data, generation->template_text.length,
        generation->template_path, (struct place){1, 1}, text, errors);
}

/* at is where the text was written, for messages; may be NULL. */
static enum status append_scalar(struct generation *generation, const char *string, bool plain,
    const struct setting *at, struct text *text, struct error_list *errors)
{
    struct text resolved;
    if (generation->unresolved || !strchr(string, '{')) {
        configuration_append_scalar(text, string, plain);
        return STATUS_OK;
    }
    text_init(&resolved, 0);
    const struct setting value = {.kind = SETTING_TEXT,
        .text = (char *)string,
        .file = at ? at->file : "",
        .place = at ? at->place : (struct place){0}};
    enum status status = substitution_expand_setting(&generation->substitution, &value, &resolved, errors);
    configuration_append_scalar(text, resolved.data, plain);
    text_release(&resolved);
    return status;
}

/* The value of a setting behind its key or dash, with the newline that ends it. */
static enum status append_value(struct generation *generation, const struct setting *setting, unsigned indent,
    struct text *text, struct error_list *errors)
{
    enum status status = STATUS_OK;
    switch (setting->kind) {
    case SETTING_NULL:
        text_append_string(text, " null\n");
        break;
    case SETTING_TEXT:
        text_append_byte(text, ' ');
        status = append_scalar(generation, setting->text, setting->plain, setting, text, errors);
        text_append_byte(text, '\n');
        break;
    case SETTING_LIST:
        text_append_string(text, setting->count ? "\n" : " []\n");
        for (size_t i = 0; i < setting->count && status == STATUS_OK; i++) {
            text_append_format(text, "%*s-", (int)indent, "");
            status = append_value(generation, &setting->items[i], indent + 2, text, errors);
        }
        break;
    case SETTING_MAP:
        text_append_string(text, setting->count ? "\n" : " {}\n");
        status = generation_append_members(generation, setting, indent, text, errors);
        break;
    }
    return status;
}

static void append_key(struct text *text, unsigned indent, const char *prefix, const char *key)
{
    char *path = memory_format("%s%s", prefix, key);
    text_append_format(text, "%*s", (int)indent, "");
    configuration_append_scalar(text, path, true);
    text_append_byte(text, ':');
    free(path);
}

enum status generation_append_members(struct generation *generation, const struct setting *map, unsigned indent,
    struct text *text, struct error_list *errors)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < map->count && status == STATUS_OK; i++) {
        append_key(text, indent, "", map->items[i].key);
        status = append_value(generation, &map->items[i], indent + 2, text, errors);
    }
    return status;
}

/* All that lies in a map, the keys on the way joined by dots. */
static enum status append_flat(struct generation *generation, const char *prefix, const struct setting *map,
    struct text *text, struct error_list *errors)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < map->count && status == STATUS_OK; i++) {
        const struct setting *setting = &map->items[i];
        if (setting->kind == SETTING_MAP && setting->count) {
            char *inner = memory_format("%s%s.", prefix, setting->key);
            status = append_flat(generation, inner, setting, text, errors);
            free(inner);
        } else {
            append_key(text, 0, prefix, setting->key);
            status = append_value(generation, setting, 2, text, errors);
        }
    }
    return status;
}

/* A section that is made here: its head, and where its keys stand. */
static void open_section(const struct generation *generation, const char *name, struct text *text)
{
    if (!generation->options->flat)
        text_append_format(text, "%s:\n", name);
}

static void open_entry(const struct generation *generation, const char *name, const char *key, struct text *text)
{
    char *prefix = generation->options->flat ? memory_format("%s.", name) : memory_copy_text("");
    append_key(text, generation->options->flat ? 0 : 2, prefix, key);
    text_append_byte(text, ' ');
    free(prefix);
}

static enum status append_experiment(struct generation *generation, struct text *text, struct error_list *errors)
{
    const struct parameter_space *space = &generation->space;
    enum status status = STATUS_OK;
    open_section(generation, "experiment", text);
    for (size_t i = 0; i < space->parameter_count && status == STATUS_OK; i++) {
        const struct parameter_value *value = parameter_space_value(space, generation->substitution.permutation, i);
        open_entry(generation, "experiment", space->parameters[i].name, text);
        status = append_scalar(generation, value->text, value->plain, NULL, text, errors);
        text_append_byte(text, '\n');
    }
    return status;
}

static enum status append_made_sections(struct generation *generation, struct text *text, struct error_list *errors)
{
    const struct name_list *names = &generation->options->environment;
    const struct setting *given = setting_get(&generation->configuration->root, "ee");
    enum status status = STATUS_OK;
    open_section(generation, "ee", text);
    open_entry(generation, "ee", "identifier", text);
    configuration_append_scalar(text, generation->substitution.identifier, false);
    text_append_byte(text, '\n');
    open_entry(generation, "ee", "uuid", text);
    configuration_append_quoted(text, generation->uuid);
    text_append_byte(text, '\n');
    for (size_t i = 0; given && given->kind == SETTING_MAP && i < given->count && status == STATUS_OK; i++) {
        const struct setting *entry = &given->items[i];
        if (strcmp(entry->key, "identifier") == 0 || strcmp(entry->key, "uuid") == 0)
            continue;
        open_entry(generation, "ee", entry->key, text);
        text_truncate(text, text->length - 1);
        status = append_value(generation, entry, 4, text, errors);
    }
    if (names->count)
        open_section(generation, "os", text);
    for (size_t i = 0; i < names->count; i++) {
        const char *value = getenv(names->names[i]);
        open_entry(generation, "os", names->names[i], text);
        configuration_append_scalar(text, value ? value : "", false);
        text_append_byte(text, '\n');
    }
    return status;
}

enum status generation_append_configuration(struct generation *generation, struct text *text, struct error_list *errors)
{
    const struct setting *root = &generation->configuration->root;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < root->count && status == STATUS_OK; i++) {
        const struct setting *section = &root->items[i];
        if (strcmp(section->key, "experiment") == 0) {
            status = append_experiment(generation, text, errors);
        } else if (strcmp(section->key, "sweep") != 0 && strcmp(section->key, "ee") != 0 &&
                   !(strcmp(section->key, "os") == 0 && generation->options->environment.count)) {
            const struct setting one = {.kind = SETTING_MAP, .items = (struct setting *)section, .count = 1};
            status = generation->options->flat ? append_flat(generation, "", &one, text, errors)
                                               : generation_append_members(generation, &one, 0, text, errors);
        }
    }
    return status == STATUS_OK ? append_made_sections(generation, text, errors) : status;
}
