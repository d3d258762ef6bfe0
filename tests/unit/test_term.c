/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, colours, and a real curses screen on a pseudo-terminal whose other end the test holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "dagtop/base/clock.h"
#include "dagtop/base/text.h"
#include "dagtop/term/term.h"
#include "src/term/term_backend.h"

struct terminal {
    int other, own; /* the test's end, the program's end */
    struct termios before;
    struct term *term;
};

static void open_pair(struct terminal *terminal, int width, int height)
{
    struct winsize size = {.ws_row = (unsigned short)height, .ws_col = (unsigned short)width};
    *terminal = (struct terminal){.other = posix_openpt(O_RDWR | O_NOCTTY)};
    assert_true(terminal->other >= 0);
    assert_int_equal(grantpt(terminal->other), 0);
    assert_int_equal(unlockpt(terminal->other), 0);
    terminal->own = open(ptsname(terminal->other), O_RDWR | O_NOCTTY);
    assert_true(terminal->own >= 0);
    assert_int_equal(ioctl(terminal->own, TIOCSWINSZ, &size), 0);
    assert_int_equal(tcgetattr(terminal->own, &terminal->before), 0);
}

static enum status open_term(struct terminal *terminal, const char *name, int colors, struct error *error)
{
    struct term_options options;
    term_options_init(&options);
    options.name = name;
    options.input = options.output = terminal->own;
    options.colors = colors;
    return term_open(&options, &terminal->term, error);
}

static void open_all(struct terminal *terminal, int width, int height)
{
    struct error error;
    open_pair(terminal, width, height);
    assert_int_equal(open_term(terminal, "xterm-256color", -1, &error), STATUS_OK);
}

static void close_all(struct terminal *terminal)
{
    term_close(terminal->term);
    close(terminal->own);
    close(terminal->other);
}

/* Takes what the program has sent; returns how much. */
static size_t drain(struct terminal *terminal, struct text *text)
{
    char bytes[4096];
    size_t count = 0;
    struct pollfd one = {.fd = terminal->other, .events = POLLIN};
    while (poll(&one, 1, 0) > 0 && one.revents & POLLIN) {
        ssize_t length = read(terminal->other, bytes, sizeof bytes);
        if (length <= 0)
            break;
        count += (size_t)length;
        if (text)
            text_append(text, bytes, (size_t)length);
    }
    return count;
}

static void type(struct terminal *terminal, const char *bytes)
{
    assert_int_equal(write(terminal->other, bytes, strlen(bytes)), strlen(bytes));
}

/* The next key, waited for with a deadline; its text. */
static const char *next_key(struct terminal *terminal, char buffer[KEY_TEXT_SIZE])
{
    struct key key;
    int64_t deadline = clock_monotonic() + 5000;
    while (clock_monotonic() < deadline) {
        struct pollfd one = {.fd = term_descriptor(terminal->term), .events = POLLIN};
        if (term_read_key(terminal->term, &key))
            return key.code == SPECIAL_KEY_PASTE ? "paste" : key_format(key, buffer);
        poll(&one, 1, 100);
    }
    return "none";
}

static void test_key_texts(void **state)
{
    static const char *const texts[] = {"j", "J", "/", "Ctrl-d", "Alt-x", "PgDn", "Enter", "Esc", "F5", "\u00e9", "?"};
    (void)state;
    struct key key;
    char buffer[KEY_TEXT_SIZE];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_true(key_parse(texts[i], &key));
        assert_string_equal(key_format(key, buffer), texts[i]);
    }
    assert_true(key_parse("ctrl-D", &key));
    assert_string_equal(key_format(key, buffer), "Ctrl-d");
    assert_false(key_parse("", &key));
    assert_false(key_parse("Nonsense", &key));
    assert_false(key_parse("F13", &key));
    assert_false(key_parse("Ctrl-", &key));
}

