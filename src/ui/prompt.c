/* SPDX-License-Identifier: Apache-2.0 */
/* Typing at the bottom of the screen: the table's filter, which works while one types, and the log's search. */
#include <stdio.h>
#include <string.h>

#include "ui_private.h"

void prompt_open(struct ui *ui, bool is_search)
{
    struct prompt *prompt = &ui->prompt;
    prompt->open = true;
    prompt->is_search = is_search;
    snprintf(prompt->before, sizeof prompt->before, "%s", is_search ? ui->log.search : ui->rows.filter);
    text_clear(&prompt->typed);
    if (!is_search)
        text_append_string(&prompt->typed, ui->rows.filter);
}

/* The selection goes to the first row that is left when its own is hidden. */
static void set_filter(struct ui *ui, const char *filter)
{
    snprintf(ui->rows.filter, sizeof ui->rows.filter, "%s", filter);
    table_rows_make(&ui->rows, ui, ui->snapshot);
    bool hidden = ui->selected < ui->rows.node_count && ui->rows.row_of[ui->selected] == SIZE_MAX;
    if (hidden && ui->rows.count > 0)
        ui_select(ui, ui->rows.nodes[0]);
}

static void typed_changed(struct ui *ui)
{
    if (!ui->prompt.is_search)
        set_filter(ui, ui->prompt.typed.data);
}

void prompt_type(struct ui *ui, const char *text)
{
    if (ui->prompt.typed.length + strlen(text) > PROMPT_LIMIT)
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
    else
        set_filter(ui, "");
}

bool prompt_act(struct ui *ui, enum ui_action action)
{
    struct prompt *prompt = &ui->prompt;
    switch (action) {
    case UI_ACCEPT:
        prompt->open = false;
        if (prompt->is_search)
            pane_log_search(ui, prompt->typed.data);
        return true;
    case UI_DISCARD:
        prompt->open = false;
        if (!prompt->is_search)
            set_filter(ui, "");
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
    default:
        return false;
    }
}

void prompt_draw(struct ui *ui, struct canvas *canvas)
{
    const struct prompt *prompt = &ui->prompt;
    int row = canvas->height - 1, width = canvas->width;
    const char *typed = prompt->typed.data,
               *hint = prompt->is_search ? "Enter searches" : "part of a name, *?, @state   Enter keeps, Esc clears";
    if (row < 0)
        return;
    canvas_fill(canvas, row, 0, 1, width, ' ', STYLE_TEXT);
    int column = ink_text(canvas, row, 0, width, prompt->is_search ? "Search /" : "Filter /", STYLE_PROMPT);
    int space = width - column - 1;
    while (space > 0 && utf8_width(typed) > (size_t)space)
        typed += utf8_bytes_for_width(typed, 1) > 0 ? utf8_bytes_for_width(typed, 1) : 1;
    column += ink_text(canvas, row, column, width - column, typed, STYLE_TEXT);
    term_set_cursor(ui->options.term, row, column < width ? column : width - 1);
    if (column + 4 + ink_width(hint) < width)
        ink_right(canvas, row, column + 4, width - column - 5, hint, STYLE_DIM);
}
