/* SPDX-License-Identifier: Apache-2.0 */
/* Commands for Slurm and LSF, and their answers. The rows of Slurm 22.05 were printed by one; '|' stands for the
 * separator. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "dagtop/batch/batch.h"
#include "dagtop/model/derive.h"

#define SEPARATOR "\037deadbeef"

static const struct batch_system *slurm, *lsf;

static int begin(void **state)
{
    (void)state;
    slurm = batch_system_of(NODE_KIND_SLURM);
    lsf = batch_system_of(NODE_KIND_LSF);
    return slurm && lsf ? 0 : 1;
}

/* The rows with their '|' replaced by what separates them. */
static char *with_separator(const char *first, const char *rows, const char *separator)
{
    struct text text;
    text_init(&text, 0);
    text_append_format(&text, "%s %s\n", first, SEPARATOR);
    for (const char *at = rows; *at; at++) {
        if (*at == '|')
            text_append_string(&text, separator);
        else
            text_append_byte(&text, *at);
    }
    return text_take(&text);
}

static void read_rows(const struct batch_system *system, const char *first, const char *rows, struct batch_list *list)
{
    char *answer = with_separator(first, rows, system == slurm ? SEPARATOR : "\037");
    struct error error = {0};
    batch_list_init(list);
    assert_int_equal(batch_read_list(system, answer, strlen(answer), list, &error), STATUS_OK);
    free(answer);
}

static const char queue_22_05[] =
    "6|N/A|FAILED|NonZeroExitCode|2026-11-21T00:14:16|2026-11-21T00:14:16|2026-11-21T00:14:16|0:00|365-00:00:00|vm|1|"
    "10M|debug|lab|normal|4294901755|0|(null)|/home/a|(null)\n"
    "2|3-6%2|PENDING|JobArrayTaskLimit|2026-11-21T00:14:16|N/A|N/A|0:00|UNLIMITED||1|10M|debug|lab|normal|4294901758|0|"
    "(null)|/home/a|(null)\n"
    "4|N/A|PENDING|Dependency|2026-11-21T00:14:16|2026-11-21T01:00:00|N/A|0:00|UNLIMITED||1|10M|debug|lab|normal|"
    "4294901757|0|afterok:1(unfulfilled)|/home/a|(null)\n"
    "1|N/A|RUNNING|None|2026-11-21T00:14:16|2026-11-21T00:14:26|2027-11-21T00:14:16|0:01|365-00:00:00|vm|1|10M|debug|"
    "lab|normal|4294901759|0|(null)|/home/a|dagtop:a \"b'/c|d/1/0123456789abcdef0123456789abcdef\n"
    "2|1|RUNNING|None|2026-11-21T00:14:16|2026-11-21T00:14:16|2027-11-21T00:14:16|0:01|365-00:00:00|vm|1|10M|debug|lab|"
    "normal|4294901758|0|(null)|/home/a|(null)\n"
    "CLUSTER: lab\n"
    "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n";

static void test_queue(void **state)
{
    (void)state;
    struct batch_list list;
    read_rows(slurm, "queue", queue_22_05, &list);
    assert_int_equal(list.count, 5);
    assert_string_equal(list.jobs[0].id, "6");
    assert_string_equal(list.jobs[0].state, "FAILED");
    assert_string_equal(list.jobs[0].reason, "NonZeroExitCode");
    assert_null(list.jobs[0].task);
    assert_string_equal(list.jobs[1].task, "3-6%2");
    assert_string_equal(attributes_get(&list.jobs[2].details, "dependency"), "afterok:1(unfulfilled)");
    assert_null(list.jobs[2].comment);
    assert_null(attributes_get(&list.jobs[2].details, "nodes"));
    assert_string_equal(batch_job_nonce(&list.jobs[3]), "0123456789abcdef0123456789abcdef");
    assert_null(batch_job_nonce(&list.jobs[2]));
    batch_list_release(&list);
}

