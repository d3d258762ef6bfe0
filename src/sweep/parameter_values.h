/* SPDX-License-Identifier: Apache-2.0 */
/* The values of one parameter: lists, ranges and scalars. */
#ifndef DAGTOP_SWEEP_PARAMETER_VALUES_H
#define DAGTOP_SWEEP_PARAMETER_VALUES_H

#include "dagtop/sweep/parameter_space.h"

/* Appends a copy of a value. */
void parameter_add_value(struct parameter *parameter, const char *text, bool plain);

/*
 * Reads what a setting says: a list of scalars, {range: [first, last, step]}, {log: [first, last, count]}, a plain
 * number or truth (one value, its type kept), any other text as a host list of texts. False where it told a mistake.
 */
bool parameter_values_read(struct parameter *parameter, const struct setting *setting, struct error_list *errors);

#endif
