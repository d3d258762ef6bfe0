/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/sweep/generation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dagtop/base/checksum.h"
#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"
#include "dagtop/model/selector.h"
#include "deposit.h"
#include "generation_private.h"
#include "site_file.h"

static const char *const sweep_keys[] = {"name", "template", "output", "copy", "site", "repeat", "zip", "exclude",
    "include", "kind", "host", "hosts", "spread", "sequential", "array", "node", "before", "after"};

const struct parameter_space *generation_space(const struct generation *generation)
{
    return &generation->space;
}

const char *generation_identifier(const struct generation *generation, size_t permutation)
{
    return generation->identifiers[permutation];
}

const char *generation_name(const struct generation *generation)
{
    return generation->name;
}

const char *generation_output(const struct generation *generation)
{
    return generation->output;
}

char *generation_path(const struct setting *setting, const char *path)
{
    const char *home = getenv("HOME"), *slash = setting && setting->file ? strrchr(setting->file, '/') : NULL;
    if (strncmp(path, "~/", 2) == 0 && home)
        return memory_format("%s%s", home, path + 1);
    if (*path == '/' || !slash)
        return memory_copy_text(path);
    return memory_format("%.*s/%s", (int)(slash - setting->file), setting->file, path);
}

/* The text of a key of sweep:, resolved; NULL where it is not given. The caller frees it. */
static char *sweep_text(struct generation *generation, const char *key, const struct setting **from,
    struct error_list *errors, enum status *status)
{
    const struct setting *setting = setting_get(setting_get(&generation->configuration->root, "sweep"), key);
    struct text text;
    *from = setting;
    if (!setting || setting->kind == SETTING_NULL)
        return NULL;
    if (setting->kind != SETTING_TEXT) {
        *status = setting_error(errors, setting, "%s is no text", key);
        return NULL;
    }
    text_init(&text, 0);
    if (substitution_expand_setting(&generation->substitution, setting, &text, errors) != STATUS_OK)
        *status = STATUS_INVALID;
    return text_take(&text);
}

static enum status check_sweep_keys(const struct configuration *configuration, struct error_list *errors)
{
    const struct setting *sweep = setting_get(&configuration->root, "sweep");
    size_t known = sizeof sweep_keys / sizeof *sweep_keys;
    enum status status = STATUS_OK;
    if (sweep && sweep->kind != SETTING_MAP && sweep->kind != SETTING_NULL)
        return setting_error(errors, sweep, "sweep is no map");
    for (size_t i = 0; sweep && i < sweep->count; i++) {
        const char *key = sweep->items[i].key, *nearest = NULL;
        unsigned least = 3;
        bool found = false;
        for (size_t j = 0; j < known; j++) {
            unsigned distance = selector_distance(sweep_keys[j], key, least);
            found = found || strcmp(sweep_keys[j], key) == 0;
            if (distance < least) {
                least = distance;
                nearest = sweep_keys[j];
            }
        }
        if (!found)
            status = setting_error(errors, &sweep->items[i], "unknown key %s in sweep%s%s%s", quote(key).bytes,
                nearest ? ", did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
    }
    return status;
}

/* "configs/cloudmask.yaml" gives "cloudmask". */
static char *name_of_file(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
    return memory_copy_span(base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
}

static enum status read_name(struct generation *generation, struct error_list *errors)
{
    const struct setting *from;
    struct error error;
    enum status status = STATUS_OK;
    const struct configuration *configuration = generation->configuration;
    char *given = sweep_text(generation, "name", &from, errors, &status);
    if (generation->options->name) {
        free(given);
        given = memory_copy_text(generation->options->name);
        from = NULL;
    }
    generation->name = given                       ? given
                       : configuration->file_count ? name_of_file(configuration->files[0])
                                                   : memory_copy_text("sweep");
    if (node_name_check(generation->name, &error) != STATUS_OK)
        status =
            setting_error(errors, from, "the name %s cannot be used: %s", quote(generation->name).bytes, error.message);
    return status;
}

/* The directory, absolute, so that it can be told and written to whatever happens to the working directory. */
static enum status read_output(struct generation *generation, struct error_list *errors)
{
    const struct setting *from;
    char folder[4096];
    enum status status = STATUS_OK;
    char *given = sweep_text(generation, "output", &from, errors, &status), *path = NULL;
    if (generation->options->output)
        path = memory_copy_text(generation->options->output);
    else
        path = given ? generation_path(from, given) : memory_copy_text(generation->name);
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        path[--length] = '\0';
    if (!*path || strpbrk(path, "\n\r"))
        status = setting_error(errors, from, "the output directory has an empty name or one of several lines");
    if (*path == '/')
        generation->output = memory_copy_text(path);
    else if (getcwd(folder, sizeof folder))
        generation->output = memory_format("%s/%s", folder, path);
    else
        status = setting_error(errors, NULL, "the working directory is not known: %s", strerror(errno));
    free(given);
    free(path);
    return status;
}

/* "job.in.slurm" gives "job.slurm", "job.sh.in" gives "job.sh". The caller frees it. */
static char *script_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *last = strrchr(base, '.');
    size_t length = strlen(base);
    if (length > 3 && strcmp(base + length - 3, ".in") == 0)
        return memory_copy_span(base, length - 3);
    if (last && last - base > 3 && strncmp(last - 3, ".in", 3) == 0)
        return memory_format("%.*s%s", (int)(last - base - 3), base, last);
    return memory_copy_text(base);
}

/* True for scripts of a shell, by their ending or their first line. */
static bool is_shell(const char *name, const char *text)
{
    static const char *const endings[] = {".sh", ".bash", ".slurm", ".sbatch", ".lsf", ".job"};
    const char *dot = strrchr(name, '.'), *end = strchr(text, '\n');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcmp(dot, endings[i]) == 0)
            return true;
    size_t length = end ? (size_t)(end - text) : strlen(text);
    char *first = memory_copy_span(text, length > 200 ? 200 : length);
    bool shell = strncmp(first, "#!", 2) == 0 && strstr(first, "sh") != NULL;
    free(first);
    return shell;
}

