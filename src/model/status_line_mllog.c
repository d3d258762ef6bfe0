/* SPDX-License-Identifier: Apache-2.0 */
#include "status_line_mllog.h"

#include <stdlib.h>

#include <jansson.h>

enum { PRECISION = 15 };

static void set_metric(struct report *report, const char *key, const json_t *value)
{
    if (json_is_string(value)) {
        report_set_metric(report, key, json_string_value(value));
        return;
    }
    if (!value || json_is_null(value))
        return;
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(PRECISION));
    if (text)
        report_set_metric(report, key, text);
    free(text);
}

bool status_line_mllog_read(struct report *report, const char *json, size_t length)
{
    json_t *line = json_loadb(json, length, JSON_DISABLE_EOF_CHECK, NULL);
    const char *key = json_string_value(json_object_get(line, "key"));
    if (key) {
        const json_t *epoch = json_object_get(line, "epoch_num");
        if (!epoch)
            epoch = json_object_get(json_object_get(line, "metadata"), "epoch_num");
        set_metric(report, key, json_object_get(line, "value"));
        set_metric(report, "epoch_num", epoch);
    }
    json_decref(line);
    return key != NULL;
}
