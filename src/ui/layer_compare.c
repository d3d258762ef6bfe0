/* SPDX-License-Identifier: Apache-2.0 */
/* What is different between two attempts of a node: their records at once, and what hosts tell of the rest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "line_diff.h"
#include "shell_words.h"
#include "ui_private.h"

enum { TAIL_BYTES = 4096, TAIL_LINES = 20, FILE_BYTES = 256 << 10 };

/* What is fetched of each attempt, in the order in which it is shown; the last is the end of the log. */
enum part { PART_SCRIPT, PART_SUBMIT, PART_REQUEST, PART_TAIL, PART_COUNT };

static const struct {
    const char *file, *title;
} parts[PART_COUNT] = {{"script", "Script"}, {"submit", "Resources"}, {"request", "Environment"}, {NULL, "Last lines"}};

struct comparison {
    struct ui *ui;
    uint64_t number;            /* of the layer */
    unsigned open;              /* answers to come, plus one while they are asked for */
    char *texts[2][PART_COUNT]; /* NULL: there is none */
    char *trouble;              /* why something could not be read, or NULL */
    bool cut;                   /* a file was longer than what is compared */
};

struct part_request {
    struct comparison *comparison;
    int which;
    enum part part;
};

/* ---- showing ---- */

static unsigned sign_style(char sign)
{
    return sign == '-' ? STYLE_STATE_FAILED : sign == '+' ? STYLE_STATE_DONE : STYLE_DIM;
}

static void add_lines(struct layer *layer, const char *lines)
{
    while (*lines) {
        size_t length = strcspn(lines, "\n");
        char *line = memory_copy_span(lines, length);
        layer_add(layer, NULL, STYLE_TEXT, line, sign_style(line[0]));
        free(line);
        lines += length + (lines[length] == '\n');
    }
}

static void add_difference(void *argument, char sign, const char *line, size_t length)
{
    char *whole = memory_format("%c %.*s", sign, (int)length, line);
    layer_add(argument, NULL, STYLE_TEXT, whole, sign_style(sign));
    free(whole);
}

static bool begins_with_one_of(const char *word, const char *const *beginnings)
{
    while (*beginnings && strncmp(word, *beginnings, strlen(*beginnings)) != 0)
        beginnings++;
    return *beginnings;
}

/* A line for each option of the command that submits, but for those that are dagtop's own. */
static char *resources(const char *submit)
{
    static const char *const own[] = {"--parsable", "--comment", "--output", "--job-name", NULL};
    struct text lines, word;
    const char *command = submit ? strstr(submit, "sbatch --parsable") : NULL;
    command = command || !submit ? command : strstr(submit, "bsub ");
    text_init(&lines, 0);
    text_init(&word, 0);
    while (command && shell_words_next(&command, &word)) {
        if (word.data[0] == '-' && !begins_with_one_of(word.data, own))
            text_append_format(&lines, "%s\n", word.data);
        text_clear(&word);
    }
    text_release(&word);
    return text_take(&lines);
}

/* Which entries of a request make the surroundings of a job; those of env bear a number. */
static bool is_surrounding(const char *entry)
{
    static const char *const names[] = {"directory=", "venv=", "logfile=", "timeout=", "gpus=", NULL};
    bool is_variable = strncmp(entry, "env", 3) == 0 && entry[3] >= '0' && entry[3] <= '9';
    return is_variable || begins_with_one_of(entry, names);
}

static char *environment(const char *request)
{
    struct text lines, word;
    text_init(&lines, 0);
    text_init(&word, 0);
    while (request && shell_words_next(&request, &word)) {
        const char *value = strchr(word.data, '=');
        if (value && is_surrounding(word.data))
            text_append_format(&lines, "%s\n", word.data[0] == 'e' ? value + 1 : word.data);
        text_clear(&word);
    }
    text_release(&word);
    return text_take(&lines);
}

static char *readable(enum part part, const char *text)
{
    return part == PART_SUBMIT    ? resources(text)
           : part == PART_REQUEST ? environment(text)
                                  : memory_copy_text(text ? text : "");
}

static void add_part(struct layer *layer, const struct comparison *comparison, enum part part)
{
    char *old = readable(part, comparison->texts[0][part]), *new = readable(part, comparison->texts[1][part]);
    if (*old || *new) {
        char *difference = line_diff_summary(old, new);
        layer_add(layer, NULL, STYLE_TEXT, "", STYLE_TEXT);
        layer_add(layer, NULL, STYLE_TEXT, parts[part].title, STYLE_HEADING);
        if (part == PART_TAIL)
            line_diff(old, new, add_difference, layer);
        else
            add_lines(layer, *difference ? difference : "the same");
        free(difference);
    }
    free(old);
    free(new);
}

static struct layer *find_layer(struct ui *ui, uint64_t number)
{
    for (size_t i = 0; ui && i < ui->layer_count; i++) {
        if (ui->layers[i]->kind == LAYER_TEXT && ui->layers[i]->number == number)
            return ui->layers[i];
    }
    return NULL;
}

static void show(struct comparison *comparison)
{
    struct layer *layer = find_layer(comparison->ui, comparison->number);
    if (layer) {
        layer_drop_last(layer);
        layer_drop_last(layer);
        for (int part = 0; part < PART_COUNT; part++)
            add_part(layer, comparison, (enum part)part);
        if (comparison->cut)
            layer_add(layer, NULL, STYLE_TEXT, "Of long files only the beginning is compared.", STYLE_DIM);
        if (comparison->trouble)
            layer_add(layer, NULL, STYLE_TEXT, comparison->trouble, STYLE_ERROR);
        ui_mark_dirty(comparison->ui);
    }
    if (comparison->ui)
        ui_forget_task(comparison->ui, &comparison->ui);
    for (int part = 0; part < PART_COUNT; part++) {
        free(comparison->texts[0][part]);
        free(comparison->texts[1][part]);
    }
    free(comparison->trouble);
    free(comparison);
}

