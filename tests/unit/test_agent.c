/* SPDX-License-Identifier: Apache-2.0 */
/* The client of the agent against real shells, each with the real program of the host. */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dagtop/agent/agent.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "src/agent/agent_private.h"
#include "src/agent/record.h"

enum { DEADLINE = 60000 }; /* milliseconds, for a machine that is very busy */

struct record {
    struct loop *loop;
    struct loop_timer *deadline, *tick;
    struct agent *agent;
    struct workflow *workflow;
    struct observation *observations;
    struct agent_place place;
    char home[64], shell[96];
    unsigned ready, closed, done, updates, answers, waiting;
    struct error error, reason;
    struct text log;
    struct agent_log log_facts;
    bool free_in_update;
    char owner[512];
    int64_t driver_process;
    wall_time driver_since, driver_heartbeat;
};

static void late(void *argument)
{
    (void)argument;
    fail_msg("the test took too long");
}

static void call_stop(void *argument)
{
    loop_stop(((struct record *)argument)->loop);
}

static void agent_is_ready(void *argument)
{
    ((struct record *)argument)->ready++;
}

static void agent_has_closed(void *argument, const struct error *reason)
{
    struct record *record = argument;
    record->closed++;
    record->reason = *reason;
    loop_stop(record->loop);
}

static void done(void *argument, const struct error *error)
{
    struct record *record = argument;
    record->done++;
    if (error->status != STATUS_OK)
        record->error = *error;
    if (--record->waiting == 0)
        loop_stop(record->loop);
}

static struct observation *find(void *argument, size_t node)
{
    return &((struct record *)argument)->observations[node];
}

static void update(void *argument, size_t node)
{
    struct record *record = argument;
    (void)node;
    record->updates++;
    if (record->free_in_update) {
        agent_free(record->agent);
        record->agent = NULL;
        loop_stop(record->loop);
    }
}

static struct agent_observer observer(struct record *record)
{
    return (struct agent_observer){.find = find, .update = update, .done = done, .argument = record};
}

/* Waits for a request that was just sent; its status must be STATUS_OK. */
static void await(struct record *record, enum status sent)
{
    assert_int_equal(sent, STATUS_OK);
    record->error.status = STATUS_OK;
    record->waiting = 1;
    loop_run(record->loop);
}

