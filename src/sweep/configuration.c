/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/sweep/configuration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"
#include "dagtop/load/document.h"

void configuration_init(struct configuration *configuration)
{
    *configuration = (struct configuration){.root = {.kind = SETTING_MAP, .file = ""}};
}

static void setting_release(struct setting *setting)
{
    for (size_t i = 0; i < setting->count; i++)
        setting_release(&setting->items[i]);
    free(setting->items);
    free(setting->key);
    free(setting->text);
    *setting = (struct setting){0};
}

void configuration_release(struct configuration *configuration)
{
    setting_release(&configuration->root);
    for (size_t i = 0; i < configuration->file_count; i++)
        free(configuration->files[i]);
    free(configuration->files);
    *configuration = (struct configuration){0};
}

enum status setting_error(struct error_list *errors, const struct setting *setting, const char *format, ...)
{
    struct text sentence, safe;
    va_list arguments;
    text_init(&sentence, 0);
    text_init(&safe, 0);
    va_start(arguments, format);
    text_append_format_list(&sentence, format, arguments);
    va_end(arguments);
    utf8_append_safe(&safe, sentence.data, sentence.length);
    error_list_add(errors, STATUS_INVALID, setting && setting->file ? setting->file : "",
        setting ? setting->place.line : 0, setting ? setting->place.column : 0, "%s", safe.data);
    text_release(&sentence);
    text_release(&safe);
    return STATUS_INVALID;
}

/* The index of key in a map, or its count. */
static size_t index_of(const struct setting *map, const char *key)
{
    size_t i = 0;
    while (i < map->count && strcmp(map->items[i].key, key) != 0)
        i++;
    return i;
}

const struct setting *setting_get(const struct setting *map, const char *key)
{
    if (!map || map->kind != SETTING_MAP)
        return NULL;
    size_t i = index_of(map, key);
    return i < map->count ? &map->items[i] : NULL;
}

static const struct setting *find(const struct setting *map, const char *path)
{
    const struct setting *whole = setting_get(map, path);
    if (whole || !map || map->kind != SETTING_MAP)
        return whole;
    for (size_t i = 0; i < map->count; i++) {
        size_t length = strlen(map->items[i].key);
        if (strncmp(path, map->items[i].key, length) != 0 || path[length] != '.')
            continue;
        const struct setting *found = find(&map->items[i], path + length + 1);
        if (found)
            return found;
    }
    return NULL;
}

const struct setting *configuration_find(const struct configuration *configuration, const char *path)
{
    return find(&configuration->root, path);
}

static struct setting *add_item(struct setting *owner)
{
    memory_grow(&owner->items, &owner->capacity, owner->count + 1, sizeof *owner->items);
    owner->items[owner->count] = (struct setting){.file = ""};
    return &owner->items[owner->count++];
}

/* A copy of a document's value; false where there are too many. */
static bool copy_value(
    struct configuration *configuration, struct setting *setting, const struct value *value, const char *file)
{
    static const enum setting_kind kinds[] = {[VALUE_NULL] = SETTING_NULL,
        [VALUE_TEXT] = SETTING_TEXT,
        [VALUE_LIST] = SETTING_LIST,
        [VALUE_MAP] = SETTING_MAP};
    if (++configuration->setting_count > CONFIGURATION_SETTINGS_LIMIT)
        return false;
    setting->kind = kinds[value->kind];
    setting->file = file;
    setting->place = value->place;
    setting->plain = value->plain;
    setting->text = value->kind == VALUE_TEXT ? memory_copy_text(value->text) : NULL;
    for (size_t i = 0; i < value->count; i++) {
        struct setting *item = add_item(setting);
        item->key = value->items[i].key ? memory_copy_text(value->items[i].key->text) : NULL;
        if (!copy_value(configuration, item, value->items[i].value, file))
            return false;
    }
    return true;
}

/* Takes the top-level keys of a document. */
static enum status merge(
    struct configuration *configuration, struct reading *reading, const struct value *root, const char *file)
{
    for (size_t i = 0; i < root->count; i++) {
        const char *key = root->items[i].key->text;
        size_t at = index_of(&configuration->root, key);
        struct setting *target =
            at < configuration->root.count ? &configuration->root.items[at] : add_item(&configuration->root);
        setting_release(target);
        target->key = memory_copy_text(key);
        if (!copy_value(configuration, target, root->items[i].value, file)) {
            reading_error(reading, root->items[i].key->place,
                "the configuration holds over %d settings, expected fewer", CONFIGURATION_SETTINGS_LIMIT);
            break;
        }
        target->place = root->items[i].key->place;
    }
    return reading_finish(reading);
}

static char *add_name(struct configuration *configuration, const char *name)
{
    memory_grow(&configuration->files, &configuration->file_capacity, configuration->file_count + 1,
        sizeof *configuration->files);
    return configuration->files[configuration->file_count++] = memory_copy_text(name);
}

static enum status add_root(struct configuration *configuration, struct reading *reading, const struct value *root)
{
    if (root->kind == VALUE_MAP)
        return merge(configuration, reading, root, reading->file);
    reading_error(reading, root->place, "the file holds %s, expected a map", value_describe(root).bytes);
    return reading_finish(reading);
}

