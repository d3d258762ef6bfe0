/* SPDX-License-Identifier: Apache-2.0 */
/* Themes: what each style looks like. ui/styles.def is the table of styles and holds the built-in themes. */
#ifndef DAGTOP_UI_THEME_H
#define DAGTOP_UI_THEME_H

#include "dagtop/base/status.h"
#include "dagtop/model/state.h"
#include "dagtop/term/term.h"

enum style {
#define STYLE(name, word, dark, light, mono, sentence) STYLE_##name,
#include "dagtop/ui/styles.def"
#undef STYLE
    STYLE_COUNT
};

struct theme {
    struct term_style styles[STYLE_COUNT];
};

/* The name of a built-in theme by number; NULL beyond the last. */
const char *theme_builtin_name(size_t number);

/* A built-in theme by name (dark, light, mono, those of themes.def); false where there is none of that name. */
bool theme_init_builtin(struct theme *theme, const char *name);

/*
 * A theme by name or path: a built-in one; else NAME.yaml in the config directory's or the installed themes; a name
 * with '/' or ending in .yaml is a path. A file changes the built-in theme named by its key `base` (dark without it).
 * Mistakes, each with its place, go to errors; theme is then dark.
 */
enum status theme_load(const char *name, struct theme *theme, struct error_list *errors) MUST_CHECK;

/* Reads "foreground background attributes..."; a colour is default, a word, 0 to 255 or #rrggbb. */
enum status theme_parse_style(const char *text, struct term_style *style, struct error *error) MUST_CHECK;

/* The word of a style as theme files write it, and what it is for. */
const char *theme_style_word(enum style style);
const char *theme_style_sentence(enum style style);

/* The style of a state. */
enum style theme_state_style(enum node_state state);

#endif
