/* SPDX-License-Identifier: Apache-2.0 */
#include "workflow_nodes.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "workflow_work.h"

#define FIELD(name) offsetof(struct node, name)

enum { YEAR = 366 * 24 * 3600 };

static void set_name(struct reading *reading, void *target, const struct value *value)
{
    const struct node *node = target;
    if (strcmp(value->text, node->name) != 0)
        reading_error(reading, value->place, "name is %s, expected %s as its key says", value_describe(value).bytes,
            quote(node->name).bytes);
}

static void set_kind(struct reading *reading, void *target, const struct value *value)
{
    struct node *node = target;
    if (value->kind != VALUE_TEXT) {
        reading_error(
            reading, value->place, "kind is %s, expected local, ssh, slurm, wsl or lsf", value_describe(value).bytes);
    } else if (!node_kind_from_word(value->text, &node->kind)) {
        reading_warn(reading, value->place, "kind is %s, runs as local; expected local, ssh, slurm, wsl or lsf",
            quote(value->text).bytes);
        free(node->kind_text);
        node->kind_text = memory_copy_text(value->text);
    }
}

/* Any text for kind local; check_host looks closer for the others. */
static void set_host(struct reading *reading, void *target, const struct value *value)
{
    struct node *node = target;
    if (value->kind != VALUE_TEXT) {
        reading_error(reading, value->place, "host is %s, expected a host name", value_describe(value).bytes);
    } else if (schema_check_line(reading, "host", value) && *value->text) {
        free(node->host);
        node->host = memory_copy_text(value->text);
    }
}

static void check_host(struct reading *reading, const struct node *node, struct place place)
{
    if (node->kind != NODE_KIND_LOCAL && !schema_is_name(node->host))
        reading_error(reading, place, "host is %s, expected a name without blanks and without a leading '-'",
            quote(node->host).bytes);
}

/* The only status that a file can give is done; cloudmesh-cc writes others, which are what was, not what is. */
static void set_status(struct reading *reading, void *target, const struct value *value)
{
    struct node *node = target;
    if (value->kind != VALUE_TEXT)
        reading_error(reading, value->place, "status is %s, expected done or ready", value_describe(value).bytes);
    node->status_done = strcmp(value->text, "done") == 0;
}

static void add_file(struct reading *reading, struct node *node, const struct value *value)
{
    if (value->kind != VALUE_TEXT || !*value->text)
        reading_error(reading, value->place, "a name in files is %s, expected a path", value_describe(value).bytes);
    else if (schema_check_line(reading, "a name in files", value))
        node->files[node->file_count++] = memory_copy_text(value->text);
}

static void set_files(struct reading *reading, void *target, const struct value *value)
{
    struct node *node = target;
    if (value->kind == VALUE_MAP) {
        reading_error(reading, value->place, "files is a map, expected a list of paths");
        return;
    }
    node->files = memory_new_array(value->count + 1, sizeof *node->files);
    if (value->kind == VALUE_TEXT && *value->text)
        add_file(reading, node, value);
    for (size_t i = 0; i < value->count; i++)
        add_file(reading, node, value->items[i].value);
}

static const char *env_problem(const char *key, const char *value)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    (void)value;
    if (!*key || key[strspn(key, letters)] || (*key >= '0' && *key <= '9'))
        return "is no name of a variable, expected letters, digits and '_'";
    return NULL;
}

static const char *slurm_problem(const char *key, const char *value)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    if (!*key || key[strspn(key, letters)] || *key == '-')
        return "is no long option of sbatch, expected a word like partition";
    return strpbrk(value, "\n\r") ? "has a value of several lines, expected one" : NULL;
}

/* The rows whose bits matter below stand first. */
enum { ROW_SCRIPT, ROW_EXEC, ROW_KIND, ROW_HOST, ROW_FILES, ROW_NAME, ROW_STATUS };

static const struct schema_row node_rows[] = {
    [ROW_SCRIPT] = {"script", SCHEMA_LINE, .offset = FIELD(script)},
    [ROW_EXEC] = {"exec", SCHEMA_TEXT, .offset = FIELD(exec)},
    [ROW_KIND] = {"kind", SCHEMA_SPECIAL, .set = set_kind},
    [ROW_HOST] = {"host", SCHEMA_SPECIAL, .set = set_host},
    [ROW_FILES] = {"files", SCHEMA_SPECIAL, .set = set_files},
    [ROW_NAME] = {"name", SCHEMA_SPECIAL, .set = set_name},
    [ROW_STATUS] = {"status", SCHEMA_SPECIAL, .set = set_status},
    {"env", SCHEMA_WORDS, .offset = FIELD(env), .word_problem = env_problem},
    {"venv", SCHEMA_LINE, .offset = FIELD(venv)},
    {"slurm", SCHEMA_WORDS, .offset = FIELD(slurm), .word_problem = slurm_problem},
    {"array", SCHEMA_NAME, .offset = FIELD(array)},
    {"label", SCHEMA_TEXT, .offset = FIELD(label)},
    {"user", SCHEMA_NAME, .offset = FIELD(user)},
    {"statusfile", SCHEMA_LINE, .offset = FIELD(statusfile)},
    {"logfile", SCHEMA_LINE, .offset = FIELD(logfile)},
    {"directory", SCHEMA_LINE, .offset = FIELD(directory)},
    {"gpus", SCHEMA_NUMBER, .offset = FIELD(gpus), .highest = 1024},
    {"retries", SCHEMA_NUMBER, .offset = FIELD(retries), .highest = 100},
    {"retries_lost", SCHEMA_NUMBER, .offset = FIELD(retries_lost), .highest = 100},
    {"timeout", SCHEMA_DURATION, .offset = FIELD(timeout), .lowest = 1, .highest = YEAR},
    {"sweep", SCHEMA_WORDS, .offset = FIELD(sweep)},
};

