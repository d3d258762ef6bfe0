/* SPDX-License-Identifier: Apache-2.0 */
/* The command line within the dashboard: every action by its word, the actions on nodes as on the command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/selector.h"
#include "ui_private.h"

enum palette_arguments { NODES, FILTER, THEME, LAYOUT, PATH, NOTHING };

static const struct palette_command {
    const char *word;
    enum palette_arguments arguments;
    const char *usage, *sentence;
} commands[] = {
#define PALETTE(word, arguments, usage, sentence) {word, arguments, usage, sentence},
#include "dagtop/ui/palette.def"
#undef PALETTE
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0], CANDIDATES_SHOWN = 8, CANDIDATE_LIMIT = 2000 };

static const char *const options[] = {
    "--downstream", "--upstream", "--up-to", "--failed", "--force", "--task=", "--requeue"};

/* Something that may stand where one types. */
struct candidate {
    const char *word, *sentence;
};

struct candidates {
    struct candidate *items;
    size_t count, capacity;
};

static const struct palette_command *find_command(const char *word, size_t length)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strlen(commands[i].word) == length && strncmp(commands[i].word, word, length) == 0)
            return &commands[i];
    }
    return NULL;
}

static enum ui_action find_action(const char *word)
{
    for (int i = 1; i < UI_ACTION_COUNT; i++) {
        if (keymap_action_is_command((enum ui_action)i) && strcmp(keymap_action_word((enum ui_action)i), word) == 0)
            return (enum ui_action)i;
    }
    return UI_NONE;
}

static void offer(struct candidates *candidates, const char *begin, const char *word, const char *sentence)
{
    if (strncmp(word, begin, strlen(begin)) != 0 || candidates->count == CANDIDATE_LIMIT)
        return;
    memory_grow(&candidates->items, &candidates->capacity, candidates->count + 1, sizeof *candidates->items);
    candidates->items[candidates->count++] = (struct candidate){word, sentence};
}

static void offer_commands(struct candidates *candidates, const char *begin)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        offer(candidates, begin, commands[i].word, commands[i].sentence);
    for (int i = 1; i < UI_ACTION_COUNT; i++) {
        const char *word = keymap_action_word((enum ui_action)i);
        if (keymap_action_is_command((enum ui_action)i) && !find_command(word, strlen(word)))
            offer(candidates, begin, word, keymap_action_sentence((enum ui_action)i));
    }
}

static void offer_arguments(
    const struct ui *ui, struct candidates *candidates, enum palette_arguments arguments, const char *begin)
{
    static const char *const states[] = {"@failed", "@lost", "@running", "@queued", "@ready", "@waiting", "@done",
        "@held", "@skipped", "@cancelled", "@submitted", "@outdated", "@stale", "@blocked"};
    static const char *const layouts[] = {"auto", "wide", "tall", "single"};
    const struct workflow *workflow = ui->snapshot->workflow;
    if (arguments == LAYOUT) {
        for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
            offer(candidates, begin, layouts[i], "");
    } else if (arguments == THEME) {
        for (size_t i = 0; theme_builtin_name(i); i++)
            offer(candidates, begin, theme_builtin_name(i), "");
    }
    for (size_t i = 0; arguments == NODES && begin[0] == '-' && i < sizeof options / sizeof options[0]; i++)
        offer(candidates, begin, options[i], "");
    if (arguments != NODES && arguments != FILTER)
        return;
    for (size_t i = 0; begin[0] == '@' && i < sizeof states / sizeof states[0]; i++)
        offer(candidates, begin, states[i], "");
    for (size_t i = 0; begin[0] != '-' && i < workflow->node_count; i++)
        offer(candidates, begin, workflow->nodes[i].name, state_word(ui->snapshot->views[i].state));
}

/* What may stand for the last word; begin gets where that word begins. */
static void find_candidates(const struct ui *ui, const char *typed, struct candidates *candidates, const char **begin)
{
    const char *blank = strrchr(typed, ' ');
    size_t first = strcspn(typed, " ");
    *candidates = (struct candidates){0};
    *begin = blank ? blank + 1 : typed;
    const struct palette_command *command = blank ? find_command(typed, first) : NULL;
    if (!blank)
        offer_commands(candidates, typed);
    else if (command)
        offer_arguments(ui, candidates, command->arguments, *begin);
}

void palette_complete(struct ui *ui, struct text *typed)
{
    struct candidates candidates;
    const char *begin;
    find_candidates(ui, typed->data, &candidates, &begin);
    size_t place = (size_t)(begin - typed->data), common = candidates.count ? strlen(candidates.items[0].word) : 0;
    for (size_t i = 1; i < candidates.count; i++) {
        size_t same = 0;
        while (same < common && candidates.items[i].word[same] == candidates.items[0].word[same])
            same++;
        common = same;
    }
    if (candidates.count > 0) {
        bool stuck = candidates.count > 1 && common <= typed->length - place;
        char *word =
            stuck ? memory_copy_text(candidates.items[0].word) : memory_copy_span(candidates.items[0].word, common);
        text_truncate(typed, place);
        text_append_string(typed, word);
        if (candidates.count == 1 || stuck)
            text_append_byte(typed, ' ');
        free(word);
    }
    free(candidates.items);
}

