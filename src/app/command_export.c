/* SPDX-License-Identifier: Apache-2.0 */
/* export: the workflow with its scripts, records and results in one archive. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "crate.h"
#include "dagtop/base/memory.h"
#include "dagtop/sweep/generation.h"
#include "dagtop/sweep/result_table.h"
#include "results.h"

extern char **environ;

/* What a node runs: its script and files, where they lie below the workflow's folder. */
static void add_sources(struct crate *crate, const struct workflow *workflow, const struct node *node)
{
    if (node->script_path && node->script)
        crate_link(crate, node->script_path, node->script, "script");
    for (size_t i = 0; i < node->file_count; i++) {
        const char *name = node->files[i], *marker = strstr(name, "/./");
        char *path = *name == '/' ? memory_copy_text(name) : memory_format("%s/%s", workflow->folder, name);
        char *target =
            marker ? memory_format("%.*s/%s", (int)(marker - name), name, marker + 3) : memory_copy_text(name);
        size_t length = strlen(target);
        while (length > 1 && target[length - 1] == '/')
            target[--length] = '\0';
        crate_link(crate, path, target, "file that a node uses");
        free(path);
        free(target);
    }
}

/* What a node has left: its record, and of a node of this machine its log and results. */
static void add_record(struct crate *crate, const struct session *session, size_t index)
{
    static const char *const left[] = {"results.json", "results.csv"};
    const struct node *node = &engine_snapshot(session->engine)->workflow->nodes[index];
    char *folder = results_run_directory(session, node), *target = memory_format("records/%s", node->name);
    char *record = memory_format("%s/record.json", target);
    crate_write(crate, record, crate_record(crate, index), "what happened to a node");
    for (size_t i = 0; folder && i < sizeof left / sizeof *left; i++) {
        char *path = memory_format("%s/%s", folder, left[i]), *inner = memory_format("%s/%s", target, left[i]);
        crate_link(crate, path, inner, "results of a node");
        free(path);
        free(inner);
    }
    char *log = folder ? memory_format("%s/%s.log", folder, node->name) : NULL;
    char *log_target = memory_format("%s/%s.log", target, node->name);
    if (log)
        crate_link(crate, log, log_target, "log of a node");
    free(log);
    free(log_target);
    free(record);
    free(target);
    free(folder);
}

static void fill(struct crate *crate, struct session *session)
{
    static const char *const beside[] = {"experiments.json", GENERATION_SOURCES};
    const struct snapshot *snapshot = engine_snapshot(session->engine);
    const struct workflow *workflow = snapshot->workflow;
    struct result_table table;
    crate_link(crate, workflow->file, "workflow.yaml", "workflow");
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        char *path = memory_format("%s/%s", workflow->folder, beside[i]);
        crate_link(crate, path, beside[i], "what the sweep was made from");
        free(path);
    }
    for (size_t i = 0; i < workflow->node_count; i++) {
        add_sources(crate, workflow, &workflow->nodes[i]);
        if (snapshot->views[i].attempt)
            add_record(crate, session, i);
    }
    result_table_init(&table);
    if (results_gather(session, &table))
        crate_write(
            crate, "results.json", results_as_json(&table, workflow->name, snapshot->now), "results of the sweep");
    result_table_release(&table);
    crate_write(crate, "ro-crate-metadata.json", crate_metadata(crate), NULL);
}

/* Runs tar(1) on the folder, which follows its links. */
static enum status pack(const struct crate *crate, const char *output, struct error *error)
{
    char *name = strrchr(crate->top, '/') + 1, *safe = memory_format("./%s", name);
    const char *const arguments[] = {"tar", "-c", "-h", "-z", "-f", output, "-C", crate->folder, safe, NULL};
    pid_t process;
    int code = 0, number = posix_spawnp(&process, "tar", NULL, NULL, (char *const *)arguments, environ);
    free(safe);
    if (number != 0)
        return error_set_errno(error, number, "cannot run tar");
    while (waitpid(process, &code, 0) < 0)
        if (errno != EINTR)
            return error_set_errno(error, errno, "cannot wait for tar");
    if (!WIFEXITED(code) || WEXITSTATUS(code) != 0)
        return error_set(error, STATUS_SYSTEM, "tar has failed");
    return STATUS_OK;
}

/* The archive is there whole or not at all. */
static enum status write_archive(const struct crate *crate, const char *output, struct error *error)
{
    char *absolute = *output == '/' ? memory_copy_text(output) : NULL;
    char folder[4096];
    if (!absolute && !getcwd(folder, sizeof folder))
        return error_set_errno(error, errno, "the working directory is not known");
    if (!absolute)
        absolute = memory_format("%s/%s", folder, output);
    char *temporary = memory_format("%s.%ld.new", absolute, (long)getpid());
    enum status status = pack(crate, temporary, error);
    if (status == STATUS_OK && rename(temporary, absolute) != 0)
        status = error_set_errno(error, errno, "cannot write %s", output);
    if (status != STATUS_OK)
        unlink(temporary);
    free(temporary);
    free(absolute);
    return status;
}

enum exit_code command_export(const struct arguments *arguments)
{
    struct session session;
    struct crate crate;
    struct error error;
    const char *output = arguments->value[OPTION_output];
    if (!output || !*output) {
        complain("export needs an archive: dagtop export WORKFLOW.yaml --output=FILE.tar.gz");
        return EXIT_CODE_USAGE;
    }
    enum exit_code code = session_open(&session, arguments);
    if (code != EXIT_CODE_FINE)
        return code;
    if (!session_wait_complete(&session))
        code = session.interrupted ? EXIT_CODE_INTERRUPTED : EXIT_CODE_HOST;
    enum status status = crate_open(&crate, &session, &error);
    if (status == STATUS_OK) {
        fill(&crate, &session);
        status = crate.error.status;
        error = crate.error;
        if (status == STATUS_OK)
            status = write_archive(&crate, output, &error);
        if (status == STATUS_OK)
            complain("%zu files in %s", json_object_size(crate.files) + 1, output);
        crate_close(&crate);
    }
    if (status != STATUS_OK) {
        complain("%s", error.message);
        code = EXIT_CODE_USAGE;
    }
    session_close(&session);
    return code;
}
