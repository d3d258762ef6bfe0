/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "dagtop/ui/keymap.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/attributes.h"

static const struct key_binding bindings[] = {
#define KEY(context, key, action, footer) {KEY_CONTEXT_##context, key, UI_##action, footer},
#include "dagtop/ui/keys.def"
#undef KEY
};

static const char *const context_titles[KEY_CONTEXT_COUNT] = {
#define KEY_CONTEXT_ROW(name, title) title,
    KEY_CONTEXT_TABLE(KEY_CONTEXT_ROW)
#undef KEY_CONTEXT_ROW
};

static const struct {
    const char *word, *sentence;
} actions[UI_ACTION_COUNT] = {
    {"", ""},
#define UI_ACTION(name, word, sentence) {word, sentence},
#include "dagtop/ui/actions.def"
#undef UI_ACTION
};

const struct key_binding *keymap_table(size_t *count)
{
    *count = sizeof bindings / sizeof bindings[0];
    return bindings;
}

bool keymap_falls_back(enum key_context context)
{
    return context == KEY_CONTEXT_TABLE || context == KEY_CONTEXT_GRAPH || context == KEY_CONTEXT_LOG ||
           context == KEY_CONTEXT_HOSTS || context == KEY_CONTEXT_TIMELINE || context == KEY_CONTEXT_GRID;
}

static enum ui_action find(const struct key_binding *items, size_t count, enum key_context context, struct key key)
{
    char text[KEY_TEXT_SIZE];
    enum ui_action global = UI_NONE;
    key_format(key, text);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(items[i].key, text) != 0)
            continue;
        if (items[i].context == context)
            return items[i].action;
        if (items[i].context == KEY_CONTEXT_GLOBAL && keymap_falls_back(context))
            global = items[i].action;
    }
    return global;
}

enum ui_action keymap_find(enum key_context context, struct key key)
{
    return find(bindings, sizeof bindings / sizeof bindings[0], context, key);
}

const struct key_binding *keymap_bindings(const struct keymap *keymap, size_t *count)
{
    if (!keymap->bindings)
        return keymap_table(count);
    *count = keymap->count;
    return keymap->bindings;
}

enum ui_action keymap_action(const struct keymap *keymap, enum key_context context, struct key key)
{
    size_t count;
    const struct key_binding *items = keymap_bindings(keymap, &count);
    return find(items, count, context, key);
}

void keymap_release(struct keymap *keymap)
{
    for (size_t i = 0; i < keymap->key_count; i++)
        free(keymap->keys[i]);
    free(keymap->keys);
    free(keymap->bindings);
    *keymap = (struct keymap){0};
}

/* "log.j": the context and the key; without a context GLOBAL. */
static const char *split_key(const char *text, enum key_context *context)
{
    static const char *const words[KEY_CONTEXT_COUNT] = {
#define KEY_CONTEXT_WORD(name, title) #name,
        KEY_CONTEXT_TABLE(KEY_CONTEXT_WORD)
#undef KEY_CONTEXT_WORD
    };
    const char *dot = strchr(text, '.');
    *context = KEY_CONTEXT_GLOBAL;
    for (int i = 0; dot && dot[1] && i < KEY_CONTEXT_COUNT; i++) {
        if (strlen(words[i]) == (size_t)(dot - text) && strncasecmp(words[i], text, (size_t)(dot - text)) == 0) {
            *context = (enum key_context)i;
            return dot + 1;
        }
    }
    return text;
}

static bool find_word(const char *word, enum ui_action *action)
{
    *action = UI_NONE;
    if (strcmp(word, "none") == 0)
        return true;
    for (int i = 1; i < UI_ACTION_COUNT; i++) {
        if (strcmp(actions[i].word, word) == 0) {
            *action = (enum ui_action)i;
            return true;
        }
    }
    return false;
}

/* One change as it was read. */
struct change {
    enum key_context context;
    enum ui_action action;
    char *key;
    unsigned line, column;
};

static bool read_change(
    struct change *change, const struct attribute *item, const char *path, struct error_list *errors)
{
    struct key key;
    char text[KEY_TEXT_SIZE];
    const char *name = split_key(item->key, &change->context);
    change->line = item->line;
    change->column = item->column;
    if (!key_parse(name, &key))
        return error_list_add(errors, STATUS_INVALID, path, item->line, item->column,
                   "'%.40s' is no key: a character, Ctrl-d, Alt-x, PgDn, Enter, Space...", name) == STATUS_OK;
    if (!find_word(item->value, &change->action))
        return error_list_add(errors, STATUS_INVALID, path, item->line, item->column,
                   "key %.40s: there is no action '%.60s'; the help (?) and : name them", name,
                   item->value) == STATUS_OK;
    change->key = memory_copy_text(key_format(key, text));
    return true;
}

