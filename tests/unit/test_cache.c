/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "engine_stage.h"
#include "fake_agent.h"

static const char workflow[] = "a b:a c:b d";

struct place {
    char folder[64];
    char *path; /* the cache file, once there is one */
};

static int set_up(void **state)
{
    struct place *place = memory_new(sizeof *place);
    snprintf(place->folder, sizeof place->folder, "/tmp/dagtop-cache-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    fake_host_reset();
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    DIR *folder = opendir(place->folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char *path = memory_format("%s/%s", place->folder, entry->d_name);
        unlink(path);
        free(path);
    }
    closedir(folder);
    assert_int_equal(rmdir(place->folder), 0);
    free(place->path);
    free(place);
    fake_host_reset();
    return 0;
}

static void find_cache(struct place *place)
{
    DIR *folder = opendir(place->folder);
    unsigned files = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        free(place->path);
        place->path = memory_format("%s/%s", place->folder, entry->d_name);
        files++;
    }
    closedir(folder);
    assert_int_equal(files, 1);
}

/* The records that a first engine sees and leaves in the cache. */
static void leave_a_cache(struct place *place)
{
    struct stage stage = {.options.cache_directory = place->folder};
    struct observation *record = &fake_host.records[0];
    struct attempt *attempt = observation_attempt(record, 1);
    attempt->decision = DECISION_RUN;
    attempt->exited = true;
    attempt->started = 1795302213000;
    attempt->parents = memory_copy_text("x%20=1");
    attempt->cause = memory_copy_text("");
    static const char line[] = "# cloudmesh status=done progress=100 loss=0.25 msg='a\tb%25'";
    assert_true(report_add_line(&record->report, line, strlen(line), false));
    attempt = observation_attempt(&fake_host.records[1], 3);
    attempt->decision = DECISION_RUN;
    attempt->exited = true;
    attempt->signal = 9;
    fake_host.records[3].held = true;
    stage_open(&stage, workflow);
    assert_string_equal(stage_states(&stage), "DFwh");
    stage_close(&stage);
    find_cache(place);
}

/* What an engine shows before any host has answered. */
static void open_unanswered(struct stage *stage, struct place *place)
{
    fake_host_reset();
    fake_host.refuses_connection = true;
    *stage = (struct stage){.options.cache_directory = place->folder};
    stage->loop = loop_new();
    stage->engine = engine_new(stage->loop, stage_workflow(workflow), &stage->options);
}

static void test_the_first_frame_comes_from_the_cache(void **state)
{
    struct stage stage;
    leave_a_cache(*state);
    open_unanswered(&stage, *state);
    assert_string_equal(stage_states(&stage), "DFwh");
    const struct snapshot *snapshot = engine_snapshot(stage.engine);
    assert_true(snapshot->views[0].from_cache);
    assert_int_equal(snapshot->views[0].started, 1795302213000);
    assert_int_equal(snapshot->views[1].attempt, 3);
    assert_string_equal(snapshot->views[1].reason, "signal 9 (KILL)");
    const struct observation *first = &snapshot->observations[0];
    assert_string_equal(attributes_get(&first->report.metrics, "loss"), "0.25");
    assert_string_equal(first->report.message, "a\tb%25");
    assert_string_equal(first->attempts[0].parents, "x%20=1");
    assert_string_equal(first->attempts[0].cause, "");
    assert_null(first->attempts[0].jobid);
    stage_close(&stage);
}

static void test_the_host_outranks_the_cache(void **state)
{
    struct place *place = *state;
    leave_a_cache(place);
    fake_host_reset();
    struct stage stage = {.options.cache_directory = place->folder};
    stage_open(&stage, workflow);
    assert_string_equal(stage_states(&stage), "rwwr");
    assert_false(engine_snapshot(stage.engine)->views[0].from_cache);
    stage_close(&stage);
}

static void test_nothing_is_started_on_the_cache_s_word(void **state)
{
    struct place *place = *state;
    leave_a_cache(place);
    struct stage stage;
    open_unanswered(&stage, place);
    engine_set_driving(stage.engine, true);
    for (int i = 0; i < 10; i++)
        loop_run_once(stage.loop, false);
    assert_string_equal(fake_host.log, "");
    stage_close(&stage);
}