static void write_file(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

static char *in_home(const struct record *record, const char *path)
{
    return memory_format("%s/%s", record->home, path);
}

static void open_agent(struct record *record, const char *shell)
{
    struct agent_events events = {.ready = agent_is_ready, .closed = agent_has_closed, .argument = record};
    struct error error;
    assert_int_equal(agent_open_local(record->loop, shell, "~/base dir", &events, &record->agent, &error), STATUS_OK);
    assert_int_equal(agent_state(record->agent), AGENT_CONNECTING);
}

/* A shell that writes down which process it is. */
static void write_shell(struct record *record, const char *shell)
{
    char *text = memory_format("#!/bin/sh\necho $$ >>'%s/pids'\nexec %s\n", record->home, shell);
    snprintf(record->shell, sizeof record->shell, "%s/shell", record->home);
    write_file(record->shell, text, strlen(text));
    chmod(record->shell, 0700);
    free(text);
}

/* state comes in as the name of a shell. */
static int setup(void **state)
{
    struct record *record = memory_new(sizeof *record);
    const char *shell = *state;
    strcpy(record->home, "/tmp/dagtop-client-XXXXXX");
    if (!mkdtemp(record->home))
        return -1;
    setenv("HOME", record->home, 1);
    write_shell(record, strcmp(shell, "busybox") == 0 ? "/bin/busybox sh" : shell);
    record->loop = loop_new();
    record->deadline = loop_timer_new(record->loop, late, NULL);
    record->tick = loop_timer_new(record->loop, call_stop, record);
    loop_timer_start(record->deadline, DEADLINE, 0);
    record->workflow = workflow_new();
    record->workflow->name = memory_copy_text("it's a flow");
    record->workflow->folder = memory_copy_text(record->home);
    record->place = (struct agent_place){.base = "~/base dir", .workflow = record->workflow->name};
    text_init(&record->log, 0);
    open_agent(record, record->shell);
    *state = record;
    return 0;
}

static void pause_briefly(struct record *record)
{
    loop_timer_start(record->tick, 10, 0);
    loop_run(record->loop);
}

/* The process of the shell that was opened last; 0: it has not come so far. */
static pid_t newest_shell(const struct record *record)
{
    char *path = in_home(record, "pids");
    FILE *file = fopen(path, "r");
    long process = 0;
    while (file && fscanf(file, "%ld", &process) == 1)
        continue;
    if (file)
        fclose(file);
    free(path);
    return (pid_t)process;
}

static int remove_one(const char *path, const struct stat *found, int flag, struct FTW *walk)
{
    (void)found, (void)flag, (void)walk;
    return remove(path);
}

static int teardown(void **state)
{
    struct record *record = *state;
    agent_free(record->agent);
    while (newest_shell(record) && kill(newest_shell(record), 0) == 0)
        pause_briefly(record);
    /* A job that has just begun may still write. */
    for (struct stat found; lstat(record->home, &found) == 0; pause_briefly(record))
        nftw(record->home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    loop_timer_free(record->deadline);
    loop_timer_free(record->tick);
    loop_free(record->loop);
    for (size_t i = 0; i < record->workflow->node_count && record->observations; i++)
        observation_release(&record->observations[i]);
    free(record->observations);
    workflow_free(record->workflow);
    text_release(&record->log);
    free(record);
    return 0;
}

/* A node that runs a command; NULL: a milestone. */
static struct node *add_node(struct record *record, const char *name, const char *command)
{
    size_t index;
    assert_int_equal(workflow_add_node(record->workflow, name, &index), STATUS_OK);
    struct node *node = &record->workflow->nodes[index];
    if (command) {
        node->work = NODE_WORK_COMMAND;
        node->exec = memory_copy_text(command);
    }
    record->observations = realloc(record->observations, record->workflow->node_count * sizeof *record->observations);
    observation_init(&record->observations[index]);
    return node;
}

static void add_script(struct record *record, const char *name, const char *file, const void *bytes, size_t length)
{
    struct node *node = add_node(record, name, NULL);
    node->work = NODE_WORK_SCRIPT;
    node->script = memory_copy_text(file);
    node->script_path = in_home(record, file);
    write_file(node->script_path, bytes, length);
}

static void scan(struct record *record)
{
    size_t count = record->workflow->node_count;
    size_t *nodes = memory_new_array(count, sizeof *nodes);
    struct agent_observer seen = observer(record);
    for (size_t i = 0; i < count; i++)
        nodes[i] = i;
    await(record, agent_scan(record->agent, &record->place, record->workflow, nodes, count, &seen, &record->error));
    free(nodes);
    assert_int_equal(record->error.status, STATUS_OK);
}

static void poll_all(struct record *record)
{
    size_t count = record->workflow->node_count;
    size_t *nodes = memory_new_array(count, sizeof *nodes);
    struct agent_observer seen = observer(record);
    for (size_t i = 0; i < count; i++)
        nodes[i] = i;
    await(record, agent_poll(record->agent, &record->place, record->workflow, nodes, count, &seen, &record->error));
    free(nodes);
    assert_int_equal(record->error.status, STATUS_OK);
}

static const struct attempt *newest(const struct record *record, size_t node)
{
    return observation_newest(&record->observations[node]);
}

/* Polls until the newest attempt of a node has ended and is the given one. */
static const struct attempt *poll_until_ended(struct record *record, size_t node, unsigned number)
{
    for (;;) {
        poll_all(record);
        const struct attempt *attempt = newest(record, node);
        if (attempt && attempt->number == number && attempt->exited)
            return attempt;
        assert_false(attempt && attempt->lost);
        pause_briefly(record);
    }
}

static void poll_until_started(struct record *record, size_t node)
{
    do {
        pause_briefly(record);
        poll_all(record);
    } while (!newest(record, node) || !newest(record, node)->started);
}

static void started(void *argument, size_t node, unsigned attempt, const struct error *error)
{
    struct record *record = argument;
    (void)node, (void)attempt;
    record->answers++;
    done(argument, error);
}

static enum status send_start(struct record *record, size_t node, unsigned attempt)
{
    const struct agent_start start = {.node = node,
        .attempt = attempt,
        .checksum = "12-34",
        .parents = "a=1 b%20c=2",
        .who = "o'neil",
        .from = "laptop"};
    return agent_start(record->agent, &record->place, record->workflow, &start, 1, 0, started, record, &record->error);
}

static void start(struct record *record, size_t node, unsigned attempt)
{
    await(record, send_start(record, node, attempt));
    if (record->error.status != STATUS_OK)
        fail_msg("not started: %s", record->error.message);
}

static void log_answered(void *argument, const struct agent_log *log, const struct error *error)
{
    struct record *record = argument;
    text_clear(&record->log);
    text_append(&record->log, log->bytes, log->length);
    record->log_facts = *log;
    done(argument, error);
}

static const char *read_log(struct record *record, size_t node, int64_t offset, size_t maximum)
{
    await(record, agent_read_log(record->agent, &record->place, record->workflow, node, 0, NULL, offset, maximum,
                      log_answered, record, &record->error));
    assert_int_equal(record->error.status, STATUS_OK);
    return record->log.data;
}

static void test_handshake_finds_facts(void **state)
{
    struct record *record = *state;
    await(record, agent_ping(record->agent, done, record, &record->error));
    assert_int_equal(record->ready, 1);
    assert_int_equal(record->error.status, STATUS_OK);
    assert_int_equal(agent_state(record->agent), AGENT_READY);
    const struct agent_facts *facts = agent_facts(record->agent);
    char machine[256];
    gethostname(machine, sizeof machine);
    assert_string_equal(facts->machine, machine);
    assert_string_equal(facts->home, record->home);
    assert_true(facts->hard_links);
    assert_true(facts->processors >= 1);
    assert_in_range(facts->clock_difference + 5000, 0, 10000);
    uint64_t requests, sent, received;
    int64_t round_trip;
    agent_traffic(record->agent, &requests, &sent, &received, &round_trip);
    assert_int_equal(requests, 2);
    assert_true(sent > 1000 && received > 100 && round_trip >= 0);
    assert_int_equal(agent_pending(record->agent), 0);
    agent_close(record->agent);
    assert_int_equal(agent_ping(record->agent, done, record, NULL), STATUS_DISCONNECTED);
    loop_run(record->loop);
    assert_int_equal(record->closed, 1);
    assert_int_equal(record->reason.status, STATUS_OK);
}

static void test_scan_of_nothing(void **state)
{
    struct record *record = *state;
    add_node(record, "a", NULL);
    add_node(record, "b", NULL);
    observation_attempt(&record->observations[0], 3)->exited = true;
    record->observations[0].from_cache = true;
    scan(record);
    assert_int_equal(record->updates, 2);
    assert_int_equal(record->observations[0].attempt_count, 0);
    assert_false(record->observations[0].from_cache);
    assert_true(record->observations[1].known && record->observations[1].observed);
}

static void test_start_and_poll_until_done(void **state)
{
    struct record *record = *state;
    add_node(record, "it's $HOME", "echo hello; echo '# cloudmesh status=running progress=30 accuracy=0.9'; exit 3");
    start(record, 0, 1);
    const struct attempt *attempt = poll_until_ended(record, 0, 1);
    assert_int_equal(attempt->decision, DECISION_RUN);
    assert_int_equal(attempt->exit_code, 3);
    assert_string_equal(attempt->kind, "local");
    assert_string_equal(attempt->checksum, "12-34");
    assert_string_equal(attempt->parents, "a=1 b%20c=2");
    assert_string_equal(attempt->who, "o'neil");
    assert_string_equal(attempt->from, "laptop");
    assert_string_equal(attempt->machine, agent_facts(record->agent)->machine);
    assert_true(attempt->pid > 1 && attempt->requested && attempt->started && attempt->ended);
    while (record->observations[0].log_size <= 0)
        poll_all(record);
    const struct report *report = &record->observations[0].report;
    assert_string_equal(report->status, "running");
    assert_true(report->progress == 30);
    assert_string_equal(attributes_get(&report->metrics, "accuracy"), "0.9");
    /* The log is looked at once more after the end; then there is nothing new. */
    poll_all(record);
    poll_all(record);
    record->updates = 0;
    poll_all(record);
    assert_int_equal(record->updates, 0);
    assert_string_equal(read_log(record, 0, 0, 5), "hello");
    assert_int_equal(record->log_facts.size, record->observations[0].log_size);
    assert_string_equal(read_log(record, 0, -4, 100), "0.9\n");
    assert_int_equal(record->log_facts.offset, record->log_facts.size - 4);
    /* Another client, which has seen nothing, sees the same. */
    agent_free(record->agent);
    observation_release(&record->observations[0]);
    open_agent(record, record->shell);
    scan(record);
    assert_int_equal(newest(record, 0)->exit_code, 3);
    assert_string_equal(record->observations[0].report.status, "running");
}

static void test_refusals_have_words(void **state)
{
    struct record *record = *state;
    add_node(record, "a", "true");
    start(record, 0, 1);
    await(record, send_start(record, 0, 1));
    assert_int_equal(record->error.status, STATUS_REFUSED);
    assert_non_null(strstr(record->error.message, "exists"));
    await(record, send_start(record, 0, 7));
    assert_int_equal(record->error.status, STATUS_REFUSED);
    poll_until_ended(record, 0, 1);
    add_node(record, "milestone", NULL);
    add_script(record, "gone", "gone.sh", "x", 1);
    unlink(record->workflow->nodes[2].script_path);
    struct node *node = add_node(record, "bad", "true");
    attributes_set(&node->env, "NOT A NAME", "x");
    for (size_t i = 1; i < 4; i++) {
        await(record, send_start(record, i, 1));
        assert_int_equal(record->error.status, STATUS_REFUSED);
    }
    assert_int_equal(record->answers, 6);
}

static void test_script_arrives_byte_for_byte(void **state)
{
    struct record *record = *state;
    struct text script;
    text_init(&script, 0);
    text_append_string(&script, "#!/bin/sh\necho \"it's\\n 100% $(pwd) $1\"\nexit 0\n");
    for (unsigned byte = 0; byte < 256; byte++)
        text_append_format(&script, "%c7\\%c", (int)byte, (int)byte);
    add_script(record, "a", "run me.sh", script.data, script.length);
    start(record, 0, 1);
    assert_int_equal(poll_until_ended(record, 0, 1)->exit_code, 0);
    char *path = in_home(record, "base dir/it's a flow/a/run me.sh");
    char *kept = in_home(record, "base dir/it's a flow/a/.dagtop/1/script");
    struct text found;
    text_init(&found, 0);
    assert_int_equal(text_read_file(&found, path, NULL), STATUS_OK);
    assert_int_equal(found.length, script.length);
    assert_memory_equal(found.data, script.data, script.length);
    text_clear(&found);
    assert_int_equal(text_read_file(&found, kept, NULL), STATUS_OK);
    assert_int_equal(found.length, script.length);
    text_release(&found);
    text_release(&script);
    free(path);
    free(kept);
}

/* A script larger than one content, an empty one, and files in folders, one of them executable. */
static void test_files_are_staged(void **state)
{
    struct record *record = *state;
    struct text script;
    text_init(&script, 0);
    text_append_string(&script, "test -x data/tool && cat data/deep/file && cat one.txt && cat deep/file && exit 4\n");
    while (script.length < 200000)
        text_append_format(&script, "# line %zu\n", script.length);
    add_script(record, "large", "large.sh", script.data, script.length);
    struct node *node = &record->workflow->nodes[0];
    node->files = memory_new_array(3, sizeof *node->files);
    node->files[0] = memory_copy_text("data/");
    node->files[1] = memory_copy_text("../one.txt");
    node->files[2] = memory_copy_text("data/./deep");
    node->file_count = 3;
    char *folder = in_home(record, "flow"), *old = record->workflow->folder;
    mkdir(folder, 0700);
    record->workflow->folder = folder;
    char *data = in_home(record, "flow/data"), *deep = in_home(record, "flow/data/deep"),
         *file = in_home(record, "flow/data/deep/file"), *tool = in_home(record, "flow/data/tool"),
         *one = in_home(record, "one.txt");
    mkdir(data, 0700);
    mkdir(deep, 0700);
    write_file(file, "deep ", 5);
    write_file(tool, "", 0);
    chmod(tool, 0700);
    write_file(one, "one", 3);
    add_script(record, "empty", "empty.sh", "", 0);
    start(record, 0, 1);
    start(record, 1, 1);
    assert_int_equal(poll_until_ended(record, 0, 1)->exit_code, 4);
    assert_int_equal(poll_until_ended(record, 1, 1)->exit_code, 0);
    assert_string_equal(read_log(record, 0, 0, 100), "deep onedeep ");
    /* A file that is not there is a refusal, and nothing is started. */
    unlink(one);
    await(record, send_start(record, 0, 2));
    assert_int_equal(record->error.status, STATUS_REFUSED);
    assert_non_null(strstr(record->error.message, "one.txt"));
    poll_all(record);
    assert_int_equal(newest(record, 0)->number, 1);
    char *const texts[] = {data, deep, file, tool, one, old};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    text_release(&script);
}

static void test_environment_and_command_of_several_lines(void **state)
{
    struct record *record = *state;
    struct node *node = add_node(record, "a", "if true; then\n  printf '%s\\n' \"$GREETING\"\nfi\npwd");
    attributes_set(&node->env, "GREETING", "it's \"$HOME\" \\n");
    node->directory = memory_copy_text("~/base dir");
    start(record, 0, 1);
    assert_int_equal(poll_until_ended(record, 0, 1)->exit_code, 0);
    char *expected = memory_format("it's \"$HOME\" \\n\n%s/base dir\n", record->home);
    assert_string_equal(read_log(record, 0, 0, 1000), expected);
    free(expected);
}

static void files_came(
    void *argument, const struct agent_file *files, size_t count, size_t more, const struct error *error)
{
    struct record *record = argument;
    text_clear(&record->log);
    for (size_t i = 0; i < count; i++) {
        text_append_format(&record->log, "%s%s%s;", files[i].path, files[i].kind == AGENT_FILE_DIRECTORY ? "/" : "",
            files[i].target ? files[i].target : "");
        assert_true(strlen(files[i].changed) >= 8);
    }
    assert_int_equal(more, 0);
    done(argument, error);
}

static enum status list_files(struct record *record, const char *directory)
{
    return agent_list_files(
        record->agent, &record->place, record->workflow, 0, 1, directory, files_came, record, &record->error);
}

static enum status read_file(struct record *record, const char *path)
{
    return agent_read_file(
        record->agent, &record->place, record->workflow, 0, path, 0, 1000, log_answered, record, &record->error);
}

static void test_other_files_of_the_run_directory(void **state)
{
    struct record *record = *state;
    add_node(record, "it's a", "mkdir \"it's\"; echo one >\"it's/file\"; ln -s /etc/passwd out");
    await(record, list_files(record, ""));
    assert_int_equal(record->error.status, STATUS_REFUSED);
    start(record, 0, 1);
    assert_int_equal(poll_until_ended(record, 0, 1)->exit_code, 0);
    await(record, list_files(record, ""));
    assert_int_equal(record->error.status, STATUS_OK);
    assert_non_null(strstr(record->log.data, "it's/;"));
    assert_non_null(strstr(record->log.data, "out/etc/passwd;"));
    await(record, list_files(record, "it's"));
    assert_string_equal(record->log.data, "it's/file;");
    await(record, read_file(record, "it's/file"));
    assert_string_equal(record->log.data, "one\n");
    assert_int_equal(record->log_facts.size, 4);
    await(record, read_file(record, "out"));
    assert_int_equal(record->error.status, STATUS_REFUSED);
    assert_non_null(strstr(record->error.message, "leads out"));
    assert_int_equal(record->log.length, 0);
    await(record, list_files(record, ".."));
    assert_int_equal(record->error.status, STATUS_REFUSED);
    assert_int_equal(read_file(record, "a\nb"), STATUS_INVALID);
    assert_int_equal(list_files(record, "a\nb"), STATUS_INVALID);
}

static void test_cancel(void **state)
{
    struct record *record = *state;
    add_node(record, "a", "sleep 600");
    start(record, 0, 1);
    poll_until_started(record, 0);
    await(record,
        agent_cancel(record->agent, &record->place, record->workflow, 0, 1, 2000, done, record, &record->error));
    assert_int_equal(record->error.status, STATUS_OK);
    const struct attempt *attempt = poll_until_ended(record, 0, 1);
    assert_true(attempt->cancelled);
    assert_true(attempt->signal == SIGTERM || attempt->signal == SIGKILL);
    await(record, agent_cancel(record->agent, &record->place, record->workflow, 0, 9, 0, done, record, &record->error));
    assert_int_equal(record->error.status, STATUS_REFUSED);
    await(record, agent_void(record->agent, &record->place, record->workflow, 0, 1, done, record, &record->error));
    assert_int_equal(record->error.status, STATUS_OK);
}

static void mark(struct record *record, enum agent_mark kind)
{
    static const size_t nodes[] = {0, 1};
    static const unsigned attempts[] = {4, 5};
    await(record, agent_mark(record->agent, &record->place, record->workflow, kind, nodes, attempts, 2, done, record,
                      &record->error));
    assert_int_equal(record->error.status, STATUS_OK);
    poll_all(record);
}

static void test_marks(void **state)
{
    struct record *record = *state;
    add_node(record, "a", "true");
    add_node(record, "b", "true");
    mark(record, AGENT_HOLD);
    assert_true(record->observations[0].held && record->observations[1].held);
    mark(record, AGENT_RELEASE);
    assert_false(record->observations[0].held || record->observations[1].held);
    mark(record, AGENT_SKIP);
    assert_true(record->observations[1].skipped);
    mark(record, AGENT_WANT);
    assert_int_equal(record->observations[0].wanted, 4);
    assert_int_equal(record->observations[1].wanted, 5);
    mark(record, AGENT_UNSKIP);
    assert_false(record->observations[1].skipped);
    scan(record);
    assert_int_equal(record->observations[1].wanted, 5);
}

static void owner_answered(void *argument, const struct agent_owner *owner, const struct error *error)
{
    struct record *record = argument;
    snprintf(record->owner, sizeof record->owner, "%s|%s|%s", owner->file, owner->node_set, owner->driver_machine);
    record->driver_process = owner->driver_process;
    record->driver_since = owner->driver_since;
    record->driver_heartbeat = owner->driver_heartbeat;
    done(argument, error);
}

static const char *read_owner(struct record *record)
{
    await(record, agent_read_owner(record->agent, &record->place, owner_answered, record, &record->error));
    assert_int_equal(record->error.status, STATUS_OK);
    return record->owner;
}

static enum status claim(struct record *record, const char *node_set, bool adopt)
{
    await(record, agent_claim_owner(record->agent, &record->place, "/home/me/a b%.yaml", node_set, adopt, done, record,
                      &record->error));
    return record->error.status;
}

static void test_owner_and_driver(void **state)
{
    struct record *record = *state;
    assert_string_equal(read_owner(record), "||");
    assert_int_equal(claim(record, "aaaa", false), STATUS_OK);
    assert_int_equal(claim(record, "aaaa", false), STATUS_OK);
    assert_int_equal(claim(record, "bbbb", false), STATUS_REFUSED);
    assert_non_null(strstr(record->error.message, "/home/me/a b%.yaml"));
    assert_string_equal(read_owner(record), "/home/me/a b%.yaml|aaaa|");
    assert_int_equal(claim(record, "bbbb", true), STATUS_OK);
    wall_time before = clock_wall();
    await(record, agent_write_driver(record->agent, &record->place, "my laptop", 4711, done, record, &record->error));
    assert_int_equal(record->error.status, STATUS_OK);
    assert_string_equal(read_owner(record), "/home/me/a b%.yaml|bbbb|my laptop");
    assert_int_equal(record->driver_process, 4711);
    assert_in_range(record->driver_heartbeat - before + 2000, 0, 10000);
    assert_true(record->driver_since == record->driver_heartbeat);
    await(record, agent_write_driver(record->agent, &record->place, "", 0, done, record, &record->error));
    assert_string_equal(read_owner(record), "/home/me/a b%.yaml|bbbb|");
}

static void test_attempts_and_clean(void **state)
{
    struct record *record = *state;
    static const size_t nodes[] = {0, 1};
    add_node(record, "a", "echo '# cloudmesh status=done'");
    add_node(record, "b", "true");
    start(record, 0, 1);
    poll_until_ended(record, 0, 1);
    start(record, 0, 2);
    poll_until_ended(record, 0, 2);
    assert_int_equal(record->observations[0].attempt_count, 2);
    observation_release(&record->observations[0]);
    struct agent_observer seen = observer(record);
    await(record, agent_list_attempts(record->agent, &record->place, record->workflow, 0, &seen, &record->error));
    assert_int_equal(record->observations[0].attempt_count, 2);
    assert_true(record->observations[0].attempts[0].exited);
    assert_string_equal(record->observations[0].attempts[1].who, "o'neil");
    await(record, agent_clean(record->agent, &record->place, record->workflow, nodes, 1, done, record, &record->error));
    assert_int_equal(record->error.status, STATUS_OK);
    scan(record);
    assert_int_equal(record->observations[0].attempt_count, 0);
    await(record, agent_clean(record->agent, &record->place, record->workflow, nodes, 2, done, record, &record->error));
    assert_int_equal(record->error.status, STATUS_REFUSED);
    /* A clean node begins again with the first attempt. */
    start(record, 0, 1);
    poll_until_ended(record, 0, 1);
}

/* Nodes come and go; a number that is used again means the node of its own time. */
static void test_polls_of_changing_sets(void **state)
{
    struct record *record = *state;
    struct agent_observer seen = observer(record);
    add_node(record, "a", "true");
    add_node(record, "b", "exit 7");
    start(record, 0, 1);
    start(record, 1, 1);
    for (size_t turn = 0; turn < 2; turn++) {
        poll_until_ended(record, 0, 1);
        poll_until_ended(record, 1, 1);
        for (size_t i = 0; i < 2; i++)
            record_forget(&record->observations[i]);
        static const size_t nodes[] = {1, 0};
        record->waiting = 2;
        for (size_t i = 0; i < 2; i++)
            assert_int_equal(
                agent_poll(record->agent, &record->place, record->workflow, &nodes[i], 1, &seen, &record->error),
                STATUS_OK);
        loop_run(record->loop);
        scan(record);
        assert_int_equal(newest(record, 0)->exit_code, 0);
        assert_int_equal(newest(record, 1)->exit_code, 7);
    }
}

static void test_poll_of_many_nodes_is_one_small_request(void **state)
{
    struct record *record = *state;
    char name[32];
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "node-%u", i);
        add_node(record, name, "true");
    }
    poll_all(record);
    uint64_t requests, before, after, received;
    int64_t round_trip;
    agent_traffic(record->agent, &requests, &before, &received, &round_trip);
    poll_all(record);
    agent_traffic(record->agent, &requests, &after, &received, &round_trip);
    assert_true(after - before < 50);
}