/* Whether a binding's key was taken away or given to something else by a change. */
static const struct change *find_change(const struct change *changes, size_t count, const struct key_binding *binding)
{
    for (size_t i = 0; i < count; i++) {
        if (changes[i].key && changes[i].context == binding->context && strcmp(changes[i].key, binding->key) == 0)
            return &changes[i];
    }
    return NULL;
}

/* An action must not lose its last key by accident: it needs another one, or the word none for the key it had. */
static bool is_still_there(const struct change *changes, size_t count, const struct key_binding *binding)
{
    for (size_t i = 0; i < count; i++) {
        if (changes[i].key && changes[i].action == binding->action &&
            (changes[i].context == binding->context || changes[i].context == KEY_CONTEXT_GLOBAL))
            return true;
    }
    for (size_t i = 0; i < sizeof bindings / sizeof bindings[0]; i++) {
        bool reaches = bindings[i].context == binding->context || bindings[i].context == KEY_CONTEXT_GLOBAL;
        if (reaches && bindings[i].action == binding->action && !find_change(changes, count, &bindings[i]))
            return true;
    }
    return false;
}

static void check_conflicts(const struct change *changes, size_t count, const char *path, struct error_list *errors)
{
    for (size_t i = 0; i < sizeof bindings / sizeof bindings[0]; i++) {
        const struct change *change = find_change(changes, count, &bindings[i]);
        if (!change || change->action == UI_NONE || change->action == bindings[i].action ||
            is_still_there(changes, count, &bindings[i]))
            continue;
        error_list_add(errors, STATUS_INVALID, path, change->line, change->column,
            "key %s is %s already, which has no other key: give it one", change->key, actions[bindings[i].action].word);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; changes[i].key && j < i; j++) {
            if (changes[j].key && changes[j].context == changes[i].context &&
                strcmp(changes[j].key, changes[i].key) == 0)
                error_list_add(errors, STATUS_INVALID, path, changes[i].line, changes[i].column,
                    "key %s is given twice, first in line %u", changes[i].key, changes[j].line);
        }
    }
}

/* What the footer calls an action where the table tells. */
static const char *footer_of(enum key_context context, enum ui_action action)
{
    for (size_t i = 0; i < sizeof bindings / sizeof bindings[0]; i++) {
        if (bindings[i].context == context && bindings[i].action == action && bindings[i].footer[0])
            return bindings[i].footer;
    }
    return "";
}

static void apply(struct keymap *keymap, const struct change *changes, size_t count)
{
    size_t table = sizeof bindings / sizeof bindings[0];
    keymap->bindings = memory_new_array(table + count, sizeof *keymap->bindings);
    keymap->keys = memory_new_array(count + 1, sizeof *keymap->keys);
    for (size_t i = 0; i < table; i++) {
        if (!find_change(changes, count, &bindings[i]))
            keymap->bindings[keymap->count++] = bindings[i];
    }
    for (size_t i = 0; i < count; i++) {
        keymap->keys[keymap->key_count++] = changes[i].key;
        if (changes[i].action != UI_NONE)
            keymap->bindings[keymap->count++] = (struct key_binding){changes[i].context, changes[i].key,
                changes[i].action, footer_of(changes[i].context, changes[i].action)};
    }
}

enum status keymap_init(
    struct keymap *keymap, const struct attributes *given, const char *path, struct error_list *errors)
{
    unsigned before = errors->count + errors->overflow;
    struct change *changes = memory_new_array(given->count + 1, sizeof *changes);
    *keymap = (struct keymap){0};
    for (size_t i = 0; i < given->count; i++)
        (void)read_change(&changes[i], &given->items[i], path, errors);
    check_conflicts(changes, given->count, path, errors);
    bool good = errors->count + errors->overflow == before;
    if (good && given->count > 0)
        apply(keymap, changes, given->count);
    for (size_t i = 0; !good && i < given->count; i++)
        free(changes[i].key);
    free(changes);
    return good ? STATUS_OK : STATUS_INVALID;
}

bool keymap_action_is_command(enum ui_action action)
{
    for (size_t i = 0; i < sizeof bindings / sizeof bindings[0]; i++) {
        bool pane = keymap_falls_back(bindings[i].context) || bindings[i].context == KEY_CONTEXT_GLOBAL;
        if (pane && bindings[i].action == action)
            return true;
    }
    return false;
}

const char *keymap_context_title(enum key_context context)
{
    return context_titles[context];
}

const char *keymap_action_word(enum ui_action action)
{
    return actions[action].word;
}

const char *keymap_action_sentence(enum ui_action action)
{
    return actions[action].sentence;
}
