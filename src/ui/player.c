/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "dagtop/base/utf8.h"
#include "dagtop/ui/theme.h"
#include "dagtop/ui/recording.h"

enum { RECORDING_LIMIT = 256 << 20, SIDE_LIMIT = 1000, STYLE_LIMIT = 400 };

/* A line of the recording that changes the screen or tells an event. */
struct moment {
    int64_t time;
    const char *line;
    enum { MOMENT_SIZE, MOMENT_ROW, MOMENT_EVENT } kind;
};

struct player {
    char *bytes, *workflow;
    struct moment *moments;
    size_t count, capacity;
    unsigned styles[STYLE_LIMIT]; /* what a number of the recording is here */
    size_t style_count;
    struct canvas screen;
    size_t shown; /* moments before this one are on the screen */
    int64_t duration;
};

static void read_styles(struct player *player, char *words)
{
    for (char *word; player->style_count < STYLE_LIMIT && (word = strtok_r(words, " ", &words));) {
        unsigned style = STYLE_TEXT;
        for (unsigned i = 0; i < STYLE_COUNT; i++) {
            if (strcmp(theme_style_word((enum style)i), word) == 0)
                style = i;
        }
        player->styles[player->style_count++] = style;
    }
}

static void add(struct player *player, int64_t time, const char *line, int kind)
{
    memory_grow(&player->moments, &player->capacity, player->count + 1, sizeof *player->moments);
    player->moments[player->count++] = (struct moment){time, line, kind};
    player->duration = time;
}

/* False where the line is none of a recording. */
static bool read_line(struct player *player, char *line, int64_t *time)
{
    long long number;
    if (line[0] == '@' && sscanf(line, "@ %18lld", &number) == 1 && number >= *time)
        *time = number;
    else if (strncmp(line, "size ", 5) == 0)
        add(player, *time, line + 5, MOMENT_SIZE);
    else if (strncmp(line, "row ", 4) == 0)
        add(player, *time, line + 4, MOMENT_ROW);
    else if (strncmp(line, "event ", 6) == 0)
        add(player, *time, line + 6, MOMENT_EVENT);
    else if (strncmp(line, "styles ", 7) == 0)
        read_styles(player, line + 7);
    else if (strncmp(line, "workflow ", 9) == 0 && !player->workflow)
        player->workflow = line + 9;
    else
        return line[0] == '\0';
    return true;
}

enum status player_read(const char *name, const char *bytes, size_t length, struct player **result, struct error *error)
{
    struct player *player = memory_new(sizeof *player);
    player->bytes = memory_copy_span(bytes, length);
    canvas_init(&player->screen, 0, 0);
    char *rest = player->bytes, *line = strsep(&rest, "\n");
    int64_t time = 0;
    enum status status = STATUS_OK;
    if (strcmp(line, "dagtop-recording 1") != 0)
        status = error_set_at(error, STATUS_INVALID, name, 1, 1, "this is no recording of dagtop");
    for (unsigned number = 2; status == STATUS_OK && (line = strsep(&rest, "\n")); number++) {
        /* The last line may be cut: the program or the disk ended in it. */
        if (!read_line(player, line, &time) && rest)
            status = error_set_at(error, STATUS_INVALID, name, number, 1, "not understood: '%.60s'", line);
    }
    if (status != STATUS_OK)
        player_close(player);
    else
        *result = player;
    return status;
}

enum status player_open(const char *path, struct player **result, struct error *error)
{
    struct text text;
    text_init(&text, RECORDING_LIMIT);
    enum status status = text_read_file(&text, path, error);
    if (status == STATUS_OK)
        status = player_read(path, text.data, text.length, result, error);
    text_release(&text);
    return status;
}

void player_close(struct player *player)
{
    free(player->bytes);
    free(player->moments);
    canvas_release(&player->screen);
    free(player);
}

const char *player_workflow(const struct player *player)
{
    return player->workflow ? player->workflow : "";
}

int64_t player_duration(const struct player *player)
{
    return player->duration;
}

static void show_size(struct player *player, const char *line)
{
    int width, height;
    if (sscanf(line, "%5d %5d", &width, &height) != 2 || width < 0 || height < 0)
        return;
    canvas_resize(&player->screen, width < SIDE_LIMIT ? width : SIDE_LIMIT, height < SIDE_LIMIT ? height : SIDE_LIMIT);
}

static void show_row(struct player *player, const char *line)
{
    int row = (int)strtol(line, NULL, 10), column = 0;
    const char *part = strchr(line, ' ');
    while (part && *part) {
        char *colon;
        unsigned long number = strtoul(part + 1, &colon, 10);
        if (*colon != ':')
            return;
        size_t length = strcspn(colon + 1, "\t");
        char *text = memory_copy_span(colon + 1, length);
        unsigned style = number < player->style_count ? player->styles[number] : STYLE_TEXT;
        column += canvas_put_text(&player->screen, row, column, SIDE_LIMIT, text, style);
        free(text);
        part = colon + 1 + length;
    }
}

const struct canvas *player_screen(struct player *player, int64_t time)
{
    size_t first = 0, end = 0;
    while (end < player->count && player->moments[end].time <= time) {
        if (player->moments[end].kind == MOMENT_SIZE)
            first = end;
        end++;
    }
    if (player->shown > first && player->shown <= end)
        first = player->shown;
    for (size_t i = first; i < end; i++) {
        if (player->moments[i].kind == MOMENT_SIZE)
            show_size(player, player->moments[i].line);
        else if (player->moments[i].kind == MOMENT_ROW)
            show_row(player, player->moments[i].line);
    }
    player->shown = end;
    return &player->screen;
}

const char *player_event(const struct player *player, bool before, int64_t *time)
{
    const struct moment *found = NULL;
    for (size_t i = 0; i < player->count; i++) {
        const struct moment *moment = &player->moments[i];
        if (moment->kind != MOMENT_EVENT)
            continue;
        bool fits = before ? moment->time < *time : moment->time > *time && (!found || moment->time == found->time);
        if (fits)
            found = moment;
    }
    if (!found)
        return NULL;
    *time = found->time;
    return found->line;
}

void player_events(
    const struct player *player, void (*tell)(void *argument, int64_t time, const char *words), void *argument)
{
    for (size_t i = 0; i < player->count; i++) {
        if (player->moments[i].kind == MOMENT_EVENT)
            tell(argument, player->moments[i].time, player->moments[i].line);
    }
}