static void signal_shell(const struct record *record, int signal)
{
    assert_int_equal(kill(newest_shell(record), signal), 0);
}

static void test_shell_killed_in_the_middle(void **state)
{
    struct record *record = *state;
    add_node(record, "a", "while ! test -e ~/go; do sleep 0.01; done; exit 5");
    start(record, 0, 1);
    poll_until_started(record, 0);
    signal_shell(record, SIGSTOP);
    record->done = 0;
    record->waiting = 4;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(agent_ping(record->agent, done, record, &record->error), STATUS_OK);
    assert_int_equal(agent_pending(record->agent), 3);
    signal_shell(record, SIGKILL);
    loop_run(record->loop);
    assert_int_equal(record->done, 3);
    assert_int_equal(record->error.status, STATUS_DISCONNECTED);
    assert_int_equal(record->closed, 1);
    assert_int_equal(record->reason.status, STATUS_DISCONNECTED);
    assert_int_equal(agent_ping(record->agent, done, record, NULL), STATUS_DISCONNECTED);
    agent_free(record->agent);
    /* The job has not noticed. */
    open_agent(record, record->shell);
    char *go = in_home(record, "go");
    write_file(go, "", 0);
    assert_int_equal(poll_until_ended(record, 0, 1)->exit_code, 5);
    free(go);
}

