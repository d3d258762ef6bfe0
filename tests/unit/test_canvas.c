/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/canvas.h"
#include "dagtop/base/text.h"

static void assert_shows(const struct canvas *canvas, const char *expected)
{
    struct text text;
    text_init(&text, 0);
    canvas_print(canvas, &text);
    assert_string_equal(text.data, expected);
    text_release(&text);
}

static void test_text_is_clipped(void **state)
{
    (void)state;
    struct canvas canvas;
    canvas_init(&canvas, 6, 2);
    assert_int_equal(canvas_put_text(&canvas, 0, 4, 10, "abcdef", 1), 2);
    assert_int_equal(canvas_put_text(&canvas, 1, -2, 5, "abcdef", 1), 5);
    assert_int_equal(canvas_put_text(&canvas, 2, 0, 5, "below", 1), 0);
    assert_int_equal(canvas_put_text(&canvas, -1, 0, 5, "above", 1), 0);
    assert_shows(&canvas, "    ab\ncde\n");
    assert_int_equal(canvas_at(&canvas, 0, 5)->style, 1);
    assert_null(canvas_at(&canvas, 0, 6));
    canvas_release(&canvas);
}

static void test_wide_characters(void **state)
{
    (void)state;
    struct canvas canvas;
    canvas_init(&canvas, 6, 3);
    canvas_put_text(&canvas, 0, 0, 5, "日本語", 0);
    canvas_put_text(&canvas, 1, -1, 9, "日本", 0);
    canvas_put_text(&canvas, 2, 0, 6, "日本語", 0);
    canvas_put_text(&canvas, 2, 1, 2, "xy", 0);
    assert_shows(&canvas, "日本\n 本\n xy 語\n");
    canvas_fill(&canvas, 2, 4, 1, 1, '-', 0);
    assert_shows(&canvas, "日本\n 本\n xy -\n");
    canvas_release(&canvas);
}

static void test_marks_and_controls(void **state)
{
    (void)state;
    struct canvas canvas;
    canvas_init(&canvas, 4, 1);
    canvas_put_text(&canvas, 0, 0, 1, "e\xcc\x81", 0);
    canvas_put_text(&canvas, 0, 1, 3, "\x1b\xff\n", 0);
    assert_shows(&canvas, "e\xcc\x81\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\n");
    canvas_put_text(&canvas, 0, 0, 4, "\xcc\x81z", 0);
    assert_int_equal(canvas_at(&canvas, 0, 0)->code_point, 'z');
    canvas_put_padded(&canvas, 0, 1, 2, "", 7);
    assert_int_equal(canvas_at(&canvas, 0, 2)->style, 7);
    assert_shows(&canvas, "z  \xef\xbf\xbd\n");
    canvas_release(&canvas);
}

static void test_rectangles(void **state)
{
    (void)state;
    struct canvas canvas, piece;
    canvas_init(&canvas, 5, 3);
    canvas_init(&piece, 3, 3);
    canvas_fill(&canvas, -5, -5, 100, 100, '.', 2);
    canvas_fill(&canvas, 1, 1, 1, 2, '#', 3);
    canvas_add_attributes(&canvas, 1, 1, 9, 9, CELL_BOLD);
    canvas_set_style(&canvas, 2, 4, 1, 1, 9);
    assert_shows(&canvas, ".....\n.##..\n.....\n");
    assert_int_equal(canvas_at(&canvas, 1, 1)->attributes, CELL_BOLD);
    assert_int_equal(canvas_at(&canvas, 0, 0)->attributes, 0);
    assert_int_equal(canvas_at(&canvas, 2, 4)->style, 9);
    canvas_put_text(&piece, 1, 0, 3, "日a", 0);
    canvas_copy(&canvas, 0, -1, &piece);
    assert_shows(&canvas, "  ...\n a#..\n  ...\n");
    canvas_copy(&canvas, -1, 4, &piece);
    assert_shows(&canvas, "  ..\n a#.\n  ...\n");
    canvas_copy(&canvas, 50, 50, &piece);
    canvas_release(&canvas);
    canvas_release(&piece);
}

static void test_no_cells_at_all(void **state)
{
    (void)state;
    struct canvas canvas;
    canvas_init(&canvas, 0, -4);
    assert_null(canvas.cells);
    canvas_put_text(&canvas, 0, 0, 4, "abc", 0);
    canvas_fill(&canvas, 0, 0, 1, 1, 'x', 0);
    canvas_add_attributes(&canvas, 0, 0, 1, 1, CELL_BOLD);
    assert_shows(&canvas, "");
    canvas_release(&canvas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_clipped),
        cmocka_unit_test(test_wide_characters),
        cmocka_unit_test(test_marks_and_controls),
        cmocka_unit_test(test_rectangles),
        cmocka_unit_test(test_no_cells_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
