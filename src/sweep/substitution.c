/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/sweep/substitution.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"
#include "shell_place.h"

enum { NAME_LIMIT = 256 };

/* What a name stands for. */
enum meaning { MEANS_NOTHING, MEANS_TEXT, MEANS_SETTING, MEANS_PARAMETER };

struct expansion {
    const struct substitution *substitution;
    struct text *text;
    struct error_list *errors;
    struct shell_place shell;
    const char *file;
    struct place place; /* of the byte that is read */
    const char *path[SUBSTITUTION_DEPTH_LIMIT];
    unsigned depth, steps;
    bool quotes; /* values of parameters are quoted for a shell */
    enum status status;
};

static bool is_joined(const struct setting *setting)
{
    for (size_t i = 0; i < setting->count; i++)
        if (setting->items[i].kind != SETTING_TEXT && setting->items[i].kind != SETTING_NULL)
            return false;
    return setting->kind == SETTING_LIST;
}

static void collect(struct substitution *substitution, const char *prefix, const struct setting *map)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct setting *setting = &map->items[i];
        char *path = memory_format("%s%s%s", prefix, *prefix ? "." : "", setting->key);
        if (setting->kind == SETTING_MAP)
            collect(substitution, path, setting);
        else if (setting->kind != SETTING_LIST || is_joined(setting))
            map_set(substitution->known, path, (uintptr_t)setting);
        free(path);
    }
}

void substitution_init(
    struct substitution *substitution, const struct configuration *configuration, const struct parameter_space *space)
{
    *substitution = (struct substitution){.configuration = configuration, .space = space, .known = map_new()};
    collect(substitution, "", &configuration->root);
}

void substitution_release(struct substitution *substitution)
{
    map_free(substitution->known);
    substitution->known = NULL;
}

/* The rest of name behind a prefix, or NULL. */
static const char *behind(const char *name, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(name, prefix, length) == 0 && name[length] ? name + length : NULL;
}

static const char *find_text(const struct substitution *substitution, const char *name)
{
    const char *rest;
    if (strcmp(name, "ee.identifier") == 0)
        return substitution->identifier;
    if (strcmp(name, "ee.uuid") == 0)
        return substitution->uuid;
    if (strcmp(name, "slurm.sbatch") == 0)
        return substitution->sbatch;
    if (strcmp(name, "experiment.card_name") == 0)
        return substitution->card_name;
    if ((rest = behind(name, "os.")) != NULL && substitution->environment)
        return substitution->environment(rest, substitution->argument);
    if (((rest = behind(name, "cm.")) != NULL || (rest = behind(name, "cloudmesh.")) != NULL) && substitution->variable)
        return substitution->variable(rest, substitution->argument);
    return NULL;
}

static enum meaning look_up(
    const struct substitution *substitution, const char *name, bool after_dollar, uintptr_t *found, const char **text)
{
    size_t parameter;
    const char *of_experiment = behind(name, "experiment.");
    bool dotted = strchr(name, '.') != NULL;
    if (!dotted && (after_dollar || substitution->dotted))
        return MEANS_NOTHING;
    if (!dotted && substitution->bare)
        of_experiment = name;
    if (of_experiment && substitution->space && parameter_space_find(substitution->space, of_experiment, &parameter)) {
        *found = parameter;
        return MEANS_PARAMETER;
    }
    if ((*text = find_text(substitution, name)) != NULL)
        return MEANS_TEXT;
    return map_get(substitution->known, name, found) ? MEANS_SETTING : MEANS_NOTHING;
}

static void put(struct expansion *expansion, char byte)
{
    text_append_byte(expansion->text, byte);
    if (expansion->quotes)
        shell_place_step(&expansion->shell, byte);
}

static void put_string(struct expansion *expansion, const char *string)
{
    for (; *string; string++)
        put(expansion, *string);
}

static void expand(struct expansion *expansion, const char *bytes, size_t length, bool is_file);