static void test_fewer_colors(void **state)
{
    static const struct {
        int color, colors;
        bool background;
        int expected;
    } rows[] = {{TERM_COLOR_DEFAULT, 8, false, TERM_COLOR_DEFAULT}, {203, 256, false, 203}, {196, 16, false, 9},
        {196, 8, false, 1}, {16, 8, false, 0}, {231, 16, false, 15}, {300, 256, false, TERM_COLOR_DEFAULT},
        {81, 8, false, 6}, {114, 8, false, 2}, {203, 8, false, 1}, {215, 8, false, 3}, {117, 8, false, 6},
        {240, 8, false, TERM_COLOR_DEFAULT}, {255, 8, false, 7}, {252, 8, true, 7}, {240, 16, false, 8},
        {240, 8, true, 0}, {24, 8, true, 4}, {24, 16, true, 4}, {9, 8, false, 1}, {12, 8, false, 4}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(term_color_nearest(rows[i].color, rows[i].colors, rows[i].background), rows[i].expected);
}

static void test_headless(void **state)
{
    (void)state;
    struct term *term = term_open_headless(10, 2, false);
    struct canvas canvas;
    struct key key;
    struct text text;
    static const struct term_style plain = {TERM_COLOR_DEFAULT, TERM_COLOR_DEFAULT, 0};
    canvas_init(&canvas, 4, 5);
    canvas_put_text(&canvas, 1, 0, 4, "abcd", 0);
    assert_null(term_headless_canvas(term));
    term_draw(term, &canvas, &plain, 1);
    text_init(&text, 0);
    canvas_print(term_headless_canvas(term), &text);
    assert_string_equal(text.data, "\nabcd\n");
    term_headless_push(term, (struct key){.code = 'x'});
    term_headless_paste(term, "a\nb\033");
    assert_true(term_read_key(term, &key));
    assert_int_equal(key.code, 'x');
    assert_true(term_read_key(term, &key));
    assert_int_equal(key.code, SPECIAL_KEY_PASTE);
    assert_string_equal(term_paste(term), "a b ");
    assert_false(term_read_key(term, &key));
    text_release(&text);
    canvas_release(&canvas);
    term_close(term);
}

static void test_unknown_terminals(void **state)
{
    (void)state;
    struct terminal terminal;
    struct error error;
    open_pair(&terminal, 80, 24);
    assert_int_equal(open_term(&terminal, "no-such-terminal", -1, &error), STATUS_NOT_FOUND);
    assert_non_null(strstr(error.message, "no-such-terminal"));
    assert_int_equal(open_term(&terminal, "dumb", -1, &error), STATUS_UNSUPPORTED);
    int nothing = open("/dev/null", O_RDWR), own = terminal.own;
    terminal.own = nothing;
    assert_int_equal(open_term(&terminal, "xterm-256color", -1, &error), STATUS_UNSUPPORTED);
    close(nothing);
    close(own);
    close(terminal.other);
}

static void test_keys_of_a_terminal(void **state)
{
    static const struct {
        const char *bytes, *key;
    } rows[] = {{"j", "j"}, {"\r", "Enter"}, {"\n", "Enter"}, {"\t", "Tab"}, {"\177", "Backspace"}, {"\004", "Ctrl-d"},
        {" ", "Space"}, {"\033OA", "Up"}, {"\033[5~", "PgUp"}, {"\033[Z", "Shift-Tab"}, {"\xc3\xa9", "\u00e9"},
        {"\033x", "Alt-x"}, {"\033", "Esc"}};
    (void)state;
    struct terminal terminal;
    char buffer[KEY_TEXT_SIZE];
    open_all(&terminal, 80, 24);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        type(&terminal, rows[i].bytes);
        assert_string_equal(next_key(&terminal, buffer), rows[i].key);
    }
    close_all(&terminal);
}

