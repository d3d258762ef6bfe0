/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "dagtop/base/utf8.h"
#include "dagtop/ui/theme.h"
#include "dagtop/ui/recording.h"

enum { KEY_FRAME_MILLISECONDS = 60000 };

struct recorder {
    FILE *file;
    struct canvas last;
    int64_t begun, told, key_frame; /* told: the time of the last line @ */
    bool failed;
};

enum status recorder_open(const char *path, const char *workflow, struct recorder **result, struct error *error)
{
    struct text name;
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return error_set_errno(error, errno, "cannot record to %s", path);
    struct recorder *recorder = memory_new(sizeof *recorder);
    recorder->file = fdopen(descriptor, "w");
    recorder->begun = recorder->told = -1;
    canvas_init(&recorder->last, 0, 0);
    text_init(&name, 0);
    utf8_append_safe(&name, workflow, strlen(workflow));
    fprintf(recorder->file, "dagtop-recording 1\nworkflow %s\nstyles", name.data);
    text_release(&name);
    for (int i = 0; i < STYLE_COUNT; i++)
        fprintf(recorder->file, " %s", theme_style_word((enum style)i));
    fputc('\n', recorder->file);
    *result = recorder;
    return STATUS_OK;
}

void recorder_close(struct recorder *recorder)
{
    if (!recorder)
        return;
    fclose(recorder->file);
    canvas_release(&recorder->last);
    free(recorder);
}

static void tell_time(struct recorder *recorder, int64_t now)
{
    if (recorder->begun < 0)
        recorder->begun = now;
    int64_t since = now > recorder->begun ? now - recorder->begun : 0;
    if (since != recorder->told)
        fprintf(recorder->file, "@ %lld\n", (long long)since);
    recorder->told = since;
}

static void write_cell(FILE *file, const struct cell *cell)
{
    char bytes[4];
    if (cell->width == 0)
        return;
    fwrite(bytes, 1, utf8_write(cell->code_point, bytes), file);
    for (int i = 0; i < CELL_COMBINING && cell->combining[i]; i++)
        fwrite(bytes, 1, utf8_write(cell->combining[i], bytes), file);
}

static void write_row(FILE *file, const struct canvas *canvas, int row)
{
    unsigned style = UINT16_MAX + 1u;
    fprintf(file, "row %d ", row);
    for (int column = 0; column < canvas->width; column++) {
        const struct cell *cell = canvas_at(canvas, row, column);
        if (cell->style != style)
            fprintf(file, "%s%u:", column ? "\t" : "", (unsigned)cell->style);
        style = cell->style;
        write_cell(file, cell);
    }
    fputc('\n', file);
}

static bool row_differs(const struct canvas *one, const struct canvas *other, int row)
{
    size_t length = (size_t)one->width * sizeof *one->cells;
    return memcmp(one->cells + (size_t)row * (size_t)one->width, other->cells + (size_t)row * (size_t)one->width,
               length) != 0;
}

bool recorder_frame(struct recorder *recorder, const struct canvas *canvas, int64_t now)
{
    struct canvas *last = &recorder->last;
    bool whole = canvas->width != last->width || canvas->height != last->height ||
                 now - recorder->key_frame >= KEY_FRAME_MILLISECONDS || recorder->begun < 0;
    if (recorder->failed)
        return false;
    for (int row = 0, any = 0; row < canvas->height; row++) {
        if (!whole && !row_differs(canvas, last, row))
            continue;
        if (!any++) {
            tell_time(recorder, now);
            if (whole)
                fprintf(recorder->file, "size %d %d\n", canvas->width, canvas->height);
        }
        write_row(recorder->file, canvas, row);
    }
    if (whole) {
        recorder->key_frame = now;
        canvas_resize(last, canvas->width, canvas->height);
    }
    canvas_copy(last, 0, 0, canvas);
    recorder->failed = fflush(recorder->file) != 0 || ferror(recorder->file);
    return !recorder->failed;
}

void recorder_event(struct recorder *recorder, int64_t now, const char *words)
{
    struct text safe;
    if (recorder->failed)
        return;
    text_init(&safe, 4096);
    utf8_append_safe(&safe, words, strnlen(words, 500));
    tell_time(recorder, now);
    fprintf(recorder->file, "event %s\n", safe.data);
    text_release(&safe);
}