static enum status read_template(struct generation *generation, struct error_list *errors)
{
    const struct setting *from;
    struct error error;
    struct stat info;
    enum status status = STATUS_OK;
    char *given = sweep_text(generation, "template", &from, errors, &status);
    if (generation->options->template_path)
        generation->template_path = memory_copy_text(generation->options->template_path);
    else if (given)
        generation->template_path = generation_path(from, given);
    free(given);
    if (status != STATUS_OK)
        return status;
    if (!generation->template_path)
        return setting_error(errors, NULL, "there is no template: give --template=FILE, or sweep: {template: FILE}");
    generation->script_name = script_name(generation->template_path);
    if (stat(generation->template_path, &info) != 0)
        return setting_error(
            errors, from, "cannot read the template %s: %s", generation->template_path, strerror(errno));
    generation->template_mode = info.st_mode & 0777;
    if (text_read_file(&generation->template_text, generation->template_path, &error) != STATUS_OK)
        return setting_error(errors, from, "%s", error.message);
    if (strlen(generation->template_text.data) != generation->template_text.length)
        return setting_error(errors, from, "the template %s holds a NUL byte", generation->template_path);
    if (strcmp(generation->script_name, "config.yaml") == 0 ||
        strcmp(generation->script_name, "configuration.yaml") == 0 || strpbrk(generation->script_name, "\n\r"))
        return setting_error(errors, from, "the script cannot be called %s", quote(generation->script_name).bytes);
    generation->template_is_shell = is_shell(generation->script_name, generation->template_text.data);
    return STATUS_OK;
}

static enum status read_sites(struct generation *generation, struct error_list *errors)
{
    const struct setting *from;
    enum status status = STATUS_OK;
    if (!substitution_uses(generation->template_text.data, "slurm.sbatch"))
        return STATUS_OK;
    char *given = sweep_text(generation, "site", &from, errors, &status);
    char *path = given && !generation->options->site_path ? generation_path(from, given)
                                                          : memory_copy_text(generation->options->site_path);
    if (path && status == STATUS_OK)
        status = site_file_load(&generation->sites, path, errors);
    free(given);
    free(path);
    return status;
}

