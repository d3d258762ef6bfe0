/* SPDX-License-Identifier: Apache-2.0 */
/* A node's script in an editor; what was changed is shown in the question for a new attempt. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "line_diff.h"
#include "ui_private.h"

enum { SCRIPT_LIMIT = 4 << 20 };

struct editing {
    char *path, *before;
    size_t node;
};

static char *read_script(const char *path)
{
    struct text text;
    struct error error;
    text_init(&text, SCRIPT_LIMIT);
    bool good = text_read_file(&text, path, &error) == STATUS_OK;
    char *content = good ? text_take(&text) : NULL;
    text_release(&text);
    return content;
}

static void ask_again(struct ui *ui, size_t node, const char *before, const char *after)
{
    enum node_state state = ui->snapshot->views[node].state;
    bool *set = memory_new_array(ui->rows.node_count + 1, sizeof *set);
    set[node] = true;
    free(ui->preface);
    ui->preface = line_diff_summary(before, after);
    layer_question_nodes(ui, state_is_ended(state) ? ACTION_RESUBMIT : ACTION_START, set, SCOPE_CHOSEN, false);
    free(ui->preface);
    ui->preface = NULL;
    free(set);
    if (ui_top_layer(ui))
        return;
    char *words = memory_format("The script is saved, but no attempt is prepared: %.300s", ui->message.text);
    ui_show_message(ui, true, words);
    free(words);
}

static void edited(struct ui *ui, void *argument, int status)
{
    struct editing *editing = argument;
    char *after = read_script(editing->path);
    if (status > 0)
        ui_show_message(ui, true, "The editor ended with an error; nothing was prepared");
    else if (!after)
        ui_show_message(ui, true, "The script is gone");
    else if (status == 0 && strcmp(after, editing->before) == 0)
        ui_show_message(ui, false, "The script is unchanged");
    else if (status == 0)
        ask_again(ui, editing->node, editing->before, after);
    free(after);
    free(editing->before);
    free(editing->path);
    free(editing);
}

static const char *why_not_edited(const struct node *node)
{
    if (node->script_path)
        return "The script cannot be read";
    return node->exec ? "It runs a command, no script: exec in the workflow file" : "This node runs no script";
}

void edit_script(struct ui *ui)
{
    if (ui->selected >= ui->rows.node_count || !layer_question_may_act(ui))
        return;
    const struct node *node = &ui->snapshot->workflow->nodes[ui->selected];
    char *before = node->script_path ? read_script(node->script_path) : NULL;
    if (!before) {
        ui_show_message(ui, true, why_not_edited(node));
        return;
    }
    struct editing *editing = memory_new(sizeof *editing);
    *editing = (struct editing){memory_copy_text(node->script_path), before, ui->selected};
    char **arguments = handover_arguments("EDITOR", "vi", node->script_path);
    handover_run(ui, arguments, edited, editing);
    handover_free_arguments(arguments);
}

/* The shell's own end is all that there is to know. */
static void shell_ended(struct ui *ui, void *argument, int status)
{
    (void)ui;
    (void)argument;
    (void)status;
}

void open_shell(struct ui *ui)
{
    if (ui->selected >= ui->rows.node_count)
        return;
    char *folder = engine_run_directory(ui->options.engine, ui->selected);
    const struct node *node = &ui->snapshot->workflow->nodes[ui->selected];
    char **arguments =
        shell_command(node, &ui->snapshot->views[ui->selected], node->directory ? node->directory : folder);
    handover_run(ui, arguments, shell_ended, NULL);
    shell_command_free(arguments);
    free(folder);
}
