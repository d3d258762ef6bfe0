/* SPDX-License-Identifier: Apache-2.0 */
/* How a person looked at a workflow, kept from one time to the next: filter, order, columns, layout, splits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dagtop/base/memory.h"
#include "ui_private.h"

enum { MEMORY_LIMIT = 16 << 10 };

static const char *const columns[COLUMN_COUNT] = {
#define COLUMN(name, title, width, most, alignment, rank, shown, sentence) #name,
#include "dagtop/ui/columns.def"
#undef COLUMN
};

static const char *const layouts[LAYOUT_COUNT] = {"auto", "wide", "tall", "single"};

static int find_word(const char *const *words, int count, const char *word)
{
    int place = 0;
    while (place < count && strcmp(words[place], word) != 0)
        place++;
    return place;
}

static int small_number(const char *text)
{
    long number = strtol(text, NULL, 10);
    return number < -500 ? -500 : number > 500 ? 500 : (int)number;
}

static void read_columns(struct ui *ui, char *rest)
{
    bool hidden[COLUMN_COUNT];
    for (int i = 0; i < COLUMN_COUNT; i++)
        hidden[i] = i != COLUMN_MARK && i != COLUMN_NAME;
    for (char *word; (word = strtok_r(rest, " ", &rest));) {
        int column = find_word(columns, COLUMN_COUNT, word);
        if (column < COLUMN_COUNT)
            hidden[column] = false;
    }
    memcpy(ui->hidden_columns, hidden, sizeof hidden);
}

/* What is not understood is passed over: the file may be of another version. */
static void read_line(struct ui *ui, char *line)
{
    char *value = strchr(line, ' ');
    if (!value)
        return;
    *value++ = '\0';
    int column = find_word(columns, COLUMN_COUNT, value), layout = find_word(layouts, LAYOUT_COUNT, value);
    if (strcmp(line, "filter") == 0)
        table_rows_set_filter(&ui->rows, value);
    else if (strcmp(line, "sort") == 0 && column < COLUMN_COUNT)
        ui->rows.sort = (enum column)column;
    else if (strcmp(line, "reverse") == 0)
        ui->rows.reverse = strcmp(value, "yes") == 0;
    else if (strcmp(line, "columns") == 0)
        read_columns(ui, value);
    else if ((strcmp(line, "parameter") == 0 || strcmp(line, "metric") == 0) && *value &&
             !table_value_is_shown(ui->rows.values, value, *line == 'm'))
        (void)table_value_toggle(ui->rows.values, value, *line == 'm');
    else if (strcmp(line, "layout") == 0 && layout < LAYOUT_COUNT)
        ui->layout = (enum screen_layout)layout;
    else if (strcmp(line, "across") == 0)
        ui->split_across = small_number(value);
    else if (strcmp(line, "down") == 0)
        ui->split_down = small_number(value);
    else if (strcmp(line, "wrap") == 0)
        ui->log.wrap = strcmp(value, "yes") == 0;
}

void ui_memory_load(struct ui *ui)
{
    struct text text;
    struct error error;
    if (!ui->options.memory)
        return;
    text_init(&text, MEMORY_LIMIT);
    if (text_read_file(&text, ui->options.memory, &error) == STATUS_OK) {
        char *rest = text.data;
        for (char *line; (line = strsep(&rest, "\n"));)
            read_line(ui, line);
    }
    text_release(&text);
}

void ui_memory_save(const struct ui *ui)
{
    if (!ui->options.memory)
        return;
    char *fresh = memory_format("%s.%ld", ui->options.memory, (long)getpid());
    FILE *file = fopen(fresh, "wx");
    if (!file) {
        free(fresh);
        return;
    }
    fprintf(file, "sort %s\nreverse %s\nlayout %s\nacross %d\ndown %d\nwrap %s\ncolumns", columns[ui->rows.sort],
        ui->rows.reverse ? "yes" : "no", layouts[ui->layout], ui->split_across, ui->split_down,
        ui->log.wrap ? "yes" : "no");
    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (!ui->hidden_columns[i])
            fprintf(file, " %s", columns[i]);
    }
    fprintf(file, "\n");
    for (int i = 0; i < TABLE_VALUES; i++) {
        const struct table_value *value = &ui->rows.values[i];
        if (value->name && !value->name[strcspn(value->name, "\n")])
            fprintf(file, "%s %s\n", value->is_metric ? "metric" : "parameter", value->name);
    }
    if (ui->rows.filter[0])
        fprintf(file, "filter %s\n", ui->rows.filter);
    /* A full disk loses what is not worth a word. */
    bool good = fclose(file) == 0;
    if (!good || rename(fresh, ui->options.memory) != 0)
        unlink(fresh);
    free(fresh);
}
