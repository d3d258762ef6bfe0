/* SPDX-License-Identifier: Apache-2.0 */
/* A short run of ssh(1) that only tells something (-G, -O check): its output, within a time limit. */
#ifndef DAGTOP_SSH_COMMAND_H
#define DAGTOP_SSH_COMMAND_H

#include "dagtop/base/text.h"
#include "dagtop/transport/transport_ssh.h"

struct ssh_command;

/* exit_status is negative where it was ended by the limit or a signal. output and trouble are cut at 256 and 4 KiB. */
typedef void ssh_command_function(
    void *argument, int exit_status, const struct text *output, const struct text *trouble);

/* Words of a command line. */
struct ssh_words {
    char *words[64];
    size_t count;
};
void ssh_words_add(struct ssh_words *words, const char *word);
void ssh_words_add_format(struct ssh_words *words, const char *format, ...) FORMAT_LIKE_PRINTF(2, 3);
void ssh_words_release(struct ssh_words *words);

/* Adds what names a target: -l, -p, --, the name. */
void ssh_words_add_target(struct ssh_words *words, const struct ssh_target *target);

/* Runs it. done is called once, unless the command was freed before. */
enum status ssh_command_new(struct loop *loop, const struct ssh_words *words, int64_t limit, ssh_command_function *done,
    void *argument, struct ssh_command **command, struct error *error) MUST_CHECK;

/* Ends it when it still runs. */
void ssh_command_free(struct ssh_command *command);

/* Reads a pipe until it is empty or at its end, keeping what fits; true while there may be more later. */
bool ssh_command_drain(int descriptor, struct text *text);

#endif
