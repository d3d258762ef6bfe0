/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration of a sweep: YAML and JSON files one after the other, and what the command line sets. A tree that
 * can be changed; every setting knows where it was written.
 */
#ifndef DAGTOP_SWEEP_CONFIGURATION_H
#define DAGTOP_SWEEP_CONFIGURATION_H

#include "dagtop/base/text.h"
#include "dagtop/load/reading.h"

enum { CONFIGURATION_SETTINGS_LIMIT = 200000 };

enum setting_kind { SETTING_NULL, SETTING_TEXT, SETTING_LIST, SETTING_MAP };

struct setting {
    enum setting_kind kind;
    char *key;             /* NULL in a list */
    char *text;            /* SETTING_TEXT; else NULL */
    bool plain;            /* written without quotes: may be a number or a truth */
    struct setting *items; /* of a list or a map */
    size_t count, capacity;
    const char *file; /* borrowed; "" for the command line */
    struct place place;
};

struct configuration {
    struct setting root; /* a map */
    char **files;        /* as they were named, in their order */
    size_t file_count, file_capacity, setting_count;
};

void configuration_init(struct configuration *configuration);
void configuration_release(struct configuration *configuration);

/*
 * Reads a file. A top-level key replaces the whole of an earlier one and keeps its place, as cloudmesh-ee merges.
 * STATUS_INVALID with all mistakes in errors; STATUS_NOT_FOUND, told as well.
 */
enum status configuration_add_file(
    struct configuration *configuration, const char *path, struct error_list *errors) MUST_CHECK;

/* As configuration_add_file from length bytes in memory; name stands for the path in messages. */
enum status configuration_add_bytes(struct configuration *configuration, const char *name, const char *bytes,
    size_t length, struct error_list *errors) MUST_CHECK;

/*
 * Carries out "a=1,b.c=2": sets the text at a path, making maps on its way. A comma within brackets or quotes, or that
 * no KEY= follows, belongs to the value. STATUS_INVALID for what is no assignment or leads through a text or a list.
 */
enum status configuration_set(
    struct configuration *configuration, const char *assignments, struct error *error) MUST_CHECK;

/* Carries out "epoch=[1-3] lr=0.1,0.01" below experiment: blanks separate, values are read as lists of texts. */
enum status configuration_set_experiment(
    struct configuration *configuration, const char *assignments, struct error *error) MUST_CHECK;

/* The member of a map, or NULL; NULL for what is no map. */
const struct setting *setting_get(const struct setting *map, const char *key);

/* The setting at a path "a.b.c" (a key may itself hold dots), or NULL. */
const struct setting *configuration_find(const struct configuration *configuration, const char *path);

/* Tells a mistake at the place of a setting, made safe for terminals. Returns STATUS_INVALID. */
enum status setting_error(struct error_list *errors, const struct setting *setting, const char *format, ...)
    FORMAT_LIKE_PRINTF(3, 4);

/* True where a plain text is a number, a truth or null to readers of YAML. */
bool setting_is_typed(const char *text);

/* Appends the JSON string of bytes, which is a double-quoted scalar of YAML too. Invalid UTF-8 becomes U+FFFD. */
void configuration_append_quoted(struct text *text, const char *string);

/* Appends a scalar of YAML on one line: as it is where it was plain or needs no quotes, else in double quotes. */
void configuration_append_scalar(struct text *text, const char *string, bool plain);

#endif
