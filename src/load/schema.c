/* SPDX-License-Identifier: Apache-2.0 */
#include "schema.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/clock.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "dagtop/base/utf8.h"
#include "dagtop/model/selector.h"

const struct schema_row *schema_find(const struct schema *schema, const char *key)
{
    for (size_t i = 0; i < schema->count; i++)
        if (schema->rows[i].key[0] == key[0] && strcmp(schema->rows[i].key, key) == 0)
            return &schema->rows[i];
    return NULL;
}

const char *schema_nearest(const struct schema *schema, const char *key)
{
    const char *nearest = NULL;
    unsigned limit = strlen(key) < 5 ? 1 : 2;
    for (size_t i = 0; i < schema->count; i++) {
        unsigned distance = selector_distance(schema->rows[i].key, key, limit);
        if (distance <= limit) {
            nearest = schema->rows[i].key;
            limit = distance - 1;
        }
    }
    return nearest;
}

static bool has_control(const char *text)
{
    for (size_t length = strlen(text); length;) {
        uint32_t code_point;
        size_t taken = utf8_read(text, length, &code_point);
        if (code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0))
            return true;
        text += taken;
        length -= taken;
    }
    return false;
}

static bool is_text(struct reading *reading, const char *key, const struct value *value)
{
    if (value->kind == VALUE_TEXT)
        return true;
    reading_error(reading, value->place, "%s is %s, expected a text", key, value_describe(value).bytes);
    return false;
}

bool schema_check_line(struct reading *reading, const char *key, const struct value *value)
{
    if (!has_control(value->text))
        return true;
    reading_error(
        reading, value->place, "%s is %s, expected a text without control characters", key, quote(value->text).bytes);
    return false;
}

bool schema_is_name(const char *text)
{
    return *text != '-' && !strchr(text, ' ') && !has_control(text);
}

static bool is_name(struct reading *reading, const char *key, const struct value *value)
{
    if (schema_is_name(value->text))
        return true;
    reading_error(reading, value->place, "%s is %s, expected a name without blanks and without a leading '-'", key,
        quote(value->text).bytes);
    return false;
}

static void set_text(char **field, const char *text)
{
    free(*field);
    *field = *text ? memory_copy_text(text) : NULL;
}

static void set_choice(struct reading *reading, const struct schema_row *row, char **field, const struct value *value)
{
    struct text expected;
    text_init(&expected, 0);
    for (const char *const *choice = row->choices; *choice; choice++) {
        if (value->kind == VALUE_TEXT && strcmp(*choice, value->text) == 0) {
            set_text(field, value->text);
            text_release(&expected);
            return;
        }
        if (choice > row->choices)
            text_append_string(&expected, choice[1] ? ", " : " or ");
        text_append_string(&expected, *choice);
    }
    reading_error(reading, value->place, "%s is %s, expected %s", row->key, value_describe(value).bytes, expected.data);
    text_release(&expected);
}

static void set_number(
    struct reading *reading, const struct schema_row *row, unsigned *field, const struct value *value)
{
    size_t digits = strspn(value->text, "0123456789");
    unsigned long number = digits && digits < 10 && !value->text[digits] ? strtoul(value->text, NULL, 10) : 0;
    if (digits && digits < 10 && !value->text[digits] && number >= row->lowest && number <= row->highest)
        *field = (unsigned)number;
    else
        reading_error(reading, value->place, "%s is %s, expected a whole number from %u to %u", row->key,
            value_describe(value).bytes, row->lowest, row->highest);
}

static void set_duration(
    struct reading *reading, const struct schema_row *row, int64_t *field, const struct value *value)
{
    int64_t duration;
    if (!clock_parse_duration(value->text, &duration))
        reading_error(reading, value->place, "%s is %s, expected a duration like 90s, 15m or 1h30m", row->key,
            value_describe(value).bytes);
    else if (duration < row->lowest * INT64_C(1000) || duration > row->highest * INT64_C(1000))
        reading_error(reading, value->place, "%s is %s, expected a duration from %u to %u seconds", row->key,
            value_describe(value).bytes, row->lowest, row->highest);
    else
        *field = duration;
}

/* Adds a word that the attributes lack. */
static void add_word(
    struct reading *reading, struct attributes *attributes, const char *key, const char *text, struct place place)
{
    if (attributes_get(attributes, key))
        return;
    if (attributes->count == SCHEMA_WORDS_LIMIT)
        reading_error(reading, place, "%s is one of over %d, expected fewer", quote(key).bytes, SCHEMA_WORDS_LIMIT);
    else
        attributes_set_at(attributes, key, text, place.line, place.column);
}

