/* SPDX-License-Identifier: Apache-2.0 */
/* The command that opens a shell where a node runs. */
#ifndef DAGTOP_UI_SHELL_COMMAND_H
#define DAGTOP_UI_SHELL_COMMAND_H

#include "dagtop/model/derive.h"

/*
 * Arguments, ended by NULL, of a program for the terminal: a shell on this machine, ssh(1) to another, and into a
 * running Slurm job by `srun --overlap`. directory (may begin with "~/", may be NULL) is where it begins; where it does
 * not exist, at home. The caller frees it with shell_command_free.
 */
char **shell_command(const struct node *node, const struct node_view *view, const char *directory);
void shell_command_free(char **arguments);

#endif
