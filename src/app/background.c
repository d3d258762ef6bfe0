/* SPDX-License-Identifier: Apache-2.0 */
#include "background.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dagtop/base/memory.h"

/* Makes every folder of path, which is absolute. */
static void make_folders(const char *path)
{
    char *copy = memory_copy_text(path);
    for (char *slash = copy + 1; *slash; slash++)
        if (*slash == '/') {
            *slash = '\0';
            mkdir(copy, 0700);
            *slash = '/';
        }
    mkdir(copy, 0700);
    free(copy);
}

/* The path of the log; the caller frees it. NULL without a home. */
static char *log_path(const char *name)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *folder = state && state[0] == '/' ? memory_format("%s/dagtop", state)
                   : home && home[0] == '/' ? memory_format("%s/.local/state/dagtop", home)
                                            : NULL;
    if (!folder)
        return NULL;
    make_folders(folder);
    char *path = memory_format("%s/%s.log", folder, name);
    free(folder);
    return path;
}

/* Lets go of the terminal. */
static void detach(int log)
{
    setsid();
    int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    close(null);
    close(log);
    setvbuf(stdout, NULL, _IOLBF, 0);
}

bool background_begin(const char *name, enum exit_code *code)
{
    *code = EXIT_CODE_USAGE;
    char *path = log_path(name);
    if (!path) {
        complain("HOME is not set, so there is no place for the log of a run in the background");
        return false;
    }
    bool child = false;
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    pid_t process = log < 0 ? -1 : fork();
    if (process < 0) {
        complain("cannot go to the background with the log %s: %s", path, strerror(errno));
    } else if (process == 0) {
        detach(log);
        child = true;
    } else {
        printf("running in the background: process %ld, log %s\n", (long)process, path);
        *code = EXIT_CODE_FINE;
    }
    if (log >= 0 && !child)
        close(log);
    free(path);
    return child;
}

enum status background_spawn(const char *file, struct error *error)
{
    char *path = realpath("/proc/self/exe", NULL);
    pid_t process = path ? fork() : -1;
    if (process < 0) {
        free(path);
        return error_set_errno(error, errno, "cannot start a run in the background");
    }
    if (process == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execl(path, "dagtop", "run", "--background", "--", file, (char *)NULL);
        _exit(127);
    }
    free(path);
    int status = 0;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR)
        continue;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return error_set(error, STATUS_SYSTEM, "the run in the background did not start");
    return STATUS_OK;
}