static void test_cut_answers(void **state)
{
    (void)state;
    char *whole = with_separator("queue", queue_22_05, SEPARATOR);
    size_t length = strlen(whole);
    struct batch_list list;
    struct error error = {0};
    batch_list_init(&list);
    for (size_t cut = 0; cut < length; cut++) {
        bool at_line = cut > 0 && whole[cut - 1] == '\n';
        assert_int_equal(batch_read_list(slurm, whole, cut, &list, &error), at_line ? STATUS_OK : STATUS_PROTOCOL);
    }
    assert_int_equal(batch_read_list(slurm, "1|2\n", 4, &list, &error), STATUS_PROTOCOL);
    batch_list_release(&list);
    free(whole);
}

static void test_fold(void **state)
{
    (void)state;
    struct batch_list list;
    struct batch_observation batch = {0};
    read_rows(slurm, "queue", queue_22_05, &list);
    batch_fold(&list, "1", 5, &batch);
    assert_true(batch.known);
    assert_string_equal(batch.state, "RUNNING");
    assert_string_equal(attributes_get(&batch.details, "queue wait"), "10s");
    assert_string_equal(attributes_get(&batch.details, "latest end"), "2027-11-21T00:14:16Z");
    batch_observation_release(&batch);
    batch_fold(&list, "4", 5, &batch);
    assert_string_equal(batch.reason, "Dependency");
    assert_string_equal(attributes_get(&batch.details, "expected start"), "2026-11-21T01:00:00Z");
    assert_null(attributes_get(&batch.details, "elapsed"));
    batch_observation_release(&batch);
    batch_fold(&list, "99", 5, &batch);
    assert_false(batch.known);
    batch_list_release(&list);
}

/* An array: what has ended is remembered though it is listed no more. */
static void test_fold_array(void **state)
{
    (void)state;
    static const char tail[] = "|N/A|N/A|0:00|1:00||1|10M|debug|lab|normal|1|0|(null)|/h|(null)\n";
    struct batch_observation batch = {0};
    struct batch_list list;
    read_rows(slurm, "queue", queue_22_05, &list);
    batch_fold(&list, "2", 5, &batch);
    assert_string_equal(batch.state, "RUNNING");
    assert_string_equal(batch.reason, "1 running 4 queued");
    batch_list_release(&list);
    struct text rows;
    text_init(&rows, 0);
    text_append_format(
        &rows, "2|3-6%%2|PENDING|JobArrayTaskLimit|t%s2|1|COMPLETED|None|t%s2|2|FAILED|None|t%s", tail, tail, tail);
    read_rows(slurm, "queue", rows.data, &list);
    batch_fold(&list, "2", 6, &batch);
    assert_string_equal(batch.reason, "1 done 1 failed 4 queued");
    assert_string_equal(batch.state, "RUNNING");
    batch_list_release(&list);
    text_clear(&rows);
    text_append_format(&rows, "2|3|RUNNING|None|t%s", tail);
    read_rows(slurm, "queue", rows.data, &list);
    batch_fold(&list, "2", 7, &batch);
    assert_string_equal(batch.reason, "1 done 1 failed 1 running");
    batch_list_release(&list);
    text_clear(&rows);
    text_append_format(&rows, "2|3|COMPLETED|None|t%s", tail);
    read_rows(slurm, "queue", rows.data, &list);
    batch_fold(&list, "2", 8, &batch);
    assert_string_equal(batch.reason, "2 done 1 failed");
    assert_string_equal(batch.state, "FAILED");
    batch_list_release(&list);
    batch_observation_release(&batch);
    text_release(&rows);
}

