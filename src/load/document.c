/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/load/document.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"

enum { BLOCK_SIZE = 256 << 10, VALUE_WEIGHT = 64, SCANNED_KEYS = 12 };

/* Memory of a tree: blocks that are freed together. */
struct block {
    struct block *next;
    size_t used, size;
    max_align_t bytes[];
};

struct document {
    struct block *blocks;
};

/* A list or map that is not finished: its items lie on the builder's stack from first_item on. */
struct frame {
    struct value *value;
    const struct value *key; /* of a map: the key whose value comes next */
    size_t first_item;
    char *anchor;
};

struct builder {
    struct reading *reading;
    struct document *document;
    struct frame frames[DOCUMENT_DEPTH_LIMIT];
    size_t depth;
    struct value_item *items;
    size_t item_count, item_capacity;
    struct map *anchors; /* name -> struct value */
    const struct value *root;
    size_t value_count;
    bool stopped; /* a limit was passed: nothing to go on with */
};

/* What an alias without an anchor and an empty file stand for. */
static const struct value nothing = {.kind = VALUE_NULL, .text = "", .place = {1, 1}};

static void *document_allocate(struct document *document, size_t size)
{
    size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    struct block *block = document->blocks;
    if (!block || block->size - block->used < size) {
        size_t block_size = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = memory_new(sizeof *block + block_size);
        *block = (struct block){.next = document->blocks, .size = block_size};
        document->blocks = block;
    }
    void *memory = (char *)block->bytes + block->used;
    block->used += size;
    return memory;
}

void document_free(struct document *document)
{
    if (!document)
        return;
    for (struct block *block = document->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(document);
}

static struct place place_of(yaml_mark_t mark)
{
    return (struct place){.line = (unsigned)mark.line + 1, .column = (unsigned)mark.column + 1};
}

static struct value *value_new(struct builder *builder, enum value_kind kind, const yaml_event_t *event)
{
    struct value *value = document_allocate(builder->document, sizeof *value);
    *value = (struct value){.kind = kind, .place = place_of(event->start_mark), .text = "", .weight = VALUE_WEIGHT};
    if (++builder->value_count > DOCUMENT_VALUES_LIMIT) {
        reading_error(
            builder->reading, value->place, "the file holds over %d values, expected fewer", DOCUMENT_VALUES_LIMIT);
        builder->stopped = true;
    }
    return value;
}

static bool is_null_word(const char *text)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

static struct value *value_from_scalar(struct builder *builder, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    bool null = plain && event->data.scalar.plain_implicit && length <= 4 && is_null_word(text);
    struct value *value = value_new(builder, null ? VALUE_NULL : VALUE_TEXT, event);
    if (memchr(text, '\0', length))
        reading_error(builder->reading, value->place, "a text holds a NUL byte, expected text");
    if (null)
        return value;
    char *copy = document_allocate(builder->document, length + 1);
    memcpy(copy, text, length + 1);
    value->text = copy;
    value->weight += length;
    value->plain = plain;
    value->text_column = value->place.column + !plain;
    value->exact = event->start_mark.line == event->end_mark.line &&
                   event->end_mark.column - event->start_mark.column == length + (plain ? 0 : 2);
    return value;
}

/* Which keys a map has so far: a scan where they are few, a hash map where they are many. */
struct key_set {
    struct value_item *items; /* room for all that may come */
    size_t count;
    struct map *map;
};

static const struct value_item *key_set_find(const struct key_set *set, const char *key)
{
    uintptr_t index;
    if (set->map)
        return map_get(set->map, key, &index) ? &set->items[index] : NULL;
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->items[i].key->text, key) == 0)
            return &set->items[i];
    return NULL;
}

static void key_set_add(struct key_set *set, const struct value_item *item)
{
    if (set->count == SCANNED_KEYS) {
        set->map = map_new();
        for (size_t i = 0; i < set->count; i++)
            map_set(set->map, set->items[i].key->text, i);
    }
    if (set->map)
        map_set(set->map, item->key->text, set->count);
    set->items[set->count++] = *item;
}

static bool is_merge_key(const struct value_item *item)
{
    return item->key->exact && item->key->text_column == item->key->place.column && strcmp(item->key->text, "<<") == 0;
}

/* Adds the items of a merged map that the merging one lacks; of a list of maps the earlier one wins. */
static void merge(struct builder *builder, struct key_set *set, const struct value *from, unsigned nesting)
{
    if (from->kind == VALUE_MAP) {
        for (size_t i = 0; i < from->count; i++)
            if (!key_set_find(set, from->items[i].key->text))
                key_set_add(set, &from->items[i]);
    } else if (from->kind == VALUE_LIST && nesting == 0) {
        for (size_t i = 0; i < from->count; i++)
            merge(builder, set, from->items[i].value, 1);
    } else {
        reading_error(
            builder->reading, from->place, "the merge key << has %s, expected a map", value_describe(from).bytes);
    }
}

static size_t merged_count(const struct value *from)
{
    size_t count = from->kind == VALUE_MAP ? from->count : 0;
    for (size_t i = 0; from->kind == VALUE_LIST && i < from->count; i++)
        count += from->items[i].value->count;
    return count;
}

