/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contents (docs/agent.md 1): shell words that carry any bytes. `\` goes as `\\`, NUL as `\0000`, and the whole is
 * quoted; the host prints it with printf %b.
 */
#ifndef DAGTOP_CONTENT_H
#define DAGTOP_CONTENT_H

#include "dagtop/base/text.h"

enum { CONTENT_LIMIT = 64 << 10 }; /* bytes that one content may carry */

/* Begin and end a content; between them only the following two append. */
void content_open(struct text *text);
void content_close(struct text *text);

void content_append(struct text *text, const char *bytes, size_t length);

/* What the host's shell has in HOME. */
void content_append_home(struct text *text);

/* A line NAME='VALUE', the value quoted for a shell. */
void content_append_line(struct text *text, const char *name, const char *value);

/*
 * A line whose value is a path of the host: "~/" at its beginning becomes its home; a relative path begins in folder,
 * which may begin with "~/".
 */
void content_append_path_line(struct text *text, const char *name, const char *folder, const char *path);

#endif
