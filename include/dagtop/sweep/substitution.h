/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words in braces: "{experiment.epoch}", "{data.path}", "{os.HOME}", "{cm.account}", "{ee.identifier}" stand for what
 * the configuration says, which may hold words in braces again. Braces that name nothing known stay as they are.
 */
#ifndef DAGTOP_SWEEP_SUBSTITUTION_H
#define DAGTOP_SWEEP_SUBSTITUTION_H

#include "dagtop/sweep/parameter_space.h"

enum { SUBSTITUTION_STEPS_LIMIT = 1000000, SUBSTITUTION_DEPTH_LIMIT = 100 };

struct substitution {
    const struct configuration *configuration;
    const struct parameter_space *space; /* NULL: no parameters, experiment is what the configuration says */
    size_t permutation;
    const char *identifier, *uuid; /* {ee.identifier}, {ee.uuid}; NULL: not known */
    const char *sbatch;            /* {slurm.sbatch}, which may hold words; NULL: not known */
    const char *card_name;         /* {experiment.card_name} where that is no parameter; NULL: not known */
    const char *(*environment)(const char *name, void *argument); /* {os.NAME}; NULL result: not known */
    const char *(*variable)(const char *name, void *argument);    /* {cm.NAME}, {cloudmesh.NAME} */
    void *argument;
    bool bare;   /* "{epoch}" is "{experiment.epoch}", but not after a '$' */
    bool dotted; /* only words with a dot are replaced: others mean something to somebody else */
    bool strict; /* "{a.b}" that names nothing is a mistake */
    bool shell;  /* the text is a shell script: values of parameters are quoted where a shell would not take them as
                    they are */
    bool drop_comments; /* lines that begin with "##" are left out */
    struct map *known;  /* what the configuration says, by path */
};

/* Collects the paths of a configuration; all other fields are the caller's. */
void substitution_init(
    struct substitution *substitution, const struct configuration *configuration, const struct parameter_space *space);
void substitution_release(struct substitution *substitution);

/*
 * Appends bytes with the words replaced. file names it in messages, place is that of its first byte. STATUS_INVALID
 * with all mistakes told: values that refer to themselves (with the path), unknown words where strict;
 * STATUS_TOO_LARGE where it would never end.
 */
enum status substitution_expand(const struct substitution *substitution, const char *bytes, size_t length,
    const char *file, struct place place, struct text *text, struct error_list *errors) MUST_CHECK;

/* As substitution_expand for the text of a setting. */
enum status substitution_expand_setting(const struct substitution *substitution, const struct setting *setting,
    struct text *text, struct error_list *errors) MUST_CHECK;

/* True where a text holds "{NAME}" anywhere. */
bool substitution_uses(const char *bytes, const char *name);

#endif
