/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of the keys that a map of a file may have: a row names a key, what its value must be and where it goes. */
#ifndef DAGTOP_LOAD_SCHEMA_H
#define DAGTOP_LOAD_SCHEMA_H

#include <stdint.h>

#include "dagtop/load/document.h"
#include "dagtop/model/attributes.h"

enum schema_type {
    SCHEMA_TEXT,     /* char *: any text; "" gives NULL */
    SCHEMA_LINE,     /* char *: a text without control characters; "" gives NULL */
    SCHEMA_NAME,     /* char *: schema_is_name; "" gives NULL */
    SCHEMA_CHOICE,   /* char *: one of the choices */
    SCHEMA_NUMBER,   /* unsigned: a whole number from lowest to highest */
    SCHEMA_DURATION, /* int64_t, milliseconds: from lowest to highest seconds */
    SCHEMA_WORDS,    /* struct attributes: a map of texts; what the target has already stays */
    SCHEMA_SPECIAL,  /* the row's own function */
    SCHEMA_SECTION   /* known, and read by whoever reads the map */
};

enum { SCHEMA_ROWS_LIMIT = 64, SCHEMA_WORDS_LIMIT = 1000, SCHEMA_PATH_LIMIT = 256 };

struct schema_row {
    const char *key;
    enum schema_type type;
    bool required;
    size_t offset; /* of the field in the target */
    unsigned lowest, highest;
    const char *const *choices;                                      /* ends with NULL */
    const char *(*word_problem)(const char *key, const char *value); /* SCHEMA_WORDS: a complaint, or NULL */
    void (*set)(struct reading *reading, void *target, const struct value *value); /* SCHEMA_SPECIAL */
};

struct schema {
    const struct schema_row *rows;
    size_t count; /* at most SCHEMA_ROWS_LIMIT */
    void (*unknown)(struct reading *reading, const struct schema *schema, void *target, const struct value_item *item);
};

/*
 * Sets the fields of target from a map by the table. Null values count as not given. Returns a bit for each row that
 * was given (row 0 is bit 0), also where its value was a mistake.
 */
uint64_t schema_apply(struct reading *reading, const struct schema *schema, void *target, const struct value *map);

/* The row of a key, or NULL. */
const struct schema_row *schema_find(const struct schema *schema, const char *key);

/* Sets the field of one row. False where value is null: nothing was given. */
bool schema_set(struct reading *reading, const struct schema_row *row, void *target, const struct value *value);

/* The known key that key was probably meant to be, or NULL. */
const char *schema_nearest(const struct schema *schema, const char *key);

/* For schema.unknown: an unknown key is a mistake. */
void schema_refuse(struct reading *reading, const struct schema *schema, void *target, const struct value_item *item);

/* For schema.unknown: an unknown key is passed over. */
void schema_ignore(struct reading *reading, const struct schema *schema, void *target, const struct value_item *item);

/* True for a map. Anything else but a null value is told as a mistake. */
bool schema_is_map(struct reading *reading, const char *key, const struct value *value);

/* True where text can be a host or a login name: no blank, no control character, no '-' at its beginning. */
bool schema_is_name(const char *text);

/* For paths and options: false and told where the text holds a control character. */
bool schema_check_line(struct reading *reading, const char *key, const struct value *value);

/* Adds key with its text to attributes that lack it. The items of a list of texts are joined by ", "; what is in other
 * lists and maps gets the keys on its way joined by '.', at most SCHEMA_PATH_LIMIT bytes. */
void schema_flatten(struct reading *reading, struct attributes *attributes, const char *key, const struct value *value);

#endif
