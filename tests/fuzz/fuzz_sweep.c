/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration, a line "%%", a template: permutations with names that can be directories, and scripts, or mistakes.
 */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/workflow.h"
#include "dagtop/sweep/substitution.h"
#include "fuzz.h"

enum { PERMUTATIONS_TRIED = 20 };

static void try_permutation(struct substitution *substitution, const struct parameter_space *space, size_t permutation,
    const char *template, size_t length)
{
    struct text identifier, script;
    struct error_list errors;
    struct error error;
    text_init(&identifier, 0);
    text_init(&script, 1 << 16);
    error_list_init(&errors);
    parameter_space_identify(space, permutation, &identifier);
    if (node_name_check(identifier.data, &error) != STATUS_OK || strpbrk(identifier.data, " ,[];'\"$`\n"))
        broken("a permutation is called %s", identifier.data);
    substitution->permutation = permutation;
    substitution->identifier = identifier.data;
    enum status status =
        substitution_expand(substitution, template, length, "t", (struct place){1, 1}, &script, &errors);
    if ((status == STATUS_OK) != (errors.count == 0))
        broken("a script and mistakes, or neither");
    if (!memchr(template, '{', length) && !substitution->drop_comments &&
        (script.length != length || memcmp(script.data, template, length) != 0) && !script.overflowed)
        broken("a template without words was changed");
    text_release(&identifier);
    text_release(&script);
    error_list_release(&errors);
}

static void try_template(const struct configuration *configuration, const char *template, size_t length)
{
    struct parameter_space space;
    struct error_list errors;
    parameter_space_init(&space);
    error_list_init(&errors);
    enum status status = parameter_space_read(&space, configuration, &errors);
    if ((status == STATUS_OK) != (errors.count == 0))
        broken("a space of parameters and mistakes, or neither");
    struct substitution substitution;
    substitution_init(&substitution, configuration, &space);
    for (size_t i = 0; status == STATUS_OK && i < space.permutation_count && i < PERMUTATIONS_TRIED; i++) {
        substitution.shell = i % 2 == 0;
        substitution.bare = i % 3 == 0;
        substitution.strict = i % 5 == 0;
        substitution.drop_comments = i % 7 == 0;
        try_permutation(&substitution, &space, i, template, length);
    }
    substitution_release(&substitution);
    parameter_space_release(&space);
    error_list_release(&errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct configuration configuration;
    struct error_list errors;
    struct error error;
    char *bytes = memory_copy_span((const char *)data, size), *mark = strstr(bytes, "\n%%\n");
    size_t length = mark ? (size_t)(mark - bytes) : strlen(bytes);
    const char *template = mark ? mark + 4 : "{experiment.a}";
    configuration_init(&configuration);
    error_list_init(&errors);
    enum status status = configuration_add_bytes(&configuration, "c", bytes, length, &errors);
    if ((status == STATUS_OK) != (errors.count == 0))
        broken("a configuration and mistakes, or neither");
    if (status == STATUS_OK)
        try_template(&configuration, template, strlen(template));
    if (configuration_set(&configuration, template, &error) == STATUS_OK &&
        configuration_set_experiment(&configuration, template, &error) == STATUS_OK)
        try_template(&configuration, template, strlen(template));
    configuration_release(&configuration);
    error_list_release(&errors);
    free(bytes);
    return 0;
}
