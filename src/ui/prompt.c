/* SPDX-License-Identifier: Apache-2.0 */
/* Typing at the bottom of the screen: filters and searches, commands, options, what a host asks for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui_private.h"

static const struct {
    const char *sign, *hint, *brief; /* brief: where the hint does not fit, or NULL */
} kinds[] = {[PROMPT_FILTER] = {"Filter /", "name *? ^regex$ @state host: metric>1 !not   Enter keeps, Esc clears",
                 "*? ^re$ @state host: loss>1 !not"},
    [PROMPT_SEARCH] = {"Search /", "Enter searches", NULL},
    [PROMPT_LINES] = {"Lines &", "only lines with this, !without   Enter keeps, Esc clears", NULL},
    [PROMPT_MARK] = {"Mark *", "name *? ^regex$ @state host: metric>1 !not   Enter marks",
        "*? ^re$ @state host: loss>1 !not"},
    [PROMPT_OPTIONS] = {"Options: ", "Enter takes them over", NULL},
    [PROMPT_CHANGE] = {"", "what differs is changed, after a question", "Enter asks"},
    [PROMPT_COMMAND] = {":", "Tab completes, Up and Down: earlier ones", NULL},
    [PROMPT_SAVE] = {"Save to: ", "Enter saves the whole log", NULL},
    [PROMPT_ANSWER] = {"Answer: ", "Enter answers, Esc does not log in", NULL}};

/* Typed words may be a secret: the memory that held them holds them no longer. */
static void wipe(struct prompt *prompt)
{
    if (prompt->typed.capacity > 0)
        explicit_bzero(prompt->typed.data, prompt->typed.capacity);
    text_clear(&prompt->typed);
    prompt->hidden = prompt->is_full = false;
    prompt->past = 0;
    free(prompt->sign);
    prompt->sign = NULL;
}

void prompt_open(struct ui *ui, enum prompt_kind kind, const char *text)
{
    struct prompt *prompt = &ui->prompt;
    wipe(prompt);
    prompt->open = true;
    prompt->kind = kind;
    /* All room at once: a text that grows leaves copies behind. */
    for (int i = 0; kind == PROMPT_ANSWER && i < PROMPT_LIMIT; i++)
        text_append_byte(&prompt->typed, ' ');
    text_clear(&prompt->typed);
    text_append(&prompt->typed, text, strnlen(text, PROMPT_LIMIT));
}

void prompt_close(struct ui *ui)
{
    ui->prompt.open = false;
    wipe(&ui->prompt);
}

static void typed_changed(struct ui *ui)
{
    if (ui->prompt.kind == PROMPT_FILTER)
        ui_set_filter(ui, ui->prompt.typed.data);
    else if (ui->prompt.kind == PROMPT_LINES)
        pane_log_show_lines(ui, ui->prompt.typed.data);
    ui->prompt.past = 0;
}

void prompt_type(struct ui *ui, const char *text)
{
    ui->prompt.is_full = ui->prompt.typed.length + strlen(text) > PROMPT_LIMIT;
    if (ui->prompt.is_full)
        return;
    text_append_string(&ui->prompt.typed, text);
    typed_changed(ui);
}

static void erase(struct text *typed, bool word)
{
    size_t end = typed->length;
    while (word && end > 0 && typed->data[end - 1] == ' ')
        end--;
    do {
        while (end > 0 && ((unsigned char)typed->data[end - 1] & 0xc0) == 0x80)
            end--;
        if (end > 0)
            end--;
    } while (word && end > 0 && typed->data[end - 1] != ' ');
    text_truncate(typed, end);
}

void prompt_clear(struct ui *ui)
{
    if (ui->focus == PANE_LOG && ui->log.search[0])
        pane_log_search(ui, "");
    else if (ui->focus == PANE_LOG && ui->log.lines[0])
        pane_log_show_lines(ui, "");
    else
        ui_set_filter(ui, "");
}

