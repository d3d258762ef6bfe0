/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/sweep/parameter_space.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/selector.h"
#include "parameter_values.h"

void parameter_space_init(struct parameter_space *space)
{
    *space = (struct parameter_space){0};
}

void parameter_space_release(struct parameter_space *space)
{
    for (size_t i = 0; i < space->parameter_count; i++) {
        for (size_t j = 0; j < space->parameters[i].count; j++)
            free(space->parameters[i].values[j].text);
        free(space->parameters[i].values);
        free(space->parameters[i].name);
    }
    free(space->parameters);
    free(space->permutations);
    parameter_space_init(space);
}

bool parameter_space_find(const struct parameter_space *space, const char *name, size_t *index)
{
    for (size_t i = 0; i < space->parameter_count; i++)
        if (strcmp(space->parameters[i].name, name) == 0) {
            *index = i;
            return true;
        }
    return false;
}

const struct parameter_value *parameter_space_value(
    const struct parameter_space *space, size_t permutation, size_t parameter)
{
    const struct parameter *which = &space->parameters[parameter];
    return &which->values[space->permutations[permutation * space->parameter_count + parameter]];
}

static struct parameter *add_parameter(struct parameter_space *space, const char *name)
{
    memory_grow(&space->parameters, &space->parameter_capacity, space->parameter_count + 1, sizeof *space->parameters);
    struct parameter *parameter = &space->parameters[space->parameter_count];
    *parameter = (struct parameter){.name = memory_copy_text(name), .axis = space->parameter_count++};
    return parameter;
}

static enum status read_parameters(
    struct parameter_space *space, const struct setting *experiment, struct error_list *errors)
{
    enum status status = STATUS_OK;
    if (!experiment || experiment->kind != SETTING_MAP || experiment->count == 0)
        return setting_error(errors, experiment, "there is no parameter, expected a map experiment: with one at least");
    if (experiment->count >= PARAMETERS_LIMIT)
        return setting_error(
            errors, experiment, "there are %zu parameters, expected less than %d", experiment->count, PARAMETERS_LIMIT);
    for (size_t i = 0; i < experiment->count; i++)
        if (!*experiment->items[i].key)
            status = setting_error(errors, &experiment->items[i], "a parameter has no name");
        else if (!parameter_values_read(add_parameter(space, experiment->items[i].key), &experiment->items[i], errors))
            status = STATUS_INVALID;
    return status;
}

/* The parameter that a setting names, or false with a suggestion. */
static bool find_named(const struct parameter_space *space, const struct setting *setting, const char *name,
    size_t *index, struct error_list *errors)
{
    const char *nearest = NULL;
    unsigned limit = 2;
    if (parameter_space_find(space, name, index))
        return true;
    for (size_t i = 0; i < space->parameter_count; i++) {
        unsigned distance = selector_distance(space->parameters[i].name, name, limit);
        if (distance <= limit && (distance < limit || !nearest)) {
            nearest = space->parameters[i].name;
            limit = distance;
        }
    }
    if (nearest)
        setting_error(errors, setting, "%s is no parameter, did you mean %s?", quote(name).bytes, nearest);
    else
        setting_error(errors, setting, "%s is no parameter of experiment:", quote(name).bytes);
    return false;
}

static bool zip_one(struct parameter_space *space, const struct setting *group, bool *taken, struct error_list *errors)
{
    size_t first = 0, index = 0;
    for (size_t i = 0; i < group->count; i++) {
        const struct setting *item = &group->items[i];
        if (item->kind != SETTING_TEXT)
            return setting_error(errors, item, "an item of zip is no name of a parameter") == STATUS_OK;
        if (!find_named(space, item, item->text, &index, errors))
            return false;
        struct parameter *parameter = &space->parameters[index], *leader = &space->parameters[first];
        if (taken[index])
            return setting_error(errors, item, "%s stands in zip twice", quote(item->text).bytes) == STATUS_OK;
        taken[index] = true;
        if (i == 0) {
            first = index;
        } else if (parameter->count != leader->count) {
            return setting_error(errors, item, "%s has %zu values, expected %zu as %s, which it moves with",
                       quote(item->text).bytes, parameter->count, leader->count, leader->name) == STATUS_OK;
        } else {
            /* The axis is that of the parameter that stands first in the file. */
            size_t from = leader->axis, to = from < index ? from : index;
            parameter->axis = leader->axis;
            for (size_t j = 0; j < space->parameter_count; j++)
                if (space->parameters[j].axis == from)
                    space->parameters[j].axis = to;
        }
    }
    return true;
}

