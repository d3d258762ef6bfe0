/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "dagtop/base/memory.h"
#include "dagtop/ui/theme.h"

static void test_styles_are_read(void **state)
{
    static const struct {
        const char *text;
        struct term_style style;
    } rows[] = {{"", {-1, -1, 0}}, {"default", {-1, -1, 0}}, {"red", {1, -1, 0}}, {"bright-white 17", {15, 17, 0}},
        {"203 default bold underline", {203, -1, CELL_BOLD | CELL_UNDERLINE}}, {"#ffffff", {231, -1, 0}},
        {"#ff0000 #000000", {196, 16, 0}}, {"#808080", {244, -1, 0}}, {"reverse", {-1, -1, CELL_REVERSE}}};
    static const char *const wrong[] = {"rot", "256", "-1", "red green blue", "#12345", "#gggggg", "bold blod"};
    (void)state;
    struct term_style style;
    struct error error;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(theme_parse_style(rows[i].text, &style, &error), STATUS_OK);
        assert_int_equal(style.foreground, rows[i].style.foreground);
        assert_int_equal(style.background, rows[i].style.background);
        assert_int_equal(style.attributes, rows[i].style.attributes);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(theme_parse_style(wrong[i], &style, &error), STATUS_INVALID);
}

/* The files show all styles, and show what is built in. */
static void test_the_files_are_the_builtin_themes(void **state)
{
    static const char *const names[] = {"dark", "light", "mono"};
    (void)state;
    const char *source = getenv("top_srcdir");
    for (size_t i = 0; i < 3; i++) {
        struct theme builtin, loaded;
        struct error_list errors;
        char *path = memory_format("%s/themes/%s.yaml", source ? source : ".", names[i]);
        error_list_init(&errors);
        assert_true(theme_init_builtin(&builtin, names[i]));
        enum status status = theme_load(path, &loaded, &errors);
        if (status)
            fail_msg("%s:%u: %s", path, errors.errors[0].line, errors.errors[0].message);
        assert_memory_equal(&builtin, &loaded, sizeof builtin);
        FILE *file = fopen(path, "r");
        char text[16384] = "";
        assert_non_null(file);
        assert_true(fread(text, 1, sizeof text - 1, file) > 0);
        fclose(file);
        for (int style = 0; style < STYLE_COUNT; style++) {
            char *line = memory_format("\n%s: ", theme_style_word((enum style)style));
            if (!strstr(text, line))
                fail_msg("%s lacks the style %s", path, theme_style_word((enum style)style));
            free(line);
        }
        error_list_release(&errors);
        free(path);
    }
}

static void test_mistakes_have_a_place(void **state)
{
    (void)state;
    char path[] = "/tmp/dagtop-theme-XXXXXX.yaml";
    int file = mkstemps(path, 5);
    static const char text[] = "base: light\ntext: red\nno.such.style: blue\ndim: pink\n";
    assert_int_equal(write(file, text, sizeof text - 1), sizeof text - 1);
    close(file);
    struct theme theme, dark;
    struct error_list errors;
    error_list_init(&errors);
    assert_int_equal(theme_load(path, &theme, &errors), STATUS_INVALID);
    assert_int_equal(errors.count, 2);
    assert_int_equal(errors.errors[0].line, 3);
    assert_non_null(strstr(errors.errors[0].message, "no.such.style"));
    assert_int_equal(errors.errors[1].line, 4);
    assert_non_null(strstr(errors.errors[1].message, "pink"));
    theme_init_builtin(&dark, "dark");
    assert_memory_equal(&theme, &dark, sizeof theme);
    error_list_release(&errors);
    error_list_init(&errors);
    assert_int_equal(theme_load("no-such-theme", &theme, &errors), STATUS_NOT_FOUND);
    assert_int_equal(errors.count, 1);
    error_list_release(&errors);
    unlink(path);
}

/* Without colours the attributes alone must tell the selected row and the states that need attention. */
static void test_mono_has_no_colors(void **state)
{
    (void)state;
    struct theme mono;
    assert_true(theme_init_builtin(&mono, "mono"));
    for (int i = 0; i < STYLE_COUNT; i++) {
        assert_int_equal(mono.styles[i].foreground, TERM_COLOR_DEFAULT);
        assert_int_equal(mono.styles[i].background, TERM_COLOR_DEFAULT);
    }
    assert_true(mono.styles[STYLE_SELECTED].attributes & CELL_REVERSE);
    assert_true(mono.styles[theme_state_style(STATE_FAILED)].attributes & CELL_BOLD);
    assert_string_equal(theme_style_word(theme_state_style(STATE_LOST)), "state.lost");
}

