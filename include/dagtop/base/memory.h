/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is there or the program ends: callers never see NULL. */
#ifndef DAGTOP_BASE_MEMORY_H
#define DAGTOP_BASE_MEMORY_H

#include <stddef.h>

/* size bytes, zeroed; free() releases them. Aborts when there is no memory. */
void *memory_new(size_t size) __attribute__((malloc, returns_nonnull));

/* count * size bytes, zeroed; the product is checked. */
void *memory_new_array(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* A copy of a string (never NULL); memory_copy_text(NULL) is NULL. The caller frees it. */
char *memory_copy_text(const char *text);

/* A copy of length bytes of text with a NUL appended. The caller frees it. */
char *memory_copy_span(const char *text, size_t length) __attribute__((returns_nonnull));

/* A freshly allocated string by format; the caller frees it. */
char *memory_format(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

/*
 * Makes room for needed items of item_size in the array that items points at (pass &array), doubling its capacity; new
 * items are zeroed.
 */
void memory_grow(void *items, size_t *capacity, size_t needed, size_t item_size);

/* Called once before the program aborts for want of memory or a broken invariant: restores the terminal. */
void memory_set_abort_hook(void (*hook)(void));

/* Ends the program with a sentence on stderr: a broken invariant, never something that a file or host sent. */
void broken(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
