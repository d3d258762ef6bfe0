/* SPDX-License-Identifier: Apache-2.0 */
/* The dashboard on a terminal, or, with --headless, on a screen in memory that a script drives. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "background.h"
#include "command.h"
#include "dashboard_list.h"
#include "dagtop/base/memory.h"
#include "dagtop/load/config_file.h"
#include "dagtop/ui/ui.h"
#include "dagtop/ui/ui_script.h"

struct dashboard {
    struct session session;
    struct term *term;
    struct theme theme;
    struct ui *ui;
    wall_time clock; /* 0: the real one */
    bool ended, to_background;
    struct loop_timer *turn_limit;
    struct keymap keymap;
    struct recorder *recorder;
    char *memory; /* file of the workflow's looks, or NULL */
};

static wall_time now(void *argument)
{
    const struct dashboard *dashboard = argument;
    return dashboard->clock ? dashboard->clock : clock_wall();
}

static void quit(void *argument)
{
    struct dashboard *dashboard = argument;
    dashboard->ended = true;
    loop_stop(dashboard->session.loop);
}

static void quit_to_background(void *argument)
{
    struct dashboard *dashboard = argument;
    dashboard->to_background = true;
    quit(dashboard);
}

static void changed(struct session *session, unsigned changes, void *argument)
{
    struct dashboard *dashboard = argument;
    (void)session;
    if (dashboard->ui)
        ui_changed(dashboard->ui, changes);
}

static void renew(void *argument, struct workflow *workflow, bool adopt)
{
    struct dashboard *dashboard = argument;
    struct engine *before = session_renew(&dashboard->session, workflow, adopt);
    ui_set_engine(dashboard->ui, dashboard->session.engine);
    engine_free(before);
}

static bool open_theme(struct dashboard *dashboard, const struct arguments *arguments)
{
    struct error_list errors;
    const char *name =
        arguments->given[OPTION_theme] ? arguments->value[OPTION_theme] : dashboard->session.settings.theme;
    if (!name)
        return false;
    error_list_init(&errors);
    bool good = theme_load(name, &dashboard->theme, &errors) == STATUS_OK;
    complain_list(&errors, "error");
    error_list_release(&errors);
    return good;
}

static void handed_over(void *argument, bool to_child)
{
    struct dashboard *dashboard = argument;
    dashboard->session.handed_over = to_child;
}

/* Keys as the config file wants them; false, told, where it contradicts itself. */
static bool open_keys(struct dashboard *dashboard)
{
    struct error_list errors;
    char *path = config_file_path();
    error_list_init(&errors);
    enum status status =
        keymap_init(&dashboard->keymap, &dashboard->session.settings.keys, path ? path : "config.yaml", &errors);
    complain_list(&errors, "error");
    error_list_release(&errors);
    free(path);
    return status == STATUS_OK;
}

static bool open_recorder(struct dashboard *dashboard, const struct arguments *arguments)
{
    struct error error;
    if (!arguments->given[OPTION_record])
        return true;
    if (recorder_open(arguments->value[OPTION_record], dashboard->session.workflow->name, &dashboard->recorder,
            &error) == STATUS_OK)
        return true;
    complain("%s", error.message);
    return false;
}

static void open_ui(struct dashboard *dashboard, bool themed)
{
    struct session *session = &dashboard->session;
    session->on_change = changed;
    session->on_change_argument = dashboard;
    const struct ui_options options = {
        .loop = session->loop,
        .engine = session->engine,
        .term = dashboard->term,
        .theme = themed ? &dashboard->theme : NULL,
        .settings = &session->settings,
        .now = now,
        .quit = quit,
        .background = session->workflow->file ? quit_to_background : NULL,
        .keymap = &dashboard->keymap,
        .recorder = dashboard->recorder,
        .memory = dashboard->memory,
        .mouse = session->arguments->given[OPTION_mouse],
        .handed_over = handed_over,
        .renew = renew,
        .argument = dashboard,
    };
    dashboard->ui = ui_new(&options);
}

/* The connections outlive the engine: the one that follows it logs in nowhere again. */
static void begin(struct session *session)
{
    session->can_answer = true;
    session->shared_loop = loop_new();
    session->pool = agent_pool_new(session->shared_loop);
    session_begin(session);
}

static void end(struct session *session)
{
    struct loop *loop = session->shared_loop;
    struct agent_pool *pool = session->pool;
    session_close(session);
    agent_pool_free(pool);
    loop_free(loop);
}

static void close_ui(struct dashboard *dashboard)
{
    dashboard->session.on_change = NULL;
    ui_free(dashboard->ui);
    dashboard->ui = NULL;
    term_close(dashboard->term);
}

static enum exit_code run_on_terminal(struct dashboard *dashboard)
{
    struct session *session = &dashboard->session;
    if (session->arguments->given[OPTION_drive])
        engine_set_driving(session->engine, true);
    while (!dashboard->ended && !session->interrupted)
        loop_run(session->loop);
    return session->interrupted ? EXIT_CODE_INTERRUPTED : EXIT_CODE_FINE;
}

static void turn_over(void *argument)
{
    (void)argument;
}

