/* SPDX-License-Identifier: Apache-2.0 */
/* Results: rows that are merged, groups and their numbers, the best, and the files that they come from. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "dagtop/sweep/result_files.h"
#include "sweep_stage.h"

struct scene {
    struct stage stage;
    struct result_table table;
};

static int open_scene(void **state)
{
    static struct scene scene;
    stage_open(&scene.stage);
    result_table_init(&scene.table);
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    result_table_release(&scene->table);
    stage_close(&scene->stage);
    return 0;
}

static void add(struct scene *scene, const char *epoch, const char *repeat, enum node_state state, wall_time ended,
    const char *accuracy)
{
    struct result_row row = {.name = memory_copy_text("node"), .state = state, .ended = ended, .attempt = 1};
    attributes_set(&row.parameters, "epoch", epoch);
    attributes_set(&row.parameters, "repeat", repeat);
    if (accuracy)
        attributes_set(&row.metrics, "accuracy", accuracy);
    result_table_add(&scene->table, &row);
}

static void test_a_permutation_counts_once(void **state)
{
    struct scene *scene = *state;
    add(scene, "1", "1", STATE_FAILED, 5000, "0.1");
    add(scene, "1", "2", STATE_DONE, 3000, "0.2");
    add(scene, "1", "1", STATE_RUNNING, 0, "0.3");
    add(scene, "1", "2", STATE_FAILED, 9000, "0.4");
    add(scene, "1", "2", STATE_DONE, 4000, "0.5");
    assert_int_equal(scene->table.count, 2);
    assert_int_equal(scene->table.doubles, 3);
    assert_int_equal(scene->table.rows[0].state, STATE_RUNNING);
    assert_string_equal(attributes_get(&scene->table.rows[1].metrics, "accuracy"), "0.5");
    /* The order in which a file names parameters does not matter. */
    struct result_row row = {.name = memory_copy_text("x"), .state = STATE_DONE};
    attributes_set(&row.parameters, "repeat", "1");
    attributes_set(&row.parameters, "epoch", "1");
    result_table_add(&scene->table, &row);
    assert_int_equal(scene->table.count, 2);
    assert_int_equal(scene->table.parameters.count, 2);
}

static void test_groups(void **state)
{
    struct scene *scene = *state;
    struct result_groups groups;
    struct name_list by = {0};
    size_t best;
    add(scene, "1", "1", STATE_DONE, 1, "2");
    add(scene, "1", "2", STATE_DONE, 1, "4");
    add(scene, "1", "3", STATE_DONE, 1, "6");
    add(scene, "2", "1", STATE_DONE, 1, "9");
    add(scene, "2", "2", STATE_FAILED, 1, "1000");
    add(scene, "2", "3", STATE_DONE, 1, "no number");
    assert_true(result_table_without_repeat(&scene->table, &by));
    assert_int_equal(by.count, 1);
    result_groups_make(&groups, &scene->table, &by);
    assert_int_equal(groups.count, 2);
    assert_string_equal(attributes_get(&groups.groups[1].parameters, "epoch"), "2");
    const struct result_statistics *one = groups.groups[0].statistics, *two = groups.groups[1].statistics;
    assert_int_equal(one->count, 3);
    assert_true(fabs(one->mean - 4) < 1e-12 && fabs(one->deviation - 2) < 1e-12);
    assert_true(one->minimum == 2 && one->maximum == 6);
    assert_int_equal(groups.groups[1].rows, 3);
    assert_int_equal(groups.groups[1].done, 2);
    assert_int_equal(two->count, 1);
    assert_true(two->mean == 9 && two->deviation == 0);
    assert_true(result_groups_best(&groups, &scene->table, "accuracy", false, &best));
    assert_int_equal(best, 1);
    assert_true(result_groups_best(&groups, &scene->table, "accuracy", true, &best));
    assert_int_equal(best, 0);
    assert_true(result_table_best(&scene->table, "accuracy", false, &best));
    assert_int_equal(best, 3);
    assert_false(result_table_best(&scene->table, "nothing", false, &best));
    result_groups_release(&groups);
    name_list_release(&by);
}

static void test_which_way_is_better(void **state)
{
    (void)state;
    bool less;
    assert_string_equal(result_metric_name("accuracy", &less), "accuracy");
    assert_false(less);
    assert_string_equal(result_metric_name("val_loss", &less), "val_loss");
    assert_true(less);
    assert_string_equal(result_metric_name("+uptime", &less), "uptime");
    assert_false(less);
    assert_string_equal(result_metric_name("-score", &less), "score");
    assert_true(less);
}

