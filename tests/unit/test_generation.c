/* SPDX-License-Identifier: Apache-2.0 */
/* Directories of sweeps: what is written, what is left alone, and that a file is there whole or not at all. */
#include <setjmp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "dagtop/load/workflow_file.h"
#include "dagtop/sweep/generation.h"
#include "sweep_stage.h"

struct scene {
    struct stage stage;
    struct settings settings;
    struct generation_options options;
    struct generation_report report;
    char *output, *template_path;
};

static int open_scene(void **state)
{
    static struct scene scene;
    umask(022);
    stage_open(&scene.stage);
    settings_init(&scene.settings);
    generation_report_init(&scene.report);
    scene.output = stage_path(&scene.stage, "out");
    scene.template_path = stage_path(&scene.stage, "job.in.sh");
    stage_write(&scene.stage, "job.in.sh", "#!/bin/sh\n## gone\necho {experiment.epoch} {data.x}\n");
    chmod(scene.template_path, 0750);
    scene.options = (struct generation_options){.settings = &scene.settings,
        .output = scene.output,
        .template_path = scene.template_path,
        .all_environment = true};
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    generation_report_release(&scene->report);
    settings_release(&scene->settings);
    name_list_release(&scene->options.copies);
    name_list_release(&scene->options.environment);
    free(scene->output);
    free(scene->template_path);
    stage_close(&scene->stage);
    return 0;
}

/* Generates from a configuration that replaces the one before. */
static enum status generate(struct scene *scene, const char *yaml)
{
    struct generation *generation;
    configuration_release(&scene->stage.configuration);
    configuration_init(&scene->stage.configuration);
    generation_report_release(&scene->report);
    generation_report_init(&scene->report);
    assert_int_equal(stage_configure(&scene->stage, "sweep.yaml", yaml), STATUS_OK);
    enum status status =
        generation_new(&generation, &scene->stage.configuration, &scene->options, &scene->stage.errors);
    if (status == STATUS_OK)
        status = generation_write(generation, &scene->report, &scene->stage.errors);
    generation_free(generation);
    return status;
}

static void check_file(const struct scene *scene, const char *name, const char *expected)
{
    char *content = stage_read(&scene->stage, name);
    assert_non_null(content);
    assert_string_equal(content, expected);
    free(content);
}

static void check_beginning(const char *content, const char *expected)
{
    char *beginning =
        memory_copy_span(content, strlen(content) < strlen(expected) ? strlen(content) : strlen(expected));
    assert_string_equal(beginning, expected);
    free(beginning);
}

static void check_report(const struct scene *scene, size_t created, size_t changed, size_t unchanged, size_t kept)
{
    assert_int_equal(scene->report.created, created);
    assert_int_equal(scene->report.changed, changed);
    assert_int_equal(scene->report.unchanged, unchanged);
    assert_int_equal(scene->report.kept.count, kept);
}

static const char simple[] = "experiment: {epoch: '1,2'}\ndata: {x: '{experiment.epoch}-y', z: [1, {a: b}]}\n";

