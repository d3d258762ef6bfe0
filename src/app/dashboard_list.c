/* SPDX-License-Identifier: Apache-2.0 */
#include "dashboard_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dagtop/base/log.h"
#include "dagtop/base/memory.h"
#include "dagtop/load/config_file.h"
#include "dagtop/ui/notices.h"
#include "dagtop/ui/overview.h"
#include "dagtop/ui/ui.h"

/* One workflow of the list. Its engine works all the time, whoever has the screen. */
struct member {
    struct dashboard_list *list;
    char *path;
    const char *word; /* path, as the arguments of its session have it */
    struct arguments arguments;
    struct session session;
    struct notices *notices; /* whichever workflow is open */
    const char *trouble;     /* why it was not loaded */
    bool loaded;
};

struct dashboard_list {
    struct member *members;
    size_t count;
    struct loop *loop;
    struct agent_pool *pool; /* one connection a host, whatever the number of workflows */
    struct term *term;
    struct theme theme;
    struct keymap keymap;
    struct overview *overview;
    struct ui *ui; /* of the open workflow, or NULL */
    struct member *open;
    char *memory; /* file that keeps how the open workflow is looked at, or NULL */
    bool ended, leaving;
};

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool dashboard_list_is_meant(const struct arguments *arguments)
{
    return arguments->word_count > 1 || (arguments->word_count == 1 && is_folder(arguments->words[0]));
}

/* Paths of workflow files, owned. */
struct paths {
    char **items, **real; /* real: of those that are there, without links, in any order */
    size_t count, capacity, real_count, real_capacity;
};

/* A file once, however often it is named: by itself and in its folder, for example. */
static void add_path(struct paths *paths, char *path)
{
    char *real = realpath(path, NULL);
    size_t same = 0;
    while (real && same < paths->real_count && strcmp(paths->real[same], real) != 0)
        same++;
    if (paths->count == OVERVIEW_LIMIT || (real && same < paths->real_count)) {
        free(path);
        free(real);
        return;
    }
    memory_grow(&paths->items, &paths->capacity, paths->count + 1, sizeof *paths->items);
    paths->items[paths->count++] = path;
    if (!real)
        return;
    memory_grow(&paths->real, &paths->real_capacity, paths->real_count + 1, sizeof *paths->real);
    paths->real[paths->real_count++] = real;
}

static int compare_paths(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

static bool is_workflow_name(const char *name)
{
    size_t length = strlen(name);
    return name[0] != '.' && ((length > 5 && strcmp(name + length - 5, ".yaml") == 0) ||
                                 (length > 4 && strcmp(name + length - 4, ".yml") == 0));
}

static void add_folder(struct paths *paths, const char *folder)
{
    DIR *directory = opendir(folder);
    size_t first = paths->count;
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        if (is_workflow_name(entry->d_name))
            add_path(paths, memory_format("%s/%s", folder, entry->d_name));
    }
    if (directory)
        closedir(directory);
    if (paths->count > first)
        qsort(paths->items + first, paths->count - first, sizeof *paths->items, compare_paths);
}

static enum exit_code load_members(struct dashboard_list *list, const struct arguments *arguments)
{
    struct paths paths = {0};
    size_t good = 0;
    for (size_t i = 0; i < arguments->word_count; i++) {
        if (is_folder(arguments->words[i]))
            add_folder(&paths, arguments->words[i]);
        else
            add_path(&paths, memory_copy_text(arguments->words[i]));
    }
    list->members = memory_new_array(paths.count + 1, sizeof *list->members);
    for (size_t i = 0; i < paths.count; i++) {
        struct member *member = &list->members[list->count++];
        *member =
            (struct member){.list = list, .path = paths.items[i], .word = paths.items[i], .arguments = *arguments};
        member->arguments.words = &member->word;
        member->arguments.word_count = 1;
        member->loaded = session_load(&member->session, &member->arguments) == EXIT_CODE_FINE;
        member->trouble =
            access(member->path, R_OK) == 0 ? "this file has mistakes: dagtop check names them" : strerror(errno);
        good += member->loaded;
    }
    for (size_t i = 0; i < paths.real_count; i++)
        free(paths.real[i]);
    free(paths.real);
    free(paths.items);
    if (good == 0)
        complain("there is no workflow to show");
    return good == 0 ? EXIT_CODE_USAGE : EXIT_CODE_FINE;
}