/* A list stands as its items with commas between. */
static void expand_joined(struct expansion *expansion, const struct setting *setting)
{
    if (setting->kind == SETTING_TEXT)
        expand(expansion, setting->text, strlen(setting->text), false);
    for (size_t i = 0; i < setting->count; i++) {
        if (i)
            put(expansion, ',');
        if (setting->items[i].text)
            expand(expansion, setting->items[i].text, strlen(setting->items[i].text), false);
    }
}

/* Puts a value in so that a shell takes it as text. */
static void put_quoted(struct expansion *expansion, const char *value)
{
    struct text *text = expansion->text;
    size_t start = text->length;
    shell_place_append(&expansion->shell, text, value);
    for (size_t i = start; expansion->shell.in_document && i < text->length; i++)
        shell_place_step(&expansion->shell, text->data[i]);
    if (text->length > start)
        expansion->shell.before = 'x';
    expansion->shell.escaped = false;
}

/* Values of parameters may hold words, too; at the end the whole value is put in as one text. */
static void put_parameter(struct expansion *expansion, size_t parameter)
{
    const struct substitution *substitution = expansion->substitution;
    const char *value = parameter_space_value(substitution->space, substitution->permutation, parameter)->text;
    bool quotes = expansion->quotes;
    struct text *outer = expansion->text, inner;
    text_init(&inner, outer->limit);
    expansion->text = &inner;
    expansion->quotes = false;
    expand(expansion, value, strlen(value), false);
    expansion->text = outer;
    expansion->quotes = quotes;
    if (quotes)
        put_quoted(expansion, inner.data);
    else
        text_append(outer, inner.data, inner.length);
    text_release(&inner);
}

/* A mistake at the byte that is read: before, what it is about, and after. */
static void tell(struct expansion *expansion, const char *before, const char *what, const char *after)
{
    struct setting at = {.file = expansion->file, .place = expansion->place};
    setting_error(expansion->errors, &at, "%s%s%s", before, what, after);
    expansion->status = STATUS_INVALID;
}

/* False where the name is being replaced already: then the whole circle is told. */
static bool enter(struct expansion *expansion, const char *name)
{
    struct text circle;
    unsigned first = 0;
    while (first < expansion->depth && strcmp(expansion->path[first], name) != 0)
        first++;
    if (first == expansion->depth && expansion->depth < SUBSTITUTION_DEPTH_LIMIT) {
        expansion->path[expansion->depth++] = name;
        return true;
    }
    text_init(&circle, 4096);
    for (unsigned i = first; i < expansion->depth; i++)
        text_append_format(&circle, "%s -> ", expansion->path[i]);
    text_append_string(&circle, name);
    tell(expansion,
        first == expansion->depth ? "words lie too deep in each other: " : "a value refers to itself: ", circle.data,
        "");
    text_release(&circle);
    return false;
}

/* Replaces a known name; false where it is none. */
static bool replace(struct expansion *expansion, const char *name, bool after_dollar)
{
    uintptr_t found = 0;
    const char *text = NULL;
    enum meaning meaning = look_up(expansion->substitution, name, after_dollar, &found, &text);
    if (meaning == MEANS_NOTHING)
        return false;
    if (++expansion->steps > SUBSTITUTION_STEPS_LIMIT) {
        if (expansion->status == STATUS_OK)
            tell(expansion, "too many words are replaced here: {", name, "}");
        expansion->status = STATUS_TOO_LARGE;
        return true;
    }
    if (!enter(expansion, name))
        return true;
    if (meaning == MEANS_TEXT && text == expansion->substitution->sbatch)
        expand(expansion, text, strlen(text), false);
    else if (meaning == MEANS_TEXT)
        put_string(expansion, text);
    else if (meaning == MEANS_PARAMETER)
        put_parameter(expansion, found);
    else
        expand_joined(expansion, (const struct setting *)found);
    expansion->depth--;
    return true;
}

