/* SPDX-License-Identifier: Apache-2.0 */
/* What ssh_config(5) says of a host: the lines that `ssh -G` prints, "keyword value" each. */
#ifndef DAGTOP_SSH_CONFIG_H
#define DAGTOP_SSH_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

struct ssh_setting {
    char *keyword, *value; /* keyword in small letters */
};

struct ssh_config {
    struct ssh_setting *settings;
    size_t count, capacity;
};

/* Lines that are read of one answer; real ones have about a hundred. */
enum { SSH_CONFIG_LINE_LIMIT = 2000 };

/* Reads the output of `ssh -G`, whatever it holds. */
void ssh_config_read(struct ssh_config *config, const char *text);
void ssh_config_release(struct ssh_config *config);

/* The value of a keyword, NULL where it is not set or "none". */
const char *ssh_config_value(const struct ssh_config *config, const char *keyword);

/* The values of a keyword that may come several times: *position begins at 0; NULL after the last. */
const char *ssh_config_next(const struct ssh_config *config, const char *keyword, size_t *position);

/* Whether the keyword is set to yes, true or always. */
bool ssh_config_is_on(const struct ssh_config *config, const char *keyword);

/* Its number, or otherwise where it has none. */
unsigned ssh_config_number(const struct ssh_config *config, const char *keyword, unsigned otherwise);

/* Whether a comma-separated list holds the word. */
bool ssh_config_list_has(const char *list, const char *word);

/* A path with a leading "~/" taken from the home directory. The caller frees it. */
char *ssh_config_path(const char *path, const char *home);

/* The name of the host in known_hosts: "host", "[host]:2022". The caller frees it. */
char *ssh_config_known_name(const struct ssh_config *config);

#endif
