/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of jobs that wait in a queue: which there are, what they may become, and the command that changes them. */
#include <string.h>
#include <strings.h>

#include "batch_private.h"
#include "dagtop/base/memory.h"

enum { VALUE_LIMIT = 200, NUMBER_LIMIT = 10 };

bool batch_is_time(const char *value)
{
    size_t length = strlen(value);
    if (strcasecmp(value, "UNLIMITED") == 0 || strcasecmp(value, "INFINITE") == 0)
        return true;
    return length > 0 && length < 24 && strspn(value, "0123456789:-") == length && strspn(value, ":-") == 0 &&
           strchr(":-", value[length - 1]) == NULL && strstr(value, "::") == NULL && strstr(value, "--") == NULL;
}

bool batch_is_name(const char *value)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,:@+/-";
    size_t length = strlen(value);
    return length > 0 && length < VALUE_LIMIT && strspn(value, letters) == length && *value != '-';
}

bool batch_is_number(const char *value)
{
    size_t digits = strlen(value + (*value == '-'));
    return digits > 0 && digits <= NUMBER_LIMIT && strspn(value + (*value == '-'), "0123456789") == digits;
}

const struct batch_setting *batch_settings(const struct batch_system *system, size_t *count)
{
    *count = system->setting_count;
    return system->settings;
}

const struct batch_setting *batch_find_setting(const struct batch_system *system, const char *name, struct error *error)
{
    struct text names;
    for (size_t i = 0; i < system->setting_count; i++)
        if (strcasecmp(system->settings[i].name, name) == 0 || strcasecmp(system->settings[i].word, name) == 0)
            return &system->settings[i];
    text_init(&names, 0);
    for (size_t i = 0; i < system->setting_count; i++)
        text_append_format(&names, "%s%s", i ? ", " : "", system->settings[i].name);
    (void)error_set(
        error, STATUS_INVALID, "%.60s cannot be changed of a job of %s, but %s can", name, system->name, names.data);
    text_release(&names);
    return NULL;
}

void batch_append_change_start(
    const struct batch_system *system, const char *cluster, const char *id, struct text *command)
{
    system->append_change_start(cluster, id, command);
}

enum status batch_append_change(const struct batch_system *system, const char *cluster, const char *id,
    const struct attributes *changes, bool is_running, struct text *command, struct error *error)
{
    if (changes->count == 0)
        return error_set(error, STATUS_INVALID, "nothing is to be changed");
    system->append_change_start(cluster, id, command);
    for (size_t i = 0; i < changes->count; i++) {
        const char *value = changes->items[i].value;
        const struct batch_setting *setting = batch_find_setting(system, changes->items[i].key, error);
        if (!setting)
            return STATUS_INVALID;
        if (!setting->is_value(value))
            return error_set(error, STATUS_INVALID, "\"%.60s\" is nothing that %s can be", value, setting->name);
        if (is_running && !setting->while_running)
            return error_set(error, STATUS_INVALID, "its job runs: %s can only be changed before", setting->name);
        system->append_setting(setting, value, command);
    }
    if (system->append_change_end)
        system->append_change_end(id, command);
    return STATUS_OK;
}
