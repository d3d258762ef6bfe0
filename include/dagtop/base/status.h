/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can go wrong, and how it is told.
 *
 * Every function that can fail returns an enum status and fills, where the caller gives one, a struct error with the
 * sentence that a person reads. Running out of memory and broken invariants are not errors but abort (base/memory.h).
 */
#ifndef DAGTOP_BASE_STATUS_H
#define DAGTOP_BASE_STATUS_H

#include <stdarg.h>

#define STATUS_TABLE(STATUS)                                                                                           \
    STATUS(OK, "no error")                                                                                             \
    STATUS(INVALID, "not valid")                                                                                       \
    STATUS(NOT_FOUND, "not found")                                                                                     \
    STATUS(EXISTS, "exists already")                                                                                   \
    STATUS(REFUSED, "refused")                                                                                         \
    STATUS(BUSY, "no room now")                                                                                        \
    STATUS(UNSUPPORTED, "not supported here")                                                                          \
    STATUS(TOO_LARGE, "larger than the limit")                                                                         \
    STATUS(SYSTEM, "system error")                                                                                     \
    STATUS(PROTOCOL, "unexpected answer")                                                                              \
    STATUS(DISCONNECTED, "connection lost")                                                                            \
    STATUS(TIMEOUT, "time ran out")                                                                                    \
    STATUS(CANCELLED, "cancelled")

enum status {
#define STATUS_ENUM(name, text) STATUS_##name,
    STATUS_TABLE(STATUS_ENUM)
#undef STATUS_ENUM
};

#define MUST_CHECK __attribute__((warn_unused_result))
#define FORMAT_LIKE_PRINTF(position, arguments) __attribute__((format(printf, position, arguments)))

/* As much of what a host or a scheduler says as is shown, with what is said around it. */
enum { ERROR_MESSAGE_LIMIT = 9 << 10 };

/* One error, owned by the caller. file is "" and line 0 where no place is known; line and column count from 1. */
struct error {
    enum status status;
    char file[512];
    unsigned line, column;
    char message[ERROR_MESSAGE_LIMIT];
};

/* The fixed text of a status, never NULL. */
const char *status_text(enum status status);

/* Fills error (may be NULL) with a status and a formatted sentence, cut at the size of its buffer; returns status. */
enum status error_set(struct error *error, enum status status, const char *format, ...) FORMAT_LIKE_PRINTF(3, 4);

/* As error_set, with the place in a file. */
enum status error_set_at(struct error *error, enum status status, const char *file, unsigned line, unsigned column,
    const char *format, ...) FORMAT_LIKE_PRINTF(6, 7);

/* As error_set, with the sentence of errno appended: "MESSAGE: No such file or directory". */
enum status error_set_errno(struct error *error, int number, const char *format, ...) FORMAT_LIKE_PRINTF(3, 4);

/* A list of errors, so that a file's mistakes are all told in one run. */
enum { ERROR_LIST_LIMIT = 50 };

struct error_list {
    struct error *errors;
    unsigned count;    /* stored, at most ERROR_LIST_LIMIT */
    unsigned overflow; /* further ones, only counted */
};

/* An empty list; error_list_release frees what it holds. */
void error_list_init(struct error_list *list);
void error_list_release(struct error_list *list);

/* Appends a formatted error with its place; beyond the limit it is only counted. Returns status. */
enum status error_list_add(struct error_list *list, enum status status, const char *file, unsigned line,
    unsigned column, const char *format, ...) FORMAT_LIKE_PRINTF(6, 7);

#endif