/* A file or folder under its own name. */
static enum status copy_one(
    struct generation *generation, const char *path, const struct setting *at, struct error_list *errors)
{
    char *trimmed = memory_copy_text(path);
    size_t length = strlen(trimmed);
    while (length > 1 && trimmed[length - 1] == '/')
        trimmed[--length] = '\0';
    const char *slash = strrchr(trimmed, '/'), *target = slash ? slash + 1 : trimmed;
    enum status status =
        strcmp(target, "config.yaml") == 0 || strcmp(target, generation->script_name) == 0
            ? setting_error(errors, at, "cannot copy %s: each permutation has a %s of its own", path, target)
            : copied_files_add(&generation->copied, trimmed, target, at, errors);
    free(trimmed);
    return status;
}

static enum status read_copies(struct generation *generation, struct error_list *errors)
{
    const struct setting *copy = setting_get(setting_get(&generation->configuration->root, "sweep"), "copy");
    enum status status = STATUS_OK;
    if (copy && copy->kind == SETTING_MAP)
        return setting_error(errors, copy, "copy is a map, expected a list of files and folders");
    for (size_t i = 0; copy && i < (copy->kind == SETTING_TEXT ? 1 : copy->count); i++) {
        const struct setting *item = copy->kind == SETTING_TEXT ? copy : &copy->items[i];
        if (item->kind != SETTING_TEXT)
            return setting_error(errors, item, "an item of copy is no name of a file or folder");
        char *path = generation_path(item, item->text);
        if (copy_one(generation, path, item, errors) != STATUS_OK)
            status = STATUS_INVALID;
        free(path);
    }
    for (size_t i = 0; i < generation->options->copies.count; i++)
        if (copy_one(generation, generation->options->copies.names[i], NULL, errors) != STATUS_OK)
            status = STATUS_INVALID;
    return status;
}

static enum status identify_all(struct generation *generation, struct error_list *errors)
{
    size_t count = generation->space.permutation_count;
    struct map *seen = map_new();
    struct text text;
    enum status status = STATUS_OK;
    text_init(&text, 0);
    generation->identifiers = memory_new_array(count, sizeof *generation->identifiers);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        uintptr_t other;
        text_clear(&text);
        parameter_space_identify(&generation->space, i, &text);
        generation->identifiers[i] = memory_copy_text(text.data);
        if (map_get(seen, text.data, &other)) {
            struct text both;
            text_init(&both, 0);
            parameter_space_describe(&generation->space, other, " ", &both);
            text_append_string(&both, " and ");
            parameter_space_describe(&generation->space, i, " ", &both);
            status = setting_error(errors, setting_get(&generation->configuration->root, "experiment"),
                "two permutations have the identifier %s: %s", text.data, both.data);
            text_release(&both);
        }
        map_set(seen, text.data, i);
    }
    map_free(seen);
    text_release(&text);
    return status;
}

static const char *environment(const char *name, void *argument)
{
    const struct generation_options *options = argument;
    for (size_t i = 0; !options->all_environment && i < options->environment.count; i++)
        if (strcmp(options->environment.names[i], name) == 0)
            return getenv(name);
    return options->all_environment ? getenv(name) : NULL;
}

static const char *variable(const char *name, void *argument)
{
    const struct settings *settings = ((const struct generation_options *)argument)->settings;
    return settings ? attributes_get(&settings->variables, name) : NULL;
}

enum status generation_new(struct generation **result, const struct configuration *configuration,
    const struct generation_options *options, struct error_list *errors)
{
    struct generation *generation = memory_new(sizeof *generation);
    generation->configuration = configuration;
    generation->options = options;
    parameter_space_init(&generation->space);
    configuration_init(&generation->sites);
    text_init(&generation->template_text, 0);
    text_init(&generation->sbatch, 0);
    text_init(&generation->card_name, 0);
    substitution_init(&generation->substitution, configuration, NULL);
    generation->substitution.environment = environment;
    generation->substitution.variable = variable;
    generation->substitution.argument = (void *)options;
    generation->substitution.bare = options->bare;
    enum status status = check_sweep_keys(configuration, errors);
    enum status (*const steps[])(struct generation *, struct error_list *) = {
        read_name, read_output, read_template, read_sites, read_copies};
    for (size_t i = 0; i < sizeof steps / sizeof *steps && status == STATUS_OK; i++)
        status = steps[i](generation, errors);
    if (status == STATUS_OK)
        status = parameter_space_read(&generation->space, configuration, errors);
    if (status == STATUS_OK)
        status = identify_all(generation, errors);
    if (status == STATUS_OK)
        status = plan_of_nodes_read(generation, errors);
    generation->substitution.space = &generation->space;
    *result = status == STATUS_OK ? generation : NULL;
    if (status != STATUS_OK)
        generation_free(generation);
    return status;
}

