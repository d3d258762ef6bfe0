/* SPDX-License-Identifier: Apache-2.0 */
/* A real terminal by curses: the only file that knows it. */
#define _XOPEN_SOURCE_EXTENDED 1
#include <curses.h>
#include <termcap.h>

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"
#include "outlet.h"
#include "term_backend.h"

enum { PAIR_LIMIT = 250, ESCAPE_DELAY = 25, SEQUENCE_LIMIT = 64 };

/* Codes of our own for sequences that terminfo may not name. */
enum { CODE_PASTE_BEGIN = KEY_MAX + 1, CODE_PASTE_END, CODE_FOCUS_IN, CODE_FOCUS_OUT, CODE_MOUSE };

struct pair {
    short foreground, background;
};

struct curses_term {
    struct term term;
    SCREEN *screen;
    WINDOW *input; /* a pad, so that reading keys never draws */
    FILE *input_file, *output_file;
    struct outlet outlet;
    int flags; /* of the caller's input descriptor */
    int caller_input;
    struct pair pairs[PAIR_LIMIT]; /* pairs[i] is curses' pair i + 1 */
    int pair_count;
    struct canvas shown;
    const struct term_style *styles;
    size_t style_count;
    attr_t *style_attributes; /* what each style is in curses' words */
    short *style_pairs;
    cchar_t *line; /* one row, prepared for curses */
    bool pasting, modes;
    bool hung_up; /* the terminal is gone, and that was told */
};

/*
 * What puts the terminal right when the program can no longer do it in order. One per process, as the terminal is; only
 * async-signal-safe calls use it.
 */
static struct {
    volatile sig_atomic_t active;
    int descriptor;
    struct termios modes;
    char bytes[512];
    size_t length;
} rescue;

static const char modes_on[] = "\033[?2004h\033[?1004h", modes_off[] = "\033[?2004l\033[?1004l\033[?1006l\033[?1002l";

static const int fatal_signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

static void write_all(int descriptor, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(descriptor, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        bytes += written;
        length -= (size_t)written;
    }
}

static void rescue_terminal(void)
{
    if (!rescue.active)
        return;
    rescue.active = 0;
    write_all(rescue.descriptor, rescue.bytes, rescue.length);
    tcsetattr(rescue.descriptor, TCSANOW, &rescue.modes);
}

static void rescue_signal(int number)
{
    rescue_terminal();
    raise(number); /* SA_RESETHAND: now by its default action */
}

static void rescue_put(char byte)
{
    if (rescue.length < sizeof rescue.bytes)
        rescue.bytes[rescue.length++] = byte;
}

static const char *capability(const char *name)
{
    const char *bytes = tigetstr((char *)name);
    return bytes == (const char *)-1 ? NULL : bytes;
}

/* A capability without its padding ("$<5>"), which no terminal of today needs. */
static void rescue_add(const char *name)
{
    const char *bytes = capability(name);
    while (bytes && *bytes) {
        const char *end = strncmp(bytes, "$<", 2) == 0 ? strchr(bytes, '>') : NULL;
        if (end)
            bytes = end + 1;
        else
            rescue_put(*bytes++);
    }
}