static void test_what_is_written(void **state)
{
    struct scene *scene = *state;
    struct stat info;
    stage_write(&scene->stage, "code/deep/a.txt", "A");
    char *code = stage_path(&scene->stage, "code"), *script = stage_path(&scene->stage, "out/epoch_2/job.sh");
    name_list_add(&scene->options.copies, code);
    assert_int_equal(generate(scene, simple), STATUS_OK);
    check_report(scene, 10, 0, 0, 0);
    check_file(scene, "out/configuration/configuration.yaml",
        "experiment:\n  epoch: \"1,2\"\ndata:\n  x: \"{experiment.epoch}-y\"\n  z:\n    - 1\n    -\n      a: b\n");
    check_file(scene, "out/epoch_2/job.sh", "#!/bin/sh\necho 2 2-y\n");
    check_file(scene, "out/epoch_2/code/deep/a.txt", "A");
    assert_int_equal(stat(script, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0750);
    char *config = stage_read(&scene->stage, "out/epoch_1/config.yaml");
    check_beginning(config, "experiment:\n  epoch: \"1\"\ndata:\n  x: 1-y\n  z:\n    - 1\n    -\n      a: b\nee:\n");
    free(config);
    free(code);
    free(script);
}

static struct workflow *load(struct scene *scene)
{
    struct workflow *workflow;
    struct error_list warnings;
    char *path = stage_path(&scene->stage, "out/workflow.yaml");
    error_list_init(&warnings);
    enum status status = workflow_file_load(path, NULL, &workflow, &scene->stage.errors, &warnings);
    for (unsigned i = 0; i < scene->stage.errors.count; i++)
        fprintf(stderr, "%s\n", scene->stage.errors.errors[i].message);
    for (unsigned i = 0; i < warnings.count; i++)
        fprintf(stderr, "%s\n", warnings.errors[i].message);
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(warnings.count, 0);
    error_list_release(&warnings);
    free(path);
    return workflow;
}

static void test_the_workflow_loads(void **state)
{
    struct scene *scene = *state;
    size_t node;
    stage_write(&scene->stage, "prep.sh", "exit 0\n");
    stage_write(&scene->stage, "data.txt", "x");
    assert_int_equal(
        generate(scene, "experiment: {epoch: '1,2,3', lr: ['a, b', \"x: [\"]}\ndata: {x: 5}\nprogress: no\n"
                        "sweep:\n  name: mine\n  hosts: [one, two]\n  sequential: true\n"
                        "  node: {timeout: 5m, label: 'e {experiment.epoch} {progress}'}\n"
                        "  before: {prep: {script: prep.sh, files: [data.txt], env: {X: '{data.x}'}}, ready: }\n"
                        "  after: {end: {exec: 'echo {data.x}'}}\n"),
        STATUS_OK);
    struct workflow *workflow = load(scene);
    assert_string_equal(workflow->name, "mine");
    assert_int_equal(workflow->node_count, 9);
    assert_true(workflow_find(workflow, "epoch_2_lr_x:--", &node));
    const struct node *found = &workflow->nodes[node];
    assert_string_equal(attributes_get(&found->sweep, "lr"), "x: [");
    assert_string_equal(attributes_get(&found->sweep, "epoch"), "2");
    assert_int_equal(found->kind, NODE_KIND_SSH);
    assert_string_equal(found->host, "two");
    assert_string_equal(found->label, "e 2 {progress}");
    assert_int_equal(found->timeout, 300000);
    assert_int_equal(found->parent_count, 2); /* ready, and the one before it on its host */
    assert_false(found->script_missing);
    assert_true(workflow_find(workflow, "prep", &node));
    assert_string_equal(attributes_get(&workflow->nodes[node].env, "X"), "5");
    assert_string_equal(workflow->nodes[node].files[0], "prep/./data.txt");
    assert_true(workflow_find(workflow, "end", &node));
    assert_int_equal(workflow->nodes[node].parent_count, 6);
    assert_string_equal(workflow->nodes[node].exec, "echo 5");
    workflow_free(workflow);
}

static void test_arrays_are_slurm(void **state)
{
    struct scene *scene = *state;
    scene->options.array = true;
    assert_int_equal(generate(scene, "experiment: {epoch: '[1-3]'}\nsweep: {host: cluster}"), STATUS_OK);
    struct workflow *workflow = load(scene);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(workflow->nodes[i].kind, NODE_KIND_SLURM);
        assert_string_equal(workflow->nodes[i].array, "sweep");
    }
    workflow_free(workflow);
    scene->options.array = false;
    assert_int_equal(
        generate(scene, "experiment: {epoch: 1}\nsweep: {kind: ssh, host: a, array: true}"), STATUS_INVALID);
    assert_int_equal(generate(scene, "experiment: {epoch: 1}\nsweep: {array: true, sequential: true}"), STATUS_INVALID);
    assert_int_equal(generate(scene, "experiment: {epoch: 1}\nsweep: {array: 5}"), STATUS_INVALID);
}

static void test_capacity_is_shared(void **state)
{
    struct scene *scene = *state;
    size_t many = 0;
    memory_grow(&scene->settings.hosts, &scene->settings.host_capacity, 1, sizeof *scene->settings.hosts);
    scene->settings.hosts[0] = (struct host_settings){.name = memory_copy_text("big"), .jobs = 3};
    scene->settings.host_count = 1;
    assert_int_equal(
        generate(scene, "experiment: {epoch: '[1-8]'}\nsweep: {hosts: [big, small], spread: capacity}"), STATUS_OK);
    struct workflow *workflow = load(scene);
    for (size_t i = 0; i < 8; i++)
        many += strcmp(workflow->nodes[i].host, "big") == 0;
    assert_int_equal(many, 6);
    workflow_free(workflow);
}

static void test_again_changes_nothing(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(generate(scene, simple), STATUS_OK);
    assert_int_equal(generate(scene, simple), STATUS_OK);
    check_report(scene, 0, 0, 8, 0);
    /* A new value changes what it is in, and leaves the rest. */
    assert_int_equal(generate(scene, "experiment: {epoch: '1,2'}\ndata: {x: new}\n"), STATUS_OK);
    check_report(scene, 0, 5, 3, 0);
    check_file(scene, "out/epoch_2/job.sh", "#!/bin/sh\necho 2 new\n");
}