void generation_free(struct generation *generation)
{
    if (!generation)
        return;
    for (size_t i = 0; generation->identifiers && i < generation->space.permutation_count; i++)
        free(generation->identifiers[i]);
    free(generation->identifiers);
    plan_of_nodes_release(&generation->plan);
    copied_files_release(&generation->copied);
    configuration_release(&generation->sites);
    substitution_release(&generation->substitution);
    parameter_space_release(&generation->space);
    text_release(&generation->template_text);
    text_release(&generation->sbatch);
    text_release(&generation->card_name);
    free(generation->name);
    free(generation->output);
    free(generation->template_path);
    free(generation->script_name);
    free(generation);
}

char *generation_code_checksum(const struct generation *generation)
{
    struct checksum checksum;
    char buffer[CHECKSUM_TEXT_SIZE];
    checksum_init(&checksum);
    for (size_t i = 0; i < generation->copied.count; i++) {
        const struct copied_file *file = &generation->copied.files[i];
        checksum_add(&checksum, file->target, strlen(file->target) + 1);
        checksum_add(&checksum, file->bytes, file->length);
    }
    return memory_copy_text(checksum_text(&checksum, buffer));
}

static enum status put(struct deposit *deposit, const char *folder, const char *name, const char *bytes, size_t length,
    mode_t mode, struct error_list *errors)
{
    struct error error;
    char *path = *folder ? memory_format("%s/%s", folder, name) : memory_copy_text(name);
    enum status status = deposit_put(deposit, path, bytes, length, mode, &error);
    free(path);
    if (status != STATUS_OK)
        error_list_add(errors, status, "", 0, 0, "%s", error.message);
    return status;
}

static enum status put_copies(
    struct deposit *deposit, const char *folder, const struct copied_files *copied, struct error_list *errors)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < copied->count && status == STATUS_OK; i++) {
        const struct copied_file *file = &copied->files[i];
        status = put(deposit, folder, file->target, file->bytes, file->length, file->mode, errors);
    }
    return status;
}

static enum status write_permutation(
    struct generation *generation, struct deposit *deposit, size_t permutation, struct error_list *errors)
{
    struct text text;
    const char *folder = generation->identifiers[permutation];
    text_init(&text, 0);
    enum status status = generation_turn_to(generation, permutation, errors);
    if (status == STATUS_OK)
        status = put_copies(deposit, folder, &generation->copied, errors);
    if (status == STATUS_OK)
        status = generation_append_configuration(generation, &text, errors);
    if (status == STATUS_OK)
        status = put(deposit, folder, "config.yaml", text.data, text.length, 0644, errors);
    text_clear(&text);
    if (status == STATUS_OK)
        status = generation_append_script(generation, &text, errors);
    if (status == STATUS_OK)
        status =
            put(deposit, folder, generation->script_name, text.data, text.length, generation->template_mode, errors);
    text_release(&text);
    return status;
}

static enum status write_extra(struct deposit *deposit, const struct extra_nodes *nodes, struct error_list *errors)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < nodes->count && status == STATUS_OK; i++)
        status = put_copies(deposit, nodes->nodes[i].setting->key, &nodes->nodes[i].copied, errors);
    return status;
}

