/* SPDX-License-Identifier: Apache-2.0 */
#include "content.h"

#include <stdbool.h>
#include <string.h>

void content_open(struct text *text)
{
    text_append_byte(text, '\'');
}

void content_close(struct text *text)
{
    text_append_byte(text, '\'');
}

/* How a byte is written that cannot stand for itself within quotes; NULL: it can. */
static const char *written_as(char byte)
{
    switch (byte) {
    case '\\':
        return "\\\\";
    case '\0':
        return "\\0000";
    case '\'':
        return "'\\''";
    default:
        return NULL;
    }
}

void content_append(struct text *text, const char *bytes, size_t length)
{
    size_t start = 0;
    for (size_t i = 0; i < length; i++) {
        const char *written = written_as(bytes[i]);
        if (!written)
            continue;
        text_append(text, bytes + start, i - start);
        text_append_string(text, written);
        start = i + 1;
    }
    text_append(text, bytes + start, length - start);
}

static void append_string(struct text *text, const char *string)
{
    content_append(text, string, strlen(string));
}

void content_append_home(struct text *text)
{
    text_append_string(text, "'\"$HOME\"'");
}

/* The inner quotes are the request file's; the outer ones, which content_append keeps, the stream's. */
static void append_quoted(struct text *text, const char *value)
{
    for (const char *quote = strchr(value, '\''); quote; quote = strchr(value, '\'')) {
        content_append(text, value, (size_t)(quote - value));
        append_string(text, "'\\''");
        value = quote + 1;
    }
    append_string(text, value);
}

void content_append_line(struct text *text, const char *name, const char *value)
{
    append_string(text, name);
    append_string(text, "='");
    append_quoted(text, value);
    append_string(text, "'\n");
}

static void append_path(struct text *text, const char *path)
{
    bool at_home = strcmp(path, "~") == 0 || strncmp(path, "~/", 2) == 0;
    if (at_home)
        content_append_home(text);
    append_quoted(text, path + at_home);
}

void content_append_path_line(struct text *text, const char *name, const char *folder, const char *path)
{
    append_string(text, name);
    append_string(text, "='");
    if (*path != '/' && *path != '~') {
        append_path(text, folder);
        append_string(text, "/");
    }
    append_path(text, path);
    append_string(text, "'\n");
}