/* Three starts: one whose files are on their way, one that is launched, one that cannot be. */
static void send_three_starts(struct record *record)
{
    size_t size = 4 << 20;
    char *bytes = memory_new(size);
    struct agent_start starts[3];
    await(record, agent_ping(record->agent, done, record, &record->error));
    add_script(record, "large", "large.sh", bytes, size);
    add_node(record, "small", "true");
    add_node(record, "none", NULL);
    for (size_t i = 0; i < 3; i++)
        starts[i] = (struct agent_start){.node = i, .attempt = 1};
    record->waiting = 100;
    assert_int_equal(
        agent_start(record->agent, &record->place, record->workflow, starts, 3, 0, started, record, &record->error),
        STATUS_OK);
    assert_int_equal(record->answers, 0);
    free(bytes);
}

static void test_shell_killed_while_starting(void **state)
{
    struct record *record = *state;
    send_three_starts(record);
    signal_shell(record, SIGSTOP);
    signal_shell(record, SIGKILL);
    loop_run(record->loop);
    assert_int_equal(record->closed, 1);
    assert_int_equal(record->answers, 3);
    pause_briefly(record);
    assert_int_equal(record->answers, 3);
}

static void test_free_while_starting(void **state)
{
    struct record *record = *state;
    send_three_starts(record);
    agent_free(record->agent);
    record->agent = NULL;
    assert_int_equal(record->answers, 3);
    pause_briefly(record);
    assert_int_equal(record->answers, 3);
}