/* ---- fetching ---- */

/* The last lines of what came, without the first, which may be cut. */
static char *last_lines(const char *bytes, size_t length, bool cut)
{
    size_t begin = length, lines = 0;
    while (begin > 0 && (lines < TAIL_LINES || bytes[begin - 1] != '\n'))
        lines += bytes[--begin] == '\n' && begin + 1 < length;
    while (begin < length && bytes[begin] == '\n')
        begin++;
    if (begin == 0 && cut) {
        const char *newline = memchr(bytes, '\n', length);
        begin = newline ? (size_t)(newline - bytes) + 1 : 0;
    }
    return memory_copy_span(bytes + begin, length - begin);
}

static void one_ended(struct comparison *comparison)
{
    if (--comparison->open == 0)
        show(comparison);
}

/* A file that is not there is no trouble: a command has no script, and what runs on a host was not submitted. */
static void part_came(void *argument, const struct agent_log *log, const struct error *error)
{
    struct part_request *request = argument;
    struct comparison *comparison = request->comparison;
    bool is_tail = request->part == PART_TAIL;
    if (error->status == STATUS_OK && log && log->length > 0) {
        comparison->texts[request->which][request->part] =
            is_tail ? last_lines(log->bytes, log->length, log->offset > 0) : memory_copy_span(log->bytes, log->length);
        comparison->cut |= !is_tail && log->size > (int64_t)log->length;
    } else if (error->status != STATUS_OK && error->status != STATUS_REFUSED && !comparison->trouble) {
        comparison->trouble = memory_copy_text(error->message);
    }
    free(request);
    one_ended(comparison);
}

static void ask_part(struct comparison *comparison, size_t node, unsigned attempt, int which, enum part part)
{
    struct engine *engine = comparison->ui->options.engine;
    struct part_request *request = memory_new(sizeof *request);
    struct error error;
    char path[64];
    *request = (struct part_request){comparison, which, part};
    snprintf(path, sizeof path, ".dagtop/%u/%s", attempt, parts[part].file ? parts[part].file : "");
    comparison->open++;
    enum status status =
        parts[part].file
            ? engine_read_file(engine, node, path, 0, FILE_BYTES, part_came, request, &error)
            : engine_read_log(engine, node, attempt, NULL, -TAIL_BYTES, TAIL_BYTES, part_came, request, &error);
    if (status != STATUS_OK)
        part_came(request, NULL, &error);
}

static void ask_all(struct ui *ui, struct layer *layer, size_t node, const unsigned attempts[2])
{
    struct comparison *comparison = memory_new(sizeof *comparison);
    layer->number = ++ui->task_number;
    *comparison = (struct comparison){.ui = ui, .number = layer->number, .open = 1};
    ui_add_task(ui, &comparison->ui);
    for (int part = 0; part < PART_COUNT; part++) {
        for (int which = 0; which < 2; which++)
            ask_part(comparison, node, attempts[which], which, (enum part)part);
    }
    one_ended(comparison);
}

/* ---- the records ---- */

static void compare(struct layer *layer, const char *label, const char *old, const char *new)
{
    old = old ? old : "";
    new = new ? new : "";
    if (strcmp(old, new) == 0)
        return;
    layer_add_format(layer, label, "- %s", old);
    layer->lines[layer->count - 1].style = STYLE_STATE_FAILED;
    layer_add_format(layer, "", "+ %s", new);
    layer->lines[layer->count - 1].style = STYLE_STATE_DONE;
}

static void compare_records(struct ui *ui, struct layer *layer, const struct attempt *old, const struct attempt *new)
{
    struct text one, other;
    text_init(&one, 0);
    text_init(&other, 0);
    compare(layer, "outcome", attempt_outcome(old, &one), attempt_outcome(new, &other));
    text_clear(&one);
    text_clear(&other);
    attempt_duration(ui, old, &one);
    attempt_duration(ui, new, &other);
    compare(layer, "time", one.data, other.data);
    compare(layer, "machine", old->machine, new->machine);
    compare(layer, "job", old->jobid, new->jobid);
    compare(layer, "command", old->command, new->command);
    compare(layer, "checksum", old->checksum, new->checksum);
    compare(layer, "parents", old->parents, new->parents);
    compare(layer, "asked by", old->who, new->who);
    compare(layer, "from", old->from, new->from);
    if (layer->count == 0)
        layer_add(layer, NULL, STYLE_TEXT, "The records of both are the same.", STYLE_DIM);
    text_release(&one);
    text_release(&other);
}

void layer_compare_open(struct ui *ui, size_t node, const struct attempt *old, const struct attempt *new)
{
    char title[120];
    const unsigned attempts[2] = {old->number, new->number};
    snprintf(title, sizeof title, "Attempt %u against %u", new->number, old->number);
    struct layer *layer = layer_new(LAYER_TEXT, title);
    compare_records(ui, layer, old, new);
    layer_add(layer, NULL, STYLE_TEXT, "", STYLE_TEXT);
    layer_add(layer, NULL, STYLE_TEXT, "reading\u2026", STYLE_DIM);
    ui_open_layer(ui, layer);
    ask_all(ui, layer, node, attempts);
}
