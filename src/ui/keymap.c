/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/ui/keymap.h"

#include <string.h>

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
           context == KEY_CONTEXT_HOSTS || context == KEY_CONTEXT_TIMELINE;
}

enum ui_action keymap_find(enum key_context context, struct key key)
{
    char text[KEY_TEXT_SIZE];
    enum ui_action global = UI_NONE;
    key_format(key, text);
    for (size_t i = 0; i < sizeof bindings / sizeof bindings[0]; i++) {
        if (strcmp(bindings[i].key, text) != 0)
            continue;
        if (bindings[i].context == context)
            return bindings[i].action;
        if (bindings[i].context == KEY_CONTEXT_GLOBAL && keymap_falls_back(context))
            global = bindings[i].action;
    }
    return global;
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
