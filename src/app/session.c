/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"
#include "session_prompt.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dagtop/base/log.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"
#include "dagtop/load/config_file.h"
#include "dagtop/load/workflow_file.h"
#include "dagtop/model/selector.h"

/* Messages may quote files and hosts, so they are made safe for a terminal. */
static void complain_safe(const char *prefix, const char *message)
{
    struct text text;
    text_init(&text, 0);
    utf8_append_safe(&text, message, strlen(message));
    fprintf(stderr, "%s%s\n", prefix, text.data);
    text_release(&text);
}

void complain(const char *format, ...)
{
    struct text text;
    text_init(&text, 0);
    va_list list;
    va_start(list, format);
    text_append_format_list(&text, format, list);
    va_end(list);
    complain_safe("dagtop: ", text.data);
    text_release(&text);
}

void complain_list(const struct error_list *list, const char *kind)
{
    for (unsigned i = 0; i < list->count; i++) {
        const struct error *error = &list->errors[i];
        struct text text;
        text_init(&text, 0);
        if (error->file[0])
            text_append_format(&text, "%s:", error->file);
        if (error->line)
            text_append_format(&text, "%u:%u:", error->line, error->column);
        text_append_format(&text, "%s%s: %s", error->file[0] ? " " : "", kind, error->message);
        complain_safe("", text.data);
        text_release(&text);
    }
    if (list->overflow)
        fprintf(stderr, "and %u more\n", list->overflow);
}

static enum exit_code load_settings(struct session *session)
{
    struct error_list errors;
    error_list_init(&errors);
    settings_init(&session->settings);
    char *path = config_file_path();
    enum status status = path ? config_file_load(path, &session->settings, &errors) : STATUS_OK;
    complain_list(&errors, "error");
    error_list_release(&errors);
    free(path);
    return status == STATUS_OK ? EXIT_CODE_FINE : EXIT_CODE_USAGE;
}

static enum exit_code load_workflow(struct session *session)
{
    const struct arguments *arguments = session->arguments;
    if (arguments->word_count == 0) {
        complain("%s needs a workflow file: dagtop %s %s", command_word(arguments->command),
            command_word(arguments->command), "WORKFLOW.yaml");
        return EXIT_CODE_USAGE;
    }
    struct error_list errors, warnings;
    error_list_init(&errors);
    error_list_init(&warnings);
    enum status status =
        workflow_file_load(arguments->words[0], &session->settings, &session->workflow, &errors, &warnings);
    complain_list(&errors, "error");
    if (arguments->command == COMMAND_check || arguments->command == COMMAND_run)
        complain_list(&warnings, "warning");
    error_list_release(&errors);
    error_list_release(&warnings);
    return status == STATUS_OK ? EXIT_CODE_FINE : EXIT_CODE_USAGE;
}

enum exit_code session_load(struct session *session, const struct arguments *arguments)
{
    *session = (struct session){.arguments = arguments};
    struct error error;
    long jobs = 0;
    enum exit_code code = load_settings(session);
    if (code == EXIT_CODE_FINE)
        code = load_workflow(session);
    if (code == EXIT_CODE_FINE && arguments_number(arguments, OPTION_jobs, 1, 100000, &jobs, &error) != STATUS_OK) {
        complain("%s", error.message);
        code = EXIT_CODE_USAGE;
    }
    if (code == EXIT_CODE_FINE && arguments->given[OPTION_log_file] &&
        log_open(arguments->value[OPTION_log_file], &error) != STATUS_OK) {
        complain("%s", error.message);
        code = EXIT_CODE_USAGE;
    }
    if (code != EXIT_CODE_FINE) {
        workflow_free(session->workflow);
        settings_release(&session->settings);
    } else if (jobs) {
        session->workflow->jobs = session->jobs = (unsigned)jobs;
    }
    return code;
}

/* The folder of the remembered observations, made when missing; NULL where it cannot be. */
static char *make_cache_directory(void)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char *parent = cache && cache[0] == '/' ? memory_copy_text(cache)
                   : home && home[0] == '/' ? memory_format("%s/.cache", home)
                                            : NULL;
    if (!parent)
        return NULL;
    mkdir(parent, 0700);
    char *folder = memory_format("%s/dagtop", parent);
    free(parent);
    struct stat status;
    if (mkdir(folder, 0700) != 0 && (stat(folder, &status) != 0 || !S_ISDIR(status.st_mode))) {
        free(folder);
        return NULL;
    }
    return folder;
}