static void test_accounting(void **state)
{
    (void)state;
    static const char rows[] =
        "6|FAILED|127:0|2026-11-21T00:14:16|2026-11-21T00:14:16|2026-11-21T00:14:16|00:00:00|365-00:00:00|vm|1|10M|"
        "00:00.001|||debug|lab\n"
        "6.batch|FAILED|127:0|2026-11-21T00:14:16|2026-11-21T00:14:16|2026-11-21T00:14:16|00:00:00||vm|1||00:00.001|0|"
        "||lab\n"
        "7|CANCELLED by 1000|0:9|2026-11-21T00:14:16|2026-11-21T00:14:16|2026-11-21T00:14:17|00:00:01|365-00:00:00|vm|"
        "1|20M|00:00.205|||debug|lab\n"
        "7.batch|CANCELLED|0:9|2026-11-21T00:14:16|2026-11-21T00:14:16|2026-11-21T00:14:17|00:00:01||vm|1||00:00.205|"
        "306420K|||lab\n"
        "7.0|CANCELLED|0:9|2026-11-21T00:14:16|2026-11-21T00:14:16|2026-11-21T00:14:17|00:00:01||vm|1||00:00.205|1.5G|"
        "12K||lab\n"
        "2_[3-6%2]|PENDING|0:0|2026-11-21T00:14:16|Unknown|Unknown|00:00:00|UNLIMITED|None assigned|1|10M||||debug|"
        "lab\n";
    struct batch_list list;
    read_rows(slurm, "accounting", rows, &list);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.jobs[0].exit_code, 127);
    assert_int_equal(list.jobs[0].signal, 0);
    assert_int_equal(list.jobs[1].signal, 9);
    assert_string_equal(list.jobs[1].state, "CANCELLED by 1000");
    assert_string_equal(attributes_get(&list.jobs[1].details, "memory used"), "1.5G");
    assert_string_equal(attributes_get(&list.jobs[1].details, "energy"), "12K");
    assert_string_equal(list.jobs[2].id, "2");
    assert_string_equal(list.jobs[2].task, "3-6%2");
    batch_list_release(&list);
    assert_true(batch_has_no_accounting(slurm, "Slurm accounting storage is disabled\n"));
    assert_false(batch_has_no_accounting(slurm, "sacct: error: Sending PersistInit msg: Connection refused\n"));
}

static void test_lsf(void **state)
{
    (void)state;
    static const char rows[] =
        "101|0|PEND|-|Nov 21 00:14|-|-|-|-|-|-|normal|New job is waiting for scheduling;|"
        "dagtop:w/n/2/0123456789abcdef0123456789abcdef\n"
        "102|7|EXIT|3|Nov 21 00:14|Nov 21 00:15|Nov 21 00:16|61 second(s)|hostA|1|12 Mbytes|normal|-|-\n";
    struct batch_list list;
    read_rows(lsf, "queue", rows, &list);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.jobs[0].state, "PEND");
    assert_string_equal(batch_job_nonce(&list.jobs[0]), "0123456789abcdef0123456789abcdef");
    assert_string_equal(list.jobs[1].task, "7");
    assert_int_equal(list.jobs[1].exit_code, 3);
    batch_list_release(&list);
    struct text command;
    text_init(&command, 0);
    assert_true(batch_append_control(lsf, BATCH_CANCEL, NULL, "102_7", NULL, &command));
    assert_string_equal(command.data, "bkill '102[7]'");
    text_release(&command);
}

static const struct batch_submission plain = {.workflow = "w",
    .node = "n",
    .nonce = "0123456789abcdef0123456789abcdef",
    .attempt = 3,
    .file = "/home/it's/n.sbatch",
    .log = "/home/it's/50%/log"};

static void expect_submit(struct batch_submission submission, const char *expected)
{
    struct text command;
    struct error error = {0};
    text_init(&command, 0);
    assert_int_equal(batch_append_submit(slurm, &submission, &command, &error), STATUS_OK);
    assert_string_equal(command.data, expected);
    text_release(&command);
}

/* A job that has ended runs again for a new attempt; its old output stays with the old one. */
static void test_requeue(void **state)
{
    (void)state;
    struct attributes options = {0};
    struct error error = {0};
    struct text command;
    struct batch_submission submission = plain;
    submission.options = &options;
    submission.log = "/w/50%/2/log";
    submission.requeues = "12";
    submission.ended_log = "/w/50%/1/log";
    submission.cluster = "two";
    expect_submit(submission,
        "if test -L /w/50%/1/log; then set --; if test -e /w/50%/1/log; then cp /w/50%/1/log /w/50%/1/log.kept && "
        "mv -f /w/50%/1/log.kept /w/50%/1/log || exit 1; fi; else set -- StdOut=/w/50%%/2/log; fi\n"
        "scontrol -M two requeuehold 12 && if scontrol -M two update JobId=12 "
        "Comment=dagtop:w/n/3/0123456789abcdef0123456789abcdef \"$@\" && scontrol -M two release 12; then echo 12; "
        "else "
        "scancel -M two 12; false; fi || { echo 'Slurm runs a job again as long as it remembers it (MinJobAge), and "
        "unless it was submitted with --no-requeue: without requeue, resubmit makes a new job' >&2; false; }");
    text_init(&command, 0);
    assert_true(batch_can_requeue(slurm));
    assert_false(batch_can_requeue(lsf));
    assert_int_equal(batch_append_submit(lsf, &submission, &command, &error), STATUS_REFUSED);
    text_release(&command);
}

