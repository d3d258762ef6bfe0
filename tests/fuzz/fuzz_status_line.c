/* SPDX-License-Identifier: Apache-2.0 */
/* Status lines: any bytes, line by line, as a log holds them. */
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"
#include "dagtop/model/status_line.h"
#include "fuzz.h"

static void check_text(const char *text)
{
    for (size_t i = 0, length = text ? strlen(text) : 0; i < length;) {
        uint32_t code_point;
        size_t taken = utf8_read(text + i, length - i, &code_point);
        if (code_point == 0xfffd && taken == 1)
            broken("a text of the report is not valid UTF-8");
        i += taken;
    }
}

static void check_report(const struct report *report)
{
    if (report->progress != -1 && !(report->progress >= 0 && report->progress <= 100))
        broken("progress is %g", report->progress);
    if (report->metrics.count > REPORT_METRIC_LIMIT)
        broken("there are %zu metrics", report->metrics.count);
    const char *const texts[] = {report->status, report->pid, report->time, report->host, report->message};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_text(texts[i]);
    for (size_t i = 0; i < report->metrics.count; i++) {
        check_text(report->metrics.items[i].key);
        check_text(report->metrics.items[i].value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *line = (const char *)data, *end = line + size;
    struct report report, before;
    bool well_formed = false;
    report_init(&report);
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *line_end = newline ? newline : end;
        report_copy(&before, &report);
        well_formed = report_add_line(&report, line, (size_t)(line_end - line), well_formed);
        if (!well_formed && !report_equal(&before, &report))
            broken("a line that is none has changed the report");
        report_release(&before);
        line = newline ? newline + 1 : end;
    }
    check_report(&report);
    report_release(&report);
    return 0;
}
