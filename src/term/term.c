/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/term/term.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dagtop/base/utf8.h"
#include "term_backend.h"

/* Buttons and dragging, with coordinates of any size (SGR). */
#define TERM_MOUSE_ON "\033[?1002h\033[?1006h"
#define TERM_MOUSE_OFF "\033[?1006l\033[?1002l"

void term_options_init(struct term_options *options)
{
    const char *no_color = getenv("NO_COLOR");
    *options =
        (struct term_options){.input = STDIN_FILENO, .output = STDOUT_FILENO, .colors = no_color && *no_color ? 0 : -1};
}

static void send(struct term *term, const char *bytes, size_t length)
{
    if (!term->suspended)
        term->backend->send(term, bytes, length);
}

static void send_string(struct term *term, const char *bytes)
{
    send(term, bytes, strlen(bytes));
}

/* Straight, and once more wrapped for the terminal behind tmux, which passes on what it does not know only so. */
static void send_through(struct term *term, const struct text *sequence)
{
    struct text wrapped;
    send(term, sequence->data, sequence->length);
    if (!getenv("TMUX"))
        return;
    text_init(&wrapped, 0);
    text_append_string(&wrapped, "\033Ptmux;");
    for (size_t i = 0; i < sequence->length; i++) {
        if (sequence->data[i] == '\033')
            text_append_byte(&wrapped, '\033');
        text_append_byte(&wrapped, sequence->data[i]);
    }
    text_append_string(&wrapped, "\033\\");
    send(term, wrapped.data, wrapped.length);
    text_release(&wrapped);
}

void term_set_title(struct term *term, const char *title)
{
    struct text text;
    text_init(&text, 4096);
    if (!term->titled)
        text_append_string(&text, "\033[22;2t");
    term->titled = true;
    text_append_string(&text, "\033]2;");
    utf8_append_safe(&text, title, strnlen(title, 200));
    text_append_string(&text, "\033\\");
    send(term, text.data, text.length);
    text_release(&text);
}

/* RFC 4648, with padding. */
static void append_base64(struct text *text, const unsigned char *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < length; i += 3) {
        unsigned long group = (unsigned long)bytes[i] << 16;
        group |= i + 1 < length ? (unsigned long)bytes[i + 1] << 8 : 0;
        group |= i + 2 < length ? bytes[i + 2] : 0;
        text_append_byte(text, digits[group >> 18]);
        text_append_byte(text, digits[group >> 12 & 63]);
        text_append_byte(text, i + 1 < length ? digits[group >> 6 & 63] : '=');
        text_append_byte(text, i + 2 < length ? digits[group & 63] : '=');
    }
}

void term_copy(struct term *term, const char *bytes, size_t length)
{
    struct text text;
    if (length > TERM_COPY_LIMIT)
        return;
    text_init(&text, 0);
    text_append_string(&text, "\033]52;c;");
    append_base64(&text, (const unsigned char *)bytes, length);
    text_append_string(&text, "\007");
    send_through(term, &text);
    text_release(&text);
}

void term_notify(struct term *term, const char *title, const char *words)
{
    struct text safe_title, safe_words, sequence;
    text_init(&safe_title, 800);
    text_init(&safe_words, 800);
    text_init(&sequence, 4096);
    utf8_append_safe(&safe_title, title, strnlen(title, 100));
    utf8_append_safe(&safe_words, words, strnlen(words, 200));
    for (char *byte = safe_title.data; *byte; byte++)
        *byte = *byte == ';' ? ',' : *byte;
    text_append_format(&sequence, "\033]9;%s: %s\007", safe_title.data, safe_words.data);
    send_through(term, &sequence);
    text_clear(&sequence);
    text_append_format(&sequence, "\033]777;notify;%s;%s\007", safe_title.data, safe_words.data);
    send_through(term, &sequence);
    text_release(&safe_title);
    text_release(&safe_words);
    text_release(&sequence);
}

struct term_mouse term_mouse(const struct term *term)
{
    return term->mouse;
}

void term_set_mouse(struct term *term, bool on)
{
    term->wants_mouse = on;
    send_string(term, on ? TERM_MOUSE_ON : TERM_MOUSE_OFF);
}

void term_close(struct term *term)
{
    if (!term)
        return;
    if (term->wants_mouse)
        term_set_mouse(term, false);
    if (term->titled)
        send_string(term, "\033[23;2t");
    text_release(&term->paste);
    term->backend->close(term);
}

void term_size(const struct term *term, int *width, int *height)
{
    *width = term->width;
    *height = term->height;
}

bool term_resize(struct term *term)
{
    return term->backend->resize(term);
}

bool term_is_ascii(const struct term *term)
{
    return term->ascii;
}

int term_colors(const struct term *term)
{
    return term->colors;
}

void term_draw(struct term *term, const struct canvas *canvas, const struct term_style *styles, size_t count)
{
    if (!term->suspended)
        term->backend->draw(term, canvas, styles, count);
}

bool term_flush(struct term *term)
{
    return term->suspended || !term->backend->flush || term->backend->flush(term);
}

void term_invalidate(struct term *term)
{
    term->invalid = true;
}

void term_set_cursor(struct term *term, int row, int column)
{
    term->cursor_row = row;
    term->cursor_column = column;
}

bool term_read_key(struct term *term, struct key *key)
{
    *key = (struct key){0};
    return !term->suspended && term->backend->read_key(term, key);
}

const char *term_paste(const struct term *term)
{
    return term->paste.data;
}

void term_paste_add(struct term *term, uint32_t code_point)
{
    char bytes[4];
    bool control = code_point < ' ' || (code_point >= 0x7f && code_point < 0xa0);
    size_t length = utf8_write(control ? ' ' : code_point, bytes);
    if (term->paste.length + length <= TERM_PASTE_LIMIT)
        text_append(&term->paste, bytes, length);
}

int term_descriptor(const struct term *term)
{
    return term->descriptor;
}

void term_suspend(struct term *term)
{
    if (term->suspended)
        return;
    if (term->wants_mouse)
        send_string(term, TERM_MOUSE_OFF);
    term->suspended = true;
    term->backend->suspend(term);
}

void term_resume(struct term *term)
{
    if (!term->suspended)
        return;
    term->suspended = false;
    term->invalid = true;
    term->backend->resume(term);
    if (term->wants_mouse)
        send_string(term, TERM_MOUSE_ON);
}

void term_stop_process(struct term *term)
{
    struct sigaction usual = {.sa_handler = SIG_DFL}, saved;
    sigset_t stop, mask;
    if (term->descriptor < 0)
        return;
    sigemptyset(&usual.sa_mask);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    term_suspend(term);
    /* The default action of SIGTSTP, not SIGSTOP: an orphaned process group must go on instead of stopping for ever. */
    sigaction(SIGTSTP, &usual, &saved);
    sigprocmask(SIG_UNBLOCK, &stop, &mask);
    kill(0, SIGTSTP);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGTSTP, &saved, NULL);
    term_resume(term);
}

void term_bell(struct term *term)
{
    if (!term->suspended)
        term->backend->bell(term);
}