static void test_submit(void **state)
{
    (void)state;
    struct attributes options = {0};
    struct batch_submission submission = plain;
    submission.options = &options;
    expect_submit(submission,
        "sbatch --parsable --comment=dagtop:w/n/3/0123456789abcdef0123456789abcdef --job-name=w.n "
        "'--output=/home/it'\\''s/50%%/log' '/home/it'\\''s/n.sbatch'");
    attributes_set(&options, "time", "01:00:00");
    attributes_set(&options, "exclusive", "true");
    attributes_set(&options, "no-requeue", "");
    attributes_set(&options, "hold", "false");
    attributes_set(&options, "constraint", "a&b; rm -rf /");
    submission.log = "/l";
    submission.file = "/f";
    submission.script = "#!/bin/bash\n#SBATCH -J mine --output=x-%j.out # why\n\n#SBATCH --array 1-9\nhostname\n"
                        "#SBATCH --comment=late\n";
    expect_submit(submission,
        "sbatch --parsable --comment=dagtop:w/n/3/0123456789abcdef0123456789abcdef --time=01:00:00 --exclusive "
        "--no-requeue '--constraint=a&b; rm -rf /' /f");
    struct error error = {0};
    struct text command;
    text_init(&command, 0);
    attributes_set(&options, "wrap", "x");
    assert_int_equal(batch_append_submit(slurm, &submission, &command, &error), STATUS_REFUSED);
    attributes_release(&options);
    attributes_set(&options, "Bad Name", "x");
    assert_int_equal(batch_append_submit(slurm, &submission, &command, &error), STATUS_REFUSED);
    attributes_release(&options);
    text_release(&command);
}

/* Many nodes as one job: the tasks are an argument of the text, and each has a log of its own. */
static void test_submit_array(void **state)
{
    (void)state;
    struct attributes options = {0};
    struct batch_submission submission = plain;
    submission.options = &options;
    submission.is_array = true;
    submission.log = "/w/.dagtop/array-1%";
    submission.file = "/f";
    assert_true(batch_can_be_task(slurm, &submission));
    assert_false(batch_can_be_task(lsf, &submission));
    expect_submit(submission, "sbatch --parsable --comment=dagtop:w/n/0123456789abcdef0123456789abcdef --job-name=w.n "
                              "--output=/w/.dagtop/array-1%%/%a/log --array=\"$1\" /f");
    attributes_set(&options, "array", "%10");
    assert_true(batch_can_be_task(slurm, &submission));
    expect_submit(submission, "sbatch --parsable --comment=dagtop:w/n/0123456789abcdef0123456789abcdef --job-name=w.n "
                              "--output=/w/.dagtop/array-1%%/%a/log --array=\"$1\"%10 /f");
    attributes_set(&options, "array", "1-9");
    assert_false(batch_can_be_task(slurm, &submission));
    attributes_set(&options, "array", "%1; reboot");
    assert_false(batch_can_be_task(slurm, &submission));
    attributes_release(&options);
}

/* Rows of the tasks of one array: alone, and many that wait together. */
static const char queue_of_array[] =
    "7|0-2,5,8-12:2%3|PENDING|JobArrayTaskLimit|2026-11-21T00:14:16|N/A|N/A|0:00|UNLIMITED||1|10M|debug|lab|normal|1|0|"
    "(null)|/home/a|dagtop:w/all/0123456789abcdef0123456789abcdef\n"
    "7|3|RUNNING|None|2026-11-21T00:14:16|2026-11-21T00:14:16|N/A|0:00|UNLIMITED|vm|1|10M|debug|lab|normal|1|0|(null)|"
    "/home/a|dagtop:w/all/0123456789abcdef0123456789abcdef\n"
    "77|N/A|FAILED|None|2026-11-21T00:14:16|2026-11-21T00:14:16|N/"
    "A|0:00|UNLIMITED|vm|1|10M|debug|lab|normal|1|0|(null)|"
    "/home/a|(null)\n";

