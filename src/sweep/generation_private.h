/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a generation are made from. */
#ifndef DAGTOP_SWEEP_GENERATION_PRIVATE_H
#define DAGTOP_SWEEP_GENERATION_PRIVATE_H

#include <sys/types.h>

#include "dagtop/model/workflow.h"
#include "dagtop/sweep/generation.h"

/* A file that is put into directories as it is. */
struct copied_file {
    char *target; /* relative */
    char *bytes;
    size_t length;
    mode_t mode;
};

struct copied_files {
    struct copied_file *files;
    size_t count, capacity, bytes;
    struct name_list tops; /* what stands at the top: names of files and folders */
};

/* Reads a file, or a folder with all that lies in it, to be put under target. at is who asks, for messages. */
enum status copied_files_add(struct copied_files *copied, const char *path, const char *target,
    const struct setting *at, struct error_list *errors) MUST_CHECK;
void copied_files_release(struct copied_files *copied);

/* A node before or after the permutations. */
struct extra_node {
    const struct setting *setting;
    char *script; /* below the node's folder, or NULL */
    struct copied_files copied;
};

struct extra_nodes {
    struct extra_node *nodes;
    size_t count;
};

/* What sweep: says of the nodes. */
struct plan_of_nodes {
    const char *kind; /* NULL: local */
    struct name_list hosts;
    bool by_capacity, sequential, array;
    const struct setting *node; /* attributes for all permutations, or NULL */
    struct extra_nodes before, after;
    size_t *host_of; /* by permutation, an index into hosts; NULL where there are none */
};

struct generation {
    const struct configuration *configuration;
    const struct generation_options *options;
    struct parameter_space space;
    struct substitution substitution;
    char *name, *output, *template_path, *script_name;
    struct text template_text;
    mode_t template_mode;
    bool template_is_shell;
    struct configuration sites;
    struct copied_files copied;
    struct plan_of_nodes plan;
    char **identifiers;
    char uuid[40];
    struct text sbatch, card_name;
    bool unresolved; /* words stay in what is appended */
};

/* Reads what sweep: says of the nodes and the scripts of those before and after. */
enum status plan_of_nodes_read(struct generation *generation, struct error_list *errors) MUST_CHECK;
void plan_of_nodes_release(struct plan_of_nodes *plan);

/* The kind and the host of a permutation's node. */
const char *plan_of_nodes_kind(const struct generation *generation, size_t permutation);
const char *plan_of_nodes_host(const struct generation *generation, size_t permutation);

/* Makes all words stand for what they mean in a permutation. */
enum status generation_turn_to(struct generation *generation, size_t permutation, struct error_list *errors) MUST_CHECK;

/* Appends the script, or the resolved configuration, of the permutation that was turned to. */
enum status generation_append_script(
    struct generation *generation, struct text *text, struct error_list *errors) MUST_CHECK;
enum status generation_append_configuration(
    struct generation *generation, struct text *text, struct error_list *errors) MUST_CHECK;

/* Appends the members of a map, resolved, each line indented; YAML in blocks. */
enum status generation_append_members(struct generation *generation, const struct setting *map, unsigned indent,
    struct text *text, struct error_list *errors) MUST_CHECK;

/* Appends workflow.yaml and experiments.json. */
enum status generation_append_workflow(
    struct generation *generation, struct text *text, struct error_list *errors) MUST_CHECK;
void generation_append_experiments(const struct generation *generation, struct text *text);

/* A path as a setting gives it: relative to the file of the setting; "~/" is the home. The caller frees it. */
char *generation_path(const struct setting *setting, const char *path);

/* The checksum of all copied files, as text; the caller frees it. */
char *generation_code_checksum(const struct generation *generation);

#endif
