/* SPDX-License-Identifier: Apache-2.0 */
/* Words in braces: what they stand for, what stays as it is, and that no value becomes code of a shell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "dagtop/sweep/substitution.h"
#include "sweep_stage.h"

struct scene {
    struct stage stage;
    struct parameter_space space;
    struct substitution substitution;
};

static const char *environment(const char *name, void *argument)
{
    (void)argument;
    return strcmp(name, "USER") == 0 ? "gregor" : NULL;
}

static const char *variable(const char *name, void *argument)
{
    (void)argument;
    return strcmp(name, "account") == 0 ? "bii" : NULL;
}

static void open_scene(struct scene *scene, const char *yaml)
{
    stage_open(&scene->stage);
    parameter_space_init(&scene->space);
    assert_int_equal(stage_configure(&scene->stage, "c.yaml", yaml), STATUS_OK);
    assert_int_equal(parameter_space_read(&scene->space, &scene->stage.configuration, &scene->stage.errors), STATUS_OK);
    substitution_init(&scene->substitution, &scene->stage.configuration, &scene->space);
    scene->substitution.identifier = "epoch_1";
    scene->substitution.uuid = "u-1";
    scene->substitution.environment = environment;
    scene->substitution.variable = variable;
}

static void close_scene(struct scene *scene)
{
    substitution_release(&scene->substitution);
    parameter_space_release(&scene->space);
    stage_close(&scene->stage);
}

/* The result, which the caller frees; status is checked. */
static char *expand(struct scene *scene, const char *template, enum status expected)
{
    struct text text;
    text_init(&text, 0);
    enum status status = substitution_expand(&scene->substitution, template, strlen(template), "job.in.sh",
        (struct place){1, 1}, &text, &scene->stage.errors);
    assert_int_equal(status, expected);
    return text_take(&text);
}

static void check(struct scene *scene, const char *template, const char *expected)
{
    char *result = expand(scene, template, STATUS_OK);
    assert_string_equal(result, expected);
    free(result);
}

static void test_what_words_stand_for(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, "data: {path: '{os.USER}/{experiment.epoch}', list: [1, '{data.n}'], n: 5}\n"
                       "experiment: {epoch: 1, t: '{data.n}'}\ntop: x\n");
    check(&scene, "{experiment.epoch} {data.path} {data.list} {top} {cm.account} {cloudmesh.account}",
        "1 gregor/1 1,5 x bii bii");
    check(&scene, "{ee.identifier} {ee.uuid} {os.USER} {experiment.t}", "epoch_1 u-1 gregor 5");
    close_scene(&scene);
}

static void test_what_stays(void **state)
{
    (void)state;
    struct scene scene;
    const char *kept = "${BRANCH:-main} ${top} $(awk '{print $1}') {\"a\": {\"b\": 1}} {os.HOME} {cm.x} {experiment.y} "
                       "{} { data.n } {data} {epoch} {unclosed {data.z} { {";
    open_scene(&scene, "data: {n: 5}\nexperiment: {epoch: 1}\ntop: x\n");
    check(&scene, kept, kept);
    check(&scene, "{{data.n}} {data.n}{data.n}", "{5} 55");
    close_scene(&scene);
}

static void test_bare_names(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, "experiment: {epoch: 1}\n");
    scene.substitution.bare = true;
    check(&scene, "{epoch} ${epoch} {experiment.epoch}", "1 ${epoch} 1");
    close_scene(&scene);
}

static void test_comments_are_dropped(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, "experiment: {epoch: 1}\n");
    scene.substitution.drop_comments = true;
    check(&scene, "## one\n#! {experiment.epoch}\n ## kept\n## {a.b}\n## last", "#! 1\n ## kept\n");
    close_scene(&scene);
}

static void test_circles_are_told(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(
        &scene, "a: {x: '{b.y}', z: 1}\nb: {y: '{c.z}'}\nc: {z: '{a.x}'}\nexperiment: {epoch: '{experiment.epoch}'}\n");
    free(expand(&scene, "one\n two {a.z} {a.x}", STATUS_INVALID));
    assert_true(stage_complains(&scene.stage, "refers to itself: a.x -> b.y -> c.z -> a.x"));
    assert_int_equal(scene.stage.errors.errors[0].line, 2);
    assert_int_equal(scene.stage.errors.errors[0].column, 12);
    free(expand(&scene, "{experiment.epoch}", STATUS_INVALID));
    close_scene(&scene);
}

static void test_strict(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, "experiment: {epoch: 1}\n");
    scene.substitution.strict = true;
    check(&scene, "{print $1} {x} {1.2} ${X} {experiment.epoch}", "{print $1} {x} {1.2} ${X} 1");
    free(expand(&scene, "a\nb {experiment.epcoh} {no.thing}", STATUS_INVALID));
    assert_int_equal(scene.stage.errors.count, 2);
    assert_true(stage_complains(&scene.stage, "{experiment.epcoh} names nothing"));
    assert_string_equal(scene.stage.errors.errors[0].file, "job.in.sh");
    assert_int_equal(scene.stage.errors.errors[0].line, 2);
    assert_int_equal(scene.stage.errors.errors[0].column, 3);
    assert_int_equal(scene.stage.errors.errors[1].column, 22);
    close_scene(&scene);
}

