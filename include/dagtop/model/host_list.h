/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host lists: "train-[1-3,7],end" is train-1 train-2 train-3 train-7 end; zero padding is kept ("a[01-10]").
 * The syntax is that of python-hostlist and of Slurm's hostlists: several brackets multiply, the last one fastest.
 */
#ifndef DAGTOP_MODEL_HOST_LIST_H
#define DAGTOP_MODEL_HOST_LIST_H

#include <stddef.h>

#include "dagtop/base/status.h"

enum { HOST_LIST_LIMIT = 100000 };

struct name_list {
    char **names;
    size_t count, capacity;
};

void name_list_init(struct name_list *list);
void name_list_release(struct name_list *list);

/* Appends a copy of name. */
void name_list_add(struct name_list *list, const char *name);

/*
 * Appends the expansion of text to list, blanks around names dropped, duplicates kept. STATUS_INVALID with a sentence
 * and error->column (counted from 1 within text) for unbalanced brackets, empty or descending ranges, empty names
 * between commas; STATUS_TOO_LARGE beyond HOST_LIST_LIMIT names, 16 MiB or 16 brackets in a name. On failure the list
 * is as it was.
 */
enum status host_list_expand(const char *text, struct name_list *list, struct error *error) MUST_CHECK;

#endif