/* zip: [[epoch, lr], [...]], or one group alone: [epoch, lr]. */
static enum status read_zip(struct parameter_space *space, const struct setting *zip, struct error_list *errors)
{
    bool taken[PARAMETERS_LIMIT] = {false};
    if (!zip || zip->kind == SETTING_NULL)
        return STATUS_OK;
    if (zip->kind != SETTING_LIST)
        return setting_error(errors, zip, "zip is no list of groups of parameters");
    if (zip->count && zip->items[0].kind != SETTING_LIST)
        return zip_one(space, zip, taken, errors) ? STATUS_OK : STATUS_INVALID;
    for (size_t i = 0; i < zip->count; i++)
        if (zip->items[i].kind != SETTING_LIST)
            return setting_error(errors, &zip->items[i], "a group of zip is no list of parameters");
        else if (!zip_one(space, &zip->items[i], taken, errors))
            return STATUS_INVALID;
    return STATUS_OK;
}

static enum status read_repeat(struct parameter_space *space, const struct setting *repeat, struct error_list *errors)
{
    size_t index;
    char *end = NULL;
    if (!repeat || repeat->kind == SETTING_NULL)
        return STATUS_OK;
    long count = repeat->kind == SETTING_TEXT ? strtol(repeat->text, &end, 10) : 0;
    if (!end || *end || count < 1 || count > PARAMETER_REPEAT_LIMIT)
        return setting_error(errors, repeat, "repeat is no whole number from 1 to %d", PARAMETER_REPEAT_LIMIT);
    if (parameter_space_find(space, "repeat", &index))
        return setting_error(errors, repeat, "repeat is a parameter of experiment: already");
    struct parameter *parameter = add_parameter(space, "repeat");
    for (long i = 1; i <= count; i++) {
        char *text = memory_format("%ld", i);
        parameter_add_value(parameter, text, true);
        free(text);
    }
    return STATUS_OK;
}

/* The number of permutations, exact up to 2^64 - 1. */
static uint64_t count_permutations(const struct parameter_space *space)
{
    uint64_t product = 1;
    for (size_t i = 0; i < space->parameter_count; i++) {
        const struct parameter *parameter = &space->parameters[i];
        uint64_t count = parameter->count;
        if (parameter->axis == i && __builtin_mul_overflow(product, count, &product))
            return UINT64_MAX;
    }
    return product;
}

/* True where a permutation has all values that a map of parameters and values names. */
static bool is_excluded(const struct parameter_space *space, const uint32_t *row, const struct setting *rule)
{
    for (size_t i = 0; i < rule->count; i++) {
        size_t index;
        const struct setting *wanted = &rule->items[i];
        if (!parameter_space_find(space, wanted->key, &index))
            return false;
        const char *value = space->parameters[index].values[row[index]].text;
        bool same = wanted->kind == SETTING_TEXT && strcmp(wanted->text, value) == 0;
        for (size_t j = 0; j < wanted->count && !same; j++)
            same = wanted->items[j].kind == SETTING_TEXT && strcmp(wanted->items[j].text, value) == 0;
        if (!same)
            return false;
    }
    return rule->count > 0;
}

static enum status check_rules(
    const struct parameter_space *space, const char *what, const struct setting *rules, struct error_list *errors)
{
    enum status status = STATUS_OK;
    size_t index;
    if (!rules || rules->kind == SETTING_NULL)
        return STATUS_OK;
    if (rules->kind != SETTING_LIST)
        return setting_error(errors, rules, "%s is no list of maps", what);
    for (size_t i = 0; i < rules->count; i++) {
        const struct setting *rule = &rules->items[i];
        if (rule->kind != SETTING_MAP || rule->count == 0)
            status = setting_error(errors, rule, "an item of %s is no map of parameters and values", what);
        for (size_t j = 0; rule->kind == SETTING_MAP && j < rule->count; j++)
            if (!find_named(space, &rule->items[j], rule->items[j].key, &index, errors))
                status = STATUS_INVALID;
    }
    return status;
}

static uint32_t *add_row(struct parameter_space *space)
{
    size_t width = space->parameter_count;
    memory_grow(&space->permutations, &space->permutation_capacity, (space->permutation_count + 1) * width,
        sizeof *space->permutations);
    return &space->permutations[space->permutation_count * width];
}

