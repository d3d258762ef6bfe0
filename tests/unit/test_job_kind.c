/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/job_kind.h"

enum { NODES_MOST = 8 };

struct job {
    const char *name, *script, *exec, *parameter;
    enum node_kind kind;
};

static void fill(const struct job *jobs, size_t count, uint32_t *kinds)
{
    struct workflow *workflow = workflow_new();
    size_t index;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(workflow_add_node(workflow, jobs[i].name, &index), STATUS_OK);
        struct node *node = &workflow->nodes[i];
        node->script = jobs[i].script ? memory_copy_text(jobs[i].script) : NULL;
        node->exec = jobs[i].exec ? memory_copy_text(jobs[i].exec) : NULL;
        node->work = jobs[i].script ? NODE_WORK_SCRIPT : jobs[i].exec ? NODE_WORK_COMMAND : NODE_WORK_MILESTONE;
        node->kind = jobs[i].kind;
        if (jobs[i].parameter)
            attributes_set(&node->sweep, jobs[i].parameter, "7");
    }
    job_kind_fill(workflow, kinds);
    workflow_free(workflow);
}

static void assert_kinds(const struct job *jobs, size_t count, const uint32_t *expected)
{
    uint32_t kinds[NODES_MOST];
    assert_in_range(count, 1, NODES_MOST);
    fill(jobs, count, kinds);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(kinds[i], expected[i]);
}

static void test_programs(void **state)
{
    static const struct job jobs[] = {{"a", NULL, "./train 0.1 1", NULL, NODE_KIND_LOCAL},
        {"b", NULL, "./train --rate 0.2", NULL, NODE_KIND_LOCAL}, {"c", NULL, "./test 0.1", NULL, NODE_KIND_LOCAL},
        {"d", NULL, "./train 3", NULL, NODE_KIND_SLURM}, {"e", NULL, "python -u fit.py 1", NULL, NODE_KIND_LOCAL},
        {"f", NULL, "SEED=3 python fit.py 2", NULL, NODE_KIND_LOCAL},
        {"g", NULL, "python other.py 2", NULL, NODE_KIND_LOCAL}, {"h", "train", NULL, NULL, NODE_KIND_LOCAL}};
    static const uint32_t expected[] = {0, 0, 2, 3, 4, 4, 6, 7};
    (void)state;
    assert_kinds(jobs, 8, expected);
}

static void test_scripts(void **state)
{
    static const struct job jobs[] = {{"a", "x/run.sh", NULL, NULL, NODE_KIND_LOCAL},
        {"b", "x/run.sh", NULL, NULL, NODE_KIND_LOCAL}, {"c", "y/run.sh", NULL, NULL, NODE_KIND_LOCAL}};
    static const uint32_t expected[] = {0, 0, 2};
    (void)state;
    assert_kinds(jobs, 3, expected);
}

static void test_sweeps(void **state)
{
    static const struct job jobs[] = {{"rate_low", "x/run.sh", NULL, "rate", NODE_KIND_LOCAL},
        {"rate_high", "y/run.sh", NULL, "rate", NODE_KIND_LOCAL},
        {"seed_high", "z/run.sh", NULL, "seed", NODE_KIND_LOCAL},
        {"rate_none", "y/other.sh", NULL, "rate", NODE_KIND_LOCAL}};
    static const uint32_t expected[] = {0, 0, 2, 3};
    (void)state;
    assert_kinds(jobs, 4, expected);
}

static void test_names(void **state)
{
    static const struct job jobs[] = {{"step-1", "x/one.sh", NULL, NULL, NODE_KIND_LOCAL},
        {"step-22", "y/two.sh", NULL, NULL, NODE_KIND_LOCAL}, {"step", "z.sh", NULL, NULL, NODE_KIND_LOCAL},
        {"step-3", NULL, NULL, NULL, NODE_KIND_LOCAL}, {"step-4", NULL, NULL, NULL, NODE_KIND_LOCAL},
        {"other", "y/two.sh", NULL, NULL, NODE_KIND_LOCAL}};
    static const uint32_t expected[] = {0, 0, 2, 3, 3, 0};
    (void)state;
    assert_kinds(jobs, 6, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_programs),
        cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_sweeps),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
