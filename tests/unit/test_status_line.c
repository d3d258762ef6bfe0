/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/model/status_line.h"

static bool add(struct report *report, const char *line)
{
    return report_add_line(report, line, strlen(line), false);
}

/* One line into an empty report; a NULL status means that the line is none. metrics are joined by blanks. */
struct row {
    const char *line, *status;
    double progress;
    const char *message, *metrics;
};

static const struct row rows[] = {
    {"# cloudmesh status=running progress=30 pid=4711", "running", 30, "", ""},
    {"# cloudmesh status=running progress=30 time='2026-11-20 21:03:02' msg='epoch 3' accuracy=0.91", "running", 30,
        "epoch 3", "accuracy=0.91"},
    {"2026 INFO x: # cloudmesh progress=5 status=done", "done", 5, "", ""},
    {"# cloudmesh msg=\"it's\" status='my word'", "my word", -1, "it's", ""},
    {"# cloudmesh\tstatus=done", NULL, -1, "", ""},
    {"# cloudmesh status=failed\r", "failed", -1, "", ""},
    {"# cloudmesh status=running progress=-5", "running", 0, "", ""},
    {"# cloudmesh status=running progress=1e3", "running", 100, "", ""},
    {"# cloudmesh status=running progress=2.5e1", "running", 25, "", ""},
    {"# cloudmesh status=running progress=.5", "running", 0.5, "", ""},
    {"# cloudmesh status=running progress=nan", "running", -1, "", ""},
    {"# cloudmesh status=running progress=inf", "running", -1, "", ""},
    {"# cloudmesh status=running progress=0x20", "running", -1, "", ""},
    {"# cloudmesh status=running progress=3%", "running", -1, "", ""},
    {"# cloudmesh status=running progress=", "running", -1, "", ""},
    {"# cloudmesh status=running progress=1e", "running", -1, "", ""},
    {"# cloudmesh status=running and then some words loss=0.5", "running", -1, "", "loss=0.5"},
    {"# cloudmesh status=running 9lives=1 =x a==b", "running", -1, "", "a==b"},
    {"# cloudmesh status=running val/loss@1=0.5 empty=", "running", -1, "", "val/loss@1=0.5 empty="},
    {"# cloudmesh status=running msg='never closed loss=0.5", "running", -1, "", ""},
    {"# cloudmesh status=running status=done", "done", -1, "", ""},
    {"# cloudmesh", NULL, -1, "", ""},
    {"# cloudmesh ", NULL, -1, "", ""},
    {"# cloudmesh is a fine thing", NULL, -1, "", ""},
    {"# cloudmesh progress=nan", NULL, -1, "", ""},
    {"# cloudmesh status=", NULL, -1, "", ""},
    {"# cloudmeshstatus=done", NULL, -1, "", ""},
    {" status=done", NULL, -1, "", ""},
    {"", NULL, -1, "", ""},
};

static void join_metrics(const struct report *report, char *buffer, size_t size)
{
    buffer[0] = '\0';
    for (size_t i = 0; i < report->metrics.count; i++) {
        size_t used = strlen(buffer);
        snprintf(buffer + used, size - used, "%s%s=%s", i ? " " : "", report->metrics.items[i].key,
            report->metrics.items[i].value);
    }
}

static void test_lines(void **state)
{
    (void)state;
    char metrics[512];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct report report;
        report_init(&report);
        assert_int_equal(add(&report, rows[i].line), rows[i].status != NULL);
        assert_int_equal(report.any, rows[i].status != NULL);
        assert_string_equal(report.status ? report.status : "", rows[i].status ? rows[i].status : "");
        assert_float_equal(report.progress, rows[i].progress, 1e-9);
        assert_string_equal(report.message ? report.message : "", rows[i].message);
        join_metrics(&report, metrics, sizeof metrics);
        assert_string_equal(metrics, rows[i].metrics);
        report_release(&report);
    }
}

static void test_the_last_line_wins_and_metrics_merge(void **state)
{
    (void)state;
    struct report report, copy;
    report_init(&report);
    assert_true(add(&report, "# cloudmesh status=running progress=30 pid=7 host=red loss=0.9 epoch=1"));
    assert_true(add(&report, "# cloudmesh status=done loss=0.5 time=now"));
    assert_false(add(&report, "status=failed"));
    assert_string_equal(report.status, "done");
    assert_float_equal(report.progress, 30, 0);
    assert_string_equal(report.pid, "7");
    assert_string_equal(report.host, "red");
    assert_string_equal(report.time, "now");
    assert_string_equal(attributes_get(&report.metrics, "loss"), "0.5");
    assert_string_equal(attributes_get(&report.metrics, "epoch"), "1");
    assert_int_equal(report.metrics.count, 2);
    report_copy(&copy, &report);
    assert_true(report_equal(&copy, &report));
    assert_true(add(&copy, "# cloudmesh host=blue"));
    assert_false(report_equal(&copy, &report));
    report_release(&copy);
    report_release(&report);
}

