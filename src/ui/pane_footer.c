/* SPDX-License-Identifier: Apache-2.0 */
/* The last row: the keys that apply here, or a message. */
#include <string.h>

#include "ui_private.h"

static int draw_binding(struct canvas *canvas, int column, int last, const struct key_binding *binding)
{
    int width = ink_width(binding->key) + 1 + ink_width(binding->footer);
    if (column + width > last)
        return 0;
    int used = ink_text(canvas, 0, column, last - column, binding->key, STYLE_KEY);
    ink_text(canvas, 0, column + used + 1, last - column - used - 1, binding->footer, STYLE_KEY_TEXT);
    return width + 2;
}

static bool always_shown(const struct key_binding *binding)
{
    return binding->context == KEY_CONTEXT_GLOBAL && (binding->action == UI_HELP || binding->action == UI_QUIT);
}

/* Help and the way out stand at the right end, whatever else there is room for. Returns where they begin. */
static int draw_right(struct canvas *canvas, const struct key_binding *bindings, size_t count)
{
    int width = 0;
    for (size_t i = 0; i < count; i++) {
        if (always_shown(&bindings[i]) && bindings[i].footer[0])
            width += ink_width(bindings[i].key) + 1 + ink_width(bindings[i].footer) + 2;
    }
    int column = canvas->width - width + 1, first = column;
    if (column < 1)
        return canvas->width;
    for (size_t i = 0; i < count; i++) {
        if (always_shown(&bindings[i]) && bindings[i].footer[0])
            column += draw_binding(canvas, column, canvas->width, &bindings[i]);
    }
    return first;
}

static void draw_keys(const struct ui *ui, struct canvas *canvas, int last)
{
    size_t count;
    const struct key_binding *bindings = keymap_bindings(ui->options.keymap, &count);
    enum key_context context = ui_context(ui);
    int column = 1;
    for (size_t i = 0; i < count; i++) {
        bool here =
            bindings[i].context == context || (bindings[i].context == KEY_CONTEXT_GLOBAL && keymap_falls_back(context));
        if (here && bindings[i].footer[0] && !always_shown(&bindings[i]))
            column += draw_binding(canvas, column, last, &bindings[i]);
    }
}

void pane_footer_draw(struct ui *ui, struct canvas *canvas)
{
    size_t count;
    const struct key_binding *bindings = keymap_bindings(ui->options.keymap, &count);
    int last = canvas->width;
    if (keymap_falls_back(ui_context(ui)))
        last = draw_right(canvas, bindings, count) - 1;
    if (ui->message.until > ui_now(ui))
        ink_text(canvas, 0, 1, last - 2, ui->message.text, ui->message.is_error ? STYLE_ERROR : STYLE_MESSAGE);
    else
        draw_keys(ui, canvas, last);
}
