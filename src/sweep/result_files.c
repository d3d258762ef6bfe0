/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/sweep/result_files.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "dagtop/load/document.h"

enum { NESTING_LIMIT = 8 };

static void add_metrics(struct report *report, const char *prefix, const struct value *map, unsigned nesting)
{
    for (size_t i = 0; i < map->count && map->kind == VALUE_MAP; i++) {
        char *key = memory_format("%s%s%s", prefix, *prefix ? "." : "", map->items[i].key->text);
        if (map->items[i].value->kind == VALUE_TEXT)
            report_set_metric(report, key, map->items[i].value->text);
        else if (nesting < NESTING_LIMIT)
            add_metrics(report, key, map->items[i].value, nesting + 1);
        free(key);
    }
}

/* The first mistake as a sentence. */
static char *first_mistake(const struct error_list *errors, const char *path)
{
    return memory_format("%s: %s", path, errors->count ? errors->errors[0].message : "not readable");
}

static bool read_json(const char *path, struct report *report, char **trouble)
{
    struct error_list errors;
    struct reading reading;
    struct document *document;
    const struct value *root;
    error_list_init(&errors);
    reading_init(&reading, path, &errors, NULL);
    bool fine = document_load(&reading, path, &document, &root) == STATUS_OK && root->kind == VALUE_MAP;
    if (fine)
        add_metrics(report, "", root, 0);
    else
        *trouble = first_mistake(&errors, path);
    document_free(document);
    error_list_release(&errors);
    return fine;
}

/* Takes the next field of a line of CSV (RFC 4180) out of *at; false at the end of the line. */
static bool next_field(const char **at, struct text *field)
{
    text_clear(field);
    if (!**at || **at == '\n' || **at == '\r')
        return false;
    bool quoted = false;
    for (; **at && (quoted || !strchr(",\r\n", **at)); ++*at) {
        bool doubled = quoted && **at == '"' && (*at)[1] == '"';
        if (**at == '"' && !doubled) {
            quoted = !quoted;
            continue;
        }
        *at += doubled;
        text_append_byte(field, **at);
    }
    if (**at == ',')
        ++*at;
    return true;
}

static bool read_csv(const char *path, struct report *report, char **trouble)
{
    struct text content, name, value;
    struct error error;
    text_init(&content, RESULT_FILE_LIMIT);
    text_init(&name, 4096);
    text_init(&value, STATUS_LINE_LIMIT);
    bool fine = text_read_file(&content, path, &error) == STATUS_OK;
    while (content.length && strchr("\r\n", content.data[content.length - 1]))
        text_truncate(&content, content.length - 1);
    const char *last = fine ? strrchr(content.data, '\n') : NULL, *head = content.data;
    if (!last)
        *trouble = memory_format("%s: %s", path, fine ? "expected a line of names and one of values" : error.message);
    for (last = last ? last + 1 : NULL; last && next_field(&head, &name) && next_field(&last, &value);)
        report_set_metric(report, name.data, value.data);
    text_release(&content);
    text_release(&name);
    text_release(&value);
    return last != NULL;
}

bool result_files_read(const char *folder, struct report *report, char **trouble)
{
    static const struct {
        const char *name;
        bool (*read)(const char *path, struct report *report, char **trouble);
    } kinds[] = {{"results.json", read_json}, {"results.csv", read_csv}};
    char *complaint = NULL;
    bool found = false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !found; i++) {
        char *path = memory_format("%s/%s", folder, kinds[i].name);
        free(complaint);
        complaint = NULL;
        found = access(path, R_OK) == 0 && kinds[i].read(path, report, &complaint);
        free(path);
        if (complaint)
            break;
    }
    if (trouble)
        *trouble = complaint;
    else
        free(complaint);
    return found;
}

static int is_log(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && entry->d_name[0] != '.' && (strcmp(dot, ".out") == 0 || strcmp(dot, ".log") == 0);
}

static void read_log(const char *path, struct report *report)
{
    struct text content;
    struct error error;
    bool continued = false;
    text_init(&content, RESULT_FILE_LIMIT);
    if (text_read_file(&content, path, &error) == STATUS_OK)
        for (const char *line = content.data, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
            continued = report_add_line(report, line, (size_t)(end - line), continued);
    text_release(&content);
}

bool result_files_read_logs(const char *folder, struct report *report)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_log, alphasort);
    for (int i = 0; i < count; i++) {
        char *path = memory_format("%s/%s", folder, entries[i]->d_name);
        read_log(path, report);
        free(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return report->any;
}

static char *text_of(const struct value *map, const char *key)
{
    const struct value *value = value_get(map, key);
    return value && value->kind == VALUE_TEXT ? memory_copy_text(value->text) : NULL;
}

static void add_all(struct attributes *attributes, const struct value *map)
{
    for (size_t i = 0; map && map->kind == VALUE_MAP && i < map->count; i++)
        if (map->items[i].value->kind == VALUE_TEXT)
            attributes_set(attributes, map->items[i].key->text, map->items[i].value->text);
}

static bool read_row(struct result_table *table, const struct value *value, const char *path)
{
    struct result_row row = {.name = text_of(value, "name"), .progress = -1};
    char *state = text_of(value, "state"), *started = text_of(value, "started"), *ended = text_of(value, "ended");
    char *attempt = text_of(value, "attempt");
    bool fine = row.name && state && state_from_word(state, &row.state);
    if (fine) {
        row.kind = text_of(value, "kind");
        row.host = text_of(value, "host");
        row.jobid = text_of(value, "jobid");
        row.source = memory_copy_text(path);
        row.attempt = attempt ? (unsigned)strtoul(attempt, NULL, 10) : 0;
        if (started)
            clock_parse_utc(started, &row.started);
        if (ended)
            clock_parse_utc(ended, &row.ended);
        const struct value *parameters = value_get(value, "parameters"), *metrics = value_get(value, "metrics");
        add_all(&row.parameters, parameters);
        add_all(&row.metrics, metrics);
        add_all(&row.versions, value_get(value, "versions"));
        result_table_add(table, &row);
    }
    result_row_release(&row);
    free(state);
    free(started);
    free(ended);
    free(attempt);
    return fine;
}

enum status result_files_add_table(struct result_table *table, const char *path, struct error_list *errors)
{
    struct reading reading;
    struct document *document;
    const struct value *root;
    reading_init(&reading, path, errors, NULL);
    enum status status = document_load(&reading, path, &document, &root);
    const struct value *results = status == STATUS_OK ? value_get(root, "results") : NULL;
    if (status == STATUS_NOT_FOUND)
        reading_error(&reading, (struct place){0}, "there is no such file");
    else if (status == STATUS_OK && (!results || results->kind != VALUE_LIST))
        reading_error(&reading, root->place, "there are no results, expected what dagtop results --format=json prints");
    for (size_t i = 0; results && results->kind == VALUE_LIST && i < results->count; i++)
        if (results->items[i].value->kind != VALUE_MAP || !read_row(table, results->items[i].value, path))
            reading_error(&reading, results->items[i].value->place, "this is no row of results");
    document_free(document);
    return reading_finish(&reading);
}