static void test_the_cache_is_private(void **state)
{
    struct place *place = *state;
    struct stat info;
    leave_a_cache(place);
    assert_int_equal(stat(place->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void rewrite(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void check_is_ignored(struct place *place)
{
    struct stage stage;
    open_unanswered(&stage, place);
    assert_string_equal(stage_states(&stage), "rwwr");
    assert_false(engine_snapshot(stage.engine)->views[0].from_cache);
    stage_close(&stage);
}

static void test_a_useless_cache_is_ignored(void **state)
{
    struct place *place = *state;
    struct text text;
    struct error error;
    leave_a_cache(place);
    text_init(&text, 0);
    assert_int_equal(text_read_file(&text, place->path, &error), STATUS_OK);
    static const char *const others[] = {"", "\n", "dagtop-cache 2 x\nend\t0\n", "end\t0\n"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        rewrite(place->path, others[i], strlen(others[i]));
        check_is_ignored(place);
    }
    /* Cut anywhere, it is not whole. */
    for (size_t length = 0; length < text.length; length += 7) {
        rewrite(place->path, text.data, length);
        check_is_ignored(place);
    }
    /* A NUL byte, another set of nodes. */
    char kept = text.data[text.length / 2];
    text.data[text.length / 2] = '\0';
    rewrite(place->path, text.data, text.length);
    check_is_ignored(place);
    text.data[text.length / 2] = kept;
    text.data[16] = text.data[16] == '0' ? '1' : '0';
    rewrite(place->path, text.data, text.length);
    check_is_ignored(place);
    /* A symbolic link. */
    text.data[16] = text.data[16] == '0' ? '1' : '0';
    unlink(place->path);
    assert_int_equal(symlink("/dev/null", place->path), 0);
    check_is_ignored(place);
    text_release(&text);
}

/* Any damage inside: no crash, whatever is shown. */
static void test_damage_does_no_harm(void **state)
{
    struct place *place = *state;
    struct text text;
    struct error error;
    leave_a_cache(place);
    text_init(&text, 0);
    assert_int_equal(text_read_file(&text, place->path, &error), STATUS_OK);
    const char *body = strchr(text.data, '\n');
    for (char *at = text.data + (body - text.data) + 1; *at != '\0'; at++) {
        char kept = *at;
        *at = kept == '\t' ? '\n' : '\t';
        rewrite(place->path, text.data, text.length);
        struct stage stage;
        open_unanswered(&stage, place);
        assert_int_equal(strlen(stage_states(&stage)), 4);
        stage_close(&stage);
        *at = kept;
    }
    text_release(&text);
}

static void test_ten_thousand_nodes_load_quickly(void **state)
{
    struct place *place = *state;
    struct text text, description;
    text_init(&description, 0);
    for (int i = 0; i < 10000; i++)
        text_append_format(&description, "%sn%d", i > 0 ? " " : "", i);
    struct workflow *large = stage_workflow(description.data);
    char hash[17];
    workflow_node_set_hash(large, hash);
    workflow_free(large);
    text_init(&text, 0);
    text_append_format(&text, "dagtop-cache 1 %s\t-\n", hash);
    for (int i = 0; i < 10000; i++)
        text_append_format(&text,
            "node\t=n%d\t1795302213000\t0\t4\t1000\t100\t=done\t-\n"
            "attempt\t1\t1\t4711\t4\t0\t0\t1795302213000\t1795302213000\t1795302213000\t=1-2\t-\t=here\t-\t-\n"
            "metric\t=loss\t=0.%d\n",
            i, i);
    text_append_string(&text, "end\t10000\n");
    leave_a_cache(place);
    rewrite(place->path, text.data, text.length);
    fake_host_reset();
    fake_host.refuses_connection = true;
    struct stage stage = {.options.cache_directory = place->folder};
    large = stage_workflow(description.data);
    stage.loop = loop_new();
    int64_t begin = clock_monotonic();
    stage.engine = engine_new(stage.loop, large, &stage.options);
    int64_t took = clock_monotonic() - begin;
    assert_int_equal(engine_snapshot(stage.engine)->counts[STATE_DONE], 10000);
    /* Ten times what it takes here: only a wrong order of growth fails this. */
    assert_true(took < 1000);
    print_message("%d ms\n", (int)took);
    stage_close(&stage);
    text_release(&text);
    text_release(&description);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_first_frame_comes_from_the_cache, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_host_outranks_the_cache, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_is_started_on_the_cache_s_word, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_cache_is_private, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_useless_cache_is_ignored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damage_does_no_harm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ten_thousand_nodes_load_quickly, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
