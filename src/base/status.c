/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/base/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"

const char *status_text(enum status status)
{
    static const char *const texts[] = {
#define STATUS_TEXT(name, text) [STATUS_##name] = text,
        STATUS_TABLE(STATUS_TEXT)
#undef STATUS_TEXT
    };
    return (size_t)status < sizeof texts / sizeof *texts ? texts[status] : "unknown error";
}

FORMAT_LIKE_PRINTF(3, 0)
static enum status fill(struct error *error, enum status status, const char *format, va_list list)
{
    if (error) {
        error->status = status;
        error->file[0] = '\0';
        error->line = error->column = 0;
        vsnprintf(error->message, sizeof error->message, format, list);
    }
    return status;
}

static void place(struct error *error, const char *file, unsigned line, unsigned column)
{
    snprintf(error->file, sizeof error->file, "%s", file ? file : "");
    error->line = line;
    error->column = column;
}

enum status error_set(struct error *error, enum status status, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fill(error, status, format, list);
    va_end(list);
    return status;
}

enum status error_set_at(
    struct error *error, enum status status, const char *file, unsigned line, unsigned column, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fill(error, status, format, list);
    va_end(list);
    if (error)
        place(error, file, line, column);
    return status;
}

enum status error_set_errno(struct error *error, int number, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fill(error, STATUS_SYSTEM, format, list);
    va_end(list);
    if (error) {
        size_t length = strlen(error->message);
        snprintf(error->message + length, sizeof error->message - length, ": %s", strerror(number));
    }
    return STATUS_SYSTEM;
}

void error_list_init(struct error_list *list)
{
    *list = (struct error_list){0};
}

void error_list_release(struct error_list *list)
{
    free(list->errors);
    *list = (struct error_list){0};
}

enum status error_list_add(struct error_list *list, enum status status, const char *file, unsigned line,
    unsigned column, const char *format, ...)
{
    if (list->count == ERROR_LIST_LIMIT) {
        list->overflow++;
        return status;
    }
    if (!list->errors)
        list->errors = memory_new_array(ERROR_LIST_LIMIT, sizeof *list->errors);
    struct error *error = &list->errors[list->count++];
    va_list arguments;
    va_start(arguments, format);
    fill(error, status, format, arguments);
    va_end(arguments);
    place(error, file, line, column);
    return status;
}
