/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/load/workflow_file.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/checksum.h"
#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"
#include "workflow_dependencies.h"
#include "workflow_nodes.h"

enum { JOBS_LIMIT = 10000 };

static void set_name(struct reading *reading, void *target, const struct value *value)
{
    struct workflow *workflow = target;
    struct error error;
    if (value->kind != VALUE_TEXT)
        reading_error(reading, value->place, "name is %s, expected a text", value_describe(value).bytes);
    else if (node_name_check(value->text, &error) != STATUS_OK)
        reading_error(
            reading, value->place, "name is %s, expected a name that can be a directory", quote(value->text).bytes);
    else
        workflow->name = memory_copy_text(value->text);
}

/* A misspelt key would silently lose a section; anything else, cloudmesh-cc passes over. */
static void doubt_unknown(
    struct reading *reading, const struct schema *schema, void *target, const struct value_item *item)
{
    (void)target;
    const char *key = item->key->text, *nearest = schema_nearest(schema, key);
    if (nearest)
        reading_error(
            reading, item->key->place, "unknown key %s, did you mean %s?", quote(key).bytes, quote(nearest).bytes);
    else
        reading_warn(reading, item->key->place, "unknown key %s, ignored", quote(key).bytes);
}

static const struct schema_row workflow_rows[] = {
    {"name", SCHEMA_SPECIAL, .set = set_name},
    {"directory", SCHEMA_LINE, .offset = offsetof(struct workflow, directory)},
    {"jobs", SCHEMA_NUMBER, .offset = offsetof(struct workflow, jobs), .lowest = 1, .highest = JOBS_LIMIT},
    {.key = "defaults", .type = SCHEMA_SECTION},
    {.key = "nodes", .type = SCHEMA_SECTION},
    {.key = "dependencies", .type = SCHEMA_SECTION},
    {.key = "colors", .type = SCHEMA_SECTION},
};
static const struct schema workflow_schema = {
    workflow_rows, sizeof workflow_rows / sizeof *workflow_rows, doubt_unknown};

static const struct schema_row file_rows[] = {
    {.key = "workflow", .type = SCHEMA_SECTION}, {.key = "colors", .type = SCHEMA_SECTION}};
static const struct schema file_schema = {file_rows, sizeof file_rows / sizeof *file_rows, doubt_unknown};

static const struct schema_row color_rows[] = {
    {"status", SCHEMA_WORDS, .offset = offsetof(struct workflow, colors)},
};
static const struct schema color_schema = {color_rows, 1, schema_ignore};

static void read_colors(struct reading *reading, struct workflow *workflow, const struct value *colors)
{
    reading_about(reading, "colors", NULL);
    if (colors && schema_is_map(reading, "it", colors))
        schema_apply(reading, &color_schema, workflow, colors);
    reading_about(reading, NULL, NULL);
}

