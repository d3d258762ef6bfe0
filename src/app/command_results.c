/* SPDX-License-Identifier: Apache-2.0 */
/* results: the permutations of a sweep, their metrics, and the best of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "dagtop/sweep/result_files.h"
#include "results.h"

static const struct {
    const char *word;
    void (*print)(const struct results_question *question);
} formats[] = {{"table", results_print_table}, {"json", results_print_json}, {"csv", results_print_csv}};

static bool ends_in(const char *text, const char *ending)
{
    size_t length = strlen(text), wanted = strlen(ending);
    return length > wanted && strcmp(text + length - wanted, ending) == 0;
}

/* One word of the command line: a workflow file, the directory of a sweep, or a table that was printed as JSON. */
static enum exit_code gather_one(
    const struct arguments *arguments, const char *word, struct result_table *table, char **name)
{
    struct stat info;
    struct session session;
    struct error_list errors;
    if (ends_in(word, ".json")) {
        error_list_init(&errors);
        enum status status = result_files_add_table(table, word, &errors);
        complain_list(&errors, "error");
        error_list_release(&errors);
        return status == STATUS_OK ? EXIT_CODE_FINE : EXIT_CODE_USAGE;
    }
    bool is_folder = stat(word, &info) == 0 && S_ISDIR(info.st_mode);
    char *path = is_folder ? memory_format("%s/workflow.yaml", word) : memory_copy_text(word);
    const char *words[] = {path};
    struct arguments one = *arguments;
    one.words = words;
    one.word_count = 1;
    enum exit_code code = session_open(&session, &one);
    if (code == EXIT_CODE_FINE) {
        if (!session_wait_complete(&session))
            code = session.interrupted ? EXIT_CODE_INTERRUPTED : EXIT_CODE_HOST;
        if (!*name)
            *name = memory_copy_text(session.workflow->name);
        if (results_gather(&session, table) == 0) {
            complain("%s: no node has parameters (sweep:)", path);
            code = EXIT_CODE_USAGE;
        }
        session_close(&session);
    }
    free(path);
    return code;
}

static void split(struct name_list *list, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, ",");
        char *name = memory_copy_span(text, length);
        if (length)
            name_list_add(list, name);
        free(name);
        text += length + (text[length] == ',');
    }
}

/* A sentence, and the names that there are. */
static void complain_names(const char *sentence, const char *name, const struct name_list *known)
{
    struct text text;
    text_init(&text, 1024);
    for (size_t i = 0; i < known->count; i++)
        text_append_format(&text, "%s%s", i ? ", " : "", known->names[i]);
    complain("%s%s; there %s %s", sentence, name, known->count == 1 ? "is" : "are", known->count ? text.data : "none");
    text_release(&text);
}

/* All names of wanted are in known; the first that is not is told. */
static bool are_known(const char *sentence, const struct name_list *wanted, const struct name_list *known)
{
    size_t index;
    for (size_t i = 0; i < wanted->count; i++)
        if (!result_find_name(known, wanted->names[i], &index)) {
            complain_names(sentence, wanted->names[i], known);
            return false;
        }
    return true;
}

/* All of them are shown, but in a table for people those that repeat a parameter ("epoch"); the only other one decides.
 */
static void take_all_metrics(struct results_question *question, const struct arguments *arguments)
{
    const struct result_table *table = question->table;
    const char *format = arguments->given[OPTION_format] ? arguments->value[OPTION_format] : "table";
    bool for_people = strcmp(format, "table") == 0;
    const char *only = NULL;
    size_t others = 0, index;
    for (size_t i = 0; i < table->metrics.count; i++) {
        const char *name = table->metrics.names[i];
        bool repeats = result_find_name(&table->parameters, name, &index);
        if (!repeats || !for_people)
            name_list_add(&question->metrics, name);
        if (!repeats && others++ == 0)
            only = name;
    }
    question->metric = others == 1 ? result_metric_name(only, &question->less_is_better) : NULL;
}

/* Which metrics are shown, and which one decides. */
static bool choose_metrics(struct results_question *question, const struct arguments *arguments)
{
    const struct name_list *known = &question->table->metrics;
    if (arguments->given[OPTION_metric]) {
        struct name_list wanted = {0};
        split(&wanted, arguments->value[OPTION_metric]);
        for (size_t i = 0; i < wanted.count; i++) {
            bool less_is_better;
            const char *name = result_metric_name(wanted.names[i], &less_is_better);
            name_list_add(&question->metrics, name);
            if (i == 0)
                question->less_is_better = less_is_better;
        }
        name_list_release(&wanted);
        if (question->metrics.count && known->count && !are_known("there is no metric ", &question->metrics, known))
            return false;
        question->metric = question->metrics.count ? question->metrics.names[0] : NULL;
    } else {
        take_all_metrics(question, arguments);
    }
    if (question->only_best && !question->metric && known->count) {
        complain_names("give --metric=NAME to say what is best", "", known);
        return false;
    }
    return true;
}

