/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters and their permutations: values, order, zip, exclude, include, repeat, limits and identifiers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/sweep/parameter_space.h"
#include "sweep_stage.h"

struct scene {
    struct stage stage;
    struct parameter_space space;
};

static int open_scene(void **state)
{
    static struct scene scene;
    stage_open(&scene.stage);
    parameter_space_init(&scene.space);
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    parameter_space_release(&scene->space);
    stage_close(&scene->stage);
    return 0;
}

static enum status read_yaml(struct scene *scene, const char *yaml)
{
    assert_int_equal(stage_configure(&scene->stage, "c.yaml", yaml), STATUS_OK);
    return parameter_space_read(&scene->space, &scene->stage.configuration, &scene->stage.errors);
}

/* All permutations: "epoch=1 x=a" on a line each. */
static void check_permutations(struct scene *scene, const char *yaml, const char *expected)
{
    struct text text;
    text_init(&text, 0);
    assert_int_equal(read_yaml(scene, yaml), STATUS_OK);
    for (size_t i = 0; i < scene->space.permutation_count; i++) {
        parameter_space_describe(&scene->space, i, " ", &text);
        text_append_byte(&text, '\n');
    }
    assert_string_equal(text.data, expected);
    text_release(&text);
}

static void test_product_in_the_order_of_the_file(void **state)
{
    check_permutations(*state, "experiment:\n  b: \"1,2\"\n  a: [x, y]\n  c: 0.1\n",
        "b=1 a=x c=0.1\nb=1 a=y c=0.1\nb=2 a=x c=0.1\nb=2 a=y c=0.1\n");
}

static void test_values(void **state)
{
    struct scene *scene = *state;
    check_permutations(scene, "experiment: {h: \"a[01-03],b\"}", "h=a01\nh=a02\nh=a03\nh=b\n");
    close_scene(state), open_scene(state);
    check_permutations(scene, "experiment: {h: {range: [1, 10, 4]}}", "h=1\nh=5\nh=9\n");
    close_scene(state), open_scene(state);
    check_permutations(scene, "experiment: {h: {range: [0.1, 0.5, 0.2]}}", "h=0.1\nh=0.3\nh=0.5\n");
    close_scene(state), open_scene(state);
    check_permutations(scene, "experiment: {h: {range: [3, 1, -1]}}", "h=3\nh=2\nh=1\n");
    close_scene(state), open_scene(state);
    check_permutations(scene, "experiment: {h: {log: [1e-4, 1e-1, 4]}}", "h=0.0001\nh=0.001\nh=0.01\nh=0.1\n");
}

static void test_types_are_kept(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(
        read_yaml(scene, "experiment: {a: 0.1, b: False, c: \"1,2\", d: [1, \"1\", x], e: '5', f: 1e-4}"), STATUS_OK);
    const struct parameter *p = scene->space.parameters;
    assert_true(p[0].values[0].plain);
    assert_true(p[1].values[0].plain);
    assert_false(p[2].values[0].plain);
    assert_true(p[3].values[0].plain);
    assert_false(p[3].values[1].plain);
    assert_false(p[3].values[2].plain);
    assert_false(p[4].values[0].plain);
    assert_true(p[5].values[0].plain);
}

static void test_zip_moves_together(void **state)
{
    struct scene *scene = *state;
    check_permutations(scene, "experiment: {a: \"1,2\", b: \"x,y\", c: \"7,8\"}\nsweep: {zip: [[c, a]]}",
        "a=1 b=x c=7\na=1 b=y c=7\na=2 b=x c=8\na=2 b=y c=8\n");
    close_scene(state), open_scene(state);
    check_permutations(scene, "experiment: {a: \"1,2\", b: \"x,y\", c: \"7,8\"}\nsweep: {zip: [a, b, c]}",
        "a=1 b=x c=7\na=2 b=y c=8\n");
}

static void test_exclude_and_include(void **state)
{
    struct scene *scene = *state;
    check_permutations(scene,
        "experiment: {a: \"1,2,3\", b: [x, y]}\n"
        "sweep:\n  exclude: [{a: [1, 2], b: y}, {a: 3, b: x}]\n  include: [{a: 9, b: x}, {b: z, a: 1}]\n",
        "a=1 b=x\na=2 b=x\na=3 b=y\na=9 b=x\na=1 b=z\n");
    close_scene(state), open_scene(state);
    check_permutations(scene, "experiment: {a: \"1,2\"}\nsweep: {repeat: 2, exclude: [{a: 2}], include: [{a: 5}]}",
        "a=1 repeat=1\na=1 repeat=2\na=5 repeat=1\na=5 repeat=2\n");
}

static void test_repeat_of_cloudmesh_is_a_parameter(void **state)
{
    check_permutations(*state, "experiment: {a: x, repeat: \"1,2\"}", "a=x repeat=1\na=x repeat=2\n");
}

static void check_refused(void **state, const char *yaml, enum status status, const char *message)
{
    struct scene *scene = *state;
    assert_int_equal(read_yaml(scene, yaml), status);
    assert_true(stage_complains(&scene->stage, message));
    close_scene(state), open_scene(state);
}

