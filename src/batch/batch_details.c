/* SPDX-License-Identifier: Apache-2.0 */
/* Everything about one job, for people: "scontrol show job" and sstat(1), whose lines are words like "Name=value". */
#include <stdlib.h>
#include <string.h>

#include "batch_private.h"
#include "dagtop/base/memory.h"

/* What of it is shown, and under which name; the value goes to the end of the line where it may hold blanks. */
static const struct {
    const char *word, *name;
    bool to_end;
} fields[] = {
    {"ExitCode", "exit code", false},
    {"Restarts", "restarts", false},
    {"Dependency", "dependency", false},
    {"StartTime", NULL, false},
    {"ReqNodeList", "nodes asked", false},
    {"ReqTRES", "resources asked", false},
    {"AllocTRES", "resources", false},
    {"TRES", "resources", false},
    {"Features", "features", false},
    {"Licenses", "licenses", false},
    {"Command", "submitted file", true},
    {"WorkDir", "working directory", true},
    {"StdErr", "standard error", true},
    {"StdOut", "standard output", true},
    {"MaxRSS", "memory used", false},
    {"AveCPU", "processor time a task", false},
};

static bool says_something(const char *value)
{
    static const char *const nothing[] = {"", "(null)", "N/A", "None", "Unknown", "0", "0:0"};
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        if (strcmp(value, nothing[i]) == 0)
            return false;
    return true;
}

/* A word of a line; the rest of the line belongs to some words. True where the line ends with it. */
static bool read_word(const char *word, size_t length, struct attributes *details)
{
    size_t line = strlen(word);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        size_t name = strlen(fields[i].word);
        if (length <= name || strncmp(word, fields[i].word, name) != 0 || word[name] != '=')
            continue;
        char *value = memory_copy_span(word + name + 1, (fields[i].to_end ? line : length) - name - 1);
        if (fields[i].name && says_something(value))
            attributes_set(details, fields[i].name, value);
        free(value);
        return fields[i].to_end;
    }
    return false;
}

/* Names and comments may hold anything, also what looks like another word: their lines are not for us. */
static bool is_free_text(const char *line)
{
    return strncmp(line, "JobId=", 6) == 0 || strncmp(line, "Comment=", 8) == 0 ||
           strncmp(line, "AdminComment=", 13) == 0 || strncmp(line, "SystemComment=", 14) == 0;
}

static void read_line(const char *line, struct attributes *details)
{
    line += strspn(line, " \t");
    if (is_free_text(line))
        return;
    while (*line) {
        size_t length = strcspn(line, " ");
        if (read_word(line, length, details))
            return;
        line += length;
        line += strspn(line, " ");
    }
}

void batch_read_details(const struct batch_system *system, const char *answer, struct attributes *details)
{
    bool is_first = true;
    if (!system->append_details)
        return;
    while (*answer) {
        size_t length = strcspn(answer, "\n");
        char *line = memory_copy_span(answer, length);
        /* Of an array only its first task is taken: a second job begins. */
        bool begins = strncmp(line, "JobId=", 6) == 0;
        if (begins && !is_first)
            length = strlen(answer);
        else
            read_line(line, details);
        is_first &= !begins;
        free(line);
        answer += length;
        answer += *answer == '\n';
    }
}

bool batch_append_details(const struct batch_system *system, const char *cluster, const char *id, struct text *command)
{
    if (!system->append_details)
        return false;
    system->append_details(cluster, id, command);
    return true;
}
