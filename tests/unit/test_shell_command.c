/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/text.h"
#include "dagtop/ui/shell_command.h"

static void expect(const struct node *node, const struct node_view *view, const char *directory, const char *wanted)
{
    struct text text;
    text_init(&text, 0);
    char **arguments = shell_command(node, view, directory);
    for (size_t i = 0; arguments[i]; i++)
        text_append_format(&text, "%s%s", i ? "|" : "", arguments[i]);
    assert_string_equal(text.data, wanted);
    shell_command_free(arguments);
    text_release(&text);
}

static void test_commands(void **state)
{
    (void)state;
    struct attempt attempt = {.jobid = (char *)"88;1"};
    struct node_view view = {.state = STATE_RUNNING, .current = &attempt};
    struct node here = {.kind = NODE_KIND_LOCAL, .host = (char *)"localhost"};
    struct node there = {.kind = NODE_KIND_SSH, .host = (char *)"lab1", .user = (char *)"gregor"};
    struct node job = {.kind = NODE_KIND_SLURM, .host = (char *)"login1"};
    expect(&here, &view, "~/a b", "/bin/sh|-c|cd \"$HOME\"/'a b' 2>/dev/null || cd; exec \"${SHELL:-/bin/sh}\"");
    expect(&there, &view, "/x'; rm y",
        "ssh|-t|-l|gregor|--|lab1|cd '/x'\\''; rm y' 2>/dev/null || cd; exec \"${SHELL:-/bin/sh}\"");
    expect(&there, &view, NULL, "ssh|-t|-l|gregor|--|lab1|exec \"${SHELL:-/bin/sh}\"");
    expect(&job, &view, "/x",
        "ssh|-t|--|login1|cd /x 2>/dev/null || cd; exec srun $(srun --help 2>&1 | grep -o -e --overlap | head -n 1) "
        "--pty --jobid='88;1' \"${SHELL:-/bin/sh}\"");
    view.state = STATE_DONE;
    expect(&job, &view, "/x", "ssh|-t|--|login1|cd /x 2>/dev/null || cd; exec \"${SHELL:-/bin/sh}\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_commands)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