static void release_members(struct dashboard_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct member *member = &list->members[i];
        notices_free(member->notices);
        member->notices = NULL;
        if (member->loaded)
            session_close(&member->session);
        free(member->path);
    }
    free(list->members);
}

static struct session *first_session(struct dashboard_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->members[i].loaded)
            return &list->members[i].session;
    }
    return NULL;
}

static size_t fill_rows(void *argument, struct overview_row *rows, size_t most)
{
    struct dashboard_list *list = argument;
    size_t count = list->count < most ? list->count : most;
    for (size_t i = 0; i < count; i++) {
        const struct member *member = &list->members[i];
        rows[i] = (struct overview_row){.file = member->path, .trouble = member->trouble};
        if (member->loaded)
            rows[i].snapshot = engine_snapshot(member->session.engine);
    }
    return count;
}

static void quit(void *argument)
{
    struct dashboard_list *list = argument;
    list->ended = true;
    loop_stop(list->loop);
}

static void quit_open(void *argument)
{
    quit(((struct member *)argument)->list);
}

/* Back to the list; the ui is freed when nothing of it is on the stack any more. */
static void leave(void *argument)
{
    struct dashboard_list *list = ((struct member *)argument)->list;
    list->leaving = true;
    loop_stop(list->loop);
}

static void handed_over(void *argument, bool to_child)
{
    struct dashboard_list *list = ((struct member *)argument)->list;
    for (size_t i = 0; i < list->count; i++)
        list->members[i].session.handed_over = to_child;
}

static void renew(void *argument, struct workflow *workflow, bool adopt)
{
    struct member *member = argument;
    struct engine *before = session_renew(&member->session, workflow, adopt);
    ui_set_engine(member->list->ui, member->session.engine);
    engine_free(before);
}

static void changed(struct session *session, unsigned changes, void *argument)
{
    struct member *member = argument;
    struct dashboard_list *list = member->list;
    if (member->notices && session->engine && changes & (ENGINE_CHANGED_STATES | ENGINE_CHANGED_COMPLETE))
        notices_update(member->notices, engine_snapshot(session->engine));
    if (list->open == member && list->ui)
        ui_changed(list->ui, changes);
    else if (list->overview)
        overview_changed(list->overview);
}

static void open_member(void *argument, size_t row)
{
    struct dashboard_list *list = argument;
    struct member *member = &list->members[row];
    list->memory = session_memory_path(&member->session);
    const struct ui_options options = {.loop = list->loop,
        .engine = member->session.engine,
        .term = list->term,
        .theme = &list->theme,
        .settings = &member->session.settings,
        .keymap = &list->keymap,
        .memory = list->memory,
        .notices = member->notices,
        .mouse = member->arguments.given[OPTION_mouse],
        .quit = quit_open,
        .back = leave,
        .handed_over = handed_over,
        .renew = renew,
        .argument = member};
    overview_sleep(list->overview, true);
    list->open = member;
    list->ui = ui_new(&options);
}

static void close_member(struct dashboard_list *list)
{
    ui_free(list->ui);
    free(list->memory);
    list->memory = NULL;
    list->ui = NULL;
    list->open = NULL;
    list->leaving = false;
    if (!list->ended)
        overview_sleep(list->overview, false);
}

static bool is_interrupted(const struct dashboard_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->members[i].session.interrupted)
            return true;
    }
    return false;
}

static void tell_trouble(void *argument, const char *sentence)
{
    struct member *member = argument;
    if (member->list->ui)
        ui_show_message(member->list->ui, true, sentence);
    else
        log_write("notices", "%s: %s", member->path, sentence);
}

