/* SPDX-License-Identifier: Apache-2.0 */
/* The config file $XDG_CONFIG_HOME/dagtop/config.yaml and theme files: YAML in, settings out. */
#ifndef DAGTOP_LOAD_CONFIG_FILE_H
#define DAGTOP_LOAD_CONFIG_FILE_H

#include "dagtop/base/status.h"
#include "dagtop/model/settings.h"

/* The path of the config file by XDG rules ("~/.config/dagtop/config.yaml"), or NULL without a home. The caller frees
 * it. */
char *config_file_path(void);

/*
 * Reads path into settings (initialised, empty). A file that does not exist is STATUS_OK and nothing read. Mistakes are
 * told as for workflow files.
 */
enum status config_file_load(const char *path, struct settings *settings, struct error_list *errors) MUST_CHECK;

/*
 * Reads a flat YAML map of words to words (a theme file: style -> colours) into attributes, with places. Nested maps
 * give keys joined by '.'.
 */
enum status config_file_load_map(const char *path, struct attributes *attributes, struct error_list *errors) MUST_CHECK;

#endif