static void rescue_prepare(int descriptor, const struct termios *modes)
{
    rescue.descriptor = descriptor;
    rescue.modes = *modes;
    rescue.length = 0;
    for (const char *byte = modes_off; *byte; byte++)
        rescue_put(*byte);
    rescue_add("sgr0");
    rescue_add("op");
    rescue_add("rmkx");
    rescue_add("cnorm");
    rescue_add("rmcup");
    rescue.active = 1;
    memory_set_abort_hook(rescue_terminal);
    for (size_t i = 0; i < sizeof fatal_signals / sizeof fatal_signals[0]; i++) {
        struct sigaction now, rescuer = {.sa_handler = rescue_signal, .sa_flags = SA_RESETHAND};
        sigemptyset(&rescuer.sa_mask);
        if (sigaction(fatal_signals[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
            sigaction(fatal_signals[i], &rescuer, NULL);
    }
}

static void rescue_forget(void)
{
    rescue.active = 0;
    memory_set_abort_hook(NULL);
    for (size_t i = 0; i < sizeof fatal_signals / sizeof fatal_signals[0]; i++) {
        struct sigaction now;
        if (sigaction(fatal_signals[i], NULL, &now) == 0 && now.sa_handler == rescue_signal)
            signal(fatal_signals[i], SIG_DFL);
    }
}

/* Modes that terminfo does not describe; kinds of terminal that are known to understand or ignore them. */
static bool knows_modes(const char *name)
{
    static const char *const families[] = {"xterm", "screen", "tmux", "rxvt", "alacritty", "foot", "kitty", "wezterm",
        "st-", "vte", "gnome", "konsole", "iterm", "ghostty", "contour", "mintty"};
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        if (strncasecmp(name, families[i], strlen(families[i])) == 0)
            return true;
    }
    return false;
}

static void send_modes(struct curses_term *curses, const char *bytes)
{
    if (curses->modes)
        outlet_send(&curses->outlet, bytes, strlen(bytes));
}

static void curses_close(struct term *term)
{
    struct curses_term *curses = (struct curses_term *)term;
    if (!term->suspended) {
        send_modes(curses, modes_off);
        outlet_settle(&curses->outlet);
        endwin();
    }
    outlet_release(&curses->outlet);
    rescue_forget();
    delwin(curses->input);
    delscreen(curses->screen);
    fclose(curses->input_file);
    fclose(curses->output_file);
    fcntl(curses->caller_input, F_SETFL, curses->flags);
    canvas_release(&curses->shown);
    free(curses->style_attributes);
    free(curses->style_pairs);
    free(curses->line);
    free(curses);
}

static void take_size(struct curses_term *curses)
{
    int height, width;
    getmaxyx(stdscr, height, width);
    curses->term.width = width;
    curses->term.height = height;
    canvas_resize(&curses->shown, width, height);
    free(curses->line);
    curses->line = memory_new_array((size_t)width + 1, sizeof *curses->line);
}

static bool curses_resize(struct term *term)
{
    struct curses_term *curses = (struct curses_term *)term;
    struct winsize size;
    if (ioctl(fileno(curses->output_file), TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
        return false;
    if (size.ws_row == term->height && size.ws_col == term->width)
        return false;
    resizeterm(size.ws_row, size.ws_col);
    take_size(curses);
    term->invalid = true;
    return true;
}

static short pair_number(struct curses_term *curses, int foreground, int background)
{
    if (curses->term.colors == 0)
        return 0;
    struct pair pair = {(short)term_color_nearest(foreground, curses->term.colors, false),
        (short)term_color_nearest(background, curses->term.colors, true)};
    if (pair.foreground < 0 && pair.background < 0)
        return 0;
    for (int i = 0; i < curses->pair_count; i++) {
        if (curses->pairs[i].foreground == pair.foreground && curses->pairs[i].background == pair.background)
            return (short)(i + 1);
    }
    if (curses->pair_count >= PAIR_LIMIT || curses->pair_count + 1 >= COLOR_PAIRS)
        return 0;
    curses->pairs[curses->pair_count++] = pair;
    init_pair((short)curses->pair_count, pair.foreground, pair.background);
    return (short)curses->pair_count;
}

static attr_t curses_attributes(unsigned attributes)
{
    attr_t result = A_NORMAL;
    if (attributes & CELL_BOLD)
        result |= A_BOLD;
    if (attributes & CELL_DIM)
        result |= A_DIM;
    if (attributes & CELL_REVERSE)
        result |= A_REVERSE;
    if (attributes & CELL_UNDERLINE)
        result |= A_UNDERLINE;
    if (attributes & CELL_BLINK)
        result |= A_BLINK;
    if (attributes & CELL_ITALIC)
        result |= A_ITALIC;
    return result;
}

/* Where only eight colours are, bright ones become bold. */
static void take_styles(struct curses_term *curses, const struct term_style *styles, size_t count)
{
    if (styles == curses->styles && count == curses->style_count)
        return;
    free(curses->style_attributes);
    free(curses->style_pairs);
    curses->style_attributes = memory_new_array(count + 1, sizeof *curses->style_attributes);
    curses->style_pairs = memory_new_array(count + 1, sizeof *curses->style_pairs);
    for (size_t i = 0; i < count; i++) {
        bool bright = styles[i].foreground >= 8 && styles[i].foreground < 16 && curses->term.colors == 8;
        curses->style_attributes[i] = curses_attributes(styles[i].attributes) | (bright ? A_BOLD : A_NORMAL);
        curses->style_pairs[i] =
            pair_number(curses, bright ? styles[i].foreground - 8 : styles[i].foreground, styles[i].background);
    }
    curses->styles = styles;
    curses->style_count = count;
    curses->term.invalid = true;
}

/* What curses shows for a cell: a character whose width it sees as we do, else a mark of the same width. */
static void make_character(const struct curses_term *curses, const struct cell *cell, cchar_t *character)
{
    wchar_t text[CELL_COMBINING + 2] = {(wchar_t)cell->code_point};
    size_t length = 1;
    bool plain = cell->code_point >= ' ' && cell->code_point < 0x7f;
    if (!plain && (curses->term.ascii || wcwidth(text[0]) != 1 + (cell->width == 2))) {
        text[0] = '?';
    } else {
        for (int i = 0; i < CELL_COMBINING && cell->combining[i]; i++) {
            if (wcwidth((wchar_t)cell->combining[i]) == 0)
                text[length++] = (wchar_t)cell->combining[i];
        }
    }
    text[length] = L'\0';
    size_t style = cell->style < curses->style_count ? cell->style : 0;
    setcchar(character, text, curses->style_attributes[style] | curses_attributes(cell->attributes),
        curses->style_pairs[style], NULL);
}

/* Gives curses the cells first to last of a row. A wide character shown as '?' is followed by a blank. */
static void put_cells(struct curses_term *curses, const struct cell *cells, int row, int first, int last)
{
    int count = 0;
    static const struct cell blank = {.code_point = ' ', .width = 1};
    for (int i = first; i <= last; i++) {
        const struct cell *cell = &cells[i];
        bool covered = cell->width == 0;
        if (covered && i > 0) {
            wchar_t before = (wchar_t)cells[i - 1].code_point;
            if (!curses->term.ascii && wcwidth(before) == 2)
                continue;
            struct cell filler = blank;
            filler.style = cells[i - 1].style;
            filler.attributes = cells[i - 1].attributes;
            make_character(curses, &filler, &curses->line[count++]);
            continue;
        }
        make_character(curses, covered ? &blank : cell, &curses->line[count++]);
    }
    mvwadd_wchnstr(stdscr, row, first, curses->line, count);
}

static void draw_row(struct curses_term *curses, const struct canvas *canvas, int row, int width, bool all)
{
    size_t size = sizeof(struct cell);
    const struct cell *now = canvas->cells + (size_t)row * (size_t)canvas->width;
    struct cell *shown = curses->shown.cells + (size_t)row * (size_t)curses->shown.width;
    if (!all && memcmp(now, shown, (size_t)width * size) == 0)
        return;
    int first = 0, last = width - 1;
    if (!all) {
        while (memcmp(&now[first], &shown[first], size) == 0)
            first++;
        while (memcmp(&now[last], &shown[last], size) == 0)
            last--;
    }
    while (first > 0 && (now[first].width == 0 || shown[first].width == 0))
        first--;
    while (last + 1 < width && (now[last + 1].width == 0 || shown[last + 1].width == 0))
        last++;
    put_cells(curses, now, row, first, last);
    memcpy(&shown[first], &now[first], (size_t)(last - first + 1) * size);
}

/* A terminal that has stopped reading (Ctrl-S, a dead line) gets nothing more until it has taken what it was sent. */
static bool curses_flush(struct term *term)
{
    return outlet_flush(&((struct curses_term *)term)->outlet);
}

static void curses_draw(struct term *term, const struct canvas *canvas, const struct term_style *styles, size_t count)
{
    struct curses_term *curses = (struct curses_term *)term;
    if (!curses_flush(term))
        return;
    outlet_begin(&curses->outlet);
    take_styles(curses, styles, count);
    bool all = term->invalid;
    int width = canvas->width < term->width ? canvas->width : term->width;
    int height = canvas->height < term->height ? canvas->height : term->height;
    if (all) {
        werase(stdscr);
        canvas_clear(&curses->shown, 0);
        clearok(curscr, TRUE);
    }
    for (int row = 0; row < height && width > 0; row++)
        draw_row(curses, canvas, row, width, all);
    bool visible = term->cursor_row >= 0;
    curs_set(visible ? 1 : 0);
    if (visible)
        wmove(stdscr, term->cursor_row, term->cursor_column);
    wnoutrefresh(stdscr);
    doupdate();
    outlet_end(&curses->outlet);
    term->invalid = false;
}

/* End of file or an error on the descriptor, as against no key yet. */
static bool is_hung_up(const struct curses_term *curses)
{
    struct pollfd one = {.fd = curses->term.descriptor, .events = POLLIN};
    int waiting = 0;
    if (poll(&one, 1, 0) <= 0)
        return false;
    if (one.revents & (POLLHUP | POLLERR | POLLNVAL))
        return true;
    return one.revents & POLLIN && ioctl(one.fd, FIONREAD, &waiting) == 0 && waiting == 0;
}

static bool translate_code(wint_t code, struct key *key)
{
    static const struct {
        wint_t code;
        uint32_t key;
    } codes[] = {{KEY_ENTER, SPECIAL_KEY_ENTER}, {KEY_BTAB, SPECIAL_KEY_BACK_TAB},
        {KEY_BACKSPACE, SPECIAL_KEY_BACKSPACE}, {KEY_DC, SPECIAL_KEY_DELETE}, {KEY_IC, SPECIAL_KEY_INSERT},
        {KEY_UP, SPECIAL_KEY_UP}, {KEY_DOWN, SPECIAL_KEY_DOWN}, {KEY_LEFT, SPECIAL_KEY_LEFT},
        {KEY_RIGHT, SPECIAL_KEY_RIGHT}, {KEY_HOME, SPECIAL_KEY_HOME}, {KEY_END, SPECIAL_KEY_END},
        {KEY_SR, SPECIAL_KEY_SHIFT_UP}, {KEY_SF, SPECIAL_KEY_SHIFT_DOWN}, {KEY_SLEFT, SPECIAL_KEY_SHIFT_LEFT},
        {KEY_SRIGHT, SPECIAL_KEY_SHIFT_RIGHT}, {KEY_PPAGE, SPECIAL_KEY_PAGE_UP}, {KEY_NPAGE, SPECIAL_KEY_PAGE_DOWN},
        {CODE_FOCUS_IN, SPECIAL_KEY_FOCUS_IN}, {CODE_FOCUS_OUT, SPECIAL_KEY_FOCUS_OUT}};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].code == code) {
            key->code = codes[i].key;
            return true;
        }
    }
    if (code >= (wint_t)KEY_F(1) && code <= (wint_t)KEY_F(12)) {
        key->code = SPECIAL_KEY_F1 + (code - (wint_t)KEY_F(1));
        return true;
    }
    return false;
}

static void translate_character(wint_t character, struct key *key)
{
    if (character == '\r' || character == '\n')
        key->code = SPECIAL_KEY_ENTER;
    else if (character == '\t')
        key->code = SPECIAL_KEY_TAB;
    else if (character == 0x7f || character == '\b')
        key->code = SPECIAL_KEY_BACKSPACE;
    else if (character == ' ')
        key->code = SPECIAL_KEY_SPACE;
    else if (character < ' ')
        *key = (struct key){.code = character ? character + '`' : SPECIAL_KEY_SPACE, .modifiers = KEY_CONTROL};
    else
        key->code = character;
}

/* Ctrl-\ and the like have no letter; they are no keys of ours. */
static bool is_letter_or_special(const struct key *key)
{
    return !(key->modifiers & KEY_CONTROL) || key->code <= 'z' || key->code >= SPECIAL_KEY_FIRST;
}

/*
 * After an escape: the rest of an unknown sequence is swallowed, so that its letters are never taken for keys; another
 * character that came with it is Alt and that character; nothing: the key Esc.
 */
static bool read_after_escape(struct curses_term *curses, struct key *key)
{
    wint_t character = 0;
    int kind = wget_wch(curses->input, &character);
    if (kind == ERR) {
        key->code = SPECIAL_KEY_ESCAPE;
        return true;
    }
    if (kind == KEY_CODE_YES || character == 27)
        return false;
    if (character != '[' && character != 'O') {
        translate_character(character, key);
        key->modifiers |= KEY_ALT;
        return true;
    }
    for (int i = 0; i < SEQUENCE_LIMIT && wget_wch(curses->input, &character) == OK; i++) {
        if (character >= 0x40 && character <= 0x7e)
            break;
    }
    return false;
}

static bool read_paste(struct curses_term *curses, int kind, wint_t code, struct key *key)
{
    /* Ctrl-C ends a paste whose end never came. */
    bool broken_off = kind != KEY_CODE_YES && code == 3;
    if (kind != KEY_CODE_YES && !broken_off) {
        term_paste_add(&curses->term, code == 27 ? ' ' : code);
        return false;
    }
    if (!broken_off && code != CODE_PASTE_END)
        return false;
    curses->pasting = false;
    key->code = SPECIAL_KEY_PASTE;
    return true;
}

/* The rest of what the mouse did: "BUTTON;COLUMN;ROW" and M, or m for a release. */
static bool read_mouse(struct curses_term *curses, struct key *key)
{
    wint_t character = 0;
    int numbers[3] = {0}, place = 0;
    for (int i = 0; i < SEQUENCE_LIMIT && wget_wch(curses->input, &character) == OK; i++) {
        if (character >= '0' && character <= '9' && numbers[place] < 100000)
            numbers[place] = numbers[place] * 10 + (int)(character - '0');
        else if (character == ';' && place < 2)
            place++;
        else
            break;
    }
    if (place < 2 || (character != 'M' && character != 'm'))
        return false;
    struct term_mouse mouse = {.row = numbers[2] - 1, .column = numbers[1] - 1};
    int button = numbers[0] & 3;
    if (numbers[0] & 64)
        mouse.kind = button == 0 ? MOUSE_WHEEL_UP : MOUSE_WHEEL_DOWN;
    else if (button != 0)
        return false;
    else
        mouse.kind = character == 'm' ? MOUSE_RELEASE : numbers[0] & 32 ? MOUSE_DRAG : MOUSE_PRESS;
    curses->term.mouse = mouse;
    key->code = SPECIAL_KEY_MOUSE;
    return true;
}

static bool curses_read_key(struct term *term, struct key *key)
{
    struct curses_term *curses = (struct curses_term *)term;
    for (;;) {
        wint_t code = 0;
        *key = (struct key){0};
        int kind = wget_wch(curses->input, &code);
        if (kind == ERR) {
            /* Told once: whoever reads until there are no more keys must come to an end. */
            if (curses->hung_up || !is_hung_up(curses))
                return false;
            curses->hung_up = true;
            key->code = SPECIAL_KEY_HANG_UP;
            return true;
        }
        if (curses->pasting) {
            if (read_paste(curses, kind, code, key))
                return true;
        } else if (kind == KEY_CODE_YES && code == CODE_PASTE_BEGIN) {
            curses->pasting = true;
            text_clear(&term->paste);
        } else if (kind == KEY_CODE_YES && code == CODE_MOUSE) {
            if (read_mouse(curses, key))
                return true;
        } else if (kind == KEY_CODE_YES) {
            if (translate_code(code, key))
                return true;
        } else if (code == 27) {
            if (read_after_escape(curses, key))
                return true;
        } else {
            translate_character(code, key);
            if (is_letter_or_special(key))
                return true;
        }
    }
}

static void curses_suspend(struct term *term)
{
    struct curses_term *curses = (struct curses_term *)term;
    send_modes(curses, modes_off);
    outlet_settle(&curses->outlet);
    endwin();
    rescue.active = 0;
}

static void curses_resume(struct term *term)
{
    reset_prog_mode();
    curses_resize(term);
    term->invalid = true;
    wrefresh(curscr);
    send_modes((struct curses_term *)term, modes_on);
    rescue.active = 1;
}

static void curses_bell(struct term *term)
{
    struct curses_term *curses = (struct curses_term *)term;
    outlet_begin(&curses->outlet);
    beep();
    outlet_end(&curses->outlet);
}

static void curses_send(struct term *term, const char *bytes, size_t length)
{
    struct curses_term *curses = (struct curses_term *)term;
    /* What nobody reads is not collected. */
    if (curses->modes && curses_flush(term))
        outlet_send(&curses->outlet, bytes, length);
}

static const struct term_backend curses_backend = {.close = curses_close,
    .resize = curses_resize,
    .draw = curses_draw,
    .flush = curses_flush,
    .read_key = curses_read_key,
    .suspend = curses_suspend,
    .resume = curses_resume,
    .bell = curses_bell,
    .send = curses_send};

/* A description of its own for the keys: an event loop makes it non-blocking, which the shell must not inherit. */
static FILE *open_input(int descriptor)
{
    const char *path = ttyname(descriptor);
    int copy = path ? open(path, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
    if (copy < 0)
        copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    return copy < 0 ? NULL : fdopen(copy, "r");
}

static FILE *open_output(int descriptor)
{
    int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    return copy < 0 ? NULL : fdopen(copy, "w");
}

static void prepare_keys(struct curses_term *curses)
{
    raw();
    noecho();
    nonl();
    set_escdelay(ESCAPE_DELAY);
    curses->input = newpad(1, 1);
    keypad(curses->input, TRUE);
    nodelay(curses->input, TRUE);
    define_key("\033[200~", CODE_PASTE_BEGIN);
    define_key("\033[201~", CODE_PASTE_END);
    define_key("\033[I", CODE_FOCUS_IN);
    define_key("\033[O", CODE_FOCUS_OUT);
    define_key("\033[<", CODE_MOUSE);
    send_modes(curses, modes_on);
}

static void prepare_colors(struct curses_term *curses, int wanted)
{
    int have = 0;
    if (wanted != 0 && has_colors()) {
        start_color();
        use_default_colors();
        have = COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : COLORS >= 8 ? 8 : 0;
    }
    curses->term.colors = wanted >= 0 && wanted < have ? wanted : have;
}

static void close_files(struct curses_term *curses)
{
    if (curses->input_file)
        fclose(curses->input_file);
    if (curses->output_file)
        fclose(curses->output_file);
    free(curses);
}

/* Starts curses; on failure the sentence says what is wrong with the terminal type. */
static enum status start_curses(struct curses_term *curses, const char *name, struct error *error)
{
    /* Asked before curses begins: a screen that cannot be made would not be freed whole. */
    bool known = tgetent(NULL, name) == 1;
    if (known && curses->input_file && curses->output_file)
        curses->screen = newterm((char *)name, curses->output_file, curses->input_file);
    if (!curses->screen)
        return error_set(error, STATUS_NOT_FOUND,
            "the terminal type '%.64s' (TERM) is not known here: no terminfo entry. Try TERM=xterm-256color", name);
    if (capability("cup"))
        return STATUS_OK;
    endwin();
    delscreen(curses->screen);
    return error_set(error, STATUS_UNSUPPORTED, "a terminal of type '%.64s' (TERM) cannot place its cursor", name);
}

enum status term_open(const struct term_options *options, struct term **term, struct error *error)
{
    const char *name = options->name ? options->name : getenv("TERM");
    struct termios modes;
    *term = NULL;
    if (tcgetattr(options->input, &modes) != 0 || !isatty(options->output))
        return error_set(error, STATUS_UNSUPPORTED, "input and output must be a terminal");
    if (!name || !*name)
        return error_set(error, STATUS_NOT_FOUND, "TERM is not set: the type of the terminal is not known");
    struct curses_term *curses = memory_new(sizeof *curses);
    curses->term = (struct term){.backend = &curses_backend, .cursor_row = -1, .invalid = true};
    curses->caller_input = options->input;
    curses->flags = fcntl(options->input, F_GETFL);
    curses->modes = knows_modes(name);
    curses->input_file = open_input(options->input);
    curses->output_file = open_output(options->output);
    enum status status = start_curses(curses, name, error);
    if (status) {
        close_files(curses);
        return status;
    }
    text_init(&curses->term.paste, 0);
    curses->term.descriptor = fileno(curses->input_file);
    curses->term.ascii = options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    outlet_init(&curses->outlet, fileno(curses->output_file));
    rescue_prepare(curses->outlet.terminal, &modes);
    prepare_keys(curses);
    prepare_colors(curses, options->colors);
    take_size(curses);
    *term = &curses->term;
    return STATUS_OK;
}
