/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters of an experiment and their permutations: experiment: and the keys zip, exclude, include and repeat of
 * sweep: in a configuration. Pure: no file is looked at.
 *
 * A permutation is a row of indices, one into the values of each parameter.
 */
#ifndef DAGTOP_SWEEP_PARAMETER_SPACE_H
#define DAGTOP_SWEEP_PARAMETER_SPACE_H

#include <stdint.h>

#include "dagtop/sweep/configuration.h"

enum { PERMUTATIONS_LIMIT = 100000, PARAMETERS_LIMIT = 64, PARAMETER_REPEAT_LIMIT = 10000 };

struct parameter_value {
    char *text;
    bool plain; /* may be a number or a truth; else a text whatever it looks like */
};

struct parameter {
    char *name;
    struct parameter_value *values;
    size_t count, capacity;
    size_t axis;    /* that it moves along */
    size_t product; /* values that take part in the product: further ones came by include */
};

struct parameter_space {
    struct parameter *parameters;
    size_t parameter_count, parameter_capacity;
    size_t axis_count;      /* several parameters of one zip group share an axis */
    uint32_t *permutations; /* permutation_count rows of parameter_count indices */
    size_t permutation_count, permutation_capacity;
};

void parameter_space_init(struct parameter_space *space);
void parameter_space_release(struct parameter_space *space);

/*
 * Reads the parameters and lists their permutations: the product in the order of the file, the last axis fastest,
 * without what exclude names, then what include adds. They are counted before they are made: beyond PERMUTATIONS_LIMIT
 * it is STATUS_TOO_LARGE with their number. All mistakes are told in errors.
 */
enum status parameter_space_read(
    struct parameter_space *space, const struct configuration *configuration, struct error_list *errors) MUST_CHECK;

/* The index of a parameter by its name; false where there is none. */
bool parameter_space_find(const struct parameter_space *space, const char *name, size_t *index);

/* The value of a parameter in a permutation. */
const struct parameter_value *parameter_space_value(
    const struct parameter_space *space, size_t permutation, size_t parameter);

/*
 * Appends the identifier of a permutation, as cloudmesh-ee makes it: key_value of all parameters joined by '_'. What is
 * unsafe in a directory name or a shell word becomes '-'. Over 240 bytes: the parameters that vary, cut where they must
 * be, and a checksum of the whole.
 */
void parameter_space_identify(const struct parameter_space *space, size_t permutation, struct text *text);

/* Appends "epoch=1 lr=0.1", separator between. */
void parameter_space_describe(
    const struct parameter_space *space, size_t permutation, const char *separator, struct text *text);

/* A 64-bit checksum of bytes going on from before (FNV-1a; 0 begins): the same on every machine, not for security. */
uint64_t parameter_space_checksum(uint64_t before, const char *bytes, size_t length);

#endif