static void draw_candidate(struct canvas *canvas, int row, const struct candidate *candidate, int words)
{
    canvas_fill(canvas, row, 0, 1, canvas->width, ' ', STYLE_TEXT);
    ink_text(canvas, row, 1, words < canvas->width ? words : canvas->width, candidate->word, STYLE_KEY);
    ink_text(canvas, row, words + 3, canvas->width - words - 4, candidate->sentence, STYLE_DIM);
}

void palette_draw(struct ui *ui, struct canvas *canvas)
{
    struct candidates candidates;
    const char *begin, *typed = ui->prompt.typed.data;
    find_candidates(ui, typed, &candidates, &begin);
    const struct palette_command *command = strchr(typed, ' ') ? find_command(typed, strcspn(typed, " ")) : NULL;
    int most = canvas->height - 3 < CANDIDATES_SHOWN ? canvas->height - 3 : CANDIDATES_SHOWN, words = 8;
    int shown = (int)candidates.count < most ? (int)candidates.count : most, row = canvas->height - 1 - shown;
    bool more = candidates.count > (size_t)shown;
    for (int i = 0; i < shown; i++) {
        int own = ink_width(candidates.items[i].word);
        words = own > words ? own : words;
    }
    int top = row - 1;
    if (top >= 1 && (shown > 0 || command)) {
        canvas_fill(canvas, top, 0, 1, canvas->width, 0x2500, STYLE_RULE);
        char title[160];
        snprintf(title, sizeof title, " %s%s%s%s ", command ? command->word : "commands", command ? " " : "",
            command ? command->usage : "", more ? "  (more)" : "");
        ink_text(canvas, top, 1, canvas->width - 2, title, STYLE_TITLE_FOCUSED);
    }
    for (int i = 0; i < shown; i++)
        draw_candidate(canvas, row + i, &candidates.items[i], words);
    free(candidates.items);
}

static void remember(struct ui *ui, const char *words)
{
    struct palette *palette = &ui->palette;
    if (palette->count > 0 && strcmp(palette->past[palette->count - 1], words) == 0)
        return;
    if (palette->count == PALETTE_PAST) {
        free(palette->past[0]);
        memmove(palette->past, palette->past + 1, (PALETTE_PAST - 1) * sizeof *palette->past);
        palette->count--;
    }
    palette->past[palette->count++] = memory_copy_text(words);
}

void palette_release(struct ui *ui)
{
    for (size_t i = 0; i < ui->palette.count; i++)
        free(ui->palette.past[i]);
    ui->palette.count = 0;
}

void palette_recall(struct ui *ui, int step)
{
    struct prompt *prompt = &ui->prompt;
    size_t past = prompt->past + (size_t)step;
    if ((step < 0 && prompt->past == 0) || past > ui->palette.count)
        return;
    prompt->past = past;
    text_clear(&prompt->typed);
    if (past > 0)
        text_append_string(&prompt->typed, ui->palette.past[ui->palette.count - past]);
}

/* What stands behind an action's word: nodes and options. */
struct node_words {
    bool *set;
    size_t count;
    enum action_scope scope;
    bool forced, failed, requeued;
    const char *tasks;          /* of job arrays, or NULL */
    struct attributes *changes; /* what NAME=VALUE is for; NULL: for nothing */
    struct error error;
};

static bool read_node_word(const struct ui *ui, struct node_words *words, char *word)
{
    static const struct {
        const char *word;
        enum action_scope scope;
    } scopes[] = {{"--downstream", SCOPE_DOWNSTREAM}, {"--upstream", SCOPE_UPSTREAM}, {"--up-to", SCOPE_UP_TO},
        {"--failed", SCOPE_FAILED}};
    if (strcmp(word, "--force") == 0) {
        words->forced = true;
        return true;
    }
    if (strcmp(word, "--requeue") == 0) {
        words->requeued = true;
        return true;
    }
    if (strncmp(word, "--task=", 7) == 0) {
        words->tasks = word + 7;
        return true;
    }
    for (size_t i = 0; i < sizeof scopes / sizeof scopes[0]; i++) {
        if (strcmp(word, scopes[i].word) == 0) {
            words->scope = scopes[i].scope;
            return true;
        }
    }
    char *equals = words->changes ? strchr(word, '=') : NULL;
    if (equals) {
        *equals = '\0';
        attributes_set(words->changes, word, equals + 1);
        return true;
    }
    if (word[0] == '-') {
        error_set(&words->error, STATUS_INVALID, "there is no option %s here", word);
        return false;
    }
    words->count++;
    return selector_apply(word, ui->snapshot->workflow, ui->snapshot->views, words->set, &words->error) == STATUS_OK;
}

static size_t first_of(const struct ui *ui, const bool *set)
{
    size_t node = 0;
    while (node < ui->rows.node_count && !set[node])
        node++;
    return node;
}

