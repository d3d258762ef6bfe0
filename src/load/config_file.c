/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/load/config_file.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "workflow_nodes.h"

#define FIELD(name) offsetof(struct host_settings, name)

enum { DAY = 24 * 3600 };

static const char *const transports[] = {"auto", "libssh", "openssh", NULL};
static const char *const armed_words[] = {"ask", "yes", "no", NULL};
static const char *const notice_words[] = {"yes", "all", "no", NULL};
static const char *const layout_words[] = {"auto", "wide", "tall", "single", NULL};
static const char *const yes_or_no[] = {"yes", "no", NULL};

static const struct schema_row host_rows[] = {
    {"user", SCHEMA_NAME, .offset = FIELD(user)},
    {"port", SCHEMA_NUMBER, .offset = FIELD(port), .lowest = 1, .highest = 65535},
    {"transport", SCHEMA_CHOICE, .offset = FIELD(transport), .choices = transports},
    {"base", SCHEMA_LINE, .offset = FIELD(base)},
    {"interval", SCHEMA_DURATION, .offset = FIELD(interval), .lowest = 1, .highest = DAY},
    {"queue_interval", SCHEMA_DURATION, .offset = FIELD(queue_interval), .lowest = 10, .highest = DAY},
    {"jobs", SCHEMA_NUMBER, .offset = FIELD(jobs), .lowest = 1, .highest = 10000},
    {"gpus", SCHEMA_NUMBER, .offset = FIELD(gpus), .highest = 1024},
    {"python", SCHEMA_LINE, .offset = FIELD(python)},
    {"prologue", SCHEMA_TEXT, .offset = FIELD(prologue)},
};
static const struct schema host_schema = {host_rows, sizeof host_rows / sizeof *host_rows, schema_refuse};

static const struct schema_row config_rows[] = {
    {.key = "hosts", .type = SCHEMA_SECTION},
    {.key = "variables", .type = SCHEMA_SECTION},
    {.key = "defaults", .type = SCHEMA_SECTION},
    {"theme", SCHEMA_LINE, .offset = offsetof(struct settings, theme)},
    {"keys", SCHEMA_WORDS, .offset = offsetof(struct settings, keys)},
    {"armed", SCHEMA_CHOICE, .offset = offsetof(struct settings, armed), .choices = armed_words},
    {"layout", SCHEMA_CHOICE, .offset = offsetof(struct settings, layout), .choices = layout_words},
    {"mouse", SCHEMA_CHOICE, .offset = offsetof(struct settings, mouse), .choices = yes_or_no},
    {"title", SCHEMA_CHOICE, .offset = offsetof(struct settings, title), .choices = yes_or_no},
    {"bell", SCHEMA_CHOICE, .offset = offsetof(struct settings, bell), .choices = notice_words},
    {"notify", SCHEMA_CHOICE, .offset = offsetof(struct settings, notify), .choices = notice_words},
    {"on_failed", SCHEMA_LINE, .offset = offsetof(struct settings, on_failed)},
    {"on_done", SCHEMA_LINE, .offset = offsetof(struct settings, on_done)},
    {"on_end", SCHEMA_LINE, .offset = offsetof(struct settings, on_end)},
};
static const struct schema config_schema = {config_rows, sizeof config_rows / sizeof *config_rows, schema_refuse};

char *config_file_path(void)
{
    const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (folder && folder[0] == '/')
        return memory_format("%s/dagtop/config.yaml", folder);
    return home && *home ? memory_format("%s/.config/dagtop/config.yaml", home) : NULL;
}

static void read_host(struct reading *reading, struct settings *settings, const struct value_item *item)
{
    const char *name = item->key->text;
    reading_about(reading, "host", name);
    if (!*name || !schema_is_name(name)) {
        reading_error(reading, item->key->place, "expected a name without blanks and without a leading '-'");
        return;
    }
    memory_grow(&settings->hosts, &settings->host_capacity, settings->host_count + 1, sizeof *settings->hosts);
    struct host_settings *host = &settings->hosts[settings->host_count++];
    *host = (struct host_settings){.name = memory_copy_text(name)};
    if (schema_is_map(reading, "it", item->value))
        schema_apply(reading, &host_schema, host, item->value);
}

static void read_hosts(struct reading *reading, struct settings *settings, const struct value *hosts)
{
    if (!schema_is_map(reading, "hosts", hosts))
        return;
    for (size_t i = 0; i < hosts->count; i++)
        read_host(reading, settings, &hosts->items[i]);
    reading_about(reading, NULL, NULL);
}

/* All items of a map, nested keys joined by '.'. */
static void read_map(struct reading *reading, struct attributes *attributes, const char *name, const struct value *map)
{
    if (!schema_is_map(reading, name, map))
        return;
    for (size_t i = 0; i < map->count; i++)
        schema_flatten(reading, attributes, map->items[i].key->text, map->items[i].value);
}

static void read_config(struct reading *reading, struct settings *settings, const struct value *root)
{
    const struct value *hosts = value_get(root, "hosts"), *variables = value_get(root, "variables");
    const struct value *defaults = value_get(root, "defaults");
    if (!schema_is_map(reading, "the file", root))
        return;
    schema_apply(reading, &config_schema, settings, root);
    if (hosts)
        read_hosts(reading, settings, hosts);
    if (variables)
        read_map(reading, &settings->variables, "variables", variables);
    if (defaults)
        workflow_nodes_read_defaults(reading, defaults, &settings->defaults);
}

enum status config_file_load(const char *path, struct settings *settings, struct error_list *errors)
{
    struct reading reading;
    struct document *document;
    const struct value *root;
    reading_init(&reading, path, errors, NULL);
    enum status status = document_load(&reading, path, &document, &root);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    if (status != STATUS_OK)
        return status;
    read_config(&reading, settings, root);
    document_free(document);
    return reading_finish(&reading);
}

enum status config_file_load_map(const char *path, struct attributes *attributes, struct error_list *errors)
{
    struct reading reading;
    struct document *document;
    const struct value *root;
    reading_init(&reading, path, errors, NULL);
    enum status status = document_load(&reading, path, &document, &root);
    if (status == STATUS_NOT_FOUND)
        reading_error(&reading, (struct place){0}, "there is no such file");
    if (status != STATUS_OK)
        return status;
    read_map(&reading, attributes, "the file", root);
    document_free(document);
    return reading_finish(&reading);
}
