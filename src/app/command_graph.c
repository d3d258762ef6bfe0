/* SPDX-License-Identifier: Apache-2.0 */
/* graph: the drawing in cells, or the graph in the words of other programs (graph_text.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"
#include "graph_text.h"
#include "output.h"

/* One of a few words, by its place in the list; -1 told on stderr. */
static int choose(const struct arguments *arguments, enum option option, const char *const *words, int standard)
{
    if (!arguments->given[option])
        return standard;
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], arguments->value[option]) == 0)
            return i;
    complain("--%s is \"%s\"; dagtop graph --help names what it takes", option_word(option), arguments->value[option]);
    return -1;
}

static bool read_options(const struct arguments *arguments, struct graph_drawing *drawing)
{
    static const char *const formats[] = {"unicode", "ascii", "dot", "mermaid", "json", NULL};
    static const char *const directions[] = {"auto", "lr", "tb", NULL};
    static const char *const folds[] = {"none", "auto", "all", NULL};
    struct winsize size = {0};
    struct error error;
    long width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
    int format = choose(arguments, OPTION_format, formats, 0);
    int direction = choose(arguments, OPTION_direction, directions, 0);
    int fold = choose(arguments, OPTION_fold, folds, width ? 1 : 0);
    if (arguments_number(arguments, OPTION_width, 10, 30000, &width, &error) != STATUS_OK) {
        complain("%s", error.message);
        return false;
    }
    if (format < 0 || direction < 0 || fold < 0)
        return false;
    drawing->format = (enum graph_format)format;
    drawing->direction = (enum layout_direction)direction;
    drawing->fold = (enum layout_fold)fold;
    drawing->width = (int)width;
    drawing->colour = output_may_colour();
    return true;
}

enum exit_code command_graph(const struct arguments *arguments)
{
    struct graph_drawing drawing = {0};
    struct session session;
    if (!read_options(arguments, &drawing))
        return EXIT_CODE_USAGE;
    enum exit_code code = session_open(&session, arguments);
    if (code != EXIT_CODE_FINE)
        return code;
    drawing.workflow = session.workflow;
    if (arguments->given[OPTION_verify]) {
        code = graph_text_verify(&drawing) ? EXIT_CODE_FINE : EXIT_CODE_NODES;
    } else {
        session_wait_complete(&session);
        drawing.snapshot = engine_snapshot(session.engine);
        graph_text_print(&drawing);
    }
    session_close(&session);
    return code;
}