static void test_mistakes(void **state)
{
    check_refused(state, "x: 1", STATUS_INVALID, "no parameter");
    check_refused(state, "experiment: {}", STATUS_INVALID, "no parameter");
    check_refused(state, "experiment: {a: []}", STATUS_INVALID, "empty list");
    check_refused(state, "experiment: {a: }", STATUS_INVALID, "empty");
    check_refused(state, "experiment: {a: ''}", STATUS_INVALID, "a name is missing");
    check_refused(state, "experiment: {a: [[1]]}", STATUS_INVALID, "no single value");
    check_refused(state, "experiment: {a: {b: 1}}", STATUS_INVALID, "is a map");
    check_refused(state, "experiment: {a: 'x[1-'}", STATUS_INVALID, "\"x[1-\"");
    check_refused(state, "experiment: {a: {range: [1, 2, 0]}}", STATUS_INVALID, "holds nothing");
    check_refused(state, "experiment: {a: {range: [2, 1]}}", STATUS_INVALID, "holds nothing");
    check_refused(state, "experiment: {a: {range: [1, nan]}}", STATUS_INVALID, "numbers");
    check_refused(state, "experiment: {a: {log: [0, 1, 3]}}", STATUS_INVALID, "above 0");
    check_refused(
        state, "experiment: {alpha: 1}\nsweep: {zip: [[alpha, alpa]]}", STATUS_INVALID, "did you mean alpha?");
    check_refused(state, "experiment: {a: '1,2', b: '1'}\nsweep: {zip: [[a, b]]}", STATUS_INVALID, "has 1 values");
    check_refused(state, "experiment: {a: 1, b: 1}\nsweep: {zip: [[a, b], [b, a]]}", STATUS_INVALID, "twice");
    check_refused(state, "experiment: {a: 1}\nsweep: {exclude: [{b: 1}]}", STATUS_INVALID, "no parameter");
    check_refused(state, "experiment: {a: 1}\nsweep: {exclude: [{a: 1}]}", STATUS_INVALID, "leaves no");
    check_refused(state, "experiment: {a: 1, b: 1}\nsweep: {include: [{a: 1}]}", STATUS_INVALID, "b is missing");
    check_refused(state, "experiment: {a: 1, repeat: 1}\nsweep: {repeat: 2}", STATUS_INVALID, "already");
    check_refused(state, "experiment: {a: 1}\nsweep: {repeat: 0}", STATUS_INVALID, "repeat");
}

static void test_counted_before_made(void **state)
{
    check_refused(state, "experiment: {a: '[1-1000]', b: '[1-1000]', c: '[1-1000]'}", STATUS_TOO_LARGE,
        "1000000000 permutations");
    check_refused(state, "experiment: {a: '[1-1000000000]'}", STATUS_INVALID, "1000000000 values");
    check_refused(state, "experiment: {a: 'x[1-9999]-[1-9999],y'}", STATUS_INVALID, "99980002 values");
    check_refused(state, "experiment: {a: {range: [1, 1e9]}}", STATUS_INVALID, "1000000000 values");
    check_refused(state, "experiment: {a: '[1-99999]', b: '[1-99999]', c: '[1-99999]', d: '[1-99999]', e: '[1-99999]'}",
        STATUS_TOO_LARGE, "over 18446744073709551615");
}

static void check_identifier(void **state, const char *yaml, size_t permutation, const char *expected)
{
    struct scene *scene = *state;
    struct text text;
    text_init(&text, 0);
    assert_int_equal(read_yaml(scene, yaml), STATUS_OK);
    parameter_space_identify(&scene->space, permutation, &text);
    assert_string_equal(text.data, expected);
    text_release(&text);
    close_scene(state), open_scene(state);
}

static void test_identifiers(void **state)
{
    check_identifier(state, "experiment: {epoch: '1,2', x: 1, card_name: a100}", 1, "epoch_2_x_1_card_name_a100");
    check_identifier(state, "experiment: {p: ['../a b;$(x)', 1]}", 0, "p_..-a-b---x-");
    check_identifier(state, "experiment: {-p: [\"\\n\"]}", 0, "_p_-");
    check_identifier(state, "experiment: {p: ['caf\xc3\xa9']}", 0, "p_caf\xc3\xa9");
}

static void test_long_identifiers(void **state)
{
    struct scene *scene = *state;
    struct text yaml, one, two;
    text_init(&yaml, 0), text_init(&one, 0), text_init(&two, 0);
    text_append_string(&yaml, "experiment: {same: '");
    for (int i = 0; i < 240; i++)
        text_append_byte(&yaml, 'x');
    text_append_string(&yaml, "', lr: '1,2'}");
    assert_int_equal(read_yaml(scene, yaml.data), STATUS_OK);
    parameter_space_identify(&scene->space, 0, &one);
    parameter_space_identify(&scene->space, 1, &two);
    assert_memory_equal(one.data, "lr_1_", 5);
    assert_memory_equal(two.data, "lr_2_", 5);
    assert_int_equal(one.length, 5 + 16);
    assert_string_not_equal(one.data + 5, two.data + 5);
    text_release(&yaml), text_release(&one), text_release(&two);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {TEST(test_product_in_the_order_of_the_file), TEST(test_values),
        TEST(test_types_are_kept), TEST(test_zip_moves_together), TEST(test_exclude_and_include),
        TEST(test_repeat_of_cloudmesh_is_a_parameter), TEST(test_mistakes), TEST(test_counted_before_made),
        TEST(test_identifiers), TEST(test_long_identifiers)};
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