/* Words of graphviz and of files that cloudmesh-cc saved, so near to a known key that they need no doubt. */
static bool is_kept_word(const char *key)
{
    static const char *const words[] = {"shape", "style", "color", "font", "fontname", "fontsize", "fontcolor",
        "fillcolor", "tend", "tstart", "time", "url", "width", "height", "sides"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(key, words[i]) == 0)
            return true;
    return false;
}

static void keep_unknown(
    struct reading *reading, const struct schema *schema, void *target, const struct value_item *item)
{
    struct node *node = target;
    const char *key = item->key->text, *nearest = is_kept_word(key) ? NULL : schema_nearest(schema, key);
    if (nearest)
        reading_warn(reading, item->key->place, "the attribute %s has no meaning here, did you mean %s?",
            quote(key).bytes, quote(nearest).bytes);
    schema_flatten(reading, &node->other, key, item->value);
}

static const struct schema node_schema = {node_rows, sizeof node_rows / sizeof *node_rows, keep_unknown};

enum { BITS_OF_COMMAND = 1 << ROW_SCRIPT | 1 << ROW_EXEC, BITS_OF_PLACE = 1 << ROW_KIND | 1 << ROW_HOST };

/* True where a default must not change the row. Maps are never full: they take the words that they lack. */
static bool is_given(uint64_t given, const struct schema_row *row)
{
    return row->type != SCHEMA_WORDS && (given >> (row - node_rows) & 1);
}

/* Sets what the node lacks to one of a person's defaults: "label", or "env.NAME" for a word of a map. */
static void apply_setting(struct reading *reading, struct node *node, const struct attribute *item, uint64_t given)
{
    const char *dot = strchr(item->key, '.');
    char *first = dot ? memory_copy_span(item->key, (size_t)(dot - item->key)) : NULL;
    const struct schema_row *row = schema_find(&node_schema, dot ? first : item->key);
    const struct value value = {.kind = VALUE_TEXT, .text = item->value};
    if (row && row->type == SCHEMA_WORDS && dot) {
        struct attributes *words = (struct attributes *)((char *)node + row->offset);
        if (!attributes_get(words, dot + 1))
            attributes_set(words, dot + 1, item->value);
    } else if (row && !is_given(given, row)) {
        schema_set(reading, row, node, &value);
    } else if (!row) {
        schema_flatten(reading, &node->other, item->key, &value);
    }
    free(first);
}

/* Gives the node what it lacks; given are the rows that it has. The defaults were checked before, so nothing is told.
 */
static void apply_defaults(const struct node_reader *reader, struct node *node, uint64_t given)
{
    struct reading quiet = {0};
    if (given & BITS_OF_COMMAND)
        given |= BITS_OF_COMMAND;
    for (size_t i = 0; reader->defaults && i < reader->defaults->count; i++) {
        const struct value_item *item = &reader->defaults->items[i];
        const struct schema_row *row = schema_find(&node_schema, item->key->text);
        if (!row)
            schema_flatten(&quiet, &node->other, item->key->text, item->value);
        else if (!is_given(given, row) && schema_set(&quiet, row, node, item->value))
            given |= UINT64_C(1) << (row - node_rows);
    }
    for (size_t i = 0; reader->settings && i < reader->settings->defaults.count; i++)
        apply_setting(&quiet, node, &reader->settings->defaults.items[i], given);
}

/* Of another system than Slurm, the word would be passed over in silence. */
static void check_array(struct reading *reading, const struct node *node, struct place place)
{
    if (node->array && node->kind == NODE_KIND_LSF)
        reading_error(reading, place,
            "array is \"%s\", but LSF takes jobs one by one: only nodes of the kind slurm become one job array",
            node->array);
}