static void set_words(
    struct reading *reading, const struct schema_row *row, struct attributes *field, const struct value *value)
{
    if (!schema_is_map(reading, row->key, value))
        return;
    for (size_t i = 0; i < value->count; i++) {
        const char *key = value->items[i].key->text;
        const struct value *word = value->items[i].value;
        const char *problem = row->word_problem ? row->word_problem(key, word->text) : NULL;
        if (word->kind != VALUE_TEXT && word->kind != VALUE_NULL)
            reading_error(reading, word->place, "%s in %s is %s, expected a text", quote(key).bytes, row->key,
                value_describe(word).bytes);
        else if (problem)
            reading_error(reading, value->items[i].key->place, "%s in %s %s", quote(key).bytes, row->key, problem);
        else
            add_word(reading, field, key, word->text, value->items[i].key->place);
    }
}

bool schema_set(struct reading *reading, const struct schema_row *row, void *target, const struct value *value)
{
    void *field = (char *)target + row->offset;
    if (value->kind == VALUE_NULL)
        return false;
    switch (row->type) {
    case SCHEMA_TEXT:
        if (is_text(reading, row->key, value))
            set_text(field, value->text);
        break;
    case SCHEMA_LINE:
        if (is_text(reading, row->key, value) && schema_check_line(reading, row->key, value))
            set_text(field, value->text);
        break;
    case SCHEMA_NAME:
        if (is_text(reading, row->key, value) && is_name(reading, row->key, value))
            set_text(field, value->text);
        break;
    case SCHEMA_CHOICE:
        set_choice(reading, row, field, value);
        break;
    case SCHEMA_NUMBER:
        set_number(reading, row, field, value);
        break;
    case SCHEMA_DURATION:
        set_duration(reading, row, field, value);
        break;
    case SCHEMA_WORDS:
        set_words(reading, row, field, value);
        break;
    case SCHEMA_SPECIAL:
        row->set(reading, target, value);
        break;
    case SCHEMA_SECTION:
        break;
    }
    return true;
}

uint64_t schema_apply(struct reading *reading, const struct schema *schema, void *target, const struct value *map)
{
    uint64_t given = 0;
    for (size_t i = 0; i < map->count; i++) {
        const struct schema_row *row = schema_find(schema, map->items[i].key->text);
        if (!row)
            schema->unknown(reading, schema, target, &map->items[i]);
        else if (schema_set(reading, row, target, map->items[i].value))
            given |= UINT64_C(1) << (row - schema->rows);
    }
    for (size_t i = 0; i < schema->count; i++)
        if (schema->rows[i].required && !(given >> i & 1))
            reading_error(reading, map->place, "%s is missing, expected a text", schema->rows[i].key);
    return given;
}

void schema_refuse(struct reading *reading, const struct schema *schema, void *target, const struct value_item *item)
{
    (void)target;
    const char *nearest = schema_nearest(schema, item->key->text);
    struct text known;
    text_init(&known, 0);
    for (size_t i = 0; i < schema->count && !nearest; i++)
        text_append_format(&known, "%s%s", i ? ", " : "", schema->rows[i].key);
    reading_error(reading, item->key->place,
        nearest ? "unknown key %s, did you mean %s?" : "unknown key %s, expected one of %s",
        quote(item->key->text).bytes, nearest ? nearest : known.data);
    text_release(&known);
}

void schema_ignore(struct reading *reading, const struct schema *schema, void *target, const struct value_item *item)
{
    (void)reading, (void)schema, (void)target, (void)item;
}

bool schema_is_map(struct reading *reading, const char *key, const struct value *value)
{
    if (value->kind != VALUE_MAP && value->kind != VALUE_NULL)
        reading_error(reading, value->place, "%s is %s, expected a map", key, value_describe(value).bytes);
    return value->kind == VALUE_MAP;
}

static bool is_list_of_texts(const struct value *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].value->kind == VALUE_LIST || list->items[i].value->kind == VALUE_MAP)
            return false;
    return list->kind == VALUE_LIST;
}

void schema_flatten(struct reading *reading, struct attributes *attributes, const char *key, const struct value *value)
{
    if (value->kind == VALUE_NULL || value->kind == VALUE_TEXT) {
        add_word(reading, attributes, key, value->text, value->place);
    } else if (is_list_of_texts(value)) {
        struct text joined;
        text_init(&joined, 0);
        for (size_t i = 0; i < value->count; i++)
            text_append_format(&joined, "%s%s", i ? ", " : "", value->items[i].value->text);
        add_word(reading, attributes, key, joined.data, value->place);
        text_release(&joined);
    } else {
        for (size_t i = 0; i < value->count && attributes->count < SCHEMA_WORDS_LIMIT; i++) {
            const struct value *part = value->items[i].key;
            char *path = part ? memory_format("%s.%s", key, part->text) : memory_format("%s.%zu", key, i);
            if (strlen(path) <= SCHEMA_PATH_LIMIT)
                schema_flatten(reading, attributes, path, value->items[i].value);
            else
                reading_error(reading, value->items[i].value->place,
                    "%s is a path of over %d bytes through maps, expected shorter keys", quote(path).bytes,
                    SCHEMA_PATH_LIMIT);
            free(path);
        }
    }
}