static void test_tasks(void **state)
{
    (void)state;
    static const struct {
        const char *id, *state;
    } cases[] = {{"7_0", "PENDING"}, {"7_3", "RUNNING"}, {"7_4", NULL}, {"7_5", "PENDING"}, {"7_10", "PENDING"},
        {"7_11", NULL}, {"7_14", NULL}, {"77", "FAILED"}, {"77_0", NULL}, {"78", NULL}, {"7", "PENDING"}};
    struct batch_list list;
    read_rows(slurm, "queue", queue_of_array, &list);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct batch_job *job = batch_list_find(&list, cases[i].id);
        if (cases[i].state)
            assert_string_equal(job ? job->state : cases[i].id, cases[i].state);
        else if (job)
            fail_msg("%s is there", cases[i].id);
    }
    struct batch_observation batch = {0};
    batch_fold(&list, "7_3", 5, &batch);
    assert_string_equal(batch.state, "RUNNING");
    assert_int_equal(batch.task_count, 0);
    assert_string_equal(batch.job, "7_3");
    batch_fold(&list, "7_4", 6, &batch);
    assert_false(batch.known);
    batch_observation_release(&batch);
    char *job = batch_list_find_nonce(&list, "0123456789abcdef0123456789abcdef.12");
    assert_string_equal(job, "7_12");
    free(job);
    assert_null(batch_list_find_nonce(&list, "0123456789abcdef0123456789abcdef.4"));
    assert_null(batch_list_find_nonce(&list, "0123456789abcdef0123456789abcde.0"));
    batch_list_release(&list);
    assert_null(batch_list_find(&list, "7_3"));
}

