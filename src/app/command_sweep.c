/* SPDX-License-Identifier: Apache-2.0 */
/* sweep: a directory with all permutations of an experiment, and the workflow that runs them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "dagtop/base/memory.h"
#include "dagtop/load/config_file.h"
#include "dagtop/sweep/generation.h"
#include "output.h"

/* Names of kept files that are told one by one. */
enum { KEPT_SHOWN = 10 };

struct sweep {
    const struct arguments *arguments;
    struct settings settings;
    struct configuration configuration;
    struct generation_options options;
    struct generation *generation;
    struct error_list errors;
    char *site_path; /* of the person's own site files, or NULL */
};

/* Appends what stands between commas. */
static void split(struct name_list *list, const char *text)
{
    for (const char *at = text; at; at = *at ? at + 1 : NULL) {
        size_t length = strcspn(at, ",");
        if (length) {
            char *name = memory_copy_span(at, length);
            name_list_add(list, name);
            free(name);
        }
        at += length;
        if (!*at)
            break;
    }
}

/* The folder of site files beside the config file. */
static char *find_sites(void)
{
    char *path = config_file_path(), *slash = path ? strrchr(path, '/') : NULL;
    char *sites = slash ? memory_format("%.*s/sites", (int)(slash - path), path) : NULL;
    free(path);
    if (sites && access(sites, R_OK) != 0) {
        free(sites);
        sites = NULL;
    }
    return sites;
}

static bool names_a_site(const struct sweep *sweep)
{
    const struct setting *site = configuration_find(&sweep->configuration, "sweep.site");
    return site && site->kind == SETTING_TEXT;
}

static void read_options(struct sweep *sweep)
{
    const struct arguments *arguments = sweep->arguments;
    struct generation_options *options = &sweep->options;
    options->settings = &sweep->settings;
    options->name = arguments->value[OPTION_name];
    options->output = arguments->value[OPTION_output];
    options->template_path = arguments->value[OPTION_template];
    options->bare = arguments->given[OPTION_bare];
    options->strict = arguments->given[OPTION_strict];
    options->flat = arguments->given[OPTION_flat];
    options->array = arguments->given[OPTION_array];
    options->all_environment = !arguments->given[OPTION_env] && !arguments->given[OPTION_no_env];
    if (arguments->given[OPTION_copy])
        split(&options->copies, arguments->value[OPTION_copy]);
    if (arguments->given[OPTION_env])
        split(&options->environment, arguments->value[OPTION_env]);
    sweep->site_path = arguments->given[OPTION_site] || names_a_site(sweep) ? NULL : find_sites();
    options->site_path = arguments->given[OPTION_site] ? arguments->value[OPTION_site] : sweep->site_path;
}

static enum status read_settings(struct sweep *sweep)
{
    char *path = config_file_path();
    enum status status = path ? config_file_load(path, &sweep->settings, &sweep->errors) : STATUS_OK;
    free(path);
    return status;
}

static enum status read_configuration(struct sweep *sweep)
{
    const struct arguments *arguments = sweep->arguments;
    struct error error;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < arguments->word_count; i++)
        if (configuration_add_file(&sweep->configuration, arguments->words[i], &sweep->errors) != STATUS_OK)
            status = STATUS_INVALID;
    if (status == STATUS_OK && arguments->given[OPTION_set] &&
        (status = configuration_set(&sweep->configuration, arguments->value[OPTION_set], &error)) != STATUS_OK)
        error_list_add(&sweep->errors, status, "", 0, 0, "--set: %s", error.message);
    if (status == STATUS_OK && arguments->given[OPTION_experiment] &&
        (status = configuration_set_experiment(&sweep->configuration, arguments->value[OPTION_experiment], &error)) !=
            STATUS_OK)
        error_list_add(&sweep->errors, status, "", 0, 0, "--experiment: %s", error.message);
    return status;
}

/* How many jobs of the workflow in the output directory are live; what cannot be reached is not counted. */
static size_t count_live(const char *workflow)
{
    const char *words[] = {workflow};
    struct arguments arguments = {.command = COMMAND_status, .words = words, .word_count = 1};
    struct session session;
    size_t live = 0;
    if (session_open(&session, &arguments) != EXIT_CODE_FINE)
        return 0;
    session_wait_complete(&session);
    const struct snapshot *snapshot = engine_snapshot(session.engine);
    for (unsigned state = 0; state < STATE_COUNT; state++)
        if (state_is_live((enum node_state)state))
            live += snapshot->counts[state];
    session_close(&session);
    return live;
}