static void test_no_end_is_an_error(void **state)
{
    (void)state;
    struct scene scene;
    struct text yaml;
    text_init(&yaml, 0);
    text_append_string(&yaml, "experiment: {epoch: 1}\na30: ''\n");
    for (int i = 0; i < 30; i++)
        text_append_format(&yaml, "a%d: '{a%d}{a%d}'\n", i, i + 1, i + 1);
    open_scene(&scene, yaml.data);
    free(expand(&scene, "{a0}", STATUS_TOO_LARGE));
    assert_int_equal(scene.stage.errors.count, 1);
    close_scene(&scene);
    text_release(&yaml);
}

/* Runs a script with /bin/sh and returns what it prints; the caller frees it. */
static char *run(struct scene *scene, const char *script)
{
    struct text output;
    int pipe_ends[2], code;
    char bytes[4096];
    stage_write(&scene->stage, "script", script);
    char *path = stage_path(&scene->stage, "script");
    assert_int_equal(pipe(pipe_ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(pipe_ends[1], STDOUT_FILENO);
        close(pipe_ends[0]);
        execl("/bin/sh", "sh", path, (char *)NULL);
        _exit(127);
    }
    close(pipe_ends[1]);
    text_init(&output, 0);
    for (ssize_t got; (got = read(pipe_ends[0], bytes, sizeof bytes)) > 0;)
        text_append(&output, bytes, (size_t)got);
    close(pipe_ends[0]);
    assert_int_equal(waitpid(child, &code, 0), child);
    if (code != 0)
        fprintf(stderr, "%s", script);
    assert_int_equal(code, 0);
    free(path);
    return text_take(&output);
}

/* Places where a value may stand; each prints it with '<' before and '>' behind. */
static const char *const places[] = {
    "x={experiment.v}\nprintf '<%s>' \"$x\"\n",
    "x=\"{experiment.v}\"\nprintf '<%s>' \"$x\"\n",
    "x='{experiment.v}'\nprintf '<%s>' \"$x\"\n",
    "printf '<%s>' {experiment.v}\n",
    "printf '<%s>' \"$(printf %s \"{experiment.v}\")\"\n",
    "printf '<%s>' \"$(printf %s '{experiment.v}')\"\n",
    "# it's {experiment.v}\nprintf '<%s>' {experiment.v}\n",
    "printf '<'\ncat <<EOF # it's\n{experiment.v}>\nEOF\n",
    "printf '<'\ncat <<-'E F'\n\tit's $(x \"\n{experiment.v}>\n\tE F\n",
    "printf '<%s>' \"\n{experiment.v}\"\n",
    ": $((1 << 2)) ${x:-'}'} \\'\nprintf '<%s>' {experiment.v}\n",
};

static const char *const values[] = {"a b", "x;printf evil", "$(printf evil)", "`printf evil`", "it's", "say \"evil\"",
    "a\\b\\", "$HOME", "*", "a&b|c>d<e", "(x)", "#x", "~", "!x", "x y'; printf evil; '\"; printf evil; \""};

/* What a value is when a shell has read it; a here-document cannot hold it otherwise. */
static void test_values_are_text_to_a_shell(void **state)
{
    (void)state;
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        struct scene scene;
        struct text yaml;
        text_init(&yaml, 0);
        text_append_string(&yaml, "experiment: {v: [");
        configuration_append_quoted(&yaml, values[v]);
        text_append_string(&yaml, "]}");
        open_scene(&scene, yaml.data);
        scene.substitution.shell = true;
        for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
            char *script = expand(&scene, places[p], STATUS_OK), *output = run(&scene, script);
            char *shown = memory_format("%s>", values[v]), *found = strstr(output, shown);
            if (*output != '<' || !found || strstr(found + 1, values[v]))
                fprintf(stderr, "place %zu value %zu: %s\n%s\n", p, v, script, output);
            assert_int_equal(*output, '<');
            assert_non_null(found);
            free(shown);
            free(script);
            free(output);
        }
        close_scene(&scene);
        text_release(&yaml);
    }
}

static void check_shell(const char *value, const char *template, const char *expected)
{
    struct scene scene;
    struct text yaml;
    text_init(&yaml, 0);
    text_append_string(&yaml, "run: {cmd: 'a; b {experiment.v}', x: 1}\nexperiment: {v: [");
    configuration_append_quoted(&yaml, value);
    text_append_string(&yaml, "]}");
    open_scene(&scene, yaml.data);
    scene.substitution.shell = true;
    check(&scene, template, expected);
    close_scene(&scene);
    text_release(&yaml);
}

static void test_quoting(void **state)
{
    (void)state;
    check_shell("0.1", "x={experiment.v} \"{experiment.v}\" '{experiment.v}'", "x=0.1 \"0.1\" '0.1'");
    check_shell("a\nrm x", "#SBATCH --job-name={experiment.v}\n", "#SBATCH --job-name=a rm x\n");
    check_shell("a\nEOF\nrm x", "cat <<EOF\n{experiment.v}\nEOF\n", "cat <<EOF\na EOF rm x\nEOF\n");
    check_shell("p q", "{run.cmd}", "a; b 'p q'");
    check_shell("p;q", "\\{experiment.v} `echo {experiment.v}` ${experiment.v}", "\\p-q `echo p-q` $p-q");
    check_shell("", "x={experiment.v}", "x=''");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_words_stand_for), cmocka_unit_test(test_what_stays),
        cmocka_unit_test(test_bare_names), cmocka_unit_test(test_comments_are_dropped),
        cmocka_unit_test(test_circles_are_told), cmocka_unit_test(test_strict),
        cmocka_unit_test(test_no_end_is_an_error), cmocka_unit_test(test_values_are_text_to_a_shell),
        cmocka_unit_test(test_quoting)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
