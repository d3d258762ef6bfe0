/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal handed over to another program, an editor, a pager, a shell, and taken back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "ui_private.h"

struct handover {
    struct ui *ui;
    struct loop_child *child;
    handover_function *done;
    void *argument;
};

static void take_back(struct ui *ui)
{
    if (ui->key_watch)
        loop_watch_set(ui->key_watch, LOOP_READABLE);
    term_resume(ui->options.term);
    term_resize(ui->options.term);
    if (ui->options.handed_over)
        ui->options.handed_over(ui->options.argument, false);
    ui_mark_dirty(ui);
}

static void ended(void *argument, int exit_status, int signal)
{
    struct handover *handover = argument;
    struct ui *ui = handover->ui;
    handover_function *done = handover->done;
    void *own = handover->argument;
    loop_child_free(handover->child);
    free(handover);
    ui->handover = NULL;
    take_back(ui);
    done(ui, own, signal ? 128 + signal : exit_status);
}

/* Without a terminal nothing can be handed over: the command is told instead. */
static void tell_command(struct ui *ui, char *const *arguments)
{
    struct text text;
    text_init(&text, 480);
    text_append_string(&text, "No terminal to hand over to:");
    for (size_t i = 0; arguments[i]; i++) {
        text_append_byte(&text, ' ');
        text_append_shell_quoted(&text, arguments[i]);
    }
    ui_show_message(ui, false, text.data);
    text_release(&text);
}

void handover_run(struct ui *ui, char *const *arguments, handover_function *done, void *argument)
{
    struct error error;
    if (!ui->options.loop || term_descriptor(ui->options.term) < 0 || ui->handover) {
        tell_command(ui, arguments);
        done(ui, argument, -1);
        return;
    }
    struct handover *handover = memory_new(sizeof *handover);
    const struct loop_child_options options = {.arguments = arguments, .inherit = true};
    *handover = (struct handover){.ui = ui, .done = done, .argument = argument};
    if (ui->options.handed_over)
        ui->options.handed_over(ui->options.argument, true);
    loop_watch_set(ui->key_watch, 0);
    term_suspend(ui->options.term);
    ui->handover = handover;
    if (loop_child_new(ui->options.loop, &options, ended, handover, &handover->child, &error) == STATUS_OK)
        return;
    ui->handover = NULL;
    free(handover);
    take_back(ui);
    ui_show_message(ui, true, error.message);
    done(ui, argument, -1);
}

void handover_release(struct ui *ui)
{
    if (!ui->handover)
        return;
    loop_child_free(ui->handover->child);
    free(ui->handover);
    ui->handover = NULL;
}

char **handover_arguments(const char *variable, const char *otherwise, const char *file)
{
    const char *words = getenv(variable);
    char **arguments = memory_new_array(20, sizeof *arguments), *copy, *rest;
    size_t count = 0;
    rest = copy = memory_copy_text(words && *words ? words : otherwise);
    for (char *word; count < 16 && (word = strtok_r(rest, " ", &rest));)
        arguments[count++] = memory_copy_text(word);
    if (count == 0)
        arguments[count++] = memory_copy_text(otherwise);
    arguments[count] = memory_copy_text(file);
    free(copy);
    return arguments;
}

void handover_free_arguments(char **arguments)
{
    for (size_t i = 0; arguments[i]; i++)
        free(arguments[i]);
    free(arguments);
}
