/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of jobs in a queue: a prompt that begins with the command which changes them and holds them as they are.
 * What a person makes different is asked about; no line of a shell is ever typed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "ui_private.h"

/* What the words set a setting to; "" where they do not. The caller frees it. */
static char *find_value(const char *words, const char *name, size_t length)
{
    for (const char *word = words; *word; word += strspn(word, " ")) {
        size_t size = strcspn(word, " ");
        if (size > length && strncmp(word, name, length) == 0 && word[length] == '=')
            return memory_copy_span(word + length + 1, size - length - 1);
        word += size;
    }
    return memory_copy_text("");
}

void job_change_open(struct ui *ui)
{
    struct error error = {0};
    char *command = NULL, *settings = NULL;
    bool *targets = marks_targets(ui);
    size_t first = SIZE_MAX, count = 0;
    for (size_t i = 0; i < ui->rows.node_count; i++) {
        if (!targets[i])
            continue;
        if (!command && engine_job_settings(ui->options.engine, i, &command, &settings, &error) == STATUS_OK)
            first = i;
        count++;
    }
    free(targets);
    if (first == SIZE_MAX) {
        ui_show_message(ui, true, count > 0 ? error.message : "No node is chosen");
        return;
    }
    prompt_open(ui, PROMPT_CHANGE, settings);
    ui->prompt.sign = count > 1 ? memory_format("%s and %zu more ", command, count - 1) : memory_format("%s ", command);
    free(ui->job_settings);
    ui->job_settings = settings;
    free(command);
}

void job_change_take(struct ui *ui, const char *words)
{
    char copy[PROMPT_LIMIT + 1], *rest = copy;
    struct attributes changes = {0};
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word; (word = strtok_r(rest, " ", &rest));) {
        char *equals = strchr(word, '=');
        if (!equals) {
            ui_show_message(ui, true, "Only words like TimeLimit=2:00:00 can be changed");
            attributes_release(&changes);
            return;
        }
        char *before = find_value(ui->job_settings ? ui->job_settings : "", word, (size_t)(equals - word));
        *equals = '\0';
        if (strcmp(before, equals + 1) != 0)
            attributes_set(&changes, word, equals + 1);
        free(before);
    }
    bool *targets = marks_targets(ui);
    if (changes.count > 0)
        layer_question_change(ui, targets, SCOPE_CHOSEN, &changes);
    else
        ui_show_message(ui, false, "Nothing was changed");
    attributes_release(&changes);
    free(targets);
}