static void turn(void *argument, int64_t wait)
{
    struct dashboard *dashboard = argument;
    if (wait > 0)
        loop_timer_start(dashboard->turn_limit, wait, 0);
    loop_run_once(dashboard->session.loop, wait > 0);
    loop_timer_stop(dashboard->turn_limit);
}

static enum exit_code run_script(struct dashboard *dashboard)
{
    struct session *session = &dashboard->session;
    const char *path = session->arguments->value[OPTION_script];
    struct text script, output;
    struct error error;
    enum exit_code code = EXIT_CODE_FINE;
    text_init(&script, 1 << 20);
    text_init(&output, 0);
    dashboard->turn_limit = loop_timer_new(session->loop, turn_over, dashboard);
    if (session->arguments->given[OPTION_drive])
        engine_set_driving(session->engine, true);
    const struct ui_script_world world = {
        .ui = dashboard->ui,
        .term = dashboard->term,
        .turn = turn,
        .clock = dashboard->clock ? &dashboard->clock : NULL,
        .ended = &dashboard->ended,
        .argument = dashboard,
    };
    if (text_read_file(&script, path, &error) != STATUS_OK ||
        ui_script_run(script.data, path, &world, &output, &error) != STATUS_OK) {
        if (error.line)
            complain("%s:%u: %s", path, error.line, error.message);
        else
            complain("%s", error.message);
        code = EXIT_CODE_USAGE;
    }
    fwrite(output.data, 1, output.length, stdout);
    loop_timer_free(dashboard->turn_limit);
    text_release(&script);
    text_release(&output);
    return code;
}

static enum exit_code open_headless(struct dashboard *dashboard, const struct arguments *arguments)
{
    int width, height, end = 0;
    const char *size = arguments->value[OPTION_headless];
    if (sscanf(size, "%5dx%5d%n", &width, &height, &end) != 2 || size[end] || width < 1 || height < 1 || width > 1000 ||
        height > 1000) {
        complain("--headless is \"%s\", expected COLSxROWS such as 80x24", size);
        return EXIT_CODE_USAGE;
    }
    if (!arguments->given[OPTION_script]) {
        complain("--headless needs --script=FILE with the keys");
        return EXIT_CODE_USAGE;
    }
    if (arguments->given[OPTION_clock] && !clock_parse_utc(arguments->value[OPTION_clock], &dashboard->clock)) {
        complain("--clock is \"%s\", expected a time such as 2026-11-20T21:03:02Z", arguments->value[OPTION_clock]);
        return EXIT_CODE_USAGE;
    }
    dashboard->term = term_open_headless(width, height, arguments->given[OPTION_ascii]);
    return EXIT_CODE_FINE;
}

static enum exit_code open_terminal(struct dashboard *dashboard, const struct arguments *arguments)
{
    struct term_options options;
    struct error error;
    if (arguments->given[OPTION_script] || arguments->given[OPTION_clock]) {
        complain("--script and --clock go with --headless");
        return EXIT_CODE_USAGE;
    }
    term_options_init(&options);
    options.ascii = arguments->given[OPTION_ascii];
    if (term_open(&options, &dashboard->term, &error) != STATUS_OK) {
        complain("%s; without a terminal: dagtop status, run or watch", error.message);
        return EXIT_CODE_USAGE;
    }
    return EXIT_CODE_FINE;
}

enum exit_code command_dashboard(const struct arguments *arguments)
{
    if (dashboard_list_is_meant(arguments))
        return dashboard_list_run(arguments);
    struct dashboard dashboard = {0};
    enum exit_code code = session_load(&dashboard.session, arguments);
    if (code != EXIT_CODE_FINE)
        return code;
    bool headless = arguments->given[OPTION_headless];
    bool themed = open_theme(&dashboard, arguments);
    if ((arguments->given[OPTION_theme] && !themed) || !open_keys(&dashboard))
        code = EXIT_CODE_USAGE;
    if (code == EXIT_CODE_FINE)
        code = headless ? open_headless(&dashboard, arguments) : open_terminal(&dashboard, arguments);
    if (code == EXIT_CODE_FINE && !open_recorder(&dashboard, arguments)) {
        term_close(dashboard.term);
        code = EXIT_CODE_USAGE;
    }
    if (code != EXIT_CODE_FINE) {
        keymap_release(&dashboard.keymap);
        session_close(&dashboard.session);
        return code;
    }
    if (!headless)
        dashboard.memory = session_memory_path(&dashboard.session);
    begin(&dashboard.session);
    open_ui(&dashboard, themed);
    code = headless ? run_script(&dashboard) : run_on_terminal(&dashboard);
    close_ui(&dashboard);
    recorder_close(dashboard.recorder);
    keymap_release(&dashboard.keymap);
    free(dashboard.memory);
    char *file = dashboard.to_background ? memory_copy_text(dashboard.session.workflow->file) : NULL;
    end(&dashboard.session);
    struct error error;
    if (file && background_spawn(file, &error) != STATUS_OK) {
        complain("%s", error.message);
        code = EXIT_CODE_USAGE;
    } else if (file) {
        printf("dagtop goes on driving in the background; look again: dagtop %s\n", arguments->words[0]);
    }
    free(file);
    return code;
}
