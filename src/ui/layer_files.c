/* SPDX-License-Identifier: Apache-2.0 */
/* What lies in the run directory of a node: a directory at a time; a file that is chosen is shown where the log is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "ui_private.h"

/* An answer that is on its way. */
struct file_listing {
    struct ui *ui;
    uint64_t number; /* of the layer */
};

/* What the values of lines stand for, beside numbers of paths. */
enum { VALUE_LOG = 100000 };

static void remember_path(struct layer *layer, const char *path)
{
    memory_grow(&layer->paths, &layer->path_capacity, layer->path_count + 1, sizeof *layer->paths);
    layer->paths[layer->path_count++] = memory_copy_text(path);
}

/* A line that opens a path when it is chosen. */
static void add_path(struct layer *layer, const char *path, const char *label, const char *text, unsigned style)
{
    layer_add_choice(layer, (int64_t)layer->path_count, label, STYLE_LABEL, text, style);
    remember_path(layer, path);
}

static void add_file(struct layer *layer, const struct agent_file *file)
{
    char size[32] = "";
    struct text text;
    const char *slash = file->path[0] != '.' ? strrchr(file->path, '/') : NULL;
    const char *name = slash ? slash + 1 : file->path;
    bool is_directory = file->kind == AGENT_FILE_DIRECTORY;
    text_init(&text, 0);
    text_append_format(&text, "%-12s  %s%s", file->changed, name, is_directory ? "/" : "");
    if (file->kind == AGENT_FILE_LINK)
        text_append_format(&text, " -> %s", file->target ? file->target : "?");
    if (file->kind == AGENT_FILE_PLAIN)
        ink_size(file->size, size);
    char *path = is_directory ? memory_format("%s/", file->path) : memory_copy_text(file->path);
    add_path(layer, path, size, text.data, is_directory ? STYLE_STRONG : STYLE_TEXT);
    free(path);
    text_release(&text);
}

/* The log itself and, where there is one, the file of the standard error; or the way up. */
static void add_first_lines(struct ui *ui, struct layer *layer, const char *directory)
{
    char words[80];
    if (*directory) {
        const char *slash = strrchr(directory, '/');
        char *above = slash ? memory_format("%.*s/", (int)(slash - directory), directory) : memory_copy_text("/");
        add_path(layer, above, "", "..", STYLE_STRONG);
        free(above);
        return;
    }
    unsigned attempt = ui->log.attempt;
    snprintf(words, sizeof words, "the log of attempt %u", attempt);
    if (attempt > 0)
        layer_add_choice(layer, VALUE_LOG, "", STYLE_LABEL, words, STYLE_STRONG);
    char *errors = attempt > 0 ? engine_error_file(ui->options.engine, layer->node, attempt) : NULL;
    if (errors)
        add_path(layer, errors, "", "its standard error", STYLE_STRONG);
    free(errors);
}

static struct layer *find_layer(struct ui *ui, uint64_t number)
{
    for (size_t i = 0; i < ui->layer_count; i++) {
        if (ui->layers[i]->kind == LAYER_LIST && ui->layers[i]->number == number)
            return ui->layers[i];
    }
    return NULL;
}

static void take_files(struct layer *layer, const struct agent_file *files, size_t count, size_t more)
{
    layer_drop_last(layer);
    for (size_t i = 0; i < count; i++)
        add_file(layer, &files[i]);
    if (count == 0)
        layer_add(layer, NULL, STYLE_TEXT, "There is no other file.", STYLE_DIM);
    if (more > 0)
        layer_add_format(layer, NULL, "and %zu older ones, which are not listed", more);
    layer_begin_list(layer);
}

static void files_came(
    void *argument, const struct agent_file *files, size_t count, size_t more, const struct error *error)
{
    struct file_listing *listing = argument;
    struct ui *ui = listing->ui;
    struct layer *layer = ui ? find_layer(ui, listing->number) : NULL;
    if (layer && error->status == STATUS_OK) {
        take_files(layer, files, count, more);
    } else if (layer) {
        layer_drop_last(layer);
        layer_add(layer, NULL, STYLE_TEXT, error->message, STYLE_ERROR);
    }
    if (ui) {
        ui_forget_task(ui, &listing->ui);
        ui_mark_dirty(ui);
    }
    free(listing);
}

/* Fills the window with a directory; "" is the run directory. */
static void show_directory(struct ui *ui, struct layer *layer, const char *directory)
{
    struct error error;
    struct file_listing *listing = memory_new(sizeof *listing);
    char *owned = memory_copy_text(directory);
    layer_forget_paths(layer);
    layer_clear(layer);
    free(layer->title);
    layer->title = memory_format(
        "Files of %.80s%s%.200s", ui->snapshot->workflow->nodes[layer->node].name, *owned ? ": " : "", owned);
    layer->number = ++ui->task_number;
    *listing = (struct file_listing){ui, layer->number};
    add_first_lines(ui, layer, owned);
    layer_add(layer, NULL, STYLE_TEXT, "Reading\u2026", STYLE_DIM);
    layer->cursor = layer->top = 0;
    layer_begin_list(layer);
    ui_add_task(ui, &listing->ui);
    if (engine_list_files(ui->options.engine, layer->node, ui->log.attempt, owned, files_came, listing, &error) !=
        STATUS_OK)
        files_came(listing, NULL, 0, 0, &error);
    free(owned);
}

static void choose(struct ui *ui, struct layer *layer, int64_t value, bool toggle)
{
    const char *path = value < (int64_t)layer->path_count ? layer->paths[value] : NULL;
    size_t length = path ? strlen(path) : 0, node = layer->node;
    (void)toggle;
    if (length > 0 && path[length - 1] == '/') {
        char *directory = memory_copy_span(path, length - 1);
        show_directory(ui, layer, directory);
        free(directory);
        return;
    }
    char *file = memory_copy_text(path);
    ui_close_layer(ui);
    ui_select(ui, node);
    pane_log_show_file(ui, file);
    ui->focus = PANE_LOG;
    free(file);
}

void layer_files_open(struct ui *ui)
{
    if (ui->selected >= ui->rows.node_count)
        return;
    struct layer *layer = layer_new(LAYER_LIST, "");
    layer->node = ui->selected;
    layer->choose = choose;
    layer->hint = "Enter shows or opens it";
    ui_open_layer(ui, layer);
    show_directory(ui, layer, "");
}

void layer_files_errors(struct ui *ui)
{
    if (ui->selected >= ui->rows.node_count)
        return;
    char *errors = engine_error_file(ui->options.engine, ui->selected, ui->log.attempt);
    if (!errors)
        ui_show_message(ui, false, "Standard error is in the log: it has no file of its own");
    else
        pane_log_show_file(ui, ui->log.file && strcmp(ui->log.file, errors) == 0 ? NULL : errors);
    if (errors)
        ui->focus = PANE_LOG;
    free(errors);
}
