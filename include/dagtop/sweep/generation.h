/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a configuration and a template to a directory: for each permutation a folder with its script, its resolved
 * configuration and the copied code; experiments.json; and workflow.yaml, which dagtop runs.
 */
#ifndef DAGTOP_SWEEP_GENERATION_H
#define DAGTOP_SWEEP_GENERATION_H

#include "dagtop/model/host_list.h"
#include "dagtop/model/settings.h"
#include "dagtop/sweep/substitution.h"

enum { GENERATION_COPY_LIMIT = 64 << 20, GENERATION_COPIED_FILES_LIMIT = 10000 };

struct generation_options {
    const char *name;                /* of the workflow; NULL: as the configuration says, or its file */
    const char *output;              /* the directory; NULL: the name, in the working directory */
    const char *template_path;       /* NULL: as the configuration says */
    const char *site_path;           /* a site file or a folder of them; NULL: as the configuration says */
    struct name_list copies;         /* files and folders for every permutation, besides those of the configuration */
    struct name_list environment;    /* names that {os.NAME} may stand for */
    bool all_environment;            /* {os.NAME} may stand for any; config.yaml then lists none */
    const struct settings *settings; /* hosts and variables; may be NULL */
    bool bare, strict, flat;
    bool array; /* all permutations of a Slurm cluster may be submitted as one array */
};

/* The folder of the configuration and the template in the directory of a sweep. */
#define GENERATION_SOURCES "configuration"

/* What was done. */
struct generation_report {
    size_t created, changed, unchanged; /* files */
    size_t left;                        /* files of earlier times that belong to no permutation now */
    struct name_list kept;              /* files that somebody else has written and that were left as they are */
};

struct generation;

/*
 * Reads everything that is needed and checks it; nothing is written. configuration and options outlive the generation,
 * which the caller frees. All mistakes are told in errors.
 */
enum status generation_new(struct generation **generation, const struct configuration *configuration,
    const struct generation_options *options, struct error_list *errors) MUST_CHECK;

/* NULL is fine. */
void generation_free(struct generation *generation);

/* The permutations, and the identifier of each. The generation owns all of it. */
const struct parameter_space *generation_space(const struct generation *generation);
const char *generation_identifier(const struct generation *generation, size_t permutation);

/* The workflow's name and the directory, absolute. */
const char *generation_name(const struct generation *generation);
const char *generation_output(const struct generation *generation);

/*
 * Writes the directory. Each file is there whole or not at all, workflow.yaml comes last. What is the same is left
 * alone; what was written by somebody else is kept and told in the report, which the caller releases in any case.
 */
enum status generation_write(
    struct generation *generation, struct generation_report *report, struct error_list *errors) MUST_CHECK;
void generation_report_init(struct generation_report *report);
void generation_report_release(struct generation_report *report);

/* Appends "(cd DIR && sbatch script)  # epoch=1 x=1" for one permutation. */
void generation_append_submission(const struct generation *generation, size_t permutation, struct text *text);

#endif
