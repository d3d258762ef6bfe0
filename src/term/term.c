/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/term/term.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "dagtop/base/utf8.h"
#include "term_backend.h"

void term_options_init(struct term_options *options)
{
    const char *no_color = getenv("NO_COLOR");
    *options =
        (struct term_options){.input = STDIN_FILENO, .output = STDOUT_FILENO, .colors = no_color && *no_color ? 0 : -1};
}

void term_close(struct term *term)
{
    if (!term)
        return;
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
