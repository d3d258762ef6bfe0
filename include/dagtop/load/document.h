/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The YAML door: bytes in, a tree of values out, each with its place. The only user of libyaml.
 *
 * The tree never holds a key twice in one map nor a NUL byte. Aliases are the value of their anchor (shared, never a
 * cycle), merge keys ("<<") are merged as in YAML 1.1. Nesting, the number of values and what aliases expand to are
 * limited, so that walking the whole tree is always cheap.
 */
#ifndef DAGTOP_LOAD_DOCUMENT_H
#define DAGTOP_LOAD_DOCUMENT_H

#include "dagtop/base/text.h"
#include "dagtop/load/reading.h"

enum {
    DOCUMENT_BYTES_LIMIT = 64 << 20,
    DOCUMENT_DEPTH_LIMIT = 100,
    DOCUMENT_VALUES_LIMIT = 2000000,
    DOCUMENT_EXPANDED_LIMIT = 256 << 20 /* bytes, a value counting 64 besides its text */
};

enum value_kind { VALUE_NULL, VALUE_TEXT, VALUE_LIST, VALUE_MAP };

struct value_item {
    const struct value *key; /* a text; NULL in a list */
    const struct value *value;
};

struct value {
    enum value_kind kind;
    bool plain; /* the text was written without quotes: a reader may take it as a number or a truth */
    bool exact; /* text stands on one line as it is, its first byte at text_column */
    struct place place;
    unsigned text_column;
    const char *text;               /* VALUE_TEXT; "" in the others */
    const struct value_item *items; /* VALUE_LIST, VALUE_MAP */
    size_t count;
    size_t weight; /* bytes counted for it with all that it holds */
};

struct document; /* opaque: owns a tree */

/*
 * Parses length bytes. STATUS_OK: *root is the tree (VALUE_NULL for an empty file), owned by *document, which the
 * caller frees; keys that stand twice were told and dropped. Else NULL, and the mistake was told.
 */
enum status document_parse(struct reading *reading, const char *bytes, size_t length, struct document **document,
    const struct value **root) MUST_CHECK;

/* The file's bytes, for document_parse. STATUS_NOT_FOUND where there is none: that is not told. */
enum status document_read(struct reading *reading, const char *path, struct text *text) MUST_CHECK;

/* As document_parse from a file. STATUS_NOT_FOUND where there is none: that is not told. */
enum status document_load(
    struct reading *reading, const char *path, struct document **document, const struct value **root) MUST_CHECK;

/* Frees the tree; NULL is fine. */
void document_free(struct document *document);

/* The value of key in a map, or NULL; NULL for what is no map. A scan: for small maps. */
const struct value *value_get(const struct value *map, const char *key);

/* A value within a sentence: its text in quotes, or "empty", "a list", "a map". */
struct quoted value_describe(const struct value *value);

#endif
