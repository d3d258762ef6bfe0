/* SPDX-License-Identifier: Apache-2.0 */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_styles_are_read),
        cmocka_unit_test(test_the_files_are_the_builtin_themes),
        cmocka_unit_test(test_mistakes_have_a_place),
        cmocka_unit_test(test_mono_has_no_colors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