static void begin(struct dashboard_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct member *member = &list->members[i];
        if (!member->loaded)
            continue;
        member->session.shared_loop = list->loop;
        member->session.pool = list->pool;
        member->session.can_answer = true;
        member->session.on_change = changed;
        member->session.on_change_argument = member;
        const struct notices_options notices = {.loop = list->loop,
            .term = list->term,
            .settings = &member->session.settings,
            .trouble = tell_trouble,
            .argument = member};
        member->notices = notices_new(&notices);
        session_begin(&member->session);
        if (member->arguments.given[OPTION_drive])
            engine_set_driving(member->session.engine, true);
    }
}

/* All of them are looked at together, or none. */
static void set_watched(void *argument, bool watched)
{
    struct dashboard_list *list = argument;
    for (size_t i = 0; i < list->count; i++) {
        if (list->members[i].loaded)
            engine_set_watched(list->members[i].session.engine, watched);
    }
}

static bool is_word(const char *setting, const char *word)
{
    return setting && strcmp(setting, word) == 0;
}

static void show(struct dashboard_list *list)
{
    const struct session *first = first_session(list);
    const struct overview_options options = {.loop = list->loop,
        .term = list->term,
        .theme = &list->theme,
        .rows = fill_rows,
        .open = open_member,
        .quit = quit,
        .watched = set_watched,
        .mouse = first->arguments->given[OPTION_mouse] || is_word(first->settings.mouse, "yes"),
        .title = !is_word(first->settings.title, "no"),
        .argument = list};
    list->overview = overview_new(&options);
    while (!list->ended && !is_interrupted(list)) {
        loop_run(list->loop);
        if (list->leaving)
            close_member(list);
    }
    if (list->ui)
        close_member(list);
    overview_free(list->overview);
    list->overview = NULL;
}

static enum exit_code prepare(struct dashboard_list *list, const struct arguments *arguments)
{
    struct error error;
    struct error_list errors;
    struct term_options options;
    const struct settings *settings = &first_session(list)->settings;
    const char *theme = arguments->given[OPTION_theme] ? arguments->value[OPTION_theme] : settings->theme;
    char *path = config_file_path();
    error_list_init(&errors);
    enum status status = theme_load(theme ? theme : "dark", &list->theme, &errors);
    if (keymap_init(&list->keymap, &settings->keys, path ? path : "config.yaml", &errors) != STATUS_OK)
        status = STATUS_INVALID;
    complain_list(&errors, "error");
    error_list_release(&errors);
    free(path);
    if (status != STATUS_OK)
        return EXIT_CODE_USAGE;
    term_options_init(&options);
    options.ascii = arguments->given[OPTION_ascii];
    if (term_open(&options, &list->term, &error) != STATUS_OK) {
        complain("%s; without a terminal: dagtop status, run or watch", error.message);
        return EXIT_CODE_USAGE;
    }
    if (term_colors(list->term) == 0)
        theme_init_builtin(&list->theme, "mono");
    return EXIT_CODE_FINE;
}

enum exit_code dashboard_list_run(const struct arguments *arguments)
{
    struct dashboard_list list = {0};
    if (arguments->given[OPTION_headless] || arguments->given[OPTION_record]) {
        complain("--headless and --record are for one workflow");
        return EXIT_CODE_USAGE;
    }
    enum exit_code code = load_members(&list, arguments);
    if (code == EXIT_CODE_FINE)
        code = prepare(&list, arguments);
    if (code == EXIT_CODE_FINE) {
        list.loop = loop_new();
        list.pool = agent_pool_new(list.loop);
        begin(&list);
        show(&list);
        term_close(list.term);
        code = is_interrupted(&list) ? EXIT_CODE_INTERRUPTED : EXIT_CODE_FINE;
    }
    release_members(&list);
    keymap_release(&list.keymap);
    agent_pool_free(list.pool);
    if (list.loop)
        loop_free(list.loop);
    return code;
}
