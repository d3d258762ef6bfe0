/* SPDX-License-Identifier: Apache-2.0 */
/* Which key does what where: ui/keys.def is the table, settings may change it. */
#ifndef DAGTOP_UI_KEYMAP_H
#define DAGTOP_UI_KEYMAP_H

#include "dagtop/base/status.h"
#include "dagtop/term/key.h"

/* KEY_CONTEXT(name, title): the panes and layers that take keys. */
#define KEY_CONTEXT_TABLE(KEY_CONTEXT)                                                                                 \
    KEY_CONTEXT(GLOBAL, "Everywhere")                                                                                  \
    KEY_CONTEXT(TABLE, "Nodes")                                                                                        \
    KEY_CONTEXT(GRAPH, "Graph")                                                                                        \
    KEY_CONTEXT(LOG, "Log")                                                                                            \
    KEY_CONTEXT(HOSTS, "Hosts")                                                                                        \
    KEY_CONTEXT(TIMELINE, "Timeline")                                                                                  \
    KEY_CONTEXT(GRID, "Grid")                                                                                          \
    KEY_CONTEXT(READING, "Windows")                                                                                    \
    KEY_CONTEXT(LIST, "Lists")                                                                                         \
    KEY_CONTEXT(TASKS, "Tasks of a job array")                                                                         \
    KEY_CONTEXT(QUESTION, "Questions")                                                                                 \
    KEY_CONTEXT(QUITTING, "Quitting while driving")                                                                    \
    KEY_CONTEXT(TRUST, "Questions of hosts")                                                                           \
    KEY_CONTEXT(PROMPT, "Typing")

enum key_context {
#define KEY_CONTEXT_ENUM(name, title) KEY_CONTEXT_##name,
    KEY_CONTEXT_TABLE(KEY_CONTEXT_ENUM)
#undef KEY_CONTEXT_ENUM
        KEY_CONTEXT_COUNT
};

enum ui_action {
    UI_NONE,
#define UI_ACTION(name, word, sentence) UI_##name,
#include "dagtop/ui/actions.def"
#undef UI_ACTION
    UI_ACTION_COUNT
};

struct key_binding {
    enum key_context context;
    const char *key; /* as key_parse reads it */
    enum ui_action action;
    const char *footer; /* "" for none */
};

/* The whole table; count gets its length. */
const struct key_binding *keymap_table(size_t *count);

/*
 * The keys in force. An empty one is all zeros and holds the table. Changes are a person's: "j" or "log.j" -> an
 * action's word or "none"; without a context a key is one of the panes (GLOBAL). What cannot be understood, and a key
 * that is taken in that context already, goes to errors with its place; then the table stays as it is.
 */
struct keymap {
    struct key_binding *bindings;
    char **keys; /* the texts of changed keys, owned */
    size_t count, key_count;
};
struct attributes;
struct error_list;
enum status keymap_init(
    struct keymap *keymap, const struct attributes *changes, const char *path, struct error_list *errors) MUST_CHECK;
void keymap_release(struct keymap *keymap);

/* As keymap_table and keymap_find, of the keys in force. */
const struct key_binding *keymap_bindings(const struct keymap *keymap, size_t *count);
enum ui_action keymap_action(const struct keymap *keymap, enum key_context context, struct key key);

/* What a key does in a context, GLOBAL included for the panes; UI_NONE for nothing. */
enum ui_action keymap_find(enum key_context context, struct key key);

/* True for the contexts that fall back on GLOBAL. */
bool keymap_falls_back(enum key_context context);

/* The heading of a context in the help. */
const char *keymap_context_title(enum key_context context);

/* Whether an action may be asked for by its word: those of prompts and windows may not. */
bool keymap_action_is_command(enum ui_action action);

/* The name of an action in the config file ("sort-next"), and what it does, for the help. */
const char *keymap_action_word(enum ui_action action);
const char *keymap_action_sentence(enum ui_action action);

#endif