enum status configuration_add_bytes(
    struct configuration *configuration, const char *name, const char *bytes, size_t length, struct error_list *errors)
{
    struct reading reading;
    struct document *document;
    const struct value *root;
    reading_init(&reading, add_name(configuration, name), errors, NULL);
    enum status status = document_parse(&reading, bytes, length, &document, &root);
    if (status == STATUS_OK)
        status = add_root(configuration, &reading, root);
    document_free(document);
    return status;
}

enum status configuration_add_file(struct configuration *configuration, const char *path, struct error_list *errors)
{
    struct reading reading;
    struct document *document;
    const struct value *root;
    reading_init(&reading, add_name(configuration, path), errors, NULL);
    enum status status = document_load(&reading, path, &document, &root);
    if (status == STATUS_NOT_FOUND)
        return error_list_add(errors, STATUS_NOT_FOUND, path, 0, 0, "%s", strerror(ENOENT));
    if (status == STATUS_OK)
        status = add_root(configuration, &reading, root);
    document_free(document);
    return status;
}

/* Sets what is at path below map to value. */
static enum status set_path(
    struct configuration *configuration, const char *path, const char *value, bool plain, struct error *error)
{
    struct setting *map = &configuration->root;
    for (const char *dot; (dot = strchr(path, '.')) != NULL; path = dot + 1) {
        char *key = memory_copy_span(path, (size_t)(dot - path));
        size_t at = index_of(map, key);
        if (at == map->count)
            *add_item(map) = (struct setting){.kind = SETTING_MAP, .key = memory_copy_text(key), .file = ""};
        map = &map->items[at];
        if (map->kind == SETTING_NULL)
            map->kind = SETTING_MAP;
        if (map->kind != SETTING_MAP)
            error_set(error, STATUS_INVALID, "\"%s\" is no map, \"%s\" cannot be set in it", key, dot + 1);
        free(key);
        if (map->kind != SETTING_MAP)
            return STATUS_INVALID;
    }
    size_t at = index_of(map, path);
    struct setting *target = at < map->count ? &map->items[at] : add_item(map);
    setting_release(target);
    *target = (struct setting){.kind = SETTING_TEXT,
        .key = memory_copy_text(path),
        .text = memory_copy_text(value),
        .plain = plain,
        .file = ""};
    return STATUS_OK;
}

/* The end of a piece: the next separator outside brackets and quotes. */
static const char *piece_end(const char *at, char separator)
{
    char quote_byte = 0;
    for (int depth = 0; *at; at++) {
        if (quote_byte)
            quote_byte = *at == quote_byte ? 0 : quote_byte;
        else if (*at == '"' || *at == '\'')
            quote_byte = *at;
        else if (*at == '[')
            depth++;
        else if (*at == ']')
            depth--;
        else if (*at == separator && depth <= 0)
            break;
    }
    return at;
}

/* Bytes of the path before '=' where a piece begins an assignment; 0 where it does not. */
static size_t path_length(const char *piece, const char *end)
{
    const char *at = piece;
    while (at < end && (strchr("_-.", *at) || (*at >= '0' && *at <= '9') || ((*at | 32) >= 'a' && (*at | 32) <= 'z')))
        at++;
    bool well_formed = at < end && *at == '=' && at > piece && *piece != '.' && at[-1] != '.';
    return well_formed ? (size_t)(at - piece) : 0;
}

static enum status assign(
    struct configuration *configuration, const char *prefix, const char *piece, const char *end, struct error *error)
{
    size_t length = path_length(piece, end);
    const char *value = piece + length + 1;
    bool quoted = end - value >= 2 && (*value == '"' || *value == '\'') && end[-1] == *value;
    char *path = memory_format("%s%.*s", prefix, (int)length, piece);
    char *text = memory_copy_span(value + quoted, (size_t)(end - value) - 2 * quoted);
    enum status status = set_path(configuration, path, text, !quoted && !*prefix, error);
    free(path);
    free(text);
    return status;
}

static enum status set_all(struct configuration *configuration, const char *prefix, const char *assignments,
    char separator, struct error *error)
{
    const char *piece = assignments + strspn(assignments, " \t\n");
    enum status status = STATUS_OK;
    while (*piece && status == STATUS_OK) {
        const char *end = piece_end(piece, separator), *next;
        if (!path_length(piece, end))
            return error_set(error, STATUS_INVALID, "\"%s\" is no assignment, expected KEY=VALUE", piece);
        while (*end) {
            next = end + 1 + strspn(end + 1, " \t\n");
            const char *next_end = piece_end(next, separator);
            if (!*next || path_length(next, next_end))
                break;
            end = next_end;
        }
        status = assign(configuration, prefix, piece, end, error);
        piece = *end ? end + 1 + strspn(end + 1, " \t\n") : end;
    }
    return status;
}

enum status configuration_set(struct configuration *configuration, const char *assignments, struct error *error)
{
    return set_all(configuration, "", assignments, ',', error);
}

enum status configuration_set_experiment(
    struct configuration *configuration, const char *assignments, struct error *error)
{
    return set_all(configuration, "experiment.", assignments, ' ', error);
}
