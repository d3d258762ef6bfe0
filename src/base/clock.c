/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

wall_time clock_wall(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (wall_time)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

char *clock_format_utc(wall_time time, char *buffer, size_t size)
{
    time_t seconds = (time_t)(time / 1000);
    struct tm parts;
    if (time == 0 || !gmtime_r(&seconds, &parts) || strftime(buffer, size, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        buffer[0] = '\0';
    return buffer;
}

/* The offset from UTC in seconds that stands at text ("Z", "+01:00", "-0330"), or false. */
static bool parse_offset(const char *text, int *offset)
{
    if ((text[0] == 'Z' || text[0] == 'z') && !text[1]) {
        *offset = 0;
        return true;
    }
    int hours, minutes, end = 0;
    if (text[0] != '+' && text[0] != '-')
        return false;
    if (sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &end) != 2 || text[1 + end])
        if (sscanf(text + 1, "%2d%2d%n", &hours, &minutes, &end) != 2 || text[1 + end])
            return false;
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *offset = (text[0] == '-' ? -60 : 60) * (hours * 60 + minutes);
    return true;
}

static bool in_range(const struct tm *parts)
{
    return parts->tm_mon >= 0 && parts->tm_mon < 12 && parts->tm_mday >= 1 && parts->tm_mday <= 31 &&
           parts->tm_hour >= 0 && parts->tm_hour < 24 && parts->tm_min >= 0 && parts->tm_min < 60 &&
           parts->tm_sec >= 0 && parts->tm_sec <= 60 && parts->tm_year >= 70 && parts->tm_year < 8100;
}

bool clock_parse_utc(const char *text, wall_time *time)
{
    struct tm parts = {0};
    int end = 0, offset = 0, milliseconds = 0;
    *time = 0;
    if (sscanf(text, "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour,
            &parts.tm_min, &parts.tm_sec, &end) != 6 ||
        end == 0)
        return false;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    const char *rest = text + end;
    if (*rest == '.') {
        int scale = 100;
        for (rest++; isdigit((unsigned char)*rest); rest++, scale /= 10)
            milliseconds += (*rest - '0') * scale;
    }
    if (!in_range(&parts) || !parse_offset(rest, &offset))
        return false;
    *time = ((wall_time)timegm(&parts) - offset) * 1000 + milliseconds;
    return true;
}

char *clock_format_duration(int64_t milliseconds, char *buffer, size_t size)
{
    int64_t seconds = milliseconds / 1000;
    if (milliseconds < 0)
        snprintf(buffer, size, "-");
    else if (seconds < 60)
        snprintf(buffer, size, "%ds", (int)seconds);
    else if (seconds < 3600)
        snprintf(buffer, size, "%dm%02ds", (int)(seconds / 60), (int)(seconds % 60));
    else if (seconds < 86400)
        snprintf(buffer, size, "%dh%02dm", (int)(seconds / 3600), (int)(seconds / 60 % 60));
    else if (seconds < 86400 * 100)
        snprintf(buffer, size, "%dd%02dh", (int)(seconds / 86400), (int)(seconds / 3600 % 24));
    else
        snprintf(buffer, size, "%dd", seconds < 86400 * INT64_C(99999) ? (int)(seconds / 86400) : 99999);
    return buffer;
}

static int64_t unit_seconds(char unit)
{
    switch (unit) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return 86400;
    default:
        return 0;
    }
}

bool clock_parse_duration(const char *text, int64_t *milliseconds)
{
    int64_t seconds = 0;
    if (!*text)
        return false;
    while (*text) {
        int64_t number = 0;
        if (!isdigit((unsigned char)*text))
            return false;
        for (; isdigit((unsigned char)*text); text++)
            if ((number = number * 10 + (*text - '0')) > INT64_C(1000000000))
                return false;
        int64_t unit = *text ? unit_seconds(*text++) : 1;
        if (unit == 0)
            return false;
        seconds += number * unit;
        if (seconds > INT64_C(1000000000))
            return false;
    }
    *milliseconds = seconds * 1000;
    return true;
}