static void run_on_nodes(struct ui *ui, const char *command, char *rest)
{
    struct node_words words = {.set = memory_new_array(ui->rows.node_count + 1, sizeof(bool))};
    struct attributes changes = {0};
    bool good = true;
    enum action action;
    if (strcmp(command, "change") == 0)
        words.changes = &changes;
    for (char *word; good && (word = strtok_r(rest, " ", &rest));)
        good = read_node_word(ui, &words, word);
    if (good && words.count == 0 && action_from_word(command, &action)) {
        layer_question_marked(ui, action, words.scope, words.forced);
        free(words.set);
        return;
    }
    if (good && words.count == 0) {
        bool *targets = marks_targets(ui);
        memcpy(words.set, targets, ui->rows.node_count * sizeof *targets);
        free(targets);
    }
    if (!good) {
        ui_show_message(ui, true, words.error.message);
    } else if (words.changes) {
        layer_question_change(ui, words.set, words.scope, &changes);
    } else if (words.requeued && strcmp(command, "resubmit") == 0) {
        layer_question_requeue(ui, words.set);
    } else if (words.requeued) {
        ui_show_message(ui, true, "Only resubmit takes --requeue");
    } else if (words.tasks && (strcmp(command, "cancel") == 0 || strcmp(command, "resubmit") == 0)) {
        layer_question_tasks(ui, command[0] == 'c' ? ACTION_CANCEL : ACTION_RESUBMIT, words.set, words.tasks);
    } else if (words.tasks) {
        ui_show_message(ui, true, "Only cancel and resubmit are for single tasks");
    } else if (action_from_word(command, &action)) {
        layer_question_nodes(ui, action, words.set, words.scope, words.forced);
    } else if (first_of(ui, words.set) < ui->rows.node_count) {
        ui_select(ui, first_of(ui, words.set));
        if (strcmp(command, "log") == 0)
            ui->focus = PANE_LOG;
    }
    attributes_release(&changes);
    free(words.set);
}

static void run_command(struct ui *ui, const struct palette_command *command, char *rest)
{
    switch (command->arguments) {
    case NODES:
        run_on_nodes(ui, command->word, rest);
        break;
    case FILTER:
        if (command->word[0] == 'm')
            marks_add_fitting(ui, rest);
        else
            ui_set_filter(ui, rest);
        break;
    case THEME:
        ui_set_theme(ui, rest);
        break;
    case LAYOUT:
        ui_set_layout(ui, rest);
        break;
    case PATH:
        log_fetch_start(ui, FETCH_SAVE, rest);
        break;
    case NOTHING:
        break;
    }
}

static bool is_key_of(const struct ui *ui, enum key_context context, enum ui_action action)
{
    size_t count;
    const struct key_binding *bindings = keymap_bindings(ui->options.keymap, &count);
    for (size_t i = 0; i < count; i++) {
        if (bindings[i].context == context && bindings[i].action == action)
            return true;
    }
    return false;
}

/* Whoever types the name of an action need not know which pane it belongs to: the focus goes there. */
static bool act_in_its_pane(struct ui *ui, enum ui_action action)
{
    static const struct {
        enum key_context context;
        enum ui_action focus;
    } panes[] = {{KEY_CONTEXT_TABLE, UI_PANE_TABLE}, {KEY_CONTEXT_GRAPH, UI_PANE_GRAPH}, {KEY_CONTEXT_LOG, UI_PANE_LOG},
        {KEY_CONTEXT_HOSTS, UI_PANE_HOSTS}, {KEY_CONTEXT_TIMELINE, UI_PANE_TIMELINE}, {KEY_CONTEXT_GRID, UI_PANE_GRID}};
    for (size_t i = 0; i < sizeof panes / sizeof panes[0]; i++) {
        if (is_key_of(ui, panes[i].context, action) && ui_act(ui, panes[i].focus) && ui_act(ui, action))
            return true;
    }
    return false;
}

void palette_run(struct ui *ui, const char *words)
{
    char copy[PROMPT_LIMIT + 1];
    snprintf(copy, sizeof copy, "%s", words + strspn(words, " "));
    size_t length = strlen(copy);
    while (length > 0 && copy[length - 1] == ' ')
        copy[--length] = '\0';
    if (length == 0)
        return;
    remember(ui, copy);
    size_t first = strcspn(copy, " ");
    const struct palette_command *command = find_command(copy, first);
    char *rest = copy + first + strspn(copy + first, " ");
    enum ui_action action = *rest ? UI_NONE : find_action(copy);
    bool bare = command && !*rest && command->arguments != NODES;
    if (command && !bare) {
        run_command(ui, command, rest);
    } else if (action != UI_NONE) {
        if (!ui_act(ui, action) && !act_in_its_pane(ui, action))
            ui_show_message(ui, false, "That means nothing here");
    } else {
        char message[300];
        snprintf(message, sizeof message, command ? "%.60s needs more: %.200s" : "There is no command %.60s%s",
            command ? command->word : copy, command ? command->usage : "; : and Tab show all");
        ui_show_message(ui, true, message);
    }
}