/* The letters of a sequence that nobody knows are not keys: x would ask to cancel a job. */
static void test_unknown_sequences_are_swallowed(void **state)
{
    (void)state;
    struct terminal terminal;
    char buffer[KEY_TEXT_SIZE];
    open_all(&terminal, 80, 24);
    type(&terminal, "\033[57399;5xk");
    assert_string_equal(next_key(&terminal, buffer), "k");
    close_all(&terminal);
}

static void test_paste_is_one_event(void **state)
{
    (void)state;
    struct terminal terminal;
    char buffer[KEY_TEXT_SIZE];
    open_all(&terminal, 80, 24);
    type(&terminal, "\033[200~xQ\rs \xc3\xa9\033[201~j");
    assert_string_equal(next_key(&terminal, buffer), "paste");
    assert_string_equal(term_paste(terminal.term), "xQ s \u00e9");
    assert_string_equal(next_key(&terminal, buffer), "j");
    close_all(&terminal);
}

static void draw_bar(struct terminal *terminal, struct canvas *canvas, int full)
{
    static const struct term_style looks[] = {
        {TERM_COLOR_DEFAULT, TERM_COLOR_DEFAULT, 0}, {81, TERM_COLOR_DEFAULT, CELL_BOLD}, {240, 17, 0}};
    canvas_fill(canvas, 5, 10, 1, 20, 0x2591, 2);
    canvas_fill(canvas, 5, 10, 1, full, 0x2588, 1);
    term_draw(terminal->term, canvas, looks, 3);
}

static void test_only_differences_are_sent(void **state)
{
    (void)state;
    struct terminal terminal;
    struct canvas canvas;
    open_all(&terminal, 80, 24);
    canvas_init(&canvas, 80, 24);
    canvas_fill(&canvas, 0, 0, 24, 80, 'x', 0);
    draw_bar(&terminal, &canvas, 3);
    assert_true(drain(&terminal, NULL) > 1000);
    draw_bar(&terminal, &canvas, 3);
    assert_true(drain(&terminal, NULL) < 20);
    draw_bar(&terminal, &canvas, 9);
    size_t changed = drain(&terminal, NULL);
    assert_true(changed > 0 && changed < 200);
    term_invalidate(terminal.term);
    draw_bar(&terminal, &canvas, 9);
    assert_true(drain(&terminal, NULL) > 1000);
    canvas_release(&canvas);
    close_all(&terminal);
}

static void test_wide_characters_and_styles(void **state)
{
    (void)state;
    struct terminal terminal;
    struct canvas canvas;
    struct text sent;
    static const struct term_style looks[] = {
        {TERM_COLOR_DEFAULT, TERM_COLOR_DEFAULT, 0}, {203, TERM_COLOR_DEFAULT, CELL_BOLD}};
    text_init(&sent, 0);
    open_all(&terminal, 20, 3);
    canvas_init(&canvas, 20, 3);
    canvas_put_text(&canvas, 0, 0, 20, "\u6570\u636e e\u0301 end", 1);
    canvas_put_text(&canvas, 2, 10, 2, "zz", 0);
    term_draw(terminal.term, &canvas, looks, 2);
    drain(&terminal, &sent);
    assert_non_null(strstr(sent.data, "\u6570\u636e"));
    assert_non_null(strstr(sent.data, "e\u0301"));
    assert_non_null(strstr(sent.data, "38;5;203"));
    assert_non_null(strstr(sent.data, "zz"));
    canvas_put_text(&canvas, 0, 1, 1, "!", 0);
    text_clear(&sent);
    term_draw(terminal.term, &canvas, looks, 2);
    drain(&terminal, &sent);
    assert_non_null(strstr(sent.data, "!"));
    text_release(&sent);
    canvas_release(&canvas);
    close_all(&terminal);
}