static void free_when_started(void *argument, size_t node, unsigned attempt, const struct error *error)
{
    struct record *record = argument;
    (void)node, (void)attempt, (void)error;
    record->answers++;
    agent_free(record->agent);
    record->agent = NULL;
    loop_stop(record->loop);
}

static void test_free_from_within_the_answer_of_a_start(void **state)
{
    struct record *record = *state;
    struct agent_start starts[2] = {{.node = 0, .attempt = 1}, {.node = 1, .attempt = 1}};
    add_node(record, "a", "true");
    add_node(record, "b", "true");
    assert_int_equal(agent_start(record->agent, &record->place, record->workflow, starts, 2, 0, free_when_started,
                         record, &record->error),
        STATUS_OK);
    loop_run(record->loop);
    pause_briefly(record);
    assert_int_equal(record->answers, 2);
}

static void test_time_runs_out(void **state)
{
    struct record *record = *state;
    await(record, agent_ping(record->agent, done, record, &record->error));
    agent_hurry(record->agent, 1000);
    signal_shell(record, SIGSTOP);
    await(record, agent_ping(record->agent, done, record, &record->error));
    assert_int_equal(record->error.status, STATUS_TIMEOUT);
    /* The late answer is thrown away, and the next one is for its own request. */
    signal_shell(record, SIGCONT);
    agent_hurry(record->agent, 1);
    record->done = 0;
    await(record, agent_ping(record->agent, done, record, &record->error));
    assert_int_equal(record->error.status, STATUS_OK);
    assert_int_equal(record->done, 1);
    /* Silence for long is the end. */
    agent_hurry(record->agent, 1000);
    signal_shell(record, SIGSTOP);
    await(record, agent_ping(record->agent, done, record, &record->error));
    loop_run(record->loop);
    assert_int_equal(record->closed, 1);
    assert_int_equal(record->reason.status, STATUS_TIMEOUT);
    signal_shell(record, SIGKILL);
}