static void read_attributes(struct node_reader *reader, struct node *node, const struct value *attributes)
{
    struct reading *reading = reader->reading;
    uint64_t given = schema_apply(reading, &node_schema, node, attributes);
    bool works =
        node->env.count || node->venv || node->slurm.count || node->file_count || node->kind != NODE_KIND_LOCAL;
    node->status_done = node->status_done && !reader->saved;
    if (node->status_done)
        reading_warn(reading, value_get(attributes, "status")->place, "status is done, counted as skipped");
    apply_defaults(reader, node, given);
    const struct value *script = value_get(attributes, "script"), *host = value_get(attributes, "host");
    struct place place = {node->line, node->column};
    const struct value *array = value_get(attributes, "array");
    check_host(reading, node, host ? host->place : place);
    check_array(reading, node, array ? array->place : place);
    workflow_work_find(reader, node, works, script ? script->place : place);
}

static void read_node(struct node_reader *reader, const struct value_item *item)
{
    struct reading *reading = reader->reading;
    const char *name = item->key->text;
    struct error error;
    size_t index;
    reading_about(reading, "node", name);
    if (!schema_is_map(reading, "it", item->value) && item->value->kind != VALUE_NULL)
        return;
    if (node_name_check(name, &error) != STATUS_OK || workflow_add_node(reader->workflow, name, &index) != STATUS_OK) {
        reading_error(reading, item->key->place, "%s", error.message);
        return;
    }
    struct node *node = &reader->workflow->nodes[index];
    node->line = item->key->place.line;
    node->column = item->key->place.column;
    if (strpbrk(name, "[],"))
        reading_warn(reading, item->key->place, "a key is one name: ranges and lists are not expanded here");
    read_attributes(reader, node, item->value);
}

/* Defaults are copied to every node: what that comes to has a limit. */
static void limit_defaults(struct node_reader *reader, size_t node_count)
{
    const struct value *defaults = reader->defaults;
    if (!defaults || defaults->weight <= DOCUMENT_EXPANDED_LIMIT / (node_count + 1))
        return;
    reading_error(reader->reading, defaults->place, "the defaults of %zu nodes come to over %d MiB, expected less",
        node_count, DOCUMENT_EXPANDED_LIMIT >> 20);
    reader->defaults = NULL;
}

void workflow_nodes_read(struct node_reader *reader, const struct value *nodes)
{
    struct reading *reading = reader->reading;
    if (!schema_is_map(reading, "nodes", nodes))
        return;
    if (nodes->count > WORKFLOW_NODES_LIMIT) {
        reading_error(
            reading, nodes->place, "there are %zu nodes, expected at most %d", nodes->count, WORKFLOW_NODES_LIMIT);
        return;
    }
    limit_defaults(reader, nodes->count);
    for (size_t i = 0; i < nodes->count; i++)
        read_node(reader, &nodes->items[i]);
    reading_about(reading, NULL, NULL);
}

void workflow_nodes_complete_others(struct node_reader *reader)
{
    limit_defaults(reader, reader->workflow->node_count);
    for (size_t i = 0; i < reader->workflow->node_count; i++) {
        struct node *node = &reader->workflow->nodes[i];
        if (!node->only_in_dependencies)
            continue;
        reading_about(reader->reading, "node", node->name);
        apply_defaults(reader, node, BITS_OF_COMMAND | BITS_OF_PLACE);
        workflow_work_find(reader, node, false, (struct place){node->line, node->column});
    }
    reading_about(reader->reading, NULL, NULL);
}

static void check_defaults(struct reading *reading, const struct value *defaults, uint64_t refused)
{
    struct workflow *scratch = workflow_new();
    size_t index;
    if (workflow_add_node(scratch, "defaults", &index) != STATUS_OK)
        broken("a new workflow has a node");
    reading_about(reading, "defaults", NULL);
    for (size_t i = 0; i < defaults->count; i++) {
        const struct value_item *item = &defaults->items[i];
        const struct schema_row *row = schema_find(&node_schema, item->key->text);
        if (!row)
            keep_unknown(reading, &node_schema, scratch->nodes, item);
        else if (refused >> (row - node_rows) & 1)
            reading_error(
                reading, item->key->place, "%s is each node's own, expected an attribute that many share", row->key);
        else
            schema_set(reading, row, scratch->nodes, item->value);
    }
    reading_about(reading, NULL, NULL);
    workflow_free(scratch);
}

bool workflow_nodes_check_defaults(struct reading *reading, const struct value *defaults)
{
    bool failed = reading->failed;
    reading->failed = false;
    if (schema_is_map(reading, "defaults", defaults))
        check_defaults(reading, defaults, 1 << ROW_NAME | 1 << ROW_STATUS);
    bool fine = !reading->failed;
    reading->failed = reading->failed || failed;
    return fine;
}

void workflow_nodes_read_defaults(struct reading *reading, const struct value *defaults, struct attributes *attributes)
{
    if (!schema_is_map(reading, "defaults", defaults))
        return;
    check_defaults(reading, defaults, 1 << ROW_NAME | 1 << ROW_STATUS | 1 << ROW_FILES | BITS_OF_COMMAND);
    for (size_t i = 0; i < defaults->count; i++)
        if (defaults->items[i].value->kind != VALUE_NULL)
            schema_flatten(reading, attributes, defaults->items[i].key->text, defaults->items[i].value);
}