static void test_no_colors(void **state)
{
    (void)state;
    struct terminal terminal;
    struct canvas canvas;
    struct text sent;
    struct error error;
    static const struct term_style looks[] = {{203, 17, CELL_BOLD}};
    setenv("NO_COLOR", "1", 1);
    struct term_options options;
    term_options_init(&options);
    assert_int_equal(options.colors, 0);
    unsetenv("NO_COLOR");
    text_init(&sent, 0);
    open_pair(&terminal, 20, 3);
    assert_int_equal(open_term(&terminal, "xterm-256color", 0, &error), STATUS_OK);
    assert_int_equal(term_colors(terminal.term), 0);
    canvas_init(&canvas, 20, 3);
    canvas_put_text(&canvas, 0, 0, 20, "plain", 0);
    term_draw(terminal.term, &canvas, looks, 1);
    drain(&terminal, &sent);
    assert_non_null(strstr(sent.data, "plain"));
    assert_null(strstr(sent.data, "38;5"));
    assert_null(strstr(sent.data, "[31m"));
    text_release(&sent);
    canvas_release(&canvas);
    close_all(&terminal);
}

static void assert_modes_as_before(struct terminal *terminal)
{
    struct termios now;
    assert_int_equal(tcgetattr(terminal->own, &now), 0);
    assert_int_equal(now.c_lflag, terminal->before.c_lflag);
    assert_int_equal(now.c_iflag, terminal->before.c_iflag);
    assert_int_equal(now.c_oflag, terminal->before.c_oflag);
}

static void test_the_terminal_is_restored(void **state)
{
    (void)state;
    struct terminal terminal;
    struct text sent;
    struct termios now;
    text_init(&sent, 0);
    open_all(&terminal, 80, 24);
    assert_int_equal(tcgetattr(terminal.own, &now), 0);
    assert_int_equal(now.c_lflag & ICANON, 0);
    term_suspend(terminal.term);
    assert_modes_as_before(&terminal);
    term_resume(terminal.term);
    assert_int_equal(tcgetattr(terminal.own, &now), 0);
    assert_int_equal(now.c_lflag & ICANON, 0);
    term_close(terminal.term);
    drain(&terminal, &sent);
    assert_modes_as_before(&terminal);
    assert_non_null(strstr(sent.data, "\033[?1049l"));
    assert_non_null(strstr(sent.data, "\033[?2004l"));
    text_release(&sent);
    close(terminal.own);
    close(terminal.other);
}

static void test_resize(void **state)
{
    (void)state;
    struct terminal terminal;
    struct winsize size = {.ws_row = 40, .ws_col = 120};
    int width, height;
    open_all(&terminal, 80, 24);
    assert_false(term_resize(terminal.term));
    assert_int_equal(ioctl(terminal.own, TIOCSWINSZ, &size), 0);
    assert_true(term_resize(terminal.term));
    term_size(terminal.term, &width, &height);
    assert_int_equal(width, 120);
    assert_int_equal(height, 40);
    close_all(&terminal);
}

static void test_hang_up(void **state)
{
    (void)state;
    struct terminal terminal;
    struct key key = {0};
    open_all(&terminal, 80, 24);
    close(terminal.other);
    assert_true(term_read_key(terminal.term, &key));
    assert_int_equal(key.code, SPECIAL_KEY_HANG_UP);
    term_close(terminal.term);
    close(terminal.own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_texts),
        cmocka_unit_test(test_fewer_colors),
        cmocka_unit_test(test_headless),
        cmocka_unit_test(test_unknown_terminals),
        cmocka_unit_test(test_keys_of_a_terminal),
        cmocka_unit_test(test_unknown_sequences_are_swallowed),
        cmocka_unit_test(test_paste_is_one_event),
        cmocka_unit_test(test_only_differences_are_sent),
        cmocka_unit_test(test_wide_characters_and_styles),
        cmocka_unit_test(test_no_colors),
        cmocka_unit_test(test_the_terminal_is_restored),
        cmocka_unit_test(test_resize),
        cmocka_unit_test(test_hang_up),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
