/* SPDX-License-Identifier: Apache-2.0 */
#include "changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"
#include "output.h"

enum { PROGRESS_STEP = 10, BAR_CELLS = 20 };

/* What was printed of a node. */
struct shown {
    enum node_state state;
    unsigned attempt;
    int progress; /* in steps */
    bool stale;
};

struct changes {
    struct session *session;
    struct shown *nodes;
    bool progress, line_shown;
};

static struct shown now_shown(const struct node_view *view)
{
    return (struct shown){
        .state = view->state,
        .attempt = view->attempt,
        .progress = view->progress < 0 ? 0 : (int)view->progress / PROGRESS_STEP,
        .stale = view->stale,
    };
}

struct changes *changes_new(struct session *session, bool progress)
{
    const struct snapshot *snapshot = engine_snapshot(session->engine);
    struct changes *changes = memory_new(sizeof *changes);
    changes->session = session;
    changes->progress = progress;
    changes->nodes = memory_new_array(snapshot->workflow->node_count, sizeof *changes->nodes);
    for (size_t i = 0; i < snapshot->workflow->node_count; i++)
        changes->nodes[i] = now_shown(&snapshot->views[i]);
    return changes;
}

void changes_free(struct changes *changes)
{
    free(changes->nodes);
    free(changes);
}

static void print_time(wall_time now)
{
    time_t seconds = (time_t)(now / 1000);
    struct tm parts;
    char buffer[16] = "";
    if (localtime_r(&seconds, &parts))
        strftime(buffer, sizeof buffer, "%H:%M:%S", &parts);
    printf("%s ", buffer);
}

static void print_change(const struct snapshot *snapshot, size_t node, const struct shown *before)
{
    const struct node_view *view = &snapshot->views[node];
    char duration[32];
    print_time(snapshot->now);
    output_print_safe(snapshot->workflow->nodes[node].name);
    /* "held by a user" says it all. */
    const char *word = state_word(view->state), *reason = view->reason;
    bool says_all = reason && strncmp(reason, word, strlen(word)) == 0;
    if (!says_all)
        printf(" %s", word);
    if (view->stale)
        fputs(", not seen for long", stdout);
    if (view->attempt > 1 && view->attempt != before->attempt)
        printf(", attempt %u", view->attempt);
    if (state_is_live(view->state) && view->progress > 0)
        printf(", %d%%", (int)view->progress);
    if (reason) {
        fputs(says_all ? " " : ": ", stdout);
        output_print_safe(reason);
    }
    if (state_is_ended(view->state) && view->started && view->ended)
        printf("%s after %s", reason ? "," : "",
            clock_format_duration(view->ended - view->started, duration, sizeof duration));
    putchar('\n');
}

void changes_print(struct changes *changes)
{
    const struct snapshot *snapshot = engine_snapshot(changes->session->engine);
    for (size_t i = 0; i < snapshot->workflow->node_count; i++) {
        struct shown now = now_shown(&snapshot->views[i]), *before = &changes->nodes[i];
        bool progressed = changes->progress && now.state == STATE_RUNNING && now.progress != before->progress;
        if (now.state == before->state && now.attempt == before->attempt && now.stale == before->stale && !progressed)
            continue;
        changes_clear_progress_line(changes);
        print_change(snapshot, i, before);
        *before = now;
    }
    fflush(stdout);
}

/* The names of what runs, as many as fit. */
static void append_running(const struct snapshot *snapshot, size_t width, struct text *line)
{
    for (size_t i = 0; i < snapshot->workflow->node_count; i++) {
        if (snapshot->views[i].state != STATE_RUNNING)
            continue;
        struct text name;
        text_init(&name, 0);
        text_append_string(&name, "  ");
        utf8_append_safe(&name, snapshot->workflow->nodes[i].name, strlen(snapshot->workflow->nodes[i].name));
        if (snapshot->views[i].progress > 0)
            text_append_format(&name, " %d%%", (int)snapshot->views[i].progress);
        bool fits = utf8_width(line->data) + utf8_width(name.data) < width;
        if (fits)
            text_append_string(line, name.data);
        text_release(&name);
        if (!fits)
            return;
    }
}

void changes_show_progress_line(struct changes *changes)
{
    const struct snapshot *snapshot = engine_snapshot(changes->session->engine);
    struct winsize size = {0};
    size_t width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
    struct text line;
    char elapsed[32];
    text_init(&line, 0);
    int filled = (int)(snapshot->progress * BAR_CELLS / 100);
    text_append_byte(&line, '[');
    for (int i = 0; i < BAR_CELLS; i++)
        text_append_byte(&line, i < filled ? '#' : '.');
    text_append_string(&line, "] ");
    struct text counts;
    text_init(&counts, 0);
    output_counts(snapshot, &counts);
    text_append_string(&line, counts.data);
    text_release(&counts);
    if (snapshot->first_start)
        text_append_format(
            &line, "  %s", clock_format_duration(snapshot->now - snapshot->first_start, elapsed, sizeof elapsed));
    append_running(snapshot, width, &line);
    text_truncate(&line, utf8_bytes_for_width(line.data, width - 1));
    printf("\r\033[K%s", line.data);
    fflush(stdout);
    changes->line_shown = true;
    text_release(&line);
}

void changes_clear_progress_line(struct changes *changes)
{
    if (changes->line_shown)
        fputs("\r\033[K", stdout);
    changes->line_shown = false;
}
