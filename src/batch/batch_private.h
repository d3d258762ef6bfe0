/* SPDX-License-Identifier: Apache-2.0 */
/* A batch system is a table: its words, its columns, and the few functions in which systems differ. */
#ifndef DAGTOP_BATCH_PRIVATE_H
#define DAGTOP_BATCH_PRIVATE_H

#include "dagtop/batch/batch.h"

/* What a column of a list is for. */
enum batch_field {
    BATCH_FIELD_ID,
    BATCH_FIELD_TASK,
    BATCH_FIELD_STATE,
    BATCH_FIELD_REASON,
    BATCH_FIELD_EXIT,    /* CODE:SIGNAL, or CODE */
    BATCH_FIELD_COMMENT, /* may hold anything */
    BATCH_FIELD_DETAIL,  /* for people, under the column's name */
    BATCH_FIELD_TIME,    /* a detail: a time in UTC */
    BATCH_FIELD_LARGEST  /* a detail: the largest of the job's steps counts */
};

struct batch_column {
    const char *word; /* as the command wants it */
    enum batch_field field;
    const char *name; /* of a detail */
};

/* An option of the submit command that dagtop has to know. */
struct batch_option {
    const char *option; /* long */
    char letter;        /* short, or NUL */
    bool own;           /* dagtop gives it: a node may not */
};

struct batch_words {
    const char *part;
    enum batch_refusal refusal;
};

struct batch_system {
    const char *word, *name, *program;
    const char *directive; /* with which lines for it begin */
    const struct batch_option *options;
    size_t option_count;
    const struct batch_words *refusals;
    size_t refusal_count;
    const struct batch_column *queue_columns, *accounting_columns;
    size_t queue_column_count, accounting_column_count;
    size_t separator_length;   /* how much of the separator its commands take */
    const char *no_accounting; /* what the accounting command says where there is none */
    const struct batch_setting *settings;
    size_t setting_count;
    void (*append_change_start)(const char *cluster, const char *id, struct text *command);
    void (*append_setting)(const struct batch_setting *setting, const char *value, struct text *command);
    void (*append_change_end)(const char *id, struct text *command); /* NULL: nothing follows */
    void (*append_submit)(
        const struct batch_system *system, const struct batch_submission *submission, struct text *command);
    /* NULL: a job that has ended cannot run again. */
    void (*append_requeue)(const struct batch_submission *submission, struct text *command);
    void (*append_queue)(const struct batch_system *system, const char *cluster, const char *user,
        const char *separator, struct text *command);
    void (*append_accounting)(const struct batch_system *system, const char *cluster, const char *ids,
        const char *separator, struct text *command);
    bool (*append_census)(const char *cluster, struct text *command);
    void (*append_array_limit)(const char *cluster, struct text *command); /* NULL: no arrays of many nodes */
    void (*append_details)(const char *cluster, const char *id, struct text *command); /* NULL: none */
    bool (*append_control)(
        enum batch_control control, const char *cluster, const char *id, const char *value, struct text *command);
};

extern const struct batch_system batch_slurm, batch_lsf;

/* Appends a blank and a quoted word. */
void batch_append_word(struct text *command, const char *word);

/* Appends a blank and NAME=VALUE as one quoted word; nothing where value is NULL. */
void batch_append_pair(struct text *command, const char *name, const char *value);

/* Appends the words of the columns, one behind the other with the separator between them. */
void batch_append_columns(const struct batch_column *columns, size_t count, const char *separator, struct text *words);

/* Values of settings: a length of time, a name (or several with commas), a whole number. */
bool batch_is_time(const char *value);
bool batch_is_name(const char *value);
bool batch_is_number(const char *value);

/* What the submission itself says of a long option: its options, else the directives of its script; NULL: nothing. The
 * caller frees it. */
char *batch_submission_option(
    const struct batch_system *system, const struct batch_submission *submission, const char *option);

#endif