static void test_others_files_are_kept(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(generate(scene, simple), STATUS_OK);
    stage_write(&scene->stage, "out/epoch_1/job.sh", "mine\n");
    stage_write(&scene->stage, "out/epoch_1/results.json", "{}");
    stage_write(&scene->stage, "out/epoch_3/config.yaml", "a job wrote this\n");
    assert_int_equal(generate(scene, "experiment: {epoch: '1,3'}\ndata: {x: new}\n"), STATUS_OK);
    assert_int_equal(scene->report.kept.count, 2);
    assert_string_equal(scene->report.kept.names[0], "epoch_1/job.sh");
    assert_string_equal(scene->report.kept.names[1], "epoch_3/config.yaml");
    assert_int_equal(scene->report.left, 2);
    check_file(scene, "out/epoch_1/job.sh", "mine\n");
    check_file(scene, "out/epoch_1/results.json", "{}");
    check_file(scene, "out/epoch_3/config.yaml", "a job wrote this\n");
    check_file(scene, "out/epoch_2/job.sh", "#!/bin/sh\necho 2 2-y\n");
    /* What belonged to a permutation of earlier is known again. */
    assert_int_equal(generate(scene, "experiment: {epoch: '2'}\ndata: {x: other}\n"), STATUS_OK);
    assert_int_equal(scene->report.kept.count, 0);
    check_file(scene, "out/epoch_2/job.sh", "#!/bin/sh\necho 2 other\n");
}

/* What a killed program and a machine without power leave behind is replaced. */
static void test_remains_are_replaced(void **state)
{
    struct scene *scene = *state;
    stage_write(&scene->stage, "out/epoch_1/.dagtop-new", "half of");
    stage_write(&scene->stage, "out/epoch_1/job.sh", "");
    assert_int_equal(generate(scene, simple), STATUS_OK);
    assert_int_equal(scene->report.kept.count, 0);
    check_file(scene, "out/epoch_1/job.sh", "#!/bin/sh\necho 1 1-y\n");
    char *left = stage_read(&scene->stage, "out/epoch_1/.dagtop-new");
    assert_null(left);
}

/* A configuration and a template as they are written for cloudmesh-ee. */
static void test_files_of_cloudmesh(void **state)
{
    struct scene *scene = *state;
    stage_write(&scene->stage, "cloudmask.in.slurm",
        "#!/bin/bash\n## a comment\n#SBATCH --job-name={application.name}-{experiment.repeat}\n{slurm.sbatch}\n"
        "PROJECT_DATA=\"{run.filesystem}/{data.local}\"\nnvidia-smi | awk '{print $1}' ${BRANCH:-main}\n"
        "python cloudmask.py --config config.yaml > output-{experiment.card_name}.log 2>&1\n");
    stage_write(
        &scene->stage, "rivanna.yaml", "rivanna:\n  a100: {gres: 'gpu:a100:1', partition: bii-gpu, account: bii}\n");
    char *template = stage_path(&scene->stage, "cloudmask.in.slurm"), *site = stage_path(&scene->stage, "rivanna.yaml");
    scene->options.template_path = template;
    scene->options.site_path = site;
    assert_int_equal(
        generate(scene,
            "application: {name: cloudmask}\ndata: {local: '{application.name}-data'}\n"
            "run: {filesystem: /project}\nsystem: {host: rivanna}\n"
            "experiment:\n  card_name: \"a100\"\n  gpu_count: \"1\"\n  cpu_num: \"6\"\n  mem: \"64GB\"\n"
            "  repeat: \"[1-2]\"\n  epoch: \"1,30\"\n  seed: 1234\n  learning_rate: 0.001\n"
            "  batch_size: \"32\"\n  train_split: 0.8\n  clear_threshold: 0.5\n  early_stoppage: \"False\"\n"
            "  early_stoppage_patience: \"25\"\n  writefile: False\n"),
        STATUS_OK);
    char *id = memory_copy_text(
        "card_name_a100_gpu_count_1_cpu_num_6_mem_64GB_repeat_2_epoch_30_seed_1234_learning_rate_0.001_"
        "batch_size_32_train_split_0.8_clear_threshold_0.5_early_stoppage_False_"
        "early_stoppage_patience_25_writefile_False");
    assert_in_range(strlen(id), 190, 240);
    char *script = memory_format("out/%s/cloudmask.slurm", id);
    check_file(scene, script,
        "#!/bin/bash\n#SBATCH --job-name=cloudmask-2\n#SBATCH --gres=gpu:a100:1\n#SBATCH --partition=bii-gpu\n"
        "#SBATCH --account=bii\nPROJECT_DATA=\"/project/cloudmask-data\"\nnvidia-smi | awk '{print $1}' "
        "${BRANCH:-main}\n"
        "python cloudmask.py --config config.yaml > output-a100.log 2>&1\n");
    free(script);
    free(id);
    free(template);
    free(site);
}

