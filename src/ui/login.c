/* SPDX-License-Identifier: Apache-2.0 */
/* What hosts ask while somebody logs in: one question at a time, each naming its host; nothing typed is kept. */
#include <stdio.h>
#include <string.h>

#include "ui_private.h"

static bool is_login(const struct layer *layer)
{
    return layer->kind == LAYER_LOGIN || layer->kind == LAYER_TRUST;
}

static size_t open_login(const struct ui *ui)
{
    size_t place = 0;
    while (place < ui->layer_count && !is_login(ui->layers[place]))
        place++;
    return place;
}

static void close_login(struct ui *ui, size_t place)
{
    if (ui->prompt.open && ui->prompt.kind == PROMPT_ANSWER)
        prompt_close(ui);
    layer_free(ui->layers[place]);
    ui->layer_count--;
    memmove(ui->layers + place, ui->layers + place + 1, (ui->layer_count - place) * sizeof *ui->layers);
}

static void ask(struct ui *ui, size_t host)
{
    const struct host_view *view = &ui->snapshot->hosts[host];
    const struct host_question *question = view->question;
    char title[160];
    bool trust = question->kind == HOST_QUESTION_YES_NO;
    snprintf(title, sizeof title, question->kind == HOST_QUESTION_NOTICE ? "%.100s says" : "%.100s asks", view->name);
    struct layer *layer = layer_new(trust ? LAYER_TRUST : LAYER_LOGIN, title);
    layer->host = host;
    layer->number = question->number;
    layer_add(layer, NULL, STYLE_TEXT, question->text, STYLE_TEXT);
    layer->hint = trust                                    ? "y yes  n no"
                  : question->kind == HOST_QUESTION_NOTICE ? "Esc gives up"
                                                           : "type below; Esc does not log in";
    ui_open_layer(ui, layer);
    if (trust)
        return;
    prompt_open(ui, PROMPT_ANSWER, "");
    ui->prompt.hidden = question->kind == HOST_QUESTION_SECRET;
}

void login_update(struct ui *ui)
{
    size_t place = open_login(ui);
    if (place < ui->layer_count) {
        const struct layer *layer = ui->layers[place];
        const struct host_question *question =
            layer->host < ui->snapshot->host_count ? ui->snapshot->hosts[layer->host].question : NULL;
        if (question && question->number == layer->number)
            return;
        close_login(ui, place);
    }
    /* Whoever is typing, or is asked something else, is not interrupted: a host waits nearly two minutes. */
    if (ui->prompt.open || (ui_top_layer(ui) && ui_top_layer(ui)->plan))
        return;
    for (size_t i = 0; i < ui->snapshot->host_count; i++) {
        if (ui->snapshot->hosts[i].question) {
            ask(ui, i);
            return;
        }
    }
}

void login_answer(struct ui *ui, const char *words)
{
    size_t place = open_login(ui);
    if (place == ui->layer_count)
        return;
    size_t host = ui->layers[place]->host;
    close_login(ui, place);
    engine_answer(ui->options.engine, host, words);
    ui_mark_dirty(ui);
}