/* False where the directory belongs to jobs that are live now. */
static bool may_write(const struct sweep *sweep)
{
    char *workflow = memory_format("%s/workflow.yaml", generation_output(sweep->generation));
    size_t live = 0;
    if (!sweep->arguments->given[OPTION_force] && access(workflow, F_OK) == 0)
        live = count_live(workflow);
    if (live)
        complain("%zu %s of %s %s live; --force writes the directory all the same", live, live == 1 ? "job" : "jobs",
            workflow, live == 1 ? "is" : "are");
    free(workflow);
    return live == 0;
}

static void print_permutations(const struct sweep *sweep)
{
    const struct parameter_space *space = generation_space(sweep->generation);
    for (size_t i = 0; i < space->permutation_count; i++) {
        struct text text;
        text_init(&text, 0);
        text_append_format(&text, "%s  ", generation_identifier(sweep->generation, i));
        parameter_space_describe(space, i, " ", &text);
        output_print_safe(text.data);
        putchar('\n');
        text_release(&text);
    }
    printf("%zu permutations\n", space->permutation_count);
}

static void print_submissions(const struct sweep *sweep)
{
    for (size_t i = 0; i < generation_space(sweep->generation)->permutation_count; i++) {
        struct text text;
        text_init(&text, 0);
        generation_append_submission(sweep->generation, i, &text);
        puts(text.data);
        text_release(&text);
    }
}

/* What was done goes to stderr: stdout is for the lines of --submit-script. */
static void tell(const struct sweep *sweep, const struct generation_report *report)
{
    const char *output = generation_output(sweep->generation);
    complain("%zu permutations in %s: %zu files new, %zu changed, %zu as they were",
        generation_space(sweep->generation)->permutation_count, output, report->created, report->changed,
        report->unchanged);
    for (size_t i = 0; i < report->kept.count && i < KEPT_SHOWN; i++)
        complain("kept %s/%s: it was changed by somebody else", output, report->kept.names[i]);
    if (report->kept.count > KEPT_SHOWN)
        complain("kept %zu more files that were changed by somebody else", report->kept.count - KEPT_SHOWN);
    if (report->left)
        complain("%zu files of earlier permutations are still there", report->left);
}

static enum exit_code write_all(struct sweep *sweep)
{
    struct generation_report report;
    if (!may_write(sweep))
        return EXIT_CODE_USAGE;
    enum status status = generation_write(sweep->generation, &report, &sweep->errors);
    if (status == STATUS_OK)
        tell(sweep, &report);
    generation_report_release(&report);
    if (status == STATUS_OK && sweep->arguments->given[OPTION_submit_script])
        print_submissions(sweep);
    return status == STATUS_OK ? EXIT_CODE_FINE : EXIT_CODE_USAGE;
}

static void sweep_release(struct sweep *sweep)
{
    generation_free(sweep->generation);
    configuration_release(&sweep->configuration);
    settings_release(&sweep->settings);
    name_list_release(&sweep->options.copies);
    name_list_release(&sweep->options.environment);
    error_list_release(&sweep->errors);
    free(sweep->site_path);
}

enum exit_code command_sweep(const struct arguments *arguments)
{
    struct sweep sweep = {.arguments = arguments};
    enum exit_code code = EXIT_CODE_USAGE;
    if (arguments->word_count == 0 && !arguments->given[OPTION_experiment]) {
        complain("sweep needs a configuration or --experiment: dagtop sweep CONFIG.yaml --template=FILE --output=DIR");
        return code;
    }
    settings_init(&sweep.settings);
    configuration_init(&sweep.configuration);
    error_list_init(&sweep.errors);
    if (read_settings(&sweep) == STATUS_OK && read_configuration(&sweep) == STATUS_OK) {
        read_options(&sweep);
        if (generation_new(&sweep.generation, &sweep.configuration, &sweep.options, &sweep.errors) != STATUS_OK) {
            code = EXIT_CODE_USAGE;
        } else if (arguments->given[OPTION_dry_run]) {
            print_permutations(&sweep);
            if (arguments->given[OPTION_submit_script])
                print_submissions(&sweep);
            code = EXIT_CODE_FINE;
        } else {
            code = write_all(&sweep);
        }
    }
    complain_list(&sweep.errors, "error");
    sweep_release(&sweep);
    return code;
}