static void check_refused(void **state, const char *yaml, const char *message)
{
    struct scene *scene = *state;
    assert_int_not_equal(generate(scene, yaml), STATUS_OK);
    assert_true(stage_complains(&scene->stage, message));
    char *workflow = stage_read(&scene->stage, "out/workflow.yaml");
    assert_null(workflow);
    close_scene(state);
    open_scene(state);
}

static void test_mistakes(void **state)
{
    struct scene *scene = *state;
    check_refused(state, "experiment: {a: [x/y, x-y]}", "two permutations have the identifier a_x-y: a=x/y and a=x-y");
    check_refused(state, "experiment: {a: '1,1'}", "two permutations have the identifier a_1");
    check_refused(
        state, "experiment: {a: 1}\nsweep: {host: x, nmae: 1}", "unknown key \"nmae\" in sweep, did you mean name?");
    check_refused(state, "experiment: {a: 1}\nsweep: {name: a/b}", "cannot be used");
    check_refused(state, "experiment: {a: 1}\nsweep: {kind: cloud}", "kind is not one of");
    check_refused(state, "experiment: {a: 1}\nsweep: {kind: lsf, array: true}",
        "but only Slurm takes permutations as job arrays");
    check_refused(state, "experiment: {a: 1}\nsweep: {before: {a_1: }}", "has the name of another");
    check_refused(state, "experiment: {a: 1}\nsweep: {before: {b: {script: none.sh}}}", "none.sh");
    check_refused(state, "experiment: {a: 1}\nsweep: {copy: [none]}", "cannot copy");
    check_refused(state, "experiment: {a: 1}\nsweep: {node: {script: x}}", "script cannot be given");
    check_refused(state, "experiment: {a: 1}\nd: {x: '{d.y}', y: '{d.x}'}", "d.y -> d.x -> d.y");
    scene->options.template_path = "/nowhere/job.sh";
    check_refused(state, "experiment: {a: 1}", "cannot read the template /nowhere/job.sh: No such file");
    scene->options.template_path = NULL;
    check_refused(state, "experiment: {a: 1}", "there is no template");
}

static void test_site_files(void **state)
{
    struct scene *scene = *state;
    stage_write(&scene->stage, "site.yaml",
        "green:\n  defaults: {account: '{cm.x}', time: \"1:00\"}\n"
        "  a100-x: {gres: 'gpu:{experiment.card_name}:1', partition: bii, exclusive: , comment: a b}\n");
    stage_write(&scene->stage, "job.in.sh", "#!/bin/sh\n{slurm.sbatch}\necho {experiment.card_name}\n");
    const char yaml[] = "experiment: {directive: a100-x}\nsystem: {host: green}\nsweep: {site: site.yaml}\n";
    attributes_set(&scene->settings.variables, "x", "project");
    assert_int_equal(generate(scene, yaml), STATUS_OK);
    check_file(scene, "out/directive_a100-x/job.sh",
        "#!/bin/sh\n#SBATCH --gres=gpu:a100:1\n#SBATCH --partition=bii\n#SBATCH --exclusive\n#SBATCH "
        "--comment=\"a b\"\n#SBATCH --account=project\n"
        "#SBATCH --time=1:00\necho a100\n");
    assert_int_equal(generate(scene, "experiment: {directive: v100}\nsystem: {host: green}\nsweep: {site: site.yaml}"),
        STATUS_INVALID);
    assert_true(stage_complains(&scene->stage, "no site file has the directive \"v100\""));
}

static void test_submissions(void **state)
{
    struct scene *scene = *state;
    struct generation *generation;
    struct text text, expected;
    assert_int_equal(
        stage_configure(&scene->stage, "c.yaml", "experiment: {epoch: 1, x: [\"a\\nb\"]}\nsweep: {kind: slurm}\n"),
        STATUS_OK);
    assert_int_equal(
        generation_new(&generation, &scene->stage.configuration, &scene->options, &scene->stage.errors), STATUS_OK);
    text_init(&text, 0);
    text_init(&expected, 0);
    generation_append_submission(generation, 0, &text);
    text_append_format(&expected, "(cd %s/epoch_1_x_a-b && sbatch job.sh)  # epoch=1 x=a b", scene->output);
    assert_string_equal(text.data, expected.data);
    text_release(&text);
    text_release(&expected);
    generation_free(generation);
}

