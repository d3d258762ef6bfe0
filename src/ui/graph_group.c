/* SPDX-License-Identifier: Apache-2.0 */
#include "graph_group.h"

#include <stdio.h>
#include <string.h>

#include "dagtop/base/text.h"
#include "dagtop/base/utf8.h"

enum { COUNTS_MOST = 19 };

/* Trouble first, then what is live, what may come, and what is over. */
static const enum node_state order[STATE_COUNT] = {STATE_FAILED, STATE_LOST, STATE_RUNNING, STATE_QUEUED,
    STATE_SUBMITTED, STATE_READY, STATE_WAITING, STATE_HELD, STATE_CANCELLED, STATE_SKIPPED, STATE_DONE};

unsigned graph_group_counts_width(size_t count)
{
    unsigned digits = 1;
    for (; count >= 10; count /= 10)
        digits++;
    unsigned width = 4 * (digits + 1) + 3;
    return width < COUNTS_MOST ? width : COUNTS_MOST;
}

static void count_states(
    const struct snapshot *snapshot, const uint32_t *members, size_t count, size_t counts[STATE_COUNT])
{
    memset(counts, 0, STATE_COUNT * sizeof *counts);
    for (size_t i = 0; i < count; i++)
        counts[snapshot->views[members[i]].state]++;
}

enum node_state graph_group_state(const struct snapshot *snapshot, const uint32_t *members, size_t count)
{
    size_t counts[STATE_COUNT];
    count_states(snapshot, members, count, counts);
    for (int i = 0; i < STATE_COUNT; i++) {
        if (counts[order[i]] > 0)
            return order[i];
    }
    return STATE_WAITING;
}

/* Bytes with which all names begin, never a part of a character, without what only parts words. */
static size_t common_beginning(const char *const *names, const uint32_t *members, size_t count)
{
    const char *first = names[members[0]];
    size_t common = strlen(first);
    for (size_t i = 1; i < count; i++) {
        const char *other = names[members[i]];
        size_t same = 0;
        while (same < common && first[same] == other[same])
            same++;
        common = same;
    }
    while (common > 0 && ((unsigned char)first[common] & 0xc0) == 0x80)
        common--;
    while (common > 0 && strchr("-_. #", first[common - 1]))
        common--;
    return common;
}

void graph_group_name(const char *const *names, const uint32_t *members, size_t count, size_t cells, struct text *text)
{
    char number[32];
    const char *first = names[members[0]];
    snprintf(number, sizeof number, " \u00d7%zu", count);
    size_t common = common_beginning(names, members, count), width = utf8_width(number);
    size_t space = cells > width ? cells - width : 0, whole = common > 0 ? common : strlen(first);
    if (utf8_bytes_for_width(first, space) >= whole && common > 0) {
        text_append(text, first, whole);
    } else {
        size_t fitting = utf8_bytes_for_width(first, space > 0 ? space - 1 : 0);
        text_append(text, first, whole < fitting ? whole : fitting);
        text_append_string(text, space > 0 ? "\u2026" : "");
    }
    text_append_string(text, number);
}

void graph_group_counts(
    const struct snapshot *snapshot, const uint32_t *members, size_t count, size_t cells, struct text *text)
{
    size_t counts[STATE_COUNT], begin = text->length;
    count_states(snapshot, members, count, counts);
    for (int i = 0; i < STATE_COUNT; i++) {
        char words[32];
        size_t gap = text->length > begin ? 1 : 0;
        if (counts[order[i]] == 0)
            continue;
        int length = snprintf(words, sizeof words, "%zu%c", counts[order[i]], state_letter(order[i]));
        if (text->length - begin + gap + (size_t)length > cells)
            return;
        text_append_format(text, "%s%s", gap ? " " : "", words);
    }
}
