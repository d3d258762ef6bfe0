/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "dagtop/base/clock.h"

static FILE *log_stream;

enum status log_open(const char *path, struct error *error)
{
    int descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return error_set_errno(error, errno, "cannot open the log %s", path);
    log_close();
    log_stream = fdopen(descriptor, "a");
    if (!log_stream) {
        close(descriptor);
        return error_set_errno(error, errno, "cannot open the log %s", path);
    }
    setvbuf(log_stream, NULL, _IOLBF, 0);
    return STATUS_OK;
}

void log_close(void)
{
    if (log_stream)
        fclose(log_stream);
    log_stream = NULL;
}

void log_write(const char *module, const char *format, ...)
{
    if (!log_stream)
        return;
    char time[32];
    wall_time now = clock_wall();
    fprintf(log_stream, "%s.%03d %s: ", clock_format_utc(now, time, sizeof time), (int)(now % 1000), module);
    va_list list;
    va_start(list, format);
    vfprintf(log_stream, format, list);
    va_end(list);
    fputc('\n', log_stream);
}