/* Moves on to the next permutation, the last axis fastest; false after the last one. */
static bool step(const struct parameter_space *space, uint32_t *row)
{
    for (size_t axis = space->parameter_count; axis-- > 0;) {
        if (space->parameters[axis].axis != axis)
            continue;
        uint32_t next = row[axis] + 1 < space->parameters[axis].count ? row[axis] + 1 : 0;
        for (size_t i = axis; i < space->parameter_count; i++)
            if (space->parameters[i].axis == axis)
                row[i] = next;
        if (next)
            return true;
    }
    return false;
}

static void list_product(struct parameter_space *space, const struct setting *exclude)
{
    uint32_t row[PARAMETERS_LIMIT] = {0};
    do {
        bool keep = true;
        for (size_t i = 0; exclude && i < exclude->count && keep; i++)
            keep = !is_excluded(space, row, &exclude->items[i]);
        if (keep) {
            memcpy(add_row(space), row, space->parameter_count * sizeof *row);
            space->permutation_count++;
        }
    } while (step(space, row));
}

/* The index of a value among those of a parameter, added where it is new. */
static uint32_t take_value(struct parameter *parameter, const struct setting *setting)
{
    for (size_t i = 0; i < parameter->count; i++)
        if (strcmp(parameter->values[i].text, setting->text) == 0)
            return (uint32_t)i;
    parameter_add_value(parameter, setting->text, setting->plain);
    return (uint32_t)(parameter->count - 1);
}

/* Adds one permutation, or one for each repeat where it names none. */
static enum status include_one(
    struct parameter_space *space, const struct setting *rule, bool has_repeat, struct error_list *errors)
{
    uint32_t row[PARAMETERS_LIMIT] = {0};
    size_t last = space->parameter_count - 1, rounds = 1;
    for (size_t i = 0; i < space->parameter_count; i++) {
        const struct setting *value = setting_get(rule, space->parameters[i].name);
        if (value && value->kind != SETTING_TEXT)
            return setting_error(errors, value, "%s in include is no single value", value->key);
        if (value)
            row[i] = take_value(&space->parameters[i], value);
        else if (i == last && has_repeat)
            rounds = space->parameters[i].product;
        else
            return setting_error(errors, rule, "%s is missing in this item of include", space->parameters[i].name);
    }
    for (size_t i = 0; i < rounds; i++) {
        memcpy(add_row(space), row, space->parameter_count * sizeof *row);
        space->permutation_count++;
        row[last]++;
    }
    return STATUS_OK;
}

static enum status list_permutations(struct parameter_space *space, const struct setting *sweep,
    const struct setting *experiment, struct error_list *errors)
{
    const struct setting *exclude = setting_get(sweep, "exclude"), *include = setting_get(sweep, "include");
    const struct setting *repeat = setting_get(sweep, "repeat");
    enum status status = check_rules(space, "exclude", exclude, errors);
    if (check_rules(space, "include", include, errors) != STATUS_OK || status != STATUS_OK)
        return STATUS_INVALID;
    uint64_t count = count_permutations(space);
    if (count > PERMUTATIONS_LIMIT) {
        setting_error(errors, experiment, "there are %s%llu permutations, expected at most %d",
            count == UINT64_MAX ? "over " : "", (unsigned long long)count, PERMUTATIONS_LIMIT);
        return STATUS_TOO_LARGE;
    }
    for (size_t i = 0; i < space->parameter_count; i++)
        space->parameters[i].product = space->parameters[i].count;
    list_product(space, exclude);
    for (size_t i = 0; include && i < include->count && status == STATUS_OK; i++)
        status = include_one(space, &include->items[i], repeat && repeat->kind == SETTING_TEXT, errors);
    if (status == STATUS_OK && space->permutation_count == 0)
        return setting_error(errors, exclude, "exclude leaves no permutation");
    return status;
}

enum status parameter_space_read(
    struct parameter_space *space, const struct configuration *configuration, struct error_list *errors)
{
    const struct setting *experiment = setting_get(&configuration->root, "experiment");
    const struct setting *sweep = setting_get(&configuration->root, "sweep");
    enum status status = read_parameters(space, experiment, errors);
    if (status == STATUS_OK)
        status = read_repeat(space, setting_get(sweep, "repeat"), errors);
    if (status == STATUS_OK)
        status = read_zip(space, setting_get(sweep, "zip"), errors);
    if (status == STATUS_OK)
        status = list_permutations(space, sweep, experiment, errors);
    return status;
}
