/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "dagtop/base/log.h"
#include "journal.h"

size_t journal_add(struct journal *journal, wall_time time, const char *host, const char *format, ...)
{
    size_t number = journal->total++;
    struct journal_entry *entry = &journal->entries[number % JOURNAL_LIMIT];
    entry->time = time;
    entry->result[0] = '\0';
    snprintf(entry->host, sizeof entry->host, "%s", host);
    va_list list;
    va_start(list, format);
    vsnprintf(entry->text, sizeof entry->text, format, list);
    va_end(list);
    log_write("engine", "%s: %s", entry->host, entry->text);
    return number;
}

void journal_result(struct journal *journal, size_t number, const struct error *error)
{
    if (number >= journal->total || journal->total - number > JOURNAL_LIMIT)
        return;
    struct journal_entry *entry = &journal->entries[number % JOURNAL_LIMIT];
    bool fine = error == NULL || error->status == STATUS_OK;
    snprintf(entry->result, sizeof entry->result, "%.190s", fine ? "done" : error->message);
    log_write("engine", "%s: %s: %s", entry->host, entry->text, entry->result);
}

const struct journal_entry *journal_entry(const struct journal *journal, size_t age)
{
    if (age >= journal->total || age >= JOURNAL_LIMIT)
        return NULL;
    return &journal->entries[(journal->total - 1 - age) % JOURNAL_LIMIT];
}