static void test_free_answers_what_is_pending(void **state)
{
    struct record *record = *state;
    record->waiting = 100;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(agent_ping(record->agent, done, record, &record->error), STATUS_OK);
    agent_free(record->agent);
    record->agent = NULL;
    assert_int_equal(record->done, 3);
    assert_int_equal(record->error.status, STATUS_CANCELLED);
    pause_briefly(record);
    assert_int_equal(record->done, 3);
    assert_int_equal(record->closed + record->ready, 0);
}

static void test_close_answers_what_is_pending(void **state)
{
    struct record *record = *state;
    record->waiting = 100;
    assert_int_equal(agent_ping(record->agent, done, record, &record->error), STATUS_OK);
    agent_close(record->agent);
    assert_int_equal(record->done, 0);
    loop_run(record->loop);
    assert_int_equal(record->done, 1);
    assert_int_equal(record->error.status, STATUS_CANCELLED);
    assert_int_equal(record->closed, 1);
}

static void test_free_from_within_an_update(void **state)
{
    struct record *record = *state;
    struct agent_observer seen = observer(record);
    static const size_t nodes[] = {0, 1};
    add_node(record, "a", "true");
    add_node(record, "b", "true");
    record->free_in_update = true;
    assert_int_equal(
        agent_poll(record->agent, &record->place, record->workflow, nodes, 2, &seen, &record->error), STATUS_OK);
    record->waiting = 100;
    loop_run(record->loop);
    assert_int_equal(record->updates, 1);
    pause_briefly(record);
    assert_int_equal(record->updates, 1);
    assert_true(record->done <= 1);
}