/* A limit of the size of files stands for a full disk: writing fails in the middle of a file. */
static void test_full_disk_leaves_whole_files(void **state)
{
    struct scene *scene = *state;
    struct rlimit before, small;
    struct text template;
    text_init(&template, 0);
    text_append_string(&template, "#!/bin/sh\n: {experiment.epoch}\n");
    while (template.length < 20000)
        text_append_string(&template, "# another line of the script\n");
    stage_write(&scene->stage, "job.in.sh", template.data);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 10000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum status status = generate(scene, simple);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, STATUS_SYSTEM);
    char *script = stage_read(&scene->stage, "out/epoch_1/job.sh"),
         *config = stage_read(&scene->stage, "out/epoch_1/config.yaml");
    assert_null(script);
    assert_non_null(config);
    free(config);
    char *path = stage_path(&scene->stage, "out/epoch_1");
    assert_int_equal(rmdir(path), -1); /* only config.yaml lies there: */
    char *only = stage_path(&scene->stage, "out/epoch_1/config.yaml");
    assert_int_equal(unlink(only), 0);
    assert_int_equal(rmdir(path), 0);
    free(path);
    free(only);
    assert_int_equal(generate(scene, simple), STATUS_OK);
    assert_int_equal(scene->report.kept.count, 0);
    text_release(&template);
}

static void test_one_at_a_time(void **state)
{
    struct scene *scene = *state;
    int ready[2], end[2], code;
    char byte;
    assert_int_equal(generate(scene, simple), STATUS_OK);
    assert_int_equal(pipe(ready) | pipe(end), 0);
    pid_t child = fork();
    if (child == 0) {
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        char *path = stage_path(&scene->stage, "out/.dagtop/deposit.lock");
        int lock = open(path, O_RDWR);
        close(end[1]);
        if (lock >= 0 && fcntl(lock, F_SETLK, &whole) == 0 && write(ready[1], "x", 1) == 1)
            _exit(read(end[0], &byte, 1) == 0 ? 0 : 1);
        _exit(2);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    enum status status = generate(scene, simple);
    close(end[0]);
    close(end[1]);
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(status, STATUS_REFUSED);
    assert_true(stage_complains(&scene->stage, "another dagtop sweep"));
    assert_int_equal(generate(scene, simple), STATUS_OK);
    close(ready[0]);
    close(ready[1]);
}

static void test_flat_and_environment(void **state)
{
    struct scene *scene = *state;
    scene->options.flat = true;
    scene->options.all_environment = false;
    setenv("DAGTOP_TEST_NAME", "a value", 1);
    setenv("DAGTOP_TEST_OTHER", "secret", 1);
    name_list_add(&scene->options.environment, "DAGTOP_TEST_NAME");
    assert_int_equal(
        generate(scene, "experiment: {epoch: 1}\ndata: {x: {y: '{os.DAGTOP_TEST_NAME} {os.DAGTOP_TEST_OTHER}'}}\n"
                        "ee: {more: 1, uuid: no}\n"),
        STATUS_OK);
    char *config = stage_read(&scene->stage, "out/epoch_1/config.yaml"), *uuid = strstr(config, "ee.uuid: ");
    check_beginning(
        config, "experiment.epoch: 1\ndata.x.y: \"a value {os.DAGTOP_TEST_OTHER}\"\nee.identifier: epoch_1\n");
    assert_non_null(uuid);
    assert_string_equal(strchr(uuid, '\n'), "\nee.more: 1\nos.DAGTOP_TEST_NAME: \"a value\"\n");
    free(config);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {TEST(test_what_is_written), TEST(test_the_workflow_loads),
        TEST(test_arrays_are_slurm), TEST(test_again_changes_nothing), TEST(test_others_files_are_kept),
        TEST(test_capacity_is_shared), TEST(test_again_changes_nothing), TEST(test_others_files_are_kept),
        TEST(test_remains_are_replaced), TEST(test_files_of_cloudmesh), TEST(test_mistakes), TEST(test_site_files),
        TEST(test_submissions), TEST(test_full_disk_leaves_whole_files), TEST(test_one_at_a_time),
        TEST(test_flat_and_environment)};
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