char *session_memory_path(const struct session *session)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME"), *file = session->workflow->file;
    char *parent = state && state[0] == '/' ? memory_copy_text(state)
                   : home && home[0] == '/' ? memory_format("%s/.local/state", home)
                                            : NULL;
    if (!parent || !file) {
        free(parent);
        return NULL;
    }
    char *folder = memory_format("%s/dagtop/views", parent);
    for (char *slash = folder + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        mkdir(folder, 0700);
    }
    mkdir(folder, 0700);
    /* A name that is the same in every run for the same file (FNV-1a, 64 bits). */
    uint64_t hash = 0xcbf29ce484222325;
    for (const char *byte = file; *byte; byte++)
        hash = (hash ^ (unsigned char)*byte) * 0x100000001b3;
    char *path = memory_format("%s/%016llx", folder, (unsigned long long)hash);
    free(folder);
    free(parent);
    return path;
}

static void engine_changed(void *argument, unsigned changes)
{
    struct session *session = argument;
    session->changes |= changes;
    if (session->prompt && session->engine)
        session_prompt_update(session->prompt);
    if (session->on_change)
        session->on_change(session, changes, session->on_change_argument);
    if (session->until && session->until(session))
        loop_stop(session->loop);
}

/* As nohup asks. */
static bool is_ignored(int signal)
{
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void interrupted(void *argument)
{
    struct session *session = argument;
    session->interrupted = true;
    loop_stop(session->loop);
}

/* Ctrl-C while another program has the terminal is meant for that. */
static void interrupted_by_key(void *argument)
{
    if (!((struct session *)argument)->handed_over)
        interrupted(argument);
}

static void time_over(void *argument)
{
    struct session *session = argument;
    if (session_prompt_is_open(session->prompt)) {
        loop_timer_start(session->deadline, HOST_PATIENCE, 0);
        return;
    }
    session->timed_out = true;
    loop_stop(session->loop);
}

static struct engine *new_engine(
    struct session *session, struct workflow *workflow, bool adopt, const char *cache_directory)
{
    const struct engine_options options = {
        .settings = &session->settings,
        .pool = session->pool,
        .shell = getenv("DAGTOP_SHELL"),
        .cache_directory = cache_directory,
        .checksum = workflow_file_checksum,
        .read_only = session->arguments->given[OPTION_read_only],
        .adopt = adopt,
        .can_answer = session->can_answer || session->prompt,
        .changed = engine_changed,
        .argument = session,
    };
    return engine_new(session->loop, workflow, &options);
}

void session_begin(struct session *session)
{
    session->loop = session->shared_loop ? session->shared_loop : loop_new();
    session->deadline = loop_timer_new(session->loop, time_over, session);
    session->interrupt = loop_signal_new(session->loop, SIGINT, interrupted_by_key, session);
    session->terminate = loop_signal_new(session->loop, SIGTERM, interrupted, session);
    if (!is_ignored(SIGHUP))
        session->hangup = loop_signal_new(session->loop, SIGHUP, interrupted, session);
    session->cache_directory = make_cache_directory();
    if (!session->can_answer)
        session->prompt = session_prompt_new(session);
    session->engine =
        new_engine(session, session->workflow, session->arguments->given[OPTION_adopt], session->cache_directory);
}

struct engine *session_renew(struct session *session, struct workflow *workflow, bool adopt)
{
    struct engine *before = session->engine;
    workflow->jobs = session->jobs ? session->jobs : workflow->jobs;
    session->engine = new_engine(session, workflow, adopt || session->arguments->given[OPTION_adopt], NULL);
    session->workflow = workflow;
    engine_take_over(session->engine, before);
    return before;
}

enum exit_code session_open(struct session *session, const struct arguments *arguments)
{
    enum exit_code code = session_load(session, arguments);
    if (code == EXIT_CODE_FINE)
        session_begin(session);
    return code;
}

void session_close(struct session *session)
{
    session->on_change = NULL;
    session->until = NULL;
    session_prompt_free(session->prompt);
    session->prompt = NULL;
    if (session->engine)
        engine_free(session->engine);
    else
        workflow_free(session->workflow);
    if (session->loop) {
        loop_timer_free(session->deadline);
        loop_signal_free(session->interrupt);
        loop_signal_free(session->hangup);
        loop_signal_free(session->terminate);
        if (!session->shared_loop)
            loop_free(session->loop);
    }
    settings_release(&session->settings);
    free(session->cache_directory);
    log_close();
}

void session_wait(struct session *session, bool (*until)(struct session *session), int64_t milliseconds)
{
    session->timed_out = false;
    if (session->interrupted || (until && until(session)))
        return;
    session->until = until;
    if (milliseconds >= 0)
        loop_timer_start(session->deadline, milliseconds, 0);
    loop_run(session->loop);
    loop_timer_stop(session->deadline);
    session->until = NULL;
}

static bool is_complete(struct session *session)
{
    return engine_snapshot(session->engine)->complete;
}

bool session_wait_complete(struct session *session)
{
    session_wait(session, is_complete, HOST_PATIENCE);
    const struct snapshot *snapshot = engine_snapshot(session->engine);
    bool all = snapshot->complete;
    for (size_t i = 0; i < snapshot->host_count; i++) {
        const struct host_view *host = &snapshot->hosts[i];
        if (host->state == HOST_READY)
            continue;
        all = false;
        if (!session->interrupted)
            complain("%s: %s", host->name, host->trouble ? host->trouble : "no answer yet");
    }
    return all;
}

static void execution_ended(void *argument, const struct error *error)
{
    struct session *session = argument;
    session->execution_ended = true;
    if (error)
        session->execution_error = *error;
    loop_stop(session->loop);
}

static void looked_at_job(void *argument, const struct error *error)
{
    struct session *session = argument;
    (void)error;
    session->jobs_asked--;
    loop_stop(session->loop);
}

static bool jobs_are_known(struct session *session)
{
    return session->jobs_asked == 0;
}

void session_look_at_jobs(struct session *session, const bool *set)
{
    struct error error;
    for (size_t i = 0; i < session->workflow->node_count; i++)
        if (set[i] && engine_look_at_job(session->engine, i, looked_at_job, session, &error) == STATUS_OK)
            session->jobs_asked++;
    session_wait(session, jobs_are_known, HOST_PATIENCE);
}

enum exit_code session_execute(struct session *session, const struct plan *plan)
{
    session->execution_ended = false;
    session->execution_error.status = STATUS_OK;
    engine_execute(session->engine, plan, execution_ended, session);
    while (!session->execution_ended && !session->interrupted)
        loop_run(session->loop);
    if (!session->execution_ended)
        return EXIT_CODE_INTERRUPTED;
    if (session->execution_error.status == STATUS_OK)
        return EXIT_CODE_FINE;
    complain("%s", session->execution_error.message);
    return EXIT_CODE_NODES;
}

enum exit_code session_select(struct session *session, size_t first, bool all_when_none, bool *set)
{
    const struct snapshot *snapshot = engine_snapshot(session->engine);
    const struct arguments *arguments = session->arguments;
    if (first >= arguments->word_count) {
        if (!all_when_none) {
            complain("%s needs a node: dagtop %s WORKFLOW.yaml NODE...", command_word(arguments->command),
                command_word(arguments->command));
            return EXIT_CODE_USAGE;
        }
        for (size_t i = 0; i < snapshot->workflow->node_count; i++)
            set[i] = true;
    }
    enum exit_code code = EXIT_CODE_FINE;
    for (size_t i = first; i < arguments->word_count; i++) {
        struct error error;
        if (selector_apply(arguments->words[i], snapshot->workflow, snapshot->views, set, &error) != STATUS_OK) {
            complain("%s", error.message);
            code = EXIT_CODE_USAGE;
        }
    }
    return code;
}

bool session_confirm(struct session *session, const char *question)
{
    if (session->arguments->given[OPTION_yes])
        return true;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        complain("there is no terminal to ask; give --yes to go on without a question");
        return false;
    }
    fprintf(stderr, "%s [y/N] ", question);
    char answer[16];
    if (!fgets(answer, sizeof answer, stdin))
        return false;
    return strcmp(answer, "y\n") == 0 || strcmp(answer, "Y\n") == 0 || strcmp(answer, "yes\n") == 0;
}