static void test_numbers(void **state)
{
    (void)state;
    double number;
    assert_true(result_number("-1.5e3", &number) && number == -1500);
    assert_false(result_number("", &number) || result_number("nan", &number) || result_number("1x", &number) ||
                 result_number("0x10", &number) || result_number("1e999", &number) || result_number(NULL, &number));
}

/* What results.json or results.csv say of "a" and of "b.c". */
static void check_file(struct scene *scene, const char *name, const char *content, const char *a, const char *b)
{
    struct report report;
    char *trouble;
    stage_write(&scene->stage, name, content);
    report_init(&report);
    bool found = result_files_read(scene->stage.folder, &report, &trouble);
    assert_int_equal(found, a || b);
    assert_int_equal(trouble != NULL, !found);
    const char *first = attributes_get(&report.metrics, "a"), *second = attributes_get(&report.metrics, "b.c");
    assert_true(a ? first && strcmp(first, a) == 0 : !first);
    assert_true(b ? second && strcmp(second, b) == 0 : !second);
    report_release(&report);
    free(trouble);
    char *path = stage_path(&scene->stage, name);
    remove(path);
    free(path);
}

static void test_files_of_jobs(void **state)
{
    struct scene *scene = *state;
    struct report report;
    check_file(scene, "results.json", "{\"a\": 0.5, \"b\": {\"c\": \"x\", \"d\": [1]}}", "0.5", "x");
    check_file(scene, "results.json", "[1, 2]", NULL, NULL);
    check_file(scene, "results.json", "{broken", NULL, NULL);
    check_file(scene, "results.csv", "a,b.c\r\n1,2\r\n\"3,\"\"4\",5\r\n", "3,\"4", "5");
    check_file(scene, "results.csv", "a,b.c\n1,2", "1", "2");
    check_file(scene, "results.csv", "only names", NULL, NULL);
    report_init(&report);
    assert_false(result_files_read(scene->stage.folder, &report, NULL));
    stage_write(&scene->stage, "slurm-1.out", "x\n# cloudmesh status=running progress=30 a=1\n");
    stage_write(&scene->stage, "slurm-2.out", "# cloudmesh status=done progress=100 b=2\n");
    stage_write(&scene->stage, "notes.txt", "# cloudmesh status=failed\n");
    assert_true(result_files_read_logs(scene->stage.folder, &report));
    assert_string_equal(report.status, "done");
    assert_string_equal(attributes_get(&report.metrics, "a"), "1");
    assert_string_equal(attributes_get(&report.metrics, "b"), "2");
    report_release(&report);
}

static void test_tables_are_read_back(void **state)
{
    struct scene *scene = *state;
    stage_write(&scene->stage, "t.json",
        "{\"format\": 1, \"results\": [{\"name\": \"n\", \"state\": \"done\", \"parameters\": {\"epoch\": \"1\"}, "
        "\"attempt\": 3, \"started\": \"2026-11-20T21:03:02Z\", \"ended\": null, \"host\": \"far\", "
        "\"metrics\": {\"x\": 0.5}}]}");
    char *path = stage_path(&scene->stage, "t.json");
    assert_int_equal(result_files_add_table(&scene->table, path, &scene->stage.errors), STATUS_OK);
    const struct result_row *row = scene->table.rows;
    assert_int_equal(scene->table.count, 1);
    assert_int_equal(row->attempt, 3);
    assert_string_equal(row->host, "far");
    assert_string_equal(row->source, path);
    assert_true(row->started > 0 && row->ended == 0);
    stage_write(&scene->stage, "t.json", "{\"results\": [{\"name\": \"n\", \"state\": \"odd\"}]}");
    assert_int_equal(result_files_add_table(&scene->table, path, &scene->stage.errors), STATUS_INVALID);
    stage_write(&scene->stage, "t.json", "{}");
    assert_int_equal(result_files_add_table(&scene->table, path, &scene->stage.errors), STATUS_INVALID);
    assert_int_equal(result_files_add_table(&scene->table, "/nowhere/t.json", &scene->stage.errors), STATUS_INVALID);
    free(path);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {TEST(test_a_permutation_counts_once), TEST(test_groups),
        TEST(test_which_way_is_better), TEST(test_numbers), TEST(test_files_of_jobs), TEST(test_tables_are_read_back)};
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