static void test_continuation(void **state)
{
    (void)state;
    static const char line[] = " time='2026-11-20 21:03:02' loss=0.5";
    struct report report;
    report_init(&report);
    assert_false(report_add_line(&report, line, strlen(line), false));
    assert_true(report_add_line(&report, line, strlen(line), true));
    assert_string_equal(report.time, "2026-11-20 21:03:02");
    assert_string_equal(attributes_get(&report.metrics, "loss"), "0.5");
    static const char *const none[] = {"loss=0.4", " loss=0.4 and more", " and loss=0.4", "", "  ", " loss='0.4"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(report_add_line(&report, none[i], strlen(none[i]), true));
    assert_string_equal(attributes_get(&report.metrics, "loss"), "0.5");
    report_release(&report);
}

static void test_mllog(void **state)
{
    (void)state;
    char metrics[512];
    static const struct {
        const char *line, *metrics;
    } lines[] = {
        {"1: :::MLLOG {\"namespace\": \"\", \"key\": \"eval_accuracy\", \"value\": 0.91, \"metadata\": "
         "{\"epoch_num\": 3}} x",
            "eval_accuracy=0.91 epoch_num=3"},
        {":::MLLOG {\"key\": \"seed\", \"value\": 12, \"epoch_num\": 1.5}", "seed=12 epoch_num=1.5"},
        {":::MLLOG {\"key\": \"benchmark\", \"value\": \"cloud mask\"}", "benchmark=cloud mask"},
        {":::MLLOG {\"key\": \"stats\", \"value\": {\"a\": [1, true]}}", "stats={\"a\":[1,true]}"},
        {":::MLLOG {\"key\": \"run_start\", \"value\": null, \"metadata\": null}", ""},
        {":::MLLOG {\"key\": \"a b\", \"value\": 1}", ""},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct report report;
        report_init(&report);
        assert_true(add(&report, lines[i].line));
        assert_false(report.any);
        join_metrics(&report, metrics, sizeof metrics);
        assert_string_equal(metrics, lines[i].metrics);
        report_release(&report);
    }
    static const char *const none[] = {":::MLLOG", ":::MLLOG {", ":::MLLOG [1]", ":::MLLOG {\"value\": 1}",
        ":::MLLOG {\"key\": 3, \"value\": 1}", ":::MLLOG {\"key\": \"a\", \"value\": nan}",
        ":::MLLOG {\"key\": \"\xff\", \"value\": 1}", ":::MLLOG {\"key\": \"a\", \"value\": 1e999}"};
    struct report report;
    report_init(&report);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(add(&report, none[i]));
    assert_int_equal(report.metrics.count, 0);
    report_release(&report);
}

static void test_hostile_bytes_are_data(void **state)
{
    (void)state;
    struct report report;
    report_init(&report);
    static const char line[] = "\0\xff# cloudmesh status=run\0ning msg='\x1b[31m\xc3' host=\xf0\x9f\x92";
    assert_true(report_add_line(&report, line, sizeof line - 1, false));
    assert_string_equal(report.status, "run\xef\xbf\xbdning");
    assert_string_equal(report.message, "\x1b[31m\xef\xbf\xbd");
    assert_string_equal(report.host, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    report_release(&report);
}

static void test_caps(void **state)
{
    (void)state;
    struct report report;
    char *line = malloc(10000000), key[80] = "# cloudmesh ";
    report_init(&report);
    for (unsigned i = 0; i < 2 * REPORT_METRIC_LIMIT; i++) {
        snprintf(key, sizeof key, "# cloudmesh m%u=1", i);
        assert_true(add(&report, key));
    }
    assert_int_equal(report.metrics.count, REPORT_METRIC_LIMIT);
    assert_true(add(&report, "# cloudmesh m3=2"));
    assert_string_equal(attributes_get(&report.metrics, "m3"), "2");
    report_set_metric(&report, "not a name", "1");
    assert_null(attributes_get(&report.metrics, "not a name"));
    memset(line, 'x', 10000000);
    memcpy(line, "# cloudmesh status=done msg=", 28);
    memcpy(line + 9000000, " loss=1", 7);
    assert_true(report_add_line(&report, line, 10000000, false));
    assert_int_equal(strlen(report.message), STATUS_LINE_LIMIT - 28);
    memset(line, 'x', 28);
    memcpy(line + STATUS_LINE_LIMIT - 5, "# cloudmesh status=failed", 25);
    assert_false(report_add_line(&report, line, 10000000, false));
    free(line);
    report_release(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_the_last_line_wins_and_metrics_merge),
        cmocka_unit_test(test_continuation),
        cmocka_unit_test(test_mllog),
        cmocka_unit_test(test_hostile_bytes_are_data),
        cmocka_unit_test(test_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