static void test_hosts_that_are_none(void **state)
{
    struct record *record = *state;
    static const struct {
        const char *script;
        enum status reason;
    } rows[] = {
        {"#!/bin/sh\nexec head -c 3000000 /dev/zero\n", STATUS_PROTOCOL},
        {"#!/bin/sh\necho This account is closed.\nexit 1\n", STATUS_DISCONNECTED},
        {"#!/bin/sh\nwhile read -r a b c; do test \"$a\" = dagtop_hello && break; done\n"
         "printf '@@%s 0 begin\\n@@%s 0 end 0 0\\n' \"$b\" \"$b\"; read -r a\n",
            STATUS_PROTOCOL},
        {"#!/bin/sh\nwhile read -r a b c; do test \"$a\" = dagtop_hello && break; done\n"
         "printf '@@%s 1 begin\\n@@%s 1 end 0 0\\n' \"$b\" \"$b\"; read -r a\n",
            STATUS_PROTOCOL},
        {"#!/bin/sh\nwhile read -r a b c; do test \"$a\" = dagtop_hello && break; done\n"
         "printf '@@%s 0 begin\\n-\\tprotocol\\t2\\n-\\tanswer\\t42\\n@@%s 0 end 0 2\\n' \"$b\" \"$b\"; read -r a\n",
            STATUS_PROTOCOL},
    };
    char *path = in_home(record, "no-shell");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        agent_free(record->agent);
        write_file(path, rows[i].script, strlen(rows[i].script));
        chmod(path, 0700);
        open_agent(record, path);
        record->closed = record->done = 0;
        record->waiting = 2;
        assert_int_equal(agent_ping(record->agent, done, record, &record->error), STATUS_OK);
        loop_run(record->loop);
        assert_int_equal(record->closed, 1);
        assert_int_equal(record->done, 1);
        if (record->reason.status != rows[i].reason)
            fail_msg("row %zu: %s", i, record->reason.message);
        assert_int_equal(record->error.status, STATUS_DISCONNECTED);
    }
    assert_int_equal(record->ready, 0);
    free(path);
}

