/* SPDX-License-Identifier: Apache-2.0 */
#include "parameter_values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/host_list.h"

enum { DECIMALS_LIMIT = 15 };

void parameter_add_value(struct parameter *parameter, const char *text, bool plain)
{
    memory_grow(&parameter->values, &parameter->capacity, parameter->count + 1, sizeof *parameter->values);
    parameter->values[parameter->count++] =
        (struct parameter_value){.text = memory_copy_text(text), .plain = plain && setting_is_typed(text)};
}

static bool refuse_count(const struct setting *setting, double count, struct error_list *errors)
{
    setting_error(errors, setting, "%s has %.0f values, expected at most %d", quote(setting->key).bytes, count,
        PERMUTATIONS_LIMIT);
    return false;
}

/* How many names "a-[1-3,7],b" makes, as far as its ranges can be read: before they are made. */
static double count_names(const char *text)
{
    double total = 0, name = 1;
    for (const char *at = text; *at; at++) {
        if (*at == ',') {
            total += name;
            name = 1;
        } else if (*at == '[') {
            double choices = 0;
            while (*at && *at != ']') {
                char *end;
                double first = strtod(++at, &end), last = *end == '-' ? strtod(end + 1, &end) : first;
                choices += last >= first ? last - first + 1 : 1;
                for (at = end; *at && *at != ',' && *at != ']';)
                    at++;
            }
            name *= choices;
            if (!*at)
                break;
        }
    }
    return total + name;
}

static bool read_text(struct parameter *parameter, const struct setting *setting, struct error_list *errors)
{
    struct name_list names;
    struct error error;
    double count = count_names(setting->text);
    if (setting->plain && setting_is_typed(setting->text)) {
        parameter_add_value(parameter, setting->text, true);
        return true;
    }
    if (count > PERMUTATIONS_LIMIT)
        return refuse_count(setting, count, errors);
    name_list_init(&names);
    enum status status = host_list_expand(setting->text, &names, &error);
    for (size_t i = 0; i < names.count; i++)
        parameter_add_value(parameter, names.names[i], false);
    if (status != STATUS_OK)
        setting_error(errors, setting, "%s is %s: %s, at column %u of it", setting->key, quote(setting->text).bytes,
            error.message, error.column);
    name_list_release(&names);
    return status == STATUS_OK;
}

static bool read_list(struct parameter *parameter, const struct setting *list, struct error_list *errors)
{
    if (list->count == 0) {
        setting_error(errors, list, "%s is an empty list, expected one value at least", quote(list->key).bytes);
        return false;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct setting *item = &list->items[i];
        if (item->kind == SETTING_LIST || item->kind == SETTING_MAP) {
            setting_error(errors, item, "a value of %s is no single value", quote(list->key).bytes);
            return false;
        }
        parameter_add_value(
            parameter, item->kind == SETTING_NULL ? "null" : item->text, item->kind == SETTING_NULL || item->plain);
    }
    return true;
}

/* Two or three finite numbers; *decimals is how many digits behind the point the most exact one has. */
static bool read_numbers(const struct setting *list, double *numbers, int *decimals, struct error_list *errors)
{
    *decimals = 0;
    bool fine = list->kind == SETTING_LIST && (list->count == 2 || list->count == 3);
    for (size_t i = 0; fine && i < list->count; i++) {
        const char *text = list->items[i].kind == SETTING_TEXT ? list->items[i].text : "";
        const char *point = strchr(text, '.');
        char *end;
        numbers[i] = strtod(text, &end);
        fine = *text && !*end && isfinite(numbers[i]);
        int digits = point ? (int)strspn(point + 1, "0123456789") : 0;
        if (strpbrk(text, "eE"))
            digits = DECIMALS_LIMIT + 1;
        *decimals = digits > *decimals ? digits : *decimals;
    }
    if (!fine)
        setting_error(errors, list, "%s is no list of two or three numbers", quote(list->key).bytes);
    return fine;
}

static bool read_range(struct parameter *parameter, const struct setting *range, struct error_list *errors)
{
    double numbers[3] = {0, 0, 1};
    int decimals;
    if (!read_numbers(range, numbers, &decimals, errors))
        return false;
    double count = numbers[2] != 0 ? floor((numbers[1] - numbers[0]) / numbers[2] + 1e-9) + 1 : 0;
    if (!(count >= 1)) {
        setting_error(errors, range, "this range holds nothing, expected first, last and a step that leads there");
        return false;
    }
    if (count > PERMUTATIONS_LIMIT)
        return refuse_count(range, count, errors);
    for (double i = 0; i < count; i++) {
        double value = numbers[0] + i * numbers[2];
        char *text = decimals > DECIMALS_LIMIT ? memory_format("%.10g", value)
                                               : memory_format("%.*f", decimals, value == 0 ? 0.0 : value);
        parameter_add_value(parameter, text, true);
        free(text);
    }
    return true;
}

static bool read_log(struct parameter *parameter, const struct setting *range, struct error_list *errors)
{
    double numbers[3] = {0, 0, 0};
    int decimals;
    if (!read_numbers(range, numbers, &decimals, errors))
        return false;
    if (range->count != 3 || numbers[0] <= 0 || numbers[1] <= 0 || numbers[2] < 2 || numbers[2] != floor(numbers[2])) {
        setting_error(errors, range, "expected first and last above 0 and how many values, two at least");
        return false;
    }
    if (numbers[2] > PERMUTATIONS_LIMIT)
        return refuse_count(range, numbers[2], errors);
    for (double i = 0; i < numbers[2]; i++) {
        double value = numbers[0] * pow(numbers[1] / numbers[0], i / (numbers[2] - 1));
        char *text = memory_format("%.6g", value);
        parameter_add_value(parameter, text, true);
        free(text);
    }
    return true;
}

bool parameter_values_read(struct parameter *parameter, const struct setting *setting, struct error_list *errors)
{
    const struct setting *range = setting_get(setting, "range"), *log = setting_get(setting, "log");
    switch (setting->kind) {
    case SETTING_TEXT:
        return read_text(parameter, setting, errors);
    case SETTING_LIST:
        return read_list(parameter, setting, errors);
    case SETTING_MAP:
        if (setting->count == 1 && range)
            return read_range(parameter, range, errors);
        if (setting->count == 1 && log)
            return read_log(parameter, log, errors);
        setting_error(
            errors, setting, "%s is a map, expected values, {range: [...]} or {log: [...]}", quote(setting->key).bytes);
        return false;
    case SETTING_NULL:
        break;
    }
    setting_error(errors, setting, "%s is empty, expected one value at least", quote(setting->key).bytes);
    return false;
}