/* The workflow's name where the file gives none: the file's without its ending. */
static void take_name_of_file(struct reading *reading, struct workflow *workflow, struct place place)
{
    const char *slash = strrchr(reading->file, '/'), *base = slash ? slash + 1 : reading->file;
    const char *dot = strrchr(base, '.');
    struct error error;
    workflow->name = memory_copy_span(base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
    if (node_name_check(workflow->name, &error) != STATUS_OK)
        reading_error(reading, place,
            "the file's name makes the workflow's name %s, expected a name that can be a directory",
            quote(workflow->name).bytes);
}

static void read_graph(
    struct reading *reading, struct workflow *workflow, const struct value *section, const struct settings *settings)
{
    static const struct value nothing = {.kind = VALUE_NULL, .text = ""};
    const struct value *nodes = value_get(section, "nodes"), *dependencies = value_get(section, "dependencies");
    const struct value *defaults = value_get(section, "defaults");
    if (!nodes && !dependencies)
        reading_error(
            reading, section->place, "the workflow has neither nodes nor dependencies, expected a map of nodes");
    if (defaults && !workflow_nodes_check_defaults(reading, defaults))
        defaults = NULL;
    struct node_reader reader = {.reading = reading,
        .workflow = workflow,
        .defaults = defaults,
        .settings = settings,
        .saved = dependencies && dependencies->kind == VALUE_MAP,
        .files = map_new()};
    workflow_nodes_read(&reader, nodes ? nodes : &nothing);
    workflow_dependencies_read(reading, workflow, dependencies ? dependencies : &nothing, workflow->node_count > 0);
    workflow_nodes_complete_others(&reader);
    if (!workflow->node_count && !reading->failed)
        reading_warn(reading, section->place, "the workflow has no nodes");
    map_free(reader.files);
}

/* The section workflow, or NULL and told. */
static const struct value *find_section(struct reading *reading, const struct value *root)
{
    const struct value *section = value_get(root, "workflow");
    if (section && section->kind == VALUE_MAP)
        return section;
    if (section)
        reading_error(
            reading, section->place, "workflow is %s, expected a map with nodes", value_describe(section).bytes);
    else if (root->kind != VALUE_MAP)
        reading_error(
            reading, root->place, "the file is %s, expected a map with the key workflow", value_describe(root).bytes);
    else if (!reading->failed)
        reading_error(reading, root->place, "the file has no key workflow, expected it at the top");
    return NULL;
}

static void read_file(
    struct reading *reading, struct workflow *workflow, const struct value *root, const struct settings *settings)
{
    if (root->kind == VALUE_MAP)
        schema_apply(reading, &file_schema, workflow, root);
    const struct value *section = find_section(reading, root);
    if (!section)
        return;
    reading_about(reading, "workflow", NULL);
    schema_apply(reading, &workflow_schema, workflow, section);
    reading_about(reading, NULL, NULL);
    read_colors(reading, workflow, value_get(root, "colors"));
    read_colors(reading, workflow, value_get(section, "colors"));
    if (!workflow->name)
        take_name_of_file(reading, workflow, section->place);
    read_graph(reading, workflow, section, settings);
}

/* The absolute path of the folder that path lies in. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? memory_copy_span(path, (size_t)(slash - path) + (slash == path)) : memory_copy_text(".");
    char *absolute = realpath(folder, NULL);
    if (!absolute)
        return folder;
    free(folder);
    return absolute;
}

/* Makes the workflow of a tree. Frees the document. */
static enum status build(struct reading *reading, struct document *document, const struct value *root,
    const struct settings *settings, struct workflow **workflow)
{
    struct workflow *built = workflow_new();
    built->folder = folder_of(reading->file);
    read_file(reading, built, root, settings);
    document_free(document);
    enum status status = reading_finish(reading);
    if (status == STATUS_OK)
        *workflow = built;
    else
        workflow_free(built);
    return status;
}

static char *sum_up(const struct text *text)
{
    struct checksum checksum;
    char words[CHECKSUM_TEXT_SIZE];
    checksum_init(&checksum);
    checksum_add(&checksum, text->data, text->length);
    return memory_copy_text(checksum_text(&checksum, words));
}

enum status workflow_file_parse(const char *bytes, size_t length, const char *name, const struct settings *settings,
    struct workflow **workflow, struct error_list *errors, struct error_list *warnings)
{
    struct reading reading;
    struct document *document;
    const struct value *root;
    *workflow = NULL;
    reading_init(&reading, name, errors, warnings);
    enum status status = document_parse(&reading, bytes, length, &document, &root);
    return status == STATUS_OK ? build(&reading, document, root, settings, workflow) : status;
}

enum status workflow_file_load(const char *path, const struct settings *settings, struct workflow **workflow,
    struct error_list *errors, struct error_list *warnings)
{
    struct reading reading;
    struct text text;
    *workflow = NULL;
    reading_init(&reading, path, errors, warnings);
    text_init(&text, 0);
    enum status status = document_read(&reading, path, &text);
    if (status == STATUS_NOT_FOUND)
        reading_error(&reading, (struct place){0}, "there is no such file");
    if (status == STATUS_OK)
        status = workflow_file_parse(text.data, text.length, path, settings, workflow, errors, warnings);
    if (status == STATUS_OK) {
        const char *slash = strrchr(path, '/'), *folder = (*workflow)->folder;
        (*workflow)->file = memory_format("%s/%s", strcmp(folder, "/") == 0 ? "" : folder, slash ? slash + 1 : path);
        (*workflow)->checksum = sum_up(&text);
    }
    text_release(&text);
    return status;
}

char *workflow_file_sum(const char *path, struct error *error)
{
    struct text text;
    text_init(&text, DOCUMENT_BYTES_LIMIT + 1);
    char *checksum = text_read_file(&text, path, error) == STATUS_OK ? sum_up(&text) : NULL;
    text_release(&text);
    return checksum;
}
