/* SPDX-License-Identifier: Apache-2.0 */
#include "site_file.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dagtop/base/memory.h"

static int is_yaml(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 && strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

enum status site_file_load(struct configuration *sites, const char *path, struct error_list *errors)
{
    struct stat info;
    struct dirent **entries;
    enum status status = STATUS_OK;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        return configuration_add_file(sites, path, errors);
    int count = scandir(path, &entries, is_yaml, alphasort);
    for (int i = 0; i < count; i++) {
        char *file = memory_format("%s/%s", path, entries[i]->d_name);
        if (status == STATUS_OK)
            status = configuration_add_file(sites, file, errors);
        free(file);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return status;
}

static void append_names(struct text *text, const struct setting *map)
{
    for (size_t i = 0; map && i < map->count; i++)
        text_append_format(text, "%s%s", i ? ", " : "", map->items[i].key);
}

/* The member of a map, or a mistake that names those that there are. */
static const struct setting *find(const struct setting *map, const char *what, const char *name,
    const struct setting *asking, struct error_list *errors)
{
    const struct setting *found = setting_get(map, name);
    struct text names;
    if (found)
        return found;
    text_init(&names, 1024);
    append_names(&names, map);
    setting_error(errors, asking, "no site file has the %s %s for {slurm.sbatch}, there %s %s", what, quote(name).bytes,
        names.length ? "are" : "is", names.length ? names.data : "none");
    text_release(&names);
    return NULL;
}

/* What a value must stand between, so that sbatch takes it as one word; NULL: nothing will do. */
static const char *quotes_of(const char *value)
{
    size_t length = strlen(value);
    bool is_quoted = length > 1 && strchr("'\"", *value) && value[length - 1] == *value;
    if (is_quoted || !value[strcspn(value, " \t#'\"\\")])
        return "";
    return !strchr(value, '"') ? "\"" : !strchr(value, '\'') ? "'" : NULL;
}

static enum status append_options(
    struct text *text, const struct setting *options, const struct setting *but, struct error_list *errors)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    for (size_t i = 0; i < options->count; i++) {
        const struct setting *option = &options->items[i];
        if (setting_get(but, option->key))
            continue;
        if (!*option->key || option->key[strspn(option->key, letters)] || *option->key == '-')
            return setting_error(errors, option, "%s is no long option of sbatch", quote(option->key).bytes);
        if (option->kind == SETTING_LIST || option->kind == SETTING_MAP ||
            (option->text && strpbrk(option->text, "\n\r")))
            return setting_error(errors, option, "%s is no text of one line", option->key);
        const char *quotes = quotes_of(option->text ? option->text : "");
        if (!quotes)
            return setting_error(errors, option, "%s holds both kinds of quotes", option->key);
        text_append_format(text, "%s#SBATCH --%s%s%s%s%s", text->length ? "\n" : "", option->key,
            option->text ? "=" : "", quotes, option->text ? option->text : "", quotes);
    }
    return STATUS_OK;
}

enum status site_file_append_sbatch(const struct configuration *sites, const char *host, const char *directive,
    const struct setting *asking, struct text *text, struct error_list *errors)
{
    const struct setting *site = find(&sites->root, "host", host, asking, errors);
    const struct setting *options = site ? find(site, "directive", directive, asking, errors) : NULL;
    const struct setting *defaults = setting_get(site, "defaults");
    if (!options)
        return STATUS_INVALID;
    enum status status = append_options(text, options, NULL, errors);
    if (status == STATUS_OK && defaults && defaults->kind == SETTING_MAP)
        status = append_options(text, defaults, options, errors);
    return status;
}