static bool choose_groups(struct results_question *question, const struct arguments *arguments)
{
    question->grouped = arguments->given[OPTION_group_by];
    if (question->grouped)
        split(&question->group_parameters, arguments->value[OPTION_group_by]);
    else
        result_table_without_repeat(question->table, &question->group_parameters);
    if (!are_known("there is no parameter ", &question->group_parameters, &question->table->parameters))
        return false;
    result_groups_make(&question->groups, question->table, &question->group_parameters);
    if (!question->metric)
        return true;
    question->has_best =
        result_table_best(question->table, question->metric, question->less_is_better, &question->best);
    question->has_best_group = result_groups_best(
        &question->groups, question->table, question->metric, question->less_is_better, &question->best_group);
    return true;
}

/* The grid of --grid=ACROSS[,DOWN]. */
static enum exit_code answer_grid(const struct results_question *question, const char *words)
{
    struct name_list axes = {0};
    struct result_grid grid;
    enum exit_code code = EXIT_CODE_USAGE;
    split(&axes, words);
    const struct result_grid_question asked = {.across = axes.count ? axes.names[0] : "",
        .down = axes.count > 1 ? axes.names[1] : NULL,
        .metric = question->metric,
        .less_is_better = question->less_is_better};
    const struct result_source source = result_table_source(question->table);
    if (axes.count < 1 || axes.count > 2) {
        complain("--grid is \"%s\", expected one or two parameters", words);
    } else if (are_known("there is no parameter ", &axes, &question->table->parameters)) {
        enum status status = result_grid_make(&grid, &source, &asked);
        if (status == STATUS_OK) {
            results_print_grid(&grid, asked.across, asked.down);
            result_grid_release(&grid);
            code = EXIT_CODE_FINE;
        } else {
            complain("there is no grid: %s", status_text(status));
        }
    }
    name_list_release(&axes);
    return code;
}

static enum exit_code answer(
    const struct arguments *arguments, const struct result_table *table, const char *name, size_t format)
{
    struct results_question question = {.table = table, .name = name ? name : "", .now = clock_wall()};
    enum exit_code code = EXIT_CODE_USAGE;
    question.only_best = arguments->given[OPTION_best];
    if (arguments->given[OPTION_grid]) {
        if (choose_metrics(&question, arguments))
            code = answer_grid(&question, arguments->value[OPTION_grid]);
    } else if (choose_metrics(&question, arguments) && choose_groups(&question, arguments)) {
        code = EXIT_CODE_FINE;
        bool is_empty = question.only_best && !question.has_best;
        if (is_empty)
            complain("no permutation is done and has a number for the metric");
        /* A person needs no headings of nothing, a program does. */
        if (!is_empty || strcmp(formats[format].word, "table") != 0)
            formats[format].print(&question);
    }
    name_list_release(&question.metrics);
    name_list_release(&question.group_parameters);
    result_groups_release(&question.groups);
    return code;
}

enum exit_code command_results(const struct arguments *arguments)
{
    const char *word = arguments->given[OPTION_format] ? arguments->value[OPTION_format] : "table";
    struct result_table table;
    char *name = NULL;
    size_t format = 0;
    enum exit_code code = EXIT_CODE_FINE;
    while (format < sizeof formats / sizeof *formats && strcmp(formats[format].word, word) != 0)
        format++;
    if (format == sizeof formats / sizeof *formats) {
        complain("--format is \"%s\", expected table, json or csv", word);
        return EXIT_CODE_USAGE;
    }
    if (arguments->word_count == 0) {
        complain("results needs a workflow file: dagtop results WORKFLOW.yaml");
        return EXIT_CODE_USAGE;
    }
    result_table_init(&table);
    for (size_t i = 0; i < arguments->word_count && (code == EXIT_CODE_FINE || code == EXIT_CODE_HOST); i++) {
        enum exit_code one = gather_one(arguments, arguments->words[i], &table, &name);
        code = one == EXIT_CODE_FINE ? code : one;
    }
    if (code == EXIT_CODE_FINE || code == EXIT_CODE_HOST) {
        enum exit_code answered = answer(arguments, &table, name, format);
        code = answered == EXIT_CODE_FINE ? code : answered;
    }
    result_table_release(&table);
    free(name);
    return code;
}