/* What all of it was made from: the configuration with what the command line set, and the template. */
static enum status write_sources(struct generation *generation, struct deposit *deposit, struct error_list *errors)
{
    const char *slash = strrchr(generation->template_path, '/');
    struct text text;
    text_init(&text, 0);
    generation->unresolved = true;
    enum status status = generation_append_members(generation, &generation->configuration->root, 0, &text, errors);
    generation->unresolved = false;
    if (status == STATUS_OK)
        status = put(deposit, GENERATION_SOURCES, "configuration.yaml", text.data, text.length, 0644, errors);
    if (status == STATUS_OK)
        status = put(deposit, GENERATION_SOURCES, slash ? slash + 1 : generation->template_path,
            generation->template_text.data, generation->template_text.length, generation->template_mode, errors);
    text_release(&text);
    return status;
}

static enum status write_all(struct generation *generation, struct deposit *deposit, struct error_list *errors)
{
    struct text text;
    text_init(&text, 1 << 30);
    enum status status = write_extra(deposit, &generation->plan.before, errors);
    if (status == STATUS_OK)
        status = write_extra(deposit, &generation->plan.after, errors);
    for (size_t i = 0; i < generation->space.permutation_count && status == STATUS_OK; i++)
        status = write_permutation(generation, deposit, i, errors);
    if (status == STATUS_OK)
        status = write_sources(generation, deposit, errors);
    if (status == STATUS_OK) {
        generation_append_experiments(generation, &text);
        status = put(deposit, "", "experiments.json", text.data, text.length, 0644, errors);
    }
    text_clear(&text);
    if (status == STATUS_OK)
        status = generation_append_workflow(generation, &text, errors);
    if (status == STATUS_OK)
        status = put(deposit, "", "workflow.yaml", text.data, text.length, 0644, errors);
    text_release(&text);
    return status;
}

void generation_report_init(struct generation_report *report)
{
    *report = (struct generation_report){0};
}

void generation_report_release(struct generation_report *report)
{
    name_list_release(&report->kept);
}

enum status generation_write(struct generation *generation, struct generation_report *report, struct error_list *errors)
{
    struct deposit deposit;
    struct error error = {.status = STATUS_OK};
    generation_report_init(report);
    enum status status = deposit_open(&deposit, generation->output, &error);
    if (status != STATUS_OK)
        return error_list_add(errors, status, "", 0, 0, "%s", error.message);
    status = write_all(generation, &deposit, errors);
    if (status == STATUS_OK && (status = deposit_finish(&deposit, &error)) != STATUS_OK)
        error_list_add(errors, status, "", 0, 0, "%s", error.message);
    report->created = deposit.created;
    report->changed = deposit.changed;
    report->unchanged = deposit.unchanged;
    report->left = deposit.left;
    for (size_t i = 0; i < deposit.kept_count; i++)
        name_list_add(&report->kept, deposit.kept[i]);
    deposit_release(&deposit);
    return status;
}

/* What submits the script where nobody but a person does: by kind, else by the script's ending. */
static const char *submission_command(const struct generation *generation, size_t permutation)
{
    const char *kind = plan_of_nodes_kind(generation, permutation), *dot = strrchr(generation->script_name, '.');
    if (strcmp(kind, "slurm") == 0 || (dot && (strcmp(dot, ".slurm") == 0 || strcmp(dot, ".sbatch") == 0)))
        return "sbatch";
    if (strcmp(kind, "lsf") == 0 || (dot && strcmp(dot, ".lsf") == 0))
        return "bsub";
    return "sh";
}

void generation_append_submission(const struct generation *generation, size_t permutation, struct text *text)
{
    char *folder = memory_format("%s/%s", generation->output, generation->identifiers[permutation]);
    const char *command = submission_command(generation, permutation);
    text_append_string(text, "(cd ");
    text_append_shell_quoted(text, folder);
    text_append_format(text, " && %s%s", command, strcmp(command, "bsub") == 0 ? " < " : " ");
    text_append_shell_quoted(text, generation->script_name);
    text_append_string(text, ")  # ");
    size_t start = text->length;
    parameter_space_describe(&generation->space, permutation, " ", text);
    for (size_t i = start; i < text->length; i++)
        if ((unsigned char)text->data[i] < ' ' || text->data[i] == 0x7f)
            text->data[i] = ' ';
    free(folder);
}