static void test_directives(void **state)
{
    (void)state;
    static const struct {
        const char *script, *option, *value;
    } cases[] = {
        {"#!/bin/sh\n#SBATCH --array=1-9%2\n", "array", "1-9%2"},
        {"#SBATCH -a1-3\n", "array", "1-3"},
        {"#SBATCH -a 1-3\r\n", "array", "1-3"},
        {"#SBATCH --array=1\n#SBATCH --array=2\n", "array", "2"},
        {"#SBATCH --job-name=\"a b\" -o 'x y'\n", "output", "x y"},
        {"# a comment\n\n  \n#SBATCH --clusters=two\n", "clusters", "two"},
        {"echo\n#SBATCH --array=1\n", "array", NULL},
        {"#SBATCHX --array=1\n", "array", NULL},
        {"#SBATCH --arrays=1 --array-job=2\n", "array", NULL},
        {"#SBATCH --array", "array", ""},
        {"", "array", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *value = batch_script_option(slurm, cases[i].script, cases[i].option);
        if (cases[i].value)
            assert_string_equal(value, cases[i].value);
        else
            assert_null(value);
        free(value);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    assert_int_equal(batch_judge_refusal(slurm,
                         "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job "
                         "violates accounting/QOS policy (job submit limit, user's size and/or time limits)\n"),
        BATCH_REFUSAL_LIMIT);
    assert_int_equal(batch_judge_refusal(slurm, "sbatch: error: Batch job submission failed: Socket timed out on "
                                                "send/recv operation\n"),
        BATCH_REFUSAL_LATER);
    assert_int_equal(
        batch_judge_refusal(slurm, "sbatch: error: invalid partition specified: nope\n"), BATCH_REFUSAL_NEVER);
    assert_int_equal(batch_judge_refusal(lsf, "LSF is down. Please wait ...\n"), BATCH_REFUSAL_LATER);
}

static void test_control(void **state)
{
    (void)state;
    static const struct {
        enum batch_control control;
        const char *cluster, *value, *command;
    } cases[] = {
        {BATCH_CANCEL, NULL, NULL, "scancel 12_7"},
        {BATCH_SIGNAL, "two", "USR1", "scancel -M two --batch --signal=USR1 12_7"},
        {BATCH_HOLD, NULL, NULL, "scontrol hold 12_7"},
        {BATCH_REQUEUE, "two", NULL, "scontrol -M two requeue 12_7"},
        {BATCH_SET_DEPENDENCY, NULL, "afterok:1 Nice=1", "scontrol update JobId=12_7 'Dependency=afterok:1 Nice=1'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text command;
        text_init(&command, 0);
        assert_true(batch_append_control(slurm, cases[i].control, cases[i].cluster, "12_7", cases[i].value, &command));
        assert_string_equal(command.data, cases[i].command);
        text_release(&command);
    }
}

static void test_changes(void **state)
{
    (void)state;
    static const struct {
        bool lsf, running;
        const char *name, *value, *expected; /* NULL: refused */
    } cases[] = {
        {false, false, "time", "2:00:00", "scontrol update JobId=12 TimeLimit=2:00:00"},
        {false, true, "TimeLimit", "1-12", "scontrol update JobId=12 TimeLimit=1-12"},
        {false, false, "timelimit", "unlimited", "scontrol update JobId=12 TimeLimit=unlimited"},
        {false, false, "nice", "-100", "scontrol update JobId=12 Nice=-100"},
        {false, false, "partition", "gpu,long", "scontrol update JobId=12 Partition=gpu,long"},
        {false, false, "account", "lab", "scontrol update JobId=12 Account=lab"},
        {true, false, "queue", "long", "bmod -q long 12"},
        {false, true, "partition", "gpu", NULL},
        {false, false, "time", "", NULL},
        {false, false, "time", "1:00 Nice=1", NULL},
        {false, false, "time", "-5", NULL},
        {false, false, "time", "1::0", NULL},
        {false, false, "nice", "1e3", NULL},
        {false, false, "nice", "-", NULL},
        {false, false, "nice", "99999999999", NULL},
        {false, false, "partition", "gpu;reboot", NULL},
        {false, false, "partition", "-x", NULL},
        {false, false, "JobId", "13", NULL},
        {false, false, "StdOut", "/etc/passwd", NULL},
        {true, false, "nice", "1", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct attributes changes = {0};
        struct text command;
        struct error error = {0};
        text_init(&command, 0);
        attributes_set(&changes, cases[i].name, cases[i].value);
        enum status status =
            batch_append_change(cases[i].lsf ? lsf : slurm, NULL, "12", &changes, cases[i].running, &command, &error);
        assert_int_equal(status, cases[i].expected ? STATUS_OK : STATUS_INVALID);
        if (cases[i].expected)
            assert_string_equal(command.data, cases[i].expected);
        text_release(&command);
        attributes_release(&changes);
    }
}

static void test_tasks_and_words(void **state)
{
    (void)state;
    assert_int_equal(batch_count_tasks("3-6%2"), 4);
    assert_int_equal(batch_count_tasks("1,3,5-9:2"), 5);
    assert_int_equal(batch_count_tasks("7"), 1);
    assert_int_equal(batch_count_tasks(NULL), 1);
    assert_int_equal(batch_count_tasks("9-1"), 1);
    assert_int_equal(batch_count_tasks("0-99999999999"), 1);
    assert_int_equal(derive_batch_phase("CANCELLED by 0"), BATCH_PHASE_CANCELLED);
    assert_int_equal(derive_batch_phase("SPECIAL_EXIT"), BATCH_PHASE_HELD);
    assert_int_equal(derive_batch_phase("what is this"), BATCH_PHASE_UNKNOWN);
    assert_string_equal(batch_reason_words("Priority"), "jobs of a higher priority come first");
    assert_string_equal(batch_reason_words("ReqNodeNotAvail, UnavailableNodes:n1"),
        "a node that it asks for is not available (down, drained or reserved)");
    assert_string_equal(batch_reason_words("SomethingNew"), "SomethingNew");
}

/* What is left of an array when some of its tasks are run again. */
static void test_tasks_again(void **state)
{
    (void)state;
    static const char *const good[] = {"7", "3-6", "1,3,5-9:2"}, *const bad[] = {"", "x", "3-", "6-3", "1,", "1-9:0",
                                                                     "1 2", "1;2", "-1", "[1]", "1-9%2", "100000"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(batch_is_tasks(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(batch_is_tasks(bad[i]));
    assert_true(batch_has_task("1-9:2%3", 5));
    assert_false(batch_has_task("1-9:2%3", 4));
    assert_true(batch_has_all_tasks("1-100%20", "7,30-40"));
    assert_false(batch_has_all_tasks("1-100%20", "0,7"));

    static const char tail[] = "|0:0|s|s|s|0|1|n|1|1|1|||p|a\n";
    struct batch_observation batch = {0};
    struct batch_list list;
    struct text rows, rest;
    text_init(&rows, 0);
    text_init(&rest, 0);
    text_append_format(&rows,
        "5_1|COMPLETED%s5_1.batch|COMPLETED%s5_2|FAILED%s5_2.0|FAILED%s5_[3-4]|CANCELLED by 0%s5_6|TIMEOUT%s", tail,
        tail, tail, tail, tail, tail);
    read_rows(slurm, "accounting", rows.data, &list);
    assert_int_equal(list.count, 4);
    batch_fold(&list, "5", 1, &batch);
    assert_string_equal(batch.reason, "1 done 2 failed 2 cancelled");
    assert_true(batch_append_unfinished(&batch, "8,9", "2,9", &rest));
    assert_string_equal(rest.data, "3,4,6,8");
    text_clear(&rest);
    assert_true(batch_append_unfinished(&batch, NULL, "2-6", &rest));
    assert_string_equal(rest.data, "");
    batch_list_release(&list);

    /* One that still runs: nothing can be said. */
    text_clear(&rows);
    text_append_format(&rows, "5_1|RUNNING%s5_7|COMPLETED%s5_6|RUNNING%s", tail, tail, tail);
    read_rows(slurm, "accounting", rows.data, &list);
    batch_observation_release(&batch);
    batch_fold(&list, "5", 1, &batch);
    assert_false(batch_append_unfinished(&batch, NULL, "2", &rest));
    batch_list_release(&list);

    /* What the queue says of a live task outranks the accounting; what it has forgotten comes from there. */
    text_clear(&rows);
    text_append_format(&rows, "5_1|FAILED%s5_2|FAILED%s5_9|RUNNING%s", tail, tail, tail);
    read_rows(slurm, "accounting", rows.data, &list);
    batch_fold_ended(&list, "5", &batch);
    assert_string_equal(batch.reason, "1 done 1 failed 2 running");
    batch_list_release(&list);
    batch_observation_release(&batch);
    text_release(&rows);
    text_release(&rest);
}

/* As a Slurm 22.05 printed it, with a name and a comment that try to say something else. */
static void test_details(void **state)
{
    (void)state;
    static const char answer[] = "JobId=4 ArrayJobId=3 ArrayTaskId=1 JobName=w StdOut=/etc/passwd\n"
                                 "   Priority=4294901757 Nice=0 Account=root QOS=normal\n"
                                 "   JobState=PENDING Reason=None Dependency=afterok:2(unfulfilled)\n"
                                 "   Requeue=1 Restarts=2 BatchFlag=1 Reboot=0 ExitCode=143:0\n"
                                 "   TRES=cpu=1,mem=10M,node=1,billing=1\n"
                                 "   Features=(null) DelayBoot=00:00:00\n"
                                 "   Command=/home/a b/arr.job\n"
                                 "   Comment=x StdOut=/etc/passwd\n"
                                 "   StdOut=/home/a b/log-1\n"
                                 "MaxRSS=306420K AveCPU=00:01:02\n"
                                 "JobId=5 ArrayJobId=3\n"
                                 "   Restarts=7\n";
    struct attributes details = {0};
    struct text command;
    text_init(&command, 0);
    batch_read_details(slurm, answer, &details);
    assert_string_equal(attributes_get(&details, "dependency"), "afterok:2(unfulfilled)");
    assert_string_equal(attributes_get(&details, "restarts"), "2");
    assert_string_equal(attributes_get(&details, "exit code"), "143:0");
    assert_string_equal(attributes_get(&details, "resources"), "cpu=1,mem=10M,node=1,billing=1");
    assert_string_equal(attributes_get(&details, "submitted file"), "/home/a b/arr.job");
    assert_string_equal(attributes_get(&details, "standard output"), "/home/a b/log-1");
    assert_string_equal(attributes_get(&details, "memory used"), "306420K");
    assert_null(attributes_get(&details, "features"));
    attributes_release(&details);
    batch_read_details(slurm, "JobId=4 JobName=w\n   Restarts=0 ExitCode=0:0\n", &details);
    assert_int_equal(details.count, 0);
    assert_true(batch_append_details(slurm, "two", "12", &command));
    assert_string_equal(command.data, "TZ=UTC0 SLURM_TIME_FORMAT=standard scontrol -M two show job 12");
    assert_false(batch_append_details(lsf, NULL, "12", &command));
    text_release(&command);
}

/* The lines of other versions: one of 18.08 has TRES for what was given, those from 23.02 on tell it from what was
 * asked. */
static void test_details_of_other_versions(void **state)
{
    (void)state;
    struct attributes details = {0};
    batch_read_details(slurm,
        "JobId=70 JobName=train\n"
        "   JobState=RUNNING Reason=None Dependency=(null)\n"
        "   Requeue=0 Restarts=0 BatchFlag=1 Reboot=0 ExitCode=0:0\n"
        "   StartTime=2019-03-04T10:00:00 EndTime=2019-03-05T10:00:00 Deadline=N/A\n"
        "   PreemptTime=None SuspendTime=None SecsPreSuspend=0\n"
        "   NumNodes=1 NumCPUs=4 NumTasks=1 CPUs/Task=4 ReqB:S:C:T=0:0:*:*\n"
        "   TRES=cpu=4,mem=8G,node=1,billing=4\n"
        "   Features=(null) DelayBoot=00:00:00\n"
        "   OverSubscribe=OK Contiguous=0 Licenses=(null) Network=(null)\n"
        "   WorkDir=/home/a\n"
        "   Power=\n",
        &details);
    assert_string_equal(attributes_get(&details, "resources"), "cpu=4,mem=8G,node=1,billing=4");
    assert_string_equal(attributes_get(&details, "working directory"), "/home/a");
    assert_int_equal(details.count, 2);
    attributes_release(&details);
    batch_read_details(slurm,
        "JobId=71 JobName=train\n"
        "   JobState=RUNNING Reason=None Dependency=(null)\n"
        "   AccrueTime=2025-03-04T10:00:00\n"
        "   SuspendTime=None SecsPreSuspend=0 LastSchedEval=2025-03-04T10:00:00 Scheduler=Backfill\n"
        "   ReqNodeList=(null) ExcNodeList=gpu[1-2]\n"
        "   ReqTRES=cpu=4,mem=8G,node=1,billing=4,gres/gpu=1\n"
        "   AllocTRES=cpu=8,mem=8G,energy=10211,node=1,billing=8,gres/gpu=1,gres/gpu:a100=1\n"
        "   MinCPUsNode=4 MinMemoryNode=8G MinTmpDiskNode=0\n"
        "   TresPerNode=gres/gpu:1\n",
        &details);
    assert_string_equal(attributes_get(&details, "resources asked"), "cpu=4,mem=8G,node=1,billing=4,gres/gpu=1");
    assert_string_equal(
        attributes_get(&details, "resources"), "cpu=8,mem=8G,energy=10211,node=1,billing=8,gres/gpu=1,gres/gpu:a100=1");
    assert_int_equal(details.count, 2);
    attributes_release(&details);
    batch_read_details(slurm, "JobId=72 JobName=w\n   ReqTRES=cpu=1,node=1\n   AllocTRES=(null)\n", &details);
    assert_null(attributes_get(&details, "resources"));
    attributes_release(&details);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_cut_answers),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_fold_array),
        cmocka_unit_test(test_submit_array),
        cmocka_unit_test(test_tasks),
        cmocka_unit_test(test_accounting),
        cmocka_unit_test(test_lsf),
        cmocka_unit_test(test_submit),
        cmocka_unit_test(test_requeue),
        cmocka_unit_test(test_directives),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_control),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_tasks_and_words),
        cmocka_unit_test(test_tasks_again),
        cmocka_unit_test(test_details),
        cmocka_unit_test(test_details_of_other_versions),
    };
    return cmocka_run_group_tests_name("batch", tests, begin, NULL);
}
