/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "dagtop/ui/recording.h"
#include "dagtop/ui/theme.h"

static char *make_path(char folder[64])
{
    strcpy(folder, "/tmp/dagtop-recording-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return memory_format("%s/file", folder);
}

static void expect_screen(struct player *player, int64_t time, const char *wanted)
{
    struct text text;
    text_init(&text, 0);
    canvas_print(player_screen(player, time), &text);
    assert_string_equal(text.data, wanted);
    text_release(&text);
}

static void count_event(void *argument, int64_t time, const char *words)
{
    assert_int_equal(time, 1500);
    assert_string_equal(words, "node a failed: exit 3^[[2J");
    ++*(int *)argument;
}

static void test_what_was_shown_is_shown_again(void **state)
{
    (void)state;
    char folder[64], *path = make_path(folder);
    struct recorder *recorder;
    struct player *player;
    struct error error;
    struct canvas canvas;
    int events = 0;
    assert_int_equal(recorder_open(path, "name", &recorder, &error), STATUS_OK);
    canvas_init(&canvas, 8, 2);
    canvas_put_text(&canvas, 0, 0, 8, "one \u96f2 x", STYLE_STRONG);
    canvas_put_text(&canvas, 1, 2, 8, "two", STYLE_DIM);
    assert_true(recorder_frame(recorder, &canvas, 1000000));
    assert_true(recorder_frame(recorder, &canvas, 1000500));
    canvas_put_text(&canvas, 1, 0, 8, "n\u0308ew", STYLE_ERROR);
    assert_true(recorder_frame(recorder, &canvas, 1001000));
    recorder_event(recorder, 1001500, "node a failed: exit 3\033[2J");
    canvas_resize(&canvas, 3, 1);
    canvas_put_text(&canvas, 0, 0, 3, "end", STYLE_TEXT);
    assert_true(recorder_frame(recorder, &canvas, 1062000));
    recorder_close(recorder);
    assert_int_equal(recorder_open(path, "name", &recorder, &error), STATUS_SYSTEM);

    assert_int_equal(player_open(path, &player, &error), STATUS_OK);
    assert_string_equal(player_workflow(player), "name");
    assert_int_equal(player_duration(player), 62000);
    expect_screen(player, 0, "one \u96f2 x\n  two\n");
    assert_int_equal(canvas_at(player_screen(player, 0), 1, 2)->style, STYLE_DIM);
    expect_screen(player, 62000, "end\n");
    expect_screen(player, 999, "one \u96f2 x\n  two\n");
    expect_screen(player, 1000, "one \u96f2 x\nn\u0308ewwo\n");
    assert_int_equal(canvas_at(player_screen(player, 1000), 1, 0)->style, STYLE_ERROR);
    int64_t time = 0;
    assert_string_equal(player_event(player, false, &time), "node a failed: exit 3^[[2J");
    assert_int_equal(time, 1500);
    assert_null(player_event(player, false, &time));
    assert_null(player_event(player, true, &time));
    time = 62000;
    assert_non_null(player_event(player, true, &time));
    assert_int_equal(time, 1500);
    player_events(player, count_event, &events);
    assert_int_equal(events, 1);
    player_close(player);
    canvas_release(&canvas);
    unlink(path);
    rmdir(folder);
    free(path);
}

static void write_file(const char *path, const char *bytes)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(bytes, file);
    fclose(file);
}

static void test_hostile_and_cut_files(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        enum status status;
    } rows[] = {{"", STATUS_INVALID}, {"something", STATUS_INVALID}, {"dagtop-recording 1\nnonsense\n", STATUS_INVALID},
        {"dagtop-recording 1\n@ 5\n@ 4\n", STATUS_INVALID}, {"dagtop-recording 1\nsize 10 2\nrow 0 0:a\nro", STATUS_OK},
        {"dagtop-recording 1\nsize 99999 99999\nrow 99 7:\033[31m\nrow -1 0:x\nrow 0 x\nrow 0\n", STATUS_OK},
        {"dagtop-recording 1\nrow 0 0:before any size\n", STATUS_OK}};
    char folder[64], *path = make_path(folder);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct player *player;
        struct error error;
        write_file(path, rows[i].bytes);
        enum status status = player_open(path, &player, &error);
        if (status != rows[i].status)
            fail_msg("file %zu: status %d", i, (int)status);
        if (status != STATUS_OK)
            continue;
        const struct canvas *screen = player_screen(player, player_duration(player));
        assert_true(screen->width <= 1000 && screen->height <= 1000);
        player_close(player);
    }
    unlink(path);
    rmdir(folder);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_shown_is_shown_again),
        cmocka_unit_test(test_hostile_and_cut_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