#define TEST(name, shell)                                                                                              \
    {                                                                                                                  \
#name " (" shell ")", name, setup, teardown, (void *)(uintptr_t)(const void *)shell                            \
    }
#define TESTS_IN(shell)                                                                                                \
    TEST(test_handshake_finds_facts, shell), TEST(test_scan_of_nothing, shell),                                        \
        TEST(test_start_and_poll_until_done, shell), TEST(test_refusals_have_words, shell),                            \
        TEST(test_script_arrives_byte_for_byte, shell), TEST(test_files_are_staged, shell),                            \
        TEST(test_environment_and_command_of_several_lines, shell),                                                    \
        TEST(test_other_files_of_the_run_directory, shell), TEST(test_cancel, shell), TEST(test_marks, shell),         \
        TEST(test_owner_and_driver, shell), TEST(test_attempts_and_clean, shell),                                      \
        TEST(test_polls_of_changing_sets, shell), TEST(test_shell_killed_in_the_middle, shell)

int main(void)
{
    const struct CMUnitTest in_dash[] = {TESTS_IN("/bin/dash")};
    const struct CMUnitTest in_bash[] = {TESTS_IN("/bin/bash")};
    const struct CMUnitTest in_busybox[] = {TESTS_IN("busybox")};
    const struct CMUnitTest in_sh[] = {
        TEST(test_poll_of_many_nodes_is_one_small_request, "/bin/sh"),
        TEST(test_time_runs_out, "/bin/sh"),
        TEST(test_shell_killed_while_starting, "/bin/sh"),
        TEST(test_free_while_starting, "/bin/sh"),
        TEST(test_free_from_within_the_answer_of_a_start, "/bin/sh"),
        TEST(test_free_answers_what_is_pending, "/bin/sh"),
        TEST(test_close_answers_what_is_pending, "/bin/sh"),
        TEST(test_free_from_within_an_update, "/bin/sh"),
        TEST(test_hosts_that_are_none, "/bin/sh"),
    };
    int failed = cmocka_run_group_tests(in_sh, NULL, NULL);
    if (access("/bin/dash", X_OK) == 0)
        failed += cmocka_run_group_tests(in_dash, NULL, NULL);
    if (access("/bin/bash", X_OK) == 0)
        failed += cmocka_run_group_tests(in_bash, NULL, NULL);
    if (access("/bin/busybox", X_OK) == 0)
        failed += cmocka_run_group_tests(in_busybox, NULL, NULL);
    return failed;
}