/* The prompt is closed before its words are used: what they ask for may open another one. */
static void accept(struct ui *ui)
{
    char words[PROMPT_LIMIT + 1];
    enum prompt_kind kind = ui->prompt.kind;
    snprintf(words, sizeof words, "%s", ui->prompt.typed.data);
    prompt_close(ui);
    switch (kind) {
    case PROMPT_SEARCH:
        pane_log_search(ui, words);
        break;
    case PROMPT_MARK:
        marks_add_fitting(ui, words);
        break;
    case PROMPT_OPTIONS:
        layer_question_take_options(ui, words);
        break;
    case PROMPT_CHANGE:
        job_change_take(ui, words);
        break;
    case PROMPT_COMMAND:
        palette_run(ui, words);
        break;
    case PROMPT_SAVE:
        log_fetch_start(ui, FETCH_SAVE, words);
        break;
    case PROMPT_ANSWER:
        login_answer(ui, words);
        break;
    case PROMPT_FILTER:
    case PROMPT_LINES:
        break;
    }
    explicit_bzero(words, sizeof words);
}

static void discard(struct ui *ui)
{
    enum prompt_kind kind = ui->prompt.kind;
    prompt_close(ui);
    if (kind == PROMPT_FILTER)
        ui_set_filter(ui, "");
    else if (kind == PROMPT_LINES)
        pane_log_show_lines(ui, "");
    else if (kind == PROMPT_ANSWER)
        login_answer(ui, NULL);
}

bool prompt_act(struct ui *ui, enum ui_action action)
{
    struct prompt *prompt = &ui->prompt;
    prompt->is_full = false;
    switch (action) {
    case UI_ACCEPT:
        accept(ui);
        return true;
    case UI_DISCARD:
        discard(ui);
        return true;
    case UI_ERASE:
    case UI_ERASE_WORD:
        erase(&prompt->typed, action == UI_ERASE_WORD);
        typed_changed(ui);
        return true;
    case UI_ERASE_ALL:
        text_clear(&prompt->typed);
        typed_changed(ui);
        return true;
    case UI_COMPLETE:
        if (prompt->kind == PROMPT_COMMAND)
            palette_complete(ui, &prompt->typed);
        return true;
    case UI_PAST_PREVIOUS:
    case UI_PAST_NEXT:
        if (prompt->kind == PROMPT_COMMAND)
            palette_recall(ui, action == UI_PAST_PREVIOUS ? 1 : -1);
        return true;
    default:
        return false;
    }
}

/* What stands at the right: how it works, or what is wrong with the words so far. */
static const char *hint_of(const struct ui *ui, unsigned *style)
{
    *style = STYLE_WARNING;
    if (ui->prompt.is_full)
        return "left out: too long for a prompt";
    *style = STYLE_DIM;
    if (ui->prompt.kind == PROMPT_FILTER && ui->rows.compiled.mistake) {
        *style = STYLE_WARNING;
        return ui->rows.compiled.mistake;
    }
    return ui->prompt.hidden ? "not shown   Enter answers, Esc does not log in" : kinds[ui->prompt.kind].hint;
}

void prompt_draw(struct ui *ui, struct canvas *canvas)
{
    const struct prompt *prompt = &ui->prompt;
    unsigned style;
    int row = canvas->height - 1, width = canvas->width;
    const char *typed = prompt->hidden ? "" : prompt->typed.data, *hint = hint_of(ui, &style);
    if (row < 0)
        return;
    if (prompt->kind == PROMPT_COMMAND)
        palette_draw(ui, canvas);
    canvas_fill(canvas, row, 0, 1, width, ' ', STYLE_TEXT);
    const char *sign = prompt->sign ? prompt->sign : kinds[prompt->kind].sign;
    int column = ink_text(canvas, row, 0, width, sign, STYLE_PROMPT);
    int space = width - column - 1;
    while (space > 0 && utf8_width(typed) > (size_t)space)
        typed += utf8_bytes_for_width(typed, 1) > 0 ? utf8_bytes_for_width(typed, 1) : 1;
    column += ink_text(canvas, row, column, width - column, typed, STYLE_TEXT);
    term_set_cursor(ui->options.term, row, column < width ? column : width - 1);
    if (column + 4 + ink_width(hint) >= width && kinds[prompt->kind].brief && style == STYLE_DIM)
        hint = kinds[prompt->kind].brief;
    if (column + 4 + ink_width(hint) < width)
        ink_right(canvas, row, column + 4, width - column - 5, hint, style);
}
