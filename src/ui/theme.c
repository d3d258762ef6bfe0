/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/ui/theme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dagtop/base/memory.h"
#include "dagtop/load/config_file.h"

enum { THEME_DARK, THEME_LIGHT, THEME_MONO, THEME_COUNT };

static const char *const theme_words[THEME_COUNT] = {"dark", "light", "mono"};

static const struct {
    const char *word;
    const char *looks[THEME_COUNT];
    const char *sentence;
} styles[STYLE_COUNT] = {
#define STYLE(name, word, dark, light, mono, sentence) {word, {dark, light, mono}, sentence},
#include "dagtop/ui/styles.def"
#undef STYLE
};

/* Beside the three: a base and what is different. */
static const struct {
    const char *name;
    int base;
} more_themes[] = {
#define dark THEME_DARK
#define light THEME_LIGHT
#define THEME(name, base, sentence) {#name, base},
#define LOOK(name, style, look)
#include "dagtop/ui/themes.def"
#undef THEME
#undef LOOK
#undef dark
#undef light
};

static const struct {
    const char *name;
    enum style style;
    const char *look;
} looks[] = {
#define THEME(name, base, sentence)
#define LOOK(name, style, look) {#name, STYLE_##style, look},
#include "dagtop/ui/themes.def"
#undef THEME
#undef LOOK
};

enum { MORE_COUNT = sizeof more_themes / sizeof more_themes[0], LOOK_COUNT = sizeof looks / sizeof looks[0] };

static const char *const color_words[] = {"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white",
    "bright-black", "bright-red", "bright-green", "bright-yellow", "bright-blue", "bright-magenta", "bright-cyan",
    "bright-white"};

static const struct {
    const char *word;
    enum cell_attribute attribute;
} attribute_words[] = {{"bold", CELL_BOLD}, {"dim", CELL_DIM}, {"reverse", CELL_REVERSE}, {"underline", CELL_UNDERLINE},
    {"blink", CELL_BLINK}, {"italic", CELL_ITALIC}};

const char *theme_style_word(enum style style)
{
    return styles[style].word;
}

const char *theme_style_sentence(enum style style)
{
    return styles[style].sentence;
}

enum style theme_state_style(enum node_state state)
{
    return (enum style)(STYLE_STATE_WAITING + (int)state);
}

/* The step of the palette's cube (0 to 5) that is nearest to a level of 0 to 255. */
static int cube_step(int level)
{
    return level < 48 ? 0 : level < 115 ? 1 : (level - 35) / 40;
}

static bool parse_hex_color(const char *word, int16_t *color)
{
    char *end;
    unsigned long value = strtoul(word + 1, &end, 16);
    if (strlen(word) != 7 || *end)
        return false;
    int red = (int)(value >> 16 & 255), green = (int)(value >> 8 & 255), blue = (int)(value & 255);
    if (abs(red - green) < 8 && abs(green - blue) < 8 && red >= 8 && red < 240)
        *color = (int16_t)(232 + (red - 8) / 10);
    else
        *color = (int16_t)(16 + 36 * cube_step(red) + 6 * cube_step(green) + cube_step(blue));
    return true;
}

static bool parse_color(const char *word, int16_t *color)
{
    if (strcmp(word, "default") == 0) {
        *color = TERM_COLOR_DEFAULT;
        return true;
    }
    for (size_t i = 0; i < sizeof color_words / sizeof color_words[0]; i++) {
        if (strcmp(word, color_words[i]) == 0) {
            *color = (int16_t)i;
            return true;
        }
    }
    if (word[0] == '#')
        return parse_hex_color(word, color);
    char *end;
    long number = strtol(word, &end, 10);
    if (*end || number < 0 || number > 255)
        return false;
    *color = (int16_t)number;
    return true;
}

static bool parse_attribute(const char *word, uint16_t *attributes)
{
    for (size_t i = 0; i < sizeof attribute_words / sizeof attribute_words[0]; i++) {
        if (strcmp(word, attribute_words[i].word) == 0) {
            *attributes |= (uint16_t)attribute_words[i].attribute;
            return true;
        }
    }
    return false;
}

enum status theme_parse_style(const char *text, struct term_style *style, struct error *error)
{
    *style = (struct term_style){TERM_COLOR_DEFAULT, TERM_COLOR_DEFAULT, 0};
    char copy[128], *rest = copy;
    if (strlen(text) >= sizeof copy)
        return error_set(error, STATUS_INVALID, "a style has at most %zu bytes", sizeof copy - 1);
    memcpy(copy, text, strlen(text) + 1);
    int colors = 0;
    for (char *word; (word = strtok_r(rest, " \t", &rest));) {
        if (parse_attribute(word, &style->attributes))
            continue;
        int16_t *color = colors == 0 ? &style->foreground : &style->background;
        if (colors++ >= 2 || !parse_color(word, color))
            return error_set(error, STATUS_INVALID,
                "'%s' is neither a colour (default, red, bright-red, 0 to 255, #rrggbb; at most two) nor bold, dim, "
                "reverse, underline, blink, italic",
                word);
    }
    return STATUS_OK;
}