/* True for "a.b", which in a template can hardly be meant as anything else. */
static bool is_dotted_name(const char *name)
{
    bool dotted = false;
    for (const char *at = name; *at; at++) {
        bool letter =
            (*at >= '0' && *at <= '9') || ((*at | 32) >= 'a' && (*at | 32) <= 'z') || *at == '_' || *at == '-';
        if (!letter && (*at != '.' || at == name || !at[1] || at[1] == '.'))
            return false;
        dotted = dotted || *at == '.';
    }
    return dotted && !(*name >= '0' && *name <= '9');
}

/* Replaces the word that begins at bytes; returns its length with the braces, 0 where none begins there. */
static size_t replace_word(struct expansion *expansion, const char *bytes, size_t length, char before)
{
    char name[NAME_LIMIT];
    size_t end = 1;
    while (end < length && end < NAME_LIMIT && !strchr("{}\n\"'", bytes[end]))
        end++;
    if (end < 2 || end >= length || end >= NAME_LIMIT || bytes[end] != '}')
        return 0;
    memcpy(name, bytes + 1, end - 1);
    name[end - 1] = '\0';
    if (replace(expansion, name, before == '$'))
        return end + 1;
    if (expansion->substitution->strict && is_dotted_name(name))
        tell(expansion, "{", name, "} names nothing in the configuration");
    return 0;
}

static void advance(struct expansion *expansion, const char *bytes, size_t length, bool is_file)
{
    for (size_t i = 0; is_file && i < length; i++) {
        expansion->place.column++;
        if (bytes[i] == '\n')
            expansion->place = (struct place){expansion->place.line + 1, 1};
    }
}

static size_t comment_length(const char *bytes, size_t length)
{
    if (length < 2 || bytes[0] != '#' || bytes[1] != '#')
        return 0;
    const char *newline = memchr(bytes, '\n', length);
    return newline ? (size_t)(newline - bytes) + 1 : length;
}

/* is_file: these are the bytes whose places are counted; else they are a value within them. */
static void expand(struct expansion *expansion, const char *bytes, size_t length, bool is_file)
{
    bool drops = is_file && expansion->substitution->drop_comments;
    size_t taken;
    for (size_t at = 0; at < length && expansion->status != STATUS_TOO_LARGE; at += taken) {
        taken = drops && (at == 0 || bytes[at - 1] == '\n') ? comment_length(bytes + at, length - at) : 0;
        if (!taken && bytes[at] == '{')
            taken = replace_word(expansion, bytes + at, length - at, at ? bytes[at - 1] : '\0');
        if (!taken) {
            put(expansion, bytes[at]);
            taken = 1;
        }
        advance(expansion, bytes + at, taken, is_file);
        if (expansion->text->overflowed && expansion->status == STATUS_OK) {
            tell(expansion, "what the words stand for is too long", "", "");
            expansion->status = STATUS_TOO_LARGE;
        }
    }
}

enum status substitution_expand(const struct substitution *substitution, const char *bytes, size_t length,
    const char *file, struct place place, struct text *text, struct error_list *errors)
{
    struct expansion expansion = {.substitution = substitution,
        .text = text,
        .errors = errors,
        .file = file,
        .place = place,
        .quotes = substitution->shell};
    shell_place_init(&expansion.shell);
    expand(&expansion, bytes, length, true);
    return expansion.status;
}

enum status substitution_expand_setting(const struct substitution *substitution, const struct setting *setting,
    struct text *text, struct error_list *errors)
{
    struct expansion expansion = {
        .substitution = substitution, .text = text, .errors = errors, .file = setting->file, .place = setting->place};
    if (setting->kind == SETTING_TEXT)
        expand(&expansion, setting->text, strlen(setting->text), false);
    return expansion.status;
}

bool substitution_uses(const char *bytes, const char *name)
{
    char *word = memory_format("{%s}", name);
    bool uses = strstr(bytes, word) != NULL;
    free(word);
    return uses;
}
