/* SPDX-License-Identifier: Apache-2.0 */
/* Values of JSON that every output shares. Each returns a new reference. */
#ifndef DAGTOP_APP_OUTPUT_VALUE_H
#define DAGTOP_APP_OUTPUT_VALUE_H

#include <jansson.h>

#include "dagtop/base/clock.h"

/* A string of bytes that may not be UTF-8: what is not becomes U+FFFD. NULL gives null. */
json_t *output_value_text(const char *string);

/* RFC 3339 in UTC; 0 (not known) gives null. */
json_t *output_value_time(wall_time time);

#endif