const char *theme_builtin_name(size_t number)
{
    if (number < THEME_COUNT)
        return theme_words[number];
    return number - THEME_COUNT < MORE_COUNT ? more_themes[number - THEME_COUNT].name : NULL;
}

static void init_numbered(struct theme *theme, int number)
{
    for (int i = 0; i < STYLE_COUNT; i++) {
        if (theme_parse_style(styles[i].looks[number], &theme->styles[i], NULL))
            broken("the built-in style %s cannot be read", styles[i].word);
    }
}

static void init_more(struct theme *theme, size_t number)
{
    init_numbered(theme, more_themes[number].base);
    for (size_t i = 0; i < LOOK_COUNT; i++) {
        if (strcmp(looks[i].name, more_themes[number].name) == 0 &&
            theme_parse_style(looks[i].look, &theme->styles[looks[i].style], NULL))
            broken("the theme %s cannot be read", looks[i].name);
    }
}

bool theme_init_builtin(struct theme *theme, const char *name)
{
    for (int i = 0; i < THEME_COUNT; i++) {
        if (strcmp(name, theme_words[i]) == 0) {
            init_numbered(theme, i);
            return true;
        }
    }
    for (size_t i = 0; i < MORE_COUNT; i++) {
        if (strcmp(name, more_themes[i].name) == 0) {
            init_more(theme, i);
            return true;
        }
    }
    return false;
}

static int find_style(const char *word)
{
    for (int i = 0; i < STYLE_COUNT; i++) {
        if (strcmp(styles[i].word, word) == 0)
            return i;
    }
    return -1;
}

static void apply_item(struct theme *theme, const char *path, const struct attribute *item, struct error_list *errors)
{
    struct error error;
    int style = find_style(item->key);
    if (style < 0)
        error_list_add(errors, STATUS_INVALID, path, item->line, item->column,
            "unknown style '%.100s': themes/dark.yaml shows all of them", item->key);
    else if (theme_parse_style(item->value, &theme->styles[style], &error))
        error_list_add(
            errors, STATUS_INVALID, path, item->line, item->column, "style %s: %s", item->key, error.message);
}

static enum status load_file(const char *path, struct theme *theme, struct error_list *errors)
{
    struct attributes items;
    unsigned mistakes = errors->count + errors->overflow;
    attributes_init(&items);
    enum status status = config_file_load_map(path, &items, errors);
    const char *base = attributes_get(&items, "base");
    if (base && !theme_init_builtin(theme, base))
        error_list_add(errors, STATUS_INVALID, path, 0, 0, "base: '%.100s' is no built-in theme", base);
    for (size_t i = 0; status == STATUS_OK && i < items.count; i++) {
        if (strcmp(items.items[i].key, "base") != 0)
            apply_item(theme, path, &items.items[i], errors);
    }
    attributes_release(&items);
    if (status == STATUS_OK && errors->count + errors->overflow > mistakes)
        status = STATUS_INVALID;
    if (status)
        init_numbered(theme, THEME_DARK);
    return status;
}

/* The file of a theme's name: beside the config file, else where themes are installed. The caller frees it. */
static char *find_file(const char *name)
{
    size_t length = strlen(name);
    if (strchr(name, '/') || (length > 5 && strcmp(name + length - 5, ".yaml") == 0))
        return memory_copy_text(name);
    char *config = config_file_path(), *slash = config ? strrchr(config, '/') : NULL;
    char *path = slash ? memory_format("%.*s/themes/%s.yaml", (int)(slash - config), config, name) : NULL;
    free(config);
    if (path && access(path, R_OK) == 0)
        return path;
    free(path);
    path = memory_format("%s/themes/%s.yaml", DAGTOP_DATADIR, name);
    if (access(path, R_OK) == 0)
        return path;
    free(path);
    return NULL;
}

enum status theme_load(const char *name, struct theme *theme, struct error_list *errors)
{
    if (theme_init_builtin(theme, name))
        return STATUS_OK;
    init_numbered(theme, THEME_DARK);
    char *path = find_file(name);
    if (!path)
        return error_list_add(errors, STATUS_NOT_FOUND, "", 0, 0,
            "there is no theme '%.100s': dark, light, mono, dusk, paper, contrast, colorblind, or a theme file", name);
    enum status status = load_file(path, theme, errors);
    free(path);
    return status;
}