/* The palette of xterm as red, green and blue. */
static void palette(int color, double parts[3])
{
    static const int levels[] = {0, 95, 135, 175, 215, 255};
    for (int i = 0; i < 3; i++) {
        int grey = color >= 232 ? 8 + 10 * (color - 232) : 0, cube = color - 16;
        int level = color >= 232 ? grey : levels[i == 0 ? cube / 36 : i == 1 ? cube / 6 % 6 : cube % 6];
        parts[i] = level / 255.0;
    }
}

/* Relative luminance and contrast as WCAG 2.1 defines them, with an approximate power. */
static double luminance(int color)
{
    static const double weights[3] = {0.2126, 0.7152, 0.0722};
    double parts[3], sum = 0;
    palette(color, parts);
    for (int i = 0; i < 3; i++)
        sum += weights[i] * (parts[i] <= 0.03928 ? parts[i] / 12.92 : pow((parts[i] + 0.055) / 1.055, 2.4));
    return sum;
}

static double contrast(int one, int other)
{
    double light = luminance(one), dark = luminance(other);
    if (light < dark) {
        double swap = light;
        light = dark;
        dark = swap;
    }
    return (light + 0.05) / (dark + 0.05);
}

/* On near black (234) and on white (231), as the background of a theme is meant to be. */
static void test_what_is_read_has_contrast(void **state)
{
    static const enum style read[] = {STYLE_TEXT, STYLE_DIM, STYLE_WARNING, STYLE_ERROR, STYLE_KEY, STYLE_KEY_TEXT,
        STYLE_LABEL, STYLE_SELECTED, STYLE_SELECTED_IDLE, STYLE_DRIVING, STYLE_QUESTION, STYLE_MATCH, STYLE_CONCERNED,
        STYLE_LOG_NOTE};
    (void)state;
    size_t count = 0;
    for (; theme_builtin_name(count); count++) {
        struct theme theme;
        const char *name = theme_builtin_name(count);
        bool light = strcmp(name, "light") == 0 || strcmp(name, "paper") == 0;
        assert_true(theme_init_builtin(&theme, name));
        for (size_t i = 0; i < sizeof read / sizeof read[0] + STATE_COUNT; i++) {
            size_t first = sizeof read / sizeof read[0];
            enum style style = i < first ? read[i] : theme_state_style((enum node_state)(i - first));
            int front = theme.styles[style].foreground, back = theme.styles[style].background;
            front = front < 0 ? (light ? 16 : 254) : front;
            back = back < 0 ? (light ? 231 : 234) : back;
            if (contrast(front, back) < 4.5)
                fail_msg("%s: %s has a contrast of %.2f", name, theme_style_word(style), contrast(front, back));
        }
    }
    assert_true(count >= 6);
}

static void test_letter_or_glyph_alone_tells_states_apart(void **state)
{
    (void)state;
    for (int i = 0; i < STATE_COUNT; i++) {
        for (int j = 0; j < i; j++) {
            assert_true(state_letter((enum node_state)i) != state_letter((enum node_state)j));
            assert_string_not_equal(state_glyph((enum node_state)i), state_glyph((enum node_state)j));
        }
    }
}

/* In colour the states that must not be taken for each other look different, whatever the theme. */
static void test_failed_running_and_done_differ(void **state)
{
    static const enum node_state states[] = {STATE_FAILED, STATE_RUNNING, STATE_DONE, STATE_WAITING};
    (void)state;
    for (size_t n = 0; theme_builtin_name(n); n++) {
        struct theme theme;
        theme_init_builtin(&theme, theme_builtin_name(n));
        for (int i = 0; i < 4 && strcmp(theme_builtin_name(n), "mono") != 0; i++) {
            for (int j = 0; j < i; j++)
                assert_int_not_equal(theme.styles[theme_state_style(states[i])].foreground,
                    theme.styles[theme_state_style(states[j])].foreground);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_styles_are_read),
        cmocka_unit_test(test_the_files_are_the_builtin_themes),
        cmocka_unit_test(test_mistakes_have_a_place),
        cmocka_unit_test(test_mono_has_no_colors),
        cmocka_unit_test(test_what_is_read_has_contrast),
        cmocka_unit_test(test_letter_or_glyph_alone_tells_states_apart),
        cmocka_unit_test(test_failed_running_and_done_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