/* The items of a finished map: each key once, merge keys merged after the map's own keys. */
static void finish_map(struct builder *builder, struct value *value, const struct value_item *items, size_t count)
{
    size_t room = count;
    for (size_t i = 0; i < count; i++)
        if (is_merge_key(&items[i]))
            room += merged_count(items[i].value);
    struct key_set set = {.items = document_allocate(builder->document, room * sizeof *set.items)};
    for (size_t i = 0; i < count; i++) {
        const struct value_item *first = is_merge_key(&items[i]) ? NULL : key_set_find(&set, items[i].key->text);
        if (first)
            reading_error(builder->reading, items[i].key->place,
                "the key %s stands at line %u, column %u already, expected it once", quote(first->key->text).bytes,
                first->key->place.line, first->key->place.column);
        else if (!is_merge_key(&items[i]))
            key_set_add(&set, &items[i]);
    }
    for (size_t i = 0; i < count; i++)
        if (is_merge_key(&items[i]))
            merge(builder, &set, items[i].value, 0);
    value->items = set.items;
    value->count = set.count;
    map_free(set.map);
}

static void finish_list(struct builder *builder, struct value *value, const struct value_item *items, size_t count)
{
    struct value_item *copy = document_allocate(builder->document, count * sizeof *copy);
    if (count)
        memcpy(copy, items, count * sizeof *copy);
    value->items = copy;
    value->count = count;
}

static void remember_anchor(struct builder *builder, const char *anchor, const struct value *value)
{
    if (anchor)
        map_set(builder->anchors, anchor, (uintptr_t)value);
}

/* Puts a finished value where it belongs: the root, a list's item, a map's key or the value of that key. */
static void put(struct builder *builder, const struct value *value, struct place place)
{
    if (builder->depth == 0) {
        builder->root = value;
        return;
    }
    struct frame *frame = &builder->frames[builder->depth - 1];
    frame->value->weight += value->weight;
    if (frame->value->weight > DOCUMENT_EXPANDED_LIMIT) {
        reading_error(builder->reading, place, "the aliases of the file expand to over %d MiB, expected less",
            DOCUMENT_EXPANDED_LIMIT >> 20);
        builder->stopped = true;
    }
    if (frame->value->kind == VALUE_MAP && !frame->key) {
        frame->key = value;
        if (value->kind != VALUE_TEXT)
            reading_error(builder->reading, place, "a key is %s, expected a text", value_describe(value).bytes);
        return;
    }
    memory_grow(&builder->items, &builder->item_capacity, builder->item_count + 1, sizeof *builder->items);
    if (!frame->key || frame->key->kind == VALUE_TEXT)
        builder->items[builder->item_count++] = (struct value_item){.key = frame->key, .value = value};
    frame->key = NULL;
}

static void open_frame(
    struct builder *builder, enum value_kind kind, const yaml_event_t *event, const yaml_char_t *anchor)
{
    if (builder->depth == DOCUMENT_DEPTH_LIMIT) {
        reading_error(builder->reading, place_of(event->start_mark),
            "lists and maps are nested over %d deep, expected less", DOCUMENT_DEPTH_LIMIT);
        builder->stopped = true;
        return;
    }
    builder->frames[builder->depth++] = (struct frame){.value = value_new(builder, kind, event),
        .first_item = builder->item_count,
        .anchor = memory_copy_text((const char *)anchor)};
}

static void close_frame(struct builder *builder)
{
    struct frame *frame = &builder->frames[--builder->depth];
    size_t count = builder->item_count - frame->first_item;
    const struct value_item *items = count ? &builder->items[frame->first_item] : NULL;
    if (frame->value->kind == VALUE_MAP)
        finish_map(builder, frame->value, items, count);
    else
        finish_list(builder, frame->value, items, count);
    builder->item_count = frame->first_item;
    remember_anchor(builder, frame->anchor, frame->value);
    free(frame->anchor);
    put(builder, frame->value, frame->value->place);
}

static void put_alias(struct builder *builder, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    struct place place = place_of(event->start_mark);
    uintptr_t value = (uintptr_t)&nothing;
    if (!map_get(builder->anchors, name, &value))
        reading_error(builder->reading, place,
            "the alias %s stands for nothing, expected a value with that anchor before it", quote(name).bytes);
    put(builder, (const struct value *)value, place);
}

static void put_scalar(struct builder *builder, const yaml_event_t *event)
{
    struct value *value = value_from_scalar(builder, event);
    remember_anchor(builder, (const char *)event->data.scalar.anchor, value);
    put(builder, value, value->place);
}

static void take(struct builder *builder, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        builder->stopped = builder->root != NULL;
        if (builder->stopped)
            reading_error(builder->reading, place_of(event->start_mark), "a second YAML document begins, expected one");
        break;
    case YAML_SCALAR_EVENT:
        put_scalar(builder, event);
        break;
    case YAML_ALIAS_EVENT:
        put_alias(builder, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        open_frame(builder, VALUE_LIST, event, event->data.sequence_start.anchor);
        break;
    case YAML_MAPPING_START_EVENT:
        open_frame(builder, VALUE_MAP, event, event->data.mapping_start.anchor);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_frame(builder);
        break;
    default:
        break;
    }
}

/* Where a byte stands: libyaml gives only an offset for bytes that it cannot read. */
static struct place place_of_byte(const char *bytes, size_t offset)
{
    struct place place = {1, 1};
    for (size_t i = 0; i < offset; i++) {
        place.column++;
        if (bytes[i] == '\n')
            place = (struct place){place.line + 1, 1};
    }
    return place;
}

static bool is_indented_by_tab(const char *bytes, size_t length, unsigned line)
{
    const char *end = bytes + length;
    for (; bytes && line > 1; line--) {
        bytes = memchr(bytes, '\n', (size_t)(end - bytes));
        bytes = bytes ? bytes + 1 : NULL;
    }
    while (bytes && bytes < end && *bytes == ' ')
        bytes++;
    return bytes && bytes < end && *bytes == '\t';
}

static void tell_parser_error(struct reading *reading, const yaml_parser_t *parser, const char *bytes, size_t length)
{
    const char *problem = parser->problem ? parser->problem : "the parser gives no reason";
    if (parser->error == YAML_MEMORY_ERROR)
        broken("out of memory in a YAML parser");
    if (parser->error == YAML_READER_ERROR) {
        size_t offset = parser->problem_offset < length ? parser->problem_offset : length;
        reading_error(reading, place_of_byte(bytes, offset), "not readable as text: %s, expected UTF-8", problem);
        return;
    }
    struct place place = place_of(parser->problem_mark);
    if (is_indented_by_tab(bytes, length, place.line))
        reading_error(reading, place, "not valid YAML: the line is indented by a tab, expected blanks");
    else if (parser->context && parser->context_mark.line != parser->problem_mark.line)
        reading_error(reading, place, "not valid YAML: %s %s that began at line %u", problem, parser->context,
            (unsigned)parser->context_mark.line + 1);
    else if (parser->context)
        reading_error(reading, place, "not valid YAML: %s %s", problem, parser->context);
    else
        reading_error(reading, place, "not valid YAML: %s", problem);
}

/* Feeds all events to the builder. False where the file is no YAML or passes a limit. */
static bool build(struct builder *builder, const char *bytes, size_t length)
{
    yaml_parser_t parser;
    yaml_event_t event;
    bool ended = false;
    if (!yaml_parser_initialize(&parser))
        broken("out of memory for a YAML parser");
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, length);
    while (!ended && !builder->stopped) {
        if (!yaml_parser_parse(&parser, &event)) {
            tell_parser_error(builder->reading, &parser, bytes, length);
            break;
        }
        take(builder, &event);
        ended = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return ended;
}

static void builder_release(struct builder *builder)
{
    while (builder->depth)
        free(builder->frames[--builder->depth].anchor);
    free(builder->items);
    map_free(builder->anchors);
}

enum status document_parse(
    struct reading *reading, const char *bytes, size_t length, struct document **document, const struct value **root)
{
    *document = NULL;
    *root = NULL;
    if (length > DOCUMENT_BYTES_LIMIT) {
        reading_error(reading, (struct place){0}, "the file is over %d MiB, expected less", DOCUMENT_BYTES_LIMIT >> 20);
        return STATUS_TOO_LARGE;
    }
    struct builder builder = {
        .reading = reading, .document = memory_new(sizeof *builder.document), .anchors = map_new()};
    enum status status = build(&builder, bytes, length) ? STATUS_OK : STATUS_INVALID;
    if (status == STATUS_OK) {
        *document = builder.document;
        *root = builder.root ? builder.root : &nothing;
    } else {
        document_free(builder.document);
    }
    builder_release(&builder);
    return status;
}

enum status document_read(struct reading *reading, const char *path, struct text *text)
{
    struct error error;
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return STATUS_NOT_FOUND;
    text->limit = DOCUMENT_BYTES_LIMIT + 1;
    enum status status = text_read_file(text, path, &error);
    if (status != STATUS_OK)
        reading_error(reading, (struct place){0}, "%s", error.message);
    return status;
}

enum status document_load(
    struct reading *reading, const char *path, struct document **document, const struct value **root)
{
    struct text text;
    *document = NULL;
    *root = NULL;
    text_init(&text, 0);
    enum status status = document_read(reading, path, &text);
    if (status == STATUS_OK)
        status = document_parse(reading, text.data, text.length, document, root);
    text_release(&text);
    return status;
}

const struct value *value_get(const struct value *map, const char *key)
{
    if (map->kind != VALUE_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->items[i].key->text, key) == 0)
            return map->items[i].value;
    return NULL;
}

struct quoted value_describe(const struct value *value)
{
    static const char *const kinds[] = {[VALUE_NULL] = "empty", [VALUE_LIST] = "a list", [VALUE_MAP] = "a map"};
    struct quoted described;
    if (value->kind == VALUE_TEXT)
        return quote(value->text);
    snprintf(described.bytes, sizeof described.bytes, "%s", kinds[value->kind]);
    return described;
}
